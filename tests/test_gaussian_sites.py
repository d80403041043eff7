"""Normal sites of counts: what they match, what they come to, and what they recover."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import binom

from models.gaussian_sites import empirical_logit, match_gaussian_sites

AUTHORITIES, YEARS = 150, 3


def drawn(level, lasting, yearly, n, seed=1, years=YEARS):
    """Draw a grid of one indicator's counts from the background that the sites assume."""
    rng = np.random.default_rng(seed)
    effect = lasting * rng.normal(size=AUTHORITIES)
    logit = level + effect + yearly * rng.normal(size=(years, AUTHORITIES))
    n = np.full(logit.shape, float(n))
    y = rng.binomial(n.astype(int), expit(logit)).astype(float)
    return y[None], n[None], logit[None]


def hidden(y):
    """Hide numerators of 1 to 5."""
    small = (y >= 1) & (y <= 5)
    return np.where(small, 1.0, y), np.where(small, 5.0, y)


def sites_of(low, high, n):
    return match_gaussian_sites(low, high, n, np.ones(low.shape, dtype=bool))


def moments(low, high, n, c, q):
    """Mean and variance of a normal times the interval's probability, on a fine grid."""
    at = np.linspace(c - 12 * np.sqrt(q), c + 12 * np.sqrt(q), 200_001)
    likelihood = binom.cdf(high, n, expit(at)) - binom.cdf(low - 1, n, expit(at))
    weight = likelihood * np.exp(-0.5 * (at - c) ** 2 / q)
    weight /= weight.sum()
    mean = (weight * at).sum()
    return mean, (weight * (at - mean) ** 2).sum()


def test_empirical_logit_of_a_hand_computed_count():
    z, v = empirical_logit(np.array([2.0]), np.array([10.0]))

    assert z[0] == pytest.approx(np.log(2.5 / 8.5))
    assert v[0] == pytest.approx(1 / 2.5 + 1 / 8.5)


def test_large_counts_are_their_empirical_logits():
    y, n, _ = drawn(-1.0, 0.3, 0.2, 4000)

    sites = sites_of(y, y, n)

    z, v = empirical_logit(y, n)
    assert np.abs((sites.mean - z) / np.sqrt(v)).max() < 0.06
    assert sites.variance == pytest.approx(v, rel=0.05)


def test_a_site_times_its_cavity_has_the_moments_of_the_likelihood_times_it():
    """With one year the cavity is the indicator's own normal, N(μ, a²), so it is known here."""
    y, n, _ = drawn(-2.5, 0.6, 0.0, 60, years=1)
    low, high = hidden(y)

    sites = sites_of(low, high, n)

    c, q = sites.level[0, 0], sites.lasting[0] + sites.yearly[0]
    shown = {}
    for at in range(AUTHORITIES):
        shown.setdefault((low[0, 0, at], high[0, 0, at]), at)
    assert (1.0, 5.0) in shown
    assert any(lower == 0.0 for lower, _ in shown)
    for (lower, upper), at in shown.items():
        mean, variance = moments(lower, upper, 60, c, q)
        precision = 1.0 / q + 1.0 / sites.variance[0, 0, at]
        both = (c / q + sites.mean[0, 0, at] / sites.variance[0, 0, at]) / precision
        assert 1.0 / precision == pytest.approx(variance, rel=0.02)
        assert both == pytest.approx(mean, abs=0.02 * np.sqrt(variance))


def test_levels_and_spreads_are_recovered_though_most_counts_are_hidden():
    found = []
    for seed in range(8):
        y, n, _ = drawn(-3.4, 0.6, 0.3, 120, seed)
        low, high = hidden(y)
        assert (low < high).mean() > 0.55
        sites = sites_of(low, high, n)
        found.append([sites.level.mean(), np.sqrt(sites.lasting[0])])

    # Means over 8 data sets, whose standard deviations are about 0.03 and 0.05; the tolerance
    # is three standard errors of the second, and what the maximum of the likelihood leans by.
    assert np.mean(found, axis=0) == pytest.approx([-3.4, 0.6], abs=0.06)


def test_a_hidden_count_says_less_than_a_published_one_and_something():
    y, n, _ = drawn(-3.0, 0.6, 0.3, 100)
    low, high = hidden(y)

    kept, known = sites_of(low, high, n), sites_of(y, y, n)

    covered = low < high
    assert (kept.variance[covered] > known.variance[covered]).mean() > 0.95
    assert np.median(kept.variance[covered]) < 4.0


def test_a_cell_that_says_nothing_has_a_site_that_weighs_nothing():
    y, n, _ = drawn(-1.0, 0.3, 0.2, 200)
    low, high = y.copy(), y.copy()
    low[0, 0, 0], high[0, 0, 0] = 0.0, 200.0

    sites = sites_of(low, high, n)

    assert sites.variance[0, 0, 0] > 100.0
    assert np.isfinite(sites.mean).all()


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (200.0, 200.0), (1.0, 150.0)])
def test_none_all_and_a_wide_interval_have_finite_sites(low, high):
    y, n, _ = drawn(-1.0, 0.3, 0.2, 200)
    lows, highs = y.copy(), y.copy()
    lows[0, 1, 3], highs[0, 1, 3] = low, high

    sites = sites_of(lows, highs, n)

    assert np.isfinite(sites.mean).all()
    assert (sites.variance > 0.0).all()


def test_missing_cells_and_indicators_without_counts_are_left_alone():
    y, n, _ = drawn(-1.0, 0.3, 0.2, 200)
    known = np.ones(y.shape, dtype=bool)
    known[0, 1] = False
    known[0, 2, 7] = False
    both = [np.concatenate([one, one]) for one in (y, n)]
    known = np.concatenate([known, np.zeros_like(known)])

    sites = match_gaussian_sites(both[0], both[0], both[1], known)

    assert (sites.mean[~known] == 0.0).all()
    assert (sites.variance[~known] == 1.0).all()
    assert sites.level[0, 1] == 0.0
    assert (sites.level[1] == 0.0).all()
