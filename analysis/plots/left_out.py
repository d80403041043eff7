"""How much better one model foresees each authority's judgement, it left out."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation
from pandas import DataFrame

from analysis.plots.authorities import key_grades, shorten
from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    DARK_GREY,
    GRADE_COLOURS,
    GRADE_MARKERS,
    GRADE_SIZES,
    GREY,
    Width,
    fold,
    house_style,
    is_broad,
    lowered,
    new_figure,
    sized,
    width_of,
)

_COLUMNS = ("name", "judgement", "difference", "pareto_k")
_NAMED = 5
_HEIGHTS = {True: 4.6, False: 8.0}
"""Inches, with panels side by side and not."""


def draw_left_out(
    table: DataFrame, *, threshold: float, better: str, worse: str, width: Width = "wide"
) -> Figure:
    """Draw each authority's difference in log score, and how far its weights may be relied on.

    Parameters
    ----------
    table
        ``name``, ``judgement``, ``difference`` (elpd of the one model less that of the
        other) and ``pareto_k`` (NaN where it was left out by refitting).
    threshold
        Pareto k above which an importance weight is not relied on.
    better, worse
        What a positive and what a negative difference speaks for, in words.
    width
        Panels side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        Left, authorities in the order of their difference, the five furthest at each end
        named; right, the difference against Pareto k.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    require_columns(table, _COLUMNS, "leave-one-out by authority")
    ordered = table.sort_values("difference").reset_index(drop=True)
    with house_style(width):
        broad = is_broad(width)
        figure = new_figure(width, _HEIGHTS[broad], gap=0.05)
        one, other = figure.subplots(
            *((1, 2) if broad else (2, 1)),
            squeeze=False,
            width_ratios=(1.35, 1) if broad else (1,),
            height_ratios=(1,) if broad else (1.3, 1),
        ).ravel()
        _draw_order(figure, one, ordered, better, worse)
        _draw_weights(other, ordered, threshold, width)
        key_grades(figure, width, set(ordered["judgement"]), lines=False)
        return figure


def _marks(axes: Axes, table: DataFrame, x: str, y: str, width: Width) -> None:
    """Draw the authorities in the marks of their grades."""
    for grade, colour in GRADE_COLOURS.items():
        own = table[table["judgement"] == grade]
        axes.plot(
            own[x],
            own[y],
            GRADE_MARKERS[grade],
            color=colour,
            markersize=sized(4 * GRADE_SIZES.get(grade, 1), width),
            alpha=0.8,
            markeredgewidth=0,
        )


def _draw_order(figure: Figure, axes: Axes, table: DataFrame, better: str, worse: str) -> None:
    """Draw the differences in order, and name the ends, beside the line at 0."""
    width = width_of(figure)
    placed = table.assign(place=np.arange(len(table)))
    _marks(axes, placed, "difference", "place", width)
    axes.axvline(0, color=DARK_GREY, linewidth=1, zorder=0)
    to_the_left, to_the_right = (
        ScaledTranslation(side * sized(6, width) / 72, 0, figure.dpi_scale_trans)
        for side in (-1, 1)
    )
    ends = [*range(min(_NAMED, len(table))), *range(max(len(table) - _NAMED, _NAMED), len(table))]
    # Where the figure is lower than asked for, names keep their size and need more of it.
    step = max(len(table) / 21, 1.0) / lowered(figure, _HEIGHTS[is_broad(width)])
    for at in ends:
        low = at < _NAMED
        difference = float(table.loc[at, "difference"])
        shift = at if low else len(table) - 1 - at
        height = shift * step if low else len(table) - 1 - shift * step
        axes.annotate(
            shorten(str(table.loc[at, "name"]), 24),
            (difference, at),
            xytext=(0, height),
            textcoords=axes.transData + (to_the_right if low else to_the_left),
            ha="left" if low else "right",
            va="center",
            fontsize=sized(8 if is_broad(width) else 7.6, width),
            arrowprops={
                "arrowstyle": "-",
                "color": GREY,
                "linewidth": 0.5,
                "shrinkA": 1,
                "shrinkB": 2,
                "relpos": (0.0 if low else 1.0, 0.5),
            },
        )
    axes.set_yticks([])
    axes.set_ylim(-0.05 * len(table) - 1, 1.05 * len(table))
    axes.set_xlabel(fold(f"← {worse}   |   {better} →", 60 if is_broad(width) else 40))
    axes.set_title("Difference in log score")
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)


def _draw_weights(axes: Axes, table: DataFrame, threshold: float, width: Width) -> None:
    """Draw the difference against Pareto k, and the line above which k is too high."""
    known = table[table["pareto_k"].notna()]
    _marks(axes, known, "difference", "pareto_k", width)
    axes.axhline(threshold, color=DARK_GREY, linestyle="--", linewidth=1.2)
    highest = max(threshold, float(known["pareto_k"].max()) if len(known) else threshold)
    axes.set_ylim(top=highest + 0.08)
    refitted = int(table["pareto_k"].isna().sum())
    title = f"Pareto k, relied on below {threshold:.2f}"
    axes.set_title(f"{title}; {refitted} refitted" if refitted else title)
    axes.set_xlabel("Difference in log score")
    axes.grid(axis="x", visible=False)
