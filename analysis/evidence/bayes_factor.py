r"""Bayes factor of ``independent`` against ``linked``, and the largest that could be reached.

Savage-Dickey: for nested models with a prior of ρ that does not depend on the rest ω,
the Bayes factor for ρ = 0 is the posterior over the prior density at 0 (Dickey 1971;
Wagenmakers and others 2010, doi:10.1016/j.cogpsych.2009.12.001). The posterior density
is the mean over draws of the conditional one, which the collapsed likelihood gives
exactly (Rao-Blackwell; Gelfand and Smith 1990), never a kernel estimate:

.. math::

    BF = \mathrm{mean}_s \frac{L_s(0)}{\int L_s(\rho)\,\pi(\rho)\,d\rho},

where :math:`L_s(\rho)` is the likelihood of the judgements at the s-th draw of everything
else; the indicators' likelihood does not contain ρ and cancels. The integral is by
Gauss-Legendre quadrature. The Monte Carlo error is that of the mean, from its effective
sample size, carried to the logarithm by the delta method.

The ceiling answers: with these authorities, this measurement and this prior, how large
could the Bayes factor for no link have become, had the judgements been as unrelated to
the indicators as they can be? Then :math:`L_s` peaks at 0, and to second order
:math:`L_s(\rho) \propto \exp(-I_s\rho^2/2)` with the expected information

.. math::

    I_s = \sum_i h_i^2 \sum_g \frac{(\varphi(c_g - \eta_i) - \varphi(c_{g-1} - \eta_i))^2}
                                   {\Phi(c_g - \eta_i) - \Phi(c_{g-1} - \eta_i)} .

Other parameters are held at their draws, so the ceiling is a little generous.
"""

from dataclasses import dataclass

import arviz as az
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr
from scipy.stats import norm

from models.priors import link_density

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_MOST_DRAWS = 1000


@dataclass(frozen=True, slots=True)
class LogBayesFactor:
    """A natural logarithm of a Bayes factor for no link, with its Monte Carlo error.

    Attributes
    ----------
    value, mcse
        The estimate and its Monte Carlo standard error.
    ceiling
        The largest value that these data and this prior could have given.
    information
        Mean of I over draws: one over the squared standard error of ρ near 0.
    """

    value: float
    mcse: float
    ceiling: float
    information: float


def savage_dickey(fit: xr.DataTree, concentration: float) -> LogBayesFactor:
    """Weigh ρ = 0 against a free ρ, from a ``linked`` fit.

    Parameters
    ----------
    fit
        A fit whose link is ``linked``.
    concentration
        κ of the prior of ρ, as in :class:`models.spec.PriorScales`.
    """
    draws = _draws(fit)
    density = link_density(_NODES, concentration)
    at = np.append(_NODES, 0.0)
    ratio, ceiling, information = np.empty((3, *draws.mean.shape[:2]))
    for position in np.ndindex(ratio.shape):
        log_likelihood = draws.log_likelihood(position, at)
        ratio[position] = log_likelihood[-1] - logsumexp(log_likelihood[:-1], b=_WEIGHTS * density)
        information[position] = draws.information(position)
        curve = np.exp(-0.5 * information[position] * _NODES**2)
        ceiling[position] = -np.log(np.sum(_WEIGHTS * density * curve))
    value, mcse = _log_mean(ratio)
    return LogBayesFactor(value, mcse, _log_mean(ceiling)[0], float(information.mean()))


def smallest_link(
    information: float, concentration: float, odds: float, power: float = 0.8
) -> float:
    """Give the smallest true link that would reach ``odds`` for a link with ``power``.

    Near 0 the estimate of ρ is normal about the truth with variance 1/I. The Bayes
    factor for a link grows with the estimate; the answer is the estimate at which it
    reaches ``odds``, moved up by the normal quantile of ``power``. An approximation:
    a full design analysis simulates.
    """
    density = link_density(_NODES, concentration)
    estimates = np.linspace(0.0, 0.999, 2000)
    curve = np.exp(-0.5 * information * (_NODES[None, :] - estimates[:, None]) ** 2)
    linked = (curve * _WEIGHTS * density).sum(axis=1)
    log_odds = np.log(linked) + 0.5 * information * estimates**2
    reached = estimates[np.argmax(log_odds >= np.log(odds))]
    return float(min(reached + norm.ppf(power) / np.sqrt(information), 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """What the judgements' likelihood needs besides ρ, over chain, draw and judged authority."""

    grade: NDArray[np.int64]
    mean: Array
    variance: Array
    predictor: Array
    edges: Array

    def log_likelihood(self, position: tuple[int, ...], rho: Array) -> Array:
        """Sum the judgements' log probabilities at each ρ, at one draw."""
        link = rho[:, None]
        edges, predictor = self.edges[position], self.predictor[position]
        spread = np.sqrt(1.0 - link**2 + link**2 * self.variance[position])
        shift = predictor + link * self.mean[position]
        lower = (edges[self.grade] - shift) / spread
        upper = (edges[self.grade + 1] - shift) / spread
        reflected = lower > -upper
        low = np.where(reflected, -upper, lower)
        high = np.where(reflected, -lower, upper)
        top = log_ndtr(high)
        with np.errstate(divide="ignore"):
            inside = np.log(-np.expm1(log_ndtr(low) - top))
        return np.asarray((top + inside).sum(axis=1))

    def information(self, position: tuple[int, ...]) -> float:
        """Give the expected information on ρ at 0, at one draw."""
        standard = self.edges[position][:, None] - self.predictor[position]
        shares = np.diff(ndtr(standard), axis=0)
        slopes = np.diff(np.exp(-0.5 * standard**2) / np.sqrt(2.0 * np.pi), axis=0)
        located = np.divide(slopes**2, shares, out=np.zeros_like(shares), where=shares > 0)
        return float((self.mean[position] ** 2 * located.sum(axis=0)).sum())


def _draws(fit: xr.DataTree) -> _Draws:
    """Keep at most ``_MOST_DRAWS`` draws, evenly spaced, of the judged authorities."""
    posterior, data = fit["posterior"].to_dataset(), fit["constant_data"].to_dataset()
    every = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // _MOST_DRAWS)
    posterior = posterior.isel(
        draw=slice(None, None, every), authority=np.flatnonzero(data["judged"].values > 0)
    )
    by_authority = {
        name: posterior[name].transpose("chain", "draw", "authority").values.astype(float)
        for name in ("effectiveness_mean", "effectiveness_sd", "judgement_predictor")
    }
    cutpoints = posterior["cutpoints"].transpose("chain", "draw", "cutpoint").values
    beyond = np.full((*cutpoints.shape[:2], 1), np.inf)
    return _Draws(
        grade=data["grade"].values[data["judged"].values > 0],
        mean=by_authority["effectiveness_mean"],
        variance=by_authority["effectiveness_sd"] ** 2,
        predictor=by_authority["judgement_predictor"],
        edges=np.concatenate([-beyond, cutpoints, beyond], axis=-1),
    )


def _log_mean(logs: Array) -> tuple[float, float]:
    """Give the log of the mean of exp(logs) over (chain, draw), and its Monte Carlo error."""
    top = logs.max()
    scaled = np.exp(logs - top)
    mean = scaled.mean()
    error = float(np.asarray(az.mcse(scaled)))
    return float(top + np.log(mean)), error / float(mean)
