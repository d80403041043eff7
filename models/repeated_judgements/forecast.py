r"""Probabilities of the grade of a later inspection, given the authority's earlier judgements.

Given a draw of the parameters and of the authority's lasting quality q (its conditional given the
indicators and every earlier judgement, :mod:`models.repeated_judgements.quality`), a judgement of
another day has the scale

.. math:: u = \eta + d\,(t - t_0) + \sqrt r\, q + \epsilon, \qquad \epsilon \sim N(0, 1 - r),

with η, the drift d and the cutpoints those of the framework of the latest earlier judgement, whose
day is :math:`t_0`, and r the reliability of one judgement; with a ``logit`` curve ε is logistic. A
grade's probability is the mean over draws of that between its cutpoints. Only ε is new at
each inspection. What lasts of earlier judgements is kept whether or not it goes with the
indicators, so that without a link (ρ = 0) q rests on the earlier judgements alone.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from models.fitted import Fit
from models.inspection import LOGISTIC

Array = NDArray[np.float64]


def forecast_grades(fit: Fit, authority: NDArray[np.int64], date: NDArray[np.datetime64]) -> Array:
    """Forecast the overall grades of later inspections, at each draw.

    Parameters
    ----------
    fit
        Of overall judgements, each inspection a judgement (``scope = "repeats"``).
    authority, date
        Positions of the inspected authorities, each with a judgement, and the days of their
        inspections.

    Returns
    -------
    numpy.ndarray
        Probabilities over chain, draw, inspection and grade, lowest first; the forecast is
        their mean over draws.
    """
    posterior, data = fit.posterior, fit.constant_data

    def over(name: str, *dims: str) -> Array:
        values = posterior[name].transpose("chain", "draw", *dims).values.astype(float)
        return values.reshape(-1, *values.shape[2:])

    there = data["reading_grade"].values[authority, :, 0] >= 0
    latest = authority, there.sum(axis=1) - 1
    framework = data["reading_framework"].values[latest]
    centre = over("reading_predictor", "authority", "reading")[:, *latest]
    if "drift" in posterior:
        since = np.asarray(date - data["reading_date"].values[latest], dtype="timedelta64[D]")
        centre = centre + over("drift", "framework")[:, framework] * since.astype(float) / 365.25
    lasts = over("reliability")[:, None]
    centre = centre + np.sqrt(lasts) * over("quality", "authority")[:, authority]
    cutpoints = over("cutpoints", "framework", "judgement", "cutpoint")[:, framework, 0]
    standard = (cutpoints - centre[..., None]) / np.sqrt(1.0 - lasts)[..., None]
    probit = fit.specification.inspection.curve == "probit"
    below = ndtr(standard) if probit else expit(LOGISTIC * standard)
    ends = np.zeros((*below.shape[:2], 1))
    each = np.diff(np.concatenate([ends, below, ends + 1.0], axis=2), axis=2)
    return np.asarray(each.reshape(posterior.sizes["chain"], -1, *each.shape[1:]))
