"""Validate a source table against its schema, and name the cell that breaks it.

The schemas themselves stand in :mod:`data.schemas`. That module is imported when the
first table is validated, so that a panel from the cache need not wait for pandera.
"""

from collections.abc import Mapping

import pandas as pd

from data.geography import same_name
from data.panel import PanelError
from data.text import LINE

SHEET_ROW = "sheet row"
"""Column in which tables of a workbook have their row's number, in place of a line."""


def validate_table(
    frame: pd.DataFrame,
    schema: str,
    where: str,
    *,
    names: Mapping[str, str] | None = None,
    label: str = "",
) -> None:
    """Validate a table against its schema.

    Parameters
    ----------
    frame
        Columns as the schema names them, and the row's number in the file as ``line``,
        or in the sheet as ``sheet row``.
    schema
        A name of :data:`data.schemas.SCHEMAS`.
    where
        What to call the table.
    names
        What the publisher calls a column, where the schema calls it otherwise.
    label
        Column that says in a message which row it is; none if not given.

    Raises
    ------
    PanelError
        At the first row that breaks it, with its column, line and value, or at the
        first key that stands twice, with both lines.
    """
    import pandera.errors

    from data.schemas import SCHEMAS

    declared = SCHEMAS[schema]
    try:
        declared.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases.dropna(subset="index").sort_values("index", kind="stable")
        if cases.empty:
            raise PanelError(
                f"{where}: {error.failure_cases.iloc[0]['check']}. Mend the file."
            ) from error
        cells = cases[cases["schema_context"] == "Column"]
        if cells.empty:
            raise _twice(frame, list(declared.unique or ()), where) from error
        first = cells.iloc[0]
        row = frame.loc[first["index"]]
        column = (names or {}).get(first["column"], first["column"])
        said = f" ({row[label]})" if label else ""
        wanted = "some text" if first["check"] == "not_nullable" else first["check"]
        raise PanelError(
            f"{_place(row, where, column)}{said}: got {row[first['column']]!r}; wanted {wanted}. "
            "Mend the file."
        ) from error


def require_one_name(frame: pd.DataFrame, code: str, name: str, file: str) -> None:
    """Refuse a table in which a code has two names: one of its rows is misplaced.

    Names are compared as :func:`data.geography.same_name` does.

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
    for one, rows in twice.groupby(code, sort=False):
        first = rows[name].iloc[0]
        others = [not same_name(str(one), first, other) for other in rows[name]]
        if not any(others):
            continue
        both = pd.concat([rows.iloc[:1], rows[others]])
        said = " and ".join(
            f"{row[name]!r} (line {row[LINE]})" for _, row in both.iloc[:2].iterrows()
        )
        raise PanelError(
            f"{file}: column {name}: {one} is {said}; wanted one name for a code. Mend the file."
        )


def _place(row: pd.Series, where: str, column: str) -> str:
    """Name the table, column and row."""
    if SHEET_ROW in row.index:
        return f"{where}, column {column}, row {row[SHEET_ROW]}"
    return f"{where}: column {column}, line {row[LINE]}"


def _twice(frame: pd.DataFrame, key: list[str], where: str) -> PanelError:
    """Return which key stands twice, and where."""
    second = frame[frame.duplicated(key)].iloc[0]
    rows = frame[(frame[key] == second[key]).all(axis=1)]
    numbered = SHEET_ROW if SHEET_ROW in frame else LINE
    stands = " and ".join(map(str, rows[numbered].iloc[:2]))
    what = ", ".join(str(second[one]) for one in key)
    return PanelError(
        f"{where}: {what} twice: it stands on {'rows' if numbered == SHEET_ROW else 'lines'} "
        f"{stands}; wanted one. Remove one."
    )
