"""How much of each indicator was published in each year."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from pandas import DataFrame

from analysis.plots.style import (
    DARK_BLUE,
    INK,
    LIGHT_BLUE,
    MID_BLUE,
    PALE_BLUE,
    Width,
    fold,
    house_style,
    is_broad,
    lowered,
    new_figure,
    sized,
    width_of,
)


def draw_coverage(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw the share of authorities whose figure was published, by indicator and year.

    Parameters
    ----------
    table
        ``title``, ``year``, ``observed``, ``suppressed`` and ``missing``, counts of
        authorities, in the order in which indicators should stand.
    width
        For a desk or for a telephone.

    Returns
    -------
    Figure
        A grid of percentages; with many years, colours and their key instead.
    """
    total = table["observed"] + table["suppressed"] + table["missing"]
    shares = table.assign(share=table["observed"] / total.where(total > 0))
    grid = shares.pivot_table("share", "title", "year", sort=False, dropna=False)
    grid = grid[sorted(grid.columns)]
    with house_style(width):
        row = 0.34 if is_broad(width) else 0.46
        height = row * len(grid) + 0.6
        figure = new_figure(width, height)
        points = lowered(figure, height) * sized(9 if is_broad(width) else 8, width)
        axes = figure.subplots()
        colours = LinearSegmentedColormap.from_list(
            "shares", ["#F2F2F2", PALE_BLUE, LIGHT_BLUE, MID_BLUE, DARK_BLUE]
        )
        image = axes.imshow(grid, cmap=colours, vmin=0, vmax=1, aspect="auto")
        label_grid(axes, grid, width)
        axes.tick_params(labelsize=points)
        _say_shares(figure, axes, image, grid.to_numpy(float), points)
        return figure


def label_grid(axes: Axes, grid: DataFrame, width: Width) -> None:
    """Name rows and columns and part the cells by white lines; as many years as fit."""
    years = [str(year) for year in grid.columns]
    most = 10 if is_broad(width) else 6
    if len(years) > most:
        every = -(-len(years) // (2 * most))
        years = [
            f"’{year[-2:]}" if at % every == 0 else "" for at, year in enumerate(reversed(years))
        ][::-1]
    axes.set_xticks(range(len(years)), years)
    characters = 62 if is_broad(width) else 29
    axes.set_yticks(range(len(grid)), [fold(str(title), characters) for title in grid.index])
    axes.tick_params(axis="y", pad=5)
    axes.tick_params(length=0, labelsize=sized(9 if is_broad(width) else 8, width))
    axes.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.set_xticks(np.arange(0.5, len(years) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(grid) - 1), minor=True)
    axes.grid(which="minor", axis="both", color="white", linewidth=2)
    axes.tick_params(which="minor", length=0)


def _say_shares(
    figure: Figure, axes: Axes, image: AxesImage, shares: NDArray[np.float64], points: float
) -> None:
    """Write the percentages into the cells, or a key where they would not fit."""
    if shares.shape[1] > (16 if is_broad(width_of(figure)) else 6):
        key = figure.colorbar(image, ax=axes, location="bottom", fraction=0.02, aspect=40)
        key.set_ticks([0, 0.5, 1], labels=["0%", "50%", "100%"])
        return
    for (row, column), share in np.ndenumerate(shares):
        text = "–" if np.isnan(share) else f"{np.floor(100 * share):.0f}%"
        colour = "white" if share > 0.68 else INK
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            color=colour,
            fontsize=points,
        )
