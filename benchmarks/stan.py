"""Sample the same model and data by the collapsed engine and by Stan, in one run.

Run ``python -m benchmarks.stan`` (dependency group ``benchmarks``, and a C++ compiler). The
model is ``one_factor`` at equal deprivation, 153 simulated authorities by 22 indicators in
one year, 4 chains of 1,000 + 1,000 draws, each sampler with its own defaults. Prints processor
seconds, effective sample sizes (of rho, and the smallest of all parameters of the structure
and the judgement) for each second, ρ by both, and the ratio. Times are of the processor, not
of the clock; Stan's are those of its sampling processes alone, without its Python client's.
"""

import importlib
import os
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import arviz as az
import numpy as np
import xarray as xr

from benchmarks.problem import least_ess, machine, one_year, processor_seconds
from models.fit import CompiledStructure
from models.inputs import Inputs, prepare
from models.link import switches
from models.sampling import draw
from models.spec import ModelSpec, SamplerSpec, Variant

PROGRAM = Path(__file__).with_name("one_factor.stan")
SPEC = ModelSpec(structure="one_factor", challenger="none")
VARIANT = Variant(structure="one_factor", estimand="adjusted", link="linked")
SAMPLER = SamplerSpec(chains=4, tune=1000, draws=1000, cores=2)
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
    """What one sampler took, and what it drew: processor seconds, and the draws."""

    compiling: float
    sampling: float
    posterior: xr.Dataset
    divergences: int


def ours(inputs: Inputs) -> Run:
    """Sample by the collapsed engine; only the draws that Stan makes too are timed."""
    started = processor_seconds()
    compiled = CompiledStructure(SPEC, "one_factor", inputs)
    compiling = processor_seconds() - started
    started = processor_seconds()
    ready = compiled.with_data(inputs, switches(VARIANT, SPEC))
    tree = draw(ready, SAMPLER, np.random.SeedSequence(SAMPLER.seed), "one_factor")
    sampling = processor_seconds() - started
    posterior = tree["posterior"].to_dataset()
    posterior = posterior.assign(rho=2.0 * posterior["link_share"] - 1.0)
    divergences = int(tree["sample_stats"]["diverging"].sum())
    return Run(compiling, sampling, posterior, divergences)


def theirs(inputs: Inputs) -> Run:
    """Sample by Stan, compiling afresh."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        stan, services = patched_stan()
        started = _with_children()
        model = stan.build(PROGRAM.read_text(), data=stan_data(inputs), random_seed=1)
        compiling = _with_children() - started
        started = processor_seconds(resource.RUSAGE_CHILDREN)
        fit = model.sample(
            num_chains=SAMPLER.chains, num_warmup=SAMPLER.tune, num_samples=SAMPLER.draws
        )
        services.executor.shutdown()  # waits for the sampling processes, whose time then counts
        sampling = processor_seconds(resource.RUSAGE_CHILDREN) - started
    return Run(compiling, sampling, drawn_by_stan(fit), int(fit["divergent__"].sum()))


def stan_data(inputs: Inputs) -> dict[str, Any]:
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


def line(name: str, run: Run) -> str:
    """Put one sampler's figures in a line of the table."""
    rho = run.posterior["rho"].squeeze()
    of_rho, least = least_ess(run.posterior, ("rho",)), least_ess(run.posterior, REPORTED)
    rhat = float(az.rhat(run.posterior[list(REPORTED)]).to_dataarray().max())
    return (
        f"{name:10s} {run.compiling:8.1f} {run.sampling:9.1f} {of_rho:9.0f} {least:9.0f} "
        f"{of_rho / run.sampling:9.1f} {least / run.sampling:9.1f} "
        f"{float(rho.mean()):7.3f} {float(rho.std()):6.3f} {rhat:7.3f} {run.divergences:4d}"
    )


def main() -> None:
    """Print the table."""
    inputs = prepare(one_year("one_factor"), SPEC)
    shape = inputs.measurements.y.shape
    print(f"{machine()}; one_factor, adjusted, {shape[2]} authorities x {shape[0]} indicators")
    print(f"{int(inputs.measurements.observed.sum())} cells, 4 x (1000 + 1000) draws; CPU seconds")
    runs = {"collapsed": ours(inputs), "Stan": theirs(inputs)}
    print(
        f"{'':10s} {'compile':>8s} {'sample':>9s} {'ESS rho':>9s} {'ESS min':>9s} "
        f"{'rho/s':>9s} {'min/s':>9s} {'rho':>7s} {'sd':>6s} {'R-hat':>7s} {'div':>4s}"
    )
    for name, run in runs.items():
        print(line(name, run))
    for what, names in {"rho": ("rho",), "least": REPORTED}.items():
        collapsed, stan = (least_ess(run.posterior, names) / run.sampling for run in runs.values())
        print(f"ratio of ESS for each CPU second, {what}: {collapsed / stan:.1f}")


if __name__ == "__main__":
    main()
