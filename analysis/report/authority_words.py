"""What is said of one authority: fixed sentences in which no number is without its interval."""

from collections.abc import Mapping
from typing import Any

from analysis.record.schema import Settings, Standings
from analysis.words.numerals import (
    day,
    interval_name,
    number,
    percentage,
    plural,
    span,
    with_interval,
)


def effectiveness_sentence(row: Mapping[str, Any], settings: Settings) -> str:
    """State how effective the indicators show it to be, and whether that is told from average."""
    mean, lower, upper = (float(row[f"effectiveness{end}"]) for end in ("", "_lower", "_upper"))
    if lower > 0:
        reading = "The whole interval lies above the average of authorities, 0."
    elif upper < 0:
        reading = "The whole interval lies below the average of authorities, 0."
    else:
        reading = (
            "The interval holds 0, the average: the indicators do not tell this authority "
            "from an average one."
        )
    return (
        f"Effectiveness as the indicators show it is {number(mean)} standard deviations of "
        f"authorities ({interval_name(settings)} {span(lower, upper)}). {reading}"
    )


def rank_sentence(row: Mapping[str, Any], authorities: int, settings: Settings) -> str:
    """State the rank with its interval, how much that leaves open, and both ends' chances."""
    rank, lower, upper = (float(row[f"rank{end}"]) for end in ("", "_lower", "_upper"))
    open_ranks = upper - lower + 1
    share = f"{100 * settings.top_share:g}%"
    return (
        f"Its rank is {with_interval(rank, lower, upper, 0)} of {authorities}: the data leave "
        f"{percentage(min(open_ranks / authorities, 1.0))} of all ranks open. The probability of "
        f"being in the top {share} is {percentage(float(row['probability_top']))}; of being in "
        f"the bottom {share}, {percentage(float(row['probability_bottom']))}."
    )


def standings_sentence(standings: Standings | None, settings: Settings) -> str:
    """State how many authorities can be told from the median at all, and how many pairs apart."""
    if standings is None:
        return ""
    told = standings.above_median + standings.below_median
    pairs = standings.pairs_apart / standings.pairs
    moved = plural(standings.near_limit, "authority", "authorities")
    return (
        f"{told} of {standings.authorities} authorities can be told from the median: the "
        f"{interval_name(settings)} of their rank excludes it, {standings.above_median} above and "
        f"{standings.below_median} below. About {number(standings.expected_wrong, 1)} of these "
        f"are expected to be on the other side, and more draws could move {moved} across the "
        f"limit. Of all pairs, {percentage(pairs)} can be told apart. Half of the intervals of "
        f"ranks span {number(standings.rank_width, 0)} ranks or more."
    )


def judgement_sentence(row: Mapping[str, Any]) -> str:
    """State which overall judgement the analysis takes, and of when."""
    if not row["judgement"]:
        return "The analysis has no overall judgement of this authority."
    started = str(row["inspection_start"])[:10]
    when = f", from the inspection that began on {day(started)}" if started else ""
    return f"The analysis takes the latest overall judgement, {row['judgement']}{when}."
