"""Read the wide files on children looked after of 2014 to 2017 (statistical first release).

One file a year, with other columns each year: the catalogue names them. The year stands
in no column, so the catalogue gives it. Here ``x`` hides a small number, or one that
would give a small number away, and the two cannot be told apart by the code.
"""

from collections.abc import Iterable
from pathlib import Path

from data.cells import Table
from data.schemas import SFR, SFR_AUTHORITY, hold
from data.suppression import SFR_CODES
from data.text import read_text, require

KEY_COLUMNS = ("geog_l", "New_geog_code", "geog_n")
LEVEL = "LA"


def read_table(root: Path, file: str, columns: Iterable[str], year: int) -> Table:
    """Read the local authority rows of one year's file, as text.

    Parameters
    ----------
    root
        Folder of published files.
    file
        Path below it.
    columns
        Columns wanted besides the place.
    year
        The year ending 31 March that the file is about.

    Raises
    ------
    PanelError
        If the file is missing or no such table, or a column or the level is not there.
    """
    frame = read_text(root, file, [*KEY_COLUMNS, *sorted(columns)])
    hold(frame, SFR, file)
    require(LEVEL, frame["geog_l"].unique(), f"{file}: column geog_l has no row")
    rows = frame[frame["geog_l"] == LEVEL]
    hold(rows, SFR_AUTHORITY, file)
    rows = rows.rename(columns={"New_geog_code": "code", "geog_n": "name"})
    return Table(file, rows.assign(year=year), SFR_CODES)
