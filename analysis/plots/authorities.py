"""Every authority's effectiveness with its interval, marked by its judgement."""

import math
from collections.abc import Collection

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator
from pandas import DataFrame

from analysis.plots.intervals import draw_intervals
from analysis.plots.style import (
    GRADE_COLOURS,
    GRADE_INITIALS,
    GRADE_MARKERS,
    GREY,
    PALE_GREY,
    Width,
    house_style,
    is_broad,
    new_figure,
    sized,
)

_ROW_INCHES = 0.152
_EFFECTIVENESS = ("effectiveness", "effectiveness_lower", "effectiveness_upper")


def draw_authorities(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw a row for each authority, most effective first.

    Parameters
    ----------
    table
        One row an authority: ``name``, ``judgement`` (empty where none) and
        ``effectiveness`` with its ``_lower`` and ``_upper``, for one estimand.
    width
        Two columns for a desk or a sheet of paper, one for a telephone.

    Returns
    -------
    Figure
        Tall: about fifteen hundredths of an inch for each authority of a column.
    """
    ordered = table.sort_values(["effectiveness", "name"], ascending=[False, True])
    columns = 2 if is_broad(width) else 1
    rows = math.ceil(len(ordered) / columns)
    with house_style(width):
        figure = new_figure(width, rows * _ROW_INCHES + 1.1, gap=0.06)
        panels = figure.subplots(1, columns, sharex=True, squeeze=False)[0]
        for place, axes in enumerate(panels):
            _draw_column(axes, ordered.iloc[place * rows : (place + 1) * rows], rows, width)
        key_grades(figure, width)
        return figure


def _draw_column(axes: Axes, table: DataFrame, rows: int, width: Width) -> None:
    """Draw some of the authorities, with names on the left and initials on the right."""
    grades = table["judgement"].where(table["judgement"].isin(GRADE_COLOURS), "").to_numpy()
    numbers = table[list(_EFFECTIVENESS)].to_numpy(float)
    for grade, colour in GRADE_COLOURS.items():
        places = np.flatnonzero(grades == grade)
        draw_intervals(axes, places, numbers[places], colour, GRADE_MARKERS[grade], 4.2)
    for place, grade in enumerate(grades):
        axes.annotate(
            GRADE_INITIALS[grade],
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=sized(8, width),
            weight="bold",
        )
    axes.axvline(0, color=GREY, linewidth=1, zorder=1)
    axes.hlines(
        [place + 0.5 for place in range(4, rows - 1, 5)],
        *(0, 1),
        transform=axes.get_yaxis_transform(),
        color=PALE_GREY,
        linewidth=0.8,
    )
    axes.set_ylim(rows - 0.3, -0.7)
    names = [shorten(name, 30 if is_broad(width) else 28) for name in table["name"]]
    axes.set_yticks(range(len(table)), labels=names)
    axes.xaxis.set_major_locator(MultipleLocator(1))
    axes.tick_params(axis="y", left=False, labelsize=sized(8, width))
    axes.tick_params(axis="x", top=True, labeltop=True)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.set_xlabel("Effectiveness (0 = average)")


def shorten(name: str, characters: int) -> str:
    """Cut a name to the room there is; the table beside the figure has it whole."""
    return name if len(name) <= characters else name[: characters - 1].rstrip() + "…"


def key_grades(figure: Figure, width: Width, shown: Collection[str] | None = None) -> None:
    """Name initials, shapes and colours of the grades above the columns: all, or those shown."""
    marks = [
        Line2D(
            [],
            [],
            color=colour,
            marker=GRADE_MARKERS[grade],
            markersize=5,
            label=f"{GRADE_INITIALS[grade]}  {grade or 'No judgement'}",
        )
        for grade, colour in (*reversed(list(GRADE_COLOURS.items())[:-1]), ("", GRADE_COLOURS[""]))
        if shown is None or grade in shown
    ]
    figure.legend(
        handles=marks,
        loc="outside upper left",
        ncols=5 if is_broad(width) else 2,
        columnspacing=1.4,
        handlelength=1.5,
        borderaxespad=0,
    )
