"""The check of proportional odds: its probits against a maximum, and what it must notice."""

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize
from scipy.stats import chi2, norm

from analysis.evidence.proportional_odds import (
    DIFFERENCE,
    OMNIBUS,
    _probit,
    proportional_odds,
    score_test,
)

CUTPOINTS = np.array([-1.2, -0.3, 0.9])


def fit_of(grade, effectiveness, rho):
    """Give a fit of known parameters, effectiveness measured without error."""
    size = grade.size

    def drawn(values, *dims):
        values = np.asarray(values, dtype=float)
        return ("chain", "draw", *dims), np.broadcast_to(values, (2, 100, *values.shape))

    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {
                    "rho": drawn(rho),
                    "effectiveness_mean": drawn(effectiveness, "authority"),
                    "effectiveness_sd": drawn(np.full(size, 1e-9), "authority"),
                    "judgement_predictor": drawn(np.zeros(size), "authority"),
                    "cutpoints": drawn(CUTPOINTS, "cutpoint"),
                }
            ),
            "constant_data": xr.Dataset(
                {"grade": ("authority", grade), "judged": ("authority", np.ones(size))}
            ),
        }
    )


def test_the_probits_are_at_their_maximum():
    rng = np.random.default_rng(0)
    z = rng.normal(size=60)
    above = 0.2 + 0.5 * z + rng.normal(size=60) > 0

    def negative(at):
        sign = np.where(above, 1.0, -1.0)
        return -norm.logcdf(sign * (at[0] + at[1] * z)).sum() + (at**2).sum() / 8.0

    expected = minimize(negative, np.zeros(2), tol=1e-10).x[1]
    assert _probit(above[None, :], z)[0] == pytest.approx(expected, abs=1e-5)


def test_grades_of_the_model_itself_pass_and_crossing_slopes_do_not():
    rng = np.random.default_rng(4)
    effectiveness = rng.normal(size=400)
    scale = 0.5 * effectiveness + np.sqrt(0.75) * rng.normal(size=400)
    grade = np.searchsorted(CUTPOINTS, scale)
    same = proportional_odds(fit_of(grade, effectiveness, 0.5), 0.95, 0).set_index("cut")
    # Effectiveness tells Inadequate from the rest and nothing beyond.
    other = np.searchsorted(CUTPOINTS, np.where(scale < -1.2, scale, rng.normal(size=400) + 0.5))
    lowest = np.where(scale < -1.2, 0, np.maximum(other, 1))
    crossed = proportional_odds(fit_of(lowest, effectiveness, 0.5), 0.95, 0).set_index("cut")

    slopes = same.drop(index=OMNIBUS)
    assert (slopes["slope"].between(slopes["lower"], slopes["upper"])).all()
    assert same.loc[OMNIBUS, "probability"] > 0.05
    assert crossed.loc[OMNIBUS, "probability"] == 0.0
    assert crossed.loc[DIFFERENCE, "slope"] < crossed.loc[DIFFERENCE, "lower"]
    assert crossed.loc[DIFFERENCE, "probability"] > 0.99


def log_likelihood(at, grade, z):
    """Sum the log probabilities of grades, a cutpoint and a slope for each."""
    below = norm.cdf(at[:3] - np.outer(z, at[3:]))
    bounds = np.column_stack([np.zeros(len(z)), below, np.ones(len(z))])
    chosen = np.diff(bounds, axis=1)[np.arange(len(z)), grade]
    return np.log(np.maximum(chosen, 1e-300)).sum()


def test_the_score_statistic_is_near_the_ratio_of_likelihoods():
    """The two are equal to first order; a nominal fit by a general optimiser."""
    rng = np.random.default_rng(8)
    z = rng.normal(size=600)
    z = (z - z.mean()) / z.std()
    grade = np.searchsorted(CUTPOINTS, 0.5 * z + np.sqrt(0.75) * rng.normal(size=600))
    grade[(grade == 0) & (rng.random(600) < 0.3)] = 1
    one = minimize(
        lambda at: -log_likelihood(np.r_[at[:3], np.repeat(at[3], 3)], grade, z),
        np.r_[CUTPOINTS, 0.5],
        tol=1e-8,
    )
    each = minimize(
        lambda at: -log_likelihood(at, grade, z),
        np.r_[one.x[:3], np.repeat(one.x[3], 3)],
        tol=1e-8,
    )
    ratio = 2.0 * (one.fun - each.fun)

    found = score_test(grade[None, :], z)

    assert found.statistic[0] == pytest.approx(ratio, rel=0.15, abs=0.2)
    flatter = each.x[3:] < one.x[3]
    strong = np.abs(found.departure[0]) > 1.0
    assert ((found.departure[0] < 0) == flatter)[strong].all()


def test_under_one_slope_the_statistic_has_its_size():
    """Chi-square with two degrees of freedom, for 153 authorities of which 19 are Inadequate."""
    rng = np.random.default_rng(9)
    z = rng.normal(size=153)
    z = (z - z.mean()) / z.std()
    scale = 0.4 * z + np.sqrt(1.0 - 0.4**2) * rng.normal(size=(1000, 153))
    grade = np.searchsorted(np.array([-1.15, -0.45, 0.75]), scale)

    found = score_test(grade, z)

    for size in (0.1, 0.05):
        share = (found.statistic > chi2.isf(size, 2)).mean()
        # Three standard errors of a share of 1,000.
        assert share == pytest.approx(size, abs=3 * np.sqrt(size * (1 - size) / 1000) + 0.01)
    assert found.departure.std(axis=0) == pytest.approx(np.ones(3), abs=0.08)
    assert np.abs(found.departure.mean(axis=0)).max() < 0.1


def test_a_middle_cutpoint_that_departs_is_seen_where_the_ends_are_alike():
    """Slopes 0.7, 0.1 and 0.7: the last less the first is 0, and says nothing."""
    rng = np.random.default_rng(10)
    z = rng.normal(size=300)
    z = (z - z.mean()) / z.std()
    above = norm.cdf(np.array([1.3, 0.2, -1.2]) + np.outer(z, [0.7, 0.1, 0.7]))
    above = np.minimum.accumulate(above, axis=1)  # a higher grade is never the likelier
    grades = (rng.random((60, 300, 1)) < above).sum(axis=2)
    power = (score_test(grades, z).statistic > chi2.isf(0.05, 2)).mean()

    told = proportional_odds(fit_of(grades[0], z, 0.45), 0.95, 0).set_index("cut")

    assert power > 0.9
    assert told.loc[OMNIBUS, "probability"] < 0.05
    assert told.loc[DIFFERENCE, "lower"] <= told.loc[DIFFERENCE, "slope"]
    assert told.loc[DIFFERENCE, "slope"] <= told.loc[DIFFERENCE, "upper"]
    assert told["departure"].idxmin() == "above Requires improvement"


def test_a_grade_that_nobody_has_does_not_stop_the_check():
    rng = np.random.default_rng(12)
    z = rng.normal(size=80)
    grade = np.searchsorted(CUTPOINTS, 0.5 * z + rng.normal(size=80)).clip(1, 3)
    found = score_test(grade[None, :], (z - z.mean()) / z.std())

    assert np.isfinite(found.statistic).all()
    assert found.departure[0, 0] == pytest.approx(0.0, abs=0.5)
