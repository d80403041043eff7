"""Bridge sampling against marginal likelihoods that are known exactly."""

from functools import cache

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import invgamma, norm

from models.bridge import BridgeError, bridge, bridge_between

# The data of the bridgesampling package's own test: theta_i ~ N(mu, tau2), y_i ~ N(theta_i, 1).
Y = np.array(
    [
        *(-2.54, -0.77, -0.58, -0.42, 0.39, -1.71, -0.21, 2.71, 0.4, 1.83),
        *(-0.17, 0.32, 1.86, 0.17, -0.4, -2.01, -0.62, -1.95, -0.24, -0.52),
    ]
)
PUBLISHED = {"fixed": -34.370360, "free": -35.352426}


def autoregressive(shape, rng, keep=0.5):
    """Standard normal draws, (chain, draw, dimension), correlated along each chain."""
    z = rng.standard_normal(shape)
    for at in range(1, shape[1]):
        z[:, at] = keep * z[:, at - 1] + np.sqrt(1 - keep**2) * z[:, at]
    return z


def conjugate(dimension, seed, rows=20):
    """Normal rows with a normal mean: log density, correlated posterior draws, exact answer."""
    rng = np.random.default_rng(seed)
    root = 0.5 * rng.normal(size=(dimension, dimension)) / np.sqrt(dimension) + np.eye(dimension)
    noise = np.linalg.inv(root @ root.T)
    y = rng.normal(size=dimension) + rng.normal(size=(rows, dimension)) @ root.T
    precision = rows * noise + np.eye(dimension) / 4
    covariance = np.linalg.inv(precision)
    pull = noise @ y.sum(axis=0)
    mean = covariance @ pull
    constant = (
        0.5 * rows * np.linalg.slogdet(noise)[1]
        - 0.5 * dimension * (rows * np.log(2 * np.pi) + np.log(2 * np.pi * 4))
        - 0.5 * np.einsum("ni,ij,nj->", y, noise, y)
    )

    def log_density(at):
        return constant + at @ pull - 0.5 * np.einsum("ni,ij,nj->n", at, precision, at)

    log_determinant = dimension * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1]
    exact = constant + 0.5 * mean @ pull + 0.5 * log_determinant
    draws = autoregressive((4, 1000, dimension), rng)
    return log_density, mean + draws @ np.linalg.cholesky(covariance).T, exact


@pytest.mark.parametrize("dimension", [1, 10, 100])
def test_conjugate_models_are_within_three_errors(dimension):
    for seed in range(4):
        log_density, draws, exact = conjugate(dimension, seed)

        found = bridge(log_density, draws, seed=seed, repeats=2)

        assert abs(found.value - exact) < 3 * found.error < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("method", ["warp0", "warp3"])
@pytest.mark.parametrize("dimension", [1, 10, 100])
def test_three_errors_hold_in_95_of_100_conjugate_models(dimension, method):
    within = []
    for seed in range(60):
        log_density, draws, exact = conjugate(dimension, 100 + seed)
        found = bridge(log_density, draws, method=method, seed=seed, repeats=2)
        within.append(abs(found.value - exact) < 3 * found.error)

    assert np.mean(within) >= 0.95


def normal(x, mean=0.0, sd=1.0):
    """A normal's log density, which a bridge asks for millions of times: SciPy's is slow."""
    return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2.0 * np.pi)


def hierarchical_likelihood(mu, tau2):
    """Log likelihood of Y with every theta integrated out; mu and tau2 alike in shape."""
    return normal(Y, mu[:, None], np.sqrt(tau2 + 1)[:, None]).sum(axis=1)


def log_hierarchical(points, free):
    """The whole model in theta, log tau2 and, where it is free, mu."""
    theta, log_tau2 = points[:, :20], points[:, 20]
    mu = points[:, 21] if free else np.zeros(len(points))
    value = normal(Y, theta).sum(axis=1)
    value += normal(theta, mu[:, None], np.exp(0.5 * log_tau2)[:, None]).sum(axis=1)
    # An inverse gamma(1, 1) of tau2, times the Jacobian of its logarithm.
    value -= log_tau2 + np.exp(-log_tau2)
    return value + (normal(mu) if free else 0.0)


@cache
def gibbs(free, chains=4, length=4000):
    """Draw from the whole model by its conditionals."""
    rng = np.random.default_rng(3)
    drawn = np.empty((chains, length, 22 if free else 21))
    for chain in drawn:
        mu, tau2 = 0.0, 1.0
        for state in chain:
            precision = 1 + 1 / tau2
            theta = (Y + mu / tau2) / precision + rng.normal(size=20) / np.sqrt(precision)
            tau2 = (1 + 0.5 * ((theta - mu) ** 2).sum()) / rng.gamma(11)
            if free:
                precision = 1 + 20 / tau2
                mu = theta.sum() / tau2 / precision + rng.normal() / np.sqrt(precision)
                state[21] = mu
            state[:20], state[20] = theta, np.log(tau2)
    return drawn[:, 100:]


@pytest.mark.parametrize("method", ["warp0", "warp3"])
def test_the_published_hierarchical_model_is_reproduced_in_22_dimensions(method):
    found = {
        name: bridge(
            lambda at, free=free: log_hierarchical(at, free),
            gibbs(free),
            method=method,
            seed=0,
        )
        for name, free in {"fixed": False, "free": True}.items()
    }

    for name, one in found.items():
        assert one.value == pytest.approx(PUBLISHED[name], abs=max(3 * one.error, 0.01))
        assert np.exp(one.value - PUBLISHED[name]) == pytest.approx(1.0, rel=0.03)
        assert one.value == pytest.approx(PUBLISHED[name], rel=0.01)
    error = np.hypot(found["fixed"].error, found["free"].error)
    assert found["fixed"].value - found["free"].value == pytest.approx(
        np.log(2.669966), abs=3 * error
    )


def test_the_published_answer_is_the_integral():
    def integrand(tau2):
        like = hierarchical_likelihood(np.zeros(1), np.array([tau2]))[0]
        return np.exp(like + invgamma.logpdf(tau2, 1, scale=1) + 34.0)

    assert np.log(quad(integrand, 0, 60)[0]) - 34.0 == pytest.approx(PUBLISHED["fixed"], abs=1e-3)


def funnel(seed, leaves=6):
    """A standard deviation's logarithm and what it scales: draws and log density, Z = 1."""
    rng = np.random.default_rng(seed)
    top = rng.normal(size=(4, 1000, 1))
    draws = np.concatenate([top, np.exp(0.5 * top) * rng.normal(size=(4, 1000, leaves))], axis=-1)

    def log_density(at):
        value = normal(at[:, 0])
        return value + normal(at[:, 1:], 0.0, np.exp(0.5 * at[:, :1])).sum(axis=1)

    return log_density, draws


def test_warp3_has_the_smaller_error_on_a_skewed_funnel():
    errors, misses = {"warp0": [], "warp3": []}, []
    for seed in range(6):
        log_density, draws = funnel(seed)
        for method, told in errors.items():
            found = bridge(log_density, draws, method=method, seed=seed)
            told.append(found.error)
            misses.append(abs(found.value) / found.error)

    assert np.mean(errors["warp3"]) < np.mean(errors["warp0"])
    assert max(misses) < 4


def test_a_long_tail_to_the_left_is_met():
    """The logarithm of a half-normal: what a standard deviation that may be 0 looks like."""
    rng = np.random.default_rng(8)
    draws = np.log(np.abs(rng.normal(size=(4, 1000, 3))))

    found = bridge(
        lambda at: (norm.logpdf(np.exp(at)) + np.log(2.0) + at).sum(axis=1), draws, seed=1
    )

    assert abs(found.value) < 3 * found.error < 0.03


def test_repeats_differ_by_no_more_than_the_error_says_and_seeds_repeat():
    log_density, draws, _ = conjugate(10, 1)

    one = bridge(log_density, draws, seed=2, repeats=6)

    assert one == bridge(log_density, draws, seed=2, repeats=6)
    assert len(one.repeats) == 6
    assert 0 < one.spread < 3 * np.sqrt(6) * one.error


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draws": np.zeros((1000, 2))}, "wanted \\(chain, draw, dimension\\)"),
        ({"draws": np.full((2, 100, 2), np.nan)}, "not finite numbers"),
        ({"draws": np.ones((2, 100, 2))}, "does not vary"),
        ({"draws": np.random.default_rng(0).normal(size=(2, 10, 6))}, "too few for 6 dimensions"),
        ({"method": "warp2"}, "wanted warp0 or warp3"),
        ({"repeats": 0}, "wanted 1 or more"),
        ({"log_density": lambda at: at}, "wanted one number each"),
        ({"log_density": lambda at: np.full(len(at), np.nan)}, "not finite at 400 of 400"),
    ],
)
def test_what_cannot_be_bridged_is_refused(change, message):
    given = {
        "log_density": lambda at: norm.logpdf(at).sum(axis=1),
        "draws": np.random.default_rng(0).normal(size=(4, 200, 2)),
        "seed": 0,
    } | change

    with pytest.raises(BridgeError, match=message):
        bridge(**given)


def test_a_density_far_from_the_draws_does_not_settle():
    draws = np.random.default_rng(0).normal(size=(4, 200, 2))

    with pytest.raises(BridgeError, match=r"hardly overlap|not finite"):
        bridge(lambda at: -1e6 * (at**2).sum(axis=1) * (1 + np.sin(1e6 * at[:, 0])), draws, seed=0)


@pytest.mark.parametrize("outlier", [1.0, 4.0, 7.0])
def test_the_bridge_between_two_posteriors_scores_a_value_left_out(outlier):
    """y ~ N(mu, 1) of a flat-priored mean: what is left out is N(mean of the others, 1 + 1/n)."""
    others = 9
    exact = norm.logpdf(outlier, 0.0, np.sqrt(1.0 + 1.0 / others))
    gaps, errors = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        with_it, without = (
            autoregressive((4, 500, 1), rng)[..., 0] for _ in ("with it", "without")
        )
        at_whole = outlier / (others + 1) + with_it / np.sqrt(others + 1)
        at_left = without / np.sqrt(others)

        value, error = bridge_between(
            norm.logpdf(outlier, at_whole), norm.logpdf(outlier, at_left)
        )

        gaps.append(value - exact)
        errors.append(error)

    assert max(errors) < 0.15
    assert (np.abs(gaps) < 3 * np.array(errors)).sum() >= 19
    assert np.std(gaps) == pytest.approx(np.mean(errors), rel=0.5)
