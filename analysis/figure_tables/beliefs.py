"""Prior and posterior densities of the parameters of the judgements."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import gaussian_kde, halfnorm, norm

from analysis.plots.link import prior_density
from models.spec import ModelSpec, PriorScales

Array = NDArray[np.float64]

_POINTS = 121
_MOST = 2000

LAWS: dict[str, tuple[str, Callable[[PriorScales, Array], Array]]] = {
    "rho": ("Link ρ", lambda scale, x: prior_density(x, scale.link_concentration)),
    "judgement_deprivation": (
        "Judgement on deprivation",
        lambda scale, x: norm(0.0, scale.judgement_deprivation).pdf(x),
    ),
    "drift": ("Judgements’ drift, a year", lambda scale, x: norm(0.0, scale.drift).pdf(x)),
    "region_sd": ("SD between regions", lambda scale, x: halfnorm(0.0, scale.region_sd).pdf(x)),
    "first_cutpoint": (
        "Lowest cutpoint",
        lambda scale, x: norm(scale.first_cutpoint_mean, scale.first_cutpoint_sd).pdf(x),
    ),
    "cutpoint_gap": (
        "Gap to the next cutpoint",
        lambda scale, x: halfnorm(0.0, scale.cutpoint_gap).pdf(x),
    ),
}
"""Label and prior density of each, as :mod:`models.priors` states them."""


def prior_posterior(fit: xr.DataTree) -> pd.DataFrame:
    """Evaluate prior and posterior of each parameter on one grid.

    Returns
    -------
    pandas.DataFrame
        ``parameter``, ``label``, ``x``, ``prior`` and ``posterior``; parameters that the
        fit does not have are left out.
    """
    scales = ModelSpec.model_validate_json(fit.attrs["specification"]).priors
    tables = []
    for name, draws in _parameters(fit["posterior"].to_dataset()).items():
        label, law = LAWS[name]
        kept = draws[:: -(-draws.size // _MOST)]
        positive = name in ("region_sd", "cutpoint_gap")
        x = _grid(name, scales, law, kept, positive=positive)
        tables.append(
            pd.DataFrame(
                {
                    "parameter": name,
                    "label": label,
                    "x": x,
                    "prior": law(scales, x),
                    "posterior": _density(kept, x, positive=positive),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _parameters(posterior: xr.Dataset) -> dict[str, Array]:
    """Give the draws of each parameter that there is, flat."""
    found = {name: posterior[name] for name in LAWS if name in posterior}
    if "cutpoints" in posterior:
        found["first_cutpoint"] = posterior["cutpoints"].isel(cutpoint=0)
        found["cutpoint_gap"] = posterior["cutpoints"].diff("cutpoint").isel(cutpoint=0)
    return {
        name: np.asarray(found[name].values, dtype=float).ravel()
        for name in LAWS
        if name in found and found[name].ndim == 2
    }


def _grid(
    name: str,
    scales: PriorScales,
    law: Callable[[PriorScales, Array], Array],
    draws: Array,
    *,
    positive: bool,
) -> Array:
    """Span the posterior and the bulk of the prior."""
    if name == "rho":
        return np.linspace(-1.0, 1.0, _POINTS)
    wide = np.linspace(-12.0, 12.0, 4801)
    inside = wide[law(scales, wide) > 0.02 * law(scales, wide).max()]
    low = 0.0 if positive else min(float(inside.min()), float(draws.min()))
    return np.linspace(low, max(float(inside.max()), float(draws.max())), _POINTS)


def _density(draws: Array, x: Array, *, positive: bool) -> Array:
    """Smooth the draws; what is positive is reflected at 0, where its density need not vanish."""
    if not positive:
        return np.asarray(gaussian_kde(draws)(x))
    density = gaussian_kde(np.concatenate([draws, -draws]))
    return np.asarray(2.0 * density(x))
