"""Prior against posterior: what the data taught about each parameter of the judgements."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    DARK_BLUE,
    DARK_GREY,
    Width,
    fold,
    font_points,
    house_style,
    is_broad,
    new_figure,
    sized,
)

_COLUMNS = ("label", "x", "prior", "posterior")


def draw_prior_posterior(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw a small panel for each parameter, its prior dashed and its posterior filled.

    Parameters
    ----------
    table
        ``label`` of the parameter, ``x``, and the densities ``prior`` and ``posterior``.
    width
        Three or four panels a row for a desk, two for a telephone.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    require_columns(table, _COLUMNS, "prior against posterior")
    labels = list(dict.fromkeys(map(str, table["label"])))
    with house_style(width):
        row = 3 if len(labels) in (3, 5, 6, 9) else 4
        columns = min(len(labels), row if is_broad(width) else 2)
        rows = -(-len(labels) // columns)
        figure = new_figure(width, 1.95 * rows, gap=0.1)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in panels[len(labels) :]:
            axes.set_axis_off()
        for axes, label in zip(panels, labels, strict=False):
            _draw_panel(axes, table[table["label"] == label])
            characters = 112 // columns if is_broad(width) else 26
            axes.set_title(fold(label, characters), fontsize=0.9 * font_points(width))
        _name_curves(panels[0], table[table["label"] == labels[0]], width)
        return figure


def _draw_panel(axes: Axes, table: DataFrame) -> None:
    """Draw both densities of one parameter."""
    axes.fill_between(table["x"], table["posterior"], color=DARK_BLUE, alpha=0.2, linewidth=0)
    axes.plot(table["x"], table["posterior"], color=DARK_BLUE, linewidth=1.6)
    axes.plot(table["x"], table["prior"], color=DARK_GREY, linestyle="--", linewidth=1.3)
    axes.set_ylim(0, None)
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=4)
    axes.grid(visible=False)


def _name_curves(axes: Axes, table: DataFrame, width: Width) -> None:
    """Name the two curves in the first panel, beside them."""
    small = sized(8.5 if is_broad(width) else 7.8, width)
    top = table.iloc[int(table["posterior"].to_numpy().argmax())]
    right = float(top["x"]) > float(table["x"].mean())
    axes.annotate(
        "Posterior",
        (float(top["x"]), 0.8 * float(top["posterior"])),
        xytext=(-14 if right else 14, 0),
        textcoords="offset points",
        ha="right" if right else "left",
        color=DARK_BLUE,
        weight="bold",
        fontsize=small,
    )
    place = table.iloc[len(table) // 8 if right else -len(table) // 8]
    axes.annotate(
        "Prior",
        (float(place["x"]), float(place["prior"])),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        color=DARK_GREY,
        fontsize=small,
    )
