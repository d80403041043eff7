"""Hexagons in place of areas: one each, near to where they lie, neighbours kept."""

import numpy as np
import pytest
import shapely

from data.adjacency import read_boundaries
from data.tiles import assign_tiles, places


@pytest.fixture(scope="module")
def uneven():
    """A row of large squares with a cluster of small ones, and an island."""
    small = {
        f"s{x}{y}": shapely.box(2 + 0.1 * x, 50 + 0.1 * y, 2.1 + 0.1 * x, 50.1 + 0.1 * y)
        for x in range(5)
        for y in range(5)
    }
    large = {f"w{y}": shapely.box(1.0, 50 + 0.25 * y, 2.0, 50.25 + 0.25 * y) for y in range(2)}
    return {**small, **large, "z": shapely.box(0.0, 49.0, 0.1, 49.1)}


def test_every_area_has_a_cell_of_its_own(uneven):
    tiles = assign_tiles(uneven)

    assert sorted(uneven) == list(tiles["authority"])
    assert not tiles.duplicated(["column", "row"]).any()
    assert tiles["column"].min() == 0


def test_hexagons_keep_the_order_from_west_to_east_and_from_south_to_north(uneven):
    centres = places(assign_tiles(uneven)[["column", "row"]].to_numpy())
    at = dict(zip(sorted(uneven), centres, strict=True))

    assert at["w0"][0] < at["s00"][0] < at["s40"][0]
    assert at["s00"][1] < at["s02"][1] < at["s04"][1]


def test_centres_are_a_hexagon_apart():
    cells = np.array([[0, 0], [1, 0], [0, 1], [0, 2]])
    first, *others = places(cells)

    apart = [np.hypot(*(other - first)) for other in others]
    assert apart == pytest.approx([1.0, 1.0, np.sqrt(3.0)])


def test_london_holds_together(published):
    shapes = read_boundaries(published)
    tiles = assign_tiles(shapes).set_index("authority")
    london = tiles[tiles.index.str.startswith("E09")]
    centres = places(london.to_numpy())
    apart = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))

    reached, before = {0}, set()
    while reached != before:
        before = reached
        reached = {int(at) for one in before for at in np.flatnonzero(apart[one] < 1.01)}
    assert len(reached) == len(london) == 33
