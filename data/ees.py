"""Read the Department for Education's tables (Explore Education Statistics).

All of them have one row for each place and year, or, in the long layout, for each
place, year and breakdown. What is wanted of a table is found by :mod:`data.cells`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from data.cells import PublishedTable
from data.integrity import REGION_NAME, require_names, with_regions
from data.panel import PanelError
from data.source_vocabulary import EES_PERIOD
from data.suppression import CODES
from data.text import read_text
from data.validate_table import require_one_name, validate_table

KEY_COLUMNS = ("time_period", "geographic_level", "new_la_code", "la_name")
LEVEL, REGIONAL = "Local authority", "Regional"
IDENTIFIER = "time_identifier"
_CODES = {code: status for code, status in CODES.items() if code}
"""These tables have a code wherever there is no figure: an empty cell has lost one."""

_YEAR = re.compile(EES_PERIOD)


def read_table(root: Path, file: str, columns: Iterable[str]) -> PublishedTable:
    """Read the local authority rows of a published table, as text.

    Parameters
    ----------
    root
        Folder of published files.
    file
        Path below it.
    columns
        Columns wanted besides place and year; with :data:`data.integrity.REGION_NAME`,
        the rows of regions can be used.

    Raises
    ------
    PanelError
        If the file is missing or no such table, a column is not there, or a period
        is not a year.
    """
    frame = read_text(root, file, [*KEY_COLUMNS, *sorted(columns)], optional=[IDENTIFIER])
    validate_table(frame, "ees", file)
    regions = frame[frame["geographic_level"] == REGIONAL]
    frame = frame[frame["geographic_level"] == LEVEL]
    validate_table(frame, "ees_authority", file)
    require_one_name(frame, "new_la_code", "la_name", file)
    frame = frame.rename(columns={"new_la_code": "code", "la_name": "name"})
    require_names(frame, file)
    frame, regions = (_with_year(rows, file) for rows in (frame, regions))
    if REGION_NAME in frame:
        frame, regions = with_regions(frame, regions, REGION_NAME)
        regions = regions.assign(name=regions[REGION_NAME])
    return PublishedTable(file, frame, _CODES, regions)


def _with_year(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    """Read the year in which the period of each row ends."""
    years = {text: _year(text, file) for text in rows["time_period"].unique()}
    return rows.assign(year=rows["time_period"].map(years))


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
