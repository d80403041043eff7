"""Tables as CSV that a spreadsheet takes for what they are: text stays text.

A spreadsheet computes a cell that begins with ``=``, ``+``, ``-`` or ``@``, also one of a file
that came by post (CWE-1236). Such text, unless it is a number, gets an apostrophe before it,
which spreadsheets take for the mark of text; :func:`read_cell` takes it away again.
"""

import gzip
import re
from pathlib import Path

import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from data.storage import write_file

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED = re.compile(r"''*[=+\-@\t\r]")


def write_csv(table: pd.DataFrame, path: Path, *, index: bool = False) -> None:
    """Write a table, whole or not at all.

    Parameters
    ----------
    table, path
        What to write, and where to; compressed where the name ends in ``.gz``.
    index
        Whether its index is written too.
    """
    safe = table.copy(deep=False)
    safe.columns = safe.columns.map(write_cell)
    for place, (_, column) in enumerate(table.items()):
        if not (
            is_numeric_dtype(column) or is_bool_dtype(column) or is_datetime64_any_dtype(column)
        ):
            safe.isetitem(place, [write_cell(cell) for cell in column.astype(object)])
    if index:
        safe.index = safe.index.map(write_cell)
    content = safe.to_csv(None, index=index, lineterminator="\n").encode()
    write_file(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def write_cell(value: object) -> object:
    """Return a cell as it is written."""
    if isinstance(value, str) and _FORMULA.match(value) and not _is_number(value):
        return f"'{value}"
    return value


def read_cell(text: str) -> str:
    """Return a cell as it was before it was written."""
    return text[1:] if _QUOTED.match(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text and text == text.strip()
