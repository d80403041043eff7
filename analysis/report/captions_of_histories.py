"""Titles, captions and alternative texts of the figures of what happened over time."""

import pandas as pd

from analysis.pages.captions import Description, describe
from analysis.record.evidence import Evidence
from analysis.words.numerals import signed


def describe_paths(table: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe the judgements over time."""
    groups = table.sort_values(["authority", "inspection_start"]).groupby("authority")["judgement"]
    several = groups.size() > 1
    changed = (groups.first() != groups.last()) & several
    latest = groups.last().value_counts()
    told = ", ".join(f"{count} {grade}" for grade, count in latest.items())
    return describe(
        evidence,
        f"{int(changed.sum())} of {int(several.sum())} authorities inspected more than once hold "
        "another grade than at first",
        "Overall judgements of each authority from its first inspection in the panel on: one "
        "line an authority, in the colour of the grade that it held (thinner where it is lower), "
        "grouped by the latest. White gaps: inspections.",
        f"{len(latest.index)} groups of lines. Latest grades: {told}.",
        int(groups.ngroups),
    )


def describe_around_inspection(table: pd.DataFrame, evidence: Evidence) -> Description:
    """Describe the figures before, at and after an inspection."""
    each = table.drop_duplicates("group")
    told = [
        f"{row['group']}: {signed(row['change'], 1)} ({signed(row['change_lower'], 1)} to "
        f"{signed(row['change_upper'], 1)}), {int(row['change_inspections'])} inspections."
        for row in each.to_dict("records")
        if row["change"] == row["change"]
    ]
    share = f"{100 * evidence.settings.interval:g}%"
    return describe(
        evidence,
        _title_of_changes(each),
        "Percentile of an authority’s published figures among all authorities in the year, 50 "
        "the middle, more is better, averaged over indicators and then over the inspections "
        f"that gave the grade. Bands: {share} confidence intervals of the mean. Grey lines: the "
        "other grades. In year 0 a figure’s period (for counts of one day, the year about it) "
        "holds the day on which the inspection began; points of fewer than five inspections are "
        "not shown. A description: who is inspected when is not by chance, and extremes tend to "
        "the middle by themselves.",
        "Panels by grade. Change from the year before to the year after, in percentiles: "
        f"{' '.join(told)}",
    )


def _title_of_changes(each: pd.DataFrame) -> str:
    """State after which judgements figures moved, where the interval leaves out no change."""
    rose = [str(one) for one in each.loc[each["change_lower"] > 0, "group"]]
    fell = [str(one) for one in each.loc[each["change_upper"] < 0, "group"]]
    if rose and fell:
        return f"Figures rose around judgements of {_listed(rose)} and fell around {_listed(fell)}"
    if rose:
        return f"Figures rose around judgements of {_listed(rose)}"
    if fell:
        return f"Figures fell around judgements of {_listed(fell)}"
    return "From before an inspection to after, figures did not clearly move at any grade"


def _listed(names: list[str]) -> str:
    """Write names one after another."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
