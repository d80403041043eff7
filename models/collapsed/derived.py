"""What follows from the draws, evaluated for all of them after sampling.

The expressions beside a model (:class:`models.collapsed.build.WrittenModel`) are vectorised
over draws by PyTensor and run as they stand, without compiling: a few seconds for thousands
of draws, against half a minute that their compilation would take.
"""

from collections.abc import Sequence

import numpy as np
import pymc as pm
import pytensor
import xarray as xr
from numpy.typing import NDArray
from pytensor.compile.executor import Function
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Variable
from pytensor.graph.replace import vectorize_graph
from pytensor.graph.traversal import graph_inputs

from models.collapsed.build import WrittenModel
from models.inputs import ModelInputs
from models.link import Switches
from models.spec import Structure

# Draws evaluated at once: keeps arrays of indicator by authority by draw within tens of MB.
_AT_ONCE = 100


class DerivedQuantities:
    """The derived expressions of one written model, ready for draws."""

    def __init__(self, written: WrittenModel, structure: Structure) -> None:
        self._written, self._structure = written, structure
        model = written.model
        free = [str(variable.name) for variable in model.free_RVs]
        batched = [
            pytensor.tensor.tensor(name, dtype=variable.dtype, shape=(None, *variable.type.shape))
            for name, variable in zip(free, model.free_RVs, strict=True)
        ]
        self._batched = dict(zip(free, batched, strict=True))
        outputs = vectorize_graph(
            [expression for expression, _ in written.derived.values()],
            replace=dict(zip(model.free_RVs, batched, strict=True)),
        )
        self._outputs: dict[str, Variable] = dict(zip(written.derived, outputs, strict=True))
        self._functions: dict[tuple[str, ...], tuple[list[str], Function]] = {}

    def prepare(self) -> None:
        """Put the function of all expressions together, which the first evaluation does else."""
        self._function(tuple(self._outputs))

    def evaluate(
        self,
        posterior: xr.Dataset,
        inputs: ModelInputs,
        on: Switches,
        only: Sequence[str] | None = None,
    ) -> xr.Dataset:
        """Evaluate expressions at every draw.

        Parameters
        ----------
        posterior
            The free variables over chain and draw, as far as the expressions need them.
        inputs, on
            What the draws were conditioned on, or other data to evaluate them with.
        only
            Names of expressions; all of them if not given. The first evaluation of a selection
            puts its function together, which takes a tenth of a second, of all of them one.

        Returns
        -------
        xr.Dataset
            Over chain and draw, with the model's dimensions and coordinates.
        """
        with self._written.model:
            pm.set_data(inputs.data(on, self._structure))
        chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
        names = tuple(self._outputs if only is None else only)
        needed, evaluate = self._function(names)
        stacked = [
            posterior[name].values.reshape(chains * draws, *posterior[name].shape[2:])
            for name in needed
        ]
        parts = [
            evaluate(*(values[start : start + _AT_ONCE] for values in stacked))
            for start in range(0, chains * draws, _AT_ONCE)
        ]
        coords = {**self._written.model.coords, **posterior.coords}
        found = {}
        for position, name in enumerate(names):
            _, dims = self._written.derived[name]
            size = [len(coords[dim]) for dim in dims]
            values = np.concatenate([_drawn(part[position], size) for part in parts])
            found[name] = xr.DataArray(
                values.reshape(chains, draws, *size),
                dims=("chain", "draw", *dims),
                coords={dim: np.asarray(coords[dim]) for dim in ("chain", "draw", *dims)},
            )
        return xr.Dataset(found)

    def _function(self, names: tuple[str, ...]) -> tuple[list[str], Function]:
        """Return the function of a selection, put together once."""
        if names not in self._functions:
            self._functions[names] = self._compile(names)
        return self._functions[names]

    def _compile(self, names: Sequence[str]) -> tuple[list[str], Function]:
        """Return the free variables that expressions need, and their function."""
        outputs = [self._outputs[name] for name in names]
        ancestors = set(graph_inputs(outputs))
        needed = {name: at for name, at in self._batched.items() if at in ancestors}
        function = pytensor.function(
            list(needed.values()), outputs, mode=Mode(linker="py", optimizer="fast_compile")
        )
        return list(needed), function


def _drawn(values: NDArray[np.float64], size: list[int]) -> NDArray[np.float64]:
    """Repeat over draws what no draw changes."""
    values = np.asarray(values)
    return values if values.ndim > len(size) else np.broadcast_to(values, (1, *size))
