"""Draws of a fit as plain arrays."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Array = NDArray[np.float64]


def by_chain(fit: xr.DataTree, name: str) -> Array:
    """Return a variable's draws over chain, draw and what else it is over."""
    array = fit["posterior"][name].transpose("chain", "draw", ...)
    return np.asarray(array.values, dtype=float)


def thinned(fit: xr.DataTree, name: str, most: int) -> Array:
    """Return at most so many draws of a variable, evenly spaced, chains one after another."""
    draws = by_chain(fit, name)
    draws = draws.reshape(-1, *draws.shape[2:])
    return np.asarray(draws[:: -(-len(draws) // most)])
