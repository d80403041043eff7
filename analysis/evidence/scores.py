r"""Scores of probabilities for ordered grades, and whether they keep what they promise.

Log score: the log probability of the grade that came. Ranked probability score (Epstein 1969,
doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2): :math:`\sum_g (F_g - 1[y \le g])^2` over
the cumulative probabilities, 0 for certainty of the right grade; it knows that a grade beside
the right one is less wrong. Both are proper. Reliability is by isotonic regression of what came
on what was said (Dimitriadis, Gneiting and Jordan 2021, doi:10.1073/pnas.2016191118).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

Array = NDArray[np.float64]


def log_score(probability: Array, grade: NDArray[np.int64]) -> Array:
    """Give the log probability of each grade that came.

    Parameters
    ----------
    probability
        Over case and grade, summing to one over grades.
    grade
        Positions of the grades that came, over case.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probability[np.arange(grade.size), grade]))


def ranked_probability_score(probability: Array, grade: NDArray[np.int64]) -> Array:
    """Give each case's ranked probability score; parameters as for :func:`log_score`."""
    said = np.cumsum(probability, axis=1)[:, :-1]
    came = grade[:, None] <= np.arange(probability.shape[1] - 1)
    return np.asarray(((said - came) ** 2).sum(axis=1))


def compare_scores(
    forecasts: dict[str, Array], grade: NDArray[np.int64], against: str
) -> pd.DataFrame:
    """Score forecasts of the same cases beside each other.

    Parameters
    ----------
    forecasts
        Probabilities over case and grade, by name.
    grade
        What came, over case.
    against
        The forecast that differences are taken from.

    Returns
    -------
    pandas.DataFrame
        One row a forecast: means of both scores, and their differences from ``against`` with
        the standard error of the paired differences.
    """
    scores = {
        name: {
            "log_score": log_score(probability, grade),
            "ranked_probability_score": ranked_probability_score(probability, grade),
        }
        for name, probability in forecasts.items()
    }
    rows = []
    for name, own in scores.items():
        row: dict[str, float | int | str] = {"forecast": name, "cases": int(grade.size)}
        for score, values in own.items():
            gap = values - scores[against][score]
            row[score] = float(values.mean())
            row[f"{score}_difference"] = float(gap.mean())
            row[f"{score}_difference_se"] = float(gap.std(ddof=1) / np.sqrt(gap.size))
        rows.append(row)
    return pd.DataFrame(rows)


def reliability(said: Array, came: NDArray[np.bool_]) -> pd.DataFrame:
    """Set what came beside what was said, by isotonic regression.

    Parameters
    ----------
    said
        Probabilities of an event, over case.
    came
        Whether it came.

    Returns
    -------
    pandas.DataFrame
        Over case in rising order of ``said``: ``said`` and ``recalibrated``, the probability
        that a calibrated forecaster would have said.
    """
    order = np.argsort(said, kind="stable")
    fitted = isotonic_regression(came[order].astype(float))
    return pd.DataFrame({"said": said[order], "recalibrated": fitted.x})
