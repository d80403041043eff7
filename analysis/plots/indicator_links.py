"""Each indicator's own link with the judgement, by itself and partially pooled: a forest."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from analysis.plots.intervals import draw_intervals
from analysis.plots.refusal import require_columns, require_converged
from analysis.plots.style import (
    DARK_GREY,
    ESTIMAND_COLOURS,
    ESTIMAND_MARKERS,
    GREY,
    INK,
    PALE_GREY,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
    sized,
)
from analysis.words.vocabulary import ESTIMANDS

_SINGLE = ("mean", "lower", "upper")
_POOLED = ("pooled_mean", "pooled_lower", "pooled_upper")
_FIGURE = "indicator links"


def draw_indicator_links(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw a row for each indicator: its slope by itself (open) and partially pooled (filled).

    Parameters
    ----------
    table
        ``estimand``, ``indicator`` (and ``title``, if there is one), ``mean``, ``lower``,
        ``upper``, the same with ``pooled_``, ``rhat`` and ``ess_bulk``, as
        :func:`analysis.evidence.baselines.fit_baselines` gives them. Slopes are turned so
        that positive means that better judgements go with better figures.
    width
        Panels side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        A panel for each estimand; indicators in the order of their pooled slope, or where an
        aspect has no other of the slope by itself.

    Raises
    ------
    FigureError
        If the table is empty, lacks a column, or holds an estimate that did not converge.
    """
    wanted = ("estimand", "indicator", *_SINGLE, *_POOLED, "rhat", "ess_bulk")
    require_columns(table, wanted, _FIGURE)
    require_converged(table, _FIGURE)
    label = "title" if "title" in table.columns else "indicator"
    slope = table["pooled_mean"].fillna(table["mean"])
    order = slope.groupby(table[label]).mean().sort_values(ascending=False)
    names = [str(name) for name in order.index]
    shown = [name for name in ESTIMAND_COLOURS if name in set(table["estimand"])]
    with house_style(width):
        broad = is_broad(width)
        rows = 0.36 * len(names) if broad else (0.44 * len(names) + 0.7) * len(shown) - 0.6
        figure = new_figure(width, rows + 1.2, keep_height=True)
        layout = (1, len(shown)) if broad else (len(shown), 1)
        panels = figure.subplots(*layout, squeeze=False, sharex=True, sharey=broad).ravel()
        for axes, estimand in zip(panels, shown, strict=True):
            own = table[table["estimand"] == estimand].set_index(label).reindex(names)
            _draw_panel(axes, own, estimand, width)
        _key(figure, width)
        return figure


def _draw_panel(axes: Axes, table: DataFrame, estimand: str, width: Width) -> None:
    """Draw the rows of one estimand."""
    rows = np.arange(len(table))
    single = table[list(_SINGLE)].to_numpy(float)
    axes.hlines(rows + 0.2, single[:, 1], single[:, 2], color=GREY, linewidth=1.2)
    axes.plot(single[:, 0], rows + 0.2, "o", color=GREY, markerfacecolor="white", markersize=4.5)
    colour, marker = ESTIMAND_COLOURS[estimand], ESTIMAND_MARKERS[estimand]
    draw_intervals(axes, rows - 0.14, table[list(_POOLED)].to_numpy(float), colour, marker)
    axes.axvline(0, color=DARK_GREY, linewidth=1, zorder=1)
    axes.hlines(
        rows[:-1] + 0.5,
        *(0, 1),
        transform=axes.get_yaxis_transform(),
        color=PALE_GREY,
        linewidth=0.6,
    )
    characters = 44 if is_broad(width) else 29
    axes.set_yticks(rows, [fold(str(name), characters) for name in table.index])
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.tick_params(axis="y", left=False, labelsize=sized(9 if is_broad(width) else 8, width))
    axes.tick_params(axis="x", labelbottom=True)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.set_xlabel("Slope of the judgement")
    axes.set_title(ESTIMANDS[estimand])


def _key(figure: Figure, width: Width) -> None:
    """Name the two marks above the panels."""
    marks = [
        Line2D([], [], color=INK, marker="o", label="Partially pooled within its aspect"),
        Line2D(
            [], [], color=GREY, marker="o", markerfacecolor="white", label="By itself", linewidth=1
        ),
    ]
    figure.legend(
        handles=marks,
        loc="outside upper left",
        ncols=2 if is_broad(width) else 1,
        frameon=False,
        borderaxespad=0,
    )
