"""Find an indicator's cells in a published table, whatever the layout of its file.

The readers of the layouts (:mod:`data.ees`, :mod:`data.sfr`, :mod:`data.fingertips`) give
a :class:`PublishedTable` of text. What an indicator needs of it stands in its catalogue entry;
this module finds it, or says which name is not there and what is nearest. It keeps the
codes of authorities as published: what they mean is decided in :mod:`data.joins`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from data.catalogue import Indicator
from data.integrity import (
    REGION,
    REGION_NAME,
    require_possible,
    require_rates,
    require_shares,
    require_totals,
)
from data.panel import PanelError
from data.suppression import (
    CODES,
    LARGEST_SUPPRESSED,
    Where,
    combine_counts,
    combine_rates,
    read_cells,
)
from data.text import require

SHARE = "share"
"""Column of a part that has the published percentage."""


@dataclass(frozen=True, slots=True, eq=False)
class PublishedTable:
    """The local authority rows of one published file.

    Attributes
    ----------
    file
        Path below the folder of published files.
    frame
        Text columns as published, with ``code``, ``name``, ``year`` and ``line``, the
        row's line number in the file.
    codes
        What the publisher writes in place of a number, and the status that it means.
    regions
        The rows of regions, with ``name``, ``region``, ``year`` and ``line``; none if the
        layout has none.
    """

    file: str
    frame: pd.DataFrame
    codes: Mapping[str, str] = field(default_factory=lambda: CODES)
    regions: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def places(self) -> int:
        """How many pairs of authority and year the table has."""
        return len(self.frame[["code", "year"]].drop_duplicates())


def columns_of(indicators: Iterable[Indicator]) -> set[str]:
    """Name the columns that the indicators need, besides place and year."""
    needed: set[str] = set()
    for indicator in indicators:
        parts = {*indicator.numerator, *indicator.complement}
        parts |= set() if indicator.denominator_file else set(indicator.denominator)
        long = indicator.layout == "long"
        needed |= set(indicator.filters) | ({indicator.breakdown} if long else parts)
        needed |= {indicator.count, indicator.value} - {""}
        shares = indicator.facts.percentages
        needed |= {shares[column] for column in needed & set(shares)}
        if indicator.facts.totals and indicator.layout in ("wide", "long"):
            needed.add(REGION_NAME)
    return needed


def indicator_cells(
    table: PublishedTable, indicator: Indicator, *, largest: int = LARGEST_SUPPRESSED
) -> pd.DataFrame:
    """Find an indicator's cells in its table.

    Parameters
    ----------
    table
        What a reader made of the file.
    indicator
        The edition that the file holds.
    largest
        Greatest count that a suppressed figure may hide where no complementary rows
        bound it.

    Returns
    -------
    pd.DataFrame
        ``status``, ``suppression``, ``numerator``, ``numerator_low``,
        ``numerator_high``, ``denominator``, ``value``, ``exceeds`` (the numerator is
        above its denominator, and the catalogue allows for it), ``name`` and ``line``,
        indexed by published ``code`` and ``year``.

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
        _require_rows(table, indicator, keyed, indicator.value)
        rates = published_cells(table, keyed, indicator.value, whole=False)
        require_possible(indicator, indicator.value, rates.join(keyed[["name", "line"]]))
        require_rates(indicator, rates, keyed)
        return combine_rates(rates).assign(exceeds=False).join(keyed[["name", "line"]])
    parts = (*indicator.numerator, *indicator.denominator, *indicator.complement)
    read = _parts(table, rows, indicator, list(dict.fromkeys(parts)))
    places = next(iter(read.values()))[["name", "line"]]
    cells = combine_counts(
        [read[name] for name in indicator.numerator],
        [read[name] for name in indicator.denominator],
        [read[name] for name in indicator.complement],
        largest=largest,
    ).assign(name=places["name"], line=places["line"])
    kept = _without_excess(table, indicator, cells)
    _hold_parts(table, indicator, read)
    return kept


def _hold_parts(
    table: PublishedTable, indicator: Indicator, read: Mapping[str, pd.DataFrame]
) -> None:
    """Hold each part to its unit, to the totals and to the percentages that the file has."""
    whole = np.sum(
        [read[name]["number"].to_numpy(float) for name in indicator.denominator], axis=0
    )
    for name, part in read.items():
        column = indicator.count or name
        require_possible(indicator, name, part)
        if indicator.facts.totals:
            totals = _totals(table, indicator, name)
            given = totals.assign(figure=totals[column])
            require_totals(table.file, name, part, given, indicator.facts)
        if SHARE in part and name not in indicator.denominator:
            require_shares(indicator, name, part, whole, part[SHARE])


def _totals(table: PublishedTable, indicator: Indicator, name: str) -> pd.DataFrame:
    """Choose the rows of regions that a part adds up to."""
    rows = table.regions
    wanted = {indicator.breakdown: name} if indicator.layout == "long" else {}
    for column, text in (indicator.filters | wanted).items():
        rows = rows[_holds(rows[column], text)]
    return rows


def keyed_rows(table: PublishedTable, rows: pd.DataFrame) -> pd.DataFrame:
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
    table: PublishedTable, keyed: pd.DataFrame, column: str, *, whole: bool
) -> pd.DataFrame:
    """Read one column of rows that :func:`keyed_rows` indexed; see :func:`read_cells`."""
    return read_cells(
        keyed[column], _locator(table, keyed, column), whole=whole, codes=table.codes
    )


def _parts(
    table: PublishedTable, rows: pd.DataFrame, indicator: Indicator, names: list[str]
) -> dict[str, pd.DataFrame]:
    """Read the parts of a proportion on one index, with the ``name`` and ``line`` of a row."""
    if indicator.layout != "long":
        keyed = keyed_rows(table, rows)
        _require_rows(table, indicator, keyed, " and ".join(indicator.filters.values()))
        return {
            name: published_cells(table, keyed, name, whole=True).join(
                _about(keyed, indicator, name)
            )
            for name in names
        }
    read = {}
    for name in names:
        keyed = keyed_rows(table, _matching(table, rows, indicator.breakdown, name, indicator.id))
        cells = published_cells(table, keyed, indicator.count, whole=True)
        read[name] = cells.join(_about(keyed, indicator, indicator.count))
    for name, part in read.items():
        _require_rows(table, indicator, part, name)
    first = read[names[0]]
    if all(part.index.equals(first.index) for part in read.values()):
        return read
    return _aligned(read)


def _about(keyed: pd.DataFrame, indicator: Indicator, column: str) -> pd.DataFrame:
    """Take what the rows of a part say of it: place, region, and the published percentage."""
    share = indicator.facts.percentages.get(column, "")
    columns = {name: name for name in ("name", "line", REGION) if name in keyed}
    columns |= {share: SHARE} if share else {}
    return keyed[list(columns)].rename(columns=columns)


def _require_rows(
    table: PublishedTable, indicator: Indicator, part: pd.DataFrame, name: str
) -> None:
    """Refuse a table in which an authority and year lack the rows that others have."""
    if indicator.may_lack or len(part) == table.places:
        return
    every = table.frame.drop_duplicates(["code", "year"])
    absent = every[~pd.MultiIndex.from_frame(every[["code", "year"]]).isin(part.index)]
    row = absent.iloc[0]
    raise PanelError(
        f"{table.file}: indicator {indicator.id}: {row['name']} ({row['code']}), {row['year']}, "
        f"line {row['line']}, has no row {name!r} ({len(absent)} such); wanted one, as others "
        "have. Mend the file, or set may_lack in the catalogue."
    )


def _aligned(read: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Bring parts to one index: ``no_data`` where a breakdown has no row."""
    about = [name for name in ("name", "line", REGION) if name in next(iter(read.values()))]
    places = pd.concat([part[about] for part in read.values()])
    places = places[~places.index.duplicated()]
    return {
        name: part.drop(columns=about)
        .reindex(places.index)
        .fillna({"status": "no_data"})
        .join(places)
        for name, part in read.items()
    }


def _matching(
    table: PublishedTable, rows: pd.DataFrame, column: str, text: str, indicator: str
) -> pd.DataFrame:
    """Keep rows whose column holds the text, or begins with it if it ends in ``*``."""
    values = rows[column]
    found = _holds(values, text)
    prefix = text.removesuffix("*")
    for one in values[~found].unique():
        begins = one[: len(prefix)] if prefix != text else one
        if prefix and begins.casefold() == prefix.casefold():
            line = rows.loc[values == one, "line"].iloc[0]
            raise PanelError(
                f"{table.file}: indicator {indicator}: column {column}, line {line}: got {one!r}; "
                f"wanted {text!r}, in the same letters. Mend the file."
            )
    if not found.any():
        where = f"{table.file}: indicator {indicator}: column {column} has no row"
        require(text, sorted(values.unique()), where)
    return rows[found]


def _holds(values: pd.Series, text: str) -> pd.Series:
    """Whether cells hold a text, or begin with it if it ends in ``*``."""
    prefix = text.removesuffix("*")
    return values == text if prefix == text else values.str.startswith(prefix)


def _locator(table: PublishedTable, keyed: pd.DataFrame, column: str) -> Where:
    """Return how to name the cell at a position of a column."""

    def where(position: int) -> str:
        code, year = keyed.index[position]
        row = keyed.iloc[position]
        return f"{table.file}: column {column}, {row['name']} ({code}), {year}, line {row['line']}"

    return where


def _without_excess(
    table: PublishedTable, indicator: Indicator, cells: pd.DataFrame
) -> pd.DataFrame:
    """Refuse a numerator above its denominator, or leave it out where that may be."""
    over = cells["numerator_low"] > cells["denominator"]
    if not over.any():
        return cells.assign(exceeds=False)
    if not indicator.may_exceed:
        row = cells[over].iloc[0]
        code, year = cells.index[over][0]
        raise PanelError(
            f"{table.file}: column {' + '.join(indicator.numerator)}, {row['name']} ({code}), "
            f"{year}, line {row['line']}: got {row['numerator_low']:.0f}; wanted at most "
            f"{' + '.join(indicator.denominator)}, {row['denominator']:.0f}. Mend the file."
        )
    numbers = ["numerator", "numerator_low", "numerator_high", "denominator", "value"]
    kept = cells.assign(
        exceeds=over,
        status=cells["status"].mask(over, "not_available"),
        suppression=cells["suppression"].mask(over, ""),
    )
    kept[numbers] = kept[numbers].mask(over)
    return kept
