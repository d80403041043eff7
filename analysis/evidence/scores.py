r"""Scores of probabilities for ordered grades, with their Monte Carlo errors.

Log score: the log probability of the grade that came. Ranked probability score (Epstein 1969,
doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2): :math:`\sum_g (F_g - 1[y \le g])^2` over
the cumulative probabilities, 0 for certainty of the right grade; it knows that a grade beside
the right one is less wrong. Both are proper. Whether probabilities keep what they promise is
told by :mod:`analysis.evidence.reliability`.

A forecast is a mean over draws, weighted where the draws are of another posterior, so its
scores have Monte Carlo errors. To first order a mean score changes with draw s by

.. math:: \delta_s = \frac1n \sum_i \sum_g \frac{\partial S_i}{\partial p_{ig}}
    \, S w_{si} (p_{sig} - p_{ig}),

with w the weights, which sum to one, and S draws; the error is that of the mean of
:math:`\delta` by its effective sample size. Errors of standard between cases and of Monte Carlo
are different things, and are given apart.
"""

from dataclasses import dataclass

import arviz as az
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Grades = NDArray[np.int64]

LOG, RANKED = "log_score", "ranked_probability_score"


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Probabilities of ordered grades, with the draws that they are means of.

    Attributes
    ----------
    probability
        Over case and grade, summing to one over grades.
    draws
        Over chain, draw, case and grade; None where the forecast has no Monte Carlo error.
    weights
        Over chain, draw and case, summing to one over draws; None where all are equal.
    """

    probability: Array
    draws: Array | None = None
    weights: Array | None = None

    @classmethod
    def of(cls, draws: Array, weights: Array | None = None) -> "Forecast":
        """Average draws."""
        if weights is None:
            return cls(draws.mean(axis=(0, 1)), draws)
        return cls(np.einsum("cdi,cdig->ig", weights, draws), draws, weights)

    def monte_carlo_errors(self, grade: Grades) -> dict[str, float]:
        """Return the Monte Carlo standard error of both mean scores."""
        if self.draws is None:
            return {LOG: 0.0, RANKED: 0.0}
        case = np.arange(grade.size)
        by_log = np.zeros_like(self.probability)
        by_log[case, grade] = 1.0 / self.probability[case, grade]
        # F_g holds the probabilities of all grades up to g.
        gap = 2.0 * _gaps(self.probability, grade)
        by_ranked = np.append(
            np.cumsum(gap[:, ::-1], axis=1)[:, ::-1], np.zeros((case.size, 1)), 1
        )
        moved = self.draws - self.probability
        if self.weights is not None:
            moved = moved * (self.weights * self.weights[..., 0].size)[..., None]
        return {
            name: _error(np.einsum("cdig,ig->cd", moved, slope) / case.size)
            for name, slope in ((LOG, by_log), (RANKED, by_ranked))
        }


def log_score(probability: Array, grade: Grades) -> Array:
    """Return the log probability of each grade that came.

    Parameters
    ----------
    probability
        Over case and grade, summing to one over grades.
    grade
        Positions of the grades that came, over case.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probability[np.arange(grade.size), grade]))


def ranked_probability_score(probability: Array, grade: Grades) -> Array:
    """Return each case's ranked probability score; parameters as for :func:`log_score`."""
    return np.asarray((_gaps(probability, grade) ** 2).sum(axis=1))


def compare_scores(forecasts: dict[str, Forecast], grade: Grades, against: str) -> pd.DataFrame:
    """Score forecasts of the same cases beside each other.

    Parameters
    ----------
    forecasts
        By name.
    grade
        What came, over case.
    against
        The forecast that differences are taken from.

    Returns
    -------
    pandas.DataFrame
        One row a forecast: means of both scores with Monte Carlo errors (``_mcse``), and their
        differences from ``against`` with the standard error of the paired differences (``_se``).
    """
    scores = {
        name: {
            LOG: log_score(forecast.probability, grade),
            RANKED: ranked_probability_score(forecast.probability, grade),
        }
        for name, forecast in forecasts.items()
    }
    rows = []
    for name, own in scores.items():
        row: dict[str, float | int | str] = {"forecast": name, "cases": int(grade.size)}
        errors = forecasts[name].monte_carlo_errors(grade)
        for score, values in own.items():
            gap = values - scores[against][score]
            row[score] = float(values.mean())
            row[f"{score}_mcse"] = errors[score]
            row[f"{score}_difference"] = float(gap.mean())
            row[f"{score}_difference_se"] = float(gap.std(ddof=1) / np.sqrt(gap.size))
        rows.append(row)
    return pd.DataFrame(rows)


def _gaps(probability: Array, grade: Grades) -> Array:
    """Return what was said less what came, of each cumulative event but the last."""
    said = np.cumsum(probability, axis=1)[:, :-1]
    return np.asarray(said - (grade[:, None] <= np.arange(probability.shape[1] - 1)))


def _error(influence: Array) -> float:
    """Return the Monte Carlo error of a mean over chain and draw."""
    return float(np.asarray(az.mcse(influence))) if np.ptp(influence) > 0.0 else 0.0
