"""The report's part on proportional odds: whether one slope serves every grade."""

from typing import Any

import pandas as pd

from analysis.pages.tables import Cell, Table, table_of
from analysis.report.read import Inputs
from analysis.words.numerals import error, number, percentage, with_interval
from analysis.words.vocabulary import ESTIMANDS
from data.panel import GRADES

_DIFFERENCE = "last less first"
_ALL = "all cutpoints"
_LEAST = 0.05
"""Replicates as far out are fewer than this share: the data speak against a single slope."""


def one_slope(inputs: Inputs) -> dict[str, Any] | None:
    """Gather what the check of proportional odds says of the estimands that converged."""
    found = inputs.proportional_odds
    if found is None:
        return None
    shown = found[found["estimand"].isin(list(inputs.evidence.findings()))]
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
    """State whether the slopes differ by more than the model's own grades would."""
    [whole] = rows[rows["cut"] == _ALL].to_dict("records")
    each = rows[rows["departure"].notna()].to_dict("records")
    most = max(each, key=lambda row: abs(float(row["departure"])))
    chance = (
        f"of grades drawn from the model itself, {percentage(whole['probability'])} have slopes "
        f"as unlike (Monte Carlo error {error(whole['probability_mcse'])})"
    )
    way = "flatter" if most["departure"] < 0 else "steeper"
    departs = (
        f"{_cut(str(most['cut']))} the slope is {way} than the common one, by "
        f"{number(abs(most['departure']), 1)} standard deviations: "
        f"{number(most['slope'])} by itself, where such grades have "
        f"{with_interval(most['mean'], most['lower'], most['upper'])}"
    )
    said = "The model gives effectiveness the same slope at every cutpoint. "
    if whole["probability"] >= _LEAST:
        return (
            f"{said}The data do not speak against a single slope: {chance}. The largest "
            f"departure: {departs[0].lower()}{departs[1:]}."
        )
    worse = "less" if most["departure"] < 0 else "more"
    grade = str(most["cut"]).removeprefix("above ")
    below = grade if grade == GRADES[0] else f"{grade} and worse"
    return (
        f"{said}The data speak against a single slope: {chance}. {departs}. So effectiveness "
        f"parts {below} from the better grades {worse} well than ρ says."
    )


def _cut(name: str) -> str:
    """Write which grades a cutpoint parts; grades keep their capitals."""
    if name == _DIFFERENCE:
        return "Highest less lowest"
    if name == _ALL:
        return "All cutpoints (test quantity T)"
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
            "Departure (SD)",
        ),
        [
            (
                ESTIMANDS.get(str(row["estimand"]), str(row["estimand"])),
                _cut(str(row["cut"])),
                Cell(number(row["slope"]), float(row["slope"])),
                Cell(with_interval(row["mean"], row["lower"], row["upper"]), float(row["mean"])),
                Cell(percentage(row["probability"]), float(row["probability"])),
                Cell(error(row["probability_mcse"]), float(row["probability_mcse"])),
                Cell("–", float("nan"))
                if pd.isna(row["departure"])
                else Cell(number(row["departure"]), float(row["departure"])),
            )
            for _, row in rows.iterrows()
        ],
    )
