"""Test quantities of a calibration: scalars of the parameters, and of parameters with data.

A quantity is ranked only if the model determines it: loadings of either sign or of several
factors are not, what they imply for the indicators is. The log likelihoods are functions of
parameters and data together; they see faults that no parameter alone shows (Modrák, Moon, Kim,
Bürkner, Huurre, Faltejsková, Gelman and Vehtari 2023, doi:10.1214/23-BA1404).
"""

import numpy as np
import xarray as xr

_AS_THEY_ARE = (
    "rho",
    "domain_link",
    "level",
    "deprivation_slope",
    "indicator_correlation",
    "cutpoints",
    "drift",
    "judgement_deprivation",
    "factor_partial_share",
)
_LOGARITHMS = ("own_sd", "year_sd", "region_sd")
_LIKELIHOODS = ("indicator_log_likelihood", "judgement_log_likelihood")
_AUTHORITIES = 3
_PARTIAL = 3


def quantities(posterior: xr.Dataset, *, positive_loadings: bool = False) -> xr.Dataset:
    """Gather the scalars to be ranked, over chain and draw.

    Parameters
    ----------
    posterior
        Draws of free variables and of what follows from them, with ``effectiveness`` and the
        log likelihoods by authority.
    positive_loadings
        Whether loadings have a sign, and may be ranked themselves.
    """
    found = {name: posterior[name] for name in _AS_THEY_ARE if name in posterior}
    found |= {
        f"log {name}": xr.DataArray(np.log(posterior[name]))
        for name in _LOGARITHMS
        if name in posterior
    }
    if positive_loadings:
        found["loading"] = posterior["loading"].isel(factor=0)
    if "own_partial_share" in posterior:
        found["own_partial_share"] = posterior["own_partial_share"].isel(
            indicator_pair=slice(_PARTIAL)
        )
    size = posterior.sizes["authority"]
    some = np.linspace(0, size - 1, _AUTHORITIES).round().astype(int)
    found["effectiveness"] = posterior["effectiveness"].isel(authority=some)
    found |= {name: posterior[name].sum("authority") for name in _LIKELIHOODS}
    found["log likelihood"] = found[_LIKELIHOODS[0]] + found[_LIKELIHOODS[1]]
    scalars = (one for name, values in found.items() for one in _scalars(name, values))
    return xr.Dataset(dict(scalars))


def _scalars(name: str, values: xr.DataArray) -> list[tuple[str, xr.DataArray]]:
    """Name each scalar of a vector after its coordinate."""
    values = values.transpose("chain", "draw", ...)
    if values.ndim == 2:
        return [(name, _bare(values))]
    dim = str(values.dims[2])
    labels = values[dim].values
    return [(f"{name} {label}", _bare(values[..., at])) for at, label in enumerate(labels)]


def _bare(values: xr.DataArray) -> xr.DataArray:
    """Drop what would clash between scalars."""
    return xr.DataArray(values.values, dims=("chain", "draw"))
