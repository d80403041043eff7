"""Read columns of a published CSV file as text, whatever its order or line ends."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from data.files import TABLE, clean, read_utf8, unreadable
from data.near import nearest
from data.panel import PanelError

LINE = "line"

_CONTROL = "".join(map(chr, [*range(10), 11, 12, *range(14, 32), 127]))
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_SELF = ("category", "Indicator Name")
"""Columns in which a published table says what it is."""


def read_text(
    root: Path,
    file: str,
    columns: Iterable[str],
    *,
    optional: Iterable[str] = (),
    take_first: bool = False,
) -> pd.DataFrame:
    """Read the wanted columns as text, with each row's line number as ``line``.

    Cells are cleaned (:func:`data.files.clean`). Rows that hold nothing, as at the end of
    some files, are left out.

    Parameters
    ----------
    root
        Folder of published files.
    file
        Path below it.
    columns
        Columns wanted.
    optional
        Columns that are read where the file has them.
    take_first
        Whether of two columns that bear one name and differ the first is meant.

    Raises
    ------
    PanelError
        If the file is missing or no table, has no rows, a row is not as long as the header,
        a column is not there, or stands twice and differs.
    """
    text = read_utf8(root / file, *TABLE)
    try:
        header = [clean(name) for name in next(csv.reader(lines_of(text)), [])]
        wanted = _wanted(text, header, list(dict.fromkeys(columns)), file)
        wanted |= set(optional) & set(header)
        at = [place for place, name in enumerate(header) if name in wanted]
        text = _even(text, len(header), file)
        frame = pd.read_csv(
            io.StringIO(text),
            usecols=at,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            index_col=False,
        ).set_axis([header[place] for place in at], axis="columns")
    except PanelError:
        raise
    except (ValueError, csv.Error) as error:  # pandas' own, and what breaks inside it
        raise unreadable(root / file, TABLE[0], str(error), TABLE[1]) from error
    frame = _cleaned(frame, text)
    if not take_first:
        _refuse_other_copies(frame, file)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    empty = (frame == "").all(axis=1)
    if empty.any():
        _refuse_misplaced(text, file, at)
    if empty.all():
        raise PanelError(f"{file}: no row below the header; wanted a table. Get the whole file.")
    if not text.endswith(("\n", "\r")):
        raise PanelError(
            f"{file}: the last line has no end; wanted one, without which the file may have been "
            "cut. Get the whole file."
        )
    return frame.assign(**{LINE: frame.index + 2})[~empty]


def lines_of(text: str) -> io.StringIO:
    """Yield text to :mod:`csv` line by line, line ends as they are."""
    return io.StringIO(text, newline="")


def _wanted(text: str, header: list[str], columns: list[str], file: str) -> set[str]:
    """Require the columns; say what the file is if it has not all."""
    if set(columns) <= set(header):
        return set(columns)
    if len(header) == 1:
        first = text.partition("\n")[0]
        for separator, name in _SEPARATORS.items():
            if separator in first:
                raise unreadable(
                    file, TABLE[0], f"its cells are separated by {name}", *TABLE[1:], "Export it."
                )
    second = next(csv.DictReader(lines_of(text)), {})
    itself = next((second[name] for name in _SELF if second.get(name)), "")
    for column in columns:
        require(column, header, f"{file}: no column", itself)
    return set(columns)


def _even(text: str, width: int, file: str) -> str:
    """Refuse rows that are not as long as the header; take empty cells off their ends.

    A row that is cut short has lost figures, and a stray quote swallows whole rows.
    """
    if _is_even(text, width):
        return text
    rows = csv.reader(lines_of(text), strict=True)
    last, longer = 0, False
    try:
        for row in rows:
            if len(row) != width and row:
                if len(row) < width or any(row[width:]):
                    raise PanelError(
                        f"{file}: line {last + 1} has {len(row)} cells; wanted {width}, as the "
                        "header has. Mend the line, or get the whole file."
                    )
                longer = True
            if rows.line_num > last + 1 and any(
                "\n" in cell and cell.count(",") >= width - 1 for cell in row
            ):
                raise _stray(file, last + 1, f"a cell runs to line {rows.line_num}")
            last = rows.line_num
    except csv.Error as error:
        raise _stray(file, last + 1, str(error)) from error
    return _shortened(text, width) if longer else text


def _is_even(text: str, width: int) -> bool:
    """Whether every line has as many cells as the header, seen without parsing most of them."""
    lines = [line for line in text.split("\n") if line not in ("", "\r")]
    quoted = [line for line in lines if '"' in line]
    try:
        return (
            text.count("\r") == text.count("\r\n")
            and all(line.count(",") == width - 1 for line in lines if '"' not in line)
            and all(line.count('"') % 2 == 0 for line in quoted)
            and all(len(row) == width for row in csv.reader(quoted, strict=True))
        )
    except csv.Error:
        return False


def _stray(file: str, line: int, what: str) -> PanelError:
    """Return the error that a quote seems to be out of place."""
    return PanelError(
        f"{file}: line {line}: {what}; wanted a quote at both ends of a cell. Mend the line, or "
        "get the file again."
    )


def _shortened(text: str, width: int) -> str:
    """Write the rows again without the empty cells beyond the header."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(
        row[:width] for row in csv.reader(lines_of(text))
    )
    return out.getvalue()


def _cleaned(frame: pd.DataFrame, text: str) -> pd.DataFrame:
    """Clean every cell; most files have nothing but padding at worst, which is quick."""
    frame = frame.fillna("")
    odd = not text.isascii() or "  " in text or any(sign in text for sign in _CONTROL)
    if not odd:
        return frame.apply(lambda cells: cells.str.strip())
    return frame.apply(
        lambda cells: cells.map({cell: clean(cell) for cell in cells.unique()}).astype("str")
    )


def _refuse_misplaced(text: str, file: str, at: list[int]) -> None:
    """Refuse a row that holds something, but nothing in the columns wanted."""
    rows = csv.reader(lines_of(text))
    for row in rows:
        if any(row) and not any(clean(row[place]) for place in at if place < len(row)):
            found = next((cell for cell in row if clean(cell)), "")
            if found:
                raise PanelError(
                    f"{file}: line {rows.line_num} holds nothing in the columns that are read, "
                    f"but {found!r} elsewhere; wanted each cell under its header. Mend the file."
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


def require_column(name: str, header: Sequence[str], where: str) -> None:
    """Refuse a header that has not the column, or has it twice."""
    require(name, header, f"{where}: no column")
    if header.count(name) > 1:
        raise PanelError(
            f"{where}: {header.count(name)} columns {name!r}; wanted one. Mend the file."
        )


def require(name: str, there: Iterable[str], missing: str, itself: str = "") -> None:
    """Refuse a name that is not there, with the nearest that is, or with what there is.

    Parameters
    ----------
    name, there
        What is wanted, and what there is.
    missing
        How the message begins: file, and what kind of name it is.
    itself
        What the file says that it is, if it does.
    """
    known = [one for one in there if one]
    if name in known:
        return
    near = nearest(name, known)
    if near:
        found = f"the nearest is {near!r}"
    else:
        found = f"there is {listed(known)}" if known else "there is none"
    found += f", and the file says that it is {itself!r}" if itself else ""
    raise PanelError(
        f"{missing} {name!r}; {found}. Correct the entry that names it, or get the edition of "
        "the file that has it."
    )


def listed(names: Sequence[str], most: int = 6) -> str:
    """List names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more
