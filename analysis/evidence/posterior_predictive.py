r"""Does the model make data like these? Test quantities of the data beside those of replicates.

Replicates (:mod:`models.replicate`) are data sets of other authorities of the same kind. What is
compared, on the scale of the fits (better is higher), :math:`m_{ki}` being indicator k's mean
over the years, each less that year's mean over authorities:

``spread``
    Standard deviation of :math:`m_{ki}` over authorities.
``adjacent``, ``ends``
    Correlation of an indicator's values in adjacent years, and in the first and the last year.
    The model has a lasting part and years that are independent given it, so it makes both alike;
    an effect that drifts makes the second the smaller.
``correlation``
    Of each two indicators' :math:`m`; their mean, least, largest, and the largest eigenvalue's
    share.
``decile``
    The 2016 study's table: authorities of each grade in the top, middle and bottom band of the
    mean of :math:`m_{ki}` over indicators, each in its own standard deviations.
``mean_score``
    That mean's average over the authorities of each grade; four of them in a line is what one
    link for the whole scale (proportional odds on the probit scale) makes.
``grade``
    Authorities of each grade.

The posterior predictive p-value is the share of replicates above the data's, ties counted half
(Gelman, Meng and Stern 1996). Values near 0 or 1 say that the model does not make such data;
with many quantities some are there by chance.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

from analysis.evidence.ranks import BANDS, band_edge
from data.panel import GRADES
from models.generate import Generated
from models.inputs import ModelInputs

Array = NDArray[np.float64]


def posterior_predictive(
    inputs: ModelInputs, replicates: list[Generated], share: float, interval: float
) -> pd.DataFrame:
    """Set the data's test quantities beside the replicates'.

    Parameters
    ----------
    inputs
        What was fitted.
    replicates
        Drawn from the fit.
    share
        Share of authorities in the top and in the bottom band.
    interval
        Probability of the central intervals of the replicates.

    Returns
    -------
    pandas.DataFrame
        ``check``, ``quantity``, ``observed``; ``mean``, ``lower`` and ``upper`` of the
        replicates; ``p`` and its Monte Carlo error ``p_mcse``. A quantity that cannot be
        computed, such as a grade's mean where none has it, is left out.
    """
    observed = test_quantities(inputs, share)
    drawn = pd.DataFrame([test_quantities(one.inputs, share) for one in replicates])
    tails = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    rows = []
    for key, value in observed.items():
        values = drawn[key].to_numpy(dtype=float)
        values = values[np.isfinite(values)]
        if not np.isfinite(value) or values.size < 2:
            continue
        above = float((values > value).sum() + 0.5 * (values == value).sum())
        low, high = np.quantile(values, tails)
        rows.append(
            {
                "check": key[0],
                "quantity": key[1],
                "observed": value,
                "mean": float(values.mean()),
                "lower": float(low),
                "upper": float(high),
                "p": above / values.size,
                "p_mcse": float(beta.std(above + 0.5, values.size - above + 0.5)),
            }
        )
    return pd.DataFrame(rows)


def test_quantities(inputs: ModelInputs, share: float) -> dict[tuple[str, str], float]:
    """Compute every test quantity of one data set; see the module."""
    measured = inputs.measurements
    names = [str(one) for one in measured.coords["indicator"]]
    seen = measured.observed > 0
    values = np.where(seen, measured.y, np.nan)
    values = values - np.nanmean(values, axis=2, keepdims=True)
    means = _mean_over_years(values)
    found = {
        ("spread", name): float(np.nanstd(row)) for name, row in zip(names, means, strict=True)
    }
    years = values.shape[1]
    if years > 1:
        for name, own in zip(names, values, strict=True):
            near = [_correlation(own[one], own[one + 1]) for one in range(years - 1)]
            found["adjacent", name] = (
                float(np.nanmean(near)) if np.isfinite(near).any() else np.nan
            )
        for name, own in zip(names, values, strict=True):
            found["ends", name] = _correlation(own[0], own[-1])
    return found | _correlations(names, means) | _by_grade(inputs, means, share)


def _mean_over_years(values: Array) -> Array:
    """Average each authority's years, (indicator, authority); NaN where it has none."""
    counted = np.isfinite(values).sum(axis=1)
    total = np.nansum(values, axis=1)
    return np.divide(total, counted, out=np.full(total.shape, np.nan), where=counted > 0)


def _correlation(one: Array, other: Array) -> float:
    """Correlate where both are known."""
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 3:
        return float("nan")
    first, second = (value[both] - value[both].mean() for value in (one, other))
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _correlations(names: list[str], means: Array) -> dict[tuple[str, str], float]:
    """Correlate every two indicators, and sum the correlations up."""
    size = len(names)
    if size < 2:
        return {}
    matrix = np.ma.corrcoef(np.ma.masked_invalid(means), allow_masked=True).filled(np.nan)
    lower = np.tril_indices(size, -1)
    pairs = matrix[lower]
    values = np.linalg.eigvalsh(np.nan_to_num(matrix))
    found = {
        ("correlation", "mean"): float(np.nanmean(pairs)),
        ("correlation", "least"): float(np.nanmin(pairs)),
        ("correlation", "largest"): float(np.nanmax(pairs)),
        ("correlation", "largest eigenvalue's share"): float(values[-1] / size),
    }
    for row, column, value in zip(*lower, pairs, strict=True):
        found["correlation", f"{names[row]} & {names[column]}"] = float(value)
    return found


def _by_grade(inputs: ModelInputs, means: Array, share: float) -> dict[tuple[str, str], float]:
    """Count grades, also by band of the mean score, and average the score by grade."""
    # An authority without a value of any indicator has no score, and no place in a band.
    seen = np.isfinite(means).any(axis=0)
    all_judged = inputs.judgements.judged > 0
    judged, grades = all_judged[seen], inputs.judgements.grade[seen]
    standard = means / np.nanstd(means, axis=1, keepdims=True)
    score = np.nanmean(standard[:, seen], axis=0)
    order = np.argsort(np.argsort(-score))
    edge = band_edge(share, score.size)
    place = np.where(order < edge, 2, np.where(order >= score.size - edge, 0, 1))
    found: dict[tuple[str, str], float] = {}
    for position, grade in enumerate(GRADES):
        own = judged & (grades == position)
        found["grade", grade] = float(all_judged[inputs.judgements.grade == position].sum())
        found["mean_score", grade] = float(score[own].mean()) if own.any() else float("nan")
        for band, name in enumerate(BANDS):
            found["decile", f"{grade}, {name}"] = float((own & (place == band)).sum())
    return found
