r"""How much better the judgements are predicted with the link, from the linked fit alone.

The indicators' likelihood does not contain ρ, so draws of the linked model become draws of the
model without a link by the weights

.. math:: w_s \propto \frac{L_s(0)}{\int L_s(\rho)\,\pi(\rho)\,d\rho},

whose mean is the Bayes factor of Savage and Dickey (:mod:`analysis.evidence.bayes_factor`).
The score is of each judgement given every authority's indicators and the other judgements, as in a
run's own scores (:mod:`analysis.evidence.prediction`): only the judgement itself is left out, by
dividing the weights by its probability under the model that is scored, with the link
:math:`p_s(g_i \mid \rho_s)`, without it :math:`p_s(g_i \mid \rho = 0)`. The weights are Pareto
smoothed; where the shape k of any authority's is above the threshold, as with a strong link, the
difference is not given. Nor is it for repeated readings and sub-judgements, whose weights are not
known by authority. A second fit, without the link, would be exact and twice as dear.
"""

from dataclasses import dataclass

import numpy as np
from arviz_stats.base import array_stats
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp

from analysis.evidence.curves import MOST_DRAWS, Curves
from models.fitted import Fit
from models.priors import link_density

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Elpd with the link less without it.

    Attributes
    ----------
    difference, error
        In natural logarithms, summed over judged authorities, and its standard error; None
        where the weights cannot be relied on.
    pareto_k
        Largest of any authority's weights, with the link or without.
    """

    difference: float | None
    error: float | None
    pareto_k: float


def difference_without_link(fit: Fit, curves: Curves, concentration: float) -> Difference:
    """Compare predictions of the judgements with the link and without it.

    Parameters
    ----------
    fit
        A ``linked`` fit of the collapsed engine.
    curves
        Its :func:`analysis.evidence.curves.link_curves`, at some or all of its draws.
    concentration
        κ of the prior of ρ.
    """
    if not fit.integrated or not fit.judged_once:
        return Difference(None, None, float("nan"))
    linked = _with_link(fit)
    left_out, k_linked = _smoothed(-linked)
    with_link = logsumexp(left_out + linked, axis=0)
    prior = curves.weights * link_density(curves.nodes, concentration)
    weight = (curves.at_zero - logsumexp(curves.log_likelihood, b=prior, axis=-1)).ravel()
    pointwise = _without_link(fit)
    smoothed, k = _smoothed(weight[:, None] - pointwise)
    without = logsumexp(smoothed + pointwise, axis=0)
    worst = float(max(k.max(), k_linked.max()))
    threshold = min(1.0 - 1.0 / np.log10(weight.size), 0.7)
    if not worst <= threshold:
        return Difference(None, None, worst)
    difference = with_link - without
    error = float(np.sqrt(difference.size * difference.var(ddof=1)))
    return Difference(float(difference.sum()), error, worst)


def _with_link(fit: Fit) -> Array:
    """Return each judgement's log probability given its indicators, (draw, judged authority)."""
    judged = np.flatnonzero(fit.constant_data["judged"].values > 0)
    drawn = (
        fit.log_likelihood["judgement"]
        .isel(authority=judged)
        .transpose("chain", "draw", "authority")
    )
    return np.asarray(drawn.values.astype(float).reshape(-1, judged.size))


def _without_link(fit: Fit) -> Array:
    """Return each judgement's log probability at ρ = 0, (draw, judged authority).

    At the draws at which the curves are evaluated.
    """
    posterior, data = fit.posterior, fit.constant_data
    judged = np.flatnonzero(data["judged"].values > 0)
    every = -(-posterior.sizes["chain"] * posterior.sizes["draw"] // MOST_DRAWS)
    posterior = posterior.isel(draw=slice(None, None, every), authority=judged)
    cutpoints = posterior["cutpoints"].transpose("chain", "draw", "cutpoint").values
    predictor = posterior["judgement_predictor"].transpose("chain", "draw", "authority").values
    beyond = np.full((*cutpoints.shape[:2], 1), np.inf)
    edges = np.concatenate([-beyond, cutpoints, beyond], axis=-1)
    grade = data["grade"].values[judged]
    lower, upper = edges[..., grade] - predictor, edges[..., grade + 1] - predictor
    # From the side on which both tails are small.
    reflected = lower > -upper
    low, high = np.where(reflected, -upper, lower), np.where(reflected, -lower, upper)
    top = log_ndtr(high)
    with np.errstate(divide="ignore"):
        log_probability = top + np.log(-np.expm1(log_ndtr(low) - top))
    return np.asarray(log_probability.reshape(-1, judged.size), dtype=float)


def _smoothed(log_weights: Array) -> tuple[Array, Array]:
    """Return normalised Pareto smoothed log weights over draws, and k, for each authority."""
    columns, shapes = [], []
    for column in log_weights.T:
        # ArviZ takes a log likelihood and turns its sign itself.
        smoothed, shape = array_stats.psislw(-column, r_eff=1.0)
        columns.append(smoothed - logsumexp(smoothed))
        shapes.append(float(shape))
    return np.array(columns).T, np.array(shapes)
