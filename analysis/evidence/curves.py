r"""The judgements' likelihood as a function of ρ, at each draw of everything else.

The collapsed likelihood gives it exactly: with the indicators' moments :math:`h_i, s_i^2` of
effectiveness and the predictor :math:`\eta_i`,

.. math::

    L_s(\rho) = \prod_i \Phi\Big(\tfrac{c_{g} - \eta_i - \rho h_i}{v_i}\Big)
        - \Phi\Big(\tfrac{c_{g-1} - \eta_i - \rho h_i}{v_i}\Big), \qquad
    v_i^2 = 1 - \rho^2 + \rho^2 s_i^2 ;

the indicators' own likelihood does not contain ρ. Repeated readings and sub-judgements have
the curves of :mod:`analysis.evidence.repeated_judgement_curves`. Bayes factors about ρ
(:mod:`analysis.evidence.bayes_factor`) are integrals of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from analysis.evidence.repeated_judgement_curves import repeated_judgement_curves
from models.fitted import Fit

Array = NDArray[np.float64]

MOST_DRAWS = 1000
_NODES = 40
# Probabilities of grades below this are taken in logarithms throughout, at twice the cost.
_LEAST = 1e-200


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Likelihoods over a grid of ρ, in one panel between each two of ``breaks``.

    Attributes
    ----------
    nodes, weights
        Of Gauss-Legendre quadrature on -1..1, panel by panel.
    log_likelihood
        Over chain, draw and node.
    at_zero
        The same at ρ = 0, over chain and draw.
    information
        Expected information on ρ at 0, over chain and draw.
    """

    nodes: Array
    weights: Array
    log_likelihood: Array
    at_zero: Array
    information: Array


def link_curves(fit: Fit, breaks: tuple[float, ...] = (0.0,)) -> Curves:
    """Evaluate the curves of a ``linked`` fit, at no more than 1,000 of its draws.

    Parameters
    ----------
    fit
        A fit whose link is ``linked``.
    breaks
        Values of ρ that no panel of the quadrature crosses.
    """
    nodes, weights = quadrature(breaks)
    if not fit.judged_once:
        logs, information = repeated_judgement_curves(fit, np.append(nodes, 0.0))
        return Curves(nodes, weights, logs[..., :-1], logs[..., -1], information)
    draws = _draws(fit)
    at = np.append(nodes, 0.0)
    log_likelihood = np.empty((*draws.mean.shape[:2], at.size))
    information = np.empty(draws.mean.shape[:2])
    for position in np.ndindex(information.shape):
        log_likelihood[position] = draws.log_likelihood(position, at)
        information[position] = draws.information(position)
    return Curves(nodes, weights, log_likelihood[..., :-1], log_likelihood[..., -1], information)


def quadrature(breaks: tuple[float, ...]) -> tuple[Array, Array]:
    """Return nodes and weights on -1..1 that respect the breaks."""
    ends = np.unique([-1.0, *breaks, 1.0])
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    middles, halves = 0.5 * (ends[1:] + ends[:-1]), 0.5 * np.diff(ends)
    return (
        (middles[:, None] + halves[:, None] * nodes).ravel(),
        (halves[:, None] * weights).ravel(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _CurveDraws:
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
        inside = ndtr(high) - ndtr(low)
        if inside.min() > _LEAST:
            return np.asarray(np.log(inside).sum(axis=1))
        top = log_ndtr(high)
        with np.errstate(divide="ignore"):
            inside = np.log(-np.expm1(log_ndtr(low) - top))
        return np.asarray((top + inside).sum(axis=1))

    def information(self, position: tuple[int, ...]) -> float:
        """Return the expected information on ρ at 0, at one draw."""
        standard = self.edges[position][:, None] - self.predictor[position]
        shares = np.diff(ndtr(standard), axis=0)
        slopes = np.diff(np.exp(-0.5 * standard**2) / np.sqrt(2.0 * np.pi), axis=0)
        located = np.divide(slopes**2, shares, out=np.zeros_like(shares), where=shares > 0)
        return float((self.mean[position] ** 2 * located.sum(axis=0)).sum())


def _draws(fit: Fit) -> _CurveDraws:
    """Keep at most ``MOST_DRAWS`` draws, evenly spaced, of the judged authorities."""
    posterior, data = fit.posterior, fit.constant_data
    every = -(-posterior.sizes["chain"] * posterior.sizes["draw"] // MOST_DRAWS)
    posterior = posterior.isel(
        draw=slice(None, None, every), authority=np.flatnonzero(data["judged"].values > 0)
    )
    by_authority = {
        name: posterior[name].transpose("chain", "draw", "authority").values.astype(float)
        for name in ("effectiveness_mean", "effectiveness_sd", "judgement_predictor")
    }
    cutpoints = posterior["cutpoints"].transpose("chain", "draw", "cutpoint").values
    beyond = np.full((*cutpoints.shape[:2], 1), np.inf)
    return _CurveDraws(
        grade=data["grade"].values[data["judged"].values > 0],
        mean=by_authority["effectiveness_mean"],
        variance=by_authority["effectiveness_sd"] ** 2,
        predictor=by_authority["judgement_predictor"],
        edges=np.concatenate([-beyond, cutpoints, beyond], axis=-1),
    )
