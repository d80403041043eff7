"""The compiled kernel as a PyTensor operation with its gradient.

PyTensor sees one node that turns parameters into log likelihoods and posterior
moments; its gradient is a second node. Under the numba backend both are calls to
:mod:`models.collapsed.kernel`, cached on disk with the rest of the model.
"""

from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key
from pytensor.tensor.variable import TensorVariable

from models.collapsed import kernel

# Raise when the kernel is called with other arguments: it is part of the key of the compiled code
# on disk, which calls the kernel by its name.
KERNEL_VERSION = 8

_DATA = 4  # y, variance, observed, x: no derivative is asked for
_PARAMETERS = 9


class _Collapse(Op):
    """Data and parameters to the log likelihood and the moments of θ."""

    __props__ = ()
    gufunc_signature = (
        "(k,t,n),(k,t,n),(k,t,n),(c,n),(k,t),(k,c),(k),(k),(k,f),(f),(k),(n),(n)"
        "->(n),(n),(n),(r,n)"
    )

    def make_node(self, *inputs: Any) -> Apply:
        """Return the types of the outputs: three vectors, and what the second node needs."""
        variables = [pt.as_tensor_variable(one) for one in inputs]
        return Apply(self, variables, [*(pt.dvector() for _ in range(3)), pt.dmatrix()])

    def perform(self, _node: Apply, inputs: list[Any], outputs: list[Any]) -> None:
        """Compute in Python mode, for tests and initial points."""
        for cell, value in zip(outputs, kernel.collapse(*inputs), strict=True):
            cell[0] = value

    def infer_shape(self, _node: Apply, shapes: list[Any]) -> list[Any]:
        """One entry an authority, and one column."""
        indicators, _, authorities = shapes[0]
        factors = shapes[_DATA + 5][0]
        rows = kernel.rows_kept.py_func(indicators, factors)
        return [*[(authorities,)] * 3, (rows, authorities)]

    def connection_pattern(self, _node: Apply) -> list[list[bool]]:
        """All outputs but the last depend, differentiably, on the parameters."""
        return [[False] * 4] * _DATA + [[True] * 3 + [False]] * _PARAMETERS

    def pullback(self, inputs: list[Any], outputs: list[Any], on_outputs: list[Any]) -> list[Any]:
        """Hand derivatives with respect to the outputs to the second node."""
        seeds = [
            pt.zeros_like(output) if isinstance(seed.type, DisconnectedType) else seed
            for output, seed in zip(outputs[:3], on_outputs[:3], strict=True)
        ]
        gradients = _collapse_gradient(*inputs, outputs[3], *seeds)
        return [disconnected_type() for _ in range(_DATA)] + list(gradients)

    L_op = pullback


class _CollapseGradient(Op):
    """What :func:`models.collapsed.kernel.collapse_gradient` computes."""

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        """Return the type of each derivative, which is that of its parameter."""
        variables = [pt.as_tensor_variable(one) for one in inputs]
        return Apply(
            self, variables, [one.type() for one in variables[_DATA : _DATA + _PARAMETERS]]
        )

    def perform(self, _node: Apply, inputs: list[Any], outputs: list[Any]) -> None:
        """Compute in Python mode."""
        for cell, value in zip(outputs, kernel.collapse_gradient(*inputs), strict=True):
            cell[0] = value

    def infer_shape(self, _node: Apply, shapes: list[Any]) -> list[Any]:
        """Shape each derivative like its parameter."""
        return shapes[_DATA : _DATA + _PARAMETERS]


_collapse = _Collapse()
_collapse_gradient = _CollapseGradient()


@register_funcify_default_op_cache_key(_Collapse)
def _compile_collapse(_op: Op, **_context: Any) -> tuple[Any, int]:
    return kernel.collapse, KERNEL_VERSION


@register_funcify_default_op_cache_key(_CollapseGradient)
def _compile_collapse_gradient(_op: Op, **_context: Any) -> tuple[Any, int]:
    return kernel.collapse_gradient, KERNEL_VERSION


def integrate_effects(
    data: tuple[TensorVariable, ...],
    alpha: TensorVariable,
    gamma: TensorVariable,
    tau2: TensorVariable,
    psi2: TensorVariable,
    loading: TensorVariable,
    g: TensorVariable,
    d: TensorVariable,
    effect_ratio: TensorVariable,
    year_ratio: TensorVariable,
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Integrate the authority effects out, inside a PyTensor graph.

    Parameters
    ----------
    data
        y, variance, observed and x of :func:`models.collapsed.kernel.collapse`; the
        other arguments are that function's too.

    Returns
    -------
    tuple
        Log likelihood, posterior mean of θ, and its variance less Σ ω²ψ², each over
        authorities, θ as a multiple of the root of ``effect_ratio``.
    """
    outputs = _collapse(*data, alpha, gamma, tau2, psi2, loading, g, d, effect_ratio, year_ratio)
    return outputs[0], outputs[1], outputs[2]
