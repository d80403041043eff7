r"""The judgements' likelihood as a function of the link between paths, at draws of all else.

What is held at its draw are the indicators' parameters, so that effectiveness at the inspections
is :math:`N(h, S)`, the judgements' parameters other than β, and the readings' shares, whose prior
does not contain β. Then :math:`L_s(\beta)`, the likelihood of :mod:`models.dynamic.judged`, is
exact, and the conditional density of β follows by quadrature: the Rao-Blackwell estimate of the
posterior density at 0 that Savage-Dickey's ratio wants. :math:`\rho = \sqrt r\beta` is 0 where β
is. The ratio is one of densities of β and not of ρ: β is independent of r, so that no link leaves
r the prior that it has with one, as Savage-Dickey wants; given ρ = 0, r would not have it.

The information at 0, from which the ceiling of the Bayes factor follows, is taken from the
posterior: with V its variance of β and V₀ the prior's, :math:`I = 1/V - 1/V_0`, as if both were
normal and the spread at 0 were that where the posterior lies. (A curve's own would be too large,
since it holds the shares.)
"""

import arviz as az
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit, log_ndtr, logit
from scipy.stats import norm

from analysis.evidence.curves import Curves, quadrature
from models.dynamic.fit import CompiledDynamic, free_variables
from models.dynamic.inputs import DynamicInputs
from models.dynamic.judged import STEEP, judgement_data
from models.spec import Estimand

Array = NDArray[np.float64]

_MOST_DRAWS = 3000
# Panels of half a unit: the curves of hundreds of judgements are narrow.
_BREAKS = (-0.5, 0.0, 0.5)


def path_curves(
    compiled: CompiledDynamic, fit: xr.DataTree, inputs: DynamicInputs, rope: float
) -> Curves:
    """Evaluate the curves of β at about 3,000 draws of a fit.

    Parameters
    ----------
    compiled, inputs
        What was fitted.
    fit
        The fit.
    rope
        The limit of the interval null, no panel of the quadrature crosses it.
    """
    estimand: Estimand = fit.attrs["estimand"]
    drawn = free_variables(fit, _MOST_DRAWS)
    means, spreads = compiled.effectiveness(drawn, inputs, estimand)
    nodes, weights = quadrature((*_BREAKS, -rope, rope))
    at = np.append(nodes, 0.0)
    rows = drawn.stack(row=("chain", "draw"))
    judged = judgement_data(inputs, estimand == "adjusted")
    logs = np.array(
        [
            judgements_at(rows.isel(row=number), judged, means[number], spreads[number], at)
            for number in range(rows.sizes["row"])
        ]
    ).reshape(drawn.sizes["chain"], drawn.sizes["draw"], at.size)
    about = information(fit, compiled.spec.priors.link_concentration)
    return Curves(nodes, weights, logs[..., :-1], logs[..., -1], np.full(logs.shape[:2], about))


def information(fit: xr.DataTree, concentration: float, errors: float = 0.0) -> float:
    """Return the information on β at 0 that the posterior's spread tells of, none below 0.

    Parameters
    ----------
    fit
        The fit.
    concentration
        κ of the prior of β, whose variance is 1/(2κ + 1).
    errors
        So many Monte Carlo errors are added to the posterior's standard deviation first.
    """
    link = fit["posterior"]["quality_link"].transpose("chain", "draw").to_numpy()
    sd = float(link.std()) + errors * float(np.asarray(az.mcse(link, method="sd")))
    return max(1.0 / sd**2 - (2.0 * concentration + 1.0), 0.0)


def judgements_at(
    one: xr.Dataset,
    judged: dict[str, NDArray[np.float64] | NDArray[np.int64]],
    mean: Array,
    spread: Array,
    links: Array,
) -> Array:
    """Sum the judgements' log probabilities at each β, at one draw.

    Parameters
    ----------
    one
        The judgements' parameters and ``reading_share`` at the draw.
    judged
        What :func:`models.dynamic.judged.judgement_data` gives.
    mean, spread
        h, (slot, authority), and S, (slot, slot, authority).
    links
        Values of β.
    """
    used = np.asarray(judged["used"], dtype=float)
    framework, grade = judged["framework_of"], judged["grade"]
    share = np.full_like(used, 0.5)
    share[judged["slot"], judged["inspected"]] = one["reading_share"].values
    r = float(one["reliability"])
    square = links[:, None, None, None] ** 2
    beyond = float(one["quality_persistence"]) ** judged["inspections_apart"]
    whole = r * (square * spread + (1.0 - square) * beyond) * used[:, None] * used[None, :]
    # (link, authority, slot, slot)
    root = np.linalg.cholesky(np.moveaxis(whole, -1, 1) + (1.0 - r) * np.eye(len(used)))
    cutpoints = one["cutpoints"].transpose("framework", "cutpoint").values
    end = np.full((len(cutpoints), 1), np.inf)
    edges = np.concatenate([-end, cutpoints, end], axis=1)
    centre = (
        one["drift"].values[framework] * judged["years_from_mean"]
        + one["judgement_deprivation"].values[framework] * judged["deprivation_then"]
        + np.sqrt(r) * links[:, None, None] * mean
    )
    total = np.zeros(links.size)
    deviates = np.zeros((*centre.shape[::2], len(used)))
    for j in range(len(used)):
        shift = centre[:, j] + (root[:, :, j, :j] * deviates[..., :j]).sum(axis=-1)
        low, high = (
            (edges[framework[j], grade[j] + more] - shift) / root[:, :, j, j] for more in (0, 1)
        )
        logs = _log_between(low, high)
        if j + 1 < len(used):
            below, above = expit(STEEP * low), expit(STEEP * high)
            p = np.clip(below + share[j] * (above - below), 1e-12, 1.0 - 1e-12)
            deviates[..., j] = logit(p) / STEEP
            with np.errstate(divide="ignore"):
                weight = norm.logpdf(deviates[..., j]) - np.log(STEEP * p * (1.0 - p))
                weight += np.log(above - below)
            logs = np.where(used[j + 1] > 0.0, weight, logs)
        total += (logs * used[j]).sum(axis=1)
    return total


def _log_between(lower: Array, upper: Array) -> Array:
    """Return the log of the standard normal's probability between two bounds."""
    reflected = lower > -upper
    top = log_ndtr(np.where(reflected, -lower, upper))
    with np.errstate(divide="ignore"):
        low = log_ndtr(np.where(reflected, -upper, lower))
        return np.asarray(top + np.log(-np.expm1(low - top)))
