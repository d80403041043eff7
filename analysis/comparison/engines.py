"""One model by every engine on one panel: how far the quick ones are from the reference.

The reference is the joint engine with the exact likelihoods of the counts. The collapsed
engine takes a normal site for every count, published or suppressed; the Laplace tier
approximates the collapsed posterior. With the ``gaussian`` likelihood the joint engine
samples the collapsed model itself: what is between those two is Monte Carlo error, or a
fault.
"""

import hashlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from analysis.comparison.isolated import measured
from analysis.evidence.convergence import examine
from analysis.evidence.link import summarise_link
from analysis.execution.process import peak_memory
from analysis.files.spreadsheet import write_csv
from analysis.record.withhold import without_numbers
from analysis.run.identity import whole_identity
from analysis.settings.config import RunConfig
from data.folders import whole_folder
from data.panel import Progress, silent
from data.panel_files import load_panel, save_panel
from models.fitted import Fit
from models.requirements import require_fit
from models.spec import ESTIMANDS, Engine, Likelihood, ModelSpec, SamplerSpec, Variant
from models.traits import ENGINE_TRAITS, STRUCTURE_TRAITS

KIND = "comparison of engines"
ENGINES: tuple[tuple[Engine, Likelihood], ...] = (
    ("collapsed", "gaussian"),
    ("laplace", "gaussian"),
    ("joint", "binomial"),
    ("joint", "beta_binomial"),
)


def compare_engines(
    config: RunConfig,
    panel: xr.Dataset,
    folder: Path,
    *,
    engines: tuple[tuple[Engine, Likelihood], ...] = ENGINES,
    report: Progress = silent,
) -> pd.DataFrame:
    """Fit a configuration's primary structure by every engine.

    Parameters
    ----------
    config, panel
        What to compare on.
    folder
        Where ``engines.csv`` is to stand; each engine's result is kept there as it is
        finished, and not computed again.
    engines
        Engines with their likelihoods; the first is what the others are held against. The
        screening tier is left out of ``domain_factors``, which has no single link.
    report
        Called after each engine.

    Returns
    -------
    pandas.DataFrame
        One row an engine and estimand: ρ with its Monte Carlo error, ``rho_difference`` from
        the collapsed engine's, ``rho_sd_ratio`` to its standard deviation,
        ``effectiveness_correlation`` of the authorities' posterior means with its, the
        largest difference of an indicator's correlation with effectiveness, the convergence
        gate, and the cost.

    Raises
    ------
    data.storage.StorageError
        If the folder holds anything else.
    data.panel.PanelError
        If the panel cannot be fitted.
    """
    require_fit(panel, config.model)
    if not STRUCTURE_TRAITS[config.model.structure].can_be_screened:
        engines = tuple(pair for pair in engines if not ENGINE_TRAITS[pair[0]].screens)
    identity = hashlib.sha256(f"{engines} {whole_identity(config, panel)}".encode()).hexdigest()
    found = []
    with whole_folder(folder, KIND, identity, keeps="engines/*.json") as place:
        saved = place.folder / "engines" / "panel.nc"
        if not place.finished:
            save_panel(panel, saved)
        for number, (engine, likelihood) in enumerate(engines):
            report("engines", number, len(engines))
            changes = {"challenger": "none", "likelihood": likelihood}
            spec = config.model.model_copy(update=changes)
            sampler = config.sampler.model_copy(update={"engine": engine})
            name = f"engines/{engine}-{likelihood}.json"
            found.append(measured(place.folder, name, _measure, saved, spec, sampler))
        report("engines", len(engines), len(engines))
        table = _held_against_the_first(found)
        if not place.finished:
            write_csv(table, place.folder / "engines.csv")
    return table


def describe_engines(table: pd.DataFrame) -> str:
    """State in lines what the comparison found."""
    lines = []
    for record in table.to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        what = f"{row['engine']}, {row['likelihood']}"
        state = "converged" if row["converged"] else row["reasons"]
        lines.append(
            f"{what:24s} {row['estimand']:12s} ρ = {row['rho']:.4f} (sd {row['rho_sd']:.4f}, "
            f"MCSE {row['rho_mcse']:.4f}), difference {row['rho_difference']:+.4f}, "
            f"sd ratio {row['rho_sd_ratio']:.3f}, effectiveness r "
            f"{row['effectiveness_correlation']:.4f}, indicators within "
            f"{row['largest_indicator_difference']:.3f}, {row['cpu_seconds']:.1f} CPU s after "
            f"{row['compile_cpu_seconds']:.0f}, {row['peak_memory_mib']} MiB, {state}"
        )
    return "\n".join(lines)


def _measure(panel: Path, spec: ModelSpec, sampler: SamplerSpec) -> dict[str, Any]:
    """Fit both estimands by one engine."""
    from models.engine import fit_each

    started = time.process_time()
    variants = [
        Variant(structure=spec.structure, estimand=estimand, link="linked")
        for estimand in ESTIMANDS
    ]
    rows, means = [], {}
    clock = _Clock(started)
    for _, fit in fit_each(load_panel(panel), variants, spec, sampler, clock.note):
        gate, link = examine(fit), summarise_link(fit)
        of = Fit.of(fit).variant.estimand
        posterior = fit["posterior"].to_dataset()
        # The screening tier has one chain and no gate to pass: it stands here to be held against.
        told = gate.converged or ENGINE_TRAITS[sampler.engine].screens
        if not told:
            link = without_numbers(link)
        rows.append(
            {
                "engine": sampler.engine,
                "likelihood": spec.likelihood,
                "estimand": of,
                "rho": fit.attrs.get("rho_mean", link.mean),
                "rho_sd": fit.attrs.get("rho_sd", link.sd),
                "rho_mcse": 0.0 if "rho_mean" in fit.attrs else link.mcse,
                "converged": gate.converged,
                "reasons": "; ".join(gate.reasons),
                "rhat": float(gate.table["rhat"].max()),
                "ess": float(gate.table[["ess_bulk", "ess_tail"]].min().min()),
                "divergences": gate.divergences,
                "compile_cpu_seconds": round(clock.compiled, 1),
                "cpu_seconds": round(clock.lap(), 1),
                "peak_memory_mib": round(peak_memory() / 2**20),
            }
        )
        means[of] = {
            name: posterior[name].mean(("chain", "draw")).where(told).values.astype(float).tolist()
            for name in ("effectiveness", "indicator_correlation")
        }
    return {"rows": rows, "means": means}


class _Clock:
    """Processor time until everything was compiled, and of each fit after that."""

    def __init__(self, started: float) -> None:
        self.compiled, self._last = 0.0, started

    def note(self, what: str, done: int, of: int) -> None:
        """Take the end of compiling for the start of the first fit."""
        if what.startswith("compiling") and done == of and not self.compiled:
            self.compiled = self.lap()

    def lap(self) -> float:
        """Return the processor time since the last call."""
        now = time.process_time()
        taken, self._last = now - self._last, now
        return taken


def _held_against_the_first(found: list[dict[str, Any]]) -> pd.DataFrame:
    """Put the engines' rows together, each with what sets it apart from the first engine's."""
    first = {row["estimand"]: row for row in found[0]["rows"]}
    rows = []
    for one in found:
        for row in one["rows"]:
            ours, theirs = (each["means"][row["estimand"]] for each in (one, found[0]))
            effectiveness = np.corrcoef(ours["effectiveness"], theirs["effectiveness"])[0, 1]
            correlation = np.subtract(
                ours["indicator_correlation"], theirs["indicator_correlation"]
            )
            base = first[row["estimand"]]
            rows.append(
                row
                | {
                    "rho_difference": row["rho"] - base["rho"],
                    "rho_sd_ratio": row["rho_sd"] / base["rho_sd"],
                    "effectiveness_correlation": float(effectiveness),
                    "largest_indicator_difference": float(np.abs(correlation).max()),
                }
            )
    return pd.DataFrame(rows)
