"""What models/sampler.py relies on in nutpie; where one of these fails, look there first."""

import inspect
import tomllib
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import nutpie
import pymc as pm
import pytest
from numba import types
from nutpie.compile_pymc import CompiledPyMCModel
from packaging.requirements import Requirement

from models import affine
from models.sampler import FIELDS, MOVED, compile_pymc, sample

ROOT = Path(__file__).parents[1]
HOW = {"chains": 2, "tune": 50, "draws": 20, "cores": 1, "target_accept": 0.8, "seed": 1}
CENTRE, SD = np.array([1.0, -2.0]), 0.5


@pytest.fixture(scope="module")
def compiled():
    """Two normals about data, and a positive variable; nothing else."""
    with pm.Model(coords={"one": ["a", "b"]}) as model:
        centre = pm.Data("centre", np.zeros(2), dims="one")
        pm.Normal("level", centre, SD, dims="one")
        pm.HalfNormal("spread", 1.0)
    return compile_pymc(model).with_data(centre=CENTRE)


def test_the_version_is_of_the_minor_that_is_pinned_and_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [Requirement(one) for one in project["dependencies"]]
    (pinned,) = [one.specifier for one in wanted if one.name == "nutpie"]
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    (locked,) = [line.removeprefix("nutpie==") for line in lines if line.startswith("nutpie==")]

    assert locked in pinned, f"constraints.txt has nutpie {locked}, pyproject.toml {pinned}"
    assert version("nutpie") in pinned, (
        f"nutpie {version('nutpie')} is installed; models/sampler.py was checked with {pinned}"
    )
    major, minor, *_ = map(int, locked.split("."))
    assert f"{major}.{minor}.999" in pinned
    assert f"{major}.{minor + 1}" not in pinned, f"{pinned} spans several minor versions"


def test_the_compiled_model_is_a_dataclass_with_the_fields_that_are_read_and_replaced():
    assert is_dataclass(CompiledPyMCModel), "dataclasses.replace puts other functions in place"
    there = {field.name for field in fields(CompiledPyMCModel)}

    missing = [name for name in FIELDS if name not in there]

    assert not missing, f"nutpie's compiled model has no field {', '.join(missing)}"
    assert list(inspect.signature(CompiledPyMCModel.with_data).parameters) == ["self", "updates"]


def test_sampling_takes_the_settings_that_are_given():
    taken = inspect.signature(nutpie.sample).parameters
    given = {
        *("draws", "tune", "chains", "cores", "seed", "save_warmup", "progress_bar"),
        *("progress_callback", "adaptation", "blocking"),
    }

    missing = sorted(given - set(taken))

    assert not missing, f"nutpie.sample takes no {', '.join(missing)}"
    # The target of acceptance goes on to the settings, which refuse what they do not know.
    assert "kwargs" in taken
    nutpie._lib.PyNutsSettings.Diag(1).update({"target_accept": 0.9})
    assert hasattr(nutpie.ChainProgress, "finished_draws"), "progress has no finished_draws"


def test_compiled_functions_have_the_signatures_of_ours(compiled):
    model = compiled._model
    for name, theirs, ours, dimensions in (
        ("log density", model.compiled_logp_func, affine.log_density(), 1),
        ("expansion", model.compiled_expand_func, affine.expand(), 2),
    ):
        one, other = theirs._sig, ours._sig
        assert one.return_type == other.return_type == types.int64, f"{name}: what it returns"
        assert one.args[:-1] == other.args[:-1], f"{name}: nutpie's arguments are {one.args}"
        assert one.args[:dimensions] == (types.uint64,) * dimensions, f"{name}: its sizes"
        # The data: nutpie's is a bare address, ours that of a header.
        assert one.args[-1] == types.voidptr, f"{name}: its data are {one.args[-1]}"


def test_the_compiled_functions_answer_as_they_are_called(compiled):
    at, gradient = np.array([0.5, -1.0, np.log(2.0)]), np.empty(3)

    value = compiled.log_density(at, gradient)

    away = (at[:2] - CENTRE) / SD
    normal = -0.5 * (away**2).sum() - 2 * np.log(SD) - np.log(2.0 * np.pi)
    half = 0.5 * np.log(2.0 / np.pi) - 2.0 + np.log(2.0)
    assert value == pytest.approx(normal + half)
    assert gradient == pytest.approx([*(-away / SD), 1.0 - 4.0])
    assert compiled.log_density(np.full(3, np.nan), gradient) == -np.inf
    into = np.empty(compiled.length)
    compiled.expand(at, into)
    assert into[compiled.parts["level"][0]] == pytest.approx(at[:2])
    assert into[compiled.parts["spread_log__"][0]] == pytest.approx(np.log(2.0))
    assert into[compiled.parts["spread"][0]] == pytest.approx(2.0)
    assert into[: compiled.dimension] == pytest.approx(at)


def test_data_dimensions_and_starts_are_where_they_are_looked_for(compiled):
    assert compiled.data_names == {"centre"}
    assert compiled.dims["level"] == ("one",)
    assert list(compiled.coords["one"]) == ["a", "b"]
    assert len(compiled.coords[MOVED]) == compiled.dimension
    assert compiled.initial(1).shape == (3,)
    assert compiled.initial(1).tolist() == compiled.initial(1).tolist()


def test_functions_put_in_place_are_the_ones_that_are_sampled(compiled):
    """Coordinates that move nothing: the draws are nutpie's own to the last bit."""
    arrays = {
        "centre": np.zeros(3),
        "columns": np.eye(3),
        "rows": np.eye(3),
        "rest": np.arange(3),
        "axes": np.zeros((0, 0)),
        "sizes": np.zeros(0),
        "scale": np.zeros(3),
        "effects": np.arange(0),
        "spreads": np.arange(0),
        "information": np.zeros(0),
        "pull": np.zeros(0),
    }
    told = compiled.addresses
    numbers = {"log_density": told.log_density, "expand": told.expand, "data": told.data}
    numbers |= {"whole": 3, "loading_at": 0, "indicators": 0, "factors": 0, "effect_count": 0}
    begun = []

    def start(seed):
        begun.append(seed)
        # A gradient with a zero in it is no start to nutpie.
        return np.full(3, 0.1)

    moved = compiled.replaced(
        dimension=3,
        log_density=affine.log_density(),
        expand=affine.expand(),
        data=affine.header(arrays, numbers),
        points_at=tuple(arrays.values()),
        start=start,
    )
    done = []
    tree = sample(moved, **HOW, tell=done.append)

    assert tree["posterior"]["level"].dims == ("chain", "draw", "one")
    assert tree["posterior"]["level"].shape == (2, 20, 2)
    assert {"diverging", "n_steps"} <= set(tree["sample_stats"].data_vars)
    assert float(abs(tree["posterior"]["level"].mean(("chain", "draw")) - CENTRE).max()) < 0.5
    assert len(begun) >= 2
    own = compiled.replaced(
        dimension=3,
        log_density=compiled._model.compiled_logp_func,
        expand=compiled._model.compiled_expand_func,
        data=compiled._model.user_data,
        points_at=(),
        start=start,
    )
    again = sample(own, **HOW, tell=done.append)
    assert tree["posterior"].to_dataset().equals(again["posterior"].to_dataset())


@pytest.mark.parametrize(
    ("without", "beside", "said"),
    [("rest", {}, "rest"), (None, {"more": np.zeros(1)}, "more")],
)
def test_a_header_has_each_of_its_fields_and_no_other(without, beside, said):
    arrays = {name: np.zeros(1) for name in affine.ADDRESSES if name != without} | beside

    with pytest.raises(ValueError, match=said):
        affine.header(arrays, dict.fromkeys(affine.SIZES, 0))


def test_a_header_points_at_arrays_in_one_piece_only():
    arrays = {name: np.zeros(1) for name in affine.ADDRESSES} | {"rows": np.eye(4)[:, ::2]}

    with pytest.raises(ValueError, match="rows"):
        affine.header(arrays, dict.fromkeys(affine.SIZES, 0))
