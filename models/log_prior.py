"""The log prior density at the draws of a fit, group by group, for power scaling.

Each group is the sum of the log densities of its rows in :data:`models.priors.PRIORS`, evaluated
at what a fit keeps. Only what has a prior of its own enters: effects of regions and inspectors,
whose standard deviation is itself a parameter, do not, since scaling them would scale the model.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.fitted import Fit
from models.priors import PRIORS, Prior
from models.repeated_judgements.reliability import ReliabilityPrior
from models.spec import PriorScales
from models.structures.loadings import loading_prior

Array = NDArray[np.float64]


def log_priors(fit: Fit) -> xr.Dataset:
    """Compute the groups of the log prior at every draw.

    Parameters
    ----------
    fit
        Of a structure with a single link.

    Returns
    -------
    xr.Dataset
        Over chain and draw: ``link`` (ρ), ``reliability`` (r), ``judgement`` (cutpoints, drift,
        deprivation, spread of regions, and of inspectors; loadings of sub-judgements),
        ``indicators`` (levels, slopes, standard deviations of years) and ``structure`` (loadings,
        own standard deviations and what else effectiveness is made of). A group of which the fit
        keeps nothing is left out.
    """
    posterior = kept(fit)
    shape = posterior.sizes["chain"], posterior.sizes["draw"]
    parts: dict[str, Array] = {}
    for name in posterior.data_vars:
        prior = PRIORS[str(name)]
        density = _log_density(prior, fit.specification.priors, posterior)
        parts[prior.part] = parts.get(prior.part, np.zeros(shape)) + density
    coords = {dim: posterior[dim].values for dim in ("chain", "draw") if dim in posterior.coords}
    return xr.Dataset(
        {name: (("chain", "draw"), value) for name, value in parts.items()}, coords=coords
    )


def kept(fit: Fit) -> xr.Dataset:
    """Return the quantities of a fit that have a prior of their own, by the name of the prior.

    Cutpoints are taken apart into the lowest and the gaps. ρ and r have a prior only where the
    link is free.
    """
    posterior = fit.posterior
    found = {name: posterior[name] for name in PRIORS if name in posterior}
    if "loading" in found:
        prior = loading_prior(fit.variant.structure, fit.specification)
        found[prior] = found.pop("loading")
    if "cutpoints" in posterior:
        found["first_cutpoint"] = posterior["cutpoints"].isel(cutpoint=0, drop=True)
        gaps = posterior["cutpoints"].diff("cutpoint")
        found["cutpoint_gap"] = gaps.rename(cutpoint="gap").drop_vars("gap", errors="ignore")
    if not fit.linked:
        found = {
            name: one
            for name, one in found.items()
            if PRIORS[name].part not in ("link", "reliability")
        }
    return xr.Dataset(found)


def _log_density(prior: Prior, scales: PriorScales, posterior: xr.Dataset) -> Array:
    """Sum a quantity's log prior density over all but chain and draw."""
    values = _values(posterior[prior.name])
    if prior.name == "reliability":
        explained = _values(posterior["rho"]) ** 2
        w = (values - explained) / (1.0 - explained)
        return ReliabilityPrior.of(scales).log_density(w, explained)
    density = prior.log_density(scales, values)
    return np.asarray(density.reshape(*density.shape[:2], -1).sum(axis=-1))


def _values(array: xr.DataArray) -> Array:
    """Return values with chain and draw first."""
    return np.asarray(array.transpose("chain", "draw", ...).values, dtype=float)
