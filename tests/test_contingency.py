"""Tables with fixed column totals: published answers, and integrals done another way."""

import numpy as np
import pytest
from scipy.stats import betabinom

from analysis.evidence.contingency import log_bayes_factor, risk_difference


def test_gunel_and_dickeys_factor_is_the_published_one():
    # BayesFactor::contingencyTableBF, independent multinomial, columns fixed, a = 1
    assert np.exp(log_bayes_factor([[50, 48], [21, 41]])) == pytest.approx(1.814856, abs=5e-7)


def test_two_groups_are_two_beta_binomials_against_a_common_one():
    # with a = 1: each group's count is uniform apart, and Polya's urn when together
    table = [[3, 7], [18, 16]]
    apart = betabinom.logpmf(3, 21, 1, 1) + betabinom.logpmf(7, 23, 1, 1)
    common = betabinom.logpmf(3, 21, 1, 1) + betabinom.logpmf(7, 23, 1 + 3, 1 + 18)

    assert log_bayes_factor(table) == pytest.approx(apart - common, abs=1e-10)


def test_the_risk_difference_is_that_of_draws():
    found = risk_difference((1, 21), (5, 23))
    rng = np.random.default_rng(1)
    drawn = rng.beta(2, 21, 400_000) - rng.beta(6, 19, 400_000)

    assert found.mean == pytest.approx(2 / 23 - 6 / 25, abs=1e-12)
    # quantiles of 400,000 draws: standard error below 0.0005
    assert [found.lower, found.upper] == pytest.approx(
        np.quantile(drawn, [0.025, 0.975]), abs=0.002
    )
    assert found.probability == pytest.approx((drawn > 0).mean(), abs=0.002)


def test_a_table_of_one_column_is_refused():
    with pytest.raises(ValueError, match="at least two rows and two columns"):
        log_bayes_factor([[1], [2]])
