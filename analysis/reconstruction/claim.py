"""Put the claim to the test: how likely the Inadequate and the good are to be in the top.

What was said of the study in public is that services judged to be failing were just as likely
to be in the top 10% by outcomes as others. Here the two proportions stand side by side with
Fisher's exact test, the Bayes factor for their being different (Gunel and Dickey, group sizes
fixed) and the posterior of their difference. Some 20 authorities in a group are few: a large p
is no evidence that the proportions are equal.
"""

from functools import lru_cache
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import fisher_exact, norm, spearmanr

from analysis.evidence.contingency import log_bayes_factor, risk_difference

Array = NDArray[np.float64]

INADEQUATE, GOOD = 0, 2


def check_claim(
    rating: NDArray[np.int64], bottom: Array, top: Array, interval: float
) -> dict[str, Any]:
    """Compare the Inadequate with the Good and Outstanding in the top band.

    Parameters
    ----------
    rating
        Of each rated and scored authority, a position in ``GRADES``.
    bottom, top
        Its part of a place in each band.
    interval
        Probability of the interval of the difference.

    Returns
    -------
    dict
        Counts and proportions of both groups, ``fisher_p`` (two-sided; the mean over the ways
        in which a tie for the last place can fall), ``log_bf_dependent`` (natural logarithm,
        positive for a difference), the posterior of the difference, Inadequate less Good or
        better, and whether any Inadequate authority has a place in the top and any Good or
        better one in the bottom.
    """
    failing, good = rating == INADEQUATE, rating >= GOOD
    sizes = int(failing.sum()), int(good.sum())
    counts = float(top[failing].sum()), float(top[good].sum())
    found: dict[str, Any] = {
        "inadequate": sizes[0],
        "inadequate_top": counts[0],
        "good_or_better": sizes[1],
        "good_or_better_top": counts[1],
        "good_or_better_bottom": float(bottom[good].sum()),
        "inadequate_in_top": bool(counts[0] > 0.0),
        "both_crossings": bool(counts[0] > 0.0 and bottom[good].sum() > 0.0),
    }
    if min(sizes) == 0:
        unknown = ("fisher_p", "log_bf_dependent", "difference", "difference_lower")
        return found | dict.fromkeys(
            (*unknown, "difference_upper", "difference_probability"), np.nan
        )
    difference = risk_difference((counts[0], sizes[0]), (counts[1], sizes[1]), interval)
    table = [list(counts), [sizes[0] - counts[0], sizes[1] - counts[1]]]
    return found | {
        "fisher_p": _fisher(top, failing, good),
        "log_bf_dependent": log_bayes_factor(table),
        "difference": difference.mean,
        "difference_lower": difference.lower,
        "difference_upper": difference.upper,
        "difference_probability": difference.probability,
    }


def rank_correlation(rating: NDArray[np.int64], score: Array, interval: float) -> dict[str, float]:
    """Return Spearman's correlation of rating and score, its interval and two-sided p.

    The interval is normal on Fisher's scale with the variance of Bonett and Wright (2000,
    doi:10.1007/BF02294183), (1 + r²/2)/(n - 3).
    """
    unknown = dict.fromkeys(("spearman", "spearman_lower", "spearman_upper", "spearman_p"), np.nan)
    if rating.size < 5 or np.ptp(rating) == 0 or np.ptp(score) == 0:
        return unknown
    tested = spearmanr(rating, score)
    r, p = float(tested.statistic), float(tested.pvalue)
    error = np.sqrt((1.0 + 0.5 * r**2) / (rating.size - 3))
    reach = float(norm.ppf(0.5 + 0.5 * interval)) * error
    centre = np.arctanh(np.clip(r, -0.999999, 0.999999))
    low, high = float(np.tanh(centre - reach)), float(np.tanh(centre + reach))
    return {"spearman": r, "spearman_lower": low, "spearman_upper": high, "spearman_p": p}


def _fisher(top: Array, failing: NDArray[np.bool_], good: NDArray[np.bool_]) -> float:
    """Return Fisher's two-sided p, averaged over the ways in which ties for a place can fall."""
    tied = (top > 0.0) & (top < 1.0)
    certain = [int((top[group] >= 1.0).sum()) for group in (failing, good)]
    ways = [int((tied & group).sum()) for group in (failing, good, ~failing & ~good)]
    sizes = [int(group.sum()) for group in (failing, good)]
    places = round(float(top[tied].sum()))
    total = 0.0
    for first in range(min(ways[0], places) + 1):
        for second in range(min(ways[1], places - first) + 1):
            chance = (
                comb(ways[0], first)
                * comb(ways[1], second)
                * comb(ways[2], places - first - second)
                / comb(sum(ways), places)
            )
            total += chance * _exact(certain[0] + first, certain[1] + second, *sizes)
    return total


@lru_cache(maxsize=4096)
def _exact(first: int, second: int, of_first: int, of_second: int) -> float:
    """Return Fisher's two-sided p of two counts in groups of two sizes."""
    table = [[first, second], [of_first - first, of_second - second]]
    return float(fisher_exact(table).pvalue)
