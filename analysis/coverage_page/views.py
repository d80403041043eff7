"""The coverage page's sentences and tables, with numbers as a reader sees them."""

import pandas as pd
import xarray as xr

from analysis.pages.record_tables import coverage_table
from analysis.pages.tables import Cell, Table, table_of
from analysis.words.numerals import number, percentage


def rates_sentence(panel: xr.Dataset) -> str:
    """Name the indicators that have no denominator, and so no funnel."""
    rates = panel["indicator_title"].values[(panel["kind"] == "rate").values]
    if not len(rates):
        return ""
    return (
        f"Published as rates without a denominator, and so without a funnel: {'; '.join(rates)}."
    )


def coverage_view(table: pd.DataFrame) -> Table:
    """Show the counts of the heat map, without the years that no authority has."""
    some = table[table[["observed", "suppressed"]].sum(axis=1) > 0]
    return coverage_table(some)


def breaks_view(table: pd.DataFrame) -> Table:
    """List the years that may not be compared with what was published before them."""
    broken = table[table["broken"]]
    return table_of(
        "Years from which an indicator follows another definition.",
        ("Indicator", "From", "Series"),
        [
            (row["title"], Cell(str(row["year"]), float(row["year"])), row["series"])
            for row in broken.to_dict("records")
        ],
    )


def funnels_view(table: pd.DataFrame) -> Table:
    """List the target and the spread of each indicator."""
    return table_of(
        "Targets and spread. Spread beyond chance: where 95% of authorities would lie if each had "
        "very many children. Dispersion: mean square of the winsorised z scores, about 0.7 if "
        "authorities differed by chance alone.",
        (
            *("Indicator", "Year", "Published", "Suppressed", "All together"),
            *("If suppressed at their ends", "Dispersion", "Spread beyond chance"),
            *("Outside 95%", "Outside 99.8%"),
        ),
        [
            (
                Cell(row["title"]),
                Cell(str(row["year"]), float(row["year"])),
                *(_count(row[name]) for name in ("observed", "suppressed")),
                Cell(percentage(row["target"], 1), float(row["target"])),
                Cell(_between(row["target_low"], row["target_high"]), float(row["target_low"])),
                Cell(number(row["dispersion"], 1), float(row["dispersion"])),
                Cell(_between(row["spread_low"], row["spread_high"]), float(row["spread_low"])),
                *(_count(row[name]) for name in ("beyond_95", "beyond_998")),
            )
            for row in table.to_dict("records")
        ],
        tall=len(table) > 20,
    )


def transitions_view(table: pd.DataFrame) -> Table:
    """List the counts of the matrices, leaving out what never occurred."""
    return table_of(
        "Steps from an inspection to the next.",
        ("Frameworks", "Before", "Then", "Steps"),
        [
            (
                Cell(f"{row['from_framework']} to {row['to_framework']}"),
                Cell(row["from_grade"], grade=row["from_grade"]),
                Cell(row["to_grade"], grade=row["to_grade"]),
                _count(row["steps"]),
            )
            for row in table.to_dict("records")
            if row["steps"]
        ],
        tall=True,
    )


def _count(value: float) -> Cell:
    """Write a count."""
    return Cell(f"{value:,.0f}", float(value))


def _between(low: float, high: float) -> str:
    """Write two ends as percentages; once if they are written alike."""
    first, last = percentage(low, 1), percentage(high, 1)
    return first if first == last else f"{first} to {last}"
