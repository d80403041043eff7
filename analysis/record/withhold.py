"""No number of a fit that did not converge: what takes them away from records and tables.

What tells how a fit went (R-hat, effective sample sizes, divergences, Pareto k) stays; in the
place of what it found stands not a number, which JSON writes as null and CSV as nothing.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from analysis.record.part import Part

DIAGNOSTICS = frozenset({"rhat", "ess_bulk", "ess_tail"})


def without_numbers[PartType: Part](part: PartType) -> PartType:
    """Return a part of the record with every number of the fit taken away.

    Numbers become not a number, lists of parts empty, and parts within it the same as it.
    Names, methods and diagnostics stay.
    """
    return part.model_copy(update={name: _without(name, value) for name, value in part})


def _without(name: str, value: Any) -> Any:
    """Take the numbers out of one field."""
    if isinstance(value, Part):
        return without_numbers(value)
    if isinstance(value, float) and name not in DIAGNOSTICS:
        return math.nan
    return value


def blank_rows(
    table: pd.DataFrame, rows: "pd.Series[bool]", kept: Collection[str] = DIAGNOSTICS
) -> pd.DataFrame:
    """Return a table in which some rows have no numbers but those of some columns.

    Parameters
    ----------
    table
        Any table.
    rows
        Whose numbers are taken away.
    kept
        Columns that stay as they are. Text and flags do as well.
    """
    if not rows.any():
        return table
    numbers = [
        name
        for name in table.select_dtypes("number")
        if name not in kept and not pd.api.types.is_bool_dtype(table[name])
    ]
    return table.assign(**{str(name): table[name].astype(float).mask(rows) for name in numbers})


def blank_values(row: Mapping[str, Any], kept: Collection[str] = DIAGNOSTICS) -> dict[str, Any]:
    """Return a row with not a number in the place of each float but those of some keys."""
    return {
        key: math.nan if isinstance(value, float) and key not in kept else value
        for key, value in row.items()
    }
