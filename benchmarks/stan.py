"""Sample the same model and data by the collapsed engine and by Stan, in one run.

Run ``python -m benchmarks.stan`` (dependency group ``benchmarks``, and a C++ compiler). The
model is ``one_factor`` at equal deprivation, 153 simulated authorities by 22 indicators in
one year, 4 chains of 1,000 + 1,000 draws: ours in whitened coordinates and in the model's own, at
the usual target of acceptance of each and at Stan's, and Stan at these. Prints processor seconds,
effective sample sizes (of rho, and the smallest of all parameters of the structure and the
judgement) for each second, ρ by both, and the ratios of each run of ours to that of Stan with the
larger figure. Times are of the processor, not of the clock; Stan's are those of its sampling
processes alone, without its Python client's.
"""

import importlib
import multiprocessing
import os
import resource
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import arviz as az
import numpy as np
import xarray as xr

from benchmarks.problem import least_ess, machine, one_year, processor_seconds
from models import affine
from models.fit import CompiledStructure
from models.inputs import ModelInputs, prepare
from models.link import switches
from models.sampling import draw
from models.spec import Coordinates, ModelSpec, SamplerSpec, Variant

PROGRAM = Path(__file__).with_name("one_factor.stan")
SPEC = ModelSpec(structure="one_factor", challenger="none")
VARIANT = Variant(structure="one_factor", estimand="adjusted", link="linked")
SAMPLER = SamplerSpec(chains=4, tune=1000, draws=1000, cores=2)
TARGETS = (0.9, 0.8, 0.7)
OURS: tuple[tuple[Coordinates, float], ...] = (
    ("whitened", 0.7),
    ("whitened", 0.8),
    ("own", 0.9),
    ("own", 0.8),
)
REPORTED = (
    "rho",
    "loading",
    "own_sd",
    "level",
    "deprivation_slope",
    "first_cutpoint",
    "cutpoint_gap",
    "region_sd",
    "judgement_deprivation",
    "drift",
)


@dataclass(frozen=True)
class Run:
    """What one sampler took, in processor seconds, and what it drew."""

    sampling: float
    posterior: xr.Dataset
    divergences: int

    def row(self, name: str) -> str:
        """Put the figures in a line of the table."""
        rho = self.posterior["rho"]
        of_rho, (least, which) = self.ess("rho"), least_ess(self.posterior, REPORTED)
        rhat = float(az.rhat(self.posterior[list(REPORTED)]).to_dataarray().max())
        return (
            f"{name:14s} {self.sampling:8.1f} {of_rho:8.0f} {least:8.0f} "
            f"{of_rho / self.sampling:8.1f} {least / self.sampling:8.1f} "
            f"{float(rho.mean()):8.3f} {float(rho.std()):6.3f} {rhat:6.3f} "
            f"{self.divergences:4d}  {which}"
        )

    def ess(self, *names: str) -> float:
        """Give the least effective sample size of some variables."""
        return least_ess(self.posterior, names)[0]


def ours(inputs: ModelInputs) -> tuple[float, dict[str, Run]]:
    """Compile the collapsed engine and sample; only the draws that Stan makes too are timed."""
    started = processor_seconds()
    compiled = CompiledStructure(SPEC, "one_factor", inputs)
    # The coordinates are compiled once for all structures.
    affine.log_density()
    affine.expand()
    compiling = processor_seconds() - started
    ready = compiled.with_data(inputs, switches(VARIANT, SPEC))
    runs = {}
    for coordinates, target in OURS:
        sampler = SAMPLER.model_copy(update={"target_accept": target, "coordinates": coordinates})
        started = processor_seconds()
        placed = compiled.in_coordinates(ready, sampler)
        tree = draw(placed, sampler, np.random.SeedSequence(sampler.seed), "one_factor")
        sampling = processor_seconds() - started
        posterior = tree["posterior"].to_dataset()
        posterior = posterior.assign(rho=2.0 * posterior["link_share"] - 1.0)
        divergences = int(tree["sample_stats"]["diverging"].sum())
        runs[f"{coordinates} {target}"] = Run(sampling, posterior, divergences)
    return compiling, runs


def theirs(inputs: ModelInputs) -> tuple[float, dict[str, Run]]:
    """Compile Stan's program afresh and sample."""
    with tempfile.TemporaryDirectory() as cache, Path(os.devnull).open("w") as nowhere:
        os.environ["XDG_CACHE_HOME"] = cache
        stan, services = patched_stan()
        # The client builds in the folder where it is called, and silences the compiler by
        # the real standard error, which therefore stays.
        with redirect_stdout(nowhere), chdir(cache):
            started = _with_children()
            model = stan.build(PROGRAM.read_text(), data=stan_data(inputs), random_seed=1)
            compiling = _with_children() - started
            with redirect_stderr(nowhere):
                runs = {f"Stan {target}": stan_run(model, services, target) for target in TARGETS}
    return compiling, runs


def stan_run(model: Any, services: Any, target: float) -> Run:
    """Sample by Stan; time its sampling processes once they have finished."""
    started = processor_seconds(resource.RUSAGE_CHILDREN)
    fit = model.sample(
        num_chains=SAMPLER.chains,
        num_warmup=SAMPLER.tune,
        num_samples=SAMPLER.draws,
        delta=target,
    )
    services.executor.shutdown()
    sampling = processor_seconds(resource.RUSAGE_CHILDREN) - started
    services.executor = ProcessPoolExecutor(2, multiprocessing.get_context("fork"))
    return Run(sampling, drawn_by_stan(fit), int(fit["divergent__"].sum()))


def stan_data(inputs: ModelInputs) -> dict[str, Any]:
    """Put what the collapsed engine conditions on in the form of the Stan program."""
    measured, judged, scales = inputs.measurements, inputs.judgements, SPEC.priors
    seen = measured.observed[:, 0] > 0
    indicator, authority = np.nonzero(seen)
    who = np.flatnonzero(judged.judged)
    return {
        "authorities": seen.shape[1],
        "indicators": seen.shape[0],
        "cells": indicator.size,
        "regions": len(judged.regions),
        "judgements": who.size,
        "indicator": indicator + 1,
        "authority": authority + 1,
        "y": measured.y[:, 0][seen],
        "variance": measured.variance[:, 0][seen],
        "deprivation": inputs.deprivation,
        "judged": who + 1,
        "grade": judged.grade[who] + 1,
        "region": judged.region[who] + 1,
        "years": judged.years[who],
        "level_scale": scales.level,
        "slope_scale": scales.deprivation_slope,
        "loading_scale": scales.loading,
        "own_scale": scales.own_sd,
        "concentration": scales.link_concentration,
        "first_mean": scales.first_cutpoint_mean,
        "first_scale": scales.first_cutpoint_sd,
        "gap_scale": scales.cutpoint_gap,
        "drift_scale": scales.drift,
        "region_scale": scales.region_sd,
        "judgement_scale": scales.judgement_deprivation,
    }


def drawn_by_stan(fit: Any) -> xr.Dataset:
    """Give Stan's draws over chain and draw: its client lists all chains' first draw first."""
    found = {}
    for name in REPORTED:
        values = np.moveaxis(fit[name], -1, 0).reshape(SAMPLER.draws, SAMPLER.chains, -1)
        found[name] = (("draw", "chain", f"{name}_element"), values)
    return xr.Dataset(found).transpose("chain", "draw", ...)


def patched_stan() -> tuple[Any, Any]:
    """Import Stan's client with time-outs that a slow or busy machine can keep.

    Its translator is given one second and its compiler five minutes, both hard-coded.
    """
    import aiohttp

    stan = importlib.import_module("stan")
    translator = importlib.import_module("httpstan.compile")
    client = importlib.import_module("stan.common")
    session = aiohttp.ClientSession
    patient = aiohttp.ClientTimeout(total=None)
    translator.subprocess = _Patient()
    client.aiohttp.ClientSession = lambda: session(timeout=patient)
    return stan, importlib.import_module("httpstan.services_stub")


class _Patient:
    """Stands for the module subprocess where the translator is called."""

    @staticmethod
    def run(command: list[Any], **options: Any) -> Any:
        return subprocess.run(command, **options | {"timeout": 120})


def _with_children() -> float:
    """Give the processor time of this process and of its finished children."""
    return processor_seconds() + processor_seconds(resource.RUSAGE_CHILDREN)


def main() -> None:
    """Print the table."""
    inputs = prepare(one_year("one_factor"), SPEC)
    shape = inputs.measurements.y.shape
    print(f"{machine()}; one_factor, adjusted, {shape[2]} authorities x {shape[0]} indicators")
    cells = int(inputs.measurements.observed.sum())
    length = f"{SAMPLER.chains} x ({SAMPLER.tune} + {SAMPLER.draws}) draws"
    print(f"{cells} cells, {length}; CPU seconds")
    (our_compiling, our_runs), (stan_compiling, stan_runs) = ours(inputs), theirs(inputs)
    print(f"compile: collapsed {our_compiling:.1f}, Stan {stan_compiling:.1f}")
    titles = ("sample", "ESS rho", "ESS min", "rho/s", "min/s", "rho")
    print(f"{'':14s}" + "".join(f" {title:>8s}" for title in titles), "    sd  R-hat  div  least")
    for name, run in (our_runs | stan_runs).items():
        print(run.row(name))
    for what, names in {"rho": ("rho",), "least": REPORTED}.items():
        peer = max(run.ess(*names) / run.sampling for run in stan_runs.values())
        for name, run in our_runs.items():
            mine = run.ess(*names) / run.sampling
            print(f"{name}, {what}: {mine / peer:.1f} times Stan's best ESS for each CPU second")


if __name__ == "__main__":
    main()
