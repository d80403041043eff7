"""How many authorities of each grade stand at the top and the bottom."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from analysis.plots.intervals import draw_estimand_rows, key_estimands, offsets
from analysis.plots.style import (
    ESTIMAND_COLOURS,
    INK,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
)

BANDS = ("bottom", "middle", "top")
GRADES_BEST_FIRST = ("Outstanding", "Good", "Requires improvement", "Inadequate")


def draw_deciles(table: DataFrame, *, share: float, width: Width = "wide") -> Figure:
    """Draw the counts of the top and the bottom band against what no link would give.

    Parameters
    ----------
    table
        ``estimand``, ``judgement``, ``band``, ``mean``, ``lower``, ``upper`` and
        ``independent``, all in authorities; ``no_link_lower`` and ``no_link_upper`` of replicates
        if it has them. The middle band is left to the table.
    share
        The share of the authorities in the top, and in the bottom, band.
    width
        Panels side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        Two panels on one axis.
    """
    with house_style(width):
        wide = is_broad(width)
        figure = new_figure(width, 3.2 if wide else 5.6)
        layout = (1, 2) if wide else (2, 1)
        panels = figure.subplots(*layout, sharex=True, sharey=True).ravel()
        for axes, band in zip(panels, ("bottom", "top"), strict=True):
            here = table[table["band"] == band]
            draw_estimand_rows(
                axes, here, "judgement", GRADES_BEST_FIRST, ("mean", "lower", "upper")
            )
            _mark_expected(axes, here)
            axes.set_xlabel("Authorities")
            axes.tick_params(labelbottom=True)
            axes.set_title(f"{band.capitalize()} {100 * share:g}%", loc="left")
            if not wide:
                axes.set_yticks(
                    range(len(GRADES_BEST_FIRST)), [fold(grade, 12) for grade in GRADES_BEST_FIRST]
                )
        ends = table.loc[table["band"] != "middle"].filter(
            ["upper", "independent", "no_link_upper"]
        )
        panels[0].set_xlim(0, 1.04 * float(ends.max().max()))
        key_estimands(figure, table, "Expected if there were no link")
        return figure


def _mark_expected(axes: Axes, table: DataFrame) -> None:
    """Mark the count that no link would give, on the line of each interval."""
    shown = [name for name in ESTIMAND_COLOURS if name in set(table["estimand"])]
    for row in table.itertuples():
        place = GRADES_BEST_FIRST.index(str(row.judgement))
        offset = offsets(len(shown))[shown.index(str(row.estimand))]
        axes.plot(
            [float(str(row.independent))],
            [place + offset],
            "|",
            color=INK,
            markersize=12,
            markeredgewidth=1.6,
            zorder=4,
        )
