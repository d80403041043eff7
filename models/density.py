"""The log posterior density of a compiled model as a function of its unconstrained vector.

The sampler's own compiled functions, called directly: what Laplace's approximation and
bridge sampling need, without compiling anything again. The unconstrained vector has the
free variables one after the other, each on the real line (logarithm of what is positive,
logit of what lies between two bounds), with the Jacobians of these transforms in the density.
"""

import ctypes
from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel
from scipy.special import logit

Array = NDArray[np.float64]

# Dimension, point, gradient, value, data; and dimension, length, point, everything, data.
_LOG_DENSITY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, *[ctypes.c_void_p] * 4)
_EXPAND = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_uint64] * 2, *[ctypes.c_void_p] * 3)
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

    def __init__(self, compiled: CompiledPyMCModel) -> None:
        self._compiled = compiled
        self.dimension = int(compiled.n_dim)
        names, slices, shapes = compiled.shape_info
        self._expanded = {
            str(name): (where, tuple(shape))
            for name, where, shape in zip(names, slices, shapes, strict=True)
        }
        # PyMC names an unconstrained value after its variable: own_sd_log__.
        self.places = {
            _variable(name): place
            for name, place in self._expanded.items()
            if place[0].stop <= self.dimension
        }
        logarithms = [
            np.arange(where.start, where.stop)
            for name, (where, _) in self._expanded.items()
            if where.stop <= self.dimension and _transform(name) == "log"
        ]
        self.logarithms = np.concatenate([*logarithms, np.arange(0)]).astype(np.int64)
        self._log_density = _LOG_DENSITY(compiled.compiled_logp_func.address)
        self._expand = _EXPAND(compiled.compiled_expand_func.address)
        self._data = compiled.user_data.ctypes.data

    def value_and_gradient(self, at: Array) -> tuple[float, Array]:
        """Give the log density and its gradient; minus infinity where it is not finite."""
        point = np.ascontiguousarray(at, dtype=float)
        value, gradient = np.zeros(1), np.zeros(self.dimension)
        code = self._log_density(
            self.dimension,
            point.ctypes.data,
            gradient.ctypes.data,
            value.ctypes.data,
            self._data,
        )
        if code != 0:
            return -np.inf, np.zeros(self.dimension)
        return float(value[0]), gradient

    def coordinates(self, name: str) -> NDArray[np.int64]:
        """Say where a free variable stands in the unconstrained vector."""
        where, _ = self.places[name]
        return np.arange(where.start, where.stop)

    def initial(self, seed: int) -> Array:
        """Give a starting point, drawn as the sampler draws its own."""
        return np.asarray(self._compiled.initial_point_func(seed), dtype=float)

    def constrain(self, points: Array) -> xr.Dataset:
        """Turn unconstrained vectors, (draw, dimension), into the free variables.

        Returns
        -------
        xr.Dataset
            Over one chain and the draws, on the scales on which priors are stated.
        """
        length = max(where.stop for where, _ in self._expanded.values())
        expanded = np.empty((len(points), length))
        for row, point in zip(expanded, np.ascontiguousarray(points, dtype=float), strict=True):
            self._expand(
                self.dimension,
                length,
                point.ctypes.data,
                row.ctypes.data,
                self._data,
            )
        dims, coords = self._compiled.dims or {}, self._compiled.coords or {}
        found = {}
        for name, (where, shape) in self._expanded.items():
            if _variable(name) != name and _variable(name) in self._expanded:
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
        for value, (where, shape) in self._expanded.items():
            if where.stop <= self.dimension:
                drawn = posterior[_variable(value)].transpose("chain", "draw", ...).values
                flat = drawn.reshape(chains, draws, int(np.prod(shape, dtype=int)))
                gathered[..., where] = _TRANSFORMS[_transform(value)](flat)
        return gathered


def _variable(value: str) -> str:
    """Give the name of the variable whose unconstrained value this is."""
    return value.removesuffix(f"_{_transform(value)}__")


def _transform(value: str) -> str:
    """Give the name of the transform in an unconstrained value's name."""
    if not value.endswith("__"):
        return ""
    return value.removesuffix("__").rpartition("_")[2]
