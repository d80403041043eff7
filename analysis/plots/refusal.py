"""What may be drawn: nothing from a fit that did not converge, and nothing without its columns."""

from collections.abc import Sequence

from pandas import DataFrame

from analysis.evidence.gate import ESS, R_HAT
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


def require_converged(table: DataFrame, ess: str, figure: str) -> None:
    """Refuse estimates whose R-hat or effective sample size fails the gate.

    Parameters
    ----------
    table
        Estimates with a column ``rhat``.
    ess
        The column of the effective sample size.
    figure
        What was to be drawn, for the message.

    Raises
    ------
    FigureError
        If any R-hat is above, or effective size below, what
        :mod:`analysis.evidence.gate` asks for; a number that is not known fails.
    """
    good = (table["rhat"] <= R_HAT) & (table[ess] >= ESS)
    if good.all():
        return
    worst = table[~good].iloc[0]
    raise FigureError(
        f"{figure}: {int((~good).sum())} of {len(table)} estimates did not converge (R-hat "
        f"{worst['rhat']:.3f}, {ess} {worst[ess]:.0f} in the first; wanted at most {R_HAT:g} and "
        f"at least {ESS:g}). Nothing of them is drawn; sample longer, or leave them out."
    )
