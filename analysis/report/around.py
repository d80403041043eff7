"""The report's part on what comes after an inspection, given what came before it."""

from typing import Any

import pandas as pd

from analysis.evidence.groups import EVERY
from analysis.pages.tables import Cell, Table, table_of
from analysis.words.numerals import error, number, percentage, with_interval
from analysis.words.vocabulary import GROUPS

CAVEAT = (
    "This is not the effect of a judgement, nor of what inspectors alone can see: what follows a "
    "bad judgement (intervention, turnover of staff, changed thresholds, a trust) is part of it, "
    "and so is whatever inspectors saw that the indicators show only later."
)
_QUANTITIES = {
    "effectiveness_before": "Effectiveness before the inspection on the judgement",
    "effectiveness_after": "Effectiveness after it on the judgement",
    "effectiveness_given_before": "Effectiveness after it on the judgement, given the indicators "
    "before",
    "carried_over": "Correlation of effectiveness before and after",
}


def after_inspection(table: pd.DataFrame | None) -> dict[str, Any] | None:
    """Gather what the estimand ``predictive`` says, if the run has it."""
    if table is None:
        return None
    reasons = str(table["reasons"].iloc[0])
    of_all = table[table["group"] == EVERY]
    whole = of_all[of_all["indicator"] == ""]
    return {
        "caveat": CAVEAT,
        "told": f"The fit did not converge ({reasons}), so no number is shown."
        if reasons
        else _sentences(whole),
        "table": None if reasons else _table(whole, of_all[of_all["quantity"] == "after"]),
        "groups": _groups(table) if set(table["group"]) != {EVERY} else None,
    }


def _groups(table: pd.DataFrame) -> Table:
    """Set the coefficients of effectiveness by group of indicators side by side."""
    rows: list[tuple[Cell | str, ...]] = []
    for group, own in table[table["indicator"] == ""].groupby("group", sort=False):
        by = {str(row["quantity"]): row for _, row in own.iterrows()}
        given = by["effectiveness_given_before"]
        converged = not given["reasons"]
        shown = [by[f"effectiveness_{name}"] for name in ("before", "after", "given_before")]
        rows.append(
            (
                f"{GROUPS[str(group)]} ({number(given['indicators'], 0)})",
                *(
                    Cell(_shown(one), float(one["mean"])) if converged else Cell("Not converged")
                    for one in shown
                ),
                Cell(percentage(float(given["probability"])), float(given["probability"]))
                if converged
                else Cell("–"),
            )
        )
    return table_of(
        "The same by group of indicators, each fitted by itself: standard deviations of the "
        "group’s effectiveness for one of the judgement.",
        (
            *("Indicators", "Before the inspection", "After it"),
            *("After it, given those before", "Probability above zero"),
        ),
        rows,
    )


def _sentences(whole: pd.DataFrame) -> str:
    """State the coefficient before, after, and after given before."""
    rows = {str(row["quantity"]): row for _, row in whole.iterrows()}
    before, after, given = (
        rows[f"effectiveness_{name}"] for name in ("before", "after", "given_before")
    )
    told = (
        f"Over {number(given['authorities'], 0)} authorities with figures on both sides of an "
        "inspection, at equal deprivation: between authorities whose judgements differ by one "
        "standard deviation, effectiveness differs by "
        f"{_shown(before)} standard deviations before the inspection and by {_shown(after)} "
        "after it. Between authorities with the same indicators before, it differs by "
        f"{_shown(given)} after. "
    )
    lower, upper = float(given["lower"]), float(given["upper"])
    if lower > 0.0 or upper < 0.0:
        better = "better" if lower > 0.0 else "worse"
        return told + (
            "So the judgement says something of the years after it that the indicators before it "
            f"did not: they turn out {better} where it was higher."
        )
    return told + (
        "The interval holds zero: these data do not tell whether the judgement says anything of "
        "the years after it beyond what the indicators before it said."
    )


def _shown(row: "pd.Series[Any]") -> str:
    """Write a mean with its interval."""
    return with_interval(float(row["mean"]), float(row["lower"]), float(row["upper"]))


def _table(whole: pd.DataFrame, indicators: pd.DataFrame) -> Table:
    """List the coefficients of effectiveness, then those of the indicators given before."""
    rows = [(_QUANTITIES[str(row["quantity"])], row) for _, row in whole.iterrows()]
    rows += [(f"{row['title']}, given before", row) for _, row in indicators.iterrows()]
    return table_of(
        "Coefficients on the judgement, for one standard deviation of it: of effectiveness in its "
        "standard deviations, of each indicator (turned so that more is better) in standard "
        "deviations between authorities in a year.",
        (
            *("Of what", "Estimate", "Probability above zero"),
            *("Monte Carlo error", "R-hat", "Bulk ESS"),
        ),
        [
            (
                label,
                Cell(_shown(row), float(row["mean"])),
                Cell(percentage(float(row["probability"])), float(row["probability"])),
                Cell(error(row["mcse"], 4), float(row["mcse"])),
                Cell(number(row["rhat"], 3), float(row["rhat"])),
                Cell(number(row["ess_bulk"], 0), float(row["ess_bulk"])),
            )
            for label, row in rows
        ],
    )
