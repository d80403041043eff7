r"""Bayes factor and risk difference for a contingency table whose column totals are fixed.

Each column is a group of fixed size, each row an outcome. Under dependence the probabilities
of the rows are independent between columns, Dirichlet with a in every cell; under independence
they are one vector, Dirichlet with :math:`C a - (C - 1)` in each of its rows for C columns
(Gunel and Dickey 1974, doi:10.1093/biomet/61.3.545; independent multinomial sampling in
Jamil et al. 2017, doi:10.3758/s13428-016-0739-8). With B the multivariate beta function,

.. math::

    BF_{10} = \prod_c \frac{B(y_{\cdot c} + a)}{B(a)} \bigg/
              \frac{B(y_{\cdot +} + C a - C + 1)}{B(C a - C + 1)}.

Counts need not be whole: authorities that tie for the last place of a band share it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import betainc, gammaln
from scipy.stats import beta

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(200)


def log_bayes_factor(table: ArrayLike, concentration: float = 1.0) -> float:
    """Return the log Bayes factor for dependence, against independence.

    Parameters
    ----------
    table
        Counts, (row, column), column totals fixed.
    concentration
        a, of every cell: 1 is uniform.

    Raises
    ------
    ValueError
        If a count is negative, or there are fewer than two rows or columns.
    """
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or min(counts.shape) < 2 or (counts < 0.0).any():
        raise ValueError(
            f"log_bayes_factor: got counts {counts.tolist()}; wanted at least two rows and two "
            "columns, none negative."
        )
    rows, columns = counts.shape
    common = np.full(rows, columns * concentration - columns + 1.0)
    own = np.full(rows, concentration)
    apart = sum(_log_beta(column + own) - _log_beta(own) for column in counts.T)
    together = _log_beta(counts.sum(axis=1) + common) - _log_beta(common)
    return float(apart - together)


@dataclass(frozen=True, slots=True)
class RiskDifference:
    """Posterior of the difference between two proportions, under uniform priors.

    Attributes
    ----------
    mean, lower, upper
        Mean and central interval.
    probability
        That the first is the larger.
    """

    mean: float
    lower: float
    upper: float
    probability: float


def risk_difference(
    first: tuple[float, float], second: tuple[float, float], interval: float = 0.95
) -> RiskDifference:
    """Compare two proportions: posteriors Beta(1 + y, 1 + n - y), independent.

    Parameters
    ----------
    first, second
        Number with the outcome, and number in all; the first less the second.
    interval
        Probability of the central interval.
    """
    (a, b), (c, d) = (_beta_of(*first), _beta_of(*second))

    def below(difference: float) -> float:
        # P(p1 - p2 < difference), integrated over p2 by Gauss and Legendre's rule.
        p2 = 0.5 * (_NODES + 1.0)
        reach = np.clip(difference + p2, 0.0, 1.0)
        return float((0.5 * _WEIGHTS * betainc(a, b, reach) * beta.pdf(p2, c, d)).sum())

    tail = 0.5 * (1.0 - interval)
    ends = [
        float(brentq(lambda at, share=share: below(at) - share, -1.0, 1.0, xtol=1e-8))
        for share in (tail, 1.0 - tail)
    ]
    return RiskDifference(a / (a + b) - c / (c + d), ends[0], ends[1], 1.0 - below(0.0))


def _beta_of(outcome: float, total: float) -> tuple[float, float]:
    """Return the parameters of a proportion's posterior."""
    return 1.0 + outcome, 1.0 + total - outcome


def _log_beta(parameters: NDArray[np.float64]) -> float:
    """Return the log multivariate beta function."""
    return float(gammaln(parameters).sum() - gammaln(parameters.sum()))
