"""Repeated judgements: their likelihood against integrals, and what enters as a reading."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import vectorize_graph
from scipy.integrate import quad
from scipy.special import expit, ndtr
from scipy.stats import beta, norm

from data.panel import PanelError
from data.simulate import simulate_panel
from models.repeated_judgements.given import GivenRepeatedJudgements, draw_deviates
from models.repeated_judgements.kernel import one_judgement, several_judgements
from models.repeated_judgements.likelihood import (
    COARSE,
    FINE,
    GRID,
    NODES,
    WEIGHTS,
    common_log_likelihood,
    overall_log_likelihood,
)
from models.repeated_judgements.operation import OneJudgement, SeveralJudgements
from models.repeated_judgements.reliability import ReliabilityPrior
from models.repeated_judgements.select import SUB_JUDGEMENTS, gather_repeated_judgements, restrict
from models.spec import InspectionSpec, PriorScales

CUTPOINTS = np.array([-1.2, -0.4, 0.8])
EDGES = np.array([-100.0, *CUTPOINTS, 100.0])
MODE = pytensor.compile.mode.Mode(linker="py", optimizer="fast_compile")


def density_of(x, mean, variance):
    """A normal density; integrands ask for it a hundred thousand times, and SciPy's is slow."""
    return np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2.0 * np.pi * variance)


def between(lower, upper, curve):
    if curve == "probit":
        return ndtr(upper) - ndtr(lower)
    return expit(np.pi / np.sqrt(3) * upper) - expit(np.pi / np.sqrt(3) * lower)


def overall(grades, predictor, mean, variance, residual, curve="probit"):
    """Evaluate the project's own log likelihood of one authority."""
    grade, eta = np.array([grades]), np.array([predictor])
    given = (grade >= 0).astype(float)
    cells = tuple(
        pt.as_tensor_variable(EDGES[np.maximum(grade, 0) + above] - eta) for above in (0, 1)
    )
    expression = overall_log_likelihood(
        cells,
        pt.as_tensor_variable(given),
        pt.as_tensor_variable(np.array([mean])),
        pt.as_tensor_variable(np.array([variance])),
        pt.as_tensor_variable(residual),
        curve,
    )
    return pytensor.function([], expression, mode=MODE)()[0]


@pytest.mark.parametrize("curve", ["probit", "logit"])
@pytest.mark.parametrize(("residual", "grades"), [(0.4, [1, 3, 2]), (0.2, [0, 3, -1])])
def test_lasting_quality_is_integrated_out(curve, residual, grades):
    mean, variance, predictor = 0.4, 0.5, [-0.2, 0.1, 0.3]

    def given(a):
        product = density_of(a, mean, variance)
        for grade, eta in zip(grades, predictor, strict=True):
            if grade >= 0:
                bounds = (EDGES[grade : grade + 2] - eta - a) / np.sqrt(residual)
                product *= between(*bounds, curve)
        return product

    expected = np.log(quad(given, -6, 6, epsabs=1e-14, limit=200)[0])
    assert overall(grades, predictor, mean, variance, residual, curve) == pytest.approx(
        expected, abs=2e-4
    )


def test_one_reading_has_the_closed_probability_and_none_says_nothing():
    mean, variance, residual = 0.3, 0.5, 0.4
    bounds = (EDGES[2:4] - 0.1 - mean) / np.sqrt(variance + residual)

    one = overall([2], [0.1], mean, variance, residual)
    none = overall([-1, -1], [0.1, 0.2], mean, variance, residual)

    assert one == pytest.approx(np.log(np.diff(norm.cdf(bounds))[0]), abs=1e-5)
    assert none == pytest.approx(0.0, abs=1e-12)


def common(grades, predictor, loading, mean, variance, residual):
    grade = np.array([grades])
    given = (grade >= 0).astype(float)
    cells = tuple(pt.as_tensor_variable(EDGES[np.maximum(grade, 0) + one]) for one in (0, 1))
    expression = common_log_likelihood(
        cells,
        pt.as_tensor_variable(given),
        pt.as_tensor_variable(np.array([predictor])),
        pt.as_tensor_variable(np.array(loading)),
        pt.as_tensor_variable(np.array([mean])),
        pt.as_tensor_variable(np.array([variance])),
        None if residual is None else pt.as_tensor_variable(residual),
        "probit",
    )
    return pytensor.function([], expression, mode=MODE)()[0]


def one_inspection(grades, loading, common_scale):
    product = 1.0
    for grade, size in zip(grades, loading, strict=True):
        if grade >= 0:
            spread = np.sqrt(1.0 - size**2)
            product *= between(
                *(EDGES[grade : grade + 2] - size * common_scale) / spread, "probit"
            )
    return product


@pytest.mark.parametrize("residual", [0.4, 0.15])
def test_what_an_inspection_has_in_common_is_integrated_out(residual):
    grades, loading, predictor = [[1, 2, 1], [2, 3, -1]], [0.9, 0.8, 0.7], [-0.2, 0.3]
    mean, variance = 0.2, 0.4

    def inner(a, one):
        def density(z):
            shape = one_inspection(grades[one], loading, predictor[one] + z)
            return density_of(z, a, residual) * shape

        return quad(density, a - 5, a + 5, limit=100)[0]

    def outer(a):
        return density_of(a, mean, variance) * inner(a, 0) * inner(a, 1)

    expected = np.log(quad(outer, -4, 4, limit=100)[0])
    found = common(grades, predictor, loading, mean, variance, residual)
    assert found == pytest.approx(expected, abs=2e-4)


def test_one_inspection_by_sub_judgements_is_one_integral():
    grades, loading = [[1, 2, 1]], [0.9, 0.8, 0.7]

    def density(z):
        return density_of(z, 0.2, 0.9) * one_inspection(grades[0], loading, z + 0.1)

    found = common(grades, [0.1], loading, 0.2, 0.9, None)
    assert found == pytest.approx(np.log(quad(density, -6, 6)[0]), abs=1e-6)


def slopes_by_differences(call, inputs, places):
    """Differentiate the sum of an operation's log likelihoods by some of its inputs."""
    found = []
    for place in places:
        slope = np.empty_like(inputs[place])
        for at in np.ndindex(slope.shape):
            ends = []
            for step in (-1e-5, 1e-5):
                moved = [np.array(one, copy=True) for one in inputs]
                moved[place][at] += step
                ends.append(call(*moved)[0].sum())
            slope[at] = (ends[1] - ends[0]) / 2e-5
        found.append(slope)
    return found


def test_sub_judgements_are_evaluated_at_several_draws_together():
    rng = np.random.default_rng(2)
    grade = rng.integers(0, 4, size=(3, 2, 4))
    cells = tuple(pt.as_tensor_variable(EDGES[grade + above]) for above in (0, 1))
    loading, mean = pt.dvector("loading"), pt.dvector("mean")
    variance, residual = pt.full_like(mean, 0.5), pt.as_tensor_variable(0.4)
    given, predictor = pt.ones(grade.shape), pt.zeros(grade.shape[:2])
    expression = common_log_likelihood(
        cells, given, predictor, loading, mean, variance, residual, "probit"
    )
    loadings, means = rng.uniform(0.5, 0.9, (2, 4)), rng.normal(size=(2, 3))
    together = vectorize_graph(
        expression, {loading: pt.as_tensor(loadings), mean: pt.as_tensor(means)}
    )
    one = pytensor.function([loading, mean], expression, mode=MODE)

    found = pytensor.function([], together, mode=MODE)()
    assert found == pytest.approx(
        np.array([one(*each) for each in zip(loadings, means, strict=True)])
    )


@pytest.mark.parametrize("logit", [False, True])
def test_the_derivatives_of_the_kernels_are_those_of_finite_differences(logit):
    rng = np.random.default_rng(3)
    grade = np.array([[[0, 2], [1, 3]], [[3, 1], [-1, 2]], [[2, 2], [-1, -1]]])
    given = (grade >= 0).astype(float)
    lower = EDGES[np.maximum(grade, 0)] + 0.1 * rng.normal(size=grade.shape)
    upper = EDGES[np.maximum(grade, 0) + 1] + 0.1 * rng.normal(size=grade.shape)
    mean, variance = 0.3 * rng.normal(size=3), rng.uniform(0.2, 0.6, size=3)
    residual = rng.uniform(0.3, 0.5, size=3)
    predictor, loading = 0.2 * rng.normal(size=(3, 2)), rng.uniform(0.5, 0.9, size=(3, 2))
    one = [lower[..., 0], upper[..., 0], given[..., 0], mean, variance, residual]
    several = [lower, upper, given, predictor, loading, mean, variance, residual]
    cases = [
        (lambda *at: one_judgement(*at, NODES, WEIGHTS, logit), one, OneJudgement),
        (
            lambda *at: several_judgements(*at, NODES, WEIGHTS, GRID, logit),
            several,
            SeveralJudgements,
        ),
    ]
    for call, inputs, operation in cases:
        expected = slopes_by_differences(call, inputs, operation.sloped)
        for found, wanted in zip(call(*inputs)[1:], expected, strict=True):
            assert found == pytest.approx(wanted, abs=2e-7, rel=1e-5)


def test_the_prior_of_reliability_is_a_beta_cut_off_below_the_explained_share():
    prior = ReliabilityPrior.of(PriorScales())
    w = np.linspace(0.001, 0.999, 400)
    for explained in (0.0, 0.25, 0.7):
        r = explained + (1 - explained) * w
        expected = beta.logpdf(r, 6, 4) - beta.logsf(explained, 6, 4) + np.log1p(-explained)
        assert prior.log_density(w, np.full(w.shape, explained)) == pytest.approx(expected)


def test_draws_of_the_lasting_part_have_its_moments():
    size = 4000
    given = GivenRepeatedJudgements(
        grade=np.array([[[3], [2]]]),
        framework=np.zeros((1, 2), dtype=np.int64),
        cutpoints=np.broadcast_to(CUTPOINTS, (size, 1, 1, 3)),
        predictor=np.zeros((size, 1, 2)),
        loading=None,
        curve="probit",
    )
    mean, variance, residual = 0.2, 0.5, 0.4

    def weight(a, power):
        likelihood = given.probability(0, np.array([[a]]), residual)[0, 0]
        return a**power * likelihood * density_of(a, mean, variance)

    whole, first, second = (quad(weight, -4, 5, args=(power,))[0] for power in (0, 1, 2))
    drawn = draw_deviates(
        given,
        np.full((size, 1), mean),
        np.full((size, 1), variance),
        np.full(size, residual),
        np.random.default_rng(1),
    )
    lasting = mean + np.sqrt(variance) * drawn
    sd = np.sqrt(second / whole - (first / whole) ** 2)

    # Four standard errors of 4,000 independent draws.
    assert lasting.mean() == pytest.approx(first / whole, abs=4 * sd / np.sqrt(size))
    assert lasting.std() == pytest.approx(sd, rel=4 / np.sqrt(2 * size))


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(
        indicators=("cl_eet_19_21", "cla_3plus_placements"), years=(2025,), seed=20260101
    )


def test_every_inspection_has_its_own_place(panel):
    spec = InspectionSpec(scope="repeats")
    readings = gather_repeated_judgements(restrict(panel, spec), spec)

    assert readings.given.sum() == panel.sizes["inspection"]
    assert not readings.outside
    assert readings.years[readings.given[..., 0] > 0].mean() == pytest.approx(0.0, abs=1e-9)
    dates = readings.date[(readings.given[..., 0] > 0).all(axis=1)]
    assert (np.diff(dates, axis=1) > np.timedelta64(0, "D")).all()


def test_sub_judgements_leave_overall_out(panel):
    spec = InspectionSpec(judgements="sub_judgements")
    readings = gather_repeated_judgements(restrict(panel, spec), spec)

    assert readings.judgements == SUB_JUDGEMENTS
    assert readings.grade.shape == (153, 1, 4)


def test_a_window_leaves_inspections_out(panel):
    spec = InspectionSpec(published_from="2021-01-01", scope="latest", curve="logit")
    kept = restrict(panel, spec)

    assert (kept.publication >= np.datetime64("2021-01-01")).all()
    with pytest.raises(PanelError, match="no inspection of ILACS was published"):
        restrict(panel, InspectionSpec(published_from="2040-01-01"))


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        (InspectionSpec(frameworks=("SIF",)), "frameworks names SIF"),
        (InspectionSpec(lead_inspector=True), "no variable lead_inspector"),
        (
            InspectionSpec(scope="repeats", published_from="2021-06-01"),
            "no authority has two inspections",
        ),
    ],
)
def test_what_the_panel_lacks_is_refused(panel, spec, fault):
    with pytest.raises(PanelError, match=fault):
        gather_repeated_judgements(restrict(panel, spec), spec)


@pytest.mark.parametrize("reliability", [0.5, 0.7])
def test_the_coarse_rule_moves_along_the_link_as_the_fine_one(reliability):
    """Two inspections of 153 authorities by four sub-judgements: a log factor to 0.02."""
    rng = np.random.default_rng(1)
    size, shape = 153, (153, 2, 4)
    theta = rng.standard_normal(size)
    lasting = 0.4 * theta + np.sqrt(1.0 - 0.4**2) * rng.standard_normal(size)
    passing = np.sqrt(1.0 - reliability) * rng.standard_normal((size, 2))
    z = np.sqrt(reliability) * lasting[:, None] + passing
    scale = 0.9 * z[:, :, None] + np.sqrt(1.0 - 0.9**2) * rng.standard_normal(shape)
    edges = np.array([-30.0, -0.7, 0.2, 1.4, 30.0])
    grade = np.searchsorted(edges[1:-1], scale)
    cells = (edges[grade], edges[grade + 1], np.ones(shape), np.zeros((size, 2)))
    loading, residual = np.full((size, 4), 0.9), np.full(size, 1.0 - reliability)

    def total(rho, rule):
        left = np.full(size, reliability - 0.9 * rho**2)
        moments = (rho * theta, left, residual)
        at = (*cells, loading, *moments, rule.nodes, rule.weights, rule.grid, False)
        return several_judgements(*at)[0].sum()

    apart = [total(rho, COARSE) - total(rho, FINE) for rho in (0.0, 0.2, 0.4)]

    assert np.ptp(apart) < 0.02
