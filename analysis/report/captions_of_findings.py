"""Titles, captions and alternative texts of further figures of what was found."""

import math

import pandas as pd

from analysis.report.captions import Description, describe
from analysis.report.evidence import Evidence, Finding
from analysis.report.numerals import number, percentage, with_interval
from analysis.report.vocabulary import ESTIMANDS
from analysis.report.words import interval_name


def describe_bayes_widths(findings: dict[str, Finding], evidence: Evidence) -> Description:
    """Describe the Bayes factors over the prior's width."""
    sides = {
        name: {math.copysign(1, row.value) for row in found.prior_widths}
        for name, found in findings.items()
    }
    told = []
    for name, found in findings.items():
        values = [row.value for row in found.prior_widths]
        told.append(
            f"{ESTIMANDS[name]}: log Bayes factors from {number(min(values))} to "
            f"{number(max(values))}; ceiling at the prior used "
            f"{number(found.log_bf_independent_linked.ceiling)}."
        )
    if all(side == {-1.0} for side in sides.values()):
        title = "Whatever the width of the prior, the data speak for a link rather than none"
    elif all(side == {1.0} for side in sides.values()):
        title = "Whatever the width of the prior, the data speak for no link rather than one"
    else:
        title = "Whether the data speak for a link depends on the width of the prior"
    return describe(
        evidence,
        title,
        "Bayes factor of no link against a link, by the width of the prior of ρ "
        "(Savage–Dickey). Bands: twice the Monte Carlo error. Dashed: the ceiling, the most "
        "that these data could have said for no link.",
        f"Curves over prior standard deviations. {' '.join(told)}",
    )


def describe_rank_intervals(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe ranks and P(top)."""
    wide = float((table["rank_upper"] - table["rank_lower"]).median())
    likely = int((table["probability_top"] > 0.5).sum())
    share = f"{100 * evidence.settings.top_share:g}%"
    return describe(
        evidence,
        f"Ranks are uncertain: the middle authority’s interval spans {wide:.0f} of "
        f"{len(table)} places ({ESTIMANDS[estimand].lower()})",
        "Rank of effectiveness, 1 the most effective: posterior mean and "
        f"{interval_name(evidence.settings)}; beside it the probability of being in the top "
        f"{share}. Letters, shapes and colours: the latest judgement.",
        f"{len(table)} authorities in the order of their mean rank. Half of the intervals span "
        f"more than {wide:.0f} places; {likely} authorities are more likely than not in the top "
        f"{share}. Every number is in the table of authorities.",
        len(table),
    )


def describe_by_judgement(means: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe effectiveness within each grade."""
    told, gaps = [], []
    for name, own in means.groupby("estimand", sort=False):
        rows = own.set_index("judgement")
        told += [
            f"{ESTIMANDS[str(name)]}, {grade}: "
            f"{with_interval(row['mean'], row['lower'], row['upper'])}, "
            f"n = {int(row['authorities'])}."
            for grade, row in rows.iterrows()
        ]
        if {"Outstanding", "Inadequate"} <= set(rows.index):
            one, other = rows.loc["Outstanding"], rows.loc["Inadequate"]
            gaps.append((float(one["mean"] - other["mean"]), one, other))
    title = "How effectiveness is spread within each judgement"
    if gaps:
        gap, one, other = gaps[0]
        title = (
            "Grades overlap: Outstanding authorities average "
            f"{with_interval(one['mean'], one['lower'], one['upper'])}, Inadequate "
            f"{with_interval(other['mean'], other['lower'], other['upper'])}"
        )
    return describe(
        evidence,
        title,
        "Dots: posterior mean effectiveness of each authority, in standard deviations of "
        "authorities. Bars: posterior mean of the grade’s average, and its "
        f"{interval_name(evidence.settings)}. Left or first: as they stand.",
        f"Dots in a row for each grade. {' '.join(told)}",
        int(means.groupby("estimand")["authorities"].sum().max()),
    )


def describe_deprivation(curves: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe deprivation against effectiveness and judgement."""

    def ends(quantity: str) -> tuple[str, str] | None:
        own = curves[curves["quantity"] == quantity].sort_values("deprivation")
        if own.empty:
            return None
        first, last = own.iloc[0], own.iloc[-1]
        return tuple(  # type: ignore[return-value]
            with_interval(one["mean"], one["lower"], one["upper"]) for one in (first, last)
        )

    effect, good = ends("effectiveness"), ends("good_or_better")
    told = ""
    if effect:
        told += f"Effectiveness runs from {effect[0]} to {effect[1]}. "
    title = "Deprivation, effectiveness and the judgement"
    if good:
        told += f"The probability of Good or better runs from {good[0]} to {good[1]}."
        own = curves[curves["quantity"] == "good_or_better"].sort_values("deprivation")
        start, end = float(own["mean"].iloc[0]), float(own["mean"].iloc[-1])
        title = (
            "From the least to the most deprived authority, the probability of Good or better "
            f"goes from {percentage(start)} ({percentage(own['lower'].iloc[0])} to "
            f"{percentage(own['upper'].iloc[0])}) to {percentage(end)} "
            f"({percentage(own['lower'].iloc[-1])} to {percentage(own['upper'].iloc[-1])})"
        )
    return describe(
        evidence,
        title,
        f"Deprivation ({evidence.settings.deprivation.upper()}), in standard deviations of "
        "authorities. Left or first: effectiveness as things stand, with a parabola fitted in "
        "each draw. Right or second: what the model of deprivation alone gives for the "
        "judgement; open marks are the observed shares of fifths of authorities. Bands: "
        f"{interval_name(evidence.settings)}.",
        f"Two panels over deprivation. {told}",
    )


def describe_england(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe the maps."""
    above = int((table["effectiveness_lower"] > 0).sum())
    below = int((table["effectiveness_upper"] < 0).sum())
    regions = table.groupby("region")["effectiveness"].mean().sort_values()
    return describe(
        evidence,
        f"{above} of {len(table)} authorities are clearly above average, {below} clearly below "
        f"({ESTIMANDS[estimand].lower()})",
        "Effectiveness by authority. Clearly: the whole "
        f"{interval_name(evidence.settings)} lies on one side of 0, the average. Hexagons are "
        "all of one size, near to where the authority lies; their letters abbreviate its name.",
        f"Maps of England in four classes from dark to light. Highest mean by region: "
        f"{regions.index[-1]} ({number(regions.iloc[-1])}); lowest: {regions.index[0]} "
        f"({number(regions.iloc[0])}). Every authority is in the table of authorities.",
        len(table),
    )


def describe_paths(table: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe the judgements over time."""
    ordered = table.sort_values(["authority", "inspection_start"])
    groups = ordered.groupby("authority")["judgement"]
    several = groups.size() > 1
    changed = (groups.first() != groups.last()) & several
    latest = groups.last().value_counts()
    told = ", ".join(f"{count} {grade}" for grade, count in latest.items())
    return describe(
        evidence,
        f"{int(changed.sum())} of {int(several.sum())} authorities inspected more than once hold "
        "another grade now than at first",
        "Overall judgements of each authority from its first inspection in the panel on: one "
        "line an authority, in the colour of the grade that it held, grouped by the latest.",
        f"{len(latest.index)} groups of lines. Latest grades: {told}.",
        int(groups.ngroups),
    )
