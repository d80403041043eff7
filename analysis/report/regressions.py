"""The report's part on plain regressions: sentences, and the tables behind them."""

from typing import Any

import pandas as pd

from analysis.pages.tables import Cell, Table, table_of
from analysis.report.read import Inputs
from analysis.words.numerals import error, number, with_interval
from analysis.words.vocabulary import ESTIMANDS

_MODELS = {
    "composite": "Composite against the latest judgement",
    "indicators": "Indicators one at a time, pooled within an aspect",
    "good_or_better": "Good or better at every inspection",
}
_QUANTITIES = {
    "slope": "Slope for a standard deviation of the composite",
    "correlation": "The same as a correlation",
    "mean_slope": "Mean of the indicators’ slopes",
    "spread": "Standard deviation between them",
    "authority_sd": "Standard deviation between authorities",
    "year_sd": "Standard deviation between years",
    "authority_share": "Share of the variance that is the authority’s",
}


def regressions(inputs: Inputs) -> dict[str, Any] | None:
    """Gather what plain regressions say, if the run has them."""
    links, summary = inputs.indicator_links, inputs.baselines
    if links is None or summary is None:
        return None
    return {
        "told": [
            {
                "label": label,
                "text": _sentence(
                    links[links["estimand"] == name], summary[summary["estimand"] == name]
                ),
            }
            for name, label in ESTIMANDS.items()
        ],
        "links": links_table(links),
        "summary": summary_table(summary),
    }


def _sentence(links: pd.DataFrame, summary: pd.DataFrame) -> str:
    """State the composite's correlation, and how many slopes of indicators exclude zero."""
    failed = summary[summary["reasons"] != ""].drop_duplicates("model")
    told = [
        f"{_MODELS[str(row.model)]}: not converged ({row.reasons}), so no number is shown."
        for row in failed.itertuples()
    ]
    found = summary[(summary["reasons"] == "") & (summary["quantity"] == "correlation")]
    if len(found):
        row = found.iloc[0]
        shown = with_interval(float(row["mean"]), float(row["lower"]), float(row["upper"]))
        told.append(f"The observed composite and the judgement have a correlation of {shown}.")
    if len(links):
        aspects = links.groupby("aspect", sort=False)
        counted = "; ".join(_counted(str(name), own) for name, own in aspects)
        told.append(
            "Slopes whose interval excludes zero, by themselves and pooled in part with the "
            f"others of their aspect, which allows for looking at many: {counted}."
        )
    return " ".join(told)


def _counted(aspect: str, links: pd.DataFrame) -> str:
    """Count an aspect's slopes that are clearly not zero, by themselves and pooled."""
    alone, pooled = (_excluding(links, kind) for kind in ("", "pooled_"))
    named = aspect.replace("_", " ")
    if links["pooled_mean"].isna().all():
        return f"{named} {alone} of {len(links)} (the only one: not pooled)"
    return f"{named} {alone} and {pooled} of {len(links)}"


def _excluding(links: pd.DataFrame, kind: str) -> int:
    """Count the slopes whose interval lies on one side of zero."""
    return int(((links[f"{kind}lower"] > 0) | (links[f"{kind}upper"] < 0)).sum())


def links_table(links: pd.DataFrame) -> Table:
    """List every indicator's slope by itself and pooled."""
    shown = links["pooled_mean"].fillna(links["mean"])
    ordered = links.assign(shown=shown).sort_values(["estimand", "shown"], ascending=False)
    return table_of(
        "Each indicator against the latest judgement: change of the judgement’s underlying "
        "scale (probit) for one standard deviation of the indicator, turned so that more is "
        "better; by itself, and pooled in part with the others of its aspect.",
        (
            *("Indicator", "Aspect", "Estimand", "Authorities", "Slope by itself", "Pooled"),
            *("Monte Carlo error", "R-hat", "Bulk ESS"),
        ),
        [
            (
                str(row["title"]),
                _aspect(row),
                ESTIMANDS.get(str(row["estimand"]), str(row["estimand"])),
                Cell(number(row["authorities"], 0), float(row["authorities"])),
                _estimate(row, ""),
                *_pooled(row),
                Cell(number(row["rhat"], 3), float(row["rhat"])),
                Cell(number(row["ess_bulk"], 0), float(row["ess_bulk"])),
            )
            for _, row in ordered.iterrows()
        ],
        tall=True,
        choices=(1, 2),
    )


def summary_table(summary: pd.DataFrame) -> Table:
    """List what the regressions say, or why they say nothing."""
    return table_of(
        "The plain regressions together.",
        (
            *("Regression", "Estimand", "Quantity", "Estimate"),
            *("Monte Carlo error", "R-hat", "Bulk ESS", "Observations"),
        ),
        [
            (
                _MODELS.get(str(row["model"]), str(row["model"]))
                + (f": {_aspect(row)}" if row["aspect"] else ""),
                ESTIMANDS.get(str(row["estimand"]), str(row["estimand"])),
                _QUANTITIES.get(str(row["quantity"]), str(row["quantity"])),
                Cell("Did not converge", float("nan")) if row["reasons"] else _estimate(row, ""),
                Cell(error(row["mcse"], 4), row["mcse"]),
                *(
                    Cell("–" if pd.isna(row[name]) else number(row[name], digits), row[name])
                    for name, digits in (("rhat", 3), ("ess_bulk", 0))
                ),
                Cell(number(row["observations"], 0), float(row["observations"])),
            )
            for _, row in summary.iterrows()
        ],
    )


def _aspect(row: "pd.Series[Any]") -> str:
    """Name an indicator's aspect."""
    return str(row["aspect"]).replace("_", " ")


def _pooled(row: "pd.Series[Any]") -> tuple[Cell, Cell]:
    """Write a pooled slope and its Monte Carlo error, or that the aspect has no other."""
    if pd.isna(row["pooled_mean"]):
        return Cell("Not pooled: the only one", float("nan")), Cell("–", float("nan"))
    return _estimate(row, "pooled_"), Cell(error(row["pooled_mcse"], 4), float(row["pooled_mcse"]))


def _estimate(row: "pd.Series[Any]", kind: str) -> Cell:
    """Write a mean with its interval."""
    mean, lower, upper = (float(row[f"{kind}{end}"]) for end in ("mean", "lower", "upper"))
    return Cell(with_interval(mean, lower, upper), mean)
