"""The log prior density at the draws of a fit, part by part, for power scaling.

The distributions are those that :mod:`models.priors` places, evaluated at what a fit keeps.
Only what has a prior of its own enters: effects of regions and inspectors, whose standard
deviation is itself a parameter, do not, since scaling them would scale the model.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from models.link_prior import link_density
from models.readings.reliability import ReliabilityPrior
from models.spec import ModelSpec

Array = NDArray[np.float64]


def log_priors(fit: xr.DataTree) -> xr.Dataset:
    """Evaluate the parts of the log prior.

    Parameters
    ----------
    fit
        Of a structure with a single link.

    Returns
    -------
    xr.Dataset
        Over chain and draw, without constants that no draw changes: ``link`` (ρ),
        ``reliability`` (r), ``judgement`` (cutpoints, drift, deprivation, spread of regions,
        and of inspectors; loadings of sub-judgements), ``indicators`` (levels, slopes,
        standard deviations of years) and ``structure`` (loadings and own standard
        deviations). A part that the fit does not have is left out.
    """
    spec = ModelSpec.model_validate_json(fit.attrs["specification"])
    scales, posterior = spec.priors, fit["posterior"].to_dataset()

    def total(name: str, sd: float, mean: float = 0.0) -> Array:
        """Sum a normal's log density, or a half-normal's, over all but chain and draw."""
        if name not in posterior:
            return np.zeros(1)
        return _sum(stats.norm.logpdf(_values(posterior[name]), mean, sd))

    cutpoints = _values(posterior["cutpoints"])
    gaps = np.diff(cutpoints, axis=-1)
    first = cutpoints[..., 0]
    a = scales.judgement_loading_mean * scales.judgement_loading_concentration
    loadings = np.zeros(1)
    if "judgement_loading" in posterior:
        b = scales.judgement_loading_concentration - a
        loadings = _sum(stats.beta.logpdf(_values(posterior["judgement_loading"]), a, b))
    parts = {
        "judgement": _sum(
            stats.norm.logpdf(first, scales.first_cutpoint_mean, scales.first_cutpoint_sd)
        )
        + _sum(stats.halfnorm.logpdf(gaps, scale=scales.cutpoint_gap))
        + total("drift", scales.drift)
        + total("judgement_deprivation", scales.judgement_deprivation)
        + total("region_sd", scales.region_sd)
        + total("inspector_sd", scales.inspector_sd)
        + loadings,
        "indicators": total("level", scales.level)
        + total("level_shift", scales.level_shift)
        + total("deprivation_slope", scales.deprivation_slope)
        + total("effect_size_slope", scales.size_slope)
        + total("year_size_slope", scales.size_slope)
        + total("year_sd", scales.year_sd),
        "structure": total("loading", scales.loading) + total("own_sd", scales.own_sd),
    }
    if "rho" in posterior and fit.attrs["link"] == "linked":
        rho = _values(posterior["rho"])
        parts["link"] = np.log(link_density(rho, scales.link_concentration))
        if "reliability" in posterior:
            prior = ReliabilityPrior.of(scales)
            w = (_values(posterior["reliability"]) - rho**2) / (1.0 - rho**2)
            parts["reliability"] = prior.log_density(w, rho**2)
    shape = posterior.sizes["chain"], posterior.sizes["draw"]
    coords = {dim: posterior[dim].values for dim in ("chain", "draw") if dim in posterior.coords}
    return xr.Dataset(
        {
            name: (("chain", "draw"), np.broadcast_to(value, shape))
            for name, value in parts.items()
        },
        coords=coords,
    )


def _values(array: xr.DataArray) -> Array:
    """Give values with chain and draw first."""
    return np.asarray(array.transpose("chain", "draw", ...).values, dtype=float)


def _sum(density: Array) -> Array:
    """Sum over all but chain and draw."""
    return np.asarray(density.reshape(*density.shape[:2], -1).sum(axis=-1))
