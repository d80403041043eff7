"""Read columns of a published CSV file as text, whatever its order or line ends."""

import csv
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from data.panel import PanelError

LINE = "line"


def read_text(root: Path, file: str, columns: Iterable[str]) -> pd.DataFrame:
    """Read the wanted columns as text, with each row's line number as ``line``.

    Rows that hold nothing in them, as at the end of some files, are left out.

    Parameters
    ----------
    root
        Folder of published files.
    file
        Path below it.
    columns
        Columns wanted.

    Raises
    ------
    PanelError
        If the file is missing or no table, or a column is not there.
    """
    path = root / file
    wanted = list(dict.fromkeys(columns))
    if not path.is_file():
        raise missing_file(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines), [])
        for column in wanted:
            require(column, header, f"{file}: no column")
        frame = pd.read_csv(
            path,
            usecols=wanted,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except (OSError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise PanelError(
            f"{path}: cannot be read as a table ({error}); wanted comma-separated UTF-8 text. "
            "Get the file again."
        ) from error
    empty = (frame == "").all(axis=1)
    return frame.assign(**{LINE: frame.index + 2})[~empty]


def missing_file(path: Path) -> PanelError:
    """Say that a published file is not there."""
    return PanelError(
        f"{path}: no such file; wanted a published file. Get it, or name the folder that holds it."
    )


def require(name: str, there: Iterable[str], missing: str) -> None:
    """Refuse a name that is not there, with the nearest that is.

    Parameters
    ----------
    name, there
        What is wanted, and what there is.
    missing
        How the message begins: file, and what kind of name it is.
    """
    known = list(there)
    if name in known:
        return
    near = get_close_matches(name, known, n=1, cutoff=0.0)
    nearest = f"the nearest is {near[0]!r}" if near else "there is none"
    raise PanelError(
        f"{missing} {name!r}; {nearest}. Correct the entry that names it, or get the edition of "
        "the file that has it."
    )
