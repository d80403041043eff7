"""Every authority's rank with its interval, and its probability of being at the top."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from pandas import DataFrame

from analysis.plots.authorities import key_grades, row_inches, row_points, rule_rows, shorten
from analysis.plots.intervals import draw_intervals
from analysis.plots.pagination import COLUMNS
from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    GRADE_COLOURS,
    GRADE_MARKERS,
    MID_BLUE,
    Width,
    house_style,
    is_broad,
    new_figure,
)

_COLUMNS = ("name", "judgement", "rank", "rank_lower", "rank_upper", "probability_top")


def draw_rank_intervals(
    table: DataFrame, *, share: float, count: int = 0, width: Width = "wide"
) -> Figure:
    """Draw a row for each authority: mean rank, its interval, and P(top).

    Parameters
    ----------
    table
        One row an authority: ``name``, ``judgement`` (empty where none), ``rank`` with its
        ``_lower`` and ``_upper`` (1 is the most effective), ``probability_top``.
    share
        The share of authorities that is called the top.
    count
        Authorities that were ranked, where the table holds only some of them.
    width
        Two columns for a desk, a sheet of paper or a slide, one for a telephone.

    Returns
    -------
    Figure
        In the order of the mean rank; no rank stands without its interval. As tall as its
        rows need; :func:`analysis.plots.pagination.paginate_rows` parts a table that a sheet or a
        slide cannot hold.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    require_columns(table, _COLUMNS, "rank intervals")
    ordered = table.sort_values(["rank", "name"])
    columns = COLUMNS[width]
    rows = math.ceil(len(ordered) / columns)
    with house_style(width):
        figure = new_figure(width, rows * row_inches(width) + 1.2, gap=0.02, keep_height=True)
        panels = figure.subplots(
            1, 2 * columns, squeeze=False, width_ratios=[3.2, 1] * columns, sharey=True
        )[0]
        for place in range(columns):
            own = ordered.iloc[place * rows : (place + 1) * rows]
            pair = (panels[2 * place], panels[2 * place + 1])
            _draw_ranks(pair[0], own, max(count, len(ordered)), rows, width)
            _draw_probabilities(pair[1], own, share, width)
        key_grades(figure, width, set(ordered["judgement"]))
        return figure


def _draw_ranks(axes: Axes, table: DataFrame, count: int, rows: int, width: Width) -> None:
    """Draw the ranks of some of the authorities, with their names."""
    grades = table["judgement"].where(table["judgement"].isin(GRADE_COLOURS), "").to_numpy()
    numbers = table[["rank", "rank_lower", "rank_upper"]].to_numpy(float)
    for grade, colour in GRADE_COLOURS.items():
        places = np.flatnonzero(grades == grade)
        draw_intervals(axes, places, numbers[places], colour, GRADE_MARKERS[grade], 4.2)
    axes.set_ylim(rows - 0.3, -0.7)
    axes.set_xlim(-0.03 * count, 1.01 * count)
    axes.set_xticks(sorted({1, round(count / 2), count}))
    for place, name in enumerate(table["name"]):  # an axis shared with its neighbour has one set
        axes.text(
            -0.02,
            place,
            shorten(str(name), 30 if is_broad(width) else 28),
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=row_points(width),
        )
    axes.set_yticks([])
    _finish(axes, "Rank", rows)
    last = axes.xaxis.get_major_ticks()[-1]
    for label in (last.label1, last.label2):  # apart from the neighbour's first
        label.set_horizontalalignment("right")


def _draw_probabilities(axes: Axes, table: DataFrame, share: float, width: Width) -> None:
    """Draw P(top) as bars."""
    axes.barh(range(len(table)), table["probability_top"], height=0.7, color=MID_BLUE)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _finish(axes, f"P(top {100 * share:g}%)", int(axes.get_ylim()[0]))
    axes.tick_params(axis="x", labelsize=row_points(width))


def _finish(axes: Axes, label: str, rows: int) -> None:
    """Rule every fifth row and name the axis at both ends."""
    rule_rows(axes, np.arange(4, rows - 1, 5) + 0.5)
    axes.tick_params(axis="x", top=True, labeltop=True)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.set_xlabel(label)
