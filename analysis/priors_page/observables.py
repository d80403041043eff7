r"""Observable quantities of a data set, the same for the panel and for what the priors draw.

Nothing here is modelled: every quantity is a plain statistic of published figures and grades,
so that one who knows children's services can say which values are absurd.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

from data.panel import GRADES
from models.inputs import ModelInputs
from models.measurement import Measurements

Array = NDArray[np.float64]

_LINKS = np.linspace(-0.99, 0.99, 199)


@dataclass(frozen=True, slots=True, eq=False)
class Observables:
    """What can be seen of one data set; NaN where it cannot.

    Attributes
    ----------
    spread
        Of each indicator's latest year: from the authority that a tenth lie below to the one
        that a tenth lie above, in percentage points or in the rate's own unit, (indicator,).
    persistence
        Correlation of an authority's oriented value with its value a year before, pooled over
        years, (indicator,).
    correlations
        Of the authorities' means over years, each pair of indicators, oriented, (pair,).
    grade_shares
        Of the authorities judged, by grade.
    bands
        Authorities by grade and by bottom, middle and top band of the raw score, the mean of
        standardised oriented values, (grade, 3).
    top_shares
        Share of each grade in the top band, (grade,).
    polyserial
        Correlation of the grade's underlying scale with the raw score.
    """

    spread: Array
    persistence: Array
    correlations: Array
    grade_shares: Array
    bands: Array
    top_shares: Array
    polyserial: float


def observe(inputs: ModelInputs, transforms: Sequence[str], share: float = 0.1) -> Observables:
    """Compute the observable quantities of a data set.

    Parameters
    ----------
    inputs
        The panel's inputs, or generated ones.
    transforms
        Of each indicator, as the catalogue names them.
    share
        Of all authorities that are the top band, and the bottom band.
    """
    measured = inputs.measurements
    seen = measured.observed > 0
    y = np.where(seen, measured.y, np.nan)
    means = _mean(y, 1)
    score = _score(means)
    judged = inputs.judgements.judged > 0
    grade = inputs.judgements.grade
    bands = _bands(score, grade, judged, share)
    of_grade = np.bincount(grade[judged], minlength=len(GRADES)).astype(float)
    with np.errstate(invalid="ignore"):
        top_shares = bands[:, 2] / of_grade
    return Observables(
        spread=_spread(measured, seen, transforms),
        persistence=np.array([_persistence(one) for one in y]),
        correlations=_correlations(means),
        grade_shares=of_grade / judged.sum(),
        bands=bands,
        top_shares=top_shares,
        polyserial=polyserial(score[judged], grade[judged]),
    )


def polyserial(score: Array, grade: NDArray[np.int64]) -> float:
    r"""Estimate a polyserial correlation in two steps.

    Cutpoints from the shares of the grades, then the most likely ρ of
    :math:`P(g \mid s) = \Phi\big(\frac{c_{g+1} - \rho s}{\sqrt{1 - \rho^2}}\big) -
    \Phi\big(\frac{c_g - \rho s}{\sqrt{1 - \rho^2}}\big)` on a grid of steps of 0.01 (Olsson,
    Drasgow and Dorans 1982, doi:10.1007/BF02294164).

    Returns
    -------
    float
        NaN where all grades are the same.
    """
    if np.unique(grade).size < 2:
        return float("nan")
    standard = (score - score.mean()) / score.std()
    below = np.bincount(grade, minlength=len(GRADES)).cumsum() / grade.size
    edges = ndtri(np.concatenate([[0.0], below]))
    left = np.sqrt(1.0 - _LINKS**2)[:, None]
    moved = _LINKS[:, None] * standard[None, :]
    chance = ndtr((edges[grade + 1] - moved) / left) - ndtr((edges[grade] - moved) / left)
    return float(_LINKS[np.log(np.maximum(chance, 1e-300)).sum(axis=1).argmax()])


def natural(z: Array, transform: str) -> Array:
    """Take values from the scale of the analysis to the one of publication; shares in %."""
    if transform in ("sqrt", "log", "identity"):
        back = {"sqrt": np.square, "log": np.exp, "identity": np.positive}[transform]
        return np.asarray(back(z))
    return np.asarray(100.0 * expit(z))


def _spread(measured: Measurements, seen: NDArray[np.bool_], transforms: Sequence[str]) -> Array:
    """Return each indicator's tenth-to-ninetieth range in its fullest latest year."""
    found = np.full(len(transforms), np.nan)
    for k, transform in enumerate(transforms):
        years = np.flatnonzero(seen[k].sum(axis=1) >= 3)
        if years.size:
            last = years[-1]
            z = (
                measured.centre[k, last]
                + measured.scale[k] * measured.sign[k] * (measured.y[k, last][seen[k, last]])
            )
            low, high = np.quantile(natural(z, transform), [0.1, 0.9])
            found[k] = high - low
    return found


def _score(means: Array) -> Array:
    """Return each authority's mean of standardised means over indicators."""
    centred = means - _mean(means, 1)[:, None]
    return _mean(centred / np.sqrt(_mean(centred**2, 1))[:, None], 0)


def _mean(values: Array, axis: int) -> Array:
    """Return means of what is there; NaN where nothing is."""
    there = np.isfinite(values)
    count = there.sum(axis=axis)
    total = np.where(there, values, 0.0).sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _correlations(means: Array) -> Array:
    """Return each pair's correlation over the authorities that have both."""
    rows, columns = np.tril_indices(len(means), -1)
    return np.array([_correlation(means[a], means[b]) for a, b in zip(rows, columns, strict=True)])


def _persistence(y: Array) -> float:
    """Correlate a year with the one before, over years and authorities."""
    pairs = [np.stack([before, after]) for before, after in pairwise(y)]
    return _correlation(*np.concatenate(pairs, axis=1)) if pairs else float("nan")


def _correlation(one: Array, other: Array) -> float:
    """Correlate what both have; NaN with fewer than three pairs."""
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 3:
        return float("nan")
    return float(np.corrcoef(one[both], other[both])[0, 1])


def _bands(
    score: Array, grade: NDArray[np.int64], judged: NDArray[np.bool_], share: float
) -> Array:
    """Count the judged authorities by grade and band, bottom first."""
    edge = max(1, round(share * score.size))
    rank = np.argsort(np.argsort(score))
    band = np.where(rank < edge, 0, np.where(rank >= score.size - edge, 2, 1))
    table = np.zeros((len(GRADES), 3))
    np.add.at(table, (grade[judged], band[judged]), 1.0)
    return table
