"""Tables of how the run was done: fits, coverage, joins, files and packages."""

import re
from collections.abc import Collection
from typing import Any

import pandas as pd

from analysis.files.provenance import Provenance
from analysis.pages.tables import Cell, Table, table_of
from analysis.plots.deciles import GRADES_BEST_FIRST
from analysis.plots.indicators import STRUCTURE_LABELS
from analysis.words.numerals import day, duration, error, number, percentage, with_interval
from analysis.words.vocabulary import ESTIMANDS, MODELS, quantity
from data.sources import read_sources

_ISO_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
UNCONVERGED = "Did not converge"


def links_table(table: pd.DataFrame, shown: Collection[str]) -> Table:
    """Return the link under every structure; no number where a fit or estimand is refused."""
    return table_of(
        "The link under each structure of the indicators.",
        ("Estimand", "Structure", "Model", "Link ρ", "P(ρ > 0)", "R-hat", "Bulk ESS"),
        [_link_row(row, row["estimand"] in shown) for row in table.to_dict("records")],
    )


def _link_row(row: dict[Any, Any], shown: bool) -> tuple[Cell, ...]:
    """Write one fit's link, or that there is none."""
    mean, lower, upper = (float(row[name]) for name in ("mean", "lower", "upper"))
    link = Cell(with_interval(mean, lower, upper), mean)
    positive = Cell(percentage(row["probability"]), float(row["probability"]))
    if not (row["converged"] and shown):
        link = Cell("No verdict" if row["converged"] else UNCONVERGED, float("nan"))
        positive = Cell("–", float("nan"))
    return (
        Cell(ESTIMANDS.get(row["estimand"], row["estimand"])),
        Cell(STRUCTURE_LABELS.get(row["structure"], row["structure"])),
        Cell(MODELS.get(row["model"], row["model"]).split(":")[0]),
        link,
        positive,
        Cell(number(row["rhat"], 3), float(row["rhat"])),
        Cell(number(row["ess_bulk"], 0), float(row["ess_bulk"])),
    )


def gradients_table(table: pd.DataFrame | None) -> Table | None:
    """Return the judgement's slope on deprivation by framework; nothing where there is none."""
    if table is None or table.empty:
        return None
    return table_of(
        "How the judgement’s underlying scale (of unit variance) goes with one standard deviation "
        "of deprivation, at equal effectiveness, region and date.",
        ("Framework", "Quantity", "Change", "Monte Carlo error", "Inspections"),
        [
            (
                str(row["framework"]),
                str(row["quantity"]).capitalize(),
                Cell(with_interval(row["mean"], row["lower"], row["upper"]), float(row["mean"])),
                Cell(error(row["mcse"], 4), float(row["mcse"])),
                Cell(number(row["readings"], 0), float(row["readings"])),
            )
            for row in table.to_dict("records")
        ],
    )


def diagnostics_table(table: pd.DataFrame) -> Table:
    """Return how every fit went, those that failed first."""
    ordered = table.sort_values(["converged", "max_rhat"], ascending=[True, False])
    return table_of(
        "Every fit, with the largest R-hat and the least effective sample sizes (ESS) of its "
        "quantities. Convergence asks for R-hat of at most 1.01, sizes of at least 400 and no "
        "divergence.",
        (
            *("Fit", "Converged", "Divergences", "R-hat"),
            *("Bulk ESS", "Tail ESS", "Worst quantity", "Time"),
        ),
        [
            (
                Cell(row["fit"]),
                Cell("Yes" if row["converged"] else "No"),
                Cell(number(row["divergences"], 0), float(row["divergences"])),
                Cell(number(row["max_rhat"], 3), float(row["max_rhat"])),
                Cell(number(row["min_ess_bulk"], 0), float(row["min_ess_bulk"])),
                Cell(number(row["min_ess_tail"], 0), float(row["min_ess_tail"])),
                Cell(quantity(row["worst"]) or "–"),
                Cell(duration(row["seconds"]), float(row["seconds"])),
            )
            for row in ordered.to_dict("records")
        ],
    )


def coverage_table(table: pd.DataFrame) -> Table:
    """Count the authorities whose figure was published, suppressed or missing."""
    return table_of(
        "Authorities by indicator and year.",
        ("Indicator", "Year", "Observed", "Suppressed", "Missing"),
        [
            (
                Cell(row["title"]),
                Cell(str(row["year"]), float(row["year"])),
                *(
                    Cell(f"{row[name]:,}", float(row[name]))
                    for name in ("observed", "suppressed", "missing")
                ),
            )
            for row in table.to_dict("records")
        ],
        tall=True,
    )


def judgements_table(table: pd.DataFrame) -> Table:
    """Count inspections by year and grade."""
    counts = table.groupby(["year", "grade"])["inspections"].sum()
    years = sorted({int(year) for year in table["year"]})
    rows: list[tuple[Cell | str, ...]] = []
    for year in years:
        found = [float(counts.get((year, grade), 0)) for grade in GRADES_BEST_FIRST]
        cells = [Cell(f"{count:,.0f}", count) for count in (*found, sum(found))]
        rows.append((str(year), *cells))
    return table_of("Inspections by year.", ("Year", *GRADES_BEST_FIRST, "All"), rows)


def joins_table(table: pd.DataFrame) -> Table:
    """List what could not be joined directly."""
    columns = ("source", "code", "name", "years", "action", "reason")
    return table_of(
        "What could not be joined directly, and what was done.",
        tuple(column.capitalize() for column in columns),
        [
            (
                *(Cell(row[column]) for column in ("source", "code", "name")),
                Cell(_years(row["years"])),
                Cell(row["action"]),
                Cell(_ISO_DAY.sub(lambda found: day(found[0]), row["reason"])),
            )
            for row in table.to_dict("records")
        ],
        tall=len(table) > 20,
    )


def _years(written: str) -> str:
    """Write a list of years as a reader does: runs of them by their ends."""
    years = sorted(map(int, re.findall(r"\d{4}", written)))
    ends = [at for at, year in enumerate(years) if year + 1 not in years]
    starts = [0, *(at + 1 for at in ends[:-1])]
    return (
        ", ".join(
            str(years[first])
            if first == last
            else f"{years[first]}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{years[last]}"
            for first, last in zip(starts, ends, strict=True)
        )
        if years
        else written
    )


def sources_table(provenance: Provenance) -> Table:
    """List the input files with their publishers, by the register, and their digests."""
    publishers = {one.path: one.publisher for one in read_sources()}
    return table_of(
        "Input files, told apart by their SHA-256 digests.",
        ("File", "Publisher", "SHA-256"),
        [
            (one.file, one.publisher or publishers.get(one.file, "–"), one.sha256)
            for one in provenance.sources
        ],
    )


def packages_table(provenance: Provenance) -> Table:
    """List the versions of the packages that the run used."""
    packages = {"Python": provenance.python, **provenance.packages}
    return table_of("Versions.", ("Package", "Version"), list(packages.items()))
