"""The ordinal likelihood against hand-computed and integrated probabilities."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from models.inspection import latest_judgements, log_probability
from tests.fitted import small_panel

CUTPOINTS = np.array([-1.2, -0.4, 0.8])


def evaluate(grade, eta=0.0, rho=0.0, mean=0.0, variance=0.0):
    grade, eta, mean, variance = (np.atleast_1d(v) for v in (grade, eta, mean, variance))
    expression = log_probability(
        pt.as_tensor_variable(grade).astype("int64"),
        pt.as_tensor_variable(CUTPOINTS),
        pt.as_tensor_variable(eta + rho * mean),
        pt.as_tensor_variable(1.0 - rho**2 + rho**2 * variance),
    )
    mode = pytensor.compile.mode.Mode(linker="py", optimizer="fast_compile")
    return np.exp(pytensor.function([], expression, mode=mode)())


def test_without_a_link_the_grades_have_the_shares_of_the_cutpoints():
    shares = np.diff(norm.cdf([-np.inf, *CUTPOINTS, np.inf]))

    assert evaluate(np.arange(4), eta=np.zeros(4), mean=np.zeros(4), variance=np.ones(4)) == (
        pytest.approx(shares)
    )


@pytest.mark.parametrize("grade", [0, 1, 2, 3])
def test_effectiveness_is_integrated_out_exactly(grade):
    rho, mean, variance, eta = 0.6, 0.7, 0.3, -0.2
    edges = np.array([-np.inf, *CUTPOINTS, np.inf])

    def given(theta):
        bounds = (edges[grade : grade + 2] - eta - rho * theta) / np.sqrt(1 - rho**2)
        return np.diff(norm.cdf(bounds))[0] * norm.pdf(theta, mean, np.sqrt(variance))

    assert evaluate(grade, eta, rho, mean, variance)[0] == pytest.approx(
        quad(given, -6, 7)[0], rel=1e-8
    )


def test_improbable_grades_keep_their_accuracy():
    expected = norm.cdf(-1.2 - 12.0)

    assert evaluate(0, eta=12.0)[0] == pytest.approx(expected, rel=1e-9)
    assert evaluate(3, eta=-12.0)[0] == pytest.approx(norm.sf(0.8 + 12.0), rel=1e-9)


def test_the_latest_inspection_counts_and_years_are_from_the_mean_date():
    panel = small_panel()
    judgements = latest_judgements(panel)

    last = panel.inspection_start.groupby(panel.inspected_authority).max()
    assert (judgements.date == last.sel(inspected_authority=panel.authority).values).all()
    assert judgements.years.mean() == pytest.approx(0.0, abs=1e-12)
    assert judgements.judged.all()
