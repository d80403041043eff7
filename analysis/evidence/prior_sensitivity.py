r"""How far what is reported moves with the priors.

Power scaling: a part of the prior or of the likelihood is raised to a power near 1 and the
posterior reweighted; the sensitivity is the rate at which a quantity's distribution moves, as
the cumulative Jensen-Shannon distance for a doubling of the power (Kallioinen, Paananen, Bürkner
and Vehtari 2024, doi:10.1007/s11222-023-10366-5). At 0.05 and above a quantity is called
sensitive, which that paper likens to a move of a quarter of a standard deviation or so.
Sensitive to a prior and to neither likelihood: the prior is strong, or the data are weak.
Sensitive to both: they may be in conflict. Parts of the prior are those of
:mod:`models.log_prior`, the likelihoods the integrated ones of indicators and judgements.

Sweeps: the link between quality itself and effectiveness, :math:`\rho/\sqrt r`, under other
prior means of the reliability r of one judgement. Where readings are repeated, the draws are
reweighted and Pareto k tells whether that serves; where they are not, the data say nothing of
r, whose prior, cut off below :math:`\rho^2`, is integrated at each draw of ρ. The sweep over the
width of ρ's own prior is that of :func:`analysis.evidence.bayes_factor.sweep`.
"""

import warnings
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats import psense
from numpy.typing import NDArray
from scipy import stats

from models.fitted import Fit
from models.log_prior import log_priors
from models.repeated_judgements.reliability import ReliabilityPrior

Array = NDArray[np.float64]

THRESHOLD = 0.05
MEANS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_QUANTITIES = (
    "rho",
    "reliability",
    "quality_link",
    "judgement_deprivation",
    "drift",
    "region_sd",
)
_LIKELIHOODS = ("indicators", "judgement")
# Even shares of the prior of r at each draw of ρ.
_SHARES = (np.arange(25) + 0.5) / 25


def power_scaling(fit: Fit) -> pd.DataFrame:
    """Return the sensitivity of reported quantities to each part of prior and likelihood.

    Parameters
    ----------
    fit
        A fit of the collapsed engine, of a structure with a single link.

    Returns
    -------
    pandas.DataFrame
        ``quantity``, ``group`` (prior or likelihood), ``part``, ``sensitivity``, and
        ``diagnosis`` of the quantity in words. A part that is the same at every draw has no
        row: nothing moves with it.
    """
    posterior = fit.posterior
    names = [name for name in _QUANTITIES if name in posterior]
    priors = log_priors(fit)
    likelihood = fit.log_likelihood.astype(float).sum("authority")
    tree = xr.DataTree.from_dict(
        {"posterior": posterior[names], "log_prior": priors, "log_likelihood": likelihood}
    )
    rows = []
    for group, logs in (("prior", priors), ("likelihood", likelihood[list(_LIKELIHOODS)])):
        for part, values in logs.data_vars.items():
            if np.ptp(values.values) == 0.0:
                continue
            with warnings.catch_warnings():
                # At powers of 0.99 and 1.01 the weights are near even; Pareto k would say so.
                warnings.filterwarnings("ignore", "Estimated shape parameter of Pareto")
                found: Any = psense(tree, var_names=names, group=group, group_var_names=[part])
            rows += [
                {
                    "quantity": name,
                    "group": group,
                    "part": str(part),
                    "sensitivity": float(np.asarray(found[name]).max()),
                }
                for name in names
            ]
    table = pd.DataFrame(rows)
    largest = table.pivot_table("sensitivity", "quantity", "group", aggfunc="max")
    told = {
        str(name): _diagnose(float(row["prior"]), float(row["likelihood"]))
        for name, row in largest.iterrows()
    }
    return table.assign(diagnosis=table["quantity"].map(told))


def reliability_sweep(fit: Fit, interval: float) -> pd.DataFrame:
    """Return the link with quality itself under other prior means of the reliability.

    Parameters
    ----------
    fit
        A ``linked`` fit of a structure with a single link.
    interval
        Probability of the central interval.

    Returns
    -------
    pandas.DataFrame
        By prior ``reliability_mean``: the ``reliability`` then, ``quality_link`` with interval
        and Monte Carlo error, the ``probability`` that it is positive, and ``pareto_k`` of the
        reweighting (empty where nothing is reweighted).
    """
    posterior, scales = fit.posterior, fit.specification.priors
    rho = posterior["rho"].transpose("chain", "draw").values.astype(float)
    repeated = "reliability" in posterior
    rows = []
    for mean in MEANS:
        prior = ReliabilityPrior.of(scales.model_copy(update={"reliability_mean": mean}))
        if repeated:
            reliability = posterior["reliability"].transpose("chain", "draw").values[..., None]
            weights, k = _reweighted(fit, prior, rho, reliability[..., 0])
        else:
            below = stats.beta.cdf(rho**2, prior.a, prior.b)[..., None]
            reliability = stats.beta.ppf(below + (1.0 - below) * _SHARES, prior.a, prior.b)
            weights, k = np.full(rho.shape, 1.0 / rho.size), float("nan")
        quality = rho[..., None] / np.sqrt(reliability)
        low, high = _quantiles(quality, weights, interval)
        by_draw = quality.mean(axis=-1)
        average = float((weights * by_draw).sum())
        influence = weights * weights.size * (by_draw - average)
        rows.append(
            {
                "reliability_mean": mean,
                "reliability": float((weights * reliability.mean(axis=-1)).sum()),
                "quality_link": average,
                "quality_link_lower": low,
                "quality_link_upper": high,
                "quality_link_mcse": float(np.asarray(az.mcse(influence))),
                "probability": float((weights * (rho > 0)).sum()),
                "pareto_k": k,
            }
        )
    return pd.DataFrame(rows)


def _reweighted(
    fit: Fit, prior: ReliabilityPrior, rho: Array, reliability: Array
) -> tuple[Array, float]:
    """Return smoothed weights of the draws under another prior of r, and their Pareto k."""
    w = (reliability - rho**2) / (1.0 - rho**2)
    before = log_priors(fit)["reliability"].transpose("chain", "draw").values
    ratio = prior.log_density(w, rho**2) - before
    if np.ptp(ratio) < 1e-9:
        # The prior that was fitted: nothing to reweigh.
        return np.full(rho.shape, 1.0 / rho.size), float("nan")
    logs = xr.DataArray(ratio, dims=("chain", "draw"))
    # ArviZ smooths ratios 1/L: a log likelihood of minus the ratio.
    smoothed, k = (-logs).azstats.psislw(dim=["chain", "draw"])
    weights = np.exp(smoothed.transpose("chain", "draw").values)
    return np.asarray(weights / weights.sum()), float(k)


def _quantiles(values: Array, weights: Array, interval: float) -> tuple[float, float]:
    """Return the ends of the central interval of weighted draws, (chain, draw, share)."""
    flat = values.ravel()
    each = np.broadcast_to(weights[..., None] / values.shape[-1], values.shape).ravel()
    order = np.argsort(flat)
    reached = np.cumsum(each[order])
    tails = np.array([(1.0 - interval) / 2.0, (1.0 + interval) / 2.0])
    places = np.minimum(np.searchsorted(reached, tails), flat.size - 1)
    low, high = flat[order][places]
    return float(low), float(high)


def _diagnose(prior: float, likelihood: float) -> str:
    """Put the largest sensitivities of one quantity into words."""
    if prior < THRESHOLD:
        return "not sensitive to the prior"
    if likelihood < THRESHOLD:
        return "strong prior or weak data"
    return "sensitive to prior and data: they may be in conflict"
