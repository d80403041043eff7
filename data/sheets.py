"""Read one sheet of a published workbook (ODS or Excel), found by name and header."""

from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from data.hold import SHEET_ROW
from data.panel import PanelError
from data.text import missing_file, require, require_column

LINE = SHEET_ROW


def read_sheet(root: Path, file: str, sheet: str, columns: Sequence[str]) -> pd.DataFrame:
    """Read the table whose header holds all the columns wanted.

    Parameters
    ----------
    root
        Folder of published files.
    file
        Path below it.
    sheet
        The sheet's name.
    columns
        Columns wanted, with single spaces between words. The header is the first row
        that holds the first of them.

    Returns
    -------
    pd.DataFrame
        The rows below the header that hold something in those columns, as the sheet
        types them, and the row's number in the sheet as :data:`LINE`.

    Raises
    ------
    PanelError
        If the workbook is missing or unreadable, lacks the sheet, a header or a
        column, has a column twice, or cells above the header.
    """
    cells = read_cells_of_sheet(root, file, sheet)
    return _below_header(cells, f"{file}: sheet {sheet}", columns)


def read_cells_of_sheet(root: Path, file: str, sheet: str) -> pd.DataFrame:
    """Read every cell of a sheet as it is typed there, rows and columns numbered from 0.

    Raises
    ------
    PanelError
        If the workbook is missing or unreadable, or lacks the sheet.
    """
    rows = _typed_rows(root / file, file, sheet)
    return pd.DataFrame(rows, dtype=object).replace({"": None})


def _typed_rows(path: Path, file: str, sheet: str) -> list[list[object]]:
    """Read the rows of a sheet, each cell as it is typed there."""
    if not path.is_file():
        raise missing_file(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        require(sheet, book.sheet_names, f"{file}: no sheet")
        return [
            list(row) for row in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        ]
    except (CalamineError, BadZipFile, OSError) as error:
        raise PanelError(
            f"{path}: sheet {sheet} cannot be read ({error}); wanted a whole workbook. "
            "Get the file again."
        ) from error


def _below_header(cells: pd.DataFrame, where: str, columns: Sequence[str]) -> pd.DataFrame:
    """Find the header row, and keep the wanted columns of the rows below it."""
    header = cells.index[(cells == columns[0]).any(axis=1)]
    if header.empty:
        raise PanelError(
            f"{where}: no row holds {columns[0]!r}; wanted a header row with it. "
            "Get the edition of the file that has it."
        )
    names = [" ".join(str(name).split()) for name in cells.loc[header[0]]]
    for column in columns:
        require_column(column, names, where)
    table = cells.set_axis(names, axis="columns")[list(columns)]
    above = table.loc[: header[0] - 1]
    stray = above.index[above.notna().sum(axis=1) > 1]
    if not stray.empty:
        raise PanelError(
            f"{where}: row {stray[0] + 1} has cells above the header on row {header[0] + 1}; "
            "wanted the table below it. Mend the sheet."
        )
    below = table.loc[header[0] + 1 :].dropna(how="all")
    return below.assign(**{LINE: below.index + 1})
