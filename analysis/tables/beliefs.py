"""Prior and posterior densities of the parameters of the judgements."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import gaussian_kde

from analysis.tables.draws import Array
from models.fitted import Fit
from models.log_prior import kept
from models.priors import PRIORS

_POINTS = 121
_MOST = 2000
_POSITIVE = ("region_sd", "cutpoint_gap")

SHOWN = ("rho", "judgement_deprivation", "drift", "region_sd", "first_cutpoint", "cutpoint_gap")
"""Names in :data:`models.priors.PRIORS`."""


def prior_posterior(fit: Fit) -> pd.DataFrame:
    """Evaluate prior and posterior of each parameter on one grid.

    Returns
    -------
    pandas.DataFrame
        ``parameter``, ``label``, ``x``, the densities ``prior`` and ``posterior`` at it, and
        both standard deviations (``prior_sd``, ``posterior_sd``, the same in every row of
        a parameter); parameters that the fit does not have are left out.
    """
    tables = []
    for name, draws in _parameters(kept(fit)).items():
        prior = PRIORS[name].law(fit.specification.priors)
        thinned = draws[:: -(-draws.size // _MOST)]
        positive = name in _POSITIVE
        x = _grid(prior, thinned)
        tables.append(
            pd.DataFrame(
                {
                    "parameter": name,
                    "label": PRIORS[name].label,
                    "x": x,
                    "prior": prior.pdf(x),
                    "posterior": _density(thinned, x, positive=positive),
                    "prior_sd": float(prior.std()),
                    "posterior_sd": float(draws.std(ddof=1)),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _parameters(posterior: xr.Dataset) -> dict[str, Array]:
    """Return the draws of each parameter that there is, flat: of the gaps the first.

    Where frameworks or judgements each have parameters of their own, none of those is shown.
    """
    found = {name: posterior[name] for name in SHOWN if name in posterior}
    if "cutpoint_gap" in found:
        found["cutpoint_gap"] = found["cutpoint_gap"].isel(gap=0)
    return {
        name: np.asarray(one.values, dtype=float).ravel()
        for name, one in found.items()
        if one.ndim == 2
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
