r"""Probabilities of grades: of a later inspection, and of the latest given the indicators alone.

Given the indicators but not the judgement, the scale of an authority's latest judgement is
normal with mean :math:`\eta + \rho h` and variance :math:`1 - \rho^2 + \rho^2 s^2`, h and
:math:`s^2` being the indicators' moments of effectiveness (:func:`given_indicators`).

A later inspection: given a draw of the parameters and of effectiveness θ (its conditional given
the authority's indicators and its latest judgement) a judgement at another date has the scale

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

from data.panel import GRADES
from models.inputs import Inputs
from models.readings.forecast import forecast_readings

Array = NDArray[np.float64]

_DAY = np.timedelta64(1, "D")


def grade_probabilities(cutpoints: Array, mean: Array, variance: Array) -> Array:
    """Give the probability of each grade, lowest first, on the last axis.

    Parameters
    ----------
    cutpoints
        Over draws and cutpoint.
    mean, variance
        Of the underlying scale, over draws and whatever is graded.
    """
    standard = (cutpoints[..., None, :] - mean[..., None]) / np.sqrt(variance)[..., None]
    ends = np.zeros((*standard.shape[:-1], 1))
    return np.asarray(np.diff(np.concatenate([ends, ndtr(standard), ends + 1.0], axis=-1)))


def given_indicators(fit: xr.DataTree) -> xr.DataArray | None:
    """Give each draw's probabilities of the latest judgement, the indicators known.

    Parameters
    ----------
    fit
        With its draws.

    Returns
    -------
    xr.DataArray or None
        Over chain, draw, authority and judgement (the grades); nothing where judgements are
        several readings, or each domain has a link of its own.
    """
    posterior = fit["posterior"].to_dataset()
    if "reading_grade" in fit["constant_data"] or fit.attrs["structure"] == "domain_factors":
        return None

    def over(name: str, *dims: str) -> Array:
        return posterior[name].transpose("chain", "draw", *dims).values.astype(float)

    mean, variance = over("judgement_predictor", "authority"), np.ones(())
    if "rho" in posterior:
        rho = over("rho")[..., None]
        mean = mean + rho * over("effectiveness_mean", "authority")
        variance = 1.0 - rho**2 * (1.0 - over("effectiveness_sd", "authority") ** 2)
    spread = np.broadcast_to(variance, mean.shape)
    return xr.DataArray(
        grade_probabilities(over("cutpoints", "cutpoint"), mean, spread),
        dims=("chain", "draw", "authority", "judgement"),
        coords={"authority": posterior["authority"].values, "judgement": list(GRADES)},
    )


def forecast_grades(
    fit: xr.DataTree,
    inputs: Inputs,
    authority: NDArray[np.int64],
    date: NDArray[np.datetime64],
) -> Array:
    """Forecast the grades of inspections, at each draw.

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
        Probabilities over chain, draw, inspection and grade, lowest first; the forecast is
        their mean over draws.
    """
    if "reading_grade" in fit["constant_data"]:
        return forecast_readings(fit, authority, date)
    posterior = fit["posterior"].to_dataset()

    def over(name: str, *dims: str) -> Array:
        return np.asarray(posterior[name].transpose("chain", "draw", *dims).values, dtype=float)

    centre = over("judgement_predictor", "authority")[..., authority]
    if "drift" in posterior:
        later = _years(inputs, date) - inputs.judgements.years[authority]
        centre = centre + over("drift")[..., None] * later
    rho = over("rho") if "rho" in posterior else np.zeros(centre.shape[:2])
    centre = centre + rho[..., None] * over("effectiveness", "authority")[..., authority]
    variance = np.broadcast_to(1.0 - rho[..., None] ** 2, centre.shape)
    return grade_probabilities(over("cutpoints", "cutpoint"), centre, variance)


def _years(inputs: Inputs, date: NDArray[np.datetime64]) -> Array:
    """Give dates in years from the mean date of the judgements that were fitted."""
    given = inputs.judgements
    some = np.flatnonzero(given.judged > 0)[0]
    return np.asarray(given.years[some] + (date - given.date[some]) / _DAY / 365.25)
