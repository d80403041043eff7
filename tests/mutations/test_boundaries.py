"""Mutated maps: features, properties and coordinates of the boundary file."""

import copy
import json

import pandas as pd
import pytest
from hypothesis import strategies as st

from data.adjacency import CODE, FILE, read_boundaries
from tests.mutations.machinery import CELLS, FEW, MANY, Mutation, Source, judge, quietly

KINDS = (
    *("drop feature", "repeat feature", "reverse", "code", "drop code", "no properties"),
    *("geometry", "type", "coordinate", "cut ring", "drop features", "bytes"),
)
VALUES = [one for one in CELLS if isinstance(one, str | int | float | None)] + [[], {}, 181, -91]


@st.composite
def mutations(draw):
    where = draw(st.tuples(*(st.integers(0, 100_000) for _ in range(3))))
    return Mutation(draw(st.sampled_from(KINDS)), where, draw(st.sampled_from(VALUES)))


def boundaries(root):
    shapes = read_boundaries(root)
    return pd.DataFrame({"boundary": {code: shape.wkb for code, shape in shapes.items()}})


@pytest.fixture(scope="module")
def source(shelf):
    features = json.loads((shelf.published / FILE).read_text("utf-8"))["features"]
    intact = boundaries(shelf.published)
    return Source(FILE, features, 0, (), lambda _: intact, 1, lambda _: True, intact)


def mutated(features, mutation):
    """Change a copy of the feature that is chosen; give the file's text."""
    one, two, _ = mutation.where
    english = [at for at, each in enumerate(features) if each["properties"][CODE][0] == "E"]
    at = english[one % len(english)]
    chosen = copy.deepcopy(features[at])
    features = [*features[:at], chosen, *features[at + 1 :]]
    geometry, cell = chosen["geometry"], mutation.cell
    if mutation.kind == "drop feature":
        del features[at]
    elif mutation.kind == "repeat feature":
        features.insert(two % len(features), chosen)
    elif mutation.kind == "reverse":
        features.reverse()
    elif mutation.kind == "code":
        chosen["properties"][CODE] = cell
    elif mutation.kind == "drop code":
        del chosen["properties"][CODE]
    elif mutation.kind == "no properties":
        chosen["properties"] = cell
    elif mutation.kind == "geometry":
        chosen["geometry"] = cell
    elif mutation.kind == "type":
        geometry["type"] = ("Point", "LineString", "Circle", "MultiPoint")[two % 4]
    elif mutation.kind in ("coordinate", "cut ring"):
        part = geometry["coordinates"][0]
        ring = part if isinstance(part[0][0], int | float) else part[0]
        if mutation.kind == "cut ring":
            del ring[two % 3 :]
        else:
            ring[two % len(ring)][two % 2] = cell
    text = json.dumps({"type": "FeatureCollection", "features": features})
    if mutation.kind == "drop features":
        return text.replace('"features"', '"feature"')
    return text[: two * 40] if mutation.kind == "bytes" else text


def hold(shelf, source, mutation):
    text = mutated(source.rows, mutation)
    local = Mutation("cell", mutation.where, None)
    judge("boundaries", source, local, lambda: shelf.with_text(FILE, text, boundaries))


@quietly(FEW, mutations())
def test_mutated_map_is_read_or_refused(shelf, source, mutation):
    hold(shelf, source, mutation)


@pytest.mark.slow
@quietly(MANY, mutations())
def test_many_mutated_maps_are_read_or_refused(shelf, source, mutation):
    hold(shelf, source, mutation)
