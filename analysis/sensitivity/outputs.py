"""What is written beside the table: the screen's error, shares, axes, the sentences, figures."""

from pathlib import Path

import pandas as pd

from analysis.files.spreadsheet import write_csv
from analysis.sensitivity.axes import axis_shares
from analysis.sensitivity.confirm import screen_errors
from analysis.sensitivity.shares import as_json, classify, share_table, summarise
from data.seeds import child_seed
from data.storage import write_file

UNKNOWN_SCREEN_ERROR = 0.5
"""Allowed for where nothing was fitted twice, in natural logarithms (docs/engines.md)."""


def write_outputs(table: pd.DataFrame, title: str, folder: Path, seed: int) -> None:
    """Write everything that follows from the table.

    Parameters
    ----------
    table
        :func:`analysis.sensitivity.table.build_table`'s.
    title
        Of what was analysed, for the figures.
    folder
        The grid's.
    seed
        The grid's own, that of its second pass.
    """
    from analysis.plots.specifications import write_figures

    errors = screen_errors(table)
    write_csv(errors, folder / "screen_error.csv")
    evidence = classify(table, screen_error_allowed(errors))
    shares = share_table(table, evidence)
    write_csv(shares, folder / "shares.csv")
    axes = axis_shares(table, child_seed(seed, "resamples of specifications"))
    write_csv(axes, folder / "axes.csv")
    summary = summarise(table, shares, axes)
    write_file(folder / "summary.json", as_json(summary).encode())
    write_figures(
        table.assign(evidence=evidence), axes, shares, summary, title, folder / "figures"
    )


def screen_error_allowed(errors: pd.DataFrame) -> float:
    """Return the screen's largest error of a log Bayes factor, as far as it was seen."""
    whole = errors[errors["group"] == "all"]
    if whole.empty:
        return UNKNOWN_SCREEN_ERROR
    return max(float(whole["log_bf"].iloc[0]), UNKNOWN_SCREEN_ERROR)
