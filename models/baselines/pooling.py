r"""Partial pooling of separately estimated slopes: the answer to looking at many at once.

Eighteen intervals of 95% will miss now and then; shrinking the slopes towards each other, by as
much as they agree, makes the claims fewer and better where there is nothing, and needs no
correction besides (Gelman, Hill and Yajima 2012, doi:10.1080/19345747.2011.618213). It takes the
slopes for exchangeable: slopes of unlike things (staffing, timeliness, outcomes) are not, and
pooled together the large ones of one kind pull the others away from 0. So only indicators of the
same aspect are pooled. With
estimates :math:`\hat b` and errors s,

.. math::

    \hat b \sim N(b, V), \quad V = \mathrm{diag}(s)\,R\,\mathrm{diag}(s), \quad
    b_k \sim N(\mu, \tau^2), \quad \mu \sim N(0, 0.5^2), \quad \tau \sim N^+(0, 0.2^2).

The same judgements stand behind every estimate, so that the errors are correlated: near 0 as
the regressors are, R being their correlation over the judged authorities, at equal deprivation
where that is held equal (multivariate meta-analysis: Raudenbush, Becker and Kalaian 1988,
doi:10.1037/0033-2909.103.1.111). Errors taken as independent would make :math:`\mu` look known
far too well.

All but :math:`\tau` is integrated out in closed form and :math:`\tau` by an even grid, so that
there is no Monte Carlo error but that which the estimates bring. To first order it is carried over
by the slopes of each mean :math:`f = \sum_g w_g f_g` over the grid's weights,

.. math:: \frac{\partial f}{\partial \hat b} = \sum_g w_g \frac{\partial f_g}{\partial \hat b}
    + \mathrm{Cov}_w\Big(f_g, \frac{\partial \log w_g}{\partial \hat b}\Big).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

Array = NDArray[np.float64]

MEAN_SD = 0.5
SPREAD_SCALE = 0.2
_GRID = np.linspace(0.0005, 1.0, 400)


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Posterior of the slopes together.

    Attributes
    ----------
    mean, lower, upper
        Of each slope, with its central interval, (regressor,).
    mcse
        Monte Carlo standard error of each mean, carried over from the estimates.
    common
        Mean, lower, upper and Monte Carlo error of μ.
    spread
        Mean, lower, upper and Monte Carlo error of τ.
    """

    mean: Array
    lower: Array
    upper: Array
    mcse: Array
    common: tuple[float, float, float, float]
    spread: tuple[float, float, float, float]


def pool(
    estimate: Array, error: Array, mcse: Array, correlation: Array, interval: float
) -> Pooled:
    """Pool estimates whose errors are correlated.

    Parameters
    ----------
    estimate, error, mcse
        Posterior mean of each slope by itself, its standard deviation, and the Monte Carlo
        error of the mean, (regressor,).
    correlation
        R, (regressor, regressor).
    interval
        Probability of the central intervals.
    """
    size = estimate.size
    covariance = error[:, None] * correlation * error
    ones = np.ones((size, size))
    log_weight = np.empty(_GRID.size)
    slopes = np.empty((_GRID.size, size))
    means, sds = np.empty((2, _GRID.size, size + 1))
    gains = np.empty((_GRID.size, size + 1, size))
    # What is wanted: every slope and, last, μ; their prior covariance with the slopes.
    for at, tau in enumerate(_GRID):
        among = tau**2 * np.eye(size) + MEAN_SD**2 * ones
        onto = np.vstack([among, np.full((1, size), MEAN_SD**2)])
        whole = covariance + among
        gains[at] = np.linalg.solve(whole, onto.T).T
        means[at] = gains[at] @ estimate
        prior = np.append(np.diag(among), MEAN_SD**2)
        sds[at] = np.sqrt(np.maximum(prior - (gains[at] * onto).sum(axis=1), 0.0))
        slopes[at] = -np.linalg.solve(whole, estimate)
        log_weight[at] = -0.5 * (np.linalg.slogdet(whole)[1] - estimate @ slopes[at])
        log_weight[at] += norm.logpdf(tau, 0.0, SPREAD_SCALE)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean = weight @ means
    moved = weight[:, None] * (slopes - weight @ slopes)
    carried = np.tensordot(weight, gains, axes=1) + means.T @ moved
    errors = np.sqrt((carried**2 * mcse**2).sum(axis=1))
    spread_error = float(np.sqrt((((_GRID @ moved) * mcse) ** 2).sum()))
    ends = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    limits = np.array(
        [[_quantile(end, weight, means[:, k], sds[:, k]) for k in range(size + 1)] for end in ends]
    )
    below = np.cumsum(weight)
    low, high = (float(np.interp(end, below, _GRID)) for end in ends)
    return Pooled(
        mean=mean[:-1],
        lower=limits[0, :-1],
        upper=limits[1, :-1],
        mcse=errors[:-1],
        common=(float(mean[-1]), float(limits[0, -1]), float(limits[1, -1]), float(errors[-1])),
        spread=(float(weight @ _GRID), low, high, spread_error),
    )


def pool_within(
    groups: Sequence[str],
    estimate: Array,
    error: Array,
    mcse: Array,
    correlation: Array,
    interval: float,
) -> dict[str, tuple[NDArray[np.intp], Pooled]]:
    """Pool the estimates of each group of two or more by themselves.

    Parameters
    ----------
    groups
        Each estimate's group.
    estimate, error, mcse, correlation, interval
        As for :func:`pool`, of all groups.

    Returns
    -------
    dict
        By group, positions of its estimates and what :func:`pool` gave of them; a group of one
        has nothing to be pooled with, and is left out.
    """
    found = {}
    for group in dict.fromkeys(groups):
        at = np.flatnonzero(np.array(groups) == group)
        if at.size > 1:
            within = correlation[np.ix_(at, at)]
            found[group] = at, pool(estimate[at], error[at], mcse[at], within, interval)
    return found


def _quantile(level: float, weight: Array, mean: Array, sd: Array) -> float:
    """Return a quantile of a mixture of normals."""

    def over(at: float) -> float:
        return float(weight @ norm.cdf(at, mean, sd)) - level

    reach = 8.0 * sd.max()
    return float(brentq(over, mean.min() - reach, mean.max() + reach, xtol=1e-10))
