"""Which grade each authority held, from its first inspection to today: one line each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.plots.deciles import GRADES_BEST_FIRST
from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    GRADE_COLOURS,
    INK,
    PALE_GREY,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
    sized,
)

THICKNESS = {"Outstanding": 1.0, "Good": 0.8, "Requires improvement": 0.55, "Inadequate": 0.3}
"""Of the lines: the lower the grade, the thinner, so that it shows without colour too."""
_COLUMNS = ("authority", "inspection_start", "judgement")


def draw_paths(table: pd.DataFrame, *, end: pd.Timestamp, width: Width = "wide") -> Figure:
    """Draw a thin line for each authority, in the colour and thickness of the grade that it held.

    Parameters
    ----------
    table
        ``authority``, ``inspection_start`` (dates) and ``judgement``, a row an inspection.
    end
        Where the lines end.
    width
        For a desk or for a telephone.

    Returns
    -------
    Figure
        Lines in groups of the latest grade, best first, each group named beside it; in a
        group, those that have held the grade longest stand first.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    require_columns(table, _COLUMNS, "judgement paths")
    dated = table.assign(start=pd.to_datetime(table["inspection_start"])).sort_values("start")
    with house_style(width):
        figure = new_figure(width, 5.4 if is_broad(width) else 5.6)
        axes = figure.subplots()
        groups = _groups(dated)
        row, gap = 0, 4
        for grade, members in groups.items():
            rows = {authority: row + at for at, authority in enumerate(members)}
            _draw_paths(axes, dated[dated["authority"].isin(members)], rows, end, width)
            _name_group(axes, grade, len(members), row, width)
            row += len(members) + gap
        axes.set_ylim(row - gap, -1)
        first = dated["start"].min()
        axes.set_xlim(_year(first) - 0.1, _year(end) + 0.05)
        axes.set_yticks([])
        axes.spines[["left", "right", "top"]].set_visible(False)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True, color=PALE_GREY)
        axes.xaxis.set_major_locator(MaxNLocator(9 if is_broad(width) else 5, integer=True))
        axes.tick_params(axis="x", top=True, labeltop=True)
        return figure


def _groups(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the authorities by their latest grade, those that hold it longest first."""
    found: dict[str, list[tuple[float, str]]] = {grade: [] for grade in GRADES_BEST_FIRST}
    for authority, own in table.groupby("authority"):
        grades = own["judgement"].to_numpy()
        changes = np.flatnonzero(grades[1:] != grades[:-1])
        since = own["start"].iloc[int(changes[-1]) + 1 if changes.size else 0]
        found[str(grades[-1])].append((_year(since), str(authority)))
    return {grade: [name for _, name in sorted(members)] for grade, members in found.items()}


def _draw_paths(
    axes: Axes, table: pd.DataFrame, rows: dict[str, int], end: pd.Timestamp, width: Width
) -> None:
    """Draw a line for each authority, a piece for each inspection, parted by a small gap."""
    pieces, grades, marks = [], [], []
    for authority, own in table.groupby("authority"):
        row = rows[str(authority)]
        starts = [_year(start) for start in own["start"]]
        ends = [*starts[1:], _year(end)]
        pieces += [((one, row), (other, row)) for one, other in zip(starts, ends, strict=True)]
        grades += own["judgement"].tolist()
        marks += [(start, row) for start in starts]
    if not pieces:
        return
    full = sized(2.1 if is_broad(width) else 1.8, width)
    axes.add_collection(
        LineCollection(
            pieces,
            colors=[GRADE_COLOURS[grade] for grade in grades],
            linewidths=[full * THICKNESS[grade] for grade in grades],
            capstyle="butt",
        ),
        autolim=True,
    )
    axes.plot(*zip(*marks, strict=True), "|", color="white", markersize=sized(2.4, width))


def _name_group(axes: Axes, grade: str, count: int, row: float, width: Width) -> None:
    """Write the grade and the number of its authorities beside its lines."""
    if not count:
        return
    axes.annotate(
        f"{fold(grade, 12)}\n({count} now)",
        (1, row + (count - 1) / 2),
        xycoords=("axes fraction", "data"),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=INK,
        weight="bold",
        fontsize=sized(9.5 if is_broad(width) else 8, width),
        annotation_clip=False,
    )


def _year(moment: pd.Timestamp) -> float:
    """Write a date as a year with its fraction."""
    return float(moment.year + (moment.day_of_year - 1) / 365.25)
