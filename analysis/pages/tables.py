"""Tables as a page shows them: text in cells, with keys to sort by."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.plots.deciles import BANDS, GRADES_BEST_FIRST
from analysis.plots.indicators import STRUCTURE_LABELS
from analysis.plots.top_share import ROWS
from analysis.record.evidence import EstimandEvidence
from analysis.record.schema import BandCount, Settings
from analysis.record.thresholds import INDISTINGUISHABLE
from analysis.words.numerals import (
    counted,
    error,
    number,
    percentage,
    percentage_with_interval,
    signed,
    with_interval,
)
from analysis.words.vocabulary import AGAINST_MEDIAN, ESTIMANDS, MODELS


@dataclass(frozen=True, slots=True)
class Strip:
    """Where a figure lies among others', as percentages of a strip's width from its left.

    Attributes
    ----------
    others
        From where to where the middle 80% of the others reach.
    middle
        Their median.
    reach
        The figure's interval; its ends are the figure itself where it has none.
    at
        The figure; not a number where only its interval is known.
    beyond
        −1 or 1 where the figure lies beyond the strip's left or right end, otherwise 0.
    """

    others: tuple[float, float]
    middle: float
    reach: tuple[float, float]
    at: float
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, and what it is sorted by: its text where there is no key.

    Attributes
    ----------
    text, key
        Seen, and sorted by.
    grade
        A judgement to mark by its colour.
    target
        The anchor on the page that the text leads to.
    strip
        A small drawing before the text, which says the same in words.
    """

    text: str
    key: float | str = ""
    grade: str = ""
    target: str = ""
    strip: Strip | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its caption, its columns, those that hold numbers, and its rows.

    Attributes
    ----------
    caption, columns, rows, numeric
        What it is called, its headings, its cells, the places of its columns of numbers.
    tall
        Whether it is to scroll within the page.
    choices
        Places of the columns by which readers may filter the rows.
    """

    caption: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    numeric: frozenset[int] = field(default_factory=frozenset)
    tall: bool = False
    choices: tuple[int, ...] = ()


def table_of(
    caption: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[Cell | str, ...]],
    *,
    tall: bool = False,
    choices: tuple[int, ...] = (),
) -> Table:
    """Build a table; columns whose first cell sorts by a number are numeric."""
    cells = [tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows]
    first = cells[0] if cells else ()
    numeric = frozenset(at for at, cell in enumerate(first) if isinstance(cell.key, float))
    return Table(caption, columns, cells, numeric, tall, choices)


def authorities_table(table: pd.DataFrame, settings: Settings) -> Table:
    """List every authority with its effectiveness, its rank and their intervals."""
    top = f"{100 * settings.top_share:g}%"
    ordered = table.sort_values(["effectiveness", "name"], ascending=[False, True])
    return table_of(
        "Every authority. Ranks run from 1, the most effective, and are never without interval.",
        (
            *("Authority", "Region", "Judgement", "Inspected"),
            *("Effectiveness", "Rank", "Against the median"),
            *(f"P(top {top})", f"P(bottom {top})", "Indicator-years"),
        ),
        [_authority_row(row) for row in ordered.to_dict("records")],
        tall=True,
        choices=(1, 2, 6),
    )


def authority_anchor(code: str) -> str:
    """Return the anchor of an authority's own part of the page."""
    return "authority-" + re.sub(r"[^A-Za-z0-9]+", "-", code)


def _authority_row(row: Mapping[Any, Any]) -> tuple[Cell, ...]:
    """Write one authority."""
    effect = [row[f"effectiveness{end}"] for end in ("", "_lower", "_upper")]
    rank = [row[f"rank{end}"] for end in ("", "_lower", "_upper")]
    return (
        Cell(row["name"], target=authority_anchor(row["authority"])),
        Cell(row["region"]),
        Cell(row["judgement"] or "None", grade=row["judgement"]),
        Cell(row["inspection_start"][:10] or "–"),
        Cell(with_interval(effect[0], effect[1], effect[2]), float(effect[0])),
        Cell(with_interval(rank[0], rank[1], rank[2], 0), float(rank[0])),
        Cell(AGAINST_MEDIAN[row["against_median"]]),
        Cell(percentage(row["probability_top"]), float(row["probability_top"])),
        Cell(percentage(row["probability_bottom"]), float(row["probability_bottom"])),
        Cell(number(row["cells"], 0), float(row["cells"])),
    )


def indicators_table(table: pd.DataFrame) -> Table:
    """List the indicators with their correlation in each structure and estimand shown."""
    pairs = list(dict.fromkeys(zip(table["structure"], table["estimand"], strict=True)))
    known = table.dropna(subset="others") if "others" in table else table[:0]
    parted = list(dict.fromkeys(zip(known["structure"], known["estimand"], strict=True)))
    rows: list[tuple[Cell | str, ...]] = []
    for (title, domain), own in table.groupby(["title", "domain"], sort=False):
        cells = [_correlation_cell(own, *pair) for pair in pairs]
        cells += [_correlation_cell(own, *pair, quantity="others") for pair in parted]
        noise = float(own["noise_share"].iloc[0])
        rows.append(
            (str(title), str(domain).replace("_", " "), *cells, Cell(percentage(noise), noise))
        )
    headings = [
        f"{STRUCTURE_LABELS.get(one, one)}, {ESTIMANDS[two].lower()}" for one, two in pairs
    ]
    headings += [f"With the others’ composite, {ESTIMANDS[two].lower()}" for _, two in parted]
    return table_of(
        "Correlation of each indicator with effectiveness, and the share of its spread in a "
        "year that is sampling noise or particular to the year.",
        ("Indicator", "Domain", *headings, "Noise share"),
        rows,
    )


def _correlation_cell(
    own: pd.DataFrame, structure: str, estimand: str, quantity: str = "correlation"
) -> Cell:
    """Write one correlation with its interval."""
    found = own[(own["structure"] == structure) & (own["estimand"] == estimand)]
    if found.empty:
        return Cell("–", float("nan"))
    row = found.iloc[0]
    mean, lower, upper = (float(row[f"{quantity}{end}"]) for end in ("", "_lower", "_upper"))
    return Cell(with_interval(mean, lower, upper), mean)


def decile_table(finding: EstimandEvidence, caption: str, share: float) -> Table:
    """Count authorities by judgement and band, beside what no link would give."""
    cells = {(str(cell.judgement), str(cell.band)): cell for cell in finding.decile_table}
    names = (f"Bottom {100 * share:g}%", "Middle", f"Top {100 * share:g}%")
    rows: list[tuple[Cell | str, ...]] = []
    for grade in GRADES_BEST_FIRST:
        for band, name in zip(BANDS, names, strict=True):
            found = cells.get((grade, band))
            nothing = Cell("–", float("nan"))
            counts = (nothing, nothing, nothing) if found is None else _counted(found)
            rows.append((Cell(grade, grade=grade), name, *counts))
    caption += (
        " If no link: the count expected, with the interval of replicates without a link; p is "
        "how often they are as far out (two-sided; Monte Carlo error at most "
        f"{error(_largest_error(cells.values()))})."
        if any(math.isfinite(cell.no_link_lower) for cell in cells.values())
        else ""
    )
    return table_of(caption, ("Judgement", "Band", "Authorities", "If no link", "p"), rows)


def _counted(found: BandCount) -> tuple[Cell, Cell, Cell]:
    """Write a count, the one that no link gives, and how often replicates are as far out."""
    count = Cell(counted(found.mean, found.lower, found.upper), found.mean)
    if math.isnan(found.no_link_lower):
        expected = Cell(number(found.independent, 1), found.independent)
        return count, expected, Cell("–", float("nan"))
    told = with_interval(found.independent, found.no_link_lower, found.no_link_upper, 1)
    p = found.no_link_probability
    return count, Cell(told, found.independent), Cell(number(p), p)


def _largest_error(cells: Iterable[BandCount]) -> float:
    """Return the largest Monte Carlo error of the replicates' probabilities."""
    errors = [cell.no_link_probability_mcse for cell in cells]
    return max(one for one in errors if math.isfinite(one))


def top_share_table(findings: Mapping[str, EstimandEvidence], share: float) -> Table:
    """Return P(top | judgement) for each estimand."""
    shown = {
        name: {row.judgement: row for row in finding.top_decile_by_judgement}
        for name, finding in findings.items()
    }
    given = dict.fromkeys(label for rows in shown.values() for label in rows)
    labels = sorted(given, key=lambda label: ROWS.index(label) if label in ROWS else len(ROWS))
    body: list[tuple[Cell | str, ...]] = []
    for label in labels:
        found = [rows.get(label) for rows in shown.values()]
        count = next(row.authorities for row in found if row is not None)
        cells = [
            Cell("–", float("nan"))
            if row is None
            else Cell(
                percentage_with_interval(row.probability, row.lower, row.upper), row.probability
            )
            for row in found
        ]
        body.append((label, Cell(f"{count:,}", float(count)), *cells))
    return table_of(
        f"Probability of being in the top {100 * share:g}%, given the judgement.",
        ("Judgement", "Authorities", *(ESTIMANDS[name] for name in shown)),
        body,
    )


def comparison_table(finding: EstimandEvidence, caption: str) -> Table:
    """Compare the models by how well they predict a judgement that they have not seen."""
    return table_of(
        f"{caption} The models by how well they predict judgements not seen. SE: standard error; "
        "weight: of the model in the best mixture of them all.",
        (
            *("Model", "elpd", "SE", "Difference", "SE of difference"),
            *("Reading", "Weight", "Largest Pareto\N{NO-BREAK SPACE}k"),
        ),
        [
            (
                MODELS.get(row.model, row.model),
                Cell(number(row.elpd, 1), row.elpd),
                Cell(number(row.se, 1), row.se),
                Cell(signed(row.difference, 1) if row.difference else "0", row.difference),
                Cell(number(row.difference_se, 1) if row.difference else "–", row.difference_se),
                "Best" if not row.difference else _reading(row.difference, row.difference_se),
                Cell(number(row.weight), row.weight),
                Cell(number(row.pareto_k_max), row.pareto_k_max),
            )
            for row in sorted(finding.elpd, key=lambda row: -row.elpd)
        ],
    )


def _reading(difference: float, error: float) -> str:
    """State what a difference from the best means; within two standard errors it is not clear."""
    if abs(difference) < INDISTINGUISHABLE:
        return "Indistinguishable"
    return "Worse" if abs(difference) > 2.0 * error else "Worse, within two standard errors"
