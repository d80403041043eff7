"""From which grade to which an authority went, from an inspection to the next."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from pandas import DataFrame

from analysis.plots.deciles import GRADES_BEST_FIRST
from analysis.plots.style import (
    INK,
    MID_BLUE,
    PALE_BLUE,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
    sized,
)


def draw_transitions(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw a matrix of counts for each pair of frameworks, all in one scale of colour.

    Parameters
    ----------
    table
        ``from_framework``, ``to_framework``, ``from_grade``, ``to_grade`` and ``steps``,
        for every pair of grades.
    width
        Two matrices in a row for a desk, one for a telephone.

    Returns
    -------
    Figure
        Rows are the earlier grade, columns the later; the frame marks no change.
    """
    pairs = list(dict.fromkeys(zip(table["from_framework"], table["to_framework"], strict=True)))
    columns = min(2 if is_broad(width) else 1, len(pairs))
    rows = -(-len(pairs) // columns)
    most = max(int(table["steps"].max()), 1)
    with house_style(width):
        figure = new_figure(width, 2.75 * rows, gap=0.05)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in panels[len(pairs) :]:
            axes.set_visible(False)
        for axes, pair in zip(panels, pairs, strict=False):
            own = table[(table["from_framework"] == pair[0]) & (table["to_framework"] == pair[1])]
            _draw_matrix(axes, own, most, width)
            total = int(own["steps"].sum())
            axes.set_title(f"{pair[0]} to {pair[1]} ({total:,})", loc="left")
        return figure


def _draw_matrix(axes: Axes, table: DataFrame, most: int, width: Width) -> None:
    """Draw one matrix with its counts."""
    grades = list(GRADES_BEST_FIRST)
    grid = table.pivot_table("steps", "from_grade", "to_grade", aggfunc="sum")
    counts = grid.reindex(index=grades, columns=grades).to_numpy(float)
    colours = LinearSegmentedColormap.from_list("steps", ["#F5F6F7", PALE_BLUE, MID_BLUE])
    axes.imshow(counts, cmap=colours, vmin=0, vmax=most, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        axes.text(
            column,
            row,
            f"{count:.0f}",
            ha="center",
            va="center",
            color="white" if count > 0.75 * most else INK,
            weight="bold" if row == column else "normal",
        )
    axes.set_xticks(range(4), [fold(grade, 12) for grade in grades])
    axes.set_yticks(range(4), [fold(grade, 12) for grade in grades])
    axes.tick_params(length=0, labelsize=sized(7.5, width))
    axes.set_ylabel("Before", fontsize=sized(8.5, width))
    axes.set_xlabel("Then", fontsize=sized(8.5, width))
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.set_xticks(np.arange(0.5, 3), minor=True)
    axes.set_yticks(np.arange(0.5, 3), minor=True)
    axes.grid(which="minor", axis="both", color="white", linewidth=2)
    axes.tick_params(which="minor", length=0)
