"""Where the authorities lie, kept in a run's folder so that its report can draw maps."""

import json
from pathlib import Path

import numpy as np
import shapely
import xarray as xr

from data.adjacency import FILE, read_boundaries
from data.origin import is_england
from data.tiles import assign_tiles

NAME = "map.geojson"
_TOLERANCE = 0.004
_DIGITS = 1e-4
"""Detail, in degrees, that is too small to be seen on a page, and the grid of what is left."""


def write_map(panel: xr.Dataset, folder: Path, data_root: Path | None) -> Path | None:
    """Write the boundaries of the panel's authorities, simplified, each with its hexagon.

    Parameters
    ----------
    panel
        A valid panel. It is known of England's authorities alone where they lie.
    folder
        Where ``map.geojson`` is to stand.
    data_root
        Folder of the published files, if at hand.

    Returns
    -------
    Path or None
        The file: GeoJSON in degrees, with the properties ``authority`` (ONS code), and
        ``column`` and ``row`` of its cell (:func:`data.tiles.assign_tiles`). None where the
        panel is not England's or there is no file of boundaries.

    Raises
    ------
    data.panel.PanelError
        If the boundary file is there and cannot be used.
    """
    if not is_england(panel) or data_root is None or not (data_root / FILE).is_file():
        return None
    shapes = read_boundaries(data_root)
    tiles = assign_tiles(shapes).set_index("authority")
    codes = [code for code in shapes if code in panel["authority"].values]
    outlines = shapely.coverage_simplify(np.array([shapes[code] for code in codes]), _TOLERANCE)
    features = [
        {
            "type": "Feature",
            "properties": {
                "authority": code,
                "column": int(tiles["column"][code]),
                "row": int(tiles["row"][code]),
            },
            "geometry": json.loads(shapely.to_geojson(shapely.set_precision(outline, _DIGITS))),
        }
        for code, outline in zip(codes, outlines, strict=True)
    ]
    path = folder / NAME
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path
