"""Deprivation scores and ranks of the indices of 2015, 2019 and 2025, on the panel's areas.

The tables of 2015 and 2019 are published for the upper-tier authorities of their day.
An authority takes its own score, or the score of its area under an older code. One that
began later inherits: the mean of the authorities that were merged into it, or else the
score of the county that it was cut from.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from data import deprivation
from data.geography import (
    authorities_on,
    current_authorities,
    predecessors,
    require_areas,
    resolve,
    resolve_on,
)
from data.integrity import require_names, require_ranks
from data.joins import Join
from data.panel import MEASURES, PanelError
from data.sheets import read_sheet
from data.text import figures
from data.validate_table import SHEET_ROW, validate_table

FILES = {
    2015: "mhclg_deprivation/File_11_ID_2015_Upper-tier_Local_Authority_Summaries.xlsx",
    2019: "mhclg_deprivation/"
    "File_11_-_IoD2019_Local_Authority_District_Summaries__upper-tier__.xlsx",
}
REFERENCE_YEARS = {2015: 2013, 2019: 2016, deprivation.YEAR: 2023}
"""Year that the data of each vintage are mostly about: 2012/13, 2015/16 and 2022/23."""

_IN_FORCE = {2015: date(2015, 3, 31), 2019: date(2019, 4, 1)}
_CODES = {
    2015: "Upper Tier Local Authority District code (2013)",
    2019: "Upper Tier Local Authority District code (2019)",
}
_SCORES = {
    2015: {
        "imd": "IMD - Average score",
        "idaci": "Income Deprivation Affecting Children Index (IDACI) - Average score",
    },
    2019: {"imd": "IMD - Average score", "idaci": "IDACI - Average score"},
}
_SHEETS = {"imd": "IMD", "idaci": "IDACI"}


def vintage_of_year(year: int) -> int:
    """Choose the vintage whose data are nearest to a year, the newer of two as near."""
    return min(REFERENCE_YEARS, key=lambda one: (abs(REFERENCE_YEARS[one] - year), -one))


def read_vintage(root: Path, vintage: int) -> tuple[pd.DataFrame, list[Join]]:
    """Read the average scores of one older vintage.

    Parameters
    ----------
    root
        Folder of published files.
    vintage
        2015 or 2019.

    Returns
    -------
    tuple
        Scores indexed by ``authority``, a column for each of
        :data:`data.panel.MEASURES`; and a record of each authority whose score is not
        published under its own code.

    Raises
    ------
    PanelError
        If a sheet or column is not there, a score is no number, a code is unknown, or
        an authority has neither a score nor a predecessor with one.
    """
    file = FILES[vintage]
    published = pd.DataFrame({name: _published(root, vintage, name) for name in MEASURES})
    own: dict[str, pd.Series] = {}
    joins: list[Join] = []
    for code, scores in published.iterrows():
        found = resolve(str(code), where=f"{file}: column {_CODES[vintage]}", shareable=False)
        for authority in found.authorities:
            if authority in own:
                raise _twice(file, authority)
            own[authority] = scores
        if found.action == "recoded":
            name = str(current_authorities().loc[found.authorities[0], "name"])
            joins.append(Join(file, str(code), name, (vintage,), "recoded", found.reason))
    for authority in map(str, current_authorities().index):
        if authority not in own:
            own[authority], join = _inherited(published, authority, vintage)
            joins.append(join)
    return pd.DataFrame(own).T.loc[current_authorities().index, list(MEASURES)], joins


def read_vintage_on(root: Path, vintage: int, day: date) -> pd.DataFrame:
    """Read the scores of one older vintage for the authorities that were there on a day.

    Raises
    ------
    PanelError
        As :func:`read_vintage`, or if an authority of that day has no score of its own.
    """
    file, wanted = FILES[vintage], authorities_on(day)
    published = pd.DataFrame({name: _published(root, vintage, name) for name in MEASURES})
    where = f"{file}: column {_CODES[vintage]}"
    areas = [
        (*resolve_on(str(code), day, where=where, shareable=False).authorities, "")[0]
        for code in published.index
    ]
    scores = published.set_axis(areas, axis="index")
    twice = [area for area in scores.index[scores.index.duplicated()] if area]
    if twice:
        raise _twice(file, twice[0])
    missing = wanted.index.difference(scores.index)
    if len(missing):
        raise PanelError(
            f"{file}: no row for {wanted.loc[missing[0], 'name']} ({missing[0]}), an authority "
            f"of {day.isoformat()}. Choose a day from {_IN_FORCE[vintage].isoformat()} on, or "
            "another vintage."
        )
    return scores.loc[wanted.index, list(MEASURES)]


def own_scores(root: Path, vintage: int, codes: Sequence[str]) -> pd.DataFrame:
    """Read the scores that a vintage has under these very codes; a row for each that it has.

    The newest vintage has the panel's own authorities alone, and so none of others.
    """
    if vintage == deprivation.YEAR:
        return pd.DataFrame(columns=list(MEASURES))
    published = pd.DataFrame({name: _published(root, vintage, name) for name in MEASURES})
    return published.loc[[code for code in codes if code in published.index]]


def file_of(vintage: int) -> str:
    """Name the file of a vintage's scores."""
    return FILES.get(vintage, deprivation.FILE)


def read_vintages(root: Path) -> tuple[dict[int, pd.DataFrame], list[Join]]:
    """Read the scores of every vintage, the newest from :mod:`data.deprivation`."""
    newest, joins = deprivation.read_deprivation(root)
    scores = {deprivation.YEAR: newest}
    for vintage in FILES:
        scores[vintage], more = read_vintage(root, vintage)
        joins = [*joins, *more]
    return scores, joins


def _inherited(published: pd.DataFrame, authority: str, vintage: int) -> tuple[pd.Series, Join]:
    """Return the scores of a later authority, from those of what it was made of."""
    name = str(current_authorities().loc[authority, "name"])
    parents = predecessors(authority)
    there = [code for code in parents if code in published.index]
    if not there:
        raise PanelError(
            f"{FILES[vintage]}: no row for {name} ({authority}) nor for a predecessor "
            f"({', '.join(parents) or 'none is known'}); wanted one. Get the whole file."
        )
    how = (
        f"Unweighted mean of {' and '.join(there)}, merged into it."
        if len(there) > 1
        else f"The score of {there[0]}, of which it was a part."
    )
    join = Join(FILES[vintage], authority, name, (vintage,), "inherited", how)
    return published.loc[there].mean(), join


def _twice(file: str, authority: str) -> PanelError:
    """Return the error that an authority has rows under two of its codes."""
    return PanelError(
        f"{file}: {authority} has two rows, under two codes of one area; wanted one. Remove one."
    )


def _published(root: Path, vintage: int, measure: str) -> pd.Series:
    """Read one measure of one vintage, by published code."""
    file, column, code = FILES[vintage], _SCORES[vintage][measure], _CODES[vintage]
    named = code.replace(" code ", " name ")
    rank = column.replace("Average score", "Rank of average score")
    table = read_sheet(root, file, _SHEETS[measure], [code, column, named, rank])
    names, where = {"code": code, "score": column}, f"{file}: sheet {_SHEETS[measure]}"
    table = table.astype(object).fillna("").rename(columns={code: "code", column: "score"})
    validate_table(table, measure, where, names=names, label="code")
    require_names(table, where, name=named, line=SHEET_ROW)
    require_areas(table["code"], _IN_FORCE[vintage], where=where)
    require_ranks(table["score"], table[rank], table["code"], where)
    return figures(table["score"]).set_axis(table["code"])
