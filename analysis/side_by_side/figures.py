"""The drawings of a comparison: the links, and each authority in two views."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.plots.authorities import shorten
from analysis.plots.intervals import draw_estimand_rows, key_estimands, label_line
from analysis.plots.style import (
    ESTIMAND_COLOURS,
    ESTIMAND_MARKERS,
    GREY,
    INK,
    PALE_GREY,
    Width,
    fold,
    font_points,
    house_style,
    is_broad,
    new_figure,
)
from analysis.side_by_side.agreement import Agreement
from analysis.side_by_side.sides import Side
from analysis.side_by_side.tables import view_name

Array = NDArray[np.float64]

NAMED = 3
"""Authorities that a panel names."""


def draw_links(sides: tuple[Side, ...], rope: float, *, width: Width = "wide") -> Figure:
    """Draw a row for each run with the link of each estimand that converged."""
    characters = 34 if is_broad(width) else 18
    labels = {side.letter: fold(side.label, characters) for side in sides}
    table = pd.DataFrame(
        [
            {
                "estimand": name,
                "run": labels[side.letter],
                "mean": found.rho.mean,
                "lower": found.rho.lower,
                "upper": found.rho.upper,
            }
            for side in sides
            for name, found in side.findings.items()
        ]
    )
    with house_style(width):
        figure = new_figure(width, 1.4 + 0.75 * len(sides))
        axes = figure.subplots()
        axes.axvspan(-rope, rope, color=PALE_GREY, zorder=0)
        rows = list(labels.values())
        draw_estimand_rows(axes, table, "run", rows, ("mean", "lower", "upper"))
        label_line(axes, 0.0, "No link")
        lower, upper = min(table["lower"].min(), 0.0), max(table["upper"].max(), 0.0)
        axes.set_xlim(max(lower - 0.08, -1.0), min(upper + 0.08, 1.0))
        axes.set_xlabel("Link ρ")
        key_estimands(figure, table)
        return figure


def draw_agreements(found: list[Agreement], *, width: Width = "wide") -> Figure:
    """Draw a panel for each comparison: every authority in the one view against the other."""
    columns = min(2, len(found)) if is_broad(width) else 1
    rows = math.ceil(len(found) / columns)
    tall = {1: 5.2, 2: 4.5}[columns] if is_broad(width) else 3.7
    with house_style(width):
        figure = new_figure(width, rows * tall, gap=0.08)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, one in zip(panels, found, strict=False):
            _draw_panel(axes, one, width)
        for axes in panels[len(found) :]:
            axes.set_axis_off()
        return figure


def _draw_panel(axes: Axes, found: Agreement, width: Width) -> None:
    """Draw one comparison."""
    table = found.table
    x, y = (table[f"effectiveness_{view}"].to_numpy(float) for view in ("first", "second"))
    ends = {
        view: table[[f"effectiveness_{end}_{view}" for end in ("lower", "upper")]].to_numpy(float)
        for view in ("first", "second")
    }
    axes.hlines(y, *ends["first"].T, color=PALE_GREY, linewidth=0.7, zorder=1)
    axes.vlines(x, *ends["second"].T, color=PALE_GREY, linewidth=0.7, zorder=1)
    reach = 1.05 * max(float(np.abs(part).max()) for part in (*ends.values(), x, y))
    axes.plot([-reach, reach], [-reach, reach], color=GREY, linestyle="--", linewidth=1, zorder=2)
    estimand = found.second.estimand
    colour = ESTIMAND_COLOURS[estimand]
    axes.plot(x, y, ESTIMAND_MARKERS[estimand], color=colour, markersize=3.5, zorder=3)
    _name_points(axes, table["name"].head(NAMED), x, y, reach, width)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.grid(axis="x", visible=True)
    axes.set_xlabel(f"{view_name(found.first)}: effectiveness")
    axes.set_ylabel(f"{view_name(found.second)}: effectiveness")


def _name_points(
    axes: Axes, names: "pd.Series[str]", x: Array, y: Array, reach: float, width: Width
) -> None:
    """Name the first points beside the diagonal, a line further off where a name is already."""
    small, line = 0.8 * font_points(width), 0.09 * reach
    taken: list[tuple[float, float]] = []
    for place, name in enumerate(names):
        side = -1 if y[place] < x[place] else 1
        lines = 0
        while any(
            abs(x[place] - across) < 0.8 * reach
            and abs(y[place] + side * lines * line - height) < line
            for across, height in taken
        ):
            lines += 1
        taken.append((float(x[place]), float(y[place] + side * lines * line)))
        axes.annotate(
            shorten(str(name), 24),
            (x[place], y[place]),
            xytext=(-5 * side, side * (5 + 1.2 * small * lines)),
            textcoords="offset points",
            ha="left" if side < 0 else "right",
            va="top" if side < 0 else "bottom",
            fontsize=small,
            color=INK,
            zorder=4,
        )
