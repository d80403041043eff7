"""The compiled likelihood of repeated judgements as PyTensor operations with their gradients.

Each gives the log likelihood by authority and, as further outputs, its derivatives, which the
gradient multiplies by what comes from above. Under the numba backend they are calls to
:mod:`models.repeated_judgements.kernel`.
"""

from typing import Any, ClassVar

import numba
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from models.repeated_judgements import kernel

# Raise with every change of the kernel: it is part of the key of the compiled code on disk.
KERNEL_VERSION = 1


class _RepeatedJudgementsOp(Op):
    """Inputs, authorities first, to the log likelihood by authority and its derivatives."""

    __props__ = ("logit",)
    # Places of the inputs by which there are derivatives, in the order of the outputs.
    sloped: ClassVar[tuple[int, ...]]

    def __init__(self, logit: bool) -> None:
        self.logit = logit

    def compute(self, *inputs: Any) -> tuple[Any, ...]:
        """Call the kernel."""
        raise NotImplementedError

    def make_node(self, *inputs: Any) -> Apply:
        """Return the types of the derivatives, which are those of their inputs."""
        variables = [pt.as_tensor_variable(one) for one in inputs]
        slopes = [
            pt.tensor(dtype="float64", shape=(None,) * variables[p].ndim) for p in self.sloped
        ]
        return Apply(self, variables, [pt.dvector(), *slopes])

    def perform(self, _node: Apply, inputs: list[Any], outputs: list[Any]) -> None:
        """Compute in Python mode, for tests and finished draws."""
        for cell, value in zip(outputs, self.compute(*inputs), strict=True):
            cell[0] = value

    def infer_shape(self, _node: Apply, shapes: list[Any]) -> list[Any]:
        """Shape each derivative like its input."""
        return [(shapes[0][0],), *(shapes[place] for place in self.sloped)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Only the log likelihood depends, differentiably, on the inputs."""
        others = [False] * len(self.sloped)
        return [[place in self.sloped, *others] for place in range(len(node.inputs))]

    def pullback(self, inputs: list[Any], outputs: list[Any], on_outputs: list[Any]) -> list[Any]:
        """Multiply the derivatives by those with respect to the log likelihood."""
        seed = on_outputs[0]
        found = [disconnected_type() for _ in inputs]
        if not isinstance(seed.type, DisconnectedType):
            for place, slope in zip(self.sloped, outputs[1:], strict=True):
                found[place] = seed.dimshuffle(0, *["x"] * (slope.type.ndim - 1)) * slope
        return found

    L_op = pullback


class OneJudgement(_RepeatedJudgementsOp):
    """What :func:`models.repeated_judgements.kernel.one_judgement` computes."""

    gufunc_signature = "(n,r),(n,r),(n,r),(n),(n),(n),(q),(q)->(n),(n,r),(n,r),(n),(n),(n)"
    sloped = (0, 1, 3, 4, 5)

    def compute(self, *inputs: Any) -> tuple[Any, ...]:
        """Call the kernel."""
        return kernel.one_judgement(*inputs, self.logit)


class SeveralJudgements(_RepeatedJudgementsOp):
    """What :func:`models.repeated_judgements.kernel.several_judgements` computes."""

    gufunc_signature = (
        "(n,r,m),(n,r,m),(n,r,m),(n,r),(n,m),(n),(n),(n),(q),(q),(g)"
        "->(n),(n,r,m),(n,r,m),(n,r),(n,m),(n),(n),(n)"
    )
    sloped = (0, 1, 3, 4, 5, 6, 7)

    def compute(self, *inputs: Any) -> tuple[Any, ...]:
        """Call the kernel."""
        return kernel.several_judgements(*inputs, self.logit)


@register_funcify_default_op_cache_key(OneJudgement)
def _compile_one(op: OneJudgement, **_context: Any) -> tuple[Any, int]:
    logit = op.logit

    @numba.njit
    def one(*arguments: Any) -> Any:
        return kernel.one_judgement(*arguments, logit)

    return one, KERNEL_VERSION


@register_funcify_default_op_cache_key(SeveralJudgements)
def _compile_several(op: SeveralJudgements, **_context: Any) -> tuple[Any, int]:
    logit = op.logit

    @numba.njit
    def several(*arguments: Any) -> Any:
        return kernel.several_judgements(*arguments, logit)

    return several, KERNEL_VERSION
