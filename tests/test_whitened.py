"""Whitened coordinates: the same density, a unit metric, and the same posterior."""

import numpy as np
import pymc as pm
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from models.affine import _stretch
from models.density import Density
from models.fit import CompiledStructure
from models.inputs import prepare
from models.peak import negative_hessian
from models.sampling import compile_model
from models.spec import ModelSpec, SamplerSpec, Variant
from models.whitened import _straighten, whitened
from tests.fitted import small_panel

SPREAD = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.3], [0.0, 0.3, 1.0]])
WANTED = np.array([[0.8, 0.3], [0.1, 0.7], [0.5, 0.5], [0.2, -0.4]])


@pytest.fixture(scope="module", params=[1, 2], ids=["one_factor", "two_factors"])
def compiled(request):
    """Correlated levels, a standard deviation, and loadings that enter by their products."""
    coords = {"one": range(3), "indicator": range(4), "factor": range(request.param)}
    wanted = WANTED[:, : request.param]
    with pm.Model(coords=coords) as model:
        centre = pm.Data("centre", np.zeros(3), dims="one")
        loading = pm.Normal("loading", 0.0, 1.0, dims=("indicator", "factor"))
        sd = pm.HalfNormal("sd", 1.0)
        level = pm.Normal("level", 0.0, 10.0, dims="one")
        away = level - centre
        precision = np.linalg.inv(SPREAD)
        pm.Potential("levels", -0.5 * (away[:, None] * precision * away[None, :]).sum())
        apart = (loading[:, None, :] * loading[None, :, :]).sum(axis=-1) - wanted @ wanted.T
        pm.Potential("loadings", -20.0 * (apart**2).sum() - (sd - 0.5) ** 2)
    return compile_model(model).with_data(centre=np.array([1.0, -2.0, 3.0]))


def test_the_density_is_that_of_the_same_point_times_the_jacobian(compiled):
    own, moved = Density(compiled), Density(whitened(compiled, rotating=True, seed=1))

    def at(z):
        return own.unconstrain(moved.constrain(z[None, :]))[0, 0]

    apart = []
    for seed in range(3):
        z = np.random.default_rng(seed).standard_normal(moved.dimension)
        step = 1e-5 * np.eye(z.size)
        value, gradient = moved.value_and_gradient(z)
        ahead = [moved.value_and_gradient(z + one)[0] for one in step]
        back = [moved.value_and_gradient(z - one)[0] for one in step]
        assert gradient == pytest.approx((np.array(ahead) - back) / 2e-5, rel=1e-4, abs=1e-5)
        jacobian = [(at(z + one) - at(z - one)) / 2e-5 for one in step]
        there, _ = own.value_and_gradient(at(z))
        apart.append(value - there - np.linalg.slogdet(jacobian).logabsdet)
    # The determinant of L is left out.
    assert apart == pytest.approx(np.full(3, apart[0]), abs=1e-6)


@pytest.mark.parametrize("low", [-20.0, -3.0, 0.0, 4.0])
def test_what_is_positive_is_the_integral_of_a_normals_distribution(low):
    u, scale = np.array([low, 1.5]), np.array([0.3, 0.0])
    slope, bend = np.empty(2), np.empty(2)

    x = u.copy()
    total = _stretch(x, scale, slope, bend)

    size, _ = quad(ndtr, -60.0, low, points=[low - 1.0], epsabs=0.0)
    assert x == pytest.approx([np.log(0.3 * size), 1.5], rel=1e-8)
    assert slope == pytest.approx([ndtr(low) / size, 1.0], rel=1e-8)
    assert total == pytest.approx(np.log(slope[0]))
    ahead, back = np.array([low + 1e-5, 1.5]), np.array([low - 1e-5, 1.5])
    room = np.empty(2), np.empty(2)
    rise = _stretch(ahead, scale, *room) - _stretch(back, scale, *room)
    assert bend == pytest.approx([rise / 2e-5, 0.0], rel=1e-5)
    assert _straighten(x, scale) == pytest.approx(u, abs=1e-9)


def test_a_point_beyond_the_least_number_has_no_density():
    assert not np.isfinite(_stretch(np.array([-60.0]), np.ones(1), np.empty(1), np.empty(1)))


def test_the_metric_is_a_unit_one_and_no_rotation_moves_it(compiled):
    moved = Density(whitened(compiled, rotating=True, seed=1))

    hessian = negative_hessian(moved, np.zeros(moved.dimension), np.arange(moved.dimension))

    # The four coordinates that are no loadings come first; then one factor after the other.
    assert hessian[:4, :4] == pytest.approx(np.eye(4), abs=1e-3)
    factors = len(hessian) // 4 - 1
    by_factor = hessian[4:, 4:].reshape(factors, 4, factors, 4)
    mean = sum(by_factor[a, :, a] for a in range(factors)) / factors
    assert mean == pytest.approx(np.eye(4), abs=1e-2)


def test_chains_begin_where_the_samplers_own_would(compiled):
    own, moved = Density(compiled), Density(whitened(compiled, rotating=True, seed=1))

    begun = own.unconstrain(moved.constrain(moved.initial(5)[None, :]))[0, 0]

    assert begun == pytest.approx(own.initial(5), abs=1e-12)


@pytest.mark.slow
def test_whitened_draws_are_of_the_same_posterior_in_fewer_steps():
    spec = ModelSpec(factors=2, challenger="none")
    inputs = prepare(small_panel(), spec)
    structure = CompiledStructure(spec, "composite", inputs)
    variant = Variant(structure="composite", estimand="adjusted", link="linked")
    own, moved = (
        structure.sample(variant, inputs, SamplerSpec(draws=2000, seed=4, coordinates=kind))
        for kind in ("own", "whitened")
    )

    for name in ("rho", "cutpoints", "deprivation_slope", "year_sd", "indicator_correlation"):
        one, other = (fit["posterior"][name] for fit in (own, moved))
        spread = one.std(("chain", "draw"))
        apart = (one.mean(("chain", "draw")) - other.mean(("chain", "draw"))) / spread
        # 8,000 draws of 1,000 effective ones at the least: a standard error of 0.045.
        assert float(abs(apart).max()) < 0.2
        ratio = other.std(("chain", "draw")) / spread
        assert float(abs(ratio - 1.0).max()) < 0.15
    steps = [float(fit["sample_stats"]["n_steps"].mean()) for fit in (own, moved)]
    assert steps[1] < steps[0]
