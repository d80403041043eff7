"""Densities of priors, and what priors make of observable things beside what was seen."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from analysis.plots.style import (
    DARK_BLUE,
    LIGHT_BLUE,
    MID_BLUE,
    ORANGE,
    Width,
    fold,
    font_points,
    house_style,
    is_broad,
    new_figure,
)

Array = NDArray[np.float64]

_BINS = np.linspace(-1.0, 1.0, 41)
_MANY = 2000


def draw_densities(
    curves: Sequence[tuple[str, str, Array, Array]], *, width: Width = "wide"
) -> Figure:
    """Draw a small panel for each density.

    Parameters
    ----------
    curves
        What each is of, its distribution, points and density.
    width
        Three panels a row for a desk, two for a telephone.
    """
    columns = 3 if is_broad(width) else 2
    rows = -(-len(curves) // columns)
    with house_style(width):
        figure = new_figure(width, 1.75 * rows, gap=0.06)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        characters = 32 if is_broad(width) else 25
        for axes, (label, law, at, density) in zip(panels, curves, strict=False):
            axes.fill_between(at, density, color=LIGHT_BLUE, alpha=0.5, linewidth=0)
            axes.plot(at, density, color=DARK_BLUE, linewidth=1.5)
            title = f"{fold(label, characters)}\n{fold(law, characters)}"
            axes.set_title(title, fontsize=0.88 * font_points(width))
            axes.set_ylim(bottom=0.0)
            axes.set_yticks([])
            axes.locator_params(axis="x", nbins=4)
            axes.grid(visible=False)
        for axes in panels[len(curves) :]:
            axes.set_axis_off()
        return figure


def draw_checks(
    table: pd.DataFrame,
    labels: Sequence[str],
    xlabel: str,
    *,
    percent: bool = False,
    log: bool = False,
    source: str = "Priors",
    parts: Sequence[int] = (),
    width: Width = "wide",
) -> Figure:
    """Draw a row for each check: central 50% and 95% of what was drawn, and what was observed.

    Parameters
    ----------
    table
        ``observed``, ``median``, ``lower``, ``upper``, and, to draw the central 50% as well,
        ``lower_half`` and ``upper_half``.
    labels
        Of the rows, top first.
    xlabel
        What the axis is in.
    percent, log
        Whether shares are shown as percentages, and the axis is logarithmic.
    source
        What the checks were drawn from, for the key.
    parts
        How many rows, from the top, share a panel and its scale; all, if not given.
    width
        For a desk or for a telephone.
    """
    wide = is_broad(width)
    with house_style(width):
        folded = [fold(one, 44 if wide else 22) for one in labels]
        lines = max((one.count("\n") + 1 for one in folded), default=1)
        row = 0.12 + lines * 1.3 * font_points(width) / 72
        sizes = list(parts) or [len(table)]
        height = 1.0 + row * len(table) + 0.45 * (len(sizes) - 1)
        figure = new_figure(width, height, keep_height=lines > 1)
        panels = figure.subplots(len(sizes), 1, squeeze=False, height_ratios=sizes).ravel()
        starts = np.cumsum([0, *sizes])
        for axes, first, last in zip(panels, starts, starts[1:], strict=False):
            _draw_rows(axes, table.iloc[first:last], folded[first:last], percent)
            if log:
                axes.set_xscale("log")
                axes.set_xticks([0.25, 0.5, 1, 2, 4], ["¼", "½", "1", "2", "4"])
                axes.minorticks_off()
        panels[-1].set_xlabel(fold(xlabel, 70 if wide else 30))
        _key(figure, wide, source=source, halves="lower_half" in table.columns)
        return figure


def _draw_rows(axes: Axes, table: pd.DataFrame, labels: Sequence[str], percent: bool) -> None:
    """Draw the intervals of some checks, and what was observed."""
    heights = np.arange(len(table))
    unit = 100.0 if percent else 1.0
    axes.hlines(
        heights, unit * table["lower"], unit * table["upper"], color=LIGHT_BLUE, linewidth=3
    )
    halves = "lower_half" in table.columns
    if halves:
        low, high = unit * table["lower_half"], unit * table["upper_half"]
        axes.hlines(heights, low, high, color=MID_BLUE, linewidth=7)
    # A mean is taller than the mark of what was observed, which may lie on it.
    size = 7 if halves else 12
    middle = {"color": "white"} if halves else {"color": MID_BLUE, "markeredgewidth": 2}
    axes.plot(unit * table["median"], heights, "|", markersize=size, **middle)
    observed = unit * table["observed"]
    axes.plot(observed, heights, "D", color=ORANGE, markersize=6.5, markeredgecolor="white")
    axes.set_yticks(heights, labels)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.tick_params(axis="y", left=False)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)


def draw_distributions(
    panels: Mapping[str, tuple[Array, Array]], xlabel: str, *, width: Width = "wide"
) -> Figure:
    """Draw, in each panel, correlations that the priors give and those that were observed.

    Parameters
    ----------
    panels
        By title: values from the priors, and observed ones; one alone is drawn as a line.
    xlabel
        What the axis is in, from -1 to 1.
    width
        Panels side by side for a desk, one below the other for a telephone.
    """
    wide = is_broad(width)
    with house_style(width):
        figure = new_figure(width, 2.9 if wide else 2.4 * len(panels) + 0.6, gap=0.08)
        shape = (1, len(panels)) if wide else (len(panels), 1)
        drawn = figure.subplots(*shape, squeeze=False).ravel()
        for axes, (title, (prior, observed)) in zip(drawn, panels.items(), strict=True):
            _distribution(axes, prior, observed)
            axes.set_title(title, loc="left")
            axes.set_xlabel(xlabel)
        _key(figure, wide, intervals=False)
        return figure


def _distribution(axes: Axes, prior: Array, observed: Array) -> None:
    """Draw one panel of correlations."""
    kept = prior[np.isfinite(prior)]
    bins = _BINS if kept.size > _MANY else _BINS[::2]
    axes.hist(kept, bins=bins.tolist(), density=True, color=LIGHT_BLUE, linewidth=0)
    seen = observed[np.isfinite(observed)]
    if seen.size == 1:
        axes.axvline(float(seen[0]), color=ORANGE, linewidth=2.5)
    else:
        axes.hist(
            seen, bins=_BINS.tolist(), density=True, histtype="step", color=ORANGE, linewidth=2
        )
    axes.set_xlim(-1.0, 1.0)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−0.5", "0", "0.5", "1"])
    axes.set_yticks([])
    axes.grid(visible=False)


def _key(
    figure: Figure,
    wide: bool,
    *,
    intervals: bool = True,
    source: str = "Priors",
    halves: bool = True,
) -> None:
    """Name the marks above the panels."""
    marks: list[Artist]
    if intervals:
        marks = [
            Line2D([], [], color=MID_BLUE, linewidth=7, label=f"{source}: central 50%"),
            Line2D([], [], color=LIGHT_BLUE, linewidth=3, label="central 95%"),
        ]
        if not halves:
            label = f"{source}: mean and interval"
            marks = [
                Line2D(
                    *([], []),
                    color=LIGHT_BLUE,
                    linewidth=3,
                    marker="|",
                    markersize=12,
                    markeredgecolor=MID_BLUE,
                    markeredgewidth=2,
                    label=label,
                )
            ]
        marks.append(Line2D([], [], color=ORANGE, marker="D", linestyle="", label="Observed"))
    else:
        marks = [
            Patch(color=LIGHT_BLUE, label=source),
            Line2D([], [], color=ORANGE, linewidth=2.5, label="Observed"),
        ]
    figure.legend(
        handles=marks,
        loc="outside upper left",
        ncols=len(marks) if wide else 1,
        frameon=False,
        borderaxespad=0,
    )
