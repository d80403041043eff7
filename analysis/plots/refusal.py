"""What may be drawn: nothing without its columns, and nothing from an empty table."""

from collections.abc import Sequence

from pandas import DataFrame

from analysis.plots.saving import FigureError
from analysis.record.thresholds import ESS, R_HAT


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


def require_converged(table: DataFrame, figure: str) -> None:
    """Refuse estimates that did not converge, by their ``rhat`` and ``ess_bulk``.

    Raises
    ------
    FigureError
        Naming the figure, how many rows fail, and the limits.
    """
    failed = ~((table["rhat"] <= R_HAT) & (table["ess_bulk"] >= ESS))
    if failed.any():
        raise FigureError(
            f"{figure}: {int(failed.sum())} of {len(table)} rows did not converge (R-hat above "
            f"{R_HAT:g} or an effective sample size below {ESS:g}). Leave them out, or draw more."
        )
