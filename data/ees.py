"""Read the Department for Education's tables (Explore Education Statistics).

All of them have one row for each place and year, or, in the long layout, for each
place, year and breakdown. What an indicator needs of a table stands in its catalogue
entry; this module finds it, or says which name is not there and what is nearest.
It keeps the codes as published: what they mean in the panel is decided in
:mod:`data.joins`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data.catalogue import Indicator
from data.panel import PanelError
from data.suppression import Where, combine_counts, combine_rates, read_cells
from data.text import read_text, require

KEY_COLUMNS = ("time_period", "geographic_level", "new_la_code", "la_name")
LEVEL = "Local authority"

_YEAR = re.compile(r"(\d{4})(\d{2})?")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The local authority rows of one published file.

    Attributes
    ----------
    file
        Path below the folder of published files.
    frame
        Text columns as published, with ``code``, ``name``, ``year`` and ``line``, the
        row's line number in the file.
    """

    file: str
    frame: pd.DataFrame


def columns_of(indicators: Iterable[Indicator]) -> set[str]:
    """Name the columns that the indicators need, besides place and year."""
    needed: set[str] = set()
    for indicator in indicators:
        parts = {*indicator.numerator, *indicator.denominator, *indicator.complement}
        wide = indicator.layout == "wide"
        needed |= set(indicator.filters) | (parts if wide else {indicator.breakdown})
        needed |= {indicator.count, indicator.value} - {""}
    return needed


def read_table(root: Path, file: str, columns: Iterable[str]) -> Table:
    """Read the local authority rows of a published table, as text.

    Parameters
    ----------
    root
        Folder of published files.
    file
        Path below it.
    columns
        Columns wanted besides place and year.

    Raises
    ------
    PanelError
        If the file is missing or no such table, a column is not there, or a period
        is not a year.
    """
    frame = read_text(root, file, [*KEY_COLUMNS, *sorted(columns)])
    frame = frame[frame["geographic_level"] == LEVEL].rename(
        columns={"new_la_code": "code", "la_name": "name"}
    )
    years = {text: _year(text, file) for text in frame["time_period"].unique()}
    return Table(file, frame.assign(year=frame["time_period"].map(years)))


def indicator_cells(table: Table, indicator: Indicator) -> pd.DataFrame:
    """Find an indicator's cells in its table.

    Returns
    -------
    pd.DataFrame
        ``status``, ``numerator``, ``numerator_low``, ``numerator_high``,
        ``denominator``, ``value``, ``name`` and ``line``, indexed by published
        ``code`` and ``year``.

    Raises
    ------
    PanelError
        If a filter or breakdown matches no row, an authority has a year twice, a cell
        is no count, rate or known code, or a numerator is above its denominator.
    """
    rows = table.frame
    for column, text in indicator.filters.items():
        rows = _matching(table, rows, column, text, indicator.id)
    if indicator.kind == "rate":
        keyed = keyed_rows(table, rows)
        cells = combine_rates(published_cells(table, keyed, indicator.value, whole=False))
        return cells.join(keyed[["name", "line"]])
    parts = (*indicator.numerator, *indicator.denominator, *indicator.complement)
    read = {name: _part(table, rows, indicator, name) for name in parts}
    index = pd.concat(read.values()).index.unique()
    aligned = [part.reindex(index) for part in read.values()]
    places = pd.concat([part[["name", "line"]] for part in read.values()])
    places = places[~places.index.duplicated()].reindex(index)
    ready = {
        name: part.assign(status=part["status"].fillna("no_data"))
        for name, part in zip(read, aligned, strict=True)
    }
    cells = combine_counts(
        [ready[name] for name in indicator.numerator],
        [ready[name] for name in indicator.denominator],
        [ready[name] for name in indicator.complement],
    ).join(places)
    _check_numerator(table, indicator, cells)
    return cells


def keyed_rows(table: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """Index rows by code and year, refusing an authority that has a year twice."""
    keyed = rows.set_index(["code", "year"])
    twice = keyed.index.duplicated()
    if twice.any():
        code, year = keyed.index[twice][0]
        both = keyed[keyed.index == (code, year)]
        lines = " and ".join(map(str, both["line"].iloc[:2]))
        raise PanelError(
            f"{table.file}: {both['name'].iloc[0]} ({code}), {year}, stands on lines {lines}; "
            "wanted one row. Remove one, or narrow the filters in the catalogue."
        )
    return keyed


def published_cells(
    table: Table, keyed: pd.DataFrame, column: str, *, whole: bool
) -> pd.DataFrame:
    """Read one column of rows that :func:`keyed_rows` indexed; see :func:`read_cells`."""
    return read_cells(keyed[column], _locator(table, keyed, column), whole=whole)


def _part(table: Table, rows: pd.DataFrame, indicator: Indicator, name: str) -> pd.DataFrame:
    """Read one part of a proportion: a column (wide) or a breakdown's rows (long)."""
    column = name
    if indicator.layout == "long":
        rows = _matching(table, rows, indicator.breakdown, name, indicator.id)
        column = indicator.count
    keyed = keyed_rows(table, rows)
    cells = published_cells(table, keyed, column, whole=True)
    return cells.join(keyed[["name", "line"]])


def _matching(
    table: Table, rows: pd.DataFrame, column: str, text: str, indicator: str
) -> pd.DataFrame:
    """Keep rows whose column holds the text, or begins with it if it ends in ``*``."""
    values = rows[column]
    prefix = text.removesuffix("*")
    found = values == text if prefix == text else values.str.startswith(prefix)
    if not found.any():
        where = f"{table.file}: indicator {indicator}: column {column} has no row"
        require(text, sorted(values.unique()), where)
    return rows[found]


def _locator(table: Table, keyed: pd.DataFrame, column: str) -> Where:
    """Say how to name the cell at a position of a column."""

    def where(position: int) -> str:
        code, year = keyed.index[position]
        row = keyed.iloc[position]
        return f"{table.file}: column {column}, {row['name']} ({code}), {year}, line {row['line']}"

    return where


def _check_numerator(table: Table, indicator: Indicator, cells: pd.DataFrame) -> None:
    """Refuse a numerator above its denominator."""
    over = cells["numerator_low"] > cells["denominator"]
    if over.any():
        row = cells[over].iloc[0]
        code, year = cells.index[over][0]
        raise PanelError(
            f"{table.file}: column {' + '.join(indicator.numerator)}, {row['name']} ({code}), "
            f"{year}, line {row['line']}: got {row['numerator_low']:.0f}; wanted at most "
            f"{' + '.join(indicator.denominator)}, {row['denominator']:.0f}. Mend the file."
        )


def _year(text: str, file: str) -> int:
    """Read the year in which a period ends: ``2025``, or ``202425`` for 2024/25."""
    found = _YEAR.fullmatch(text)
    if found and found[2] is None:
        return int(text)
    if found and (int(found[1]) + 1) % 100 == int(found[2]):
        return int(found[1]) + 1
    raise PanelError(
        f"{file}: column time_period holds {text!r}; wanted a year such as 2025 or 202425. "
        "Mend the file."
    )
