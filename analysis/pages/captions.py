"""Titles, captions and alternative texts of the figures.

A caption states the data, the estimand, the kind of interval and the number of
authorities. An alternative text says what a reader who cannot see the figure would miss.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.record.schema import BesideNoLink
from analysis.words.numerals import (
    interval_name,
    number,
    percentage,
    span,
)
from analysis.words.vocabulary import ESTIMANDS, VERDICTS
from data.panel import GRADES

_NO_LINK = (
    "Pale bars: where the point lies in the same share of replicates without a link, whose "
    "judgements keep the drift, deprivation and regions of the fit."
)
_UNRELIABLE = 0.5
"""More of an indicator's spread than this is noise: it is called unreliable."""


@dataclass(frozen=True, slots=True)
class Description:
    """What is said of a figure: on the page, to a screen reader, and in a copy by itself."""

    title: str
    caption: str
    alternative: str
    note: str


def describe_link(findings: dict[str, EstimandEvidence], evidence: Evidence) -> Description:
    """Describe the posteriors of the link."""
    settings = evidence.settings
    told = [
        f"{ESTIMANDS[name]}: posterior centred on {number(found.rho.mean)}, "
        f"interval {span(found.rho.lower, found.rho.upper)}, "
        f"{percentage(found.rho.probability_rope)} of it in the grey band."
        for name, found in findings.items()
    ]
    kappa = f"{settings.link_prior:g}"
    return describe(
        evidence,
        _title_of_links(findings),
        "Density of the link ρ, the correlation of the judgement’s underlying scale with "
        f"effectiveness. Dashed: the prior, a Beta({kappa}, {kappa}) stretched to −1 to 1. "
        f"Point and bar: posterior mean and {interval_name(settings)}.",
        f"Density curves on an axis from −1 to 1. {' '.join(told)} "
        "The prior is broad and centred on 0.",
    )


def _title_of_links(findings: dict[str, EstimandEvidence]) -> str:
    """State the verdicts, once where both are the same."""
    said = {name: VERDICTS[found.verdict.code] for name, found in findings.items()}
    if len(said) > 1 and len(set(said.values())) == 1:
        return f"{next(iter(said.values()))}, as things stand and at equal deprivation"
    told = "; ".join(f"{ESTIMANDS[name].lower()}: {one.lower()}" for name, one in said.items())
    return f"{told[0].upper()}{told[1:]}"


def describe_indicators(table: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe what effectiveness is made of."""
    first = table[table["structure"] == evidence.settings.structure]
    means = first.groupby("title")["correlation"].mean().sort_values()
    noise = first.groupby("title")["noise_share"].mean().sort_values()
    title, part = _with_the_others(first)
    loading = (
        "; in the one-factor structure, its standardised loading"
        if (table["structure"] == "one_factor").any()
        else ""
    )
    return describe(
        evidence,
        f"{title}; not all are reliable" if noise.max() > _UNRELIABLE else title,
        "Correlation of each indicator’s lasting effect, turned so that more is better, with "
        f"effectiveness{loading}.{part} Reliability: the "
        "share of the spread between authorities in a year that is theirs, and neither sampling "
        "noise nor particular to the year, in the primary structure. Points and bars: mean and "
        f"{interval_name(evidence.settings)}. Indicators in the order "
        "of their mean correlation in the primary structure.",
        f"Points with intervals for {means.size} indicators. The strongest is "
        f"“{means.index[-1]}” ({number(means.iloc[-1])}), the weakest “{means.index[0]}” "
        f"({number(means.iloc[0])}). The most reliable is “{noise.index[0]}” "
        f"({number(1 - noise.iloc[0])}), the least “{noise.index[-1]}” "
        f"({number(1 - noise.iloc[-1])}). Every number is in the table below.",
    )


def _with_the_others(table: pd.DataFrame) -> tuple[str, str]:
    """Count the indicators that go with the others, and say what being a part does.

    An indicator goes with a composite that it is a part of, whatever the others do.
    """
    size = table["title"].nunique()
    if "others" not in table or table["others"].isna().all():
        above = int((table.groupby("title")["correlation_lower"].min() > 0).sum())
        return f"{above} of {size} indicators have a correlation with effectiveness above 0", ""
    by_title = table.groupby("title")
    clear = int((by_title["others_lower"].min() > 0).sum())
    alone = by_title["if_independent"].mean()
    at = (
        number(float(alone.iloc[0]))
        if np.ptp(alone) < 0.005
        else f"{number(float(alone.min()))} to {number(float(alone.max()))}"
    )
    return (
        f"{clear} of {size} indicators clearly go with the other indicators’ composite",
        " An indicator is a part of the composite: were all independent, each would still "
        f"correlate with it at {at}. So the title counts correlations with the composite of the "
        "others, which are in the table below.",
    )


def describe_authorities(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe the effectiveness of every authority."""
    above = int((table["effectiveness_lower"] > 0).sum())
    below = int((table["effectiveness_upper"] < 0).sum())
    return describe(
        evidence,
        f"{above} of {len(table)} authorities clearly above average, {below} below "
        f"({ESTIMANDS[estimand].lower()})",
        "Effectiveness as the indicators show it, in standard deviations of authorities; 0 is "
        f"the average. Bars: {interval_name(evidence.settings)}. Letters, shapes and colours: "
        "the latest judgement. Where bars overlap, the order is uncertain.",
        f"{len(table)} authorities in the order of their mean effectiveness, each with its "
        f"interval and the initial of its judgement. {above + below} of the intervals "
        "leave out 0, the average. Every number is in the table below.",
        len(table),
    )


def describe_deciles(findings: dict[str, EstimandEvidence], evidence: Evidence) -> Description:
    """Describe the counts at the top and the bottom."""
    settings = evidence.settings
    beyond = [
        side_of(cell.mean, cell)
        for found in findings.values()
        for cell in found.decile_table
        if cell.band != "middle"
    ]
    share = f"{100 * settings.top_share:g}%"
    known = [side for side in beyond if side is not None]
    apart = sum(side != 0 for side in known)
    chance = number((1.0 - settings.interval) * len(known), 1)
    return describe(
        evidence,
        f"At top and bottom {share}, {apart or 'none'} of {len(known)} counts "
        f"{'lies' if apart == 1 else 'lie'} beyond replicates without a link"
        if known
        else f"Authorities of each judgement at top and bottom {share}",
        f"Authorities of each judgement in the {share} with the highest and the lowest "
        f"effectiveness, by the indicators alone. Points and bars: posterior mean and "
        f"{interval_name(settings)}. {_NO_LINK}",
        f"Counts with intervals for each judgement, at the bottom and at the top. {apart} of "
        f"the {len(known)} counts lie outside the middle {100 * settings.interval:g}% of what "
        f"judgements without a link give; {chance} would by chance. Every number is in the tables "
        "below.",
    )


def describe_top_share(findings: dict[str, EstimandEvidence], evidence: Evidence) -> Description:
    """Describe P(top | judgement)."""
    level = evidence.settings.top_share
    sides = [
        side_of(row.probability, row)
        for found in findings.values()
        for row in found.top_decile_by_judgement
    ]
    share = f"{100 * level:g}%"
    return describe(
        evidence,
        _title_of_tops(findings, level),
        f"Probability that an authority with this judgement is among the {share} most "
        f"effective. Points and bars: posterior mean and {interval_name(evidence.settings)}. "
        f"Dashed: the share of all authorities. {_NO_LINK}",
        f"Probabilities with intervals for each judgement. {sum(map(bool, sides))} of the "
        f"{len(sides)} lie outside what judgements without a link give. Every number is in the "
        "table below.",
    )


def _title_of_tops(findings: dict[str, EstimandEvidence], level: float) -> str:
    """Name the grades that are all beyond what judgements without a link give, on one side."""
    rows = [row for found in findings.values() for row in found.top_decile_by_judgement]
    share = f"{100 * level:g}%"
    sides = {
        grade: {side_of(row.probability, row) for row in rows if row.judgement == grade}
        for grade in reversed(GRADES)
    }
    more, less = (", ".join(one for one, own in sides.items() if own == {at}) for at in (1, -1))
    if not more and not less:
        return f"No grade is in the top {share} more or less often than judgements without a link"
    told = [f"{word} often: {names}" for word, names in (("more", more), ("less", less)) if names]
    return f"In the top {share} {'; '.join(told)}"


def side_of(value: float, beside: BesideNoLink) -> int | None:
    """Return on which side of the replicates' interval a value lies; None where there are none."""
    if math.isnan(beside.no_link_lower):
        return None
    return int(value > beside.no_link_upper) - int(value < beside.no_link_lower)


def describe_coverage(table: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe how much was published."""
    total = float(table[["observed", "suppressed", "missing"]].to_numpy().sum())
    seen = float(table["observed"].sum()) / total if total else float("nan")
    hidden = float(table["suppressed"].sum()) / total if total else float("nan")
    return describe(
        evidence,
        f"{percentage(seen)} of what the panel asks for was published, {percentage(hidden)} "
        "suppressed",
        "Share of authorities whose figure was published, by indicator and year ending "
        "31 March, rounded down. The rest was suppressed because the number was small, or is "
        "missing; suppressed numbers enter the models as intervals.",
        f"A grid of {table['title'].nunique()} indicators by {table['year'].nunique()} years. "
        f"Overall {percentage(seen)} is published and {percentage(hidden)} suppressed. "
        "Every count is in the table below.",
    )


def describe_judgements(table: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe the judgements by year."""
    totals = table.groupby("grade")["inspections"].sum()
    told = ", ".join(f"{int(count)} {grade}" for grade, count in totals.items())
    return describe(
        evidence,
        f"{totals.idxmax()} is the commonest grade: {int(totals.max())} of {int(totals.sum())} "
        "inspections",
        "Inspections that gave each grade for overall effectiveness, by year. An authority "
        "inspected more than once is counted each time.",
        f"Columns by year for each grade, from {table['year'].min()} to "
        f"{table['year'].max()}. In all: {told}.",
    )


def describe(
    evidence: Evidence, title: str, caption: str, alternative: str, count: int | None = None
) -> Description:
    """Add to a caption what holds for all: whose data they are, and how many."""
    panel = evidence.panel
    years = f"{panel.years[0]} to {panel.years[-1]}" if panel.years else "no years"
    data = (
        f"{panel.whose.caption} n = {count or panel.authorities} authorities, {panel.judged} with "
        f"a judgement; {panel.indicators} indicators, {years}."
    )
    return Description(title, f"{caption} {data}", alternative, f"{caption} {data}")
