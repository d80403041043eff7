"""Funnel plots: each authority's proportion against how many children it rests on."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from pandas import DataFrame

from analysis.plots.funnel_limits import ALARM, WARNING, Funnel
from analysis.plots.style import (
    DARK_BLUE,
    DARK_GREY,
    GREY,
    ORANGE,
    TURQUOISE,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
    sized,
)


def draw_funnels(
    table: DataFrame, funnels: Mapping[str, Funnel], titles: Mapping[str, str], *, width: Width
) -> Figure:
    """Draw a small funnel plot for each indicator.

    Parameters
    ----------
    table
        ``indicator``, ``status``, ``denominator``, ``proportion_low`` and
        ``proportion_high``, a row an authority.
    funnels, titles
        Target and spread, and what stands above the plot, by indicator.
    width
        Three plots in a row for a desk, one for a telephone.

    Returns
    -------
    Figure
        Points are published proportions, bars the intervals of suppressed ones; lines
        are the target and the limits, with the wider of chance alone for comparison.
    """
    columns = min(3 if is_broad(width) else 1, 2 if len(funnels) in (2, 4) else len(funnels))
    rows = -(-len(funnels) // columns)
    with house_style(width):
        figure = new_figure(width, 2.55 * rows + 0.75, gap=0.04)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in panels[len(funnels) :]:
            axes.set_visible(False)
        for axes, (indicator, funnel) in zip(panels, funnels.items(), strict=False):
            own = table[table["indicator"] == indicator]
            _draw_limits(axes, funnel, own)
            _draw_authorities(axes, own)
            _finish(axes, own, fold(titles[indicator], 36 if columns == 3 else 40), width)
        for axes in panels[max(len(funnels) - columns, 0) : len(funnels)]:
            axes.set_xlabel("Denominator (log scale)", fontsize=sized(8, width))
        figure.legend(
            handles=_keys(),
            loc="outside upper left",
            ncols=3 if is_broad(width) else 2,
            frameon=False,
            fontsize=sized(8.5, width),
            handlelength=1.6,
            columnspacing=1.2,
        )
        return figure


def _draw_limits(axes: Axes, funnel: Funnel, table: DataFrame) -> None:
    """Draw the target, the limits that allow for overdispersion, and those of chance."""
    ends = np.log10(table["denominator"].agg(["min", "max"]).to_numpy(float))
    grid = np.logspace(ends[0] - 0.08, ends[1] + 0.08, 120)
    axes.axhline(100 * funnel.target, color=TURQUOISE, linewidth=1.2, zorder=1)
    chance = Funnel(funnel.target, 1.0, 0.0)
    for one, quantile, style, colour in (
        (chance, ALARM, ":", GREY),
        (funnel, WARNING, "--", DARK_GREY),
        (funnel, ALARM, "-", DARK_GREY),
    ):
        for limit in one.limits(grid, quantile):
            axes.plot(grid, 100 * limit, style, color=colour, linewidth=0.9, zorder=2)


def _draw_authorities(axes: Axes, table: DataFrame) -> None:
    """Draw points where a count is published, bars where it is suppressed."""
    hidden = table["status"] == "suppressed"
    seen = table[~hidden]
    axes.plot(
        seen["denominator"],
        100 * seen["proportion_low"],
        "o",
        color=DARK_BLUE,
        markersize=2.6,
        alpha=0.6,
        markeredgewidth=0,
        zorder=4,
    )
    bars = table[hidden]
    axes.vlines(
        bars["denominator"],
        100 * bars["proportion_low"],
        100 * bars["proportion_high"],
        color=ORANGE,
        linewidth=1.3,
        alpha=0.75,
        zorder=3,
    )


def _finish(axes: Axes, table: DataFrame, title: str, width: Width) -> None:
    """Name the plot and show as much of the proportions as there is."""
    axes.set_title(title, fontsize=sized(8.5, width))
    axes.set_xscale("log")
    span = table["denominator"].max() / table["denominator"].min()
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0) if span < 150 else (1.0,)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = table["proportion_low"].min(), table["proportion_high"].max()
    margin = 6 * (high - low) + 0.5
    axes.set_ylim(max(100 * low - margin, -2), min(100 * high + margin, 102))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:g}%"))
    axes.tick_params(labelsize=sized(8, width))


def _keys() -> list[Line2D]:
    """Return what points, bars and lines are."""
    return [
        Line2D([], [], marker="o", linestyle="", color=DARK_BLUE, markersize=4, label="Published"),
        Line2D([], [], color=ORANGE, linewidth=2, label="Suppressed: interval"),
        Line2D([], [], color=TURQUOISE, linewidth=1.4, label="All together"),
        Line2D([], [], color=DARK_GREY, linestyle="--", linewidth=0.9, label="95% limits"),
        Line2D([], [], color=DARK_GREY, linewidth=0.9, label="99.8% limits"),
        Line2D([], [], color=GREY, linestyle=":", linewidth=1.1, label="99.8%, chance alone"),
    ]
