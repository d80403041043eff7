"""What effectiveness is made of: the indicators' correlations with it."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from analysis.plots.intervals import draw_estimand_rows, key_estimands
from analysis.plots.style import GREY, Width, fold, house_style, is_broad, new_figure, sized

STRUCTURE_LABELS = {
    "composite": "Composite",
    "one_factor": "One factor (challenger)",
    "domain_factors": "Domain factors",
}
_COLUMNS = ("correlation", "correlation_lower", "correlation_upper")


def draw_indicators(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw each indicator's correlation with effectiveness, a panel for each structure.

    Parameters
    ----------
    table
        ``estimand``, ``structure``, ``title`` and the correlation with its interval.
        Only what converged should be in it.
    width
        Panels side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        Indicators in the order of their correlation in the first structure.
    """
    with house_style(width):
        structures = list(dict.fromkeys(table["structure"]))
        first = table[table["structure"] == structures[0]]
        order = first.groupby("title")["correlation"].mean().sort_values(ascending=False)
        rows = list(order.index)
        figure, panels = _panels(len(structures), len(rows), width)
        for axes, structure in zip(panels, structures, strict=True):
            here = table[table["structure"] == structure]
            draw_estimand_rows(axes, here, "title", rows, _COLUMNS)
            _finish(axes, structure, rows, width)
        lower = min(float(table["correlation_lower"].min()), 0.0)
        for axes in panels:
            axes.set_xlim(max(lower - 0.05, -1.0), 1.0)
        key_estimands(figure, table)
        return figure


def _panels(count: int, rows: int, width: Width) -> tuple[Figure, list[Axes]]:
    """Lay the panels out and say how tall they are."""
    if is_broad(width):
        figure = new_figure(width, 0.42 * rows + 1.1)
        panels = figure.subplots(1, count, sharey=True, squeeze=False)[0]
    else:
        figure = new_figure(width, (0.44 * rows + 0.4) * count + 0.9)
        panels = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    return figure, list(panels)


def _finish(axes: Axes, structure: str, rows: list[str], width: Width) -> None:
    """Name the panel and its rows, and draw the line of no correlation."""
    characters = 44 if is_broad(width) else 29
    axes.set_yticks(range(len(rows)), labels=[fold(row, characters) for row in rows])
    axes.tick_params(axis="y", labelsize=sized(9 if is_broad(width) else 8, width))
    axes.set_xlabel("Correlation with effectiveness")
    axes.tick_params(axis="x", labelbottom=True)
    axes.axvline(0, color=GREY, linewidth=1, zorder=1)
    axes.set_title(STRUCTURE_LABELS.get(structure, structure), loc="left")
