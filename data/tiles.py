r"""A hexagon for each authority: a map on which London can be read.

On a map of England the 33 authorities of London share a thumbnail. Here each authority has
one hexagon of the same size, placed by code from the boundaries, not by hand. First all
areas are made about equal, their neighbourhoods kept: in each round an area of radius
:math:`r = \sqrt{a/\pi}` pushes every point of every boundary, at distance d from its centre,
away by :math:`(R - r)\,r/d`, R being the radius of the mean area (Dougenik, Chrisman and
Niemeyer 1985, doi:10.1111/j.0033-0124.1985.00075.x). Then the centres are drawn to the
neighbours that they touch, islands to the nearest area, and kept a hexagon's width apart
(after Dorling 1996, *Area Cartograms*). Last they are assigned to the cells of a grid of
hexagons so that the sum of squared distances is least (the linear assignment problem).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

_ROUNDS = 40
_DETAIL = 0.02
_CLOSER = 300
_PULL = 0.02
_ATTRACTION = 0.2
_MARGIN = 3

Array = NDArray[np.float64]


def assign_tiles(shapes: Mapping[str, shapely.Geometry]) -> pd.DataFrame:
    """Place each authority in a cell of a grid of hexagons near to where it lies.

    Parameters
    ----------
    shapes
        Boundaries in degrees, by ONS code.

    Returns
    -------
    pandas.DataFrame
        ``authority``, ``column`` and ``row``, in the order of the codes; rows run from south
        to north, and every second row lies half a hexagon to the east.
    """
    codes = sorted(shapes)
    area = np.array([shapes[code] for code in codes], dtype=object)
    centres = _drawn_together(_equalised(area), _touching(area))
    low, high = np.floor(centres.min(axis=0)) - _MARGIN, np.ceil(centres.max(axis=0)) + _MARGIN
    column, row = np.meshgrid(
        np.arange(low[0], high[0] + 1),
        np.arange(np.floor(low[1] / np.sqrt(0.75)), high[1] / np.sqrt(0.75) + 1),
    )
    cells = np.column_stack([column.ravel(), row.ravel()]).astype(int)
    cost = ((centres[:, None, :] - places(cells)[None, :, :]) ** 2).sum(axis=2)
    _, chosen = linear_sum_assignment(cost)
    found = cells[chosen]
    found[:, 0] -= found[:, 0].min()
    found[:, 1] -= 2 * (found[:, 1].min() // 2)  # by an even number, which keeps rows in step
    return pd.DataFrame({"authority": codes, "column": found[:, 0], "row": found[:, 1]})


def places(cells: NDArray[np.int64]) -> Array:
    """Return the centres of cells (column, row), in widths of a hexagon."""
    east = cells[:, 0] + 0.5 * (cells[:, 1] % 2)
    return np.column_stack([east, cells[:, 1] * np.sqrt(0.75)])


def _equalised(shapes: NDArray[np.object_]) -> Array:
    """Make areas about equal; give their centres in widths of a hexagon of the mean area."""
    simple = shapely.coverage_simplify(shapes, _DETAIL)
    middle = np.radians(shapely.get_coordinates(simple)[:, 1].mean())
    flat = shapely.transform(simple, lambda points: points * [np.cos(middle), 1.0])
    for _ in range(_ROUNDS):
        points, centres = shapely.get_coordinates(flat), _centres(flat)
        area = np.maximum(shapely.area(flat), 1e-9)
        radius, wanted = np.sqrt(area / np.pi), np.sqrt(area.mean() / np.pi)
        error = np.maximum(area / area.mean(), area.mean() / area).mean()
        moved = np.zeros_like(points)
        for centre, r in zip(centres, radius, strict=True):
            away = points - centre
            distance = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)
            inside = (distance / r) ** 2 * (4.0 - 3.0 * distance / r)
            force = (wanted - r) * np.where(distance > r, r / distance, inside)
            moved += away * (force / distance)[:, None]
        flat = shapely.set_coordinates(flat, points + moved / (1.0 + error))
    width = np.sqrt(shapely.area(flat).mean() / np.sqrt(0.75))
    return np.asarray(_centres(flat) / width)


def _centres(shapes: NDArray[np.object_]) -> Array:
    """Return the centroids of shapes."""
    points = shapely.centroid(shapes)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _touching(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which areas touch, row by row; an island touches the nearest of the others."""
    touches = np.zeros((len(shapes), len(shapes)), dtype=bool)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    touches[one, other] = one != other
    for island in np.flatnonzero(~touches.any(axis=1)):
        distance = shapely.distance(shapes[island], shapes)
        distance[island] = np.inf
        nearest = int(np.argmin(distance))
        touches[island, nearest] = touches[nearest, island] = True
    return touches


def _drawn_together(centres: Array, touches: NDArray[np.bool_]) -> Array:
    """Push points apart that are closer than 1; pull each to its neighbours and its centre."""
    neighbours = np.maximum(touches.sum(axis=1), 1)[:, None]
    at = centres.copy()
    for _ in range(_CLOSER):
        gap = at[:, None, :] - at[None, :, :]
        distance = np.maximum(np.hypot(gap[..., 0], gap[..., 1]), 1e-9)
        np.fill_diagonal(distance, np.inf)
        close = np.clip(1.0 - distance, 0.0, None) / distance
        push = 0.5 * (gap * close[..., None]).sum(axis=1)
        parted = np.where(touches, np.clip(1.0 - 1.0 / distance, 0.0, None), 0.0)
        pull = -(gap * parted[..., None]).sum(axis=1) / neighbours
        at = at + 0.5 * push + _ATTRACTION * pull + _PULL * (centres - at)
    return at
