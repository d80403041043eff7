r"""Do probabilities keep what they promise? Isotonic recalibration, and what it would gain.

For each threshold of the grades the event is "this grade or better". What came is regressed on
what was said by pool-adjacent-violators, which gives the probability that a calibrated forecaster
would have said, without bins (Dimitriadis, Gneiting and Jordan 2021,
doi:10.1073/pnas.2016191118). Summed over thresholds, the mean ranked probability score S parts
into

.. math:: S = \underbrace{(S - S_{\mathrm{rc}})}_{\text{miscalibration}}
    - \underbrace{(S_{\mathrm{r}} - S_{\mathrm{rc}})}_{\text{discrimination}}
    + \underbrace{S_{\mathrm{r}}}_{\text{uncertainty}},

:math:`S_{\mathrm{rc}}` being that of the recalibrated probabilities and :math:`S_{\mathrm{r}}`
that of the grades' own shares. Recalibration always gains something on the cases it was fitted
to, so that what a calibrated forecast would show stands beside: grades are drawn from the
probabilities themselves many times, which gives miscalibration's expectation, its standard
deviation, a p-value, and a band for each point of the curve.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from data.panel import GRADES

Array = NDArray[np.float64]
Grades = NDArray[np.int64]

_SIMULATIONS = 400
_BAND = 0.9


def reliability(probability: Array, grade: Grades, seed: int) -> pd.DataFrame:
    """Set what came beside what was said, at each threshold.

    Parameters
    ----------
    probability
        Over case and grade, summing to one over grades, lowest grade first.
    grade
        Positions of the grades that came, over case.
    seed
        Of the grades that are drawn.

    Returns
    -------
    pandas.DataFrame
        ``threshold`` (this grade or better); over case in rising order of ``said``:
        ``recalibrated``, and ``lower`` and ``upper``, within which 90% of curves of a
        calibrated forecast lie at that point.
    """
    drawn = _draw(probability, seed)
    tails = [(1.0 - _BAND) / 2.0, (1.0 + _BAND) / 2.0]
    parts = []
    for place in range(1, probability.shape[1]):
        said = probability[:, place:].sum(axis=1)
        order = np.argsort(said, kind="stable")
        curves = np.array([_recalibrate(said, one >= place)[order] for one in drawn])
        low, high = np.quantile(curves, tails, axis=0)
        parts.append(
            pd.DataFrame(
                {
                    "threshold": GRADES[place],
                    "said": said[order],
                    "recalibrated": _recalibrate(said, grade >= place)[order],
                    "lower": low,
                    "upper": high,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def decompose(probability: Array, grade: Grades, seed: int) -> dict[str, float]:
    """Part the mean ranked probability score; parameters as for :func:`reliability`.

    Returns
    -------
    dict
        ``miscalibration``, ``miscalibration_expected`` and ``miscalibration_se`` (mean and
        standard deviation if the forecast were calibrated), ``miscalibration_p`` (how often it
        would be as large then), ``discrimination`` and ``uncertainty``.
    """
    lost = _miscalibration(probability, grade)
    chance = np.array([_miscalibration(probability, one) for one in _draw(probability, seed)])
    uncertainty = sum(
        float(np.var(grade >= place, dtype=float)) for place in range(1, probability.shape[1])
    )
    score = sum(
        float(((probability[:, place:].sum(axis=1) - (grade >= place)) ** 2).mean())
        for place in range(1, probability.shape[1])
    )
    return {
        "miscalibration": lost,
        "miscalibration_expected": float(chance.mean()),
        "miscalibration_se": float(chance.std(ddof=1)),
        "miscalibration_p": float((1 + (chance >= lost).sum()) / (1 + chance.size)),
        "discrimination": uncertainty - score + lost,
        "uncertainty": uncertainty,
    }


def _miscalibration(probability: Array, grade: Grades) -> float:
    """Return how much recalibration gains, summed over thresholds."""
    gain = 0.0
    for place in range(1, probability.shape[1]):
        said, came = probability[:, place:].sum(axis=1), grade >= place
        best = _recalibrate(said, came)
        gain += float(((said - came) ** 2).mean() - ((best - came) ** 2).mean())
    return gain


def _recalibrate(said: Array, came: NDArray[np.bool_]) -> Array:
    """Regress what came on what was said, rising; equal probabilities get equal values."""
    _, place, counts = np.unique(said, return_inverse=True, return_counts=True)
    share = np.bincount(place, weights=came) / counts
    return np.asarray(isotonic_regression(share, weights=counts).x[place])


def _draw(probability: Array, seed: int) -> Grades:
    """Draw grades from the probabilities, (simulation, case)."""
    uniform = np.random.default_rng(seed).uniform(size=(_SIMULATIONS, len(probability), 1))
    return np.asarray((uniform > np.cumsum(probability, axis=1)[:, :-1]).sum(axis=2))
