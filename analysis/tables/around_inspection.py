r"""Published figures in the years before, at and after inspections, by what these found.

A description, not a model. In each indicator and year the authorities with a published figure
are ranked, the better the higher, and the ranks are turned into percentiles
:math:`100\,(R - 1/2)/n`, of which 50 is the middle; an authority's percentile is the mean over
what it published of periods equally far from the inspection. Suppressed figures have no rank and
are left out here, as in no model. A group's mean has the interval of a mean of independent
inspections.
"""

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from data.panel import GRADES
from data.reference import years_from

_REACH = 3
FEWEST = 5
"""Inspections below which a mean is not given."""


def around_inspection(panel: xr.Dataset, interval: float) -> pd.DataFrame:
    """Average the authorities' percentiles by grade and years from the inspection.

    A figure counts to the years from the day on which the inspection began to its own period,
    which is not the same for every indicator (:func:`data.reference.years_from`).

    Parameters
    ----------
    panel
        A valid panel.
    interval
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``group`` (the grade, best first), ``lag`` in years, ``inspections``, and ``mean``,
        ``lower`` and ``upper`` of the percentile. ``change`` with its ends and
        ``change_inspections``, the same in every row of a group, are of the year after less
        the year before, of the same indicators, over the inspections that have both. An
        inspection counts where half of the indicators or more have a figure.
    """
    panel = panel.isel(indicator=np.flatnonzero(panel["direction"] != "contested"))
    found = _inspections(panel)
    lags = list(range(-_REACH, _REACH + 1))
    each = percentiles_by_lag(panel, found, lags)
    values = over_indicators(each)
    changes = over_indicators(each[..., lags.index(1)] - each[..., lags.index(-1)])
    rows = []
    for grade in reversed(GRADES):
        among = (found["judgement"] == grade).to_numpy()
        own, change = values[among], _average(changes[among], interval)
        told = {
            "change": change["mean"],
            "change_lower": change["lower"],
            "change_upper": change["upper"],
            "change_inspections": change["inspections"],
        }
        for at, lag in enumerate(lags):
            row = _average(own[:, at], interval)
            if row["inspections"] >= FEWEST:
                rows.append({"group": grade, "lag": lag, **row, **told})
    return pd.DataFrame(rows)


def percentiles_by_lag(
    panel: xr.Dataset, inspections: pd.DataFrame, lags: list[int]
) -> NDArray[np.float64]:
    """Return the inspected authority's percentiles, (inspection, indicator, lag), else NaN.

    Where several periods of an indicator lie equally far, their mean.
    """
    percentile = percentiles(panel)
    position = pd.Index(panel["authority"].values).get_indexer(inspections["authority"])
    start = xr.DataArray(inspections["start"].to_numpy("datetime64[ns]"), dims="inspection")
    away = years_from(panel, start).transpose("inspection", "indicator", "year").values
    own = np.where((position >= 0)[:, None, None], percentile[position], np.nan)
    return np.stack([_mean(np.where(away == lag, own, np.nan), axis=2) for lag in lags], axis=2)


def over_indicators(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over the indicators, axis 1, where at least half of them have something."""
    enough = np.isfinite(values).sum(axis=1) >= values.shape[1] / 2.0
    return np.where(enough, _mean(values, axis=1), np.nan)


def _mean(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Average what is known, NaN where nothing is."""
    known = np.isfinite(values)
    number = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.asarray(np.where(number > 0, total / np.maximum(number, 1), np.nan))


def percentiles(panel: xr.Dataset) -> NDArray[np.float64]:
    """Rank what is published in each indicator and year, (authority, indicator, year)."""
    value = panel["value"].transpose("authority", "indicator", "year").values.astype(float)
    turned = value * np.where(panel["direction"].values == "lower", -1.0, 1.0)[:, None]
    percentile = np.full(turned.shape, np.nan)
    for position in np.ndindex(turned.shape[1:]):
        column = turned[(slice(None), *position)]
        known = np.isfinite(column)
        if known.sum() > 1:
            ranks = rankdata(column[known])
            percentile[(known, *position)] = 100.0 * (ranks - 0.5) / known.sum()
    return percentile


def _inspections(panel: xr.Dataset) -> pd.DataFrame:
    """List the inspections with an overall grade and a date."""
    grade = panel["judgement_grade"].sel(judgement="overall").values
    start = panel["inspection_start"].values
    held = (grade >= 0) & ~np.isnat(start)
    return pd.DataFrame(
        {
            "authority": panel["inspected_authority"].values[held],
            "start": start[held],
            "judgement": [GRADES[one] for one in grade[held]],
        }
    )


def _average(values: NDArray[np.float64], interval: float) -> dict[str, float]:
    """Return the mean of what is known, and the normal interval of it."""
    known = values[np.isfinite(values)]
    if known.size < 2:
        return {"inspections": known.size, "mean": np.nan, "lower": np.nan, "upper": np.nan}
    mean = float(known.mean())
    half = float(norm.isf((1.0 - interval) / 2.0) * known.std(ddof=1) / np.sqrt(known.size))
    return {"inspections": known.size, "mean": mean, "lower": mean - half, "upper": mean + half}
