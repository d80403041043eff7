"""What a study could have seen: how often the evidence would say what, by the true link."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from pandas import DataFrame

from analysis.plots.style import (
    DARK_BLUE,
    GREY,
    ORANGE,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
    sized,
)
from analysis.words.vocabulary import VERDICTS

_VERDICTS = (
    ("for", "For a link", DARK_BLUE, "o", "-"),
    ("against", "For no link", ORANGE, "D", "-"),
    ("inconclusive", VERDICTS["inconclusive"], GREY, "s", ":"),
)


def draw_design(
    cells: DataFrame, titles: list[str], *, odds: float, power: float, width: Width = "wide"
) -> Figure:
    """Draw the shares of panels with evidence for, against and neither over the true link.

    Parameters
    ----------
    cells
        Rows of :func:`analysis.design.summarise.summarise_cells`, with a column ``cell``: a
        position in ``titles``.
    titles
        Of the panels, one for each cell.
    odds
        Bayes factor that counts as evidence.
    power
        Probability that is marked.
    width
        For a desk or for a telephone.

    Returns
    -------
    Figure
        A panel for each cell; bars are two Monte Carlo standard errors.
    """
    wide = is_broad(width)
    columns = min(len(titles), 3) if wide else 1
    lines = -(-len(titles) // columns)
    with house_style(width):
        figure = new_figure(width, (0.9 if wide else 1.2) + (2.4 if wide else 2.2) * lines)
        panels = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes in panels[len(titles) :]:
            axes.set_visible(False)
        for at, (axes, title) in enumerate(zip(panels, titles, strict=False)):
            _draw(axes, cells[cells["cell"] == at].sort_values("link"), odds, width)
            axes.axhline(power, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
            axes.set_title(fold(title, 36 if wide else 44), loc="left", fontweight="normal")
            axes.set_ylim(-0.03, 1.03)
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            if at % columns == 0:
                axes.set_ylabel("Share of panels")
            if at >= len(titles) - columns:
                axes.set_xlabel("True link, quality with effectiveness")
                axes.tick_params(labelbottom=True)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=3 if wide else 1)
        return figure


def _draw(axes: Axes, rows: DataFrame, odds: float, width: Width) -> None:
    """Draw the three shares of one cell."""
    for kind, label, colour, marker, line in _VERDICTS:
        axes.errorbar(
            rows["link"],
            rows[f"{kind}_{odds:g}"],
            2.0 * rows[f"{kind}_{odds:g}_mcse"],
            color=colour,
            marker=marker,
            markersize=sized(4.5, width),
            linewidth=sized(1.6, width),
            linestyle=line,
            elinewidth=sized(1.0, width),
            capsize=0,
            label=label,
        )
