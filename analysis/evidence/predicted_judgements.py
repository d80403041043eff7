r"""The judgement that a model predicts of an authority it has not seen, scored and checked.

With its indicators known and nothing of its judgement :math:`g_i`, grade g has the probability

.. math:: p_{ig} = \sum_s w_{si}\, P(g \mid y_i, \phi_s), \qquad
    w_{si} \propto 1/P(g_i \mid y_i, \phi_s),

with the Pareto-smoothed weights of :mod:`analysis.evidence.prediction`, or the mean over an exact
refit's draws (:mod:`models.refits`) where those are not to be relied on; log p of the grade
that came is that authority's elpd. Two forecasts that know less stand beside: the shares of the
grades among the other authorities, each with half a case added (Jeffreys), and deprivation alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.evidence.prediction import Prediction
from analysis.evidence.reliability import decompose, reliability
from analysis.evidence.scores import (
    Forecast,
    compare_scores,
    log_score,
    ranked_probability_score,
)
from data.panel import GRADES
from models.fitted import Fit
from models.forecast import given_indicators

Array = NDArray[np.float64]

BASELINE = "grade_shares"


@dataclass(frozen=True, slots=True, eq=False)
class PredictedJudgements:
    """What was said of judgements not seen.

    Attributes
    ----------
    forecasts
        By model, and by baseline; over judged authorities.
    grade
        What came.
    authorities
        One row a model and judged authority: the judgement that came, the probability of each
        grade (``p_`` and its place from 0, the lowest), both scores, Pareto k and whether a refit
        gave them; the score of the authority's indicators, its Monte Carlo error, its Pareto k
        and whether a refit gave it.
    """

    forecasts: dict[str, Forecast]
    grade: NDArray[np.int64]
    authorities: pd.DataFrame

    def scores(self, seed: int) -> pd.DataFrame:
        """Score the forecasts against ``linked``.

        Parameters
        ----------
        seed
            Of the simulated grades that miscalibration is held against.

        Returns
        -------
        pandas.DataFrame
            As :func:`analysis.evidence.scores.compare_scores` and
            :func:`analysis.evidence.reliability.decompose`, one row a forecast.
        """
        return score_and_part(self.forecasts, self.grade, seed)

    def calibration(self, seed: int) -> pd.DataFrame:
        """Return each forecast's curve (:func:`analysis.evidence.reliability.reliability`)."""
        return calibration_curves(self.forecasts, self.grade, seed)


@dataclass(frozen=True, slots=True, eq=False)
class PredictedByFit:
    """What one fit says of judgements not seen: the parts of :class:`PredictedJudgements`."""

    forecast: Forecast
    grade: NDArray[np.int64]
    authorities: pd.DataFrame


def predict_fit(fit: Fit, scored: Prediction) -> PredictedByFit | None:
    """Predict every judged authority's grade with that judgement left out.

    Parameters
    ----------
    fit, scored
        A fit of the collapsed engine, and what
        :func:`analysis.evidence.prediction.leave_one_out` gave of it.

    Returns
    -------
    PredictedByFit or None
        Nothing where judgements are several readings, or each domain has a link of its own.
    """
    drawn = given_indicators(fit)
    if drawn is None:
        return None
    data = fit.constant_data
    judged = np.flatnonzero(data["judged"].values > 0)
    grade = data["grade"].values[judged].astype(np.int64)
    forecast = _left_out(fit.tree, drawn, scored, judged)
    authorities = _pointwise(fit.tree, scored, forecast.probability, judged, grade)
    return PredictedByFit(forecast, grade, authorities)


def predict_judgements(
    predicted: Mapping[str, PredictedByFit | None],
) -> PredictedJudgements | None:
    """Gather what the models of one estimand predict.

    Parameters
    ----------
    predicted
        By model, ``linked`` among them; what :func:`predict_fit` returned, or None where the
        engine has no integrated likelihood.

    Returns
    -------
    PredictedJudgements or None
        Nothing where a model has none.
    """
    known = {model: one for model, one in predicted.items() if one is not None}
    if len(known) < len(predicted):
        return None
    grade = known["linked"].grade
    forecasts = {model: one.forecast for model, one in known.items()}
    forecasts[BASELINE] = Forecast(shares_of_others(grade))
    rows = [one.authorities.assign(model=model) for model, one in known.items()]
    return PredictedJudgements(forecasts, grade, pd.concat(rows, ignore_index=True))


def score_and_part(
    forecasts: dict[str, Forecast], grade: NDArray[np.int64], seed: int
) -> pd.DataFrame:
    """Score forecasts against ``linked``, and part each score, one row a forecast."""
    parted = [
        {"forecast": name, **decompose(one.probability, grade, seed)}
        for name, one in forecasts.items()
    ]
    return compare_scores(forecasts, grade, "linked").merge(pd.DataFrame(parted), on="forecast")


def calibration_curves(
    forecasts: dict[str, Forecast], grade: NDArray[np.int64], seed: int
) -> pd.DataFrame:
    """Return the reliability curves of all forecasts below each other, ``forecast`` named."""
    curves = [
        reliability(one.probability, grade, seed).assign(forecast=name)
        for name, one in forecasts.items()
    ]
    return pd.concat(curves, ignore_index=True)


def shares_of_others(grade: NDArray[np.int64]) -> Array:
    """Return for each case the shares of the grades among all others, (case, grade)."""
    counts = np.bincount(grade, minlength=len(GRADES)) + 0.5
    others = counts - np.eye(len(GRADES))[grade]
    return np.asarray(others / others.sum(axis=1, keepdims=True))


def _left_out(
    fit: xr.DataTree, drawn: xr.DataArray, scored: Prediction, judged: NDArray[np.intp]
) -> Forecast:
    """Forecast the judged authorities, each by draws that have not seen it."""
    weights = scored.weights.transpose("chain", "draw", "authority").values[..., judged]
    forecast = Forecast.of(drawn.values[:, :, judged], weights)
    if "left_out" not in fit:
        return forecast
    exact = fit["left_out"]["grade_probability"].transpose("authority", "grade")
    refitted = exact.values[judged]
    known = np.isfinite(refitted).all(axis=1)
    probability = np.where(known[:, None], refitted, forecast.probability)
    return Forecast(probability, forecast.draws, forecast.weights)


def _pointwise(
    fit: xr.DataTree,
    scored: Prediction,
    said: Array,
    judged: NDArray[np.intp],
    grade: NDArray[np.int64],
) -> pd.DataFrame:
    """Tabulate one model's forecasts by authority."""
    names = fit["constant_data"].to_dataset()
    k, whole_k = (each.values[judged] for each in (scored.pareto_k, scored.indicators_pareto_k))
    return pd.DataFrame(
        {
            "authority": names["authority"].values[judged],
            "name": names["authority_name"].values[judged],
            "judgement": [GRADES[one] for one in grade],
            **{f"p_{place}": said[:, place] for place in range(len(GRADES))},
            "log_score": log_score(said, grade),
            "ranked_probability_score": ranked_probability_score(said, grade),
            "pareto_k": k,
            "refitted": np.isnan(k),
            "indicators_elpd": scored.indicators.elpd_i.values[judged],
            "indicators_elpd_mcse": scored.indicators_mcse.values[judged],
            "indicators_pareto_k": whole_k,
            "indicators_refitted": np.isnan(whole_k),
        }
    )
