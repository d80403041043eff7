"""What may be drawn: nothing without its columns, and nothing from an empty table."""

from collections.abc import Sequence

from pandas import DataFrame

from analysis.plots.saving import FigureError


def require_columns(table: DataFrame, columns: Sequence[str], figure: str) -> None:
    """Refuse a table that is empty or lacks a column.

    Raises
    ------
    FigureError
        Naming the figure, what is missing and what there is.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise FigureError(
            f"{figure}: the table has no column {', '.join(missing)}; it has "
            f"{', '.join(map(str, table.columns))}."
        )
    if table.empty:
        raise FigureError(f"{figure}: the table has no rows, so there is nothing to draw.")
