r"""Probabilities of grades given the indicators alone: of a judgement that is left out.

Given the indicators but not the judgement, the scale of an authority's latest judgement is
normal with mean :math:`\eta + \rho h` and variance :math:`1 - \rho^2 + \rho^2 s^2`, h and
:math:`s^2` being the indicators' moments of effectiveness (:func:`given_indicators`). A later
inspection is forecast with the authority's earlier judgements:
:mod:`models.repeated_judgements.forecast`.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtr

from data.panel import GRADES
from models.fitted import Fit

Array = NDArray[np.float64]


def grade_probabilities(cutpoints: Array, mean: Array, variance: Array) -> Array:
    """Return the probability of each grade, lowest first, on the last axis.

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


def given_indicators(fit: Fit) -> xr.DataArray | None:
    """Return each draw's probabilities of the latest judgement, the indicators known.

    Parameters
    ----------
    fit
        With its draws.

    Returns
    -------
    xr.DataArray or None
        Over chain, draw, authority and judgement (the grades); nothing where judgements are
        repeated, or each domain has a link of its own.
    """
    if not fit.judged_once or not fit.structure_traits.single_link:
        return None
    posterior = fit.posterior

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
