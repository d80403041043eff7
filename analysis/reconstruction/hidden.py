r"""What a suppressed count can be, and how likely each value is.

All authorities' counts of one indicator in one year are taken as beta-binomial,

.. math:: y_i \sim \mathrm{BetaBinomial}(n_i,\, \mu M,\, (1 - \mu) M),

fitted by maximum likelihood with a suppressed count entering as the sum of the probabilities
of what it can be (no midpoint, nothing dropped). Given the fit, a suppressed count has the
beta-binomial's probabilities, made to add up to one over its interval.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, logit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Values that cells can have, one after the other.

    Attributes
    ----------
    owner
        Position of the authority that each value belongs to.
    value
        Proportion, or published figure.
    weight
        Its probability; the weights of one owner add up to 1.
    """

    owner: NDArray[np.int64]
    value: Array
    weight: Array

    def means(self, size: int) -> Array:
        """Return each authority's expected value, NaN where it has none."""
        there = np.bincount(self.owner, minlength=size) > 0
        mean = np.bincount(self.owner, self.weight * self.value, minlength=size)
        return np.where(there, mean, np.nan)


def spread_counts(low: Array, high: Array, total: Array) -> Spread:
    """Spread counts that are known only to lie in intervals.

    Parameters
    ----------
    low, high, total
        Ends of each authority's interval, equal where the count is published, and its
        denominator; NaN where nothing is known.
    """
    known = np.isfinite(low) & np.isfinite(high) & (total > 0)
    at = np.flatnonzero(known)
    lengths = (high[at] - low[at] + 1).astype(int)
    owner = np.repeat(at, lengths)
    within = np.concatenate([np.arange(length) for length in lengths]) if at.size else at
    count, n = low[owner] + within, total[owner]
    log_weight = _fitted(count, n, owner, total.size)
    top = np.full(total.size, -np.inf)
    np.maximum.at(top, owner, log_weight)
    weight = np.exp(log_weight - top[owner])
    weight /= np.bincount(owner, weight, minlength=total.size)[owner]
    return Spread(owner, count / n, weight)


def _fitted(count: Array, n: Array, owner: NDArray[np.int64], size: int) -> Array:
    """Return the log probability of each count under the fitted beta-binomial."""
    start = np.array([logit((count.sum() + 0.5) / (n.sum() + 1.0)), np.log(20.0)])

    def cost(at: Array) -> float:
        likelihood = _log_likelihood(_log_probability(count, n, at[0], at[1]), owner, size)
        # A ridge far out keeps the precision finite where counts do not vary at all.
        return -likelihood + 0.5 * float((at[1] - 3.0) / 5.0) ** 2

    found = minimize(
        cost,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-4, "maxiter": 600},
    )
    return _log_probability(count, n, float(found.x[0]), float(found.x[1]))


def _log_likelihood(log_probability: Array, owner: NDArray[np.int64], size: int) -> float:
    """Add up over authorities the log of each one's summed probability."""
    probability = np.bincount(owner, np.exp(log_probability), minlength=size)
    there = np.bincount(owner, minlength=size) > 0
    return float(np.log(np.maximum(probability[there], 1e-300)).sum())


def _log_probability(count: Array, n: Array, location: float, log_precision: float) -> Array:
    """Return the beta-binomial's log probability of counts."""
    mean, precision = float(expit(location)), float(np.exp(log_precision))
    a, b = mean * precision, (1.0 - mean) * precision
    choose = gammaln(n + 1.0) - gammaln(count + 1.0) - gammaln(n - count + 1.0)
    return np.asarray(choose + betaln(count + a, n - count + b) - betaln(a, b))
