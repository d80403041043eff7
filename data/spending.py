"""What authorities spend on children's social care: revenue outturn and section 251.

Two publications, not to be joined into one series. The revenue outturn (RO3) has a wide
sheet, with a hidden row of codes above or below the table by which its columns are
known. Section 251 has a row for each line of spending, and one for their total. Both are net
current expenditure in pounds; the second has children's centres and youth services too.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from data.files import same_figures
from data.geography import code_of_number, require_areas
from data.integrity import require_names
from data.joins import Join, join_cells
from data.panel import PanelError
from data.sheets import LINE, read_cells_of_sheet, read_sheet, require_heading
from data.source_vocabulary import UPPER_TIER
from data.suppression import CODES
from data.text import figures, require, require_column
from data.validate_table import validate_table

OUTTURN = {
    2023: ("mhclg_revenue_outturn/RO3_2022-23_data_by_LA.ods", "RO3_LA_Data_2022-23"),
    2024: ("mhclg_revenue_outturn/RO3_2023-24_data_by_LA.ods", "RO3_LA_Data_2023-24"),
    2025: ("mhclg_revenue_outturn/RO3_LA_Data_2024-25_data_by_LA.ods", "RO3_LA_Data_202425"),
}
SECTION_251 = {
    2018: ("dfe_section_251/S251ye2018.xlsx", "Table A1"),
    2019: ("dfe_section_251/S251ye2019.xlsx", "Table A1"),
}
TOTAL = "RO3-csctot-net-cur-exp"
_TITLE = "Net Current Expenditure"
TOTAL_LINE = "5.0.2"
"""Line of section 251: all children's and young people's services, without capital
charged to revenue. The lines of its parts, and their own totals, are not added up."""

_HEADER = ("ONS Code", "Local authority", "Class")
_SUM = r"E\d\d"  # the code of a row that adds up a kind of authority


def read_outturn(root: Path, years: Iterable[int]) -> tuple[pd.Series, list[Join]]:
    """Read net current expenditure on children's social care, from the revenue outturn.

    Parameters
    ----------
    root
        Folder of published files.
    years
        Years ending 31 March; those that have a file are read.

    Returns
    -------
    tuple
        Pounds, indexed by ``authority`` and ``year``; NaN where an authority sent no
        return; and a record of codes not joined directly.

    Raises
    ------
    PanelError
        If a file, its sheet, the row of codes or the header is not there, or a cell is
        no number or code.
    """
    return _read(root, OUTTURN, years, _outturn)


def read_section_251(root: Path, years: Iterable[int]) -> tuple[pd.Series, list[Join]]:
    """Read net current expenditure on children's services, from section 251.

    Parameters
    ----------
    root
        Folder of published files.
    years
        Years ending 31 March; those that have a file are read.

    Returns
    -------
    tuple
        As :func:`read_outturn`.

    Raises
    ------
    PanelError
        If a file, sheet or column is not there, a cell is no number, or an authority has
        a line twice.
    """
    return _read(root, SECTION_251, years, _section_251)


def _read(
    root: Path,
    files: Mapping[int, tuple[str, str]],
    years: Iterable[int],
    read: Callable[[Path, str, str, int], pd.DataFrame],
) -> tuple[pd.Series, list[Join]]:
    """Read the file of each year that has one, and join it."""
    found: list[pd.Series] = []
    joins: list[Join] = []
    amounts: dict[tuple[float, ...], str] = {}
    for year in sorted(set(years) & set(files)):
        file, sheet = files[year]
        cells = read(root, file, sheet, year).assign(year=year).set_index(["code", "year"])
        other = amounts.setdefault(tuple(cells["number"].fillna(-1.0)), file)
        if other != file:
            raise same_figures(file, other)
        joined, more = join_cells(cells, file, [year], shareable=False)
        found.append(joined["number"])
        joins += more
    empty = pd.MultiIndex.from_arrays([[], []], names=["authority", "year"])
    return (pd.concat(found) if found else pd.Series(index=empty, dtype=float)), joins


def _outturn(root: Path, file: str, sheet: str, year: int) -> pd.DataFrame:
    """Read one year's outturn: ``code``, ``name``, ``line``, ``status`` and ``number``."""
    where = f"{file}: sheet {sheet}"
    cells = read_cells_of_sheet(root, file, sheet)
    marks = [at for at in range(cells.shape[1]) if (cells[at] == TOTAL).any()]
    heads = cells.index[(cells == _HEADER[0]).any(axis=1)]
    if len(marks) != 1 or heads.empty:
        raise PanelError(
            f"{where}: {len(marks) or 'no'} cell{'s' if len(marks) > 1 else ''} holds {TOTAL!r}, "
            f"{len(heads)} rows {_HEADER[0]!r}; wanted the hidden row of codes and the header. "
            "Get the file as published."
        )
    heading = f"Revenue Outturn (RO) {year - 1}-{year % 100:02}"
    require_heading(cells, heads[0], heading, where)
    names = [str(name) for name in cells.loc[heads[0]]]
    for name in _HEADER:
        require_column(name, names, where)
    if _TITLE not in names[marks[0]]:
        raise PanelError(
            f"{where}: {TOTAL!r} stands over {names[marks[0]]!r}; wanted {_TITLE!r}. "
            "Get the file as published."
        )
    at = {name: names.index(name) for name in _HEADER}
    table = pd.DataFrame(
        {
            "code": cells[at["ONS Code"]],
            "name": cells[at["Local authority"]],
            "class": cells[at["Class"]],
            "amount": cells[marks[0]],
            LINE: cells.index + 1,
        }
    ).fillna("")
    sums = table["code"].astype(str).str.fullmatch(_SUM)
    validate_table(table.loc[heads[0] + 1 :], "outturn_class", where, label="name")
    rows = table[table["class"].isin(UPPER_TIER) & ~sums]
    validate_table(rows, "outturn", where, names={"amount": TOTAL}, label="name")
    require_names(rows, where, line=LINE)
    require_areas(rows["code"], date(year, 3, 31), where=where)
    numbers = figures(rows["amount"])
    return pd.DataFrame(
        {
            "code": rows["code"],
            "name": rows["name"].astype(str),
            "line": rows[LINE],
            "status": rows["amount"].map(CODES).where(numbers.isna(), "observed"),
            "number": 1000 * numbers,
        }
    )


def _section_251(root: Path, file: str, sheet: str, year: int) -> pd.DataFrame:
    """Read one year's totals: ``code``, ``name``, ``line``, ``status`` and ``number``."""
    amount = "NetCurrentExpenditure"
    table = read_sheet(root, file, sheet, ["LA", "LA Name", "s251line", amount])
    table = table.astype(object).fillna("")
    lines = table["s251line"].astype(str)
    require(TOTAL_LINE, lines.unique(), f"{file}: sheet {sheet}, column s251line has no row")
    columns = {"number": "LA", "name": "LA Name", "amount": amount}
    found = table[lines == TOTAL_LINE].rename(columns={old: new for new, old in columns.items()})
    validate_table(found, "section_251", f"{file}: sheet {sheet}", names=columns, label="name")
    codes = [_code(row, f"{file}: sheet {sheet}", year) for _, row in found.iterrows()]
    require_names(found.assign(code=codes), f"{file}: sheet {sheet}", line=LINE)
    require_areas(codes, date(year, 3, 31), where=f"{file}: sheet {sheet}")
    return pd.DataFrame(
        {
            "code": codes,
            "name": found["name"].astype(str).to_numpy(),
            "line": found[LINE].to_numpy(),
            "status": "observed",
            "number": figures(found["amount"]).to_numpy(),
        }
    )


def _code(row: pd.Series, where: str, year: int) -> str:
    """Find the code of the authority that a row has by the Department's number."""
    return code_of_number(
        str(row["number"]).removesuffix(".0"), date(year, 3, 31), where=f"{where}, row {row[LINE]}"
    )
