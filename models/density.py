"""The log posterior density of a compiled model as a function of its unconstrained vector.

The sampler's own compiled functions, called directly: what Laplace's approximation and
bridge sampling need, without compiling anything again. The unconstrained vector has the
free variables one after the other, each on the real line (logarithm of what is positive,
logit of what lies between two bounds), with the Jacobians of these transforms in the density.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import logit

from models.sampler import Compiled

Array = NDArray[np.float64]

# To the real line, by the names that PyMC gives its transforms.
_TRANSFORMS: dict[str, Callable[[Array], Array]] = {
    "": np.asarray,
    "log": np.log,
    "logodds": logit,
}


class Density:
    """The log posterior density of one compiled model with its data in place.

    Attributes
    ----------
    dimension
        Length of the unconstrained vector.
    places
        Slice and shape of each free variable in it, by the variable's name.
    logarithms
        Coordinates that are the logarithm of a positive variable.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self.dimension = compiled.dimension
        # PyMC names an unconstrained value after its variable: own_sd_log__.
        self.places = {
            _variable(name): place
            for name, place in compiled.parts.items()
            if place[0].stop <= self.dimension
        }
        logarithms = [
            np.arange(where.start, where.stop)
            for name, (where, _) in compiled.parts.items()
            if where.stop <= self.dimension and _transform(name) == "log"
        ]
        self.logarithms = np.concatenate([*logarithms, np.arange(0)]).astype(np.int64)

    def value_and_gradient(self, at: Array) -> tuple[float, Array]:
        """Return the log density and its gradient; minus infinity where it is not finite."""
        point = np.ascontiguousarray(at, dtype=float)
        gradient = np.zeros(self.dimension)
        value = self._compiled.log_density(point, gradient)
        return value, gradient if value > -np.inf else np.zeros(self.dimension)

    def coordinates(self, name: str) -> NDArray[np.int64]:
        """Return where a free variable stands in the unconstrained vector."""
        where, _ = self.places[name]
        return np.arange(where.start, where.stop)

    def initial(self, seed: int) -> Array:
        """Return a starting point, drawn as the sampler draws its own."""
        return self._compiled.initial(seed)

    def constrain(self, points: Array) -> xr.Dataset:
        """Turn unconstrained vectors, (draw, dimension), into the free variables.

        Returns
        -------
        xr.Dataset
            Over one chain and the draws, on the scales on which priors are stated.
        """
        expanded = np.empty((len(points), self._compiled.length))
        for row, point in zip(expanded, np.ascontiguousarray(points, dtype=float), strict=True):
            self._compiled.expand(point, row)
        parts, dims, coords = self._compiled.parts, self._compiled.dims, self._compiled.coords
        found = {}
        for name, (where, shape) in parts.items():
            if _variable(name) != name and _variable(name) in parts:
                continue
            own = tuple(dims.get(name, ()))
            found[name] = xr.DataArray(
                expanded[None, :, where].reshape(1, len(points), *shape),
                dims=("chain", "draw", *own),
                coords={dim: np.asarray(coords[dim]) for dim in own},
            )
        return xr.Dataset(found).assign_coords(chain=[0], draw=np.arange(len(points)))

    def unconstrain(self, posterior: xr.Dataset) -> Array:
        """Turn draws of the free variables into unconstrained vectors.

        Returns
        -------
        Array
            Over chain, draw and dimension.

        Raises
        ------
        KeyError
            If the draws lack a free variable; the message names it.
        """
        chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
        gathered = np.empty((chains, draws, self.dimension))
        for value, (where, shape) in self._compiled.parts.items():
            if where.stop <= self.dimension:
                drawn = posterior[_variable(value)].transpose("chain", "draw", ...).values
                flat = drawn.reshape(chains, draws, int(np.prod(shape, dtype=int)))
                gathered[..., where] = _TRANSFORMS[_transform(value)](flat)
        return gathered


def _variable(value: str) -> str:
    """Return the name of the variable whose unconstrained value this is."""
    return value.removesuffix(f"_{_transform(value)}__")


def _transform(value: str) -> str:
    """Return the name of the transform in an unconstrained value's name."""
    if not value.endswith("__"):
        return ""
    return value.removesuffix("__").rpartition("_")[2]
