"""Published figures before, at and after an inspection, by what it found."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame

from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    DARK_BLUE,
    DARK_GREY,
    GRADE_COLOURS,
    GRADE_MARKERS,
    GREY,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
)

_COLUMNS = ("group", "lag", "mean", "lower", "upper")
_FIGURE = "before, at and after inspection"


def draw_around_inspection(
    table: DataFrame,
    *,
    label: str = "Average percentile",
    middle: float = 50.0,
    width: Width = "wide",
) -> Figure:
    """Draw a small panel for each group of inspections, all on one scale.

    Parameters
    ----------
    table
        ``group`` (a grade, or any name), ``lag`` in years from the inspection (negative
        before it), ``mean``, ``lower`` and ``upper``.
    label, middle
        What the vertical axis is in, and its value for the middle of all authorities.
    width
        Panels side by side for a desk, two by two for a telephone.

    Returns
    -------
    Figure
        The dashed line is the inspection; the grey curves are the other groups.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    require_columns(table, _COLUMNS, _FIGURE)
    groups = list(dict.fromkeys(map(str, table["group"])))
    with house_style(width):
        columns = min(len(groups), 4 if is_broad(width) else 2)
        rows = -(-len(groups) // columns)
        figure = new_figure(width, (2.9 if is_broad(width) else 2.4) * rows + 0.2)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes in panels.ravel()[len(groups) :]:
            axes.set_visible(False)
        for axes, group in zip(panels.ravel(), groups, strict=False):
            _draw_group(axes, table, group, middle)
            axes.set_title(fold(group, 20 if is_broad(width) else 16))
        for axes in panels[:, 0]:
            axes.set_ylabel(fold(label, 28))
        for axes in panels.ravel()[max(len(groups) - columns, 0) : len(groups)]:
            axes.set_xlabel("Years from inspection")
            axes.tick_params(labelbottom=True)
        return figure


def _draw_group(axes: Axes, table: DataFrame, group: str, middle: float) -> None:
    """Draw one group over the others in grey."""
    colour = GRADE_COLOURS.get(group, DARK_BLUE)
    for name, other in table.groupby("group", sort=False):
        if str(name) != group:
            axes.plot(other["lag"], other["mean"], color="#C8C8C8", linewidth=1, zorder=1)
    own = table[table["group"] == group].sort_values("lag")
    axes.fill_between(own["lag"], own["lower"], own["upper"], color=colour, alpha=0.2, linewidth=0)
    axes.plot(
        own["lag"],
        own["mean"],
        color=colour,
        marker=GRADE_MARKERS.get(group, "o"),
        markersize=5,
        zorder=3,
    )
    axes.axvline(0, color=DARK_GREY, linestyle="--", linewidth=1, zorder=0)
    axes.axhline(middle, color=GREY, linewidth=0.8, zorder=0)
    lags = np.unique(own["lag"].to_numpy(float))
    whole = bool(np.all(lags == np.round(lags)))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=whole))
    axes.xaxis.set_major_formatter(
        lambda value, _: f"{value:+g}".replace("-", "−") if value else "0"
    )
    axes.set_xlim(lags.min() - 0.35, lags.max() + 0.35)
    axes.grid(axis="x", visible=False)
