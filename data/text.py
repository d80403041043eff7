"""Read columns of a published CSV file as text, whatever its order or line ends."""

import csv
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from data.panel import PanelError

LINE = "line"


def read_text(
    root: Path, file: str, columns: Iterable[str], *, take_first: bool = False
) -> pd.DataFrame:
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
    take_first
        Whether of two columns that bear one name and differ the first is meant.

    Raises
    ------
    PanelError
        If the file is missing or no table, or a column is not there, or stands twice
        and differs.
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
        at = [place for place, name in enumerate(header) if name in wanted]
        frame = pd.read_csv(
            path,
            usecols=at,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        ).set_axis([header[place] for place in at], axis="columns")
    except PanelError:
        raise
    except (OSError, ValueError) as error:  # pandas' own, and what breaks inside it
        raise PanelError(
            f"{path}: cannot be read as a table ({error}); wanted comma-separated UTF-8 text. "
            "Get the file again."
        ) from error
    if not take_first:
        _refuse_other_copies(frame, file)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    empty = (frame.fillna("") == "").all(axis=1)
    if empty.any():
        _refuse_misplaced(path, file, at)
    return frame.assign(**{LINE: frame.index + 2})[~empty]


def _refuse_misplaced(path: Path, file: str, at: list[int]) -> None:
    """Refuse a row that holds something, but nothing in the columns wanted."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for line, row in enumerate(csv.reader(lines), start=1):
            if any(row) and not any(row[place] for place in at if place < len(row)):
                raise PanelError(
                    f"{file}: line {line} holds nothing in the columns that are read, but "
                    f"{next(cell for cell in row if cell)!r} elsewhere; wanted each cell under "
                    "its header. Mend the file."
                )


def _refuse_other_copies(frame: pd.DataFrame, file: str) -> None:
    """Refuse two columns that differ under one name."""
    repeated = frame.columns.duplicated()
    for name in set(frame.columns[np.flatnonzero(repeated)]):
        both = pd.DataFrame(frame.loc[:, [name]])
        differ = both.index[(both != both.shift(axis=1, fill_value="")).iloc[:, 1:].any(axis=1)]
        if not differ.empty:
            raise PanelError(
                f"{file}: {both.shape[1]} columns {name!r}, which differ on line {differ[0] + 2}; "
                "wanted one. Mend the file."
            )


def figures(cells: pd.Series) -> pd.Series:
    """Read cells as finite numbers; NaN where a cell is none."""
    numbers = pd.to_numeric(
        cells.map(lambda cell: None if isinstance(cell, bool) else cell), errors="coerce"
    ).astype(float)
    return numbers.where(np.isfinite(numbers))


def missing_file(path: Path) -> PanelError:
    """Say that a published file is not there."""
    return PanelError(
        f"{path}: no such file; wanted a published file. Get it, or name the folder that holds it."
    )


def require_column(name: str, header: Sequence[str], where: str) -> None:
    """Refuse a header that has not the column, or has it twice."""
    require(name, header, f"{where}: no column")
    if header.count(name) > 1:
        raise PanelError(
            f"{where}: {header.count(name)} columns {name!r}; wanted one. Mend the file."
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
