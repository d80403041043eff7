"""How many inspections gave each grade in each year."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from analysis.plots.deciles import GRADES_BEST_FIRST
from analysis.plots.style import GRADE_COLOURS, Width, house_style, is_broad, new_figure, sized


def draw_judgements(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw a panel of columns for each grade, all on one scale.

    Parameters
    ----------
    table
        ``year``, ``grade`` and ``inspections``; a missing pair counts as none.
    width
        Four panels in a row for a desk, two by two for a telephone.

    Returns
    -------
    Figure
        Four panels, worst grade first, with the count above each column.
    """
    counts = table.groupby(["grade", "year"])["inspections"].sum()
    years = list(range(int(table["year"].min()), int(table["year"].max()) + 1))
    grades = GRADES_BEST_FIRST[::-1]
    with house_style(width):
        wide = is_broad(width)
        figure = new_figure(width, 2.4 if wide else 3.9)
        panels = figure.subplots(*((1, 4) if wide else (2, 2)), sharex=True, sharey=True)
        for axes, grade in zip(panels.ravel(), grades, strict=True):
            heights = [int(counts.get((grade, year), 0)) for year in years]
            _draw_columns(axes, years, heights, grade, width)
        for axes in panels.ravel():
            _keep_years_inside(axes)
        return figure


def _draw_columns(
    axes: Axes, years: list[int], heights: list[int], grade: str, width: Width
) -> None:
    """Draw one grade's columns, each with its number."""
    columns = axes.bar(years, heights, width=0.72, color=GRADE_COLOURS[grade])
    axes.bar_label(columns, padding=1, fontsize=sized(8 if len(years) < 10 else 6.5, width))
    ends = [years[0], years[-1]] if len(years) > 1 else years
    axes.set_xticks(ends, [str(year) for year in ends])
    axes.set_title(grade, loc="left")
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.margins(y=0.12)


def _keep_years_inside(axes: Axes) -> None:
    """Turn the first and the last year inwards, so that they keep apart from the neighbours'."""
    labels = axes.get_xticklabels()
    if len(labels) > 1:
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")
