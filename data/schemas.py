"""The schema of every table of text, before its figures are read.

A row whose place, level or period cannot be read would otherwise drop out of every
filter and be lost without a word. The schemas hold the columns that say what a row is
about; the figures themselves are held by :mod:`data.suppression`, cell by cell.
"""

from collections.abc import Iterable

import pandas as pd
import pandera.pandas as pa

from data.panel import PanelError

CODE = r"E\d{8}( / E\d{8})*"
LINE = "line"


def _text(*checks: pa.Check) -> pa.Column:
    """Declare a column of text, none of it missing."""
    return pa.Column(None, checks=list(checks), nullable=False)


EES = pa.DataFrameSchema(
    {
        "time_period": _text(pa.Check.str_matches(r"^\d{4}(\d{2})?$")),
        "geographic_level": _text(pa.Check.isin(["National", "Regional", "Local authority"])),
    }
)
"""Explore Education Statistics: every row has a period and a level."""

EES_AUTHORITY = pa.DataFrameSchema(
    {
        "new_la_code": _text(pa.Check.str_matches(f"^{CODE}$")),
        "la_name": _text(pa.Check.str_length(min_value=1)),
    }
)
"""Its rows for local authorities have a code, or several for a joint return, and a name."""

SFR = pa.DataFrameSchema(
    {"geog_l": _text(pa.Check.isin(["NATIONAL", "REGION", "LA", ""]))},
)
"""Statistical first releases: every row has a level; some files end in an empty row."""

SFR_AUTHORITY = pa.DataFrameSchema(
    {
        "New_geog_code": _text(pa.Check.str_matches(r"^E\d{8}$")),
        "geog_n": _text(pa.Check.str_length(min_value=1)),
    }
)
"""Their rows for local authorities have a code and a name."""

FINGERTIPS = pa.DataFrameSchema(
    {
        "Area Type": _text(pa.Check.isin(["England", "Counties & UAs (from Apr 2023)"])),
        "Area Code": _text(pa.Check.str_matches(r"^E\d{8}$")),
        "Time period": _text(pa.Check.str_matches(r"^\d{4}/\d{2}$")),
    }
)
"""Public health profiles: every row has a kind of area, a code and a period."""


def hold(frame: pd.DataFrame, schema: pa.DataFrameSchema, file: str) -> None:
    """Hold a table to its schema.

    Parameters
    ----------
    frame
        Text columns, and the row's number in the file as ``line``.
    schema
        One of this module's.
    file
        What to call the table.

    Raises
    ------
    PanelError
        At the first row that breaks it, with its column, line and value.
    """
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases.dropna(subset="index").sort_values("index", kind="stable")
        if cases.empty:
            raise PanelError(
                f"{file}: {error.failure_cases.iloc[0]['check']}. Mend the file."
            ) from error
        first = cases.iloc[0]
        raise PanelError(
            f"{file}: column {first['column']}, line {frame.loc[first['index'], LINE]}: got "
            f"{first['failure_case']!r}; wanted {_wanted(str(first['check']))}. Mend the file."
        ) from error


def hold_names(frame: pd.DataFrame, code: str, name: str, file: str) -> None:
    """Refuse a table in which a code has two names: one of its rows is misplaced.

    Parameters
    ----------
    frame
        Text columns, and the row's number in the file as ``line``.
    code, name
        The columns.
    file
        What to call the table.

    Raises
    ------
    PanelError
        At the first such code, with both names and their lines.
    """
    pairs = frame.drop_duplicates([code, name])
    twice = pairs[pairs.duplicated(code, keep=False)]
    if not twice.empty:
        both = twice[twice[code] == twice[code].iloc[0]]
        said = " and ".join(
            f"{row[name]!r} (line {row[LINE]})" for _, row in both.iloc[:2].iterrows()
        )
        raise PanelError(
            f"{file}: column {name}: {twice[code].iloc[0]} is {said}; wanted one name for a code. "
            "Mend the file."
        )


def _wanted(check: str) -> str:
    """Put a check's name and argument as words."""
    words: Iterable[tuple[str, str]] = (
        ("isin(", "one of "),
        ("str_matches(", "text like "),
        ("str_length(", "some text, length "),
    )
    for start, said in words:
        if check.startswith(start):
            return said + check.removeprefix(start).removesuffix(")")
    return check
