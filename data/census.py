"""Residents by ethnic group, from the census of 2021."""

from pathlib import Path

import pandas as pd

from data.geography import current_authorities
from data.integrity import require_names
from data.panel import PanelError
from data.source_vocabulary import ETHNIC_GROUPS, NO_ETHNIC_GROUP
from data.text import LINE, figures, read_text
from data.validate_table import validate_table

FILE = "ons_census/ons-ethnic-population-la.csv"

_CODE = "2023 Upper tier local authorities Code"
_NAME = "2023 Upper tier local authorities"
_GROUP = "Ethnic group (20 categories)"
_COUNT = "Observation"


def read_ethnicity(root: Path) -> pd.DataFrame:
    """Read the share of all residents in each broad ethnic group.

    Parameters
    ----------
    root
        Folder of published files.

    Returns
    -------
    pd.DataFrame
        Shares that add up to 1, indexed by ``authority``, a column for each of
        :data:`data.source_vocabulary.ETHNIC_GROUPS`. Rows of Wales are left out.

    Raises
    ------
    PanelError
        If the file or a column is not there, a cell is no count, a group is unknown or
        stands twice, or an authority has no residents.
    """
    table = read_text(root, FILE, [_CODE, _NAME, _GROUP, _COUNT])
    columns = {"code": _CODE, "group": _GROUP, "count": _COUNT}
    held = table.rename(columns={column: name for name, column in columns.items()})
    validate_table(held, "census", FILE, names=columns, label="code")
    table = table[table[_CODE].str.startswith("E")]
    require_names(table, FILE, code=_CODE, name=_NAME)
    _refuse_others(table)
    _refuse_fewer(table)
    table = table[table[_GROUP] != NO_ETHNIC_GROUP]
    broad = table[_GROUP].map({text: _broad(text) for text in table[_GROUP].unique()})
    numbers = figures(table[_COUNT])
    counted = pd.DataFrame({"authority": table[_CODE], "group": broad, "count": numbers})
    counts = counted.pivot_table("count", "authority", "group", "sum", fill_value=0)
    counts = counts.reindex(index=current_authorities().index, columns=list(ETHNIC_GROUPS))
    total = counts.sum(axis=1, skipna=False)
    if not (total > 0).all():
        raise PanelError(
            f"{FILE}: no residents of {total.index[~(total > 0)][0]}; wanted all "
            f"{len(total)} authorities of April 2023. Get the whole file."
        )
    return counts.div(total, axis=0)


def _refuse_fewer(table: pd.DataFrame) -> None:
    """Refuse an authority that lacks a group: its shares would add up without it."""
    groups = table.groupby(_CODE)[_GROUP].nunique()
    fewer = groups[groups < table[_GROUP].nunique()]
    if not fewer.empty:
        raise PanelError(
            f"{FILE}: {fewer.index[0]} has {fewer.iloc[0]} of {table[_GROUP].nunique()} groups; "
            "wanted a row for each. Get the whole file."
        )


def _refuse_others(table: pd.DataFrame) -> None:
    """Refuse a code of England that is none of the panel's: its residents would be lost."""
    others = table[~table[_CODE].isin(current_authorities().index)]
    if not others.empty:
        row = others.iloc[0]
        raise PanelError(
            f"{FILE}: line {row[LINE]}: {row[_CODE]} is no authority of April 2023; wanted those "
            "alone. Get the file of April 2023."
        )


def _broad(text: str) -> str:
    """Find the broad group that one of the twenty belongs to."""
    return next((name for name, start in ETHNIC_GROUPS.items() if text.startswith(start)), "")
