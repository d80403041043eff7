"""The report's part on proportional odds: whether one slope serves every grade."""

from typing import Any

import pandas as pd

from analysis.report.numerals import error, number, percentage, with_interval
from analysis.report.read import Inputs
from analysis.report.tables import Cell, Table, table_of
from analysis.report.vocabulary import ESTIMANDS
from data.panel import GRADES

_DIFFERENCE = "last less first"


def one_slope(inputs: Inputs) -> dict[str, Any] | None:
    """Gather what the check of proportional odds says of the estimands that converged."""
    found = inputs.proportional_odds
    if found is None:
        return None
    shown = found[found["estimand"].isin(list(inputs.evidence.estimands.findings()))]
    if shown.empty:
        return None
    return {
        "told": [
            {"label": ESTIMANDS[str(name)], "text": _sentence(rows)}
            for name, rows in shown.groupby("estimand", sort=False)
        ],
        "table": slopes_table(shown),
    }


def _sentence(rows: pd.DataFrame) -> str:
    """Say whether the slopes differ by more than the model's own grades would."""
    [row] = rows[rows["cut"] == _DIFFERENCE].to_dict("records")
    inside = row["lower"] <= row["slope"] <= row["upper"]
    interval = with_interval(row["mean"], row["lower"], row["upper"])
    return (
        "The model gives effectiveness one slope at every cutpoint. In the data, the slope "
        "at the highest cutpoint less that at the lowest is "
        f"{number(row['slope'])}; grades drawn from the model itself give {interval}. "
        + (
            "The data do not speak against a single slope."
            if inside
            else "The data speak against a single slope, so the link differs between grades."
        )
    )


def _cut(name: str) -> str:
    """Write which grades a cutpoint parts; grades keep their capitals."""
    for grade in GRADES:
        name = name.replace(grade.lower(), grade)
    return name[0].upper() + name[1:]


def slopes_table(rows: pd.DataFrame) -> Table:
    """List the slopes at each cutpoint beside those of grades that the model draws."""
    return table_of(
        "Slopes of binary probits of the judgement on effectiveness as the indicators show it: "
        "in the data, and in grades that the fitted model draws.",
        (
            "Estimand",
            "Cutpoint",
            "Slope",
            "From the model",
            "P(at least as large)",
            "Monte Carlo error",
        ),
        [
            (
                ESTIMANDS.get(str(row["estimand"]), str(row["estimand"])),
                _cut(str(row["cut"])),
                Cell(number(row["slope"]), float(row["slope"])),
                Cell(with_interval(row["mean"], row["lower"], row["upper"]), float(row["mean"])),
                Cell(percentage(row["probability"]), float(row["probability"])),
                Cell(error(row["probability_mcse"]), float(row["probability_mcse"])),
            )
            for _, row in rows.iterrows()
        ],
    )
