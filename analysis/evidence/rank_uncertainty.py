r"""Where each authority stands, and how much of that the data can tell.

Ranks run from 1, the most effective, within each draw (:mod:`analysis.evidence.ranks`). With n
authorities the percentile of rank R is :math:`100\,(n + 1 - R)/(n + 1)`, of which higher is
better. Under squared error the best estimates are the posterior means of the ranks, and the
best whole ranks are the ranks of those means (Laird and Louis 1989, doi:10.2307/1164724; Lin,
Louis, Paddock and Ridgeway 2006, doi:10.1214/06-BA130): ``rank_optimal``, and as a percentile
``percentile_optimal``. Ranks of the posterior means of effectiveness are not these.

An authority is told from the median where the interval of its rank excludes the median rank,
(n + 1)/2; two authorities are told apart where one is the more effective with a probability at
least as far out as an end of the interval. Both are many statements at once, so the number of
them that is expected to be wrong stands beside: the sum of the probabilities of the other side.

A probability is a share k/S of draws, with the Monte Carlo standard error
:math:`\sqrt{\tilde p(1 - \tilde p)/n_e}`, :math:`\tilde p = (k + 1/2)/(S + 1)`, and
:math:`n_e` the bulk effective sample size of effectiveness, the lesser of two for a pair.
"""

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import rankdata

from analysis.evidence.ranks import band_edge, grades_of, ranks
from analysis.record.schema import Standings
from data.panel import GRADES

Array = NDArray[np.float64]

_DIMS = ("chain", "draw")


def authority_table(fit: xr.DataTree, share: float, interval: float) -> pd.DataFrame:
    """Tabulate effectiveness and rank of each authority, never a rank without its interval.

    Parameters
    ----------
    fit
        A fit with its draws of effectiveness.
    share
        Share of authorities that the top and the bottom band hold.
    interval
        Probability of the central intervals.

    Returns
    -------
    pandas.DataFrame
        One row an authority. ``against_median`` is ``above``, ``below``, or empty where the
        data do not tell.
    """
    effectiveness = _effectiveness(fit)
    rank = ranks(fit)
    size = rank.sizes["authority"]
    edge = band_edge(share, size)
    tails = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    low, high = effectiveness.quantile(tails, _DIMS).values
    rank_low, rank_high = rank.quantile(tails, _DIMS).values
    rank_error = az.mcse(rank.to_dataset(name="rank"))["rank"].values
    best = rankdata(rank.mean(_DIMS).values, method="ordinal")
    ess = _effective_draws(effectiveness)
    data = fit["constant_data"].to_dataset()
    top, bottom = (rank <= edge), (rank > size - edge)
    dates = pd.Series(data["inspection_date"].values).dt.strftime("%Y-%m-%d").fillna("")
    return pd.DataFrame(
        {
            "authority": rank["authority"].values,
            "name": data["authority_name"].values,
            "region": data["region"].values,
            "judgement": [GRADES[g] if g >= 0 else "" for g in grades_of(fit)],
            "inspection_start": dates.to_numpy(),
            "effectiveness": effectiveness.mean(_DIMS).values,
            "effectiveness_lower": low,
            "effectiveness_upper": high,
            "effectiveness_mcse": az.mcse(effectiveness.to_dataset(name="e"))["e"].values,
            "rank": rank.mean(_DIMS).values,
            "rank_lower": rank_low,
            "rank_upper": rank_high,
            "rank_mcse": rank_error,
            "rank_optimal": best,
            "percentile": _percentile(rank.mean(_DIMS).values, size),
            "percentile_lower": _percentile(rank_high, size),
            "percentile_upper": _percentile(rank_low, size),
            "percentile_mcse": 100.0 * rank_error / (size + 1.0),
            "percentile_optimal": _percentile(best, size),
            "against_median": _against_median(rank_low, rank_high, size),
            "probability_top": top.mean(_DIMS).values,
            "probability_top_mcse": _share_error(top, ess),
            "probability_bottom": bottom.mean(_DIMS).values,
            "probability_bottom_mcse": _share_error(bottom, ess),
            "cells": data["cells"].values,
        }
    )


def pair_table(fit: xr.DataTree) -> pd.DataFrame:
    """Return for each pair of authorities the probability that one is the more effective.

    Returns
    -------
    pandas.DataFrame
        ``authority``, ``other``, ``probability`` that the first is the more effective, and its
        ``probability_mcse``; each pair once, the one with the better mean rank first.
    """
    effectiveness = _effectiveness(fit)
    order = np.argsort(ranks(fit).mean(_DIMS).values, kind="stable")
    codes, draws, ess = (
        one[..., order]
        for one in (
            effectiveness["authority"].values,
            effectiveness.values.reshape(-1, order.size),
            _effective_draws(effectiveness),
        )
    )
    first, second = np.triu_indices(order.size, 1)
    wins = np.concatenate(
        [(draws[:, [one]] > draws[:, one + 1 :]).sum(axis=0) for one in range(order.size - 1)]
    )
    return pd.DataFrame(
        {
            "authority": codes[first],
            "other": codes[second],
            "probability": wins / len(draws),
            "probability_mcse": _error(wins, len(draws), np.minimum(ess[first], ess[second])),
        }
    )


def standings(fit: xr.DataTree, interval: float) -> Standings:
    """Count how many authorities can be told from the median, and how many pairs apart."""
    rank = ranks(fit)
    size = rank.sizes["authority"]
    tail = (1.0 - interval) / 2.0
    low, high = rank.quantile([tail, 1.0 - tail], _DIMS).values
    told = _against_median(low, high, size)
    middle = (size + 1.0) / 2.0
    beyond = rank > middle
    other = np.minimum(beyond.mean(_DIMS).values, (rank < middle).mean(_DIMS).values)
    error = _share_error(beyond, _effective_draws(_effectiveness(fit)))
    apart = pair_table(fit)["probability"].to_numpy()
    wrong = np.minimum(apart, 1.0 - apart)
    sure = wrong <= tail
    return Standings(
        authorities=size,
        above_median=int((told == "above").sum()),
        below_median=int((told == "below").sum()),
        near_limit=int((np.abs(other - tail) <= 2.0 * error).sum()),
        expected_wrong=float(other[told != ""].sum()),
        rank_width=float(np.median(high - low + 1.0)),
        pairs=apart.size,
        pairs_apart=int(sure.sum()),
        pairs_expected_wrong=float(wrong[sure].sum()),
    )


def _effectiveness(fit: xr.DataTree) -> xr.DataArray:
    """Return the draws of effectiveness in one order of dimensions."""
    drawn = fit["posterior"].to_dataset()["effectiveness"]
    return drawn.transpose(*_DIMS, "authority").astype(float)


def _effective_draws(effectiveness: xr.DataArray) -> Array:
    """Return the bulk effective sample size of each authority's effectiveness."""
    found = az.ess(effectiveness.to_dataset(name="e"), method="bulk")["e"].values
    return np.asarray(found, dtype=float)


def _percentile(rank: NDArray[np.floating | np.integer], size: int) -> Array:
    """Turn ranks into percentiles, higher for the more effective."""
    return np.asarray(100.0 * (size + 1.0 - rank) / (size + 1.0))


def _against_median(low: Array, high: Array, size: int) -> NDArray[np.str_]:
    """State on which side of the median rank each interval lies whole."""
    middle = (size + 1.0) / 2.0
    return np.where(high < middle, "above", np.where(low > middle, "below", ""))


def _share_error(happens: xr.DataArray, ess: Array) -> Array:
    """Return the Monte Carlo error of each authority's share of draws."""
    draws = happens.sizes["chain"] * happens.sizes["draw"]
    return _error(happens.sum(_DIMS).values, draws, ess)


def _error(count: NDArray[np.integer], draws: int, ess: Array) -> Array:
    """Return the Monte Carlo error of shares of draws, as the module says."""
    share = (count + 0.5) / (draws + 1.0)
    return np.asarray(np.sqrt(share * (1.0 - share) / ess))
