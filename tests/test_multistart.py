"""Climbs from several points reach more than one maximum."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

from models.density import Density
from models.multistart import climb_from_several
from models.sampling import compile_model


@pytest.fixture(scope="module")
def density():
    """One maximum where loadings are alike, and a higher one where the first leads far."""
    with pm.Model(coords={"indicator": range(2), "factor": range(1)}) as model:
        loading = pm.HalfNormal("loading", 1.0, dims=("indicator", "factor"))
        log = pt.log(loading).ravel()
        # Both normals have a height of 1; the prior and its Jacobian are taken away.
        pm.Potential("flat", (0.5 * loading**2 - pt.log(loading)).sum())
        near, far = (-0.5 * ((log - centre) ** 2).sum() for centre in ([0.0, 0.0], [4.0, 0.0]))
        pm.Potential("two", pt.logsumexp(pt.stack([near, pt.log(2.0) + far])))
    return Density(compile_model(model))


def test_ten_climbs_reach_both_maxima_and_the_highest_is_first(density):
    reached = climb_from_several(density, seed=1)

    heights = [height for _, height in reached]
    assert len(reached) == 10
    assert heights == sorted(heights, reverse=True)
    assert heights[0] - heights[-1] == pytest.approx(np.log(2.0), abs=0.01)
    assert reached[0][0] == pytest.approx([4.0, 0.0], abs=0.02)
    assert reached[-1][0] == pytest.approx([0.0, 0.0], abs=0.02)


def test_the_same_seed_climbs_the_same_way(density):
    first, second = climb_from_several(density, seed=3), climb_from_several(density, seed=3)

    assert [height for _, height in first] == [height for _, height in second]
