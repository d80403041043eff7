"""The sentences and the tables of a dynamic run's page."""

import math

import numpy as np
import pandas as pd
import xarray as xr

from analysis.dynamic.figures import lag_label
from analysis.dynamic.record import DynamicEvidence, DynamicFinding, PathQuantity
from analysis.pages.captions import Description
from analysis.pages.tables import Cell, Table, table_of
from analysis.words.numerals import duration, number, percentage, plural, span, with_interval
from analysis.words.vocabulary import ESTIMANDS, GROUPS, MEASURES
from models.dynamic.summary import LONGEST

NAMES = {
    "reliability": "Reliability r of one judgement",
    "quality_link": "Link β between the paths of quality and effectiveness",
    "drift": "Drift of the judgement’s scale a year",
    "quality_half_life": "Half-life of quality, years",
    "effectiveness_half_life": "Half-life of effectiveness, years",
    "quality_after_year": "Quality’s correlation with itself a year later",
    "quality_after_three": "Quality’s correlation with itself three years later",
    "judgement_deprivation": "Change of the judgement’s scale with one SD of deprivation",
    "quality_persistence": "Of what quality has beyond effectiveness, kept a year later",
    "factor_persistence": "Of the indicators’ common factors, kept a year later",
    "own_persistence": "Of an indicator’s own effect, kept a year later",
    "across_break": "Of an indicator’s own effect, kept across a change of definition",
    "factor_share": "The common factors’ share in effectiveness",
}


def found_sentences(name: str, one: DynamicFinding, evidence: DynamicEvidence) -> list[str]:
    """State what one estimand's paths show; only why not where they did not converge."""
    if not one.converged:
        return [f"No number is given: {'; '.join(one.reasons)}."]
    settings = evidence.settings
    rho, factor = one.rho, one.log_bf_independent_linked
    by = {row.name: row for row in one.quantities if not row.framework}
    told = [
        f"The link ρ of one judgement with effectiveness at its own date is {number(rho.mean)} "
        f"({settings.interval:.0%} interval {span(rho.lower, rho.upper)}; Monte Carlo error "
        f"{number(rho.mcse, 3)}). The probability that it is above zero is "
        f"{percentage(rho.probability)}; that it lies within ±{settings.rope:g}, "
        f"{percentage(rho.probability_rope)}.",
        f"The natural logarithm of the Bayes factor for no link is {number(factor.value)} (Monte "
        f"Carlo error {number(factor.mcse)}), by Savage-Dickey; data of this kind could not have "
        f"given more than about {number(factor.ceiling)} (Monte Carlo error "
        f"{number(factor.ceiling_mcse)}).",
        f"The reliability of one judgement is {_told(by['reliability'])}: that share of the "
        "variance of its underlying scale is the authority’s quality on the day.",
        f"Quality goes with itself a year later by {_told(by['quality_after_year'])}, and three "
        f"years later by {_told(by['quality_after_three'])}; half of it is lost after "
        f"{_told(by['quality_half_life'], 1)} years.",
    ]
    drifts = [row for row in one.quantities if row.name == "drift"]
    told.append(
        "The judgement’s scale drifts, a year, by "
        + " and ".join(f"{_told(row)} under {row.framework}" for row in drifts)
        + " (standard deviations; upwards is towards better grades at the same quality)."
    )
    return told


def _told(row: PathQuantity, places: int = 2) -> str:
    """Write a quantity with its interval."""
    return with_interval(row.mean, row.lower, row.upper, places)


def paths_table(name: str, one: DynamicFinding) -> Table:
    """Return every quantity of the paths with interval and Monte Carlo error."""
    return table_of(
        f"{ESTIMANDS[name]}: the paths. A half-life that the data do not bound is cut off at "
        f"{LONGEST:g} years.",
        ("Quantity", "Framework", "Posterior mean", "Monte Carlo error"),
        [
            (
                NAMES[row.name],
                row.framework or "–",
                Cell(_told(row), row.mean),
                Cell(number(row.mcse, 4), row.mcse),
            )
            for row in one.quantities
        ],
    )


def lags_table(name: str, one: DynamicFinding) -> Table:
    """Return the link of every group of indicators at every lag."""
    return table_of(
        f"{ESTIMANDS[name]}: the link ρ over the lag.",
        ("Indicators", "Effectiveness", "Link ρ", "Monte Carlo error", "P(ρ > 0)"),
        [
            (
                f"{GROUPS[row.group]} ({row.indicators})",
                Cell(lag_label(row.lag), row.lag),
                Cell(with_interval(row.mean, row.lower, row.upper), row.mean)
                if row.converged
                else Cell("Did not converge", math.nan),
                Cell(number(row.mcse, 4), row.mcse) if row.converged else Cell("–", math.nan),
                Cell(percentage(row.probability), row.probability)
                if row.converged
                else Cell("–", math.nan),
            )
            for row in one.lags
        ],
    )


def sweep_sentence(one: DynamicFinding) -> str:
    """State what the sweep conditions on, and how far the whole fit is from it at lag 0."""
    given = (
        "Each lag’s link is given what the indicators say of effectiveness then, as a normal with "
        "the moments of the whole fit, in which the judgements had their say already: they count "
        "twice. Monte Carlo errors are those of the judgements’ draws."
    )
    if one.whole_less_given is None:
        return given
    apart, error = one.whole_less_given
    return (
        f"{given} At the inspections’ own dates the whole fit’s mean of ρ less the sweep’s is "
        f"{number(apart, 3)} (Monte Carlo error {number(error, 3)})."
    )


def diagnostics_table(table: pd.DataFrame) -> Table:
    """Return how the fits sampled."""
    return table_of(
        "Convergence: the worst of every named quantity.",
        ("Estimand", "Converged", "Divergences", "R-hat", "Bulk ESS", "Tail ESS", "Time"),
        [
            (
                ESTIMANDS[str(row["estimand"])],
                "Yes" if row["converged"] else "No",
                Cell(number(row["divergences"], 0), float(row["divergences"])),
                Cell(number(row["rhat"], 3), float(row["rhat"])),
                Cell(number(row["ess_bulk"], 0), float(row["ess_bulk"])),
                Cell(number(row["ess_tail"], 0), float(row["ess_tail"])),
                Cell(duration(row["seconds"]), float(row["seconds"])),
            )
            for row in table.to_dict("records")
        ],
    )


def series_table(table: pd.DataFrame, panel: xr.Dataset) -> Table:
    """Return which years of every indicator enter, and how often its definition changed."""
    titles = dict(
        zip(panel.indicator.values.tolist(), panel.indicator_title.values.tolist(), strict=True)
    )
    return table_of(
        "The years that enter, by the publisher’s label. Values are not compared across "
        "definitions.",
        ("Indicator", "First", "Last", "Years", "Definitions", "Figures"),
        [
            (
                str(titles[row["indicator"]]),
                *(
                    Cell(f"{row[column]:.0f}", float(row[column]))
                    for column in ("first", "last", "years", "definitions")
                ),
                Cell(number(row["cells"], 0), float(row["cells"])),
            )
            for row in table.to_dict("records")
        ],
    )


def panel_sentence(evidence: DynamicEvidence) -> str:
    """State what was fitted to."""
    panel, settings = evidence.panel, evidence.settings
    counts = " and ".join(f"{count} under {name}" for name, count in evidence.inspections.items())
    return (
        f"{plural(panel.authorities, 'authority', 'authorities')}, "
        f"{plural(panel.indicators, 'indicator')} over the years {panel.years[0]} to "
        f"{panel.years[-1]}, {plural(sum(evidence.inspections.values()), 'inspection')}: "
        f"{counts}. "
        f"Deprivation is {MEASURES[settings.deprivation]}."
    )


def converged_lags(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the lags that may be drawn."""
    return table if table.empty else table[table["converged"]]


def describe_lags(table: pd.DataFrame) -> Description:
    """Describe the sweep, of which only what converged is given; in words what is nearest to 0."""
    near = table[table["lag"].abs() == table["lag"].abs().min()]
    told = [
        f"{ESTIMANDS[row['estimand']]}, {GROUPS[row['group']].lower()}, "
        f"{lag_label(row['lag']).lower()}: "
        f"{with_interval(row['mean'], row['lower'], row['upper'])}."
        for row in near.to_dict("records")
    ]
    return Description(
        title="The link before, at and after the inspection",
        caption="Posterior means and intervals of ρ, the link of one judgement with effectiveness "
        "so long before or after the inspection. Neighbouring lags share most of their figures, "
        "so that their intervals are far from independent. In the grey band the link is "
        "practically none. A lag that did not converge is left out; the table says so.",
        alternative=f"{' '.join(told)} The table beside it has every lag.",
        note="Posterior means and central intervals.",
    )


def describe_fading(table: pd.DataFrame) -> Description:
    """Describe how long quality and effectiveness last."""
    at = table[np.isclose(table["years_later"], 3.0)]
    told = [
        f"{ESTIMANDS[row['estimand']]}, {row['path']}: "
        f"{with_interval(row['mean'], row['lower'], row['upper'])}."
        for row in at.to_dict("records")
    ]
    return Description(
        title="How long quality and effectiveness last",
        caption="Correlation of an authority’s quality, and of its effectiveness, with what they "
        "are some years later: posterior mean and pointwise interval. The dashed line is where "
        "half is lost.",
        alternative="After three years. " + " ".join(told),
        note="Posterior means and pointwise central intervals.",
    )
