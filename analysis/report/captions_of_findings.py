"""Titles, captions and alternative texts of further figures of what was found.

A title states what the data show, and is chosen by a check of the numbers behind it.
"""

from collections.abc import Sequence

import pandas as pd

from analysis.pages.captions import Description, describe
from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.record.schema import PriorWidth
from analysis.record.thresholds import MODERATE
from analysis.report.bayes_words import row_at
from analysis.words.numerals import interval_name, number, percentage_with_interval, with_interval
from analysis.words.vocabulary import ESTIMANDS, NOT_ENOUGH


def describe_bayes_widths(
    findings: dict[str, EstimandEvidence], evidence: Evidence
) -> Description:
    """Describe the Bayes factors over the prior's width."""
    told = []
    for name, found in findings.items():
        values = [row.value for row in found.prior_widths]
        told.append(
            f"{ESTIMANDS[name]}: log Bayes factors from {number(min(values))} to "
            f"{number(max(values))}; ceiling at the prior used "
            f"{number(found.log_bf_independent_linked.ceiling)}."
        )
    return describe(
        evidence,
        _title_of_widths(
            [found.prior_widths for found in findings.values()], evidence.settings.rope
        ),
        "Bayes factor of no link against a link, by the width of the prior of ρ "
        "(Savage–Dickey). Bands: twice the Monte Carlo error. Dashed: the ceiling, the most "
        f"that these data could have said for no link. Grey: less than {MODERATE:g} times as "
        f"likely either way, {NOT_ENOUGH}.",
        f"Curves over prior standard deviations. {' '.join(told)}",
    )


def _title_of_widths(rows: Sequence[Sequence[PriorWidth]], rope: float) -> str:
    """State whether the width of the prior changes what the Bayes factors say."""
    sides = [{row_at(width, rope).favours for width in own} for own in rows]
    together = set.union(*sides)
    if together == {"link"}:
        return "At every width of the prior, the data speak for a link"
    if together == {"no link"}:
        return "At every width of the prior, the data speak for no link"
    if together == {"either"}:
        return "At no width of the prior can the data tell a link from none"
    if all(len(own) == 1 for own in sides):
        return "What the data say differs between the estimands, not by the width of the prior"
    return "How much the data say about a link depends on the width of the prior"


def describe_rank_intervals(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe ranks and P(top)."""
    wide = float((table["rank_upper"] - table["rank_lower"] + 1).median())
    likely = int((table["probability_top"] > 0.5).sum())
    share = f"{100 * evidence.settings.top_share:g}%"
    return describe(
        evidence,
        f"Half of the intervals of ranks span {wide:.0f} ranks or more "
        f"({ESTIMANDS[estimand].lower()})",
        "Rank of effectiveness, 1 the most effective: posterior mean and "
        f"{interval_name(evidence.settings)}; beside it the probability of being in the top "
        f"{share}. Shapes and colours: the latest judgement.",
        f"{len(table)} authorities in the order of their mean rank. Half of the intervals span "
        f"{wide:.0f} ranks or more; {likely} authorities are more likely than not in the top "
        f"{share}. Every number is in the table of authorities.",
        len(table),
    )


def describe_indicator_links(table: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe each indicator's slope, by itself and partially pooled."""
    rows = table["title"].nunique()
    groups = table.groupby("estimand", sort=False)
    pooled = int(table.loc[table["pooled_mean"].notna(), "title"].nunique())
    apart = {str(name): _apart(own, "pooled_") for name, own in groups}
    counted = ", ".join(
        f"{count} of {pooled} pooled slopes are clearly not 0 {ESTIMANDS[name].lower()}"
        if name == next(iter(apart))
        else f"{count} {ESTIMANDS[name].lower()}"
        for name, count in apart.items()
    )
    alone = ", ".join(f"{_apart(own, '')} {ESTIMANDS[str(name)].lower()}" for name, own in groups)
    seen = [int(table["authorities"].min()), int(table["authorities"].max())]
    return describe(
        evidence,
        counted if pooled else "No aspect has slopes to pool",
        "Plain regressions of the latest judgement on one indicator at a time: slope on the "
        "judgement’s underlying scale (probit) for one standard deviation of the indicator as "
        "observed, noise and all, turned so that more is better. By itself, and pooled in part "
        "towards the mean of its aspect, if that has others. Bars: "
        f"{interval_name(evidence.settings)}. Each regression has {seen[0]} to {seen[1]} "
        "authorities.",
        f"{rows} indicators in the order of their pooled slope, a panel for each estimand. By "
        f"themselves, slopes whose interval leaves out 0: {alone}. {_largest(table)}Every number "
        "is in the table below.",
        seen[1],
    )


def _largest(table: pd.DataFrame) -> str:
    """Name the largest pooled slope, if any were pooled."""
    pooled = table[table["pooled_mean"].notna()]
    if pooled.empty:
        return ""
    widest = pooled.iloc[int(pooled["pooled_mean"].abs().to_numpy().argmax())]
    interval = widest[["pooled_mean", "pooled_lower", "pooled_upper"]].tolist()
    return f"The largest pooled slope is that of “{widest['title']}”: {with_interval(*interval)}. "


def _apart(table: pd.DataFrame, form: str) -> int:
    """Count the intervals that leave out 0."""
    return int(((table[f"{form}lower"] > 0) | (table[f"{form}upper"] < 0)).sum())


def describe_by_judgement(means: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe effectiveness within each grade."""
    told = [
        f"{ESTIMANDS[str(row['estimand'])]}, {row['judgement']}: "
        f"{with_interval(row['mean'], row['lower'], row['upper'])}, n = {int(row['authorities'])}."
        for row in means.to_dict("records")
    ]
    return describe(
        evidence,
        _title_of_grades([own for _, own in means.groupby("estimand", sort=False)]),
        "Marks: posterior mean effectiveness of each authority, in standard deviations of "
        "authorities, in the row of its latest judgement. Black: posterior mean of the grade’s "
        f"average, and its {interval_name(evidence.settings)}. Each mark has an interval of its "
        "own, in the figure of all authorities.",
        f"Marks in a row for each grade, piled up where they are many. {' '.join(told)}",
        int(means.groupby("estimand")["authorities"].sum().max()),
    )


def _title_of_grades(tables: Sequence[pd.DataFrame]) -> str:
    """State whether the grades' average effectiveness can be told apart."""
    if all(own["lower"].max() <= own["upper"].min() for own in tables):
        return "The grades’ average effectiveness cannot be told apart: all intervals overlap"
    best, worst = "Outstanding", "Inadequate"
    ends = [
        {
            str(row["judgement"]): (float(row["lower"]), float(row["upper"]))
            for row in own.to_dict("records")
        }
        for own in tables
    ]
    there = all({best, worst} <= set(own) for own in ends)
    if there and all(own[best][0] > own[worst][1] for own in ends):
        return f"{best} authorities average higher effectiveness than {worst} ones"
    return "Average effectiveness differs between some grades"


def describe_england(table: pd.DataFrame, estimand: str, evidence: Evidence) -> Description:
    """Describe the maps."""
    above, below = (int((table["against_median"] == side).sum()) for side in ("above", "below"))
    regions = table.groupby("region")["effectiveness"].mean().sort_values()
    return describe(
        evidence,
        f"{above + below} of {len(table)} authorities can be told from the median "
        f"({ESTIMANDS[estimand].lower()})",
        "Effectiveness by authority. The darkest and the lightest class: the "
        f"{interval_name(evidence.settings)} of the rank excludes the median rank; perhaps: it "
        "does not. Hexagons are all of one size, near to where the authority lies; their letters "
        "abbreviate its name, and a line surrounds London. "
        "Boundaries: Office for National Statistics; contains OS data © Crown copyright and "
        "database right 2023.",
        f"Two maps of England in four classes from dark to light. {above} authorities are told "
        f"to be above the median, {below} below. Highest mean by region: "
        f"{regions.index[-1]} ({number(regions.iloc[-1])}); lowest: {regions.index[0]} "
        f"({number(regions.iloc[0])}). Every authority with its interval is in the table of "
        "authorities.",
        len(table),
    )


def describe_deprivation(curves: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe deprivation against effectiveness and judgement."""
    told = []
    for quantity, label in (
        ("effectiveness", "Effectiveness"),
        ("good_or_better", "The probability of Good or better"),
        ("inadequate", "The probability of Inadequate"),
    ):
        own = curves[curves["quantity"] == quantity].sort_values("deprivation")
        if len(own):
            write = with_interval if quantity == "effectiveness" else percentage_with_interval
            first, last = (
                write(*own[["mean", "lower", "upper"]].iloc[at].tolist()) for at in (0, -1)
            )
            told.append(f"{label} goes from {first} to {last}.")
    return describe(
        evidence,
        _title_of_deprivation(curves),
        f"Deprivation ({evidence.settings.deprivation.upper()}), in standard deviations of "
        "authorities. First panel: effectiveness as things stand (posterior means), with a "
        "parabola fitted to them. Second: the probability that a model of deprivation alone "
        "gives to the judgement; open marks are the observed shares of fifths of authorities. "
        f"Bands: {interval_name(evidence.settings)}.",
        "Two panels over deprivation, from the least to the most deprived authority. "
        f"{' '.join(told)}",
    )


def _title_of_deprivation(curves: pd.DataFrame) -> str:
    """State what goes with deprivation, where the interval of the change leaves out none."""
    directions = {
        quantity: _direction(curves[curves["quantity"] == quantity])
        for quantity in ("effectiveness", "good_or_better")
    }
    effect, judged = directions["effectiveness"], directions["good_or_better"]
    words = {-1: "lower", 1: "higher"}
    if effect and judged:
        join = "and" if effect == judged else "but"
        return (
            f"More deprived authorities have {words[effect]} effectiveness {join} "
            f"{words[judged]} judgements"
        )
    if judged:
        other = f"but not clearly {words[judged]} effectiveness"
        return f"More deprived authorities have {words[judged]} judgements, {other}"
    if effect:
        other = f"but not clearly {words[effect]} judgements"
        return f"More deprived authorities have {words[effect]} effectiveness, {other}"
    return "Neither effectiveness nor the judgement clearly goes with deprivation"


def _direction(curve: pd.DataFrame) -> int:
    """Return the sign of a curve's change from end to end, 0 if its interval holds none."""
    if curve.empty:
        return 0
    first = curve.iloc[0]
    return int(first["change_lower"] > 0) - int(first["change_upper"] < 0)
