r"""Bayes factors about the link, and the largest that could be reached. Natural logarithms.

Bridge: the difference of two log marginal likelihoods (:mod:`models.bridge`), each with its
Monte Carlo error; the headline.

Savage-Dickey: for nested models with a prior of ρ that does not depend on the rest, the Bayes
factor for ρ = 0 is the posterior over the prior density at 0 (Dickey 1971; Wagenmakers and
others 2010, doi:10.1016/j.cogpsych.2009.12.001). The posterior density is the mean over draws
of the conditional one, exact by :mod:`analysis.evidence.curves` (Rao-Blackwell; Gelfand and
Smith 1990), never a kernel estimate:

.. math::

    BF = \mathrm{mean}_s \frac{L_s(0)}{\int L_s(\rho)\,\pi(\rho)\,d\rho}.

Regions of ρ: the posterior probability of a region R over its prior one weighs R against the
unrestricted model (encompassing prior; Klugkist, Kato and Hoijtink 2005,
doi:10.1111/j.1467-9574.2005.00279.x); ratios of such give the one-sided and the interval-null
versions (Morey and Rouder 2011, doi:10.1037/a0024377). The posterior probability is the mean
over draws of the conditional one, so that a millionth is as well known as a half.

Another width: under a prior π' of ρ alone the marginal likelihood changes by the factor
:math:`\mathrm{mean}_s \int L_s \pi' / \int L_s \pi`, exactly.

The ceiling answers: with these authorities, this measurement and this prior, how large could
the Bayes factor for no link have become, had the judgements been as unrelated to the
indicators as they can be? Then :math:`L_s` peaks at 0, and to second order
:math:`L_s(\rho) \propto \exp(-I_s\rho^2/2)` with the expected information

.. math::

    I_s = \sum_i h_i^2 \sum_g \frac{(\varphi(c_g - \eta_i) - \varphi(c_{g-1} - \eta_i))^2}
                                   {\Phi(c_g - \eta_i) - \Phi(c_{g-1} - \eta_i)} .

Other parameters are held at their draws, so the ceiling is a little generous.

Monte Carlo errors are of means over draws, from their effective sample sizes, carried to the
logarithm by the delta method.
"""

import math
from dataclasses import dataclass

import arviz as az
import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import norm

from analysis.evidence.curves import Curves, link_curves, quadrature
from analysis.record.schema import LinkRegions, LogFactor, PriorWidth
from analysis.record.thresholds import APART
from models.bridge import BridgeEstimate
from models.fitted import Fit
from models.priors import link_density, link_log_odds

Array = NDArray[np.float64]

# κ of a stretched Beta, from uniform to narrow; the standard deviation is 1/sqrt(2κ + 1).
WIDTHS = (1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 35.0, 60.0, 100.0)


@dataclass(frozen=True, slots=True)
class LogBayesFactor:
    """A natural logarithm of a Bayes factor for no link, with its Monte Carlo error.

    Attributes
    ----------
    value, mcse
        The estimate and its Monte Carlo standard error.
    ceiling, ceiling_mcse
        The largest value that these data and this prior could have given, and its Monte Carlo
        standard error.
    information, information_mcse
        Mean of I over draws, one over the squared standard error of ρ near 0, and its Monte
        Carlo standard error.
    """

    value: float
    mcse: float
    ceiling: float
    ceiling_mcse: float
    information: float
    information_mcse: float


def by_bridge(independent: BridgeEstimate, linked: BridgeEstimate) -> LogFactor:
    """Weigh no link against a link by their marginal likelihoods."""
    return LogFactor(
        value=independent.value - linked.value,
        mcse=float(np.hypot(independent.error, linked.error)),
    )


def savage_dickey(fit: Fit | Curves, concentration: float) -> LogBayesFactor:
    """Weigh ρ = 0 against a free ρ.

    Parameters
    ----------
    fit
        A fit whose link is ``linked``, or its curves.
    concentration
        κ of the prior of ρ, as in :class:`models.spec.PriorScales`.
    """
    curves = fit if isinstance(fit, Curves) else link_curves(fit)
    found = _log_ratio(curves.at_zero - _marginal(curves, concentration), np.zeros(1))
    ceiling = _ceiling(curves, concentration)
    return LogBayesFactor(
        found.value,
        found.mcse,
        ceiling.value,
        ceiling.mcse,
        float(curves.information.mean()),
        _error(curves.information),
    )


def regions(curves: Curves, concentration: float, rope: float) -> LinkRegions:
    """Weigh regions of ρ; ``rope`` and 0 must be breaks of the curves."""
    whole = _marginal(curves, concentration)
    above, below = curves.nodes > 0.0, curves.nodes < 0.0
    positive = _marginal(curves, concentration, above) - whole
    negative = _marginal(curves, concentration, below) - whole
    none = curves.at_zero - whole
    return LinkRegions(
        positive_unrestricted=_log_ratio(positive, np.zeros(1), np.log(2.0)),
        positive_negative=_log_ratio(positive, negative),
        none_positive=_log_ratio(none, positive, -np.log(2.0)),
        within_beyond=_within_beyond(curves, whole, concentration, rope),
    )


def _within_beyond(curves: Curves, whole: Array, concentration: float, rope: float) -> LogFactor:
    """Weigh the interval null under a prior of ρ; ``whole`` is the fitted prior's marginal."""
    within = np.abs(curves.nodes) < rope
    inside = _marginal(curves, concentration, within) - whole
    outside = _marginal(curves, concentration, ~within) - whole
    return _log_ratio(inside, outside, -link_log_odds(rope, concentration))


def sweep(
    curves: Curves, concentration: float, rope: float | None = None
) -> tuple[PriorWidth, ...]:
    """Return the Bayes factor for no link under other priors of ρ, by exact reweighting.

    ``rope`` must be a break of the curves.
    """
    whole = _marginal(curves, concentration)
    found = []
    for other in WIDTHS:
        factor = _log_ratio(curves.at_zero - whole, _marginal(curves, other) - whole)
        sd = float(1.0 / np.sqrt(2.0 * other + 1.0))
        ceiling = _ceiling(curves, other).value
        mean, lower, upper = _posterior(curves, concentration, other)
        within = LogFactor(value=np.nan, mcse=np.nan)
        if rope is not None:
            within = _within_beyond(curves, whole, other, rope)
        found.append(
            PriorWidth(
                concentration=other,
                sd=sd,
                value=factor.value,
                mcse=factor.mcse,
                ceiling=ceiling,
                rho_mean=mean,
                rho_lower=lower,
                rho_upper=upper,
                within_beyond=within.value,
                within_beyond_mcse=within.mcse,
            )
        )
    return tuple(found)


def smallest_link(
    found: LogBayesFactor, concentration: float, odds: float, power: float = 0.8
) -> tuple[float, float]:
    """Return the smallest true link that would reach ``odds`` for a link with ``power``.

    Its Monte Carlo standard error, given beside it, is half of what it moves when the
    information is taken one of its own errors lower and higher.

    Near 0 the estimate of ρ is normal about the truth with variance 1/I. The Bayes
    factor for a link grows with the estimate; the answer is the estimate at which it
    reaches ``odds``, moved up by the normal quantile of ``power``. An approximation:
    a full design analysis simulates.
    """
    nodes, weights = quadrature((0.0,))
    density = link_density(nodes, concentration)
    estimates = np.linspace(0.0, 0.999, 2000)

    def reaches(information: float) -> float:
        curve = np.exp(-0.5 * information * (nodes[None, :] - estimates[:, None]) ** 2)
        linked = (curve * weights * density).sum(axis=1)
        log_odds = np.log(linked) + 0.5 * information * estimates**2
        # The odds rise with the estimate, so that it is found between two of the grid.
        reached = np.interp(np.log(odds), log_odds, estimates, right=1.0)
        return float(min(reached + norm.ppf(power) / np.sqrt(information), 1.0))

    lower, upper = (
        reaches(found.information + side * found.information_mcse) for side in (-1.0, 1.0)
    )
    return reaches(found.information), 0.5 * abs(upper - lower)


def _marginal(
    curves: Curves, concentration: float, where: NDArray[np.bool_] | None = None
) -> Array:
    """Return the log of the integral of likelihood times prior, over chain and draw."""
    keep = np.ones(curves.nodes.size, dtype=bool) if where is None else where
    prior = curves.weights[keep] * link_density(curves.nodes[keep], concentration)
    return np.asarray(logsumexp(curves.log_likelihood[..., keep], b=prior, axis=-1))


def _posterior(curves: Curves, fitted: float, other: float) -> tuple[float, float, float]:
    """Return mean and 95% interval of ρ under another prior, from the conditional densities."""
    prior = curves.weights * link_density(curves.nodes, other)
    logs = curves.log_likelihood - _marginal(curves, fitted)[..., None]
    mass = (np.exp(logs - logs.max()) * prior).mean(axis=(0, 1))
    mass = mass / mass.sum()
    # A node's mass lies about it: half of it is below.
    below = np.cumsum(mass) - 0.5 * mass
    low, high = np.interp([0.025, 0.975], below, curves.nodes)
    return float((mass * curves.nodes).sum()), float(low), float(high)


def _ceiling(curves: Curves, concentration: float) -> LogFactor:
    """Return the log of the largest Bayes factor for no link that was possible."""
    prior = curves.weights * link_density(curves.nodes, concentration)
    curve = np.exp(-0.5 * curves.information[..., None] * curves.nodes**2)
    return _log_ratio(-np.log((curve * prior).sum(axis=-1)), np.zeros(1))


def _log_ratio(over: Array, under: Array, shift: float = 0.0) -> LogFactor:
    """Return the log of mean(exp(over))/mean(exp(under)), shifted, and its Monte Carlo error."""
    tops = over.max(), under.max()
    above, below = np.exp(over - tops[0]), np.exp(under - tops[1])
    value = tops[0] - tops[1] + np.log(above.mean()) - np.log(below.mean())
    influence = above / above.mean() - below / below.mean()
    return LogFactor(value=float(value + shift), mcse=_error(influence))


def _error(drawn: Array) -> float:
    """Return the Monte Carlo standard error of a mean over chain and draw."""
    return float(np.asarray(az.mcse(drawn))) if np.ptp(drawn) > 0.0 else 0.0


def disagreement(bridge: LogFactor, savage_dickey: LogFactor) -> tuple[str, ...]:
    """State where two estimates of one Bayes factor are too far apart; nothing if they agree."""
    if bridge.agrees(savage_dickey, APART):
        return ()
    joint = math.hypot(bridge.mcse, savage_dickey.mcse)
    apart = abs(bridge.value - savage_dickey.value)
    many = f"{apart / joint:.1f}" if joint > 0.0 else "infinitely many"
    return (
        f"log Bayes factor {bridge.value:.2f} by bridge sampling, {savage_dickey.value:.2f} by "
        f"Savage-Dickey: {many} joint errors apart, above {APART:.0f}",
    )
