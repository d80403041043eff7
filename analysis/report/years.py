"""What the model does not make of the years: the posterior predictive check, as sentences.

The static model has effects that last and years that are independent given them, so that values
of adjacent years and of the first and last year go together alike. Where effects drift they do
not, and the check (:mod:`analysis.evidence.posterior_predictive`) shows it.
"""

from dataclasses import dataclass

import pandas as pd

from analysis.words.numerals import plural
from analysis.words.vocabulary import ESTIMANDS


@dataclass(frozen=True, slots=True)
class YearsMisfit:
    """How many indicators have years unlike those of data that the model makes.

    Attributes
    ----------
    indicators
        How many were checked.
    adjacent, ends
        Of how many the correlation of adjacent years, and of the first and the last year, is
        outside the interval of the replicates.
    either
        Of how many at least one of the two is.
    expected
        How many would be outside either check by chance, were the model right.
    """

    indicators: int
    adjacent: int
    ends: int
    either: int
    expected: float


def years_misfit(table: pd.DataFrame | None, interval: float) -> YearsMisfit | None:
    """Count the indicators whose years are unlike the model's; None where none was checked."""
    if table is None:
        return None
    own = table[table["check"].isin(["adjacent", "ends"])]
    if own.empty:
        return None
    outside = (own["observed"] < own["lower"]) | (own["observed"] > own["upper"])
    counts = own.assign(outside=outside).groupby("check")["outside"].sum()
    size = own["quantity"].nunique()
    return YearsMisfit(
        indicators=size,
        adjacent=int(counts.get("adjacent", 0)),
        ends=int(counts.get("ends", 0)),
        either=int(own["quantity"][outside].nunique()),
        expected=size * (1.0 - interval),
    )


def misfit_sentence(name: str, misfit: YearsMisfit, interval: float) -> str:
    """State of how many indicators the years are unlike the model's, and what that means."""
    of = plural(misfit.indicators, "indicator")
    expected = f"about {misfit.expected:.1f}" if misfit.expected >= 0.1 else "hardly one"
    told = (
        f"{ESTIMANDS[name]}, of {of} the correlation of adjacent years lies outside the model’s "
        f"{100 * interval:g}% predictive interval for {misfit.adjacent}, and that of the first "
        f"and the last year for {misfit.ends}, where {expected} would by chance."
    )
    if misfit.either <= 2 * misfit.expected:
        return f"{told} The years are as the model expects."
    return (
        f"{told} The model takes effects to last and years to be alike; these indicators drift. "
        "What it says of an authority is of its mean over the years, not of the latest."
    )


def change_phrase(misfit: YearsMisfit | None) -> str:
    """State in part of a sentence that a model in which effects drift could answer otherwise."""
    if misfit is None or misfit.either <= 2 * misfit.expected:
        return ""
    return (
        f"a model in which effects drift could as well, since {misfit.either} of "
        f"{misfit.indicators} indicators have years unlike those that this one makes"
    )
