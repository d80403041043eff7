"""Published answers of well-known problems, by the project's own likelihoods and sampler.

Each problem is put as a small case of the project's models, with the published priors in
place of the project's. What is checked is the project's code: the collapsed kernel and its
operation, the joint engine's counts and latent variables, the call of the sampler, the ranks.

Tolerances are half of the last digit stated where both sides are exact. Where either was
sampled they are four standard errors of the difference, with our Monte Carlo error estimated
from the draws, and theirs as published, or as stated beside the number. ``docs/validation.md``
has the numbers side by side.
"""

import logging

import arviz as az
import numpy as np
import nutpie
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from pytensor.compile.mode import Mode
from scipy import optimize, special, stats

from analysis.evidence.ranks import ranks
from models.collapsed.kernel import collapse
from models.collapsed.operation import integrate_effects
from models.counts import Counts
from models.joint.binomial import log_likelihood
from models.joint.cells import flatten
from models.joint.latents import Guide, place_latents
from models.measurement import Measurements, empirical_logit
from models.sampling import draw
from models.spec import SamplerSpec

SHOW = logging.getLogger(__name__)
ERRORS = 4.0  # standard errors allowed between two sampled numbers

# --- Eight schools (Rubin 1981, doi:10.3102/10769986006004377) ------------------------------
# Effects and their standard errors; mu ~ N(0, 5), tau ~ half-Cauchy(5).
EFFECT = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
EFFECT_ERROR = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
# Posterior means of posteriordb's reference draws, with their largest Monte Carlo error, and
# by quadrature: mu, tau, and the eight effects.
SCHOOLS_DRAWN = [4.4105, 3.6021, 6.1505, 4.9396, 3.9059, 4.7960, 3.6144, 4.0511, 6.3172, 4.8840]
SCHOOLS_DRAWN_ERROR = 0.056
SCHOOLS_EXACT = [4.3968, 3.5977, 6.212, 4.940, 3.927, 4.757, 3.615, 4.043, 6.297, 4.854]
SCHOOLS_DIGIT = [5e-5] * 2 + [5e-4] * 8


def schools_data():
    """Schools as authorities: one indicator, one year, known sampling variances."""
    cells = (EFFECT, EFFECT_ERROR**2, np.ones(8))
    return (*(one.reshape(1, 1, 8) for one in cells), np.zeros(8))


def schools_moments(mu, tau):
    """Give the kernel's log likelihood, and the mean of each effect given mu and tau.

    An effect is mu + tau·f with one factor f, whose loading is tau.
    """
    zero = np.zeros(1)
    likelihood, mean, *_ = collapse(
        *schools_data(),
        np.full((1, 1), mu),
        zero,
        zero,
        zero,
        np.full((1, 1), tau),
        np.full(1, tau),
        zero,
    )
    return likelihood.sum(), mu + mean


def test_quadrature_over_the_kernel_gives_the_eight_schools_to_the_last_digit():
    # Equal steps of mu and of log tau: the trapezium rule, whose error vanishes
    # exponentially here. Beyond the grid lies less than 1e-6 of the posterior.
    mu, log_tau = np.meshgrid(np.linspace(-25, 35, 121), np.linspace(-13, 8, 211))
    mu, tau = mu.ravel(), np.exp(log_tau.ravel())
    found = [schools_moments(*point) for point in zip(mu, tau, strict=True)]
    log_density = np.array([likelihood for likelihood, _ in found])
    log_density += stats.norm.logpdf(mu, 0, 5) + stats.halfcauchy.logpdf(tau, 0, 5) + np.log(tau)
    weight = np.exp(log_density - log_density.max())
    every = np.column_stack([mu, tau, [effects for _, effects in found]])

    means = weight @ every / weight.sum()

    assert np.all(np.abs(means - SCHOOLS_EXACT) <= SCHOOLS_DIGIT)


@pytest.fixture(scope="module")
def schools():
    """Mu, tau and the effects' conditional means, drawn through the compiled operation."""
    zero = pt.zeros(1)
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 5.0)
        tau = pm.HalfCauchy("tau", 5.0)
        likelihood, *_ = integrate_effects(
            tuple(pt.as_tensor(one) for one in schools_data()),
            alpha=mu[None, None],
            gamma=zero,
            tau2=zero,
            psi2=zero,
            loading=tau[None, None],
            g=tau[None],
            d=zero,
        )
        pm.Potential("schools", likelihood.sum())
    sampler = SamplerSpec(tune=1000, draws=5000, target_accept=0.95)
    seed = np.random.SeedSequence(1)
    drawn = draw(nutpie.compile_pymc_model(model), sampler, seed, "eight schools")
    mu, tau = (drawn["posterior"][name].values for name in ("mu", "tau"))
    effects = [
        [schools_moments(*at)[1] for at in zip(*chain, strict=True)]
        for chain in zip(mu, tau, strict=True)
    ]
    return np.concatenate([mu[..., None], tau[..., None], effects], axis=-1)


@pytest.mark.slow
def test_the_sampler_over_the_collapsed_operation_gives_the_eight_schools(schools):
    means, errors = means_and_errors(schools)
    report("eight schools", SCHOOLS_DRAWN, means, errors)

    # Quadrature has no error of its own; posteriordb's draws have theirs.
    assert np.all(np.abs(means - SCHOOLS_EXACT) <= ERRORS * errors)
    both = np.hypot(errors, SCHOOLS_DRAWN_ERROR)
    assert np.all(np.abs(means - SCHOOLS_DRAWN) <= ERRORS * both)


def means_and_errors(draws):
    """Give means and Monte Carlo errors of (chain, draw, quantity)."""
    dataset = xr.Dataset({"x": (("chain", "draw", "quantity"), draws)})
    return draws.mean(axis=(0, 1)), az.mcse(dataset)["x"].values


def report(name, published, ours, errors):
    """Show the numbers side by side, with pytest --log-cli-level=info."""
    for line in zip(published, ours, errors, strict=True):
        SHOW.info("%s: published %.5f, ours %.5f, Monte Carlo error %.5f", name, *line)


# --- Counts with one random effect for each unit --------------------------------------------


def counts_of(successes, trials):
    """Put (occasion, unit) counts as one indicator that every unit has on each occasion.

    In the project's terms occasions are years and units authorities. The unit of measurement
    is left alone (centre 0, scale 1), and the indicator is one of which more is worse.
    """
    y, variance = empirical_logit(successes.astype(float), trials.astype(float))
    grid = (1, *successes.shape)
    coords = {
        "indicator": ["count"],
        "year": list(range(grid[1])),
        "authority": [str(unit) for unit in range(grid[2])],
    }
    units = {"centre": np.zeros(grid[:2]), "scale": np.ones(1), "sign": -np.ones(1)}
    measured = Measurements(
        y=-y.reshape(grid),
        variance=variance.reshape(grid),
        observed=np.ones(grid),
        interval=np.zeros(grid, dtype=bool),
        coords=coords,
        **units,
    )
    whole = {name: successes.reshape(grid) for name in ("low", "high")}
    counts = Counts(
        **whole,
        denominator=trials.reshape(grid),
        rate=np.zeros(grid),
        observed=np.ones(grid, dtype=bool),
        kind=np.array(["count"]),
        coords=coords,
        **units,
    )
    return flatten(counts, measured, "count"), measured


def place_random_effects(cells, measured, level, sd, form):
    """Put the joint engine's latents and counts in the model at hand; give z by unit.

    Parameters: level of each occasion and standard deviation of the lasting effect, both on
    the oriented scale. The engine's factor, here with loading zero, is left idle.
    """
    base = level[None, :, None] + pt.zeros(measured.y.shape)
    latents = place_latents(
        form,
        1,
        pt.zeros((1, 1)),
        sd[None],
        None,
        Guide(pt.as_tensor(measured.observed / measured.variance), measured.y - base),
        cells,
    )
    z = base.ravel()[cells.grid] + latents.effects.ravel()[cells.effect]
    pm.Potential("latents", latents.adjustment)
    pm.Potential("counts", log_likelihood(cells, cells.centre + cells.scale * z).sum())
    return latents.effects[0]


# --- Surgical (Spiegelhalter et al., BUGS examples) -----------------------------------------
# Deaths among operations on infants in twelve hospitals: logit p = b ~ N(mu, sigma),
# mu ~ N(0, 1000^2), 1/sigma^2 ~ Gamma(.001, .001). Means and ranks from MultiBUGS (10,000
# draws); rank 1 is the least mortality.
OPERATIONS = np.array([47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360])
DEATHS = np.array([0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24])
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
# Independent draws that the published 10,000 are taken to be worth: a Gibbs sampler's
# autocorrelation for hospitals with few deaths leaves about one in five.
WORTH = 2000


@pytest.fixture(scope="module")
def surgical():
    """The joint engine's count likelihood and default form, with the published priors."""
    cells, measured = counts_of(DEATHS[None, :], OPERATIONS[None, :])
    coords = {"indicator": ["count"], "authority": range(12), "latent_factor": [1]}
    with pm.Model(coords=coords) as model:
        mu = pm.Normal("mu", 0.0, 1000.0)
        sigma = 1.0 / pt.sqrt(pm.Gamma("precision", 0.001, 0.001))
        pm.Deterministic("sigma", sigma)
        effect = place_random_effects(cells, measured, -mu[None], sigma, "informed")
        pm.Deterministic("effectiveness", effect - mu, dims="authority")
    sampler = SamplerSpec(tune=1500, draws=5000, target_accept=0.95)
    compiled = nutpie.compile_pymc_model(model)
    return draw(compiled, sampler, np.random.SeedSequence(2), "surgical")


@pytest.mark.slow
def test_the_joint_engine_gives_the_mortality_of_the_surgical_hospitals(surgical):
    # Effectiveness runs against mortality: the indicator is one of which more is worse.
    effectiveness = surgical["posterior"]["effectiveness"].transpose("chain", "draw", "authority")
    mortality = 1.0 / (1.0 + np.exp(effectiveness.values))
    means, errors = means_and_errors(mortality)
    report("mortality", MORTALITY, means, errors)

    theirs = mortality.std(axis=(0, 1)) / np.sqrt(WORTH)
    assert np.all(np.abs(means - MORTALITY) <= ERRORS * np.hypot(errors, theirs))


@pytest.mark.slow
def test_the_ranks_of_the_surgical_hospitals_are_the_published_ones(surgical):
    # A published quantile q at share s is right if P(rank < q) <= s <= P(rank <= q), each
    # probability known to within four standard errors of the published sample.
    rank = ranks(surgical).transpose("chain", "draw", "authority").values
    below = np.array([(rank < q).mean(axis=(0, 1)) for q in RANKS.T])
    within = np.array([(rank <= q).mean(axis=(0, 1)) for q in RANKS.T])
    share = np.array([[0.025], [0.5], [0.975]])
    slack = ERRORS * np.sqrt(share * (1.0 - share) / WORTH)
    ours = np.quantile(rank, [0.025, 0.5, 0.975], axis=(0, 1)).T.astype(int)
    SHOW.info("ranks: published %s, ours %s", RANKS.tolist(), ours.tolist())

    assert np.all(below <= share + slack)
    assert np.all(within >= share - slack)


@pytest.mark.slow
def test_only_two_hospitals_have_rank_intervals_that_exclude_the_median_rank(surgical):
    # Hospital 11's lower limit lies between ranks 6 and 7: the probability of 6 or less is
    # 2.5% to within the published sample's error, and no other hospital's comes near.
    rank = ranks(surgical).transpose("chain", "draw", "authority").values
    better = (rank < 6.5).mean(axis=(0, 1))
    beyond = np.minimum(better, 1.0 - better)
    slack = ERRORS * np.sqrt(0.025 * 0.975 / WORTH)
    SHOW.info("probability on the median's other side: %s", np.round(beyond, 4))

    assert (np.flatnonzero(beyond <= 0.025 + slack) + 1).tolist() == [8, 11]


# --- LSAT-6 (Bock and Lieberman 1970, doi:10.1007/BF02291262) -------------------------------
# Five items answered by a thousand students: logit P(right) = beta·theta - alpha_k,
# theta ~ N(0, 1); alpha_k ~ N(0, 100^2), beta flat above 0. Patterns 00000 to 11111 by their
# cumulative numbers.
CUMULATIVE = np.array(
    [
        *(3, 9, 11, 22, 23, 24, 27, 31, 32, 40, 40, 56, 56, 59, 61, 76),
        *(86, 115, 129, 210, 213, 241, 256, 336, 352, 408, 429, 602, 613, 674, 702, 1000),
    ]
)
STUDENTS = np.diff(CUMULATIVE, prepend=0)
PATTERNS = (np.arange(32)[None, :] >> np.arange(4, -1, -1)[:, None]) & 1
# Marginal maximum likelihood: alpha, beta and the log likelihood.
LSAT_LIKELIEST = [-2.730, -0.9986, -0.2399, -1.3065, -2.0994, 0.7551]
LSAT_DIGIT = [5e-4, 5e-5, 5e-5, 5e-5, 5e-5, 5e-5]
LSAT_LOG_LIKELIHOOD = -2466.938
# Posterior means: alpha less their mean, and beta (MultiBUGS), whose standard deviation is .070.
LSAT_DRAWN = [-1.26, 0.4785, 1.239, 0.1693, -0.6265, 0.759]
# Posterior means of alpha, and beta (Stan's example models).
LSAT_UNCENTRED = [-2.7456, -1.0032, -0.2466, -1.3127, -2.1066, 0.7594]


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


@pytest.fixture(scope="module")
def lsat():
    """Alpha and beta with every student's theta sampled, in the engine's default form.

    A student's lasting effect has standard deviation beta; items are the occasions.
    """
    right = np.repeat(PATTERNS, STUDENTS, axis=1)
    cells, measured = counts_of(right, np.ones_like(right))
    coords = {"indicator": ["count"], "authority": range(1000), "latent_factor": [1]}
    with pm.Model(coords=coords | {"item": range(1, 6)}) as model:
        alpha = pm.Normal("alpha", 0.0, 100.0, dims="item")
        beta = pm.HalfFlat("beta")
        place_random_effects(cells, measured, alpha, beta, "informed")
    sampler = SamplerSpec(tune=1000, draws=1500, target_accept=0.9)
    compiled = nutpie.compile_pymc_model(model)
    posterior = draw(compiled, sampler, np.random.SeedSequence(3), "lsat")["posterior"]
    drawn = posterior.to_dataset().transpose("chain", "draw", ...)
    return np.concatenate([drawn["alpha"].values, drawn["beta"].values[..., None]], axis=-1)


@pytest.mark.slow
def test_the_joint_engine_gives_the_difficulties_of_lsat_6(lsat):
    centred = lsat.copy()
    centred[..., :5] -= lsat[..., :5].mean(axis=-1, keepdims=True)
    for name, published, draws in (
        ("LSAT uncentred", LSAT_UNCENTRED, lsat),
        ("LSAT centred", LSAT_DRAWN, centred),
    ):
        means, errors = means_and_errors(draws)
        report(name, published, means, errors)
        theirs = draws.std(axis=(0, 1)) / np.sqrt(WORTH)
        assert np.all(np.abs(means - published) <= ERRORS * np.hypot(errors, theirs))
    assert lsat[..., 5].std() == pytest.approx(0.070, abs=0.004)
