"""The functions that the sampler calls are those of nutpie, put together faster."""

import numpy as np
import pymc as pm
import pytest
from nutpie import compile_pymc

from models.density import Density
from models.light_wrappers import OF_NUTPIE, use_light_wrappers
from models.sampling import compile_model

POINTS = np.random.default_rng(1).normal(size=(5, 4))
NUMBERS = np.arange(6.0).reshape(3, 2)


def compiled():
    """A model with data of no, one and two dimensions, and whole numbers among them."""
    with pm.Model(coords={"one": range(2)}) as model:
        shift = pm.Data("shift", 0.5)
        groups = pm.Data("groups", np.array([0, 1, 1]))
        numbers = pm.Data("numbers", NUMBERS)
        level = pm.Normal("level", shift, 1.0, dims="one")
        sd = pm.HalfNormal("sd", 1.0, dims="one")
        pm.Potential("seen", -(((numbers.T - level[groups]) / sd[:, None]) ** 2).sum())
    return compile_model(model)


def values(model):
    density = Density(model)
    at = [density.value_and_gradient(point) for point in POINTS]
    return np.array([[value, *slope] for value, slope in at]), density.constrain(POINTS)


def test_the_installed_nutpie_has_a_place_for_them():
    assert use_light_wrappers()


def test_density_gradient_and_variables_are_nutpies_own_to_the_last_bit(monkeypatch):
    light = compiled()
    for name, own in OF_NUTPIE.items():
        monkeypatch.setattr(compile_pymc, name, own)
    theirs = compiled()

    moved = {"shift": np.array(-1.0), "groups": np.array([1, 0, 0]), "numbers": 2.0 - NUMBERS}
    found = []
    for one in (light, theirs):
        for model in (one, one.with_data(**moved)):
            numbers, variables = values(model)
            found.append((numbers, variables))
    for ours, own in zip(found[:2], found[2:], strict=True):
        np.testing.assert_array_equal(ours[0], own[0])
        assert ours[1].identical(own[1])
    assert (found[0][0] != found[1][0]).any()


def test_what_is_not_finite_is_said_so():
    density = Density(compiled())

    value, slope = density.value_and_gradient(np.array([0.0, 0.0, -800.0, 0.0]))

    assert value == -np.inf
    assert slope == pytest.approx(np.zeros(4))
