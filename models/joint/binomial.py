r"""``binomial``: a count given the logit of its proportion.

.. math:: \log P(y \mid \eta) = \log\binom{n}{y} + y\eta - n \log(1 + e^\eta)

Overdispersion is a normal on the logit, particular to the year, and sampled. A numerator known
to lie in [l, u] has the log of the sum of these probabilities.
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable
from scipy.special import gammaln

from models.counts import Whole
from models.joint.cells import Array, Cells
from models.joint.interval import intervals_of


def log_likelihood(cells: Cells, logit: TensorVariable) -> TensorVariable:
    """Return the log probability of every cell, known counts first, then the intervals.

    Parameters
    ----------
    cells
        Cells of counts.
    logit
        Of the proportion, in each of them.
    """
    y, n, at = cells.low[cells.exact], cells.denominator[cells.exact], logit[cells.exact]
    known = log_ways(y, n) + y * at - n * pt.softplus(at)
    if not cells.interval.size:
        return known
    hidden, at = intervals_of(cells), logit[cells.interval]
    ways = log_ways(hidden.number, hidden.denominator[hidden.cell])
    sums = hidden.log_sum(ways + hidden.number * at[hidden.cell], at)
    return pt.concatenate([known, sums - hidden.denominator * pt.softplus(at)])


def log_ways(y: Whole, n: Whole) -> Array:
    """Return the log of the number of ways to choose y out of n."""
    return np.asarray(gammaln(n + 1.0) - gammaln(y + 1.0) - gammaln(n - y + 1.0))
