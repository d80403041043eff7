"""A hexagon for each authority: a map on which London can be read.

On a map of England the 33 authorities of London share a thumbnail. Here each authority has
one hexagon of the same size, placed by code from the boundaries, not by hand: the centres of
the authorities are moved apart until none are closer than a hexagon is wide, each drawn to
the neighbours that it touches and back to where it lies (after Dorling 1996, *Area
Cartograms*), and then all are assigned to the cells of a grid of hexagons so that
the sum of squared distances is least (the linear assignment problem). ``tiles.csv`` holds
what :func:`assign_tiles` gives for the boundaries of December 2023: codes and cells, so that
a page without the published files can draw the map too.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

_FILE = Path(__file__).with_name("tiles.csv")
_ROUNDS = 1000
_PULL = 0.01
_ATTRACTION = 0.2
_MARGIN = 3

Array = NDArray[np.float64]


def read_tiles() -> pd.DataFrame:
    """Read the cells of England's authorities.

    Returns
    -------
    pandas.DataFrame
        ``authority`` (ONS code), ``column`` and ``row``; rows run from south to north, and
        every second row lies half a hexagon to the east.
    """
    return pd.read_csv(_FILE, dtype={"authority": str, "column": int, "row": int})


def assign_tiles(shapes: Mapping[str, shapely.Geometry]) -> pd.DataFrame:
    """Give each authority a cell of a grid of hexagons near to where it lies.

    Parameters
    ----------
    shapes
        Boundaries in degrees, by ONS code.

    Returns
    -------
    pandas.DataFrame
        As :func:`read_tiles` gives it, in the order of the codes.
    """
    codes = sorted(shapes)
    area = np.array([shapes[code] for code in codes], dtype=object)
    apart = _moved_apart(_centres(area), _touching(area))
    low, high = np.floor(apart.min(axis=0)) - _MARGIN, np.ceil(apart.max(axis=0)) + _MARGIN
    column, row = np.meshgrid(
        np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] / np.sqrt(0.75) + 1)
    )
    cells = np.column_stack([column.ravel(), row.ravel()]).astype(int)
    cost = ((apart[:, None, :] - places(cells)[None, :, :]) ** 2).sum(axis=2)
    _, chosen = linear_sum_assignment(cost)
    found = cells[chosen]
    found[:, 0] -= found[:, 0].min()
    found[:, 1] -= 2 * (found[:, 1].min() // 2)  # by an even number, which keeps rows in step
    return pd.DataFrame({"authority": codes, "column": found[:, 0], "row": found[:, 1]})


def places(cells: NDArray[np.int64]) -> Array:
    """Give the centres of cells (column, row), in widths of a hexagon."""
    east = cells[:, 0] + 0.5 * (cells[:, 1] % 2)
    return np.column_stack([east, cells[:, 1] * np.sqrt(0.75)])


def _centres(shapes: NDArray[np.object_]) -> Array:
    """Give the centres so scaled that hexagons of width 1 would fill the country."""
    points = shapely.centroid(shapes)
    degrees = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    stretch = np.array([np.cos(np.radians(degrees[:, 1].mean())), 1.0])
    area = float(shapely.area(shapes).sum() * stretch.prod())
    wide = np.sqrt(area / (len(shapes) * np.sqrt(0.75)))
    return np.asarray(degrees * stretch / wide)


def _touching(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Say which authorities touch, row by row."""
    touches = np.zeros((len(shapes), len(shapes)), dtype=bool)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    touches[one, other] = one != other
    return touches


def _moved_apart(centres: Array, touches: NDArray[np.bool_]) -> Array:
    """Push points apart that are closer than 1; pull each to its neighbours and its centre."""
    neighbours = np.maximum(touches.sum(axis=1), 1)[:, None]
    at = centres.copy()
    for _ in range(_ROUNDS):
        gap = at[:, None, :] - at[None, :, :]
        distance = np.hypot(gap[..., 0], gap[..., 1])
        np.fill_diagonal(distance, np.inf)
        close = np.clip(1.0 - distance, 0.0, None) / np.maximum(distance, 1e-9)
        push = 0.5 * (gap * close[..., None]).sum(axis=1)
        parted = np.where(touches, np.clip(1.0 - 1.0 / distance, 0.0, None), 0.0)
        pull = -(gap * parted[..., None]).sum(axis=1) / neighbours
        at = at + 0.5 * push + _ATTRACTION * pull + _PULL * (centres - at)
    return at
