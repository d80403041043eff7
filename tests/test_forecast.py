"""Forecasts of later inspections: what lasts of earlier judgements is kept."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from models.repeated_judgements.forecast import forecast_grades
from models.spec import InspectionSpec, ModelSpec
from tests.fitted import as_fit

CUTPOINTS = np.array([-1.2, -0.4, 0.8])
DAY = np.datetime64("2020-01-01", "ns")


def fit(reliability, curve="probit"):
    """Two draws of two authorities: the first with one reading, the second with two."""
    draws = ("chain", "draw")
    each = (*draws, "authority")
    posterior = xr.Dataset(
        {
            "reliability": (draws, [reliability]),
            "quality": (each, [[[1.5, -1.0], [1.2, -0.6]]]),
            "reading_predictor": (
                (*each, "reading"),
                [[[[0.1, 9.0], [9.0, -0.2]], [[0.0, 9.0], [9.0, 0.3]]]],
            ),
            "drift": ((*draws, "framework"), [[[0.1], [0.2]]]),
            "cutpoints": (
                (*draws, "framework", "judgement", "cutpoint"),
                np.tile(CUTPOINTS, (1, 2, 1, 1, 1)),
            ),
        }
    )
    place = ("authority", "reading")
    data = xr.Dataset(
        {
            "reading_grade": ((*place, "judgement"), [[[2], [-1]], [[2], [1]]]),
            "reading_framework": (place, np.zeros((2, 2), dtype=int)),
            "reading_date": (
                place,
                [[DAY, np.datetime64("NaT", "ns")], [np.datetime64("2018-01-01", "ns"), DAY]],
            ),
        }
    )
    tree = xr.DataTree.from_dict({"posterior": posterior, "constant_data": data})
    spec = ModelSpec(inspection=InspectionSpec(scope="repeats", curve=curve))
    return as_fit(tree, spec)


def test_a_forecast_adds_what_lasts_to_the_latest_readings_predictor():
    years = 2.0
    date = DAY + np.timedelta64(round(years * 365.25), "D")
    found = forecast_grades(fit([0.64, 0.36]), np.array([1, 0]), np.array([date, date]))

    assert found.shape == (1, 2, 2, 4)
    assert found.sum(axis=-1) == pytest.approx(np.ones((1, 2, 2)))
    # Second authority, first draw: predictor, drift and the lasting part by hand.
    centre = -0.2 + 0.1 * years + 0.8 * -1.0
    below = norm.cdf((CUTPOINTS - centre) / np.sqrt(0.36))
    assert found[0, 0, 0] == pytest.approx(np.diff([0.0, *below, 1.0]), abs=1e-3)


@pytest.mark.parametrize("curve", ["probit", "logit"])
def test_the_more_of_a_judgement_lasts_the_surer_the_forecast(curve):
    who, date = np.array([0]), np.array([DAY])
    good = [
        forecast_grades(fit([r, r], curve), who, date).mean(axis=(0, 1))[0, 3]
        for r in (0.0, 0.6, 0.99)
    ]

    assert good[0] < good[1] < good[2]
    assert good[2] > 0.99
