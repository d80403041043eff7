"""What the command line says of a grid: before it runs, and what it found."""

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd

from analysis.files.read_table import reading
from analysis.sensitivity.grid import Grid
from analysis.sensitivity.run import Prospect
from analysis.sensitivity.table import FILE
from analysis.settings.config_file import ConfigError


def describe_prospect(grid: Grid, found: Prospect) -> str:
    """State what running a grid would do."""
    lines = [f"{found.specifications} specifications"]
    lines += [f"  {axis}: {', '.join(options)}" for axis, options in grid.axes.items()]
    left = found.specifications - found.reused - found.failed
    again = found.confirmed - found.confirmed_reused
    time = timedelta(seconds=round(found.cpu_seconds / max(found.workers, 1)))
    compiling = round(found.compile_seconds)
    lines += [
        f"First pass: {left} to compute in {found.structures} compiled structures, "
        f"{found.reused} there already, {found.failed} failed before.",
        f"Second pass by NUTS: {again} to compute, {found.confirmed_reused} there already.",
        f"Estimated: {round(found.cpu_seconds)} CPU seconds, {compiling} of them to load and "
        f"compile; {time} on {found.workers} workers that have a core each.",
    ]
    return "\n".join(lines)


def describe_results(folder: Path) -> str:
    """State what a grid's folder holds.

    Raises
    ------
    ConfigError
        If it is no such folder, or nothing was finished in it.
    """
    file, summary = folder / FILE, folder / "summary.json"
    if not file.is_file() or not summary.is_file():
        raise ConfigError(
            f"{folder}: holds no finished grid ({FILE} and summary.json). Name the folder that "
            "`effectiveness sensitivity run` wrote, or run it to the end."
        )
    with reading(file):
        table = pd.read_parquet(file)
    with reading(summary):
        found = json.loads(summary.read_text("utf-8"))
        sentences = [str(one["sentence"]) for one in found.values()]
    with reading(folder / "screen_error.csv"):
        errors = pd.read_csv(folder / "screen_error.csv")
        errors[["group", "mean", "largest", "number", "noise", "log_bf"]]
    status = table["status"].value_counts()
    lines = [
        f"{len(table)} specifications: "
        + ", ".join(f"{number} {name}" for name, number in status.items()),
    ]
    lines += sentences
    for row in errors.itertuples():
        lines.append(
            f"Screen less NUTS, {row.group}: ρ {row.mean:+.4f} on average, at most "
            f"{row.largest:.4f}, over {row.number} (Monte Carlo error of NUTS {row.noise:.4f}); "
            f"log Bayes factor at most {row.log_bf:.2f}."
        )
    failed = table[table["error"] != ""]
    lines += [f"Failed: {row.specification}: {row.error}" for row in failed.head(5).itertuples()]
    lines.append(f"Table: {file}\nFigures: {folder / 'figures'}")
    return "\n".join(lines)
