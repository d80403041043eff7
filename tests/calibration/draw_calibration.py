"""Reliability: what came beside what was said."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots.style import DARK_BLUE, GREY, Width, house_style, is_broad, new_figure


def draw_calibration(table: pd.DataFrame, said: str, came: str, width: Width = "wide") -> Figure:
    """Draw the share of an event in each bin of its stated probability.

    Parameters
    ----------
    table
        ``said``, ``share`` and ``share_se``, one row a bin, as
        :func:`tests.calibration.bayes_factors.calibration_table` gives it.
    said, came
        What the axes are called.
    width
        For a desk or a telephone.
    """
    with house_style(width):
        figure, axes = _square(width, said, came)
        bars = 1.96 * table["share_se"].to_numpy()
        axes.errorbar(table["said"], table["share"], yerr=bars, fmt="o", color=DARK_BLUE)
        for row in table.itertuples():
            axes.annotate(
                f"{row.panels:,}",
                (float(str(row.said)), float(str(row.share))),
                textcoords="offset points",
                xytext=(7, -12),
            )
    return figure


def _square(width: Width, along: str, up: str) -> tuple[Figure, Axes]:
    """Make a square from 0 to 1 with its diagonal."""
    figure = new_figure(width, 5.0 if is_broad(width) else 3.6)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1.0)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_aspect("equal")
    axes.set_xlabel(along)
    axes.set_ylabel(up)
    axes.set_xticks(np.linspace(0, 1, 6))
    return figure, axes
