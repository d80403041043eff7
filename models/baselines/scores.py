"""Observed scores: what a reader would compute of the indicators without any model.

An authority's score on an indicator is the mean over the years of its oriented, standardised
values (:mod:`models.measurement`), standardised over the judged authorities. The composite is
the weighted mean of the scores that an authority has, with the declared weights, standardised
again. Both are taken as they stand: their noise is not allowed for, and so the slopes of
regressions on them are too small, which the joint model is not.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

from data.panel import PanelError
from models.inputs import ModelInputs

Array = NDArray[np.float64]

COMPOSITE = "composite"


def observed_scores(inputs: ModelInputs) -> Array:
    """Return each authority's score on each indicator.

    Returns
    -------
    numpy.ndarray
        (indicator, authority), NaN where no year was observed; mean 0 and standard deviation 1
        over the judged authorities.

    Raises
    ------
    PanelError
        If an indicator does not vary over the judged authorities.
    """
    measured = inputs.measurements
    seen = measured.observed.sum(axis=1)
    total = (measured.y * measured.observed).sum(axis=1)
    mean = np.divide(total, seen, out=np.full(seen.shape, np.nan), where=seen > 0)
    return _standardised(mean, inputs)


def composite_score(inputs: ModelInputs) -> Array:
    """Return each authority's composite of its observed scores, (authority,)."""
    scores = observed_scores(inputs)
    weight = np.where(np.isfinite(scores), inputs.weight[:, None], 0.0)
    total = (np.nan_to_num(scores) * weight).sum(axis=0)
    whole = weight.sum(axis=0)
    mean = np.divide(total, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return np.asarray(_standardised(mean[None, :], inputs)[0])


def _standardised(values: Array, inputs: ModelInputs) -> Array:
    """Standardise rows over the judged authorities."""
    judged = values[:, inputs.judgements.judged > 0]
    with warnings.catch_warnings():
        # A row without any score is refused below, with its name.
        warnings.simplefilter("ignore", RuntimeWarning)
        centre, scale = np.nanmean(judged, axis=1), np.nanstd(judged, axis=1)
    if not (scale > 0.0).all():
        names = inputs.measurements.coords["indicator"]
        worst = names[int(np.argmin(np.nan_to_num(scale)))] if len(values) > 1 else COMPOSITE
        raise PanelError(
            f"panel: {worst} does not vary over the authorities that have a judgement; it cannot "
            "be set against the judgement. Leave it out of panel.indicators."
        )
    return np.asarray((values - centre[:, None]) / scale[:, None])


def score_correlation(scores: Array, deprivation: Array | None) -> Array:
    """Return the correlation of scores over authorities, at equal deprivation where it is given.

    Missing scores stand at the mean, which keeps the matrix positive semidefinite.

    Parameters
    ----------
    scores
        (indicator, authority), NaN where missing.
    deprivation
        (authority,), or None.
    """
    filled = np.nan_to_num(scores - np.nanmean(scores, axis=1, keepdims=True))
    if deprivation is not None:
        x = deprivation - deprivation.mean()
        filled = filled - np.outer(filled @ x, x) / (x @ x)
    return np.asarray(np.corrcoef(filled))
