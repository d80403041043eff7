"""The adapter of nutpie: what alone imports it, with :mod:`models.light_wrappers`.

It compiles a PyMC model, evaluates what was compiled, puts other functions in its place
(:mod:`models.whitened`), and draws. What it relies on beyond nutpie's documentation is in
:data:`FIELDS` and in the signatures of the two compiled functions; ``pyproject.toml`` therefore
pins the minor version, and ``tests/test_sampler_contract.py`` fails where either has changed.
"""

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import nutpie
import pymc as pm
import xarray as xr
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel

from models.light_wrappers import use_light_wrappers

Array = NDArray[np.float64]
Adaptation = Literal["diag", "low_rank"]

# Of nutpie's compiled model, a dataclass: what is read here, and what is replaced.
FIELDS = (
    "compiled_logp_func",
    "compiled_expand_func",
    "initial_point_func",
    "shape_info",
    "shared_var_keys",
    "user_data",
    "dims",
    "_n_dim",
    "_coords",
)
# How nutpie names the dimension of the vector that it moves in.
MOVED = "unconstrained_parameter"

# Dimension, point, gradient, value, data; and dimension, length, point, everything, data. Both
# return 0, or a code where they fail.
_LOG_DENSITY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, *[ctypes.c_void_p] * 4)
_EXPAND = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_uint64] * 2, *[ctypes.c_void_p] * 3)

use_light_wrappers()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two compiled functions of a model and its data are in memory."""

    log_density: int
    expand: int
    data: int


class Compiled:
    """A compiled model with its data in place.

    Attributes
    ----------
    dimension
        Length of the unconstrained vector.
    parts
        Slice and shape of every value in the expanded vector, by nutpie's name. It begins with
        the model's own unconstrained vector.
    length
        Length of the expanded vector.
    dims, coords
        Dimensions by the variable's name, and labels by the dimension's.
    addresses
        Of the compiled functions and of their data.
    """

    def __init__(self, model: CompiledPyMCModel) -> None:
        self._model = model
        names, slices, shapes = model.shape_info
        self.dimension = int(model.n_dim)
        self.parts: dict[str, tuple[slice, tuple[int, ...]]] = {
            str(name): (where, tuple(shape))
            for name, where, shape in zip(names, slices, shapes, strict=True)
        }
        self.length = max(where.stop for where, _ in self.parts.values())
        self.dims: Mapping[str, tuple[str, ...]] = model.dims or {}
        self.coords: Mapping[str, Any] = model.coords or {}
        self.addresses = Addresses(
            log_density=model.compiled_logp_func.address,
            expand=model.compiled_expand_func.address,
            data=model.user_data.ctypes.data,
        )
        self._log_density = _LOG_DENSITY(self.addresses.log_density)
        self._expand = _EXPAND(self.addresses.expand)

    @property
    def data_names(self) -> set[str]:
        """Names of the data that :meth:`with_data` can replace."""
        return {str(variable.name) for variable in self._model.shared_var_keys}

    def with_data(self, **data: Any) -> "Compiled":
        """Return the model with other data in place, nothing compiled again."""
        return Compiled(self._model.with_data(**data))

    def initial(self, seed: Any) -> Array:
        """Return a starting point, drawn as nutpie draws its own."""
        return np.asarray(self._model.initial_point_func(seed), dtype=float)

    def log_density(self, at: Array, gradient: Array) -> float:
        """Return the log density at a point and fill in its gradient.

        Returns
        -------
        float
            Minus infinity where it is not finite; the gradient then holds anything.
        """
        value = np.zeros(1)
        code = self._log_density(
            self.dimension,
            at.ctypes.data,
            gradient.ctypes.data,
            value.ctypes.data,
            self.addresses.data,
        )
        return float(value[0]) if code == 0 else -np.inf

    def expand(self, at: Array, into: Array) -> None:
        """Fill in every value at a point."""
        self._expand(
            self.dimension, self.length, at.ctypes.data, into.ctypes.data, self.addresses.data
        )

    def replaced(
        self,
        *,
        dimension: int,
        log_density: Any,
        expand: Any,
        data: NDArray[Any],
        points_at: tuple[Any, ...],
        start: Callable[[Any], Array],
    ) -> "Compiled":
        """Return a model that evaluates other functions, of a vector of another length.

        Parameters
        ----------
        dimension
            Length of the vector that is sampled.
        log_density, expand
            Functions compiled by ``numba.cfunc``, with nutpie's own signatures. The expanded
            vector keeps its length and its names.
        data
            What both are given as their data, which may hold addresses.
        points_at
            What these addresses are of. It lives as long as the model, and so does this one.
        start
            Draws a starting point for a seed.
        """
        model = self._model
        # nutpie keeps the starting function, which thereby keeps what the data point at.
        initial_point = partial(_begin, start, (self, *points_at))
        return Compiled(
            replace(
                model,
                _n_dim=dimension,
                _coords={**(model.coords or {}), MOVED: np.arange(dimension)},
                compiled_logp_func=log_density,
                compiled_expand_func=expand,
                initial_point_func=initial_point,
                user_data=data,
            )
        )


def _begin(start: Callable[[Any], Array], _kept: tuple[Any, ...], seed: Any) -> Array:
    """Return a starting point, and have something else live as long."""
    return start(seed)


def compile_pymc(model: pm.Model) -> Compiled:
    """Compile a PyMC model; :func:`models.sampling.compile_model` says with which arithmetic."""
    return Compiled(nutpie.compile_pymc_model(model))


def sample(
    compiled: Compiled,
    *,
    chains: int,
    tune: int,
    draws: int,
    cores: int,
    target_accept: float,
    seed: int,
    tell: Callable[[int], None],
    adaptation: Adaptation = "diag",
) -> xr.DataTree:
    """Draw from the posterior by NUTS.

    Parameters
    ----------
    compiled
        The model with its data in place.
    chains, tune, draws, cores
        Chains, iterations of each before and after adaptation, and chains run at a time.
    target_accept
        Acceptance rate that the step size aims at.
    seed
        Of every random number.
    tell
        Called with the draws made so far over all chains, in a thread of its own.
    adaptation
        Of the metric. nutpie's ``flow`` is not among them: it calls a density compiled by JAX,
        and the kernels are compiled by Numba.

    Returns
    -------
    xr.DataTree
        With the groups ``posterior`` and ``sample_stats``, over chain and draw.
    """
    # By itself nutpie answers Ctrl-C with the draws made so far, as if they were all.
    under_way = nutpie.sample(
        compiled._model,
        draws=draws,
        tune=tune,
        chains=chains,
        cores=min(cores, chains),
        target_accept=target_accept,
        seed=seed,
        adaptation=adaptation,
        save_warmup=False,
        progress_bar=False,
        progress_callback=lambda each: tell(sum(chain.finished_draws for chain in each)),
        blocking=False,
    )
    try:
        return under_way.wait()
    except BaseException:
        under_way.cancel()
        raise
