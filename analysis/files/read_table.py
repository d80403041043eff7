"""One table of a run's folder, with its columns told apart as text, numbers and flags."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import xarray as xr

from analysis.files.spreadsheet import read_cell
from data.netcdf import open_tree
from data.storage import is_changed


class ReportError(ValueError):
    """A run's folder lacks something that the report needs; the message says what."""


def again(folder: Path) -> str:
    """State what to do with a run whose files are not those of this version."""
    return (
        "Another version of this project wrote them: run the configuration again "
        f"(effectiveness run {folder / 'run.toml'})."
    )


@contextmanager
def reading(path: Path, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn whatever goes wrong while a result's file is read into one line with its name.

    Parameters
    ----------
    path
        The file.
    but
        Errors that the caller answers itself, with more to say.

    Raises
    ------
    ReportError
        In the place of any other error: users can damage these files in any way, and the
        libraries that read them raise what they like.
    """
    told_already: tuple[type[Exception], ...] = (ReportError, *but)
    try:
        yield
    except told_already:
        raise
    except FileNotFoundError as error:
        raise ReportError(f"{path}: no such file. Finish the run that should write it.") from error
    except Exception as error:
        told = " ".join(str(error).split())[:200]
        raise ReportError(
            f"{path}: cannot be read ({type(error).__name__}: {told}). It was damaged or changed: "
            "give the command that wrote it again."
        ) from error


@contextmanager
def open_fit(path: Path) -> Iterator[xr.DataTree]:
    """Open a fit of a run's folder, unless it is other than it was written.

    A damaged file is not left to HDF5, which may crash or hang.

    Raises
    ------
    ReportError
        If it is missing, or cannot be read.
    """
    with reading(path):
        if is_changed(path, path.parent.parent):
            raise ValueError("its checksum is not the one that was listed when it was written")
        with open_tree(path) as tree:
            yield tree


def load_fits(files: Iterable[Path]) -> dict[str, xr.DataTree]:
    """Read a run's fits whole, by the names of their files; errors as :func:`open_fit`."""
    fits = {}
    for file in files:
        with open_fit(file) as stored:
            fits[file.stem] = stored.load()
    return fits


def read_text(path: Path) -> str:
    """Read a file that must be there."""
    with reading(path):
        return path.read_text("utf-8")


def read_table(
    path: Path,
    text: Sequence[str],
    numbers: Sequence[str],
    flags: Sequence[str] = (),
    whole: Sequence[str] = (),
    optional: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a table with the columns that it must have, each of its kind.

    Parameters
    ----------
    path
        A CSV file.
    text, numbers, flags
        The columns of each kind. Empty text stays text; an empty number is not a number.
    whole
        Of the numbers, those that must be whole in every row.
    optional
        Columns of numbers that may be missing.

    Raises
    ------
    ReportError
        If the file or a column is missing, or a number is none.
    """
    with reading(path):
        table = pd.read_csv(path, dtype=str, keep_default_na=False, index_col=False)
    missing = [column for column in (*text, *numbers, *flags) if column not in table]
    if missing:
        raise ReportError(
            f"{path}: no column {', '.join(missing)}; it has {', '.join(table.columns)}. "
            f"{again(path.parent.parent)}"
        )
    for column in text:
        table[column] = table[column].map(read_cell)
    for column in (*numbers, *(name for name in optional if name in table)):
        table[column] = _numbers(table[column], path)
    for column in flags:
        table[column] = table[column].str.lower().isin(["true", "1"])
    for column in whole:
        if table[column].isna().any():
            raise ReportError(f"{path}: {column} is empty; wanted a whole number in every row.")
        table[column] = table[column].astype(int)
    return table


def _numbers(column: "pd.Series[str]", path: Path) -> "pd.Series[float]":
    """Turn text into numbers; empty text is not a number, other text is a fault."""
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    strange = column[numbers.isna() & ~column.str.lower().isin(["", "nan"])]
    if len(strange):
        raise ReportError(f"{path}: {column.name} is {strange.iloc[0]!r}; wanted a number.")
    return numbers
