"""What effectiveness is made of: the indicators' correlations with it, and their reliabilities."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator
from pandas import DataFrame

from analysis.plots.intervals import draw_estimand_rows, key_estimands
from analysis.plots.refusal import require_columns
from analysis.plots.style import GREY, Width, fold, house_style, is_broad, new_figure, sized

STRUCTURE_LABELS = {
    "composite": "Composite",
    "one_factor": "One factor (challenger)",
    "domain_factors": "Domain factors",
}
_COLUMNS = ("correlation", "correlation_lower", "correlation_upper")
_NOISE = ("noise_share", "noise_share_lower", "noise_share_upper")
_RELIABILITY = ("reliability", "reliability_lower", "reliability_upper")


def reliabilities(table: DataFrame) -> DataFrame:
    """Return the share of each indicator's spread in a year that is the authorities' own.

    The spread between authorities is what lasts, what is particular to the year, and
    sampling noise; the reliability is the share of the first, 1 less ``noise_share``
    (:mod:`analysis.evidence.composition`).

    Parameters
    ----------
    table
        Rows with ``noise_share``, its ``_lower`` and its ``_upper``.

    Returns
    -------
    DataFrame
        The same with ``reliability``, its ``_lower`` and its ``_upper``.
    """
    mean, lower, upper = (table[name] for name in _NOISE)
    return table.assign(
        reliability=1 - mean, reliability_lower=1 - upper, reliability_upper=1 - lower
    )


def draw_indicators(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw each indicator's correlation with effectiveness, and how reliable it is.

    Parameters
    ----------
    table
        ``estimand``, ``structure``, ``title``, and ``correlation`` and ``noise_share`` with
        ``_lower`` and ``_upper``. Only what converged should be in it.
    width
        Panels side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        A panel of correlations for each structure, one of the first structure's
        reliabilities; indicators in the order of their correlation in the first.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    require_columns(table, ("estimand", "structure", "title", *_COLUMNS, *_NOISE), "indicators")
    with house_style(width):
        structures = list(dict.fromkeys(table["structure"]))
        first = table[table["structure"] == structures[0]]
        order = first.groupby("title")["correlation"].mean().sort_values(ascending=False)
        rows = list(order.index)
        figure, panels = _panels(len(structures) + 1, len(rows), width)
        lower = max(min(float(table["correlation_lower"].min()), 0.0) - 0.05, -1.0)
        for axes, structure in zip(panels[:-1], structures, strict=True):
            here = table[table["structure"] == structure]
            draw_estimand_rows(axes, here, "title", rows, _COLUMNS)
            _finish(axes, rows, STRUCTURE_LABELS.get(structure, structure), width)
            axes.set_xlabel("Correlation\nwith effectiveness")
            axes.set_xlim(lower, 1.0)
        draw_estimand_rows(panels[-1], reliabilities(first), "title", rows, _RELIABILITY)
        _finish(panels[-1], rows, "Reliability", width)
        panels[-1].set_xlabel("Share of the spread\nthat is no noise")
        panels[-1].set_xlim(0.0, 1.0)
        key_estimands(figure, table)
        return figure


def _panels(count: int, rows: int, width: Width) -> tuple[Figure, list[Axes]]:
    """Lay the panels out and say how tall they are."""
    if is_broad(width):
        figure = new_figure(width, 0.42 * rows + 1.1, keep_height=True)
        panels = figure.subplots(1, count, sharey=True, squeeze=False)[0]
    else:
        figure = new_figure(width, (0.44 * rows + 0.4) * count + 0.9, keep_height=True)
        panels = figure.subplots(count, 1, squeeze=False)[:, 0]
    return figure, list(panels)


def _finish(axes: Axes, rows: list[str], title: str, width: Width) -> None:
    """Name the panel and its rows, and draw the line of no correlation."""
    characters = 38 if is_broad(width) else 29
    axes.set_yticks(range(len(rows)), labels=[fold(row, characters) for row in rows])
    axes.tick_params(axis="y", labelsize=sized(9 if is_broad(width) else 8, width))
    axes.xaxis.set_major_locator(MultipleLocator(0.5))
    axes.tick_params(axis="x", labelbottom=True)
    axes.axvline(0, color=GREY, linewidth=1, zorder=1)
    axes.set_title(title, loc="left")
