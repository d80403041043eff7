"""Published Bayes factors of textbook problems, by the project's bridge sampling.

The problems are of two dimensions or one, so posterior draws come from a grid, each jittered
within its cell: independent, and exact to the grid. Priors are those of the published answers;
the marginal likelihoods, their errors and their combination are the project's. Tolerance: four
Monte Carlo errors, which must themselves be small.
"""

import logging

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from scipy import special, stats

from analysis.evidence.bayes_factor import by_bridge
from analysis.record.schema import LogFactor
from models.bridge import bridge
from models.joint.binomial import log_likelihood
from tests.published_problems import DEATHS, OPERATIONS, counts_of

SHOW = logging.getLogger(__name__)

# Hours of extra sleep of ten patients (Student 1908), as differences between two drugs.
SLEEP = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
# R's `attitude`: thirty departments of a firm.
RATING = np.array(
    [
        *(43, 63, 71, 61, 81, 43, 58, 71, 72, 67, 64, 67, 69, 68, 77),
        *(81, 74, 65, 65, 50, 50, 64, 53, 40, 63, 66, 78, 48, 85, 82),
    ]
)
COMPLAINTS = np.array(
    [
        *(51, 64, 70, 63, 78, 55, 67, 75, 82, 61, 53, 60, 62, 83, 77),
        *(90, 85, 60, 70, 58, 40, 61, 66, 37, 54, 77, 75, 57, 85, 82),
    ]
)
PRIVILEGES = np.array(
    [
        *(30, 51, 68, 45, 56, 49, 42, 50, 72, 45, 53, 47, 57, 83, 54),
        *(50, 64, 65, 46, 68, 33, 52, 52, 42, 42, 66, 58, 44, 71, 39),
    ]
)


def marginal(log_density, ends, seed=1):
    """Bridge a density of one or two dimensions from draws on a grid between the ends."""
    size = 20_001 if len(ends) == 1 else 601
    edges = [np.linspace(low, high, size) for low, high in ends]
    axes = [0.5 * (one[1:] + one[:-1]) for one in edges]
    points = np.stack([one.ravel() for one in np.meshgrid(*axes, indexing="ij")], axis=1)
    weight = np.exp(special.log_softmax(log_density(points)))
    rng = np.random.default_rng(seed)
    chosen = points[rng.choice(len(points), 8000, p=weight)]
    step = np.array([one[1] - one[0] for one in edges])
    draws = chosen + step * (rng.uniform(size=chosen.shape) - 0.5)
    return bridge(log_density, draws.reshape(4, 2000, len(ends)), seed=seed)


def told(found):
    """Give a Bayes factor and the Monte Carlo error of its logarithm."""
    return np.exp(found.value), found.mcse


def holds(found, published):
    """Say whether a log Bayes factor is the published one to within four small errors."""
    SHOW.info("published %.6g, ours %.6g, error of the log %.4f", published, *told(found))
    assert 0.0 < found.mcse < 0.02
    return abs(found.value - np.log(published)) < 4.0 * found.mcse + 1e-6


def sleep_density(at):
    """y ~ N(δσ, σ²), δ ~ Cauchy(0, 1/√2), log σ flat."""
    effect, log_sd = at.T
    sd = np.exp(log_sd)
    y = stats.norm.logpdf(SLEEP, (effect * sd)[:, None], sd[:, None]).sum(axis=1)
    return y + stats.cauchy.logpdf(effect, 0.0, np.sqrt(0.5))


def test_the_t_test_of_sleep():
    none = marginal(sleep_null, [(-1.5, 2.5)])
    some = marginal(sleep_density, [(-1.5, 4.0), (-1.5, 2.0)])

    assert holds(by_bridge(some, none), 17.25888)


@pytest.mark.parametrize(("sign", "published"), [(1.0, 34.4169), (-1.0, 0.10082)])
def test_the_one_sided_t_test_of_sleep(sign, published):
    # The prior on one side has twice the density; the effect's logarithm is unconstrained.
    def one_sided(at):
        effect = np.exp(at[:, 0])
        points = np.column_stack([sign * effect, at[:, 1]])
        return sleep_density(points) + np.log(2.0) + at[:, 0]

    ends = [(-3.0, 1.5), (-1.5, 2.0)] if sign > 0 else [(-12.0, 1.0), (-1.5, 2.5)]

    none = marginal(sleep_null, [(-1.5, 2.5)])

    assert holds(by_bridge(marginal(one_sided, ends), none), published)


def sleep_null(at):
    """y ~ N(0, σ²), log σ flat."""
    return stats.norm.logpdf(SLEEP, 0.0, np.exp(at)).sum(axis=1)


def test_several_t_tests_together():
    t, size = np.array([-0.15, 2.39, 2.42, 2.43]), np.array([100, 150, 97, 99])

    def density(at):
        effect = np.exp(at[:, 0])
        each = stats.nct.logpdf(t, size - 1, effect[:, None] * np.sqrt(size))
        return each.sum(axis=1) + np.log(2.0) + stats.cauchy.logpdf(effect) + at[:, 0]

    some = marginal(density, [(-5.0, 0.0)])

    null = stats.t.logpdf(t, size - 1).sum()
    assert holds(LogFactor(value=some.value - null, mcse=some.error), 38.68248)


def test_the_test_of_a_proportion():
    def density(at):
        logit = at[:, 0]
        return stats.binom.logpmf(15, 25, special.expit(logit)) + stats.logistic.logpdf(
            logit, 0.0, 0.5
        )

    some = marginal(density, [(-3.0, 4.0)])

    null = stats.binom.logpmf(15, 25, 0.5)
    assert holds(LogFactor(value=some.value - null, mcse=some.error), 0.6598725)


@pytest.mark.parametrize(
    ("covariate", "r_squared", "published"),
    [(COMPLAINTS, 0.681314, 417938.6), (PRIVILEGES, None, 3.177784)],
)
def test_the_regressions_of_attitude(covariate, r_squared, published):
    # The intercept is flat and integrated out: N - 1 directions of the centred data are left.
    y = (RATING - RATING.mean()) / RATING.std()
    z = (covariate - covariate.mean()) / covariate.std()
    if r_squared is not None:
        assert np.corrcoef(y, z)[0, 1] ** 2 == pytest.approx(r_squared, abs=5e-7)

    def likelihood(effect, log_sd):
        sd = np.exp(log_sd)
        left = ((y - (effect * sd)[:, None] * z) ** 2).sum(axis=1)
        return -(y.size - 1) * log_sd - 0.5 * left / sd**2

    def density(at):
        prior = stats.cauchy.logpdf(at[:, 0], 0.0, np.sqrt(2.0) / 4.0)
        return likelihood(at[:, 0], at[:, 1]) + prior

    none = marginal(lambda at: likelihood(np.zeros(len(at)), at[:, 0]), [(-1.0, 1.0)])
    some = marginal(density, [(-1.0, 4.0), (-1.5, 1.0)])

    assert holds(by_bridge(some, none), published)


def test_the_joint_engine_s_counts_give_the_surgical_mortality_exactly():
    # Beta(1, 1) of each hospital by itself: the posterior mean is (r + 1)/(n + 2). On the logit
    # scale the uniform density is p(1 - p), and the trapezium rule is exact to many digits.
    logit = np.linspace(-26.0, 8.0, 3401)
    units = np.repeat(np.arange(DEATHS.size), logit.size)
    cells, _ = counts_of(DEATHS[None, units], OPERATIONS[None, units])
    at = pt.dvector("at")
    mode = Mode(linker="py", optimizer="fast_compile")
    evaluate = pytensor.function([at], log_likelihood(cells, at), mode=mode)

    # More deaths are worse: z runs against the logit.
    z = -np.tile(logit, DEATHS.size)
    logs = evaluate(cells.centre + cells.scale * z).reshape(DEATHS.size, logit.size)

    p = special.expit(logit)
    weight = special.softmax(logs + np.log(p * (1.0 - p)), axis=1)
    means = weight @ p
    assert means == pytest.approx((DEATHS + 1.0) / (OPERATIONS + 2.0), rel=1e-6)
    assert means[0] == pytest.approx(0.0206, abs=2e-4)
    assert means[7] == pytest.approx(0.1478, abs=5e-4)
