"""How effectiveness is distributed within each grade."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pandas import DataFrame

from analysis.plots.deciles import GRADES_BEST_FIRST
from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    ESTIMAND_COLOURS,
    GRADE_COLOURS,
    GRADE_MARKERS,
    GRADE_SIZES,
    GREY,
    INK,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
    sized,
)
from analysis.words.numerals import with_interval
from analysis.words.vocabulary import ESTIMANDS

_POINTS = ("estimand", "judgement", "effectiveness")
_MEANS = ("estimand", "judgement", "authorities", "mean", "lower", "upper")
_SLOTS = 44
"""Into how many places the axis is parted when dots are piled up."""


def draw_by_judgement(points: DataFrame, means: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw each authority as a dot in the row of its grade, with the grade's mean.

    Parameters
    ----------
    points
        ``estimand``, ``judgement`` and ``effectiveness`` (posterior mean), a row an
        authority; those without a judgement are left out.
    means
        ``estimand``, ``judgement``, ``authorities``, and ``mean``, ``lower``, ``upper`` of
        the mean effectiveness of the authorities of a grade.
    width
        Panels side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        A panel for each estimand, best grade first.

    Raises
    ------
    FigureError
        If a table is empty or lacks a column.
    """
    require_columns(points, _POINTS, "effectiveness by judgement")
    require_columns(means, _MEANS, "effectiveness by judgement")
    shown = [name for name in ESTIMAND_COLOURS if name in set(means["estimand"])]
    with house_style(width):
        broad = is_broad(width)
        figure = new_figure(width, 3.7 if broad else 3.4 * len(shown), gap=0.04)
        layout = (1, len(shown)) if broad else (len(shown), 1)
        panels = figure.subplots(*layout, squeeze=False, sharex=True, sharey=broad).ravel()
        for axes, estimand in zip(panels, shown, strict=True):
            own = points[(points["estimand"] == estimand) & (points["judgement"] != "")]
            _draw_rows(axes, own, means[means["estimand"] == estimand], width)
            axes.set_title(ESTIMANDS[estimand])
            axes.set_xlabel("Effectiveness (0 = average)")
            axes.tick_params(labelbottom=True)
        return figure


def _draw_rows(axes: Axes, points: DataFrame, means: DataFrame, width: Width) -> None:
    """Draw the dots of each grade and its mean with the interval below them."""
    reach = points["effectiveness"].agg(["min", "max"]).to_numpy(float)
    labels = []
    for row, grade in enumerate(GRADES_BEST_FIRST):
        own = np.sort(points.loc[points["judgement"] == grade, "effectiveness"].to_numpy(float))
        axes.plot(
            own,
            row - 0.06 - _piled(own, reach),
            GRADE_MARKERS[grade],
            color=GRADE_COLOURS[grade],
            markersize=sized((3.6 if is_broad(width) else 3.2) * GRADE_SIZES.get(grade, 1), width),
            markeredgewidth=0,
            alpha=0.75,
        )
        _draw_mean(axes, row, means[means["judgement"] == grade], width)
        labels.append(f"{fold(grade, 12)}\n(n = {own.size})")
    axes.axvline(0, color=GREY, linewidth=1, zorder=0)
    axes.set_ylim(len(GRADES_BEST_FIRST) - 0.5, -0.75)
    axes.set_yticks(range(len(GRADES_BEST_FIRST)), labels)
    axes.tick_params(axis="y", left=False, labelsize=sized(9 if is_broad(width) else 8, width))
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)


def _draw_mean(axes: Axes, row: int, means: DataFrame, width: Width) -> None:
    """Draw the mean of one grade, with its interval and its number."""
    for one in means.to_dict("records"):
        place = row + 0.2
        axes.hlines(place, one["lower"], one["upper"], color=INK, linewidth=2.2, zorder=3)
        axes.plot(one["mean"], place, "o", color=INK, markersize=4.5, zorder=4)
        axes.annotate(
            with_interval(one["mean"], one["lower"], one["upper"]),
            (1, place),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="center",
            fontsize=sized(8.5 if is_broad(width) else 7.8, width),
        )


def _piled(values: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how high each sorted dot lies so that dots do not hide each other.

    Dots in the same of equally wide places are piled up; where a pile would reach the
    next row, all piles of the row are pressed together.
    """
    span = max(float(reach[1] - reach[0]), 1e-9)
    slots = np.floor((values - reach[0]) / span * _SLOTS).astype(int)
    heights = np.array([np.sum(slots[:at] == slot) for at, slot in enumerate(slots)], dtype=float)
    step = min(0.075, 0.5 / max(heights.max(initial=0.0), 1.0))
    return np.asarray(step * heights)
