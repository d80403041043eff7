"""Read a table of public health profiles (Fingertips): empty cells, with reasons in notes.

A figure that is not published is an empty cell, and a note says why. Confidence limits
of -1 stand for none; they are not read. Each note that leaves a cell empty is put as one
of the codes of :mod:`data.suppression`, and a note that is not known is refused.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from data.cells import PublishedTable
from data.integrity import require_names
from data.panel import PanelError
from data.text import read_text
from data.validate_table import require_one_name, validate_table

KEY_COLUMNS = ("Area Code", "Area Name", "Area Type", "Time period", "Value note")
LEVEL = "Counties & UAs"

NOTES = {
    "Value suppressed": "c",
    "Not presented": "x",
    "Value for Cornwall and Isles of Scilly combined": "z",
    "Value for Hackney and City of London combined": "z",
}
"""How a note on an empty cell begins, and the code that it amounts to."""

_PERIOD = re.compile(r"(\d{4})/(\d{2})")


def read_table(root: Path, file: str, columns: Iterable[str]) -> PublishedTable:
    """Read the rows of upper-tier authorities, as text, with codes in place of empty cells.

    Parameters
    ----------
    root
        Folder of published files.
    file
        Path below it.
    columns
        Columns wanted besides place, period and note.

    Raises
    ------
    PanelError
        If the file is missing or no such table, a column is not there, a period is
        no year, or an empty cell has a note that is not known.
    """
    wanted = sorted(columns)
    frame = read_text(root, file, [*KEY_COLUMNS, *wanted])
    validate_table(frame, "fingertips", file)
    frame = frame[frame["Area Type"].str.startswith(LEVEL)]
    require_one_name(frame, "Area Code", "Area Name", file)
    frame = frame.rename(columns={"Area Code": "code", "Area Name": "name"})
    require_names(frame, file)
    years = {text: _year(text, file) for text in frame["Time period"].unique()}
    codes = frame["Value note"].map({note: _code(note) for note in frame["Value note"].unique()})
    filled = {}
    for column in {"Count", "Denominator"} & set(wanted):
        empty = frame[column] == ""
        _refuse_unknown(file, frame, column, empty & (codes == "?"))
        filled[column] = frame[column].mask(empty, codes)
    return PublishedTable(file, frame.assign(**filled, year=frame["Time period"].map(years)))


def _code(note: str) -> str:
    """Find the code that a note amounts to."""
    return next(
        (code for start, code in NOTES.items() if note.startswith(start)), "?" * bool(note)
    )


def _refuse_unknown(file: str, frame: pd.DataFrame, column: str, unknown: pd.Series) -> None:
    """Refuse an empty cell whose note is not known."""
    if unknown.any():
        row = frame[unknown].iloc[0]
        raise PanelError(
            f"{file}: column {column}, {row['name']} ({row['code']}), {row['Time period']}, line "
            f"{row['line']}: got an empty cell with the note {row['Value note']!r}; wanted a note "
            f"that begins {' or '.join(map(repr, NOTES))}. Add it to NOTES in data/fingertips.py."
        )


def _year(text: str, file: str) -> int:
    """Read the year in which a period such as 2023/24 ends."""
    found = _PERIOD.fullmatch(text)
    if found and (int(found[1]) + 1) % 100 == int(found[2]):
        return int(found[1]) + 1
    raise PanelError(
        f"{file}: column Time period holds {text!r}; wanted a year such as 2023/24. Mend the file."
    )
