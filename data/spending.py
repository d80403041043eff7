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

from data.geography import code_of_number
from data.joins import Join, join_cells
from data.panel import PanelError
from data.sheets import LINE, read_cells_of_sheet, read_sheet
from data.suppression import CODES
from data.text import require

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
UPPER_TIER = ("UA", "SC", "MD", "LB")
TOTAL_LINE = "5.0.2"
"""Line of section 251: all children's and young people's services, without capital
charged to revenue. The lines of its parts, and their own totals, are not added up."""

_CODE = r"E\d{8}"


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
    for year in sorted(set(years) & set(files)):
        file, sheet = files[year]
        cells = read(root, file, sheet, year).assign(year=year).set_index(["code", "year"])
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
    heads = cells.index[(cells == "ONS Code").any(axis=1)]
    if not marks or heads.empty:
        raise PanelError(
            f"{where}: no cell holds {TOTAL if not marks else 'ONS Code'!r}; wanted the hidden "
            "row of codes and the header. Get the file as published."
        )
    names = [str(name).strip() for name in cells.loc[heads[0]]]
    at = {name: names.index(name) for name in ("ONS Code", "Local authority", "Class")}
    coded = cells[at["ONS Code"]].astype(str).str.fullmatch(_CODE)  # sums have short codes
    rows = cells[cells[at["Class"]].isin(UPPER_TIER) & coded]
    numbers = pd.to_numeric(rows[marks[0]], errors="coerce")
    status = rows[marks[0]].map(CODES).where(numbers.isna(), "observed")
    if status.isna().any():
        row, line = rows[status.isna()].iloc[0], rows.index[status.isna()][0] + 1
        raise PanelError(
            f"{where}, column {TOTAL}, row {line} ({row[at['Local authority']]}): got "
            f"{row[marks[0]]!r}; wanted a number or a known code. Mend the file."
        )
    return pd.DataFrame(
        {
            "code": rows[at["ONS Code"]].astype(str),
            "name": rows[at["Local authority"]].astype(str),
            "line": rows.index + 1,
            "status": status,
            "number": 1000 * numbers,
        }
    )


def _section_251(root: Path, file: str, sheet: str, year: int) -> pd.DataFrame:
    """Read one year's totals: ``code``, ``name``, ``line``, ``status`` and ``number``."""
    amount = "NetCurrentExpenditure"
    table = read_sheet(root, file, sheet, ["LA", "LA Name", "s251line", amount])
    lines = table["s251line"].astype(str).str.strip()
    require(TOTAL_LINE, lines.unique(), f"{file}: sheet {sheet}, column s251line has no row")
    found = table[lines == TOTAL_LINE]
    numbers = pd.to_numeric(found[amount], errors="coerce")
    faulty = found[numbers.isna() | found["LA"].duplicated()]
    if not faulty.empty:
        row = faulty.iloc[0]
        raise PanelError(
            f"{file}: sheet {sheet}, column {amount}, row {row[LINE]} ({row['LA Name']}): got "
            f"{row[amount]!r}; wanted one amount on line {TOTAL_LINE}. Mend the file."
        )
    return pd.DataFrame(
        {
            "code": [_code(row, f"{file}: sheet {sheet}", year) for _, row in found.iterrows()],
            "name": found["LA Name"].astype(str).to_numpy(),
            "line": found[LINE].to_numpy(),
            "status": "observed",
            "number": numbers.to_numpy(float),
        }
    )


def _code(row: pd.Series, where: str, year: int) -> str:
    """Find the code of the authority that a row has by the Department's number."""
    number = pd.to_numeric(row["LA"], errors="coerce")
    text = str(row["LA"]) if pd.isna(number) else f"{number:.0f}"
    return code_of_number(text, date(year, 3, 31), where=f"{where}, row {row[LINE]}")
