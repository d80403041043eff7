"""Published answers of well-known problems, by the project's own likelihoods and sampler.

:mod:`tests.published_problems` puts each problem as a small case of the project's models.
Tolerances are half of the last digit stated where both sides are exact. Where either was
sampled they are four standard errors of the difference: our Monte Carlo error estimated from
the draws, and theirs as published or as stated below. ``docs/validation.md`` has the numbers
side by side; ``--log-cli-level=info`` shows them.
"""

import logging

import arviz as az
import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from pytensor.compile.mode import Mode
from scipy import optimize, special, stats

from analysis.evidence.ranks import ranks
from models.joint.binomial import log_likelihood
from tests.published_problems import (
    PATTERNS,
    STUDENTS,
    counts_of,
    sample_lsat,
    sample_schools,
    sample_surgical,
    schools_moments,
)

SHOW = logging.getLogger(__name__)
ERRORS = 4.0  # standard errors allowed between two sampled numbers
# Independent draws that published samples of unstated length are taken to be worth: of a Gibbs
# sampler's ten thousand (MultiBUGS) one in five, of a short run of Stan's a thousand.
WORTH, STAN_WORTH = 2000, 1000

# Eight schools. Posterior means of mu, tau and the eight effects: posteriordb's reference
# draws, with the largest of their Monte Carlo errors, and quadrature.
SCHOOLS_DRAWN = [4.4105, 3.6021, 6.1505, 4.9396, 3.9059, 4.7960, 3.6144, 4.0511, 6.3172, 4.8840]
SCHOOLS_DRAWN_ERROR = 0.056
SCHOOLS_EXACT = [4.3968, 3.5977, 6.212, 4.940, 3.927, 4.757, 3.615, 4.043, 6.297, 4.854]
SCHOOLS_DIGIT = [5e-5] * 2 + [5e-4] * 8

# Surgical (MultiBUGS): posterior means of mortality, and 2.5%, 50% and 97.5% of the ranks,
# of which 1 is the least mortality.
MORTALITY = [
    *(0.05298, 0.1031, 0.07048, 0.05918, 0.05152, 0.06895),
    *(0.0668, 0.1231, 0.0698, 0.0784, 0.1023, 0.06838),
]
RANKS = np.array(
    [
        *([1, 2, 10], [6, 10, 12], [1, 6, 11], [1, 4, 8], [1, 2, 8], [1, 6, 10]),
        *([1, 5, 10], [9, 12, 12], [1, 6, 10], [2, 8, 11], [7, 10, 12], [1, 6, 10]),
    ]
)

# LSAT-6. The marginal likelihood's maximum: alpha, beta, and the log likelihood there.
LSAT_LIKELIEST = [-2.730, -0.9986, -0.2399, -1.3065, -2.0994, 0.7551]
LSAT_DIGIT = [5e-4] + [5e-5] * 5
LSAT_LOG_LIKELIHOOD = -2466.938
# Posterior means: alpha less their mean, and beta, with its standard deviation (MultiBUGS);
# alpha, and beta (Stan's example models).
LSAT_CENTRED = [-1.26, 0.4785, 1.239, 0.1693, -0.6265, 0.759]
LSAT_BETA_SD = 0.070
LSAT_UNCENTRED = [-2.7456, -1.0032, -0.2466, -1.3127, -2.1066, 0.7594]


def test_quadrature_over_the_kernel_gives_the_eight_schools_to_the_last_digit():
    # Equal steps of mu and of log tau: the trapezium rule, whose error vanishes
    # exponentially here. Beyond the grid lies less than 1e-5 of the posterior.
    mu, log_tau = np.meshgrid(np.linspace(-25, 35, 121), np.linspace(-13, 8, 211))
    mu, tau = mu.ravel(), np.exp(log_tau.ravel())
    found = [schools_moments(*point) for point in zip(mu, tau, strict=True)]
    log_density = np.array([likelihood for likelihood, _ in found])
    log_density += stats.norm.logpdf(mu, 0, 5) + stats.halfcauchy.logpdf(tau, 0, 5) + np.log(tau)
    weight = np.exp(log_density - log_density.max())
    every = np.column_stack([mu, tau, [effects for _, effects in found]])

    means = weight @ every / weight.sum()

    report("schools by quadrature", SCHOOLS_EXACT, means, np.zeros(10))
    assert np.all(np.abs(means - SCHOOLS_EXACT) <= SCHOOLS_DIGIT)


@pytest.mark.slow
def test_the_sampler_over_the_collapsed_operation_gives_the_eight_schools():
    draws = sample_schools({"tune": 1000, "draws": 5000, "target_accept": 0.95}, seed=1)

    means, errors = means_and_errors(draws)

    report("schools", SCHOOLS_DRAWN, means, errors)
    # Quadrature has no error of its own; posteriordb's draws have theirs.
    assert np.all(np.abs(means - SCHOOLS_EXACT) <= ERRORS * errors)
    both = np.hypot(errors, SCHOOLS_DRAWN_ERROR)
    assert np.all(np.abs(means - SCHOOLS_DRAWN) <= ERRORS * both)


@pytest.fixture(scope="module")
def surgical():
    sampler = {"tune": 1500, "draws": 5000, "target_accept": 0.95}
    return xr.DataTree.from_dict({"posterior": sample_surgical(sampler, seed=2)})


@pytest.fixture(scope="module")
def surgical_rank(surgical):
    return ranks(surgical).transpose("chain", "draw", "authority").values


@pytest.mark.slow
def test_the_joint_engine_gives_the_mortality_of_the_surgical_hospitals(surgical):
    mortality = special.expit(-surgical["posterior"]["effectiveness"].values)

    means, errors = means_and_errors(mortality)

    report("mortality", MORTALITY, means, errors)
    theirs = mortality.std(axis=(0, 1)) / np.sqrt(WORTH)
    assert np.all(np.abs(means - MORTALITY) <= ERRORS * np.hypot(errors, theirs))


@pytest.mark.slow
def test_the_ranks_of_the_surgical_hospitals_are_the_published_ones(surgical_rank):
    # A published quantile q at share s is right if P(rank < q) <= s <= P(rank <= q), each
    # probability known to within four standard errors of the published sample.
    below = np.array([(surgical_rank < q).mean(axis=(0, 1)) for q in RANKS.T])
    within = np.array([(surgical_rank <= q).mean(axis=(0, 1)) for q in RANKS.T])
    share = np.array([[0.025], [0.5], [0.975]])
    slack = ERRORS * np.sqrt(share * (1.0 - share) / WORTH)
    ours = np.quantile(surgical_rank, share[:, 0], axis=(0, 1)).T.astype(int)
    SHOW.info("ranks: published %s, ours %s", RANKS.tolist(), ours.tolist())

    assert np.all(below <= share + slack)
    assert np.all(within >= share - slack)


@pytest.mark.slow
def test_only_two_hospitals_have_rank_intervals_that_exclude_the_median_rank(surgical_rank):
    # Hospital 11's lower limit lies between ranks 6 and 7: the probability of 6 or less is
    # 2.5% to within the published sample's error, and no other hospital's comes near.
    better = (surgical_rank < 6.5).mean(axis=(0, 1))
    beyond = np.minimum(better, 1.0 - better)
    slack = ERRORS * np.sqrt(0.025 * 0.975 / WORTH)
    SHOW.info("probability on the median's other side: %s", np.round(beyond, 4))

    assert (np.flatnonzero(beyond <= 0.025 + slack) + 1).tolist() == [8, 11]


def test_the_likelihood_of_counts_gives_the_marginal_maximum_of_lsat_6():
    # Theta by 41 Gauss-Hermite nodes: every pattern at every node is a unit of its own.
    node, weight = np.polynomial.hermite_e.hermegauss(41)
    cells, _ = counts_of(np.repeat(PATTERNS, node.size, axis=1), np.ones((5, 32 * 41), int))
    logit = pt.dvector("logit")
    mode = Mode(linker="py", optimizer="fast_compile")
    likelihood = pytensor.function([logit], log_likelihood(cells, logit), mode=mode)

    def negative(at):
        # More is worse: z runs against the logit.
        z = at[:5, None] - np.exp(at[5]) * np.tile(node, 32)[None, :]
        each = likelihood(cells.centre + cells.scale * z.ravel()).reshape(5, 32, 41).sum(axis=0)
        return -(special.logsumexp(each, axis=1, b=weight / weight.sum()) * STUDENTS).sum()

    found = optimize.minimize(negative, np.zeros(6), tol=1e-3)

    likeliest = np.r_[found.x[:5], np.exp(found.x[5])]
    report("LSAT maximum", LSAT_LIKELIEST, likeliest, np.zeros(6))
    assert np.all(np.abs(likeliest - LSAT_LIKELIEST) <= LSAT_DIGIT)
    assert -found.fun == pytest.approx(LSAT_LOG_LIKELIHOOD, abs=5e-4)


@pytest.mark.slow
def test_the_joint_engine_gives_the_difficulties_of_lsat_6():
    draws = sample_lsat({"tune": 600, "draws": 1000, "target_accept": 0.9}, seed=3)
    centred = draws.copy()
    centred[..., :5] -= draws[..., :5].mean(axis=-1, keepdims=True)

    for name, published, drawn, worth in (
        ("LSAT", LSAT_UNCENTRED, draws, STAN_WORTH),
        ("LSAT centred", LSAT_CENTRED, centred, WORTH),
    ):
        means, errors = means_and_errors(drawn)
        report(name, published, means, errors)
        theirs = drawn.std(axis=(0, 1)) / np.sqrt(worth)
        assert np.all(np.abs(means - published) <= ERRORS * np.hypot(errors, theirs))
    # A standard deviation from n independent draws is known to 1/sqrt(2n) of itself.
    assert draws[..., 5].std() == pytest.approx(LSAT_BETA_SD, rel=ERRORS / np.sqrt(2 * WORTH))


def means_and_errors(draws):
    """Give means and Monte Carlo errors of (chain, draw, quantity)."""
    dataset = xr.Dataset({"x": (("chain", "draw", "quantity"), draws)})
    return draws.mean(axis=(0, 1)), az.mcse(dataset)["x"].values


def report(name, published, ours, errors):
    """Log the numbers side by side."""
    for line in zip(published, ours, errors, strict=True):
        SHOW.info("%s: published %.5f, ours %.5f, Monte Carlo error %.5f", name, *line)
