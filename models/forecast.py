r"""Probabilities of the grade that a later inspection gives.

Given a draw of the parameters and of effectiveness θ (its conditional given the authority's
indicators and its latest judgement) a judgement at another date has the scale

.. math:: u = \eta + d\,(t - t_0) + \rho\theta + \epsilon, \qquad
    \epsilon \sim N(0, 1 - \rho^2),

with η the authority's predictor and d the drift; a grade's probability is the mean over draws
of the normal probability between its cutpoints. What is particular to the earlier judgement
(ε) is taken to be new at each inspection. Where every inspection is a reading
(:mod:`models.readings`) the lasting quality q takes the place of θ, the reliability r that of
ρ², and η, drift and cutpoints are those of the latest reading's framework; with a ``logit``
curve the probability is logistic.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtr

from models.inputs import Inputs
from models.readings.forecast import forecast_readings

Array = NDArray[np.float64]

_DAY = np.timedelta64(1, "D")


def forecast_grades(
    fit: xr.DataTree,
    inputs: Inputs,
    authority: NDArray[np.int64],
    date: NDArray[np.datetime64],
) -> Array:
    """Forecast the grades of inspections.

    Parameters
    ----------
    fit
        Of a structure with a single link, by any engine.
    inputs
        What it was fitted to.
    authority, date
        Positions of the inspected authorities and the days of their inspections.

    Returns
    -------
    numpy.ndarray
        Probabilities over inspection and grade, lowest first.
    """
    if "reading_grade" in fit["constant_data"]:
        return forecast_readings(fit, authority, date)
    posterior = fit["posterior"].to_dataset()

    def over(name: str, *dims: str) -> Array:
        values = posterior[name].transpose("chain", "draw", *dims).values.astype(float)
        return values.reshape(-1, *values.shape[2:])

    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    rho = over("rho") if "rho" in posterior else np.zeros(draws)
    centre = over("judgement_predictor", "authority")[:, authority]
    if "drift" in posterior:
        later = _years(inputs, date) - inputs.judgements.years[authority]
        centre = centre + over("drift")[:, None] * later
    centre = centre + rho[:, None] * over("effectiveness", "authority")[:, authority]
    cutpoints = over("cutpoints", "cutpoint")
    spread = np.sqrt(1.0 - rho**2)[:, None]
    below = [
        ndtr((cutpoints[:, one, None] - centre) / spread).mean(axis=0)
        for one in range(cutpoints.shape[1])
    ]
    edges = np.stack([np.zeros(authority.size), *below, np.ones(authority.size)], axis=1)
    return np.asarray(np.diff(edges, axis=1))


def _years(inputs: Inputs, date: NDArray[np.datetime64]) -> Array:
    """Give dates in years from the mean date of the judgements that were fitted."""
    given = inputs.judgements
    some = np.flatnonzero(given.judged > 0)[0]
    return np.asarray(given.years[some] + (date - given.date[some]) / _DAY / 365.25)
