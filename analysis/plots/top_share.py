"""How likely an authority of each grade is to stand at the top."""

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from pandas import DataFrame

from analysis.plots.intervals import draw_estimand_rows, key_estimands, label_line
from analysis.plots.style import GREY, Width, fold, house_style, is_broad, new_figure

ROWS = (
    "Outstanding",
    "Good",
    "Requires improvement",
    "Inadequate",
    "Good or better",
    "Requires improvement or worse",
)


def draw_top_share(table: DataFrame, *, share: float, width: Width = "wide") -> Figure:
    """Draw P(top | judgement) with intervals, against the share of all authorities.

    Parameters
    ----------
    table
        ``estimand``, ``judgement``, ``probability``, ``lower`` and ``upper``, and
        ``no_link_lower`` and ``no_link_upper`` of replicates if it has them.
    share
        The share of all authorities that is called the top.
    width
        For a desk or for a telephone.

    Returns
    -------
    Figure
        One panel; a row for each grade, then one for each half.
    """
    with house_style(width):
        figure = new_figure(width, 3.7 if is_broad(width) else 4.4)
        axes = figure.subplots()
        draw_estimand_rows(axes, table, "judgement", ROWS, ("probability", "lower", "upper"))
        if not is_broad(width):
            axes.set_yticks(range(len(ROWS)), [fold(row, 14) for row in ROWS])
        axes.axhline(3.5, color=GREY, linewidth=1)
        axes.set_xlim(0, 1.04 * float(table.filter(["upper", "no_link_upper"]).max().max()))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel(f"Probability of being in the top {100 * share:g}%")
        label_line(axes, share, f"All: {100 * share:g}%")
        key_estimands(figure, table)
        return figure
