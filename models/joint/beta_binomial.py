r"""``beta_binomial``: a count whose proportion varies about its expectation by a beta.

.. math::

    y \sim \mathrm{BetaBinomial}(n, \mu\kappa_k, (1 - \mu)\kappa_k), \qquad
    \mathrm{logit}\,\mu = \eta .

The precision κ of an indicator takes the place of what the binomial likelihood samples for
each cell. A beta of mean μ and precision κ has, by the delta method, a standard deviation of
:math:`1/\sqrt{\kappa\mu(1-\mu)}` on the logit scale, so that

.. math:: \kappa_k = \frac{1}{\bar\mu_k (1 - \bar\mu_k)(s_k\,\mathrm{year\_sd}_k)^2}

with s the unit of the indicator and :math:`\bar\mu` its proportion at the observed mean gives
``year_sd`` the meaning and the prior that it has in the other likelihoods
(:mod:`models.priors`). The beta-binomial as an overdispersed binomial: Skellam (1948,
doi:10.1111/j.2517-6161.1948.tb00014.x); Crowder (1978, doi:10.2307/2346223).
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable
from scipy.special import expit

from models.counts import Whole
from models.joint.binomial import log_ways
from models.joint.cells import Cells
from models.joint.interval import intervals_of


def log_likelihood(
    cells: Cells, logit: TensorVariable, precision: TensorVariable
) -> TensorVariable:
    """Return the log probability of every cell, known counts first, then the intervals.

    Parameters
    ----------
    cells
        Cells of counts.
    logit
        Of the expected proportion, in each of them.
    precision
        κ of each cell's indicator.
    """
    success = precision * pt.sigmoid(logit)
    failure = precision * pt.sigmoid(-logit)
    at = cells.exact
    known = _log_probability(cells.low[at], cells.denominator[at], success[at], failure[at])
    if not cells.interval.size:
        return known
    hidden, at = intervals_of(cells), cells.interval
    each = at[hidden.cell]
    terms = _log_probability(hidden.number, cells.denominator[each], success[each], failure[each])
    return pt.concatenate([known, hidden.log_sum(terms, logit[at])])


def precision_of(cells: Cells, year_sd: TensorVariable) -> TensorVariable:
    """Return κ of each cell's indicator.

    Parameters
    ----------
    cells
        Cells of counts.
    year_sd
        Standard deviation of what is particular to a year, (indicator,).
    """
    mean = np.bincount(cells.indicator, cells.centre) / np.maximum(np.bincount(cells.indicator), 1)
    typical = expit(mean)[cells.indicator]
    information = typical * (1.0 - typical) * cells.scale**2
    return 1.0 / (information * year_sd[cells.indicator] ** 2)


def _log_probability(
    y: Whole, n: Whole, success: TensorVariable, failure: TensorVariable
) -> TensorVariable:
    """Return the log of the beta-binomial probability of y out of n."""
    together = success + failure
    return (
        log_ways(y, n)
        + (pt.gammaln(y + success) - pt.gammaln(success))
        + (pt.gammaln(n - y + failure) - pt.gammaln(failure))
        - (pt.gammaln(n + together) - pt.gammaln(together))
    )
