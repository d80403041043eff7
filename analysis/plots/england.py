"""Maps of effectiveness: by boundaries, and by hexagons, where London is legible."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, RegularPolygon
from numpy.typing import NDArray

from analysis.plots.maps import bare, outline
from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    DARK_BLUE,
    INK,
    MID_BLUE,
    NAVY,
    ORANGE,
    Width,
    house_style,
    is_broad,
    lowered,
    new_figure,
    sized,
)
from data.tiles import places

_COLUMNS = ("authority", "name", "region", "rank", "against_median")
_TOLERANCE = 0.008
"""Detail, in degrees, that is too small to be seen: about half a point of a screen."""
CLASSES = {
    "Above the median": NAVY,
    "Perhaps above": MID_BLUE,
    "Perhaps below": "#C9E0F4",
    "Below the median": "#F3F3F1",
}
"""Dark to light from high to low, so that the order survives a photocopier."""
_EDGE = "#8A8F94"


def draw_england(
    table: pd.DataFrame,
    tiles: pd.DataFrame,
    shapes: Mapping[str, shapely.Geometry] | None = None,
    *,
    width: Width = "wide",
) -> Figure:
    """Draw each authority's effectiveness where it lies, in four classes of certainty.

    Parameters
    ----------
    table
        ``authority`` (ONS code), ``name``, ``region``, posterior mean ``rank`` (1 is the most
        effective) and ``against_median``: ``above``, ``below`` or empty, as the interval of
        the rank excludes the median rank or not.
    tiles
        Cells of the hexagons (:func:`data.tiles.assign_tiles`).
    shapes
        Boundaries in degrees, by code; without them there are hexagons alone.
    width
        Maps side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        Hexagons bear the first letters of the authority's name; those of London are
        outlined.

    Raises
    ------
    FigureError
        If the table is empty or lacks a column.
    """
    require_columns(table, _COLUMNS, "map of England")
    colours = _colours(table)
    with house_style(width):
        broad = is_broad(width)
        height = 5.6 if broad else 9.6
        if shapes is None:
            height = 6.4 if broad else 4.5
        figure = new_figure(width, height, gap=0.0 if shapes is not None and broad else 0.02)
        if shapes is None:
            panels = [figure.subplots()]
        elif broad:
            panels = list(figure.subplots(1, 2, width_ratios=(1, 1.12)))
        else:
            panels = list(figure.subplots(2, 1, height_ratios=(1, 1.4)))
        if shapes is not None:
            _draw_shapes(panels[0], shapes, colours)
            panels[0].set_title("By area")
        points = lowered(figure, height) * sized(7.0 if broad else 6.8, width)
        _draw_tiles(panels[-1], table, tiles, colours, points)
        panels[-1].set_title("One hexagon for each authority")
        keys = [
            Patch(facecolor=colour, edgecolor=_EDGE, linewidth=0.6, label=label)
            for label, colour in CLASSES.items()
        ]
        if (table["region"] == "London").any():
            keys.append(Patch(facecolor="none", edgecolor=ORANGE, linewidth=2.0, label="London"))
        figure.legend(
            handles=keys,
            loc="outside lower left",
            ncols=5 if broad else 2,
            frameon=False,
            fontsize=sized(9 if broad else 7.8, width),
            handlelength=1.2,
        )
        return figure


def _colours(table: pd.DataFrame) -> dict[str, str]:
    """Return the colour of each authority's class."""
    above, perhaps_above, perhaps_below, below = CLASSES.values()
    middle = (len(table) + 1) / 2
    return {
        str(row["authority"]): {"above": above, "below": below}.get(
            str(row["against_median"]), perhaps_above if row["rank"] <= middle else perhaps_below
        )
        for row in table.to_dict("records")
    }


def _draw_shapes(
    axes: Axes, shapes: Mapping[str, shapely.Geometry], colours: Mapping[str, str]
) -> None:
    """Draw the authorities by their boundaries."""
    codes = [code for code in shapes if code in colours]
    areas = shapely.coverage_simplify([shapes[code] for code in codes], _TOLERANCE)
    axes.add_collection(
        PatchCollection(
            [PathPatch(outline(area)) for area in areas],
            facecolors=[colours[code] for code in codes],
            edgecolors=_EDGE,
            linewidths=0.3,
        )
    )
    axes.autoscale_view()
    axes.set_aspect(1 / np.cos(np.radians(np.mean(axes.get_ylim()))), anchor="NW")
    bare(axes)


def _draw_tiles(
    axes: Axes,
    table: pd.DataFrame,
    tiles: pd.DataFrame,
    colours: Mapping[str, str],
    points: float,
) -> None:
    """Draw a hexagon for each authority, with the first letters of its name."""
    placed = tiles[tiles["authority"].isin(list(colours))]
    names = dict(zip(table["authority"], table["name"], strict=True))
    short = abbreviations([str(names[code]) for code in placed["authority"]])
    centres = places(placed[["column", "row"]].to_numpy())
    for (x, y), code, letters in zip(centres, placed["authority"], short, strict=True):
        axes.add_patch(
            RegularPolygon(
                (x, y), 6, radius=0.57, facecolor=colours[code], edgecolor=_EDGE, linewidth=0.6
            )
        )
        axes.text(
            x,
            y,
            letters,
            ha="center",
            va="center",
            fontsize=points,
            color="white" if colours[code] in (NAVY, DARK_BLUE, MID_BLUE) else INK,
        )
    regions = dict(zip(table["authority"], table["region"], strict=True))
    inside = np.array([regions[code] == "London" for code in placed["authority"]])
    if inside.any():
        _outline_hexagons(axes, centres[inside])
    axes.set_xlim(centres[:, 0].min() - 0.7, centres[:, 0].max() + 0.7)
    axes.set_ylim(centres[:, 1].min() - 0.7, centres[:, 1].max() + 0.7)
    axes.set_aspect("equal", anchor="N")
    bare(axes)


def _outline_hexagons(axes: Axes, centres: NDArray[np.float64]) -> None:
    """Draw one line around hexagons."""
    angles = np.radians(30.0 + 60.0 * np.arange(6))
    corners = 0.6 * np.column_stack([np.cos(angles), np.sin(angles)])
    together = shapely.union_all([shapely.Polygon(centre + corners) for centre in centres])
    axes.add_patch(
        PathPatch(outline(together), facecolor="none", edgecolor=ORANGE, linewidth=2.0, zorder=4)
    )


def abbreviations(names: list[str]) -> list[str]:
    """Shorten names to three letters, as different from each other as they can be.

    The first three letters, or where these are taken the initials of the words, or the
    first two letters and a later one. What is still the same stays the same: the letters
    help to find a place, and the table says which it is.
    """
    taken: set[str] = set()
    found = []
    for name in names:
        letters = [one for one in name if one.isalpha()]
        words = [word for word in name.replace("-", " ").split() if word[:1].isupper()]
        tries = ["".join(letters[:3]), "".join(word[0] for word in words)[:3]]
        tries += [
            "".join([words[0][:1], *words[1][:2]]) if len(words) > 1 else tries[0],
            *("".join([*letters[:2], one]) for one in letters[3:]),
        ]
        usable = [one for one in tries if len(one) > 1 and one not in taken]
        found.append(usable[0] if usable else tries[0])
        taken.add(found[-1])
    return found
