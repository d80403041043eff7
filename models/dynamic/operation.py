"""The compiled kernel of the dynamic model as a PyTensor operation with its gradient."""

from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key
from pytensor.tensor.variable import TensorVariable

from models.dynamic import adjoint, kernel

# Raise with every change of the kernel: it is part of the key of the compiled code on disk.
KERNEL_VERSION = 1

_DATA = 7  # y, variance, observed, x, span, pattern, slots: no derivative is asked for
_PARAMETERS = 11


class _CollapsePaths(Op):
    """Data and parameters to log likelihood, and what the indicators say at inspections."""

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        """Return the types of the outputs: by authority, by slot, by pair of slots."""
        variables = [pt.as_tensor_variable(one) for one in inputs]
        return Apply(self, variables, [pt.dvector(), pt.dmatrix(), pt.dtensor3()])

    def perform(self, _node: Apply, inputs: list[Any], outputs: list[Any]) -> None:
        """Compute in Python mode, for tests, initial points and finished draws."""
        for cell, value in zip(outputs, kernel.collapse(*inputs), strict=True):
            cell[0] = value

    def infer_shape(self, _node: Apply, shapes: list[Any]) -> list[Any]:
        """Take authorities from y, slots from the rows."""
        authorities, slots = shapes[0][2], shapes[_DATA + 9][0]
        return [(authorities,), (slots, authorities), (slots, slots, authorities)]

    def connection_pattern(self, _node: Apply) -> list[list[bool]]:
        """Every result depends on the parameters and not, differentiably, on the data."""
        return [[False] * 3] * _DATA + [[True] * 3] * _PARAMETERS

    def pullback(self, inputs: list[Any], outputs: list[Any], on_outputs: list[Any]) -> list[Any]:
        """Hand derivatives with respect to the outputs to the second node."""
        seeds = [
            pt.zeros_like(output) if isinstance(seed.type, DisconnectedType) else seed
            for output, seed in zip(outputs, on_outputs, strict=True)
        ]
        gradients = _collapse_paths_gradient(*inputs, *seeds)
        return [disconnected_type() for _ in range(_DATA)] + list(gradients)

    L_op = pullback


class _CollapsePathsGradient(Op):
    """What :func:`models.dynamic.adjoint.collapse_gradient` computes."""

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        """Return the type of each derivative, which is that of its parameter."""
        variables = [pt.as_tensor_variable(one) for one in inputs]
        return Apply(
            self, variables, [one.type() for one in variables[_DATA : _DATA + _PARAMETERS]]
        )

    def perform(self, _node: Apply, inputs: list[Any], outputs: list[Any]) -> None:
        """Compute in Python mode."""
        for cell, value in zip(outputs, adjoint.collapse_gradient(*inputs), strict=True):
            cell[0] = value

    def infer_shape(self, _node: Apply, shapes: list[Any]) -> list[Any]:
        """Shape each derivative like its parameter."""
        return shapes[_DATA : _DATA + _PARAMETERS]


_collapse_paths = _CollapsePaths()
_collapse_paths_gradient = _CollapsePathsGradient()


@register_funcify_default_op_cache_key(_CollapsePaths)
def _compile_collapse(_op: Op, **_context: Any) -> tuple[Any, int]:
    return kernel.collapse, KERNEL_VERSION


@register_funcify_default_op_cache_key(_CollapsePathsGradient)
def _compile_collapse_gradient(_op: Op, **_context: Any) -> tuple[Any, int]:
    return adjoint.collapse_gradient, KERNEL_VERSION


def integrate_paths(
    data: tuple[TensorVariable, ...], parameters: tuple[TensorVariable, ...]
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Integrate the paths out, inside a PyTensor graph.

    Parameters
    ----------
    data, parameters
        The first seven and the other eleven arguments of
        :func:`models.dynamic.kernel.collapse`, whose results these are.
    """
    likelihood, mean, spread = _collapse_paths(*data, *parameters)
    return likelihood, mean, spread
