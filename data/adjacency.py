"""Which authorities touch, from their boundaries; and what is done with the islands.

Two authorities are neighbours if their boundaries meet, be it in a point. The Isle of
Wight and the Isles of Scilly touch nobody. A model of neighbouring areas needs one
connected graph, so each is joined to the authority whose boundary is nearest, unless
the caller would have them apart.
"""

import json
from pathlib import Path

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from shapely import affinity

from data.geography import current_authorities
from data.panel import PanelError
from data.text import missing_file

FILE = (
    "ons_geography/"
    "Counties_and_Unitary_Authorities_December_2023_Boundaries_UK_BSC_4952317392296043005.geo.json"
)
CODE = "CTYUA23CD"


def read_adjacency(root: Path, *, join_islands: bool = True) -> xr.DataArray:
    """Say which of the panel's authorities are neighbours.

    Parameters
    ----------
    root
        Folder of published files.
    join_islands
        Whether each authority that touches nobody is joined to the nearest one.

    Returns
    -------
    xr.DataArray
        True where two authorities touch, over ``authority`` and ``neighbour``;
        symmetric, false on the diagonal. The coordinate ``island`` (authority) marks
        those that touch nobody.

    Raises
    ------
    PanelError
        If the file is missing or no GeoJSON, an authority has no boundary or two, or a
        boundary is not valid.
    """
    shapes = read_boundaries(root)
    area = np.array(list(shapes.values()), dtype=object)
    touches = np.zeros((len(area), len(area)), dtype=bool)
    one, other = shapely.STRtree(area).query(area, predicate="intersects")
    touches[one, other] = True
    np.fill_diagonal(touches, False)
    alone = ~touches.any(axis=1)
    if join_islands:
        for island in np.flatnonzero(alone):
            nearest = _nearest(area, int(island))
            touches[island, nearest] = touches[nearest, island] = True
    names = np.array(list(shapes), dtype=str)
    return xr.DataArray(
        touches,
        dims=("authority", "neighbour"),
        coords={"authority": names, "neighbour": names, "island": ("authority", alone)},
        name="adjacency",
    )


def read_boundaries(root: Path) -> dict[str, shapely.Geometry]:
    """Read the boundary of each of the panel's authorities, in degrees, by code in order.

    Raises
    ------
    PanelError
        As :func:`read_adjacency` does.
    """
    path = root / FILE
    if not path.is_file():
        raise missing_file(path)
    try:
        features = json.loads(path.read_text("utf-8"))["features"]
        coded = [(str(one["properties"][CODE]), json.dumps(one["geometry"])) for one in features]
        shapes = {code: shapely.from_geojson(text) for code, text in coded if code[:1] == "E"}
    except (ValueError, KeyError, TypeError, shapely.GEOSException) as error:
        raise PanelError(
            f"{path}: cannot be read as boundaries ({type(error).__name__}: {error}); wanted "
            f"GeoJSON with {CODE}. Get the file again."
        ) from error
    english = [code for code, _ in coded if code[:1] == "E"]
    for code in current_authorities().index:
        if english.count(code) != 1 or not shapes[code].is_valid:
            raise PanelError(
                f"{path}: {code} has {english.count(code)} boundaries, or one that crosses "
                "itself; wanted one valid boundary. Get the file again."
            )
    return {code: shapes[code] for code in current_authorities().index}


def _nearest(area: NDArray[np.object_], island: int) -> int:
    """Find the nearest other area, a degree of longitude being as long as it is there."""
    middle = area[island].centroid
    shrink = float(np.cos(np.radians(middle.y)))
    flat = [affinity.scale(one, xfact=shrink, yfact=1.0, origin=(0, 0)) for one in area]
    distance = shapely.distance(flat[island], np.array(flat, dtype=object))
    distance[island] = np.inf
    return int(np.argmin(distance))
