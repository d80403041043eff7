"""Read one sheet of a published workbook (ODS or Excel), found by name and header."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from python_calamine import CalamineError

from data.files import clean, unreadable
from data.near import nearest
from data.panel import PanelError
from data.text import require, require_column
from data.validate_table import SHEET_ROW
from data.workbooks import GAVE_UP, KIND, is_panic, open_workbook

LINE = SHEET_ROW
_TOP = 20  # rows in which a header may stand


def read_sheet(
    root: Path, file: str, sheet: str, columns: Sequence[str], says: str = ""
) -> pd.DataFrame:
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
    says
        What the heading of the right sheet says, above the table.

    Returns
    -------
    pd.DataFrame
        The rows below the header that hold something in those columns, as the sheet
        types them, and the row's number in the sheet as :data:`LINE`.

    Raises
    ------
    PanelError
        If the workbook is missing or unreadable, lacks the sheet, a header or a
        column, has a column twice, cells above the header or another heading.
    """
    cells = read_cells_of_sheet(root, file, sheet)
    return _below_header(cells, f"{file}: sheet {sheet}", columns, says)


def read_cells_of_sheet(root: Path, file: str, sheet: str) -> pd.DataFrame:
    """Read every cell of a sheet as it is typed there, rows and columns numbered from 0.

    Text is cleaned (:func:`data.files.clean`); an empty cell is None.

    Raises
    ------
    PanelError
        If the workbook is missing or unreadable, or lacks the sheet.
    """
    rows = [
        [(clean(cell) or None) if isinstance(cell, str) else cell for cell in row]
        for row in _typed_rows(root / file, file, sheet)
    ]
    if not rows:
        raise PanelError(f"{file}: sheet {sheet} is empty; wanted a table. Get the whole file.")
    return pd.DataFrame(rows, dtype=object)


def require_heading(cells: pd.DataFrame, below: int, says: str, where: str) -> None:
    """Refuse a sheet whose heading, in the rows above ``below``, does not say what is wanted."""
    above = [cell for cell in cells.loc[: below - 1].to_numpy().ravel() if isinstance(cell, str)]
    if not any(says.casefold() in cell.casefold() for cell in above):
        found = f"its heading is {above[0]!r}" if above else "it has no heading"
        raise PanelError(
            f"{where}: {found}; wanted one that says {says!r}. Get the file that bears this name."
        )


def _typed_rows(path: Path, file: str, sheet: str) -> list[list[object]]:
    """Read the rows of a sheet, each cell as it is typed there."""
    kind = f"{KIND[0]} with sheet {sheet}"
    book = open_workbook(path, kind)
    require(sheet, book.sheet_names, f"{file}: no sheet")
    try:
        return [
            list(row) for row in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise unreadable(path, kind, str(error), KIND[1]) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise unreadable(path, kind, GAVE_UP, KIND[1]) from error


def _below_header(
    cells: pd.DataFrame, where: str, columns: Sequence[str], says: str
) -> pd.DataFrame:
    """Find the header row, and keep the wanted columns of the rows below it."""
    header = cells.index[(cells == columns[0]).any(axis=1)]
    if header.empty:
        texts = {cell for cell in cells.head(_TOP).to_numpy().ravel() if isinstance(cell, str)}
        near = nearest(columns[0], sorted(texts))
        raise PanelError(
            f"{where}: no row holds {columns[0]!r}{f' (but {near!r})' if near else ''}; wanted a "
            "header row with it. Get the edition of the file that has it."
        )
    if says:
        require_heading(cells, header[0], says, where)
    names = [str(name) for name in cells.loc[header[0]]]
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
