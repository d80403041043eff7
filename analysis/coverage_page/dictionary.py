"""The data dictionary of the coverage page's tables: what every column means, in what unit."""

import csv
from pathlib import Path

import pandas as pd

from analysis.files.spreadsheet import write_csv

FILE = "data_dictionary.csv"

_KEYS = {
    "indicator": ("Indicator, by its id in the catalogue.", ""),
    "title": ("Indicator, as a reader knows it.", ""),
    "domain": ("Part of the service that the indicator describes.", ""),
    "year": ("Year by the publisher's label; ending 31 March for most indicators.", "year"),
    "authority": ("Code of the authority, as of April 2023.", "ONS code"),
    "name": ("Name of the authority.", ""),
    "region": ("Region of the authority.", ""),
}
_COLUMNS: dict[str, dict[str, tuple[str, str]]] = {
    "coverage.csv": {
        "period": ("What a figure of the year covers, from the catalogue.", ""),
        "observed": ("Authorities whose figure is published, or about zero.", "authorities"),
        "suppressed": (
            "Authorities whose figure is hidden, the count being small.",
            "authorities",
        ),
        "missing": ("Authorities without a figure for any other reason.", "authorities"),
        "series": ("Definition that the year follows; years of one series compare.", ""),
        "broken": (
            "Whether the last published year before follows another series.",
            "true or false",
        ),
    },
    "funnels.csv": {
        "observed": ("Authorities with a published count; they set the funnel.", "authorities"),
        "suppressed": ("Authorities whose count is hidden.", "authorities"),
        "shown": (
            "Of these, those drawn as a bar: their denominator is published.",
            "authorities",
        ),
        "target": ("Pooled proportion of the published counts.", "proportion"),
        "target_low": ("Pooled proportion if each hidden count were least.", "proportion"),
        "target_high": ("Pooled proportion if each hidden count were greatest.", "proportion"),
        "dispersion": ("Mean square of the winsorised z scores; about 0.7 by chance.", "ratio"),
        "tau": ("Standard deviation between authorities beyond chance.", "radians, arcsine scale"),
        "spread_low": ("Lower end of where 95% would lie without chance.", "proportion"),
        "spread_high": ("Upper end of where 95% would lie without chance.", "proportion"),
        "beyond_95": ("Published authorities outside the 95% limits.", "authorities"),
        "beyond_998": ("Published authorities outside the 99.8% limits.", "authorities"),
    },
    "funnel_authorities.csv": {
        "status": ("What is known of the count: observed, low or suppressed.", ""),
        "numerator_low": ("Least count that is possible; the count where published.", "children"),
        "numerator_high": ("Greatest count that is possible.", "children"),
        "denominator": ("Published total that the count is part of.", "children"),
        "proportion_low": ("Least count over the denominator.", "proportion"),
        "proportion_high": ("Greatest count over the denominator.", "proportion"),
        "z": (
            "Distance from the target; empty where hidden.",
            "overdispersed standard deviations",
        ),
    },
    "transitions.csv": {
        "from_framework": ("Framework of the earlier inspection.", ""),
        "to_framework": ("Framework of the next.", ""),
        "from_grade": ("Overall grade of the earlier inspection.", ""),
        "to_grade": ("Overall grade of the next.", ""),
        "steps": ("Consecutive inspections with these grades.", "pairs of inspections"),
    },
    "deprivation.csv": {
        "vintage": ("Year of the indices of deprivation.", "year"),
        "score": ("Average score of multiple deprivation, higher being more.", "score"),
        "rank": ("Rank among the authorities; 1 is the most deprived.", "rank"),
        "fifth": ("Fifth of the authorities; 1 is the most deprived.", "fifth"),
    },
    "statuses.csv": {
        "observed": ("Cells with a published figure, or one about zero.", "share of all cells"),
        "suppressed": ("Cells whose figure is hidden.", "share of all cells"),
        "missing": ("Cells without a figure for any other reason.", "share of all cells"),
    },
    "judgements.csv": {
        "year": ("Calendar year of the inspection's start, or else of its report.", "year"),
        "Inadequate": ("Inspections with this overall grade.", "inspections"),
        "Requires improvement": ("Inspections with this overall grade.", "inspections"),
        "Good": ("Inspections with this overall grade.", "inspections"),
        "Outstanding": ("Inspections with this overall grade.", "inspections"),
        "None": ("Inspections without an overall grade.", "inspections"),
        "total": ("All inspections of the year.", "inspections"),
    },
    "joins.csv": {
        "source": ("File, below the folder of published files.", ""),
        "code": ("Code as published.", ""),
        "name": ("Name as published.", ""),
        "years": ("Years that it concerns.", "years"),
        "action": (
            "What was done: recoded, shared, averaged, inherited, not joined, left out.",
            "",
        ),
        "reason": ("Why, in a sentence.", ""),
    },
}
_ONE_A_YEAR = ("Authorities that have a value in the year.", "authorities")


def write_dictionary(folder: Path) -> Path:
    """Describe every column of the tables that stand in a folder.

    Parameters
    ----------
    folder
        Where the page and its tables stand.

    Returns
    -------
    Path
        ``data_dictionary.csv``: ``table``, ``column``, ``meaning`` and ``unit``, one row
        a column, in the order of the tables.

    Raises
    ------
    KeyError
        If a table has a column that is not described here.
    """
    rows = [
        (path.name, column, *_described(path.name, column))
        for path in sorted(folder.glob("*.csv"))
        if path.name in {*_COLUMNS, "authorities.csv"}
        for column in _header(path)
    ]
    table = pd.DataFrame(rows, columns=["table", "column", "meaning", "unit"])
    write_csv(table, folder / FILE)
    return folder / FILE


def _described(file: str, column: str) -> tuple[str, str]:
    """Return the meaning and the unit of a column."""
    if file == "authorities.csv" and column.isdigit():
        return _ONE_A_YEAR
    return (_KEYS | _COLUMNS.get(file, {}))[column]


def _header(path: Path) -> list[str]:
    """Read the columns of a table."""
    with path.open(encoding="utf-8", newline="") as lines:
        return next(csv.reader(lines))
