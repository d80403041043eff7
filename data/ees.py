"""Read the Department for Education's tables (Explore Education Statistics).

All of them have one row for each place and year, or, in the long layout, for each
place, year and breakdown. What is wanted of a table is found by :mod:`data.cells`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from data.cells import Table
from data.hold import hold, hold_names
from data.panel import PanelError
from data.text import read_text

KEY_COLUMNS = ("time_period", "geographic_level", "new_la_code", "la_name")
LEVEL = "Local authority"
IDENTIFIER = "time_identifier"
WHOLE_YEARS = ("Reporting year", "Academic year", "Financial year", "Tax year", "Calendar year")
"""What a period may be by the file's own word: never a term or a week."""
PERIOD = r"(\d{4})(?:[/-]?(\d{2}))?"

_YEAR = re.compile(PERIOD)


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
    frame = read_text(root, file, [*KEY_COLUMNS, *sorted(columns)], optional=[IDENTIFIER])
    hold(frame, "ees", file)
    frame = frame[frame["geographic_level"] == LEVEL]
    hold(frame, "ees_authority", file)
    hold_names(frame, "new_la_code", "la_name", file)
    frame = frame.rename(columns={"new_la_code": "code", "la_name": "name"})
    years = {text: _year(text, file) for text in frame["time_period"].unique()}
    return Table(file, frame.assign(year=frame["time_period"].map(years)))


def _year(text: str, file: str) -> int:
    """Read the year in which a period ends: ``2025``, or ``202425`` or ``2024/25``."""
    found = _YEAR.fullmatch(text)
    if found and found[2] is None:
        return int(text)
    if found and (int(found[1]) + 1) % 100 == int(found[2]):
        return int(found[1]) + 1
    raise PanelError(
        f"{file}: column time_period holds {text!r}; wanted a year such as 2025, 202425 or "
        "2024/25. Mend the file."
    )
