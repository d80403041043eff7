"""Every structure on one panel, each in a process of its own, each kept as it is finished."""

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from analysis.comparison.candidates import Candidate, candidates
from analysis.comparison.isolated import measured
from analysis.comparison.measure import differences, fewest_factors, measure
from analysis.files.spreadsheet import write_csv
from analysis.run.identity import whole_identity
from analysis.settings.config import RunConfig
from data.folders import whole_folder
from data.panel import Progress, silent
from data.panel_files import load_panel, save_panel
from models.requirements import require_fit
from models.spec import SamplerSpec

KIND = "comparison of structures"


def compare_structures(
    config: RunConfig,
    panel: xr.Dataset,
    folder: Path,
    *,
    factors: tuple[int, ...] = (1, 2, 3, 4, 5),
    unstructured: bool = True,
    report: Progress = silent,
) -> pd.DataFrame:
    """Fit every structure to a panel and write what came of it.

    Parameters
    ----------
    config, panel
        What to compare on; the configuration's structure is the primary one.
    folder
        Where ``structures.csv`` and ``composition.csv`` are to stand. Each structure's result
        is kept there as it is finished, and not computed again.
    factors, unstructured
        As in :func:`analysis.comparison.candidates.candidates`.
    report
        Called after each structure.

    Raises
    ------
    data.storage.StorageError
        If the folder holds anything else.
    data.panel.PanelError
        If the panel cannot be fitted.
    """
    require_fit(panel, config.model)
    whole = f"{whole_identity(config, panel)} {factors} {unstructured}"
    identity = hashlib.sha256(whole.encode()).hexdigest()
    listed = candidates(config.model, factors, unstructured)
    found: dict[str, dict[str, Any]] = {}
    with whole_folder(folder, KIND, identity, keeps="structures/*.json") as place:
        saved = place.folder / "structures" / "panel.nc"
        if not place.finished:
            save_panel(panel, saved)
        for number, candidate in enumerate(listed):
            report("structures", number, len(listed))
            name = f"structures/{candidate.name}.json"
            found[candidate.name] = measured(
                place.folder, name, _measure_file, candidate, saved, config.sampler
            )
        report("structures", len(listed), len(listed))
        table = differences(found, f"composite-{config.model.factors}")
        if not place.finished:
            write_csv(table, place.folder / "structures.csv")
            made_of = pd.DataFrame([row for one in found.values() for row in one["composition"]])
            write_csv(made_of, place.folder / "composition.csv")
    return table


def describe_structures(table: pd.DataFrame) -> str:
    """State in lines what the comparison found."""
    lines = []
    for record in table.to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        state = "converged" if row["converged"] else "NOT converged: no verdict"
        lines.append(
            f"{row['structure']:28s} {row['estimand']:12s} {_found(row)}"
            f"R-hat {row['rhat']:.3f}, ESS {min(row['ess_bulk'], row['ess_tail']):.0f}, "
            f"{row['divergences']} divergences, modes {row['modes']}, "
            f"{row['sampling_cpu_seconds']:.0f} CPU s "
            f"after {row['compile_cpu_seconds']:.0f} of compiling, "
            f"{row['ess_per_cpu_second']:.0f} ESS/s, {row['peak_memory_mib']:.0f} MiB, {state}"
        )
    fewest = fewest_factors(table)
    if fewest:
        lines.append(f"Fewest factors that none predicts clearly better than: {fewest}")
    return "\n".join(lines)


def _found(row: dict[str, Any]) -> str:
    """State what a structure found; nothing of one that did not converge."""
    if not row["converged"]:
        return ""
    return (
        f"ρ = {row['rho']:.2f} ({row['rho_lower']:.2f} to {row['rho_upper']:.2f}), "
        f"{_difference(row, 'indicators')}, {_difference(row, 'judgement')}, "
    )


def _difference(row: dict[str, Any], side: str) -> str:
    """State by how much a structure predicts one side better than the primary."""
    gap = row.get(f"difference_{side}")
    if gap is None or gap != gap:
        return f"{side} not comparable"
    near = ", indistinguishable" if 0.0 < abs(gap) < 4.0 else ""
    return f"{side} {gap:+.1f} (SE {row[f'difference_{side}_se']:.1f}{near})"


def _measure_file(candidate: Candidate, panel: Path, sampler: SamplerSpec) -> dict[str, Any]:
    """Measure one candidate on a saved panel."""
    return measure(candidate, load_panel(panel), sampler)
