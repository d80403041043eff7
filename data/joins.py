"""Bring published figures to the panel's authorities, recording what was not direct."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.geography import Action, Resolution, resolve_on
from data.panel import PanelError

_SILENT = ("not_applicable", "no_data")


@dataclass(frozen=True, slots=True)
class Join:
    """A record of figures that were not joined directly, and what was done.

    Attributes
    ----------
    source
        File, below the folder of published files.
    code, name
        As published.
    years
        The panel's years, or the years of the inspections, that it concerns.
    action, reason
        As in :class:`data.geography.Resolution`.
    """

    source: str
    code: str
    name: str
    years: tuple[int, ...]
    action: Action
    reason: str

    def as_record(self) -> dict[str, object]:
        """Return the record as JSON knows it."""
        return asdict(self) | {"years": list(self.years)}


def join_cells(
    cells: pd.DataFrame,
    source: str,
    years: Iterable[int],
    *,
    shareable: bool,
    on: date | None = None,
) -> tuple[pd.DataFrame, list[Join]]:
    """Move cells from published codes to the panel's authorities.

    Parameters
    ----------
    cells
        Indexed by published ``code`` and ``year``, with ``status``, ``name`` and
        ``line``.
    source
        The file they come from.
    years
        The panel's years; cells of other years are left out.
    shareable
        Whether a row for several authorities may stand for each of them.
    on
        Join to the authorities that were there on this day, in place of the panel's.

    Returns
    -------
    tuple
        The cells, indexed by ``authority`` and ``year``, and a record of each code
        that was not direct and had something published.

    Raises
    ------
    PanelError
        If a code is unknown, or two rows fall on one authority and year.
    """
    rows = cells.reset_index()
    which, codes = pd.factorize(rows["code"])
    first = rows.loc[np.unique(which, return_index=True)[1]]
    found = [
        resolve_on(str(code), on, where=f"{source}: line {line}", shareable=shareable)
        for code, line in zip(first["code"], first["line"], strict=True)
    ]
    direct = np.array([one.action == "direct" for one in found], dtype=bool)[which]
    silent = rows["status"].isin(_SILENT).to_numpy()
    kept = rows["year"].isin(list(years)).to_numpy() & (direct | ~silent)
    rows, which = rows[kept], which[kept]
    joins = [
        Join(
            source,
            str(codes[position]),
            str(first["name"].iloc[position]),
            tuple(sorted(map(int, rows["year"].to_numpy()[which == position]))),
            one.action,
            one.reason,
        )
        for position, one in enumerate(found)
        if one.action != "direct"
    ]
    moved = _without_overtaken(_moved(rows, which, found))
    _refuse_collision(moved, source)
    return moved.set_index(["authority", "year"]), [join for join in joins if join.years]


def _moved(
    rows: pd.DataFrame, which: NDArray[np.intp], found: Sequence[Resolution]
) -> pd.DataFrame:
    """Return the authority of each row; a shared row stands for each, one not joined for none."""
    most = max((len(one.authorities) for one in found), default=0)
    copies = []
    for at in range(most):
        target = np.array([(*one.authorities, *[None] * most)[at] for one in found], dtype=object)
        there = np.array([one is not None for one in target], dtype=bool)[which]
        copies.append(rows[there].assign(authority=target[which][there]))
    return pd.concat(copies) if copies else rows.iloc[:0].assign(authority=None)


def _without_overtaken(moved: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows without a figure beside one that has it for the same authority and year.

    Some releases list both codes of a renumbered authority in every year.
    """
    twice = moved.duplicated(["authority", "year"], keep=False)
    if not twice.any():
        return moved
    spoken = ~moved["status"].isin(_SILENT)
    answered = spoken.groupby([moved["authority"], moved["year"]]).transform("any")
    return moved[~(twice & ~spoken & answered)]


def merge_joins(joins: Iterable[Join]) -> list[Join]:
    """Put records that differ only in their years into one, sorted by source and code."""
    merged: dict[Join, set[int]] = {}
    for join in joins:
        merged.setdefault(replace(join, years=()), set()).update(join.years)
    return sorted(
        (replace(join, years=tuple(sorted(years))) for join, years in merged.items()),
        key=lambda join: (join.source, join.code),
    )


def _refuse_collision(moved: pd.DataFrame, source: str) -> None:
    """Refuse two published rows for one authority and year."""
    twice = np.flatnonzero(moved.duplicated(["authority", "year"]))
    if twice.size:
        second = moved.iloc[twice[0]]
        same = (moved["authority"] == second["authority"]) & (moved["year"] == second["year"])
        first = moved[same].iloc[0]
        raise PanelError(
            f"{source}: lines {first['line']} and {second['line']} (codes {first['code']} and "
            f"{second['code']}) both give {second['name']}, {second['year']}; wanted one. "
            "Remove one, or correct data/authorities.csv."
        )
