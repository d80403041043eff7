"""Every authority's effectiveness with its interval, marked by its judgement."""

import math
from collections.abc import Collection
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator
from pandas import DataFrame

from analysis.plots.intervals import draw_intervals
from analysis.plots.pagination import COLUMNS
from analysis.plots.refusal import require_columns
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

Order = Literal["effectiveness", "name", "region", "judgement"]
_EFFECTIVENESS = ("effectiveness", "effectiveness_lower", "effectiveness_upper")
_COLUMNS = ("name", "judgement", *_EFFECTIVENESS)
_BEST_FIRST = ("Outstanding", "Good", "Requires improvement", "Inadequate", "")


def order_authorities(table: DataFrame, order: Order = "effectiveness") -> DataFrame:
    """Sort authorities; within a region or a judgement by their effectiveness.

    Parameters
    ----------
    table
        One row an authority: ``name``, ``judgement``, ``effectiveness`` and, to order by it,
        ``region``.
    order
        Most effective first; by the alphabet; regions by the alphabet; or best grade first
        and authorities without a grade last.
    """
    if order == "name":
        return table.sort_values("name", key=lambda names: names.str.casefold())
    within = table.sort_values(["effectiveness", "name"], ascending=[False, True])
    if order == "effectiveness":
        return within
    places = within[order]
    if order == "judgement":
        known = places.where(places.isin(_BEST_FIRST), "")
        places = known.map({grade: place for place, grade in enumerate(_BEST_FIRST)})
    return within.loc[places.sort_values(kind="stable").index]


def draw_authorities(
    table: DataFrame, *, order: Order = "effectiveness", width: Width = "wide"
) -> Figure:
    """Draw a row for each authority, coloured by its judgement.

    Parameters
    ----------
    table
        One row an authority: ``name``, ``judgement`` (empty where none) and
        ``effectiveness`` with its ``_lower`` and ``_upper``, for one estimand; ``region``
        to order by it. The index tells the rows apart.
    order
        As in :func:`order_authorities`. By region or by judgement, each group has a panel
        of rows under its own heading.
    width
        Two columns for a desk, a sheet of paper or a slide, one for a telephone.

    Returns
    -------
    Figure
        As tall as its rows need; :func:`analysis.plots.pagination.paginate_rows` parts a table
        that a sheet or a slide cannot hold.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    grouped = order in ("region", "judgement")
    require_columns(table, (*_COLUMNS, *((order,) if grouped else ())), "authorities")
    ordered = order_authorities(table.reset_index(drop=True), order)
    rows = _with_headings(ordered, order) if grouped else ordered.assign(heading="")
    columns = COLUMNS[width]
    tall = math.ceil(len(rows) / columns)
    with house_style(width):
        figure = new_figure(width, tall * row_inches(width) + 1.1, gap=0.06, keep_height=True)
        panels = figure.subplots(1, columns, sharex=True, squeeze=False)[0]
        for place, axes in enumerate(panels):
            _draw_column(axes, rows.iloc[place * tall : (place + 1) * tall], tall, width)
        key_grades(figure, width, set(table["judgement"]))
        return figure


def row_inches(width: Width) -> float:
    """Return the height of a row in the screen's arrangement."""
    return 0.178 if is_broad(width) else 0.152


def row_points(width: Width) -> float:
    """Return the size of a row's text."""
    return sized(9 if is_broad(width) else 8, width)


def _with_headings(table: DataFrame, order: str) -> DataFrame:
    """Put a row with its name above each group; other columns of it are not numbers."""
    parts = []
    for name, own in table.groupby(order, sort=False):
        label = str(name) or "No judgement"
        heading = own.head(1).assign(name=label, judgement="", heading=label)
        heading[list(_EFFECTIVENESS)] = np.nan
        parts += [heading.to_dict("records"), own.assign(heading="").to_dict("records")]
    return DataFrame([row for part in parts for row in part])


def _draw_column(axes: Axes, table: DataFrame, rows: int, width: Width) -> None:
    """Draw some of the authorities, with names on the left and initials on the right."""
    grades = table["judgement"].where(table["judgement"].isin(GRADE_COLOURS), "").to_numpy()
    numbers = table[list(_EFFECTIVENESS)].to_numpy(float)
    headings = table["heading"].to_numpy() != ""
    for grade, colour in GRADE_COLOURS.items():
        places = np.flatnonzero((grades == grade) & ~headings)
        draw_intervals(axes, places, numbers[places], colour, GRADE_MARKERS[grade], 4.2)
    for place in np.flatnonzero(~headings):
        axes.annotate(
            GRADE_INITIALS[grades[place]],
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=row_points(width),
            weight="bold",
        )
    axes.axvline(0, color=GREY, linewidth=1, zorder=1)
    rule_rows(axes, np.flatnonzero(headings) - 0.5 if headings.any() else _every_fifth(rows))
    axes.set_ylim(rows - 0.3, -0.7)
    names = [shorten(name, 30 if is_broad(width) else 28) for name in table["name"]]
    axes.set_yticks(range(len(table)), labels=names)
    for label, heading in zip(axes.get_yticklabels(), headings, strict=True):
        label.set_fontweight("bold" if heading else "normal")
    axes.xaxis.set_major_locator(MultipleLocator(1))
    axes.tick_params(axis="y", left=False, labelsize=row_points(width))
    axes.tick_params(axis="x", top=True, labeltop=True)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)
    axes.set_xlabel("Effectiveness (0 = average)")


def _every_fifth(rows: int) -> np.ndarray:
    """Return the heights at which a rule guides the eye."""
    return np.arange(4, rows - 1, 5) + 0.5


def rule_rows(axes: Axes, heights: np.ndarray) -> None:
    """Draw pale rules across a column."""
    axes.hlines(
        heights,
        *(0, 1),
        transform=axes.get_yaxis_transform(),
        color=PALE_GREY,
        linewidth=0.8,
        zorder=0,
    )


def shorten(name: str, characters: int) -> str:
    """Cut a name to the room there is; the table beside the figure has it whole."""
    return name if len(name) <= characters else name[: characters - 1].rstrip() + "…"


def key_grades(
    figure: Figure, width: Width, shown: Collection[str] | None = None, *, lines: bool = True
) -> None:
    """Name initials, shapes and colours of the grades above the columns: all, or those shown.

    ``lines`` says whether the marks have intervals.
    """
    marks = [
        Line2D(
            [],
            [],
            color=colour,
            marker=GRADE_MARKERS[grade],
            linestyle="-" if lines else "",
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
