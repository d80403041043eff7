"""Prior and posterior densities of the parameters of the judgements."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import beta, gaussian_kde, halfnorm, norm

from analysis.figure_tables.draws import Array
from models.spec import ModelSpec, PriorScales

_POINTS = 121
_MOST = 2000
_POSITIVE = ("region_sd", "cutpoint_gap")

LAWS: dict[str, tuple[str, Callable[[PriorScales], Any]]] = {
    "rho": (
        "Link ρ",
        lambda scale: beta(scale.link_concentration, scale.link_concentration, loc=-1, scale=2),
    ),
    "judgement_deprivation": (
        "Judgement on deprivation",
        lambda scale: norm(0.0, scale.judgement_deprivation),
    ),
    "drift": ("Judgements’ drift, a year", lambda scale: norm(0.0, scale.drift)),
    "region_sd": ("SD between regions", lambda scale: halfnorm(0.0, scale.region_sd)),
    "first_cutpoint": (
        "Lowest cutpoint",
        lambda scale: norm(scale.first_cutpoint_mean, scale.first_cutpoint_sd),
    ),
    "cutpoint_gap": ("Gap to the next cutpoint", lambda scale: halfnorm(0.0, scale.cutpoint_gap)),
}
"""Label and prior of each, as :mod:`models.priors` states them."""


def prior_posterior(fit: xr.DataTree) -> pd.DataFrame:
    """Evaluate prior and posterior of each parameter on one grid.

    Returns
    -------
    pandas.DataFrame
        ``parameter``, ``label``, ``x``, the densities ``prior`` and ``posterior`` at it, and
        both standard deviations (``prior_sd``, ``posterior_sd``, the same in every row of
        a parameter); parameters that the fit does not have are left out.
    """
    scales = ModelSpec.model_validate_json(fit.attrs["specification"]).priors
    tables = []
    for name, draws in _parameters(fit["posterior"].to_dataset()).items():
        label, law = LAWS[name]
        prior = law(scales)
        kept = draws[:: -(-draws.size // _MOST)]
        positive = name in _POSITIVE
        x = _grid(prior, kept)
        tables.append(
            pd.DataFrame(
                {
                    "parameter": name,
                    "label": label,
                    "x": x,
                    "prior": prior.pdf(x),
                    "posterior": _density(kept, x, positive=positive),
                    "prior_sd": float(prior.std()),
                    "posterior_sd": float(draws.std(ddof=1)),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _parameters(posterior: xr.Dataset) -> dict[str, Array]:
    """Give the draws of each parameter that there is, flat; of vectors none."""
    found = {name: posterior[name] for name in LAWS if name in posterior}
    if "cutpoints" in posterior and posterior["cutpoints"].ndim == 3:
        found["first_cutpoint"] = posterior["cutpoints"].isel(cutpoint=0)
        found["cutpoint_gap"] = posterior["cutpoints"].diff("cutpoint").isel(cutpoint=0)
    return {
        name: np.asarray(found[name].values, dtype=float).ravel()
        for name in LAWS
        if name in found and found[name].ndim == 2
    }


def _grid(prior: Any, draws: Array) -> Array:
    """Span the posterior and all but a hundredth of the prior; all of it, where it ends."""
    low, high = prior.ppf([0.005, 0.995])
    ends = [float(end) for end in prior.support()]
    low = ends[0] if np.isfinite(ends[0]) else min(low, draws.min())
    high = ends[1] if np.isfinite(ends[1]) else max(high, draws.max())
    return np.linspace(float(low), float(high), _POINTS)


def _density(draws: Array, x: Array, *, positive: bool) -> Array:
    """Smooth the draws; what is positive is reflected at 0, where its density need not vanish."""
    if not positive:
        return np.asarray(gaussian_kde(draws)(x))
    density = gaussian_kde(np.concatenate([draws, -draws]))
    return np.asarray(2.0 * density(x))
