"""The Bayes factor over the width of the link's prior, beside the most that it could be."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from pandas import DataFrame

from analysis.plots.intervals import key_estimands
from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    DARK_GREY,
    ESTIMAND_COLOURS,
    ESTIMAND_MARKERS,
    GREY,
    PALE_GREY,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
    sized,
)
from analysis.record.thresholds import MODERATE
from analysis.words.vocabulary import ESTIMANDS, NOT_ENOUGH

_COLUMNS = ("estimand", "sd", "value", "mcse", "ceiling")
_MODERATE = math.log(MODERATE)
"""Bayes factors below three either way are not enough to tell."""
_ODDS = (3, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


def draw_bayes_widths(table: DataFrame, *, prior_sd: float, width: Width = "wide") -> Figure:
    """Draw log Bayes factors for no link under narrower and wider priors of ρ.

    Parameters
    ----------
    table
        ``estimand``, prior ``sd`` of ρ, ``value`` and its Monte Carlo error ``mcse``, and
        the ``ceiling``; natural logarithms, positive for no link.
    prior_sd
        Standard deviation of the prior that the headline uses.
    width
        For a desk or for a telephone.

    Returns
    -------
    Figure
        One panel; the axis says in words what the numbers are odds of, and factors below
        three, which are not enough to tell, lie in a grey band.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    require_columns(table, _COLUMNS, "Bayes factor over prior width")
    broad = is_broad(width)
    small = sized(9.5 if broad else 7.8, width)
    with house_style(width):
        figure = new_figure(width, 4.0 if broad else 4.6)
        axes = figure.subplots()
        for estimand, own in table.groupby("estimand", sort=False):
            _draw_curve(axes, own.sort_values("sd"), str(estimand))
        _draw_ceiling(axes, table, small)
        low = float((table["value"] - 2 * table["mcse"]).min())
        high = float(max(table["ceiling"].max(), table["value"].max(), math.log(10)))
        axes.set_ylim(min(low, -math.log(10)) * 1.06, high * 1.12 + 0.2)
        _label_odds(axes)
        axes.axvline(prior_sd, color=GREY, linestyle=":", linewidth=1.2, zorder=1)
        axes.annotate(
            "prior used",
            (prior_sd, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4, -2),
            textcoords="offset points",
            ha="right",
            va="top",
            color=DARK_GREY,
            fontsize=small,
        )
        axes.axhspan(-_MODERATE, _MODERATE, color=PALE_GREY, alpha=0.6, linewidth=0, zorder=0)
        axes.annotate(
            NOT_ENOUGH,
            (0.99, _MODERATE),
            xycoords=("axes fraction", "data"),
            xytext=(0, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            color=DARK_GREY,
            fontsize=small,
            bbox={"facecolor": "#F0F0F0", "edgecolor": "none", "pad": 0.5},
        )
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator([0.07, 0.1, 0.15, 0.2, 0.3, 0.45, 0.6]))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel(
            fold("Width of the prior of ρ (standard deviation, log scale)", 60 if broad else 32)
        )
        key_estimands(figure, table)
        return figure


def _draw_curve(axes: Axes, table: DataFrame, estimand: str) -> None:
    """Draw one estimand's factors with twice their Monte Carlo error."""
    colour = ESTIMAND_COLOURS[estimand]
    low, high = (table["value"] + sign * 2 * table["mcse"] for sign in (-1, 1))
    axes.fill_between(table["sd"], low, high, color=colour, alpha=0.25, linewidth=0)
    axes.plot(
        table["sd"],
        table["value"],
        color=colour,
        marker=ESTIMAND_MARKERS[estimand],
        markersize=4.5,
        linewidth=1.8,
        label=ESTIMANDS[estimand],
    )


def _draw_ceiling(axes: Axes, table: DataFrame, points: float) -> None:
    """Draw the most that the data could have said for no link, and name it."""
    ceiling = table.groupby("sd")["ceiling"].max().sort_index()
    axes.plot(ceiling.index, ceiling, color=DARK_GREY, linestyle="--", linewidth=1.4)
    axes.annotate(
        "Ceiling",
        (float(ceiling.index[0]), float(ceiling.iloc[0])),
        xytext=(0, 9),
        textcoords="offset points",
        va="bottom",
        color=DARK_GREY,
        fontsize=points,
    )


def _label_odds(axes: Axes) -> None:
    """Mark odds of three, ten and more times in both directions, and part the two sides."""
    low, high = axes.get_ylim()
    ticks = [0.0, *(s * math.log(odds) for odds in _ODDS for s in (-1, 1))]
    shown = sorted(tick for tick in ticks if low <= tick <= high)
    if len(shown) > 8:
        shown = [tick for tick in shown if not math.isclose(abs(tick), math.log(3))]
    axes.set_yticks(shown, [_odds(tick) for tick in shown])
    axes.axhline(0, color=GREY, linewidth=1)
    axes.grid(axis="y", color=PALE_GREY)
    axes.grid(axis="x", visible=False)
    axes.set_ylabel("How many times as likely")


def _odds(tick: float) -> str:
    """Write a log Bayes factor as odds for one side."""
    if tick == 0:
        return "equal"
    times = f"{round(np.exp(abs(tick))):,}×"
    return f"{times} no link" if tick > 0 else f"{times} a link"
