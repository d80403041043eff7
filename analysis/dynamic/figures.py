"""The drawings of a dynamic run: the link over the lag, and how long quality lasts."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots.intervals import draw_estimand_rows, key_estimands, label_line
from analysis.plots.style import (
    ESTIMAND_COLOURS,
    GREY,
    PALE_GREY,
    Width,
    house_style,
    is_broad,
    new_figure,
)
from analysis.words.vocabulary import GROUPS


def draw_lags(table: pd.DataFrame, rope: float, *, width: Width = "wide") -> Figure:
    """Draw the link over the lag, a panel for each group of indicators.

    Parameters
    ----------
    table
        ``estimand``, ``group``, ``indicators``, ``lag``, ``mean``, ``lower``, ``upper``.
    rope
        Links smaller than this count as practically none.
    width
        Of what it is drawn for.
    """
    groups = [name for name in GROUPS if name in set(table["group"])]
    columns = min(2, len(groups)) if is_broad(width) else 1
    rows = -(-len(groups) // columns)
    labelled = table.assign(when=table["lag"].map(lag_label))
    order = [lag_label(lag) for lag in sorted(table["lag"].unique())]
    reach = max(table["upper"].max(), -table["lower"].min(), 0.3) + 0.05
    with house_style(width):
        figure = new_figure(width, 0.9 + rows * (0.8 + 0.34 * len(order)), gap=0.08)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for axes, group in zip(panels, groups, strict=False):
            axes.axvspan(-rope, rope, color=PALE_GREY, zorder=0)
            own = labelled[labelled["group"] == group]
            draw_estimand_rows(axes, own, "when", order, ("mean", "lower", "upper"))
            label_line(axes, 0.0, "No link")
            count = int(own["indicators"].iloc[0])
            axes.set_title(f"{GROUPS[group]} ({count})", loc="left")
            axes.set_xlim(max(-reach, -1.0), min(reach, 1.0))
        # The horizontal axis is shared: only a column's lowest panel has it.
        for axes in panels[len(groups) - columns : len(groups)]:
            axes.set_xlabel("Link ρ")
            axes.tick_params(labelbottom=True)
        for axes in panels[len(groups) :]:
            axes.set_axis_off()
        key_estimands(figure, table)
        return figure


def lag_label(lag: float) -> str:
    """State when effectiveness is, from the inspection."""
    if lag == 0.0:
        return "At inspection"
    many = f"{abs(lag):g} year{'' if abs(lag) == 1.0 else 's'}"
    return f"{many} {'before' if lag < 0 else 'after'}"


def draw_fading(table: pd.DataFrame, *, width: Width = "wide") -> Figure:
    """Draw how quality and effectiveness go with themselves some years later.

    Parameters
    ----------
    table
        ``estimand``, ``path``, ``years_later``, ``mean``, ``lower``, ``upper``.
    width
        Of what it is drawn for.
    """
    broad = is_broad(width)
    with house_style(width):
        figure = new_figure(width, 4.0 if broad else 6.4, gap=0.08)
        panels = figure.subplots(*((1, 2) if broad else (2, 1)), sharey=True, squeeze=False)
        for axes, path in zip(panels.ravel(), ("quality", "effectiveness"), strict=True):
            _draw_fading(axes, table[table["path"] == path])
            axes.set_title(path.capitalize(), loc="left")
        key_estimands(figure, table)
        return figure


def _draw_fading(axes: Axes, table: pd.DataFrame) -> None:
    """Draw one path's correlation with itself, a line an estimand."""
    axes.axhline(0.5, color=GREY, linestyle="--", linewidth=1)
    for estimand, colour in ESTIMAND_COLOURS.items():
        own = table[table["estimand"] == estimand]
        axes.fill_between(
            own["years_later"], own["lower"], own["upper"], color=colour, alpha=0.2, linewidth=0
        )
        axes.plot(own["years_later"], own["mean"], color=colour)
    axes.set_ylim(0.0, 1.0)
    axes.set_xlim(0.0, float(table["years_later"].max()))
    axes.set_xlabel("Years later")
    axes.set_ylabel("Correlation with itself")
