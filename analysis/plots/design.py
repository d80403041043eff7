"""What a study could have seen: power by the true link, and the shares of verdicts."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from pandas import DataFrame

from analysis.plots.style import (
    DARK_BLUE,
    DARK_PINK,
    GREY,
    ORANGE,
    PALE_GREY,
    PURPLE,
    TURQUOISE,
    Width,
    fold,
    house_style,
    is_broad,
    new_figure,
    sized,
)

_COLOURS = (DARK_BLUE, ORANGE, TURQUOISE, PURPLE)
_MARKERS = ("o", "D", "s", "^")
_VERDICTS = (
    ("for", "For a link", DARK_BLUE),
    ("inconclusive", "Not enough to tell", PALE_GREY),
    ("against", "For no link", ORANGE),
    ("wrong_sign", "For a link of the wrong sign", DARK_PINK),
)
_MOST_PANELS = 6


def draw_power(cells: DataFrame, *, odds: float, power: float, width: Width = "wide") -> Figure:
    """Draw the probability of evidence for a link against the judgement's correlation.

    Parameters
    ----------
    cells
        As :func:`analysis.design.summarise.summarise_cells` gives them.
    odds
        Bayes factor that counts as evidence.
    power
        Probability that is marked.
    width
        For a desk or for a telephone.

    Returns
    -------
    Figure
        One panel; a line for each number of authorities and noise.
    """
    rows = cells.drop_duplicates(["authorities", "noise", "correlation"])
    with house_style(width):
        figure = new_figure(width, sized(3.8 if is_broad(width) else 4.6, width))
        axes = figure.subplots()
        several = len(set(rows["noise"])) > 1
        for at, (key, group) in enumerate(rows.groupby(["authorities", "noise"], sort=True)):
            authorities, noise = key if isinstance(key, tuple) else (key, 1.0)
            line = group.sort_values("correlation")
            label = f"{authorities} authorities" + (f", noise × {noise:g}" if several else "")
            axes.errorbar(
                line["correlation"],
                line[f"for_{odds:g}"],
                2.0 * line[f"for_{odds:g}_mcse"],
                color=_COLOURS[at % len(_COLOURS)],
                marker=_MARKERS[at % len(_MARKERS)],
                markersize=5,
                capsize=2,
                label=label,
            )
        axes.axhline(power, color=GREY, linewidth=1, linestyle="--")
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel("True correlation of a judgement with effectiveness, ρ")
        axes.set_ylabel("Panels with evidence for a link")
        figure.legend(loc="outside lower left", ncols=2 if is_broad(width) else 1, frameon=False)
        return figure


def draw_shares(cells: DataFrame, *, odds: float, power: float, width: Width = "wide") -> Figure:
    """Draw the shares of evidence for, against and neither over the true correlation.

    Parameters are those of :func:`draw_power`; ``power`` is marked there alone.

    Returns
    -------
    Figure
        A panel for each number of authorities and noise, the first six.
    """
    rows = cells.drop_duplicates(["authorities", "noise", "correlation"])
    groups = list(rows.groupby(["authorities", "noise"], sort=True))[:_MOST_PANELS]
    wide = is_broad(width)
    columns = min(len(groups), 3) if wide else 1
    lines = -(-len(groups) // columns)
    with house_style(width):
        figure = new_figure(width, sized(0.9 + 2.5 * lines, width))
        panels = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes in panels[len(groups) :]:
            axes.set_visible(False)
        several = len(set(rows["noise"])) > 1
        for axes, (key, group) in zip(panels, groups, strict=False):
            authorities, noise = key if isinstance(key, tuple) else (key, 1.0)
            _stack(axes, group.sort_values("correlation"), odds)
            title = f"{authorities} authorities" + (f", noise × {noise:g}" if several else "")
            axes.set_title(fold(title, 40), loc="left")
        for axes in panels[:: columns or 1]:
            axes.set_ylabel("Share of panels")
        for axes in panels[max(0, len(groups) - columns) : len(groups)]:
            axes.set_xlabel("True ρ")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower left", ncols=4 if wide else 1, frameon=False
        )
        return figure


def _stack(axes: Axes, line: DataFrame, odds: float) -> None:
    """Stack the shares of one cell, evidence for a link at the bottom."""
    # Where there is no link, evidence for one of either sign is counted: it is misleading.
    axes.stackplot(
        line["correlation"],
        *(line[f"{kind}_{odds:g}"] for kind, _, _ in _VERDICTS),
        labels=[label for _, label, _ in _VERDICTS],
        colors=[colour for _, _, colour in _VERDICTS],
    )
    axes.set_xlim(line["correlation"].min(), line["correlation"].max())
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
