"""What the coverage page says of its figures: titles, captions and alternative texts."""

import pandas as pd

from analysis.pages.captions import Description
from analysis.words.numerals import percentage, plural

FUNNEL_METHOD = (
    "Points are published percentages, orange bars the ranges in which suppressed ones lie. "
    "Limits allow for what authorities differ by beyond chance (additive random effects, "
    "Spiegelhalter 2005; τ² by the method of moments from z scores winsorised at 10%, arcsine "
    "scale). A point outside them is unusual, not necessarily good or bad."
)
"""What holds for every funnel plot, said once on the page and in each copy."""


def describe_statuses(table: pd.DataFrame, whose: str) -> Description:
    """Describe what was published, suppressed or missing."""
    counts = table[["observed", "suppressed", "missing"]].sum()
    shares = counts / max(counts.sum(), 1)
    breaks = int(table["broken"].sum())
    rows, years = table["indicator"].nunique(), table["year"].nunique()
    return _description(
        f"{percentage(shares['observed'])} of all cells are published, "
        f"{percentage(shares['suppressed'])} suppressed, {percentage(shares['missing'])} missing",
        "Each cell is an indicator in a year by its label, parted by the shares of "
        "authorities whose figure was published (or about zero), suppressed because the "
        "number was small, or missing for any other reason. Black bars part years that may "
        "not be compared, because the definition changed.",
        f"A grid of {plural(rows, 'indicator')} by {plural(years, 'year')}. Of all cells "
        f"{percentage(shares['observed'])} are published, {percentage(shares['suppressed'])} "
        f"suppressed and {percentage(shares['missing'])} missing; {plural(breaks, 'break')} of "
        "definition. Every count is in the table below.",
        whose,
    )


def describe_funnels(table: pd.DataFrame, domain: str, whose: str) -> Description:
    """Describe the funnel plots of one domain."""
    beyond = int(table["beyond_998"].sum())
    points = int(table["observed"].sum())
    told = (
        f"{plural(len(table), 'funnel plot')} with {points:,} published points, {beyond} of "
        "them outside the 99.8% limits."
    )
    return Description(
        f"{domain}: {beyond} of {points:,} points lie outside the 99.8% limits",
        f"The latest year of each indicator. {told}",
        f"{told} The numbers are in the table below.",
        f"{FUNNEL_METHOD} {whose}",
    )


def describe_transitions(table: pd.DataFrame, whose: str) -> Description:
    """Describe the flow of judgements."""
    told, total = [], [0, 0, 0]
    for (one, two), own in table.groupby(["from_framework", "to_framework"], sort=False):
        order = own["from_grade"].drop_duplicates().tolist()
        change = own["from_grade"].map(order.index) - own["to_grade"].map(order.index)
        better, same, worse = (
            int(own.loc[rows, "steps"].sum()) for rows in (change > 0, change == 0, change < 0)
        )
        total = [sum(pair) for pair in zip(total, (better, same, worse), strict=True)]
        told.append(f"{one} to {two}: {better} better, {same} the same, {worse} worse.")
    return _description(
        f"Of {sum(total)} judgements, {total[0]} were better than the one before and {total[2]} "
        "worse",
        "Counts of consecutive inspections of an authority that gave an overall grade: rows "
        "the earlier grade, columns the later, in bold no change. Short inspections and "
        "re-inspections count. Frameworks differ, so a step between two is not only a change "
        f"of the services. {' '.join(told)}",
        f"{plural(len(told), 'matrix', 'matrices')} of four grades by four. {' '.join(told)}",
        whose,
    )


def describe_maps(table: pd.DataFrame, whose: str) -> Description:
    """Describe the maps of deprivation."""
    vintages = sorted(set(table["vintage"]))
    most = [
        str(table[(table["vintage"] == one) & (table["rank"] == 1)]["name"].iloc[0])
        for one in vintages
    ]
    named = (
        f"{most[0]} in every vintage"
        if len(vintages) > 1 and len(set(most)) == 1
        else ", ".join(f"{name} ({one})" for one, name in zip(vintages, most, strict=True))
    )
    return _description(
        f"Most deprived: {named}",
        "Index of Multiple Deprivation, average score: fifths of the authorities, the most "
        "deprived darkest. Fifths are of each vintage by itself: scores of different vintages "
        "are not on one scale.",
        f"{plural(len(vintages), 'map')} of England with London enlarged. Most deprived: {named}. "
        "Every score and rank is in deprivation.csv.",
        whose,
    )


def _description(title: str, caption: str, alternative: str, whose: str) -> Description:
    """Add to a caption whose data they are."""
    return Description(title, f"{caption} {whose}", alternative, f"{caption} {whose}")
