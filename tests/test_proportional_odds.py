"""The check of proportional odds: its probits against a maximum, and what it must notice."""

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize
from scipy.stats import norm

from analysis.evidence.proportional_odds import DIFFERENCE, _probit, proportional_odds

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
    same = proportional_odds(fit_of(grade, effectiveness, 0.5), 0.95).set_index("cut")
    # Effectiveness tells Inadequate from the rest and nothing beyond.
    other = np.searchsorted(CUTPOINTS, np.where(scale < -1.2, scale, rng.normal(size=400) + 0.5))
    lowest = np.where(scale < -1.2, 0, np.maximum(other, 1))
    crossed = proportional_odds(fit_of(lowest, effectiveness, 0.5), 0.95).set_index("cut")

    assert (same["slope"].between(same["lower"], same["upper"])).all()
    assert crossed.loc[DIFFERENCE, "slope"] < crossed.loc[DIFFERENCE, "lower"]
    assert crossed.loc[DIFFERENCE, "probability"] > 0.99
