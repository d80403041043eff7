"""A dynamic posterior in seconds, for simulations: indicators at their maximum, then the rest.

The indicators' parameters are taken at the maximum of their own posterior, the judgements set
aside; given those, the judgements' parameters are sampled (:mod:`models.dynamic.given`). The
maximum needs a few hundred evaluations of the density, which are left to PyTensor's Python mode:
compiling the model for the sampler would take longer. No headline rests on it;
``docs/dynamic.md`` says how far it is from the whole model.
"""

import numpy as np
import pytensor
import xarray as xr
from numpy.typing import NDArray
from pytensor.compile.mode import Mode

from models.dynamic.build import WrittenDynamic, model_data
from models.dynamic.inputs import DynamicInputs
from models.posterior_mode import LaplaceError, climb_roughly
from models.spec import Estimand

Array = NDArray[np.float64]

_PYTHON = Mode(linker="py", optimizer="fast_compile")

# Of a Hessian's diagonal: how many times it is probed, and by which step.
_PROBES = 10
_STEP = 1e-4


class IndicatorsAlone:
    """The indicators' posterior density of a written model.

    Parameters
    ----------
    written
        The model; its data are set anew by every call.
    """

    def __init__(self, written: WrittenDynamic) -> None:
        model = written.model
        self._model = model
        self._density = model.logp_dlogp_function(ravel_inputs=True, mode=_PYTHON)
        self._free = pytensor.function(
            model.value_vars,
            model.replace_rvs_by_values(model.free_RVs),
            mode=_PYTHON,
            on_unused_input="ignore",
        )
        start = model.initial_point(random_seed=0)
        self._shapes = {name: np.shape(value) for name, value in start.items()}
        self.dimension = int(sum(np.size(value) for value in start.values()))

    def value_and_gradient(self, at: Array) -> tuple[float, Array]:
        """Give the log density and its gradient; minus infinity where it is not finite."""
        value, gradient = self._density(np.asarray(at, dtype=float))
        if not np.isfinite(value) or not np.isfinite(gradient).all():
            return -np.inf, np.zeros(self.dimension)
        return float(value), np.asarray(gradient, dtype=float)

    def maximise(self, inputs: DynamicInputs, estimand: Estimand, seed: int) -> xr.Dataset:
        """Find the maximum.

        Parameters
        ----------
        inputs, estimand
            Data of the shape for which the model was written, and what is held equal.
        seed
            Of the starting point.

        Returns
        -------
        xr.Dataset
            The free variables over one chain and one draw; the judgements' are at their priors'
            maximum.

        Raises
        ------
        LaplaceError
            If there is no finite maximum near the start.
        """
        data = model_data(inputs, estimand, 0.0)
        data["counted"] = np.zeros_like(data["counted"])
        for name, values in data.items():
            self._model.set_data(name, values)
        start = self._model.initial_point(random_seed=seed)
        # At zero the loadings have no slope: every direction is the same.
        rng = np.random.default_rng(seed)
        start["loading"] = rng.normal(0.2, 0.1, start["loading"].shape)
        begin = np.concatenate([np.ravel(start[one.name]) for one in self._model.value_vars])
        scaled = _Scaled(self, begin, self._scales(begin, rng))
        found, height = climb_roughly(scaled, np.zeros(self.dimension))
        mode = scaled.at(found)
        if not np.isfinite(height) or height < -1e299:
            raise LaplaceError("The indicators' density has no finite maximum near the start.")
        return self._constrained(mode)

    def _scales(self, at: Array, rng: np.random.Generator) -> Array:
        """Give a length for each coordinate: one over the root of its curvature, by probes.

        The diagonal of a Hessian H is the mean of v∘Hv over random signs v (Bekas, Kokiopoulou
        and Saad 2007, doi:10.1016/j.apnum.2007.01.003).
        """
        _, here = self.value_and_gradient(at)
        total = np.zeros(self.dimension)
        for _ in range(_PROBES):
            signs = rng.choice([-1.0, 1.0], self.dimension)
            _, there = self.value_and_gradient(at + _STEP * signs)
            total += signs * (here - there) / _STEP
        return np.asarray(1.0 / np.sqrt(np.maximum(np.abs(total) / _PROBES, 1.0)))

    def _constrained(self, at: Array) -> xr.Dataset:
        """Turn a vector into the free variables, over one chain and one draw."""
        model = self._model
        ends = np.cumsum([int(np.prod(self._shapes[one.name])) for one in model.value_vars])
        pieces = np.split(at, ends[:-1])
        values = self._free(
            *(
                piece.reshape(self._shapes[one.name])
                for one, piece in zip(model.value_vars, pieces, strict=True)
            )
        )
        dims = model.named_vars_to_dims
        return xr.Dataset(
            {
                one.name: (
                    ("chain", "draw", *dims.get(one.name, ())),
                    np.asarray(value)[None, None],
                )
                for one, value in zip(model.free_RVs, values, strict=True)
            }
        )


class _Scaled:
    """A density in coordinates from a point, each in a length of its own."""

    def __init__(self, whole: IndicatorsAlone, begin: Array, scale: Array) -> None:
        self._whole, self._begin, self._scale = whole, begin, scale
        self.dimension = whole.dimension

    def at(self, moved: Array) -> Array:
        """Give the point in the density's own coordinates."""
        return np.asarray(self._begin + self._scale * moved)

    def value_and_gradient(self, moved: Array) -> tuple[float, Array]:
        """Give the log density and its gradient."""
        value, gradient = self._whole.value_and_gradient(self.at(moved))
        return value, gradient * self._scale
