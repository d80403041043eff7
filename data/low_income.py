"""Children under 16 in families with low income, as a share of children of that age.

Downloads of Stat-Xplore have a preamble, a header of years with a column of annotations
after each, rows by code, and notes below them. They give counts only, so the share needs
the children of the age: residents of 0 to 17 in the year, times the share of them who
were under 16 at mid-2023, the one year for which single ages are at hand.
"""

import csv
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from data.deprivation import read_residents
from data.files import TABLE, clean, read_utf8, unreadable
from data.geography import require_areas
from data.joins import Join, join_cells
from data.panel import PanelError
from data.suppression import read_cells
from data.text import figures, lines_of
from data.validate_table import validate_table

_AGES = {
    f"dwp_low_income_families/children-relative-low-income-{ages}-2015-22-code.csv": ages
    for ages in ("0-4", "5-10", "11-15")
}
FILES = tuple(_AGES)

_HEADER = "Year"
_IN_FORCE = date(2022, 3, 31)
_MEASURE = "Relative Low Income"
_COUNTING, _SUMMED, _AGE = "Counting: ", "Default Summation", "Age of Child (years and bands)"
_HEADING = "National - Regional - LA - OAs"
_CODE = re.compile(r"E\d{8}")
_TOTAL = "Total"
_NOWHERE = "ZZXXXXXXX"
_ROW = re.compile(rf"[A-Z]\w{{8}}|{_TOTAL}")
_NOISE = 100
"""Children by which a year's rows may miss its total: each figure is altered by a few."""
_YEAR = re.compile(r"\d{2}(\d{2})/(\d{2})( \(p\))?")


def read_low_income(
    root: Path, residents: pd.Series, years: Iterable[int]
) -> tuple[pd.Series, list[Join]]:
    """Read the share of children under 16 in relative low income, before housing costs.

    Parameters
    ----------
    root
        Folder of published files.
    residents
        Residents aged 0 to 17, indexed by ``authority`` and ``year``.
    years
        Years ending 31 March. The last that is published is provisional.

    Returns
    -------
    tuple
        The share, indexed by ``authority`` and ``year``, NaN where a part or the
        residents are not published; and a record of codes not joined directly.

    Raises
    ------
    PanelError
        If a file is missing or not laid out so, or a cell is no count or code.
    """
    wanted = list(years)
    parts: list[pd.Series] = []
    joins: list[Join] = []
    for file in FILES:
        joined, more = join_cells(_counts(root, file), file, wanted, shareable=False)
        parts.append(joined["number"])
        joins += more
    count = pd.concat(parts, axis=1).sum(axis=1, skipna=False)
    under_16 = _share_under_16(root)
    children = residents.reindex(count.index) * under_16.reindex(
        count.index.get_level_values("authority")
    ).to_numpy(float)
    share = count / children
    if (share > 1).any():
        code, year = share[share > 1].index[0]
        raise PanelError(
            f"{FILES[0]} and those beside it: {code}, {year}: {count[code, year]:.0f} children; "
            f"wanted at most the {children[code, year]:.0f} of that age. Mend the files."
        )
    return share, joins


def _counts(root: Path, file: str) -> pd.DataFrame:
    """Read one download, indexed by published code and year."""
    text = read_utf8(root / file, *TABLE)
    try:
        rows = [[clean(cell) for cell in row] for row in csv.reader(lines_of(text), strict=True)]
    except csv.Error as error:
        raise unreadable(root / file, TABLE[0], str(error), TABLE[1]) from error
    top = next((at for at, row in enumerate(rows) if row[:1] == [_HEADER]), None)
    if top is None:
        raise PanelError(
            f"{file}: no row begins with {_HEADER!r}; wanted a download of Stat-Xplore with a "
            "header of years. Get the file again."
        )
    _require_measure(rows[:top], file)
    years = _years(rows[top], file)
    body = _body(rows, top, len(rows[top]), file)
    found = [
        (row[0], year, line, row[at])
        for line, row in body
        if _CODE.fullmatch(row[0])
        for at, year in years.items()
    ]
    table = pd.DataFrame(found, columns=["code", "year", "line", "text"])
    validate_table(table, "low_income", file)
    require_areas(table["code"], _IN_FORCE, where=file)

    def where(position: int) -> str:
        row = table.iloc[position]
        return f"{file}: {row['code']}, {row['year']}, line {row['line']}"

    cells = table.join(read_cells(table["text"], where, whole=True))
    _require_totals(body, years, file)
    return cells.assign(name=cells["code"]).set_index(["code", "year"])


def _require_totals(body: list[tuple[int, list[str]]], years: dict[int, int], file: str) -> None:
    """Refuse rows that do not add up to the total of a year, but for disclosure control."""
    last = next(((line, row) for line, row in body if row[0] == _TOTAL), None)
    if last is None:
        raise PanelError(f"{file}: no row {_TOTAL!r}; wanted one. Get the whole file.")
    line, published = last
    places = pd.DataFrame([row for _, row in body if row[0] not in (_TOTAL, _NOWHERE)])
    for at, year in years.items():
        numbers = figures(places[at])
        over = figures(pd.Series([published[at]])).iloc[0] - numbers.sum()
        if not (over >= -_NOISE and (over <= _NOISE or numbers.isna().any())):
            raise PanelError(
                f"{file}: the rows of {year} add up to {numbers.sum():.0f}; wanted the "
                f"{published[at]} of line {line}, to within {_NOISE}. Get the whole file."
            )


def _require_measure(preamble: list[list[str]], file: str) -> None:
    """Refuse a download of another measure, or of other ages, by what its preamble says."""
    counted = [
        row[0].removeprefix(_COUNTING) for row in preamble if row[:1] and _COUNTING in row[0]
    ]
    filters = {row[0]: row[1] for row in preamble if len(row) == 2}
    wanted = {_SUMMED: _MEASURE, _AGE: _AGES[file]}
    if counted != [_MEASURE] or filters != wanted:
        said = ", ".join(f"{name} {value}" for name, value in filters.items()) or "no filter"
        raise PanelError(
            f"{file}: it says that it counts {' and '.join(counted) or 'nothing'} with {said}; "
            f"wanted {_MEASURE} with {_AGE} {_AGES[file]}. Get the file that bears this name."
        )


def _body(rows: list[list[str]], top: int, width: int, file: str) -> list[tuple[int, list[str]]]:
    """Take the rows of places, to the first empty one, with their numbers."""
    body: list[tuple[int, list[str]]] = []
    for line, row in enumerate(rows[top + 1 :], start=top + 2):
        if not any(row):
            break
        if row[0] == _HEADING and not any(row[1:]):
            continue
        if not _ROW.fullmatch(row[0]):
            raise PanelError(
                f"{file}: line {line} begins with {row[0]!r}; wanted a code such as E06000001. "
                "Get the download by code, or mend the line."
            )
        if len(row) != width:
            raise PanelError(
                f"{file}: line {line} has {len(row)} cells; wanted {width}, as the header has. "
                "Get the whole file."
            )
        body.append((line, row))
    return body


def _years(header: list[str], file: str) -> dict[int, int]:
    """Find the column of each year: every other one, without a gap."""
    last = max(at for at, text in enumerate(header) if text)
    years = {at: _year(header[at], file) for at in range(1, last + 1, 2)}
    found = list(years.values())
    if not found or found != list(range(found[0], found[0] + len(found))):
        raise PanelError(
            f"{file}: the header has the years {', '.join(map(str, found)) or 'none'}; wanted "
            "each once, in order. Get the file again."
        )
    return years


def _year(text: str, file: str) -> int:
    """Read the year in which a period such as ``2021/22 (p)`` ends."""
    found = _YEAR.fullmatch(text)
    if found and (int(found[1]) + 1) % 100 == int(found[2]):
        return 2000 + int(found[2])
    raise PanelError(
        f"{file}: the header holds {text!r}; wanted a year such as 2021/22 or 2021/22 (p). "
        "Get the file again."
    )


def _share_under_16(root: Path) -> pd.Series:
    """Read the share of residents aged 0 to 17 who are under 16, by code, mid-2023."""
    ages = [str(age) for age in range(18)]
    numbers = read_residents(root, ages)
    return numbers[ages[:16]].sum(axis=1) / numbers.sum(axis=1, skipna=False)
