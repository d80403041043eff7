"""Bring published figures to the panel's authorities, recording what was not direct."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from data.geography import Action, Resolution, resolve
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
        """Give the record as JSON knows it."""
        return asdict(self) | {"years": list(self.years)}


def join_cells(
    cells: pd.DataFrame, source: str, years: Iterable[int], *, shareable: bool
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
    names = rows.drop_duplicates("code").set_index("code")
    found = {
        str(code): resolve(str(code), where=f"{source}: line {line}", shareable=shareable)
        for code, line in names["line"].items()
    }
    direct = rows["code"].map(lambda code: found[code].action == "direct")
    rows = rows[rows["year"].isin(list(years)) & (direct | ~rows["status"].isin(_SILENT))]
    rows = rows[~_overtaken(rows, found)]
    joins = [
        Join(
            source,
            code,
            str(names.loc[code, "name"]),
            tuple(sorted(map(int, rows.loc[rows["code"] == code, "year"]))),
            resolution.action,
            resolution.reason,
        )
        for code, resolution in found.items()
        if resolution.action != "direct"
    ]
    targets = rows["code"].map(lambda code: list(found[code].authorities))
    moved = rows.assign(authority=targets).explode("authority").dropna(subset="authority")
    _refuse_collision(moved, source)
    return moved.set_index(["authority", "year"]), [join for join in joins if join.years]


def _overtaken(rows: pd.DataFrame, found: Mapping[str, Resolution]) -> pd.Series:
    """Find rows without a figure beside one that has it under the code before or after.

    Some releases list both codes of a renumbered authority in every year.
    """
    target = rows["code"].map(lambda code: " ".join(found[code].authorities))
    spoken = ~rows["status"].isin(_SILENT) & (target != "")
    answered = set(zip(target[spoken], rows.loc[spoken, "year"], strict=True))
    both = pd.Series(list(zip(target, rows["year"], strict=True)), index=rows.index, dtype=object)
    return rows["status"].isin(_SILENT) & both.isin(answered)


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
