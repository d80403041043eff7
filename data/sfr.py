"""Read the wide files on children looked after of 2014 to 2017 (statistical first release).

One file a year, with other columns each year: the catalogue names them. The year stands
in no column, so the catalogue gives it. Here ``x`` hides a small number, or one that
would give a small number away, and the two cannot be told apart by the code. The file
on care leavers of 2014 names two columns ``LA_Noinf``, of activity and of accommodation:
the first is read.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from data.catalogue import Indicator
from data.cells import PublishedTable
from data.integrity import require_names, with_regions
from data.panel import PanelError
from data.suppression import SFR_CODES
from data.text import LINE, read_text, require
from data.validate_table import validate_table

KEY_COLUMNS = ("geog_l", "New_geog_code", "geog_n")
LEVEL, REGIONAL = "LA", "REGION"


def read_table(
    root: Path, file: str, columns: Iterable[str], year: int, blank: Sequence[str] = ()
) -> PublishedTable:
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
    blank
        Codes of authorities whose figures may be blank.

    Raises
    ------
    PanelError
        If the file is missing or no such table, a column or the level is not there, or a figure
        of another authority is blank.
    """
    wanted = [*KEY_COLUMNS, *sorted(columns)]
    frame = read_text(root, file, wanted, take_first=True)
    validate_table(frame, "sfr", file)
    _refuse_without_level(frame, file)
    require(LEVEL, frame["geog_l"].unique(), f"{file}: column geog_l has no row")
    rows = frame[frame["geog_l"] == LEVEL]
    validate_table(rows, "sfr_authority", file)
    named = {"New_geog_code": "code", "geog_n": "name"}
    rows, regions = (
        some.rename(columns=named).assign(year=year)
        for some in (rows, frame[frame["geog_l"] == REGIONAL])
    )
    require_names(rows, file)
    _refuse_blank(rows, sorted(columns), blank, file)
    rows, regions = with_regions(rows, regions, "name", own=False)
    return PublishedTable(file, rows, SFR_CODES, regions)


def _refuse_blank(
    rows: pd.DataFrame, columns: Sequence[str], blank: Sequence[str], file: str
) -> None:
    """Refuse a blank figure of an authority of which the publisher left none blank."""
    for column in columns:
        lost = rows[(rows[column] == "") & ~rows["code"].isin(blank)]
        if not lost.empty:
            row = lost.iloc[0]
            raise PanelError(
                f"{file}: column {column}, line {row[LINE]} ({row['name']}): the figure is blank; "
                "wanted a number or a code. Mend the file."
            )


def _refuse_without_level(frame: pd.DataFrame, file: str) -> None:
    """Refuse a row with figures and no level; one of zeros, as Scilly's of 2017, is left out."""
    bare = frame[frame["geog_l"] == ""]
    counted = ~bare.drop(columns=[*KEY_COLUMNS, LINE]).isin(["0", ""]).all(axis=1)
    if counted.any():
        row = bare[counted].iloc[0]
        raise PanelError(
            f"{file}: column geog_l, line {row[LINE]}: got '' beside figures of "
            f"{row['geog_n']!r}; wanted {LEVEL!r} or another level. Mend the file."
        )


def with_denominator(root: Path, table: PublishedTable, edition: Indicator) -> PublishedTable:
    """Put the denominator of an edition beside its table, if it stands in another file.

    Raises
    ------
    PanelError
        If that file is not as it should be, an authority stands twice in either, or one
        of the two has an authority that the other lacks.
    """
    if not edition.denominator_file:
        return table
    whole = read_table(root, edition.denominator_file, edition.denominator, edition.years[0])
    other = whole.frame.set_index("code")
    codes = pd.Index(table.frame["code"])
    for file, own, against in (
        (edition.denominator_file, other.index, codes),
        (table.file, codes, other.index),
    ):
        if own.has_duplicates:
            raise PanelError(f"{file}: {own[own.duplicated()][0]} stands twice; wanted one row.")
        if len(against.difference(own)):
            raise PanelError(
                f"{file}: no row for {against.difference(own)[0]}, which "
                f"{table.file if file != table.file else edition.denominator_file} has; wanted "
                "the same authorities in both. Get the files again."
            )
    beside = {name: whole.frame.set_index("code")[name] for name in edition.denominator}
    regional = {name: whole.regions.set_index("name")[name] for name in edition.denominator}
    return PublishedTable(
        table.file,
        table.frame.assign(**{name: cells.reindex(codes).array for name, cells in beside.items()}),
        table.codes,
        table.regions.assign(
            **{name: table.regions["name"].map(cells) for name, cells in regional.items()}
        ),
    )
