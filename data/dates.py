"""Days as configurations and files give them, and as arrays of nanoseconds can hold them.

numpy's nanoseconds reach from 1678 to 2262 and wrap beyond, without an error: a day far ahead
would lie before every inspection. So every day is converted here, and one that no inspection can
have is refused.
"""

from datetime import date, datetime

import numpy as np

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
_WANTED = f"wanted a day such as 2023-03-31, from {EARLIEST} to {LATEST}"


def read_day(value: object) -> date:
    """Read a day, given as a date or as text such as 2023-03-31.

    Raises
    ------
    ValueError
        If it is neither, has a time of day, or lies outside 1900 to 2199.
    """
    day = value
    if isinstance(value, str):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValueError(_WANTED) from None
    if not isinstance(day, date) or isinstance(day, datetime) or not EARLIEST <= day <= LATEST:
        raise ValueError(_WANTED)
    return day


def numpy_day(value: date | str) -> np.datetime64:
    """Return a day that can be compared with arrays of dates.

    Raises
    ------
    ValueError
        As :func:`read_day` says.
    """
    return np.datetime64(read_day(value), "D")


def is_inspection_day(cell: object) -> bool:
    """Return whether a cell is a date on which an inspection or report can be."""
    return isinstance(cell, date) and 2000 <= cell.year < 2100  # NaT has no year
