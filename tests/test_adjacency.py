"""Which authorities touch, and who is like whom."""

import json

import pytest

from data.adjacency import CODE, FILE, read_adjacency
from data.neighbours import FILE as NEIGHBOURS
from data.neighbours import read_neighbours
from data.panel import PanelError


@pytest.fixture(scope="module")
def touching(published):
    return read_adjacency(published, join_islands=False)


def test_there_are_364_borders_and_two_islands(touching):
    assert touching.shape == (153, 153)
    assert int(touching.sum()) == 2 * 364
    islands = touching["authority"][touching["island"]].to_numpy()
    assert islands.tolist() == ["E06000046", "E06000053"]
    assert (touching.to_numpy() == touching.to_numpy().T).all()


def test_the_rest_is_one_connected_graph(touching):
    seen, waiting = set(), ["E06000001"]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            row = touching.sel(authority=one)
            waiting += touching["neighbour"][row].to_numpy().tolist()

    assert len(seen) == 151


def test_islands_are_joined_to_the_nearest_authority(published, touching):
    joined = read_adjacency(published)

    added = joined & ~touching
    assert int(added.sum()) == 4
    wight = joined.sel(authority="E06000046")
    assert joined["neighbour"][wight].to_numpy().tolist() == ["E10000014"]
    scilly = joined.sel(authority="E06000053")
    assert joined["neighbour"][scilly].to_numpy().tolist() == ["E06000052"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda features: features[1:], "E06000001 has 0 boundaries"),
        (lambda features: [features[0], *features], "E06000001 twice"),
        (lambda features: [{"properties": {}}], "cannot be read as boundaries"),
        (
            lambda features: [{**features[0], "geometry": {"type": "Circle"}}],
            "cannot be read as boundaries",
        ),
    ],
)
def test_faulty_boundaries_are_refused(tmp_path, published, spoil, message):
    features = json.loads((published / FILE).read_text("utf-8"))["features"]
    features = [one for one in features if one["properties"][CODE] < "E06000004"]
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(json.dumps({"features": spoil(features)}), "utf-8")

    with pytest.raises(PanelError, match=message):
        read_adjacency(tmp_path)


def test_missing_boundaries_are_refused_by_path(tmp_path):
    with pytest.raises(PanelError, match="no such file"):
        read_adjacency(tmp_path)


def test_each_authority_has_ten_others_that_are_like_it(published):
    neighbours = read_neighbours(published)

    assert len(neighbours) == 1530
    assert neighbours.index.get_level_values("authority").nunique() == 153
    barking = neighbours.loc["E09000002"]
    assert barking.loc[1].to_list() == ["E09000010", "Close"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Barking and Dagenham,3,London,308", "Barking and Dagenham,3,London,999", "number '999'"),
        ("Barking and Dagenham,3,London,308", "Barking and Dagenham,3,London,301", "or itself"),
        ("308,Close ", "308,Near ", "column SN_1P, line 2: got 'Near"),
    ],
)
def test_faulty_neighbours_are_refused(tmp_path, published, old, new, message):
    text = (published / NEIGHBOURS).read_text("utf-8-sig")
    (tmp_path / NEIGHBOURS).parent.mkdir()
    (tmp_path / NEIGHBOURS).write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(PanelError, match=message):
        read_neighbours(tmp_path)
