"""Hold a published table to what it must be: whole, and in agreement with itself.

A table that has been cut, or whose columns or rows were exchanged, still reads as numbers.
What gives it away stands in the file or in the catalogue (:class:`data.catalogue.Facts`):
the authorities of the day, the years, the regional counts that authorities add up to, the
published percentage beside a count, the name beside a code, and what a figure can be at most.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.catalogue import Facts, Indicator
from data.geography import read_register, require_areas, require_name
from data.panel import PanelError
from data.text import LINE, figures

REGION = "region"
"""Column that names the region of an authority, or of a regional total."""

REGION_NAME = "region_name"
"""Where the Department's tables have it."""

_NOTHING = ("not_applicable",)
_ALMOST = 1e-6


def require_whole(frame: pd.DataFrame, file: str, facts: Facts) -> None:
    """Refuse a table that lacks a year, or an authority in one.

    Parameters
    ----------
    frame
        Rows of authorities, with ``code`` and ``year``.
    file
        What to call the table.
    facts
        What the file has.

    Raises
    ------
    PanelError
        If there are no rows, or a year or an authority of the day has none.
    """
    pairs = frame[["code", "year"]].drop_duplicates()
    there = sorted(map(int, pairs["year"].unique()))
    first, last = facts.years or (0, -1)
    absent = sorted(set(range(first, last + 1)) - set(there))
    if absent or not there:
        raise PanelError(
            f"{file}: no row of an authority{f' in {absent[0]}' if absent else ''}; wanted "
            f"{f'every year from {first} to {last}' if absent else 'some'}. Get the whole file."
        )
    for year, codes in pairs.groupby("year")["code"]:
        left_out = [code for code, years in facts.absent.items() if year in years]
        where = f"{file}: year {year}"
        require_areas(codes, facts.day(int(str(year))), where=where, absent=left_out)


def require_names(
    frame: pd.DataFrame, file: str, *, code: str = "code", name: str = "name", line: str = LINE
) -> None:
    """Refuse rows whose name is not one that their code has had.

    Parameters
    ----------
    frame
        Rows with a code and a name, and the row's number.
    file
        What to call the table.
    code, name, line
        The columns.
    """
    for _, row in frame.drop_duplicates([code, name]).iterrows():
        where = f"{file}: {'row' if line != LINE else 'line'} {row[line]}"
        require_name(str(row[code]), str(row[name]), where=where)


def with_regions(
    authorities: pd.DataFrame, regional: pd.DataFrame, region: str, *, own: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Name the region of each row, without case and signs.

    Rows of authorities have it in the same column as those of regions if they are said to
    have their ``own``; otherwise it is the register's.
    """
    theirs = authorities[region] if own else _region_of(authorities["code"])
    return (
        authorities.assign(**{REGION: plain(theirs)}),
        regional.assign(**{REGION: plain(regional[region])}),
    )


def _region_of(codes: pd.Series) -> pd.Series:
    """Look the regions of codes up."""
    return codes.map(read_register()["region"]).fillna("")


def plain(names: pd.Series) -> pd.Series:
    """Put names of regions without case, spaces and signs; what is no text without anything."""
    return names.map({name: re.sub("[^a-z]", "", str(name).lower()) for name in names.unique()})


def require_totals(
    file: str, column: str, part: pd.DataFrame, totals: pd.DataFrame, facts: Facts
) -> None:
    """Refuse counts of authorities that do not add up to the regional counts.

    Publishers round a regional count, so the sum may differ by half of what they round to,
    and no more. A hidden part is 0 or more: then the sum of the others may only fall short.

    Parameters
    ----------
    file, column
        What to call the figures.
    part
        ``status`` and ``number`` of each authority and year, and its :data:`REGION`, with
        ``year`` in the index.
    totals
        Rows of regions, with :data:`REGION`, ``year``, ``line`` and the column ``figure``.
    facts
        What the file has.

    Raises
    ------
    PanelError
        At the first region and year whose authorities do not add up to its count, or
        which has no count, or two.
    """
    years = part.index.get_level_values("year").to_numpy()
    which, unique = pd.factorize(pd.MultiIndex.from_arrays([part[REGION], years]))
    keys = pd.MultiIndex.from_tuples(list(unique))
    number = part["number"].to_numpy(float)
    told = ~np.isnan(number) | part["status"].isin(_NOTHING).to_numpy()
    shown = np.bincount(which, np.nan_to_num(number), len(keys))
    hidden = np.bincount(which, ~told, len(keys)) > 0
    rows = pd.MultiIndex.from_frame(totals[[REGION, "year"]])
    at = _positions(file, column, keys, rows, totals)
    published = figures(totals["figure"]).to_numpy()[at]
    if np.isnan(published).all():
        raise PanelError(
            f"{file}: column {column} has no count of a region; wanted those that its "
            "authorities add up to. Get the whole file."
        )
    over = published - shown
    low, high = -((facts.totals - 1) // 2), facts.totals // 2
    with np.errstate(invalid="ignore"):
        faulty = np.flatnonzero((over < low) | ((over > high) & ~hidden))
    if faulty.size:
        row = totals.iloc[at[faulty[0]]]
        raise PanelError(
            f"{file}: column {column}, {row['name']}, {row['year']}: the authorities add up to "
            f"{shown[faulty[0]]:.0f}{' and hidden figures' if hidden[faulty[0]] else ''}; wanted "
            f"the published {row['figure']} of line {row[LINE]}, rounded to {facts.totals}. "
            "Get the whole file."
        )


def _positions(
    file: str, column: str, keys: pd.MultiIndex, rows: pd.MultiIndex, totals: pd.DataFrame
) -> NDArray[np.intp]:
    """Find the row of each region and year."""
    twice = rows.duplicated()
    lost = ~keys.isin(rows)
    if twice.any() or lost.any():
        region, year = (rows[twice] if twice.any() else keys[lost])[0]
        found = "two rows" if twice.any() else "no row"
        raise PanelError(
            f"{file}: column {column}: {found} of the region {region!r} in {year}; wanted one, "
            f"which its authorities add up to. Get the whole file."
        )
    positions: NDArray[np.intp] = rows.get_indexer(keys)
    return positions


def require_shares(
    indicator: Indicator,
    name: str,
    part: pd.DataFrame,
    whole: NDArray[np.float64],
    published: pd.Series,
) -> None:
    """Refuse counts that do not give the published percentage beside them.

    Parameters
    ----------
    indicator
        The edition that the file holds.
    name
        The count's column or row.
    part
        ``number``, ``name`` and ``line`` of each authority and year.
    whole
        The denominator of each.
    published
        The published percentages, as text.

    Raises
    ------
    PanelError
        At the first cell whose percentage is another, or which has one and no count.
    """
    facts = indicator.facts
    share, number = figures(published).to_numpy(), part["number"].to_numpy(float)
    per = facts.per or indicator.bounds.per
    with np.errstate(divide="ignore", invalid="ignore"):
        ours = per * number / whole
        other = np.abs(ours - share) > 0.5 * 10.0**-facts.decimals + _ALMOST
    faulty = other & (whole > 0) & ~np.isnan(number)
    lost = np.isnan(number) & ~np.isnan(share)
    if (faulty | lost).any():
        at = int(np.flatnonzero(faulty | lost)[0])
        got = "no count" if lost[at] else f"{number[at]:.0f} of {whole[at]:.0f}"
        raise PanelError(
            f"{indicator.file}: {name}, {_place(part, at)}: got {got}; wanted the published "
            f"share, {published.iloc[at]} of {per:,.0f}. Mend the file."
        )


def require_rates(indicator: Indicator, cells: pd.DataFrame, keyed: pd.DataFrame) -> None:
    """Refuse published rates that do not follow from the columns that they are made of.

    Parameters
    ----------
    indicator
        The edition that the file holds; nothing is checked if it names no parts.
    cells
        ``number`` of each authority and year.
    keyed
        The rows that they come from, with the parts as text.
    """
    if not (indicator.numerator and indicator.denominator):
        return
    facts, rate = indicator.facts, cells["number"].to_numpy(float)
    half = 0.0 if facts.parts_decimals is None else 0.5 * 10.0**-facts.parts_decimals
    top, bottom = (_sum(keyed, names) for names in (indicator.numerator, indicator.denominator))
    of, under = (half * len(names) for names in (indicator.numerator, indicator.denominator))
    per, rounding = indicator.bounds.per, 0.5 * 10.0**-facts.decimals + _ALMOST
    with np.errstate(divide="ignore", invalid="ignore"):
        low = per * (top - of) / (bottom + under) - rounding
        high = per * (top + of) / (bottom - under) + rounding
        faulty = (bottom > under) & ((rate < low) | (rate > high))
    if faulty.any():
        at = int(np.flatnonzero(faulty)[0])
        raise PanelError(
            f"{indicator.file}: column {indicator.value}, {_place(keyed, at)}: got "
            f"{rate[at]:g}; wanted {per:,g} times {top[at]:g} by {bottom[at]:g} "
            f"({' + '.join(indicator.numerator)} by {' + '.join(indicator.denominator)}). "
            "Mend the file."
        )


def _sum(keyed: pd.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    """Add columns of text up; NaN where one is no number."""
    return np.sum([figures(keyed[name]).to_numpy() for name in names], axis=0)


def require_possible(indicator: Indicator, column: str, cells: pd.DataFrame) -> None:
    """Refuse a figure above what its unit can have.

    Parameters
    ----------
    indicator
        The edition that the file holds.
    column
        What to call the figure.
    cells
        ``number``, ``name`` and ``line`` of each authority and year.
    """
    number = cells["number"].to_numpy(float)
    over = np.flatnonzero(number > indicator.bounds.most)
    if over.size:
        raise PanelError(
            f"{indicator.file}: {column}, {_place(cells, int(over[0]))}: got "
            f"{number[over[0]]:g}; wanted at most {indicator.bounds.most:,g}. Mend the file."
        )


def require_ranks(score: pd.Series, rank: pd.Series, codes: pd.Series, where: str) -> None:
    """Refuse scores that are not in the order of the published ranks, 1 being the highest.

    Parameters
    ----------
    score, rank
        Numbers, as text or as a sheet types them.
    codes
        Of the rows.
    where
        What to call the table.
    """
    ranks = figures(rank)
    order = np.argsort(ranks.to_numpy(), kind="stable")
    ordered = figures(score).to_numpy()[order]
    faulty = np.flatnonzero(~(np.diff(ordered) <= _ALMOST))
    if ranks.isna().any() or faulty.size:
        at = int(order[faulty[0] + 1]) if faulty.size else int(np.flatnonzero(ranks.isna())[0])
        raise PanelError(
            f"{where}: {codes.iloc[at]} has the score {score.iloc[at]} and the rank "
            f"{rank.iloc[at]}; wanted scores that fall from rank to rank. Mend the file."
        )


def _place(cells: pd.DataFrame, at: int) -> str:
    """Name the authority, year and line of a cell."""
    (code, year), row = cells.index[at], cells.iloc[at]
    return f"{row['name']} ({code}), {year}, line {row[LINE]}"
