"""Read Ofsted's sheets that have one row an authority and a block of columns an inspection.

So are laid out the single inspections (SIF) of 2013 to 2018 and the older editions of
the history. They name authorities without codes, so names are resolved at the date of
the report: "Dorset" is two authorities.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from data.geography import code_of_name
from data.panel import GRADES, PanelError
from data.sheets import LINE, read_sheet

NAME = "Local authority name"
NOT_GIVEN = ("", "-")
NO_DATE = ("", "Not yet inspected")

_GRADES = {grade: position for position, grade in enumerate(GRADES)} | {
    "Requires improvement to be good": GRADES.index("Requires improvement"),
    **dict.fromkeys(NOT_GIVEN, -1),
}


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of one inspection.

    Attributes
    ----------
    date
        Column of its date; an authority without one was not inspected.
    grades
        Column of each judgement.
    type
        Column of its type, if the sheet has one.
    label
        What to call the inspection where no column says.
    """

    date: str
    grades: Mapping[str, str]
    type: str = ""
    label: str = ""

    @property
    def columns(self) -> list[str]:
        """Every column of the block."""
        return [self.date, *self.grades.values(), *([self.type] if self.type else [])]


def read_blocks(root: Path, file: str, sheet: str, blocks: Sequence[Block]) -> pd.DataFrame:
    """Read every inspection of a sheet.

    Parameters
    ----------
    root
        Folder of published files.
    file, sheet
        Where the sheet is.
    blocks
        The inspections that a row may hold, in order of time.

    Returns
    -------
    pd.DataFrame
        One row an inspection: ``code`` as in force on the date, ``name``, ``date``,
        ``type``, ``position`` (0 for the first of the authority), ``row`` of the sheet,
        and a position in :data:`data.panel.GRADES` for each judgement, -1 for none.

    Raises
    ------
    PanelError
        If the sheet or a column is not there, a second table has other columns, or a
        cell holds no date, an unknown grade or an unknown authority.
    """
    columns = list(dict.fromkeys(name for block in blocks for name in block.columns))
    table = read_sheet(root, file, sheet, [NAME, *columns]).astype(object).fillna("")
    again = table[NAME] == NAME
    for _, header in table[again].iterrows():
        _refuse_other_header(header, columns, f"{file}: sheet {sheet}")
    found = [
        _inspection(row, block, position, f"{file}: sheet {sheet}")
        for _, row in table[~again].iterrows()
        for position, block in enumerate(blocks)
        if str(row[block.date]).strip() not in NO_DATE
    ]
    return pd.DataFrame(found)


def _inspection(row: pd.Series, block: Block, position: int, where: str) -> dict[str, object]:
    """Read one block of one row."""
    at = f"row {row[LINE]} ({row[NAME]})"
    when = row[block.date]
    if not isinstance(when, datetime | date):
        raise PanelError(
            f"{where}, column {block.date}, {at}: got {when!r}; wanted a date or "
            f"{NO_DATE[1]!r}. Correct the cell."
        )
    day = when.date() if isinstance(when, datetime) else when
    grades = {name: _grade(row, column, where, at) for name, column in block.grades.items()}
    return {
        "code": code_of_name(str(row[NAME]), day, where=f"{where}, {at}"),
        "name": str(row[NAME]),
        "date": day,
        "type": str(row[block.type]).strip() if block.type else block.label,
        "position": position,
        "row": int(row[LINE]),
        **grades,
    }


def _grade(row: pd.Series, column: str, where: str, at: str) -> int:
    """Look up a grade."""
    word = str(row[column]).strip()
    if word not in _GRADES:
        raise PanelError(
            f"{where}, column {column}, {at}: got {word!r}; wanted one of "
            f"{', '.join(one or 'an empty cell' for one in _GRADES)}. Correct the cell."
        )
    return _GRADES[word]


def _refuse_other_header(header: pd.Series, columns: Sequence[str], where: str) -> None:
    """Refuse a second table whose header differs in a column that is read.

    Abolished authorities had one inspection: there the columns of a second are blank, and
    "First" and "framework" come and go.
    """
    for column in columns:
        got = " ".join(str(header[column]).split())
        if got and _ordinary(got) != _ordinary(column):
            raise PanelError(
                f"{where}, row {header[LINE]}: the second table has {got!r} where the first has "
                f"{column!r}; wanted the same columns. Mend the sheet."
            )


def _ordinary(name: str) -> str:
    """Put a column's name without the words that come and go."""
    bare = name.removeprefix("First ").replace("ILACS framework", "ILACS")
    return bare.replace("in care and care leavers", "in care")
