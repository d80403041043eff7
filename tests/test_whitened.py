"""Whitened coordinates: the same density, a unit metric, and the same posterior."""

from functools import cache

import arviz as az
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.special import ndtr

from models.affine import stretch
from models.density import Density
from models.fit import CompiledStructure
from models.inputs import prepare
from models.posterior_mode import negative_hessian
from models.sampling import compile_model, draw
from models.spec import ModelSpec, SamplerSpec, Variant
from models.whitened import Coordinates, _in_coordinates, _straighten, whitened
from tests.fitted import small_panel

SPREAD = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.3], [0.0, 0.3, 1.0]])
ESTIMATE, INFORMATION = np.array([0.6, -0.2]), np.array([30.0, 8.0])
WANTED = np.array([[0.8, 0.3], [0.1, 0.7], [0.5, 0.5], [0.2, -0.4]])


@pytest.fixture(scope="module", params=[1, 2, "one_of_two"])
def compiled(request):
    """Correlated levels, a standard deviation, effects, and loadings that enter by their products.

    The last has two factors where there is but one.
    """
    factors, there = {1: (1, 1), 2: (2, 2), "one_of_two": (2, 1)}[request.param]
    wanted = WANTED[:, :there]
    return with_factors(factors).with_data(
        centre=np.array([1.0, -2.0, 3.0]), products=wanted @ wanted.T
    )


@cache
def with_factors(factors):
    """Compile once for each number of factors, which is what costs."""
    coords = {"one": range(3), "indicator": range(4), "factor": range(factors), "group": range(2)}
    with pm.Model(coords=coords) as model:
        centre = pm.Data("centre", np.zeros(3), dims="one")
        products = pm.Data("products", np.zeros((4, 4)))
        loading = pm.Normal("loading", 0.0, 1.0, dims=("indicator", "factor"))
        sd = pm.HalfNormal("sd", 1.0)
        effect = pm.HalfNormal("group_sd", 1.0) * pm.Normal("group_z", dims="group")
        pm.Potential("effects", -0.5 * (INFORMATION * (effect - ESTIMATE) ** 2).sum())
        level = pm.Normal("level", 0.0, 10.0, dims="one")
        away = level - centre
        precision = np.linalg.inv(SPREAD)
        pm.Potential("levels", -0.5 * (away[:, None] * precision * away[None, :]).sum())
        apart = (loading[:, None, :] * loading[None, :, :]).sum(axis=-1) - products
        pm.Potential("loadings", -20.0 * (apart**2).sum() - (sd - 0.5) ** 2)
    return compile_model(model)


@pytest.mark.parametrize("rotating", [True, False])
def test_the_density_is_that_of_the_same_point_times_the_jacobian(compiled, rotating):
    own, moved = Density(compiled), Density(whitened(compiled, rotating=rotating, seed=1))
    indicators, factors = own.places["loading"][1]
    pairs = [(i, j) for j in range(factors) for i in range(j)] if rotating else []

    def at(z, turn):
        """A point, its loadings turned away from the one that stands for them."""
        x = own.unconstrain(moved.constrain(z[None, :]))[0, 0]
        skew = np.zeros((factors, factors))
        for (i, j), angle in zip(pairs, turn, strict=True):
            skew[i, j], skew[j, i] = angle, -angle
        loading = own.coordinates("loading").reshape(indicators, factors)
        x[loading] = x[loading] @ expm(skew)
        return x

    assert moved.dimension + len(pairs) == own.dimension
    still, apart = np.zeros(len(pairs)), []
    for seed in range(4):
        z = np.random.default_rng(seed).standard_normal(moved.dimension)
        step = 1e-5 * np.eye(z.size)
        value, gradient = moved.value_and_gradient(z)
        ahead = [moved.value_and_gradient(z + one)[0] for one in step]
        back = [moved.value_and_gradient(z - one)[0] for one in step]
        assert gradient == pytest.approx((np.array(ahead) - back) / 2e-5, rel=1e-4, abs=1e-5)
        jacobian = [(at(z + one, still) - at(z - one, still)) / 2e-5 for one in step]
        turns = 1e-5 * np.eye(still.size)
        jacobian += [(at(z, one) - at(z, -one)) / 2e-5 for one in turns]
        there, _ = own.value_and_gradient(at(z, still))
        apart.append(value - there - np.linalg.slogdet(jacobian).logabsdet)
    # The determinant of L is left out.
    assert apart == pytest.approx(np.full(4, apart[0]), abs=1e-6)


@pytest.mark.parametrize("low", [-20.0, -3.0, 0.0, 4.0])
def test_what_is_positive_is_the_integral_of_a_normals_distribution(low):
    u, scale = np.array([low, 1.5]), np.array([0.3, 0.0])
    slope, bend = np.empty(2), np.empty(2)

    x = u.copy()
    total = stretch(x, scale, slope, bend)

    size, _ = quad(ndtr, -60.0, low, points=[low - 1.0], epsabs=0.0)
    assert x == pytest.approx([np.log(0.3 * size), 1.5], rel=1e-8)
    assert slope == pytest.approx([ndtr(low) / size, 1.0], rel=1e-8)
    assert total == pytest.approx(np.log(slope[0]))
    ahead, back = np.array([low + 1e-5, 1.5]), np.array([low - 1e-5, 1.5])
    room = np.empty(2), np.empty(2)
    rise = stretch(ahead, scale, *room) - stretch(back, scale, *room)
    assert bend == pytest.approx([rise / 2e-5, 0.0], rel=1e-5)
    assert _straighten(x, scale) == pytest.approx(u, abs=1e-9)


def test_a_point_beyond_the_least_number_has_no_density():
    assert not np.isfinite(stretch(np.array([-60.0]), np.ones(1), np.empty(1), np.empty(1)))


@pytest.mark.parametrize("sd", [0.02, 0.3, 4.0])
def test_an_effect_has_one_width_whatever_its_standard_deviation(compiled, sd):
    density = Density(compiled)
    loading = density.coordinates("loading").reshape(density.places["loading"][1])
    to = Coordinates.flat(density, loading, density.initial(1))
    moved = Density(_in_coordinates(compiled, to))
    x = density.initial(2)
    x[density.coordinates("group_sd")] = np.log(sd)

    z = to.to_standard(x)
    effects = np.flatnonzero(np.isin(to.rest, density.coordinates("group_z")))
    z[effects] = 0.0
    _, slope = moved.value_and_gradient(z)

    # Their posterior given the standard deviation is a normal, here made a standard one.
    assert negative_hessian(moved, z, effects) == pytest.approx(np.eye(2), abs=1e-4)
    assert slope[effects] == pytest.approx(0.0, abs=1e-4)
    share = sd**2 * INFORMATION / (1.0 + sd**2 * INFORMATION)
    known = moved.constrain(z[None, :])
    assert sd * known["group_z"].values[0, 0] == pytest.approx(share * ESTIMATE, abs=1e-5)


def test_the_metric_is_a_unit_one(compiled, request):
    moved = Density(whitened(compiled, rotating=True, seed=1))

    hessian = negative_hessian(moved, np.zeros(moved.dimension), np.arange(moved.dimension))

    curvature = np.linalg.eigvalsh(hessian)
    # Where a factor is not there its size is nearly flat, and its curvature held up.
    flat = request.node.callspec.params["compiled"] == "one_of_two"
    assert curvature[1:] == pytest.approx(1.0, abs=1e-3)
    assert 0.5 < curvature[0] < 0.99 if flat else curvature[0] == pytest.approx(1.0, abs=1e-3)


def test_a_point_comes_back_but_for_the_rotation_of_its_loadings(compiled):
    density = Density(compiled)
    loading = density.coordinates("loading").reshape(density.places["loading"][1])
    to = Coordinates.flat(density, loading, density.initial(1))
    x = density.initial(5)

    back = to.from_standard(to.to_standard(x))

    assert back[to.rest] == pytest.approx(x[to.rest], abs=1e-9)
    assert back[loading] @ back[loading].T == pytest.approx(x[loading] @ x[loading].T, abs=1e-9)
    assert to.to_standard(back) == pytest.approx(to.to_standard(x), abs=1e-7)
    x[loading] = 0.0
    # A factor that is not there comes back with a hundredth of its size, as good as nothing.
    left = np.linalg.svd(to.from_standard(to.to_standard(x))[loading], compute_uv=False)
    assert left == pytest.approx(0.01 * to.sizes, rel=1e-6)


def test_chains_begin_near_each_top_as_often_as_it_has_of_the_posterior():
    with pm.Model(coords={"indicator": range(2), "factor": range(1)}) as model:
        x = pm.Flat("x")
        pm.Normal("loading", 0.0, 1.0, dims=("indicator", "factor"))
        tops = pt.stack([pt.log(0.6) - 0.5 * (x + 9.0) ** 2, pt.log(0.4) - 0.5 * (x - 9.0) ** 2])
        pm.Potential("two", pt.logsumexp(tops))
    moved = whitened(compile_model(model), rotating=True, seed=1)
    density = Density(moved)

    begun = np.array([density.initial(seed)[0] for seed in range(500)])

    # The first top gives the coordinates, and the second then is at 18.
    first = begun < 9.0
    assert first.mean() == pytest.approx(0.6, abs=0.1)
    assert begun[first].std() == pytest.approx(1.5, rel=0.15)
    assert begun[~first].mean() == pytest.approx(18.0, abs=0.4)


def test_chains_begin_where_the_samplers_own_would_if_nothing_rotates(compiled):
    own, moved = Density(compiled), Density(whitened(compiled, rotating=False, seed=1))

    begun = own.unconstrain(moved.constrain(moved.initial(5)[None, :]))[0, 0]

    assert begun == pytest.approx(own.initial(5), abs=1e-9)


def test_draws_are_of_the_same_posterior(compiled):
    sampler = SamplerSpec(tune=300, draws=3000, cores=1)
    seed = np.random.SeedSequence(1)
    found = []
    for one in (compiled, whitened(compiled, rotating=True, seed=1)):
        drawn = draw(one, sampler, seed, "test")["posterior"].to_dataset()
        loading = drawn["loading"]
        product = (loading * loading.rename(indicator="other")).sum("factor")
        found.append(
            drawn[["sd", "level", "group_sd", "group_z"]].assign(
                product=product, squared=product**2
            )
        )

    for name in ("sd", "level", "group_sd", "group_z", "product", "squared"):
        means = [one[name].mean(("chain", "draw")) for one in found]
        errors = [az.mcse(one[[name]])[name] for one in found]
        wrong = abs(means[0] - means[1]) / np.hypot(*errors)
        # Forty and some comparisons, no more than one of a thousand of which is beyond 4.
        assert float(wrong.max()) < 4.0
        ratio = found[0][name].std(("chain", "draw")) / found[1][name].std(("chain", "draw"))
        assert float(abs(ratio - 1.0).max()) < 0.1


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
