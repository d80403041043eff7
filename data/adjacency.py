"""Which authorities touch, from their boundaries; and what is done with the islands.

Two authorities are neighbours if their boundaries meet, be it in a point. The Isle of
Wight and the Isles of Scilly touch nobody. A model of neighbouring areas needs one
connected graph, so each is joined to the authority whose boundary is nearest, unless
the caller would have them apart.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray
from shapely import affinity

from data.files import read_utf8
from data.geography import current_authorities
from data.panel import PanelError
from data.text import LINE
from data.validate_table import validate_table

FILE = (
    "ons_geography/"
    "Counties_and_Unitary_Authorities_December_2023_Boundaries_UK_BSC_4952317392296043005.geo.json"
)
CODE = "CTYUA23CD"

_ABROAD = r"[NSW]\d{8}$"


def read_adjacency(root: Path, *, join_islands: bool = True) -> xr.DataArray:
    """Return which of the panel's authorities are neighbours.

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
    text = read_utf8(path, "boundaries", f"GeoJSON with {CODE}")
    try:
        features = list(json.loads(text)["features"])
        found = [(str(one["properties"][CODE]), _shape(one["geometry"])) for one in features]
    except (
        *(ValueError, KeyError, TypeError, AttributeError, RecursionError),
        shapely.GEOSException,
    ) as error:
        raise PanelError(
            f"{path}: cannot be read as boundaries ({type(error).__name__}: {error}); wanted "
            f"GeoJSON with {CODE}. Get the file again."
        ) from error
    table = pd.DataFrame(found, columns=["code", "boundary"])
    table = table.assign(**{LINE: table.index + 1})
    english = table[~table["code"].str.match(_ABROAD)]
    validate_table(english, "boundaries", str(path), names={"code": CODE}, label="code")
    shapes = dict(zip(english["code"], english["boundary"], strict=True))
    authorities = current_authorities().index
    for code in authorities.symmetric_difference(pd.Index(shapes)):
        raise PanelError(
            f"{path}: {code} has {int(code in shapes)} boundaries; wanted one of each of the "
            f"{len(authorities)} authorities of April 2023. Get the file again."
        )
    return {code: shapes[code] for code in authorities}


def _shape(geometry: object) -> shapely.Geometry:
    """Make a shape of its GeoJSON."""
    return shapely.from_geojson(json.dumps(geometry))


def _nearest(area: NDArray[np.object_], island: int) -> int:
    """Find the nearest other area, a degree of longitude being as long as it is there."""
    middle = area[island].centroid
    shrink = float(np.cos(np.radians(middle.y)))
    flat = [affinity.scale(one, xfact=shrink, yfact=1.0, origin=(0, 0)) for one in area]
    distance = shapely.distance(flat[island], np.array(flat, dtype=object))
    distance[island] = np.inf
    return int(np.argmin(distance))
