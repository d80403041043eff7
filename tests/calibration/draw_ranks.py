"""Ranks of true values among posterior draws: histograms, and ECDFs with their bands."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import binom

from analysis.evidence.uniformity import (
    bins_for,
    ecdf_counts,
    ecdf_p_value,
    reference,
)
from analysis.plots.style import (
    DARK_BLUE,
    DARK_PINK,
    GREY,
    PALE_GREY,
    fold,
    house_style,
    new_figure,
)

_COLUMNS = 5
_SMALL = 7.5

Ranks = NDArray[np.int64]


def draw_rank_histograms(ranks: pd.DataFrame, draws: int) -> Figure:
    """Draw how often each rank occurred; bands hold 95% of the bins of uniform ranks.

    Parameters
    ----------
    ranks
        ``quantity`` and ``rank``, one row a quantity and replicate.
    draws
        Posterior draws among which the true value was ranked.

    Returns
    -------
    Figure
        A small panel for each quantity, for a desk.
    """
    return _draw(ranks, draws, _histogram)


def draw_rank_ecdfs(ranks: pd.DataFrame, draws: int) -> Figure:
    """Draw each ECDF less the diagonal in its simultaneous 95% band, pink where it leaves it.

    Parameters and result are those of :func:`draw_rank_histograms`.
    """
    return _draw(ranks, draws, _ecdf)


def _draw(ranks: pd.DataFrame, draws: int, panel: Callable[[Axes, Ranks, int], None]) -> Figure:
    """Lay out a small panel for each quantity."""
    grouped = [
        (str(name), own["rank"].to_numpy(np.int64))
        for name, own in ranks.groupby("quantity", sort=False)
    ]
    rows = -(-len(grouped) // _COLUMNS)
    with house_style("wide"):
        figure = new_figure("wide", 1.25 * rows + 0.2)
        panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for axes, (name, own) in zip(panels, grouped, strict=False):
            panel(axes, own, draws)
            axes.set_title(fold(name.replace("_", " "), 22), fontsize=_SMALL)
            axes.tick_params(labelsize=_SMALL)
            axes.set_xlim(0.0, 1.0)
            axes.set_xticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
            axes.grid(visible=False)
        for axes in panels[len(grouped) :]:
            axes.set_axis_off()
        return figure


def _histogram(axes: Axes, ranks: Ranks, draws: int) -> None:
    """Draw one quantity's ranks in bins."""
    bins = bins_for(ranks.size, draws)
    seen = np.bincount(ranks * bins // (draws + 1), minlength=bins)
    low, high = binom.interval(0.95, ranks.size, 1.0 / bins)
    axes.axhspan(float(low), float(high), color=PALE_GREY, linewidth=0, zorder=0)
    axes.axhline(ranks.size / bins, color=GREY, linewidth=0.8, zorder=1)
    axes.bar((np.arange(bins) + 0.5) / bins, seen, width=0.9 / bins, color=DARK_BLUE, linewidth=0)
    axes.set_ylim(0.0, max(1.2 * float(high), 1.1 * float(seen.max())))


def _ecdf(axes: Axes, ranks: Ranks, draws: int) -> None:
    """Draw one quantity's ECDF less the diagonal."""
    known = reference(ranks.size, draws)
    places = np.arange(1, draws + 1) / (draws + 1)
    low, high, own = (
        one / ranks.size - places for one in (known.lower, known.upper, ecdf_counts(ranks, draws))
    )
    colour = DARK_PINK if ecdf_p_value(ranks, draws) < 0.05 else DARK_BLUE
    axes.fill_between(places, low, high, color=PALE_GREY, linewidth=0)
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.step(places, own, where="post", color=colour, linewidth=1.2)
    reach = 1.2 * max(float(np.abs([low, high, own]).max()), 1e-9)
    axes.set_ylim(-reach, reach)
