"""Maps of the authorities, shaded by fifths."""

from collections.abc import Mapping

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from pandas import DataFrame

from analysis.plots.style import (
    DARK_BLUE,
    GREY,
    LIGHT_BLUE,
    MID_BLUE,
    NAVY,
    PALE_BLUE,
    Width,
    house_style,
    is_broad,
    new_figure,
    sized,
)

FIFTH_COLOURS = (NAVY, DARK_BLUE, MID_BLUE, LIGHT_BLUE, PALE_BLUE)
_TOLERANCE = 0.004
"""Detail, in degrees, that is too small to be seen."""


def draw_fifths(
    table: DataFrame, shapes: Mapping[str, shapely.Geometry], *, width: Width = "wide"
) -> Figure:
    """Draw a map for each vintage, the most deprived fifth darkest, and London enlarged.

    Parameters
    ----------
    table
        ``authority``, ``region``, ``vintage`` and ``fifth``.
    shapes
        Boundaries in degrees, by authority.
    width
        Maps side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        Maps without axes, and a key.
    """
    codes = [code for code in shapes if code in set(table["authority"])]
    areas = shapely.coverage_simplify([shapes[code] for code in codes], _TOLERANCE)
    outlines = dict(zip(codes, (outline(area) for area in areas), strict=True))
    vintages = sorted(set(table["vintage"]))
    with house_style(width):
        wide = is_broad(width)
        figure = new_figure(width, 3.9 if wide else 4.1 * len(vintages) + 0.5)
        layout = (1, len(vintages)) if wide else (len(vintages), 1)
        for axes, vintage in zip(
            figure.subplots(*layout, squeeze=False).ravel(), vintages, strict=True
        ):
            own = table[table["vintage"] == vintage]
            _shade(axes, own, outlines)
            axes.set_title(str(vintage), loc="left")
            _enlarge(axes, own[own["region"].str.contains("London")], outlines, width)
        names = ("Most deprived fifth", "Second", "Third", "Fourth", "Least deprived fifth")
        keys = [
            Patch(color=colour, label=name)
            for colour, name in zip(FIFTH_COLOURS, names, strict=True)
        ]
        figure.legend(
            handles=keys,
            loc="outside lower left",
            ncols=5 if wide else 2,
            frameon=False,
            fontsize=sized(8.5, width),
            handlelength=1.2,
        )
        return figure


def outline(area: shapely.Geometry) -> Path:
    """Turn an area into a path, holes running the other way round."""
    parts = shapely.get_parts(shapely.orient_polygons(area))
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    paths = [Path(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings]
    return Path.make_compound_path(*paths)


def _shade(axes: Axes, table: DataFrame, outlines: Mapping[str, Path]) -> None:
    """Draw the authorities of a table in the colours of their fifths."""
    there = table[table["authority"].isin(list(outlines))]
    patches = [PathPatch(outlines[code]) for code in there["authority"]]
    colours = [FIFTH_COLOURS[int(fifth) - 1] for fifth in there["fifth"]]
    axes.add_collection(
        PatchCollection(patches, facecolors=colours, edgecolors="white", linewidths=0.25)
    )
    axes.autoscale_view()
    middle = np.radians(np.mean(axes.get_ylim()))
    axes.set_aspect(1 / np.cos(middle), anchor="N")
    bare(axes)


def _enlarge(axes: Axes, table: DataFrame, outlines: Mapping[str, Path], width: Width) -> None:
    """Draw London's authorities, which the map of England cannot show, in its corner."""
    if table.empty:
        return
    corner = axes.inset_axes((0.0, 0.58, 0.36, 0.22))
    corner.patch.set_visible(False)
    _shade(corner, table, outlines)
    corner.set_title("London", fontsize=sized(8, width), weight="normal", color=GREY, pad=2)


def bare(axes: Axes) -> None:
    """Take away what a map has no use for: ticks, grid and frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
