r"""Scores of authorities: each indicator on a common scale, then put together.

Within an indicator and year, among the authorities that are ranked,

- the percentile rank of a value x is the share below it and half the share at it,
  so that ties share their mean rank and a rank of one's own counts as a half;
- z is the value less the mean, over the standard deviation, both of the ranked ones.

Both are turned so that more is better. A figure that can have several values
(:mod:`analysis.reconstruction.hidden`) has the expected percentile rank, and the z of its
expected value. Years are averaged, then indicators.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.reconstruction.bands import membership, places_for
from analysis.reconstruction.config import Direction, Missing, Places, Score
from analysis.reconstruction.hidden import Spread, spread_counts

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """Every indicator on both scales, (authority, indicator); NaN where there is no figure.

    Attributes
    ----------
    percentile, z
        Turned so that more is better, averaged over years.
    share
        Share of an indicator's years, of those that any authority has, with a figure.
    """

    percentile: Array
    z: Array
    share: Array


def spread_cell(panel: xr.Dataset, indicator: str, year: int, missing: Missing) -> Spread:
    """Return what each authority's figure can be, in one year.

    Parameters
    ----------
    panel
        Of the authorities of the day.
    indicator, year
        Which figures.
    missing
        What becomes of suppressed figures.
    """
    cells = panel.sel(indicator=indicator, year=year)
    value = cells.value.values.astype(float)
    low, high = (cells[name].values.astype(float) for name in ("numerator_low", "numerator_high"))
    total = cells.denominator.values.astype(float)
    hidden = np.isfinite(low) & (high > low) & (total > 0)
    if str(cells.kind.values) == "count" and hidden.any() and missing == "interval_censored":
        return spread_counts(low, high, total)
    if str(cells.kind.values) == "count" and missing == "suppressed_as_midpoint":
        value = np.where(hidden, 0.5 * (low + high) / np.where(hidden, total, 1.0), value)
    at = np.flatnonzero(np.isfinite(value))
    return Spread(at, value[at], np.ones(at.size))


def scale(
    spreads: dict[tuple[str, int], Spread],
    indicators: list[tuple[str, Direction]],
    years: tuple[int, ...],
    ranked: NDArray[np.bool_],
) -> Scales:
    """Put indicators on common scales.

    Parameters
    ----------
    spreads
        What each figure can be, by indicator and year.
    indicators
        Indicators with their directions, ``higher`` or ``lower``.
    years
        Years to average.
    ranked
        Which authorities are ranked, and make up the scale.
    """
    shape = (ranked.size, len(indicators))
    percentile, z, share = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    for k, (indicator, direction) in enumerate(indicators):
        sign = 1.0 if direction == "higher" else -1.0
        found = [_one(spreads[indicator, year], sign, ranked) for year in years]
        ranks, standard = (np.array([pair[at] for pair in found]) for at in (0, 1))
        held = np.isfinite(ranks)
        percentile[:, k], z[:, k] = _mean(ranks), _mean(standard)
        share[:, k] = held.sum(axis=0) / max(held.any(axis=1).sum(), 1)
    return Scales(percentile, z, share)


def combine(
    scales: Scales, score: Score, missing: Missing, least_share: float, top_share: float
) -> Array:
    """Put an authority's indicators together; NaN where it is not scored.

    Parameters
    ----------
    scales
        Indicators on common scales.
    score
        ``mean_percentile_rank``, ``mean_z``, or ``count_in_top_decile``, in which a place for
        which several tie counts as the part of it that each has.
    missing
        ``complete_case`` scores no authority that lacks a figure in any year.
    least_share
        Share of the indicators that an authority must have.
    top_share
        Share of authorities in an indicator's top, for the count.
    """
    held = np.isfinite(scales.percentile)
    enough = held.mean(axis=1) >= least_share
    if missing == "complete_case":
        enough = (scales.share >= 1.0).all(axis=1)
    if score == "count_in_top_decile":
        columns = [in_top(column, top_share, "nearest") for column in scales.percentile.T]
        whole = np.nansum(np.array(columns), axis=0)
    else:
        whole = _mean((scales.z if score == "mean_z" else scales.percentile).T)
    # Equal sums must tie, whatever the order in which they were added.
    return np.where(enough, np.round(whole, 10), np.nan)


def in_top(score: Array, share: float, rule: Places) -> Array:
    """Return each authority's part of a place in the top; NaN where it has no score."""
    held = np.isfinite(score)
    found = np.full(score.size, np.nan)
    rounded = np.round(score[held], 10)
    found[held] = membership(rounded, places_for(int(held.sum()), share, rule))
    return found


def _one(spread: Spread, sign: float, ranked: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return the expected percentile rank and the z of one indicator in one year."""
    size = ranked.size
    kept = ranked[spread.owner]
    owner, value, weight = spread.owner[kept], sign * spread.value[kept], spread.weight[kept]
    nothing = np.full(size, np.nan)
    there = np.bincount(owner, minlength=size) > 0
    if there.sum() < 2:
        return nothing, nothing
    order = np.sort(value)
    cumulative = np.concatenate([[0.0], np.cumsum(weight[np.argsort(value, kind="stable")])])
    below = cumulative[np.searchsorted(order, value, side="left")]
    upto = cumulative[np.searchsorted(order, value, side="right")]
    rank = 0.5 * (below + upto) / there.sum()
    expected = np.bincount(owner, weight * rank, minlength=size)
    mean = np.bincount(owner, weight * value, minlength=size)
    centre, spread_sd = mean[there].mean(), mean[there].std(ddof=1)
    z = (mean - centre) / spread_sd if spread_sd > 0 else np.zeros(size)
    return np.where(there, expected, np.nan), np.where(there, z, np.nan)


def _mean(rows: Array) -> Array:
    """Average over the first axis what is there; NaN where nothing is."""
    held = np.isfinite(rows)
    number = held.sum(axis=0)
    total = np.where(held, rows, 0.0).sum(axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
