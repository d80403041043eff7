"""Probabilities of the grade of a later inspection, where every inspection is a reading."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from models.inspection import LOGISTIC
from models.spec import ModelSpec

Array = NDArray[np.float64]


def forecast_readings(
    fit: xr.DataTree, authority: NDArray[np.int64], date: NDArray[np.datetime64]
) -> Array:
    """Forecast the overall grades of inspections; see :mod:`models.forecast`.

    The authority's latest reading gives framework, region and deprivation. An authority
    without any is taken to be like the mean one, under the last of the frameworks.

    Parameters
    ----------
    fit
        Of the overall judgements.
    authority, date
        Positions of the inspected authorities and the days of their inspections.

    Returns
    -------
    numpy.ndarray
        Probabilities over chain, draw, inspection and grade, lowest first.
    """
    posterior, data = fit["posterior"].to_dataset(), fit["constant_data"].to_dataset()
    spec = ModelSpec.model_validate_json(fit.attrs["specification"])

    def over(name: str, *dims: str) -> Array:
        values = posterior[name].transpose("chain", "draw", *dims).values.astype(float)
        return values.reshape(-1, *values.shape[2:])

    there = data["reading_grade"].values[..., 0] >= 0
    place = np.maximum(there.sum(axis=1) - 1, 0)
    latest = np.arange(len(place)), place
    framework = data["reading_framework"].values[latest]
    framework[~there.any(axis=1)] = len(spec.inspection.frameworks) - 1
    centre = over("reading_predictor", "authority", "reading")[:, *latest][:, authority]
    if "drift" in posterior:
        dates = data["reading_date"].values[latest][authority]
        known = ~np.isnat(dates)
        since = np.asarray(date - np.where(known, dates, date), dtype="timedelta64[D]")
        later = since.astype(float) / 365.25
        centre = centre + over("drift", "framework")[:, framework[authority]] * later
    rho = over("rho") if "rho" in posterior else np.zeros(len(centre))
    if spec.inspection.scope == "repeats":
        lasts = over("reliability")
        centre = centre + np.sqrt(lasts)[:, None] * over("quality", "authority")[:, authority]
    else:
        lasts = rho**2
        centre = centre + rho[:, None] * over("effectiveness", "authority")[:, authority]
    cutpoints = over("cutpoints", "framework", "judgement", "cutpoint")[:, framework[authority], 0]
    standard = (cutpoints - centre[..., None]) / np.sqrt(1.0 - lasts)[:, None, None]
    probit = spec.inspection.curve == "probit"
    below = ndtr(standard) if probit else expit(LOGISTIC * standard)
    ends = np.zeros((*below.shape[:2], 1))
    each = np.diff(np.concatenate([ends, below, ends + 1.0], axis=2), axis=2)
    return np.asarray(each.reshape(posterior.sizes["chain"], -1, *each.shape[1:]))
