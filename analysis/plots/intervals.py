"""Rows of points with their intervals, the form that most of the figures share."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from analysis.plots.style import (
    ESTIMAND_COLOURS,
    ESTIMAND_MARKERS,
    GREY,
    INK,
    PALE_GREY,
    is_broad,
    width_of,
)
from analysis.words.vocabulary import ESTIMANDS


def draw_intervals(
    axes: Axes,
    heights: ArrayLike,
    numbers: NDArray[np.float64],
    colour: str,
    marker: str,
    size: float = 6.0,
) -> None:
    """Draw points with their intervals.

    Parameters
    ----------
    axes
        Where to draw.
    heights
        Where each lies on the vertical axis.
    numbers
        A row for each: mean, lower and upper. Rows that are not numbers stay empty.
    colour, marker
        What they share.
    size
        Diameter of a point, in points; lines are a third as wide.
    """
    mean, lower, upper = numbers.T
    axes.hlines(heights, lower, upper, color=colour, linewidth=size / 3, zorder=2)
    axes.plot(mean, heights, marker, color=colour, markersize=size, zorder=3)


def draw_estimand_rows(
    axes: Axes, table: pd.DataFrame, label: str, rows: Sequence[str], columns: Sequence[str]
) -> None:
    """Draw a row for each label, top first, with one interval for each estimand in it.

    Parameters
    ----------
    axes
        Where to draw; its vertical axis is in rows.
    table
        Rows with ``estimand``, the label and the three columns; at most one for each
        pair of label and estimand.
    label
        The column that tells the rows apart.
    rows
        The labels in order; those that the table lacks stay empty.
    columns
        The columns that hold mean, lower and upper. Where the table has ``no_link_lower`` and
        ``no_link_upper``, what replicates without a link give is a pale bar behind.
    """
    shown = [name for name in ESTIMAND_COLOURS if name in set(table["estimand"])]
    for offset, estimand in zip(offsets(len(shown)), shown, strict=True):
        own = table[table["estimand"] == estimand].set_index(label)[list(columns)]
        draw_intervals(
            axes,
            np.arange(len(rows)) + offset,
            own.reindex(list(rows)).to_numpy(float),
            ESTIMAND_COLOURS[estimand],
            ESTIMAND_MARKERS[estimand],
        )
        if {"no_link_lower", "no_link_upper"} <= set(table):
            beside = table[table["estimand"] == estimand].set_index(label).reindex(list(rows))
            axes.hlines(
                np.arange(len(rows)) + offset,
                beside["no_link_lower"].to_numpy(float),
                beside["no_link_upper"].to_numpy(float),
                color=PALE_GREY,
                linewidth=9,
                zorder=1,
            )
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), labels=list(rows))
    axes.tick_params(axis="y", left=False)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.hlines(
        [place + 0.5 for place in range(len(rows) - 1)],
        *(0, 1),
        transform=axes.get_yaxis_transform(),
        color=PALE_GREY,
        linewidth=0.6,
    )


def offsets(estimands: int) -> tuple[float, ...]:
    """Return how far from the middle of a row each of its intervals lies."""
    return (0.0,) if estimands == 1 else (-0.17, 0.17)


def key_estimands(figure: Figure, table: pd.DataFrame, expected: str | None = None) -> None:
    """Name the marks of the estimands above the panels, and the mark of no link."""
    marks = [
        Line2D([], [], color=colour, marker=ESTIMAND_MARKERS[name], label=ESTIMANDS[name])
        for name, colour in ESTIMAND_COLOURS.items()
        if name in set(table["estimand"])
    ]
    if expected:
        marks.append(
            Line2D([], [], color=INK, marker="|", markersize=12, linestyle="", label=expected)
        )
    wide = is_broad(width_of(figure))
    figure.legend(
        handles=marks,
        loc="outside upper left",
        ncols=len(marks) if wide else 1,
        frameon=False,
        borderaxespad=0,
        handlelength=1.8,
    )


def label_line(axes: Axes, value: float, text: str) -> None:
    """Draw a dashed line of reference and name it above the panel."""
    axes.axvline(value, color=GREY, linewidth=1.2, linestyle="--", zorder=1)
    axes.annotate(
        text,
        (value, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=INK,
    )
