"""The part of the page about each authority: what is known of it, and how surely."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.files.read_table import ReportError
from analysis.pages.tables import Cell, Strip, Table, authority_anchor, table_of
from analysis.record.evidence import Evidence
from analysis.record.schema import Settings
from analysis.report import authority_words
from analysis.report.read import Inputs
from analysis.words.numerals import day, in_unit, interval_name
from analysis.words.vocabulary import ESTIMANDS, JUDGEMENT_HEADINGS, STATUSES
from data.subset import find_authority

Row = dict[str, Any]
_KNOWN = ("observed", "low", "suppressed")
_BETTER = {"higher": "High", "lower": "Low", "contested": "Not agreed"}


@dataclass(frozen=True, slots=True, eq=False)
class AuthorityPart:
    """One authority as the page shows it.

    Attributes
    ----------
    anchor, name, region, judgement
        How it is found and called; the judgement may be empty.
    opening
        The sentence about its judgement.
    told
        For each estimand that converged, its name and the sentences about it.
    indicators, inspections
        Its published figures and its judgements.
    """

    anchor: str
    name: str
    region: str
    judgement: str
    opening: str
    told: list[tuple[str, str]]
    indicators: Table
    inspections: Table


def authority_parts(inputs: Inputs) -> list[AuthorityPart]:
    """Describe every authority, in the order of their names."""
    evidence = inputs.evidence
    effects = inputs.tables["authorities"]
    first = effects.drop_duplicates("authority").sort_values(["name", "authority"])
    by_authority, figures, inspections = (
        _by_authority(table)
        for table in (
            effects,
            latest_figures(inputs.tables["authority_indicators"]),
            inputs.tables["inspections"],
        )
    )
    return [
        AuthorityPart(
            anchor=authority_anchor(row["authority"]),
            name=row["name"],
            region=row["region"],
            judgement=row["judgement"],
            opening=authority_words.judgement_sentence(row),
            told=_told(by_authority[row["authority"]], evidence, len(first)),
            indicators=figures_table(
                figures.get(row["authority"], []), row["name"], evidence.settings
            ),
            inspections=inspections_table(inspections.get(row["authority"], []), row["name"]),
        )
        for row in _records(first)
    ]


def chosen_anchors(parts: list[AuthorityPart], wanted: Collection[str]) -> frozenset[str]:
    """Find the anchors of the authorities that a reader names by code or by name.

    Raises
    ------
    ReportError
        If there is no such authority; the message suggests the nearest.
    """
    names = {part.anchor: part.name for part in parts}
    known = {anchor.removeprefix(authority_anchor("")): name for anchor, name in names.items()}
    chosen = set()
    for one in wanted:
        anchor = authority_anchor(one.strip())
        if anchor not in names:
            code = find_authority(known, one, "--authority", "the run", ReportError)
            anchor = authority_anchor(code)
        chosen.add(anchor)
    return frozenset(chosen)


def _told(own: list[Row], evidence: Evidence, authorities: int) -> list[tuple[str, str]]:
    """State of each estimand that converged where the authority stands, and how surely."""
    rows = {str(row["estimand"]): row for row in own}
    return [
        (
            ESTIMANDS[name],
            authority_words.effectiveness_sentence(rows[name], evidence.settings)
            + " "
            + authority_words.rank_sentence(rows[name], authorities, evidence.settings),
        )
        for name in evidence.findings()
        if name in rows
    ]


def latest_figures(table: pd.DataFrame) -> pd.DataFrame:
    """Keep each authority's latest year of each indicator in which something is known.

    Where nothing ever is, the latest year stands with the reason.
    """
    known = table["status"].isin(_KNOWN)
    ordered = table.assign(known=known).sort_values(["known", "year"], kind="stable")
    kept = ordered.drop_duplicates(["authority", "indicator"], keep="last")
    return kept.drop(columns="known").sort_index()


def figures_table(own: list[Row], name: str, settings: Settings) -> Table:
    """List one authority's latest figures with their intervals, beside other authorities'."""
    return table_of(
        f"{name}: latest published figures, each with its {interval_name(settings)} from "
        "chance alone where its counts are published.",
        ("Indicator", "Better", "Year", "Published", "Median of authorities", "Against them"),
        [_figure_row(row) for row in own],
    )


def _figure_row(row: Mapping[Any, Any]) -> tuple[Cell | str, ...]:
    """Write one figure."""
    known = row["status"] in _KNOWN
    unit = row["unit"]
    median = in_unit(row["median"], unit) if math.isfinite(row["median"]) else "–"
    against = Cell(_against(row), strip=strip_of(row)) if known else Cell("–")
    return (
        str(row["title"]),
        _BETTER.get(row["direction"], str(row["direction"])),
        str(row["year"]) if known else "–",
        _figure(row),
        median,
        against,
    )


def _figure(row: Mapping[Any, Any]) -> str:
    """Write a figure with its interval, or what is known in its place."""
    unit, (lower, upper) = row["unit"], (row["value_lower"], row["value_upper"])
    reach = f"{in_unit(lower, unit)} to {in_unit(upper, unit)}"
    if row["status"] == "suppressed":
        return f"Suppressed; {reach}" if math.isfinite(lower) else "Suppressed"
    if row["status"] == "low":
        return "About zero"
    if row["status"] not in _KNOWN:
        return STATUSES.get(row["status"], str(row["status"]))
    value = in_unit(row["value"], unit)
    return f"{value} ({reach})" if math.isfinite(lower) else f"{value} (no counts, no interval)"


def _against(row: Mapping[Any, Any]) -> str:
    """State on which side of the median the whole interval lies."""
    lower, upper = _reach(row)
    if not math.isfinite(lower) or not math.isfinite(row["median"]):
        return "–"
    unsure = " (no interval)" if not math.isfinite(row["value_lower"]) else ""
    if lower <= row["median"] <= upper:
        return "Not told apart"
    words = {
        "higher": ("Better", "Worse"),
        "lower": ("Worse", "Better"),
        "contested": ("Higher", "Lower"),
    }
    above, below = words.get(row["direction"], words["contested"])
    return (above if lower > row["median"] else below) + unsure


def _reach(row: Mapping[Any, Any]) -> tuple[float, float]:
    """Return the interval of a figure, or the figure twice where it has none."""
    lower, upper = float(row["value_lower"]), float(row["value_upper"])
    if math.isfinite(lower):
        return lower, upper
    return float(row["value"]), float(row["value"])


def strip_of(row: Mapping[Any, Any]) -> Strip | None:
    """Place a figure among the authorities': better to the right, the median in the middle.

    The strip reaches twice as far from the median as the tenth and ninetieth percentile,
    whichever is farther; what lies beyond stands at its end, and is marked as lying beyond.
    """
    tenth, median, ninetieth = (float(row[name]) for name in ("tenth", "median", "ninetieth"))
    reach = _reach(row)
    half = 2.0 * max(ninetieth - median, median - tenth)
    if not math.isfinite(half) or half <= 0 or not math.isfinite(reach[0]):
        return None
    way = -1.0 if row["direction"] == "lower" else 1.0

    def whole(value: float) -> float:
        return 50.0 + 50.0 * way * (value - median) / half

    def place(value: float) -> float:
        return round(min(max(whole(value), 0.0), 100.0), 1)

    ends = sorted((place(tenth), place(ninetieth)))
    own = sorted(place(value) for value in reach)
    value = float(row["value"])
    at = place(value) if math.isfinite(value) else math.nan
    beyond = int(whole(value) > 100.0) - int(whole(value) < 0.0)
    return Strip((ends[0], ends[1]), place(median), (own[0], own[1]), at, beyond)


def inspections_table(own: list[Row], name: str) -> Table:
    """List one authority's inspections, oldest first, with every judgement."""
    return table_of(
        f"{name}: judgements over time.",
        ("Inspection began", "Report", "Framework", *JUDGEMENT_HEADINGS.values()),
        [
            (
                day(str(row["inspection_start"])[:10]),
                day(str(row["publication"])[:10]),
                str(row["framework"]),
                *(
                    Cell(str(row[judgement]) or "–", grade=str(row[judgement]))
                    for judgement in JUDGEMENT_HEADINGS
                ),
            )
            for row in own
        ],
    )


def _by_authority(table: pd.DataFrame) -> dict[str, list[Row]]:
    """Return a table's rows by their authority."""
    found: dict[str, list[Row]] = {}
    for row in _records(table):
        found.setdefault(str(row["authority"]), []).append(row)
    return found


def _records(table: pd.DataFrame) -> list[Row]:
    """Return a table's rows by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
