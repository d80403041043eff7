"""Read indicators from every release that has them; where releases overlap, the newest wins.

A year is taken whole from the newest release that has rows for it. What an older release
said of the same year is kept beside it, so that a revision can be seen. Which release
and which series each year follows is part of the panel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from data import ees, fingertips, sfr
from data.catalogue import Indicator
from data.cells import PublishedTable, columns_of, indicator_cells
from data.files import same_figures
from data.integrity import require_whole
from data.joins import Join, join_cells
from data.panel import PanelError, Progress, counted


@dataclass(frozen=True, slots=True, eq=False)
class ReleasedFigures:
    """What the releases say of one indicator.

    Attributes
    ----------
    cells
        As :func:`data.cells.indicator_cells` gives them, indexed by the panel's
        ``authority`` and ``year``, with ``earlier_value``: what the next older release
        gave, where it has the year.
    has
        Every year that a file of the indicator has, wanted or not.
    years
        Indexed by ``year``: ``release`` and ``series`` that the year follows,
        ``earlier_release`` and ``published``, the number of published codes with a
        figure, before anything is joined.
    joins
        What was not joined directly, or left out.
    """

    cells: pd.DataFrame
    years: pd.DataFrame
    joins: list[Join]
    has: frozenset[int]


def read_indicators(
    root: Path,
    indicators: Sequence[Indicator],
    years: tuple[int, ...],
    *,
    largest: int,
    report: Progress,
    on: date | None = None,
    only: str = "",
) -> dict[str, ReleasedFigures]:
    """Read each file once, and bring the cells of its indicators to the authorities.

    Parameters
    ----------
    root
        Folder of published files.
    indicators
        The indicators wanted.
    years
        The panel's years.
    largest
        Greatest count that a suppressed figure may hide where nothing bounds it.
    report
        Told of each file that is read.
    on
        Join to the authorities that were there on this day, in place of the panel's.
    only
        Published code whose cells alone are wanted; all if empty.

    Returns
    -------
    dict
        A reading of each indicator, by id.

    Raises
    ------
    PanelError
        If a file has not what the catalogue says.
    """
    wanted = {one.id: one.wanted(years) for one in indicators}
    by_file: dict[str, list[Indicator]] = {}
    for editions in wanted.values():
        for edition in editions:
            by_file.setdefault(edition.file, []).append(edition)
    cells: dict[tuple[str, str], pd.DataFrame] = {}
    contents: dict[str, str] = {}
    for file in counted(by_file, report, "reading published files"):
        table = _read_table(root, by_file[file])
        _refuse_other_year(table, by_file[file], contents)
        require_whole(table.frame, file, by_file[file][0].facts)
        for edition in by_file[file]:
            whole = sfr.with_denominator(root, table, edition)
            found = indicator_cells(whole, edition, largest=largest)
            if only:
                found = found[found.index.get_level_values("code") == only]
            cells[edition.id, file] = found
    return {
        name: _merge([(edition, cells[name, edition.file]) for edition in editions], years, on)
        for name, editions in wanted.items()
    }


def _refuse_other_year(
    table: PublishedTable, editions: Sequence[Indicator], contents: dict[str, str]
) -> None:
    """Refuse the file of another year or release under this one's name.

    A wide file says its year nowhere, so that only the same figures in two of them tell. The
    others have a column of years. A release has figures of its year or, where they come a
    year late, of the year before; an older one has every year that is taken of it.
    """
    if editions[0].layout == "sfr":
        figures = table.frame.drop(columns=["year"]).to_csv(index=False)
        other = contents.setdefault(figures, table.file)
        if other != table.file:
            raise same_figures(table.file, other)
        return
    there = {int(year) for year in table.frame["year"].unique()}
    if not there:
        raise PanelError(f"{table.file}: no row of an authority; wanted some. Get the whole file.")
    for edition in editions:
        lacks = sorted(set(edition.years) - there)
        newest = max(there)
        dated = edition.release.isdecimal() and len(edition.release) == 4
        release = int(edition.release) if dated else newest
        late = edition.years and newest > release
        if lacks or late or newest < release - 1:
            wanted = (
                f"{', '.join(map(str, lacks))} too" if lacks else f"those of release {release}"
            )
            raise PanelError(
                f"{table.file}: it has the years {min(there)} to {newest}; wanted {wanted}. "
                "Get the file of the release that the catalogue names."
            )


def _read_table(root: Path, editions: Sequence[Indicator]) -> PublishedTable:
    """Read the file that the editions share, in the layout that the first says."""
    first, columns = editions[0], columns_of(editions)
    if first.layout == "sfr":
        return sfr.read_table(root, first.file, columns, first.years[0], first.facts.blank)
    if first.layout == "fingertips":
        return fingertips.read_table(root, first.file, columns)
    return ees.read_table(root, first.file, columns)


def _merge(
    editions: Sequence[tuple[Indicator, pd.DataFrame]],
    years: tuple[int, ...],
    on: date | None,
) -> ReleasedFigures:
    """Take each year from the newest edition that has it; keep what the next older says."""
    kept: list[pd.DataFrame] = []
    older: list[pd.Series] = []
    about: dict[int, dict[str, object]] = {}
    joins: list[Join] = []
    has: set[int] = set()
    for edition, every in editions:
        has |= {int(year) for year in every.index.unique("year")}
        cells = every[every.index.get_level_values("year").isin(edition.years or years)]
        there = {int(year) for year in cells.index.unique("year")} & set(years)
        repeated = {y for y in there & about.keys() if not about[y]["earlier_release"]}
        fresh = there - about.keys()
        shareable = edition.kind == "rate"
        joined, more = join_cells(cells, edition.file, fresh, shareable=shareable, on=on)
        kept.append(joined)
        joins += [*more, *_left_out(cells, edition.file, fresh)]
        for year in repeated:
            about[year]["earlier_release"] = edition.release
        if repeated:
            again, _ = join_cells(cells, edition.file, repeated, shareable=shareable, on=on)
            older.append(again["value"])
        published = _published(cells)
        for year in fresh:
            about[year] = {
                "release": edition.release,
                "series": edition.series_of(year),
                "earlier_release": "",
                "published": published[year],
            }
    cells = pd.concat([frame for frame in kept if not frame.empty] or kept[:1])
    earlier = pd.concat(older).reindex(cells.index) if older else np.nan
    return ReleasedFigures(
        cells.assign(earlier_value=earlier),
        pd.DataFrame.from_dict(
            about, orient="index", columns=["release", "series", "earlier_release", "published"]
        ),
        joins,
        frozenset(has),
    )


def _published(cells: pd.DataFrame) -> dict[int, int]:
    """Count by year the codes with a numerator and a denominator above 0, or with a rate."""
    both = cells["numerator"].notna() & cells["denominator"].gt(0)
    rate = cells["value"].notna() & (cells["status"] == "observed")
    there = (both | rate | cells["exceeds"]).groupby(level="year").sum()
    return dict(zip(map(int, there.index), map(int, there), strict=True))


def _left_out(cells: pd.DataFrame, file: str, years: set[int]) -> list[Join]:
    """Record the cells that were left out since the numerator is above its denominator."""
    if not cells["exceeds"].any():
        return []
    out = cells[cells["exceeds"] & cells.index.get_level_values("year").isin(years)]
    return [
        Join(
            file,
            str(code),
            str(rows["name"].iloc[0]),
            tuple(sorted(map(int, rows.index.get_level_values("year")))),
            "left out",
            "The published numerator is above its denominator.",
        )
        for code, rows in out.groupby(level="code")
    ]
