r"""A compiled log density in affine coordinates, as functions that the sampler calls.

With :math:`u = c + L z`, rows of L in an order of their own and L made of lower triangular
blocks, :func:`log_density` and :func:`expand` give functions with the signatures of those that
nutpie compiles, which evaluate those at x, and take in the place of the model's data a header of
addresses: both functions, c, the order, L by columns and by rows, where each row's block begins
and each column's ends, the scales of the positive, and the model's data.

A coordinate is :math:`x = u`, but for the logarithm of a positive variable, which has a scale κ
and is

.. math:: x = \log\kappa + \log\bigl(u\,\Phi(u) + \varphi(u)\bigr).

The variable itself, :math:`e^x`, is then κ times the integral of :math:`\Phi` up to u: nearly
κu where it is large, and where its density does not vanish at zero, as a half-normal's does not,
u has a normal's tail there. Its logarithm has an exponential's, in which a sampler wanders far.
With :math:`r = \varphi(u)/\Phi(u)`, :math:`dx/du = 1/(u + r)`, whose logarithm, part of the
density of u, has the derivative :math:`r - 1/(u + r)`.
"""

import math
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_NUMBERS, _INTEGERS = types.CPointer(types.float64), types.CPointer(types.int64)
_INTEGER, _POINTER = ir.IntType(64), ir.IntType(8).as_pointer()
_compiled = numba.njit(cache=True, error_model="numpy")


@intrinsic
def _numbers_at(_context: Any, address: Any) -> Any:
    """Take an address for that of numbers."""

    def generate(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.inttoptr(given[0], ir.DoubleType().as_pointer())

    return _NUMBERS(address), generate


@intrinsic
def _integers_at(_context: Any, address: Any) -> Any:
    """Take an address for that of integers."""

    def generate(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.inttoptr(given[0], _INTEGER.as_pointer())

    return _INTEGERS(address), generate


@intrinsic
def _evaluate(
    _context: Any, function: Any, size: Any, at: Any, gradient: Any, value: Any, data: Any
) -> Any:
    """Call a compiled log density: size, then the addresses of its four arguments."""

    def generate(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        kind = ir.FunctionType(_INTEGER, [_INTEGER, *[_POINTER] * 4])
        pointers = [builder.inttoptr(one, _POINTER) for one in given[2:]]
        call = builder.inttoptr(given[0], kind.as_pointer())
        return builder.call(call, [given[1], *pointers])

    return types.int64(function, size, at, gradient, value, data), generate


@intrinsic
def _fill(
    _context: Any, function: Any, size: Any, length: Any, at: Any, into: Any, data: Any
) -> Any:
    """Call a compiled expansion: size, length, then the addresses of its three arguments."""

    def generate(_target: Any, builder: Any, _signature: Any, given: Any) -> Any:
        kind = ir.FunctionType(_INTEGER, [_INTEGER, _INTEGER, *[_POINTER] * 3])
        pointers = [builder.inttoptr(one, _POINTER) for one in given[3:]]
        call = builder.inttoptr(given[0], kind.as_pointer())
        return builder.call(call, [given[1], given[2], *pointers])

    return types.int64(function, size, length, at, into, data), generate


# Four columns or rows of L are taken at a time, which halves what is read and written; outside
# its triangles L holds zeros.
@_compiled
def _place(z: Array, centre: Array, order: Indices, columns: Array, end: Indices) -> Array:
    """Give u at z."""
    moved = np.zeros(z.size)
    whole = z.size // 4 * 4
    for j in range(0, whole, 4):
        a, b, c, d = columns[j], columns[j + 1], columns[j + 2], columns[j + 3]
        by_a, by_b, by_c, by_d = z[j], z[j + 1], z[j + 2], z[j + 3]
        for i in range(j, end[j + 3]):
            moved[i] += by_a * a[i] + by_b * b[i] + by_c * c[i] + by_d * d[i]
    for j in range(whole, z.size):
        for i in range(j, end[j]):
            moved[i] += z[j] * columns[j, i]
    u = centre.copy()
    for i in range(z.size):
        u[order[i]] += moved[i]
    return u


@_compiled
def _stretch(u: Array, scale: Array, slope: Array, bend: Array) -> float:
    """Turn u into x in place; give the sum of log dx/du, with dx/du and that sum's derivative.

    Where u is so low that x is no number it is not one.
    """
    total = 0.0
    for i in range(u.size):
        slope[i], bend[i] = 1.0, 0.0
        if scale[i] > 0.0:
            below = 0.5 * math.erfc(-u[i] * math.sqrt(0.5))
            ratio = math.exp(-0.5 * u[i] * u[i]) / math.sqrt(2.0 * math.pi) / below
            beyond = u[i] + ratio
            u[i] = math.log(scale[i]) + math.log(below) + math.log(beyond)
            slope[i] = 1.0 / beyond
            bend[i] = ratio - slope[i]
            total -= math.log(beyond)
    return total


@_compiled
def _pull_back(gradient: Array, order: Indices, rows: Array, begin: Indices, into: Array) -> None:
    """Turn a gradient by u into one by z."""
    into[:] = 0.0
    slope = gradient[order]
    whole = slope.size // 4 * 4
    for i in range(0, whole, 4):
        a, b, c, d = rows[i], rows[i + 1], rows[i + 2], rows[i + 3]
        by_a, by_b, by_c, by_d = slope[i], slope[i + 1], slope[i + 2], slope[i + 3]
        for j in range(begin[i], i + 4):
            into[j] += by_a * a[j] + by_b * b[j] + by_c * c[j] + by_d * d[j]
    for i in range(whole, slope.size):
        for j in range(begin[i], i + 1):
            into[j] += slope[i] * rows[i, j]


def _log_density(dimension: Any, z: Any, gradient: Any, value: Any, header: Any) -> Any:
    """Evaluate the log density of u, and its gradient by z."""
    size, told = types.int64(dimension), carray(header, (10,))
    order = carray(_integers_at(told[3]), (size,))
    centre = carray(_numbers_at(told[2]), (size,))
    columns, rows = (
        carray(_numbers_at(told[4]), (size, size)),
        carray(_numbers_at(told[5]), (size, size)),
    )
    begin, end = carray(_integers_at(told[6]), (size,)), carray(_integers_at(told[7]), (size,))
    x = _place(carray(z, (size,)), centre, order, columns, end)
    slope, bend = np.empty(size), np.empty(size)
    stretched = _stretch(x, carray(_numbers_at(told[8]), (size,)), slope, bend)
    if not math.isfinite(stretched):
        return types.int64(1)
    by_x, height = np.zeros(size), carray(value, (1,))
    code = _evaluate(
        told[0],
        size,
        types.int64(x.ctypes.data),
        types.int64(by_x.ctypes.data),
        types.int64(height.ctypes.data),
        told[9],
    )
    height[0] += stretched
    for i in range(size):
        by_x[i] = by_x[i] * slope[i] + bend[i]
    _pull_back(by_x, order, rows, begin, carray(gradient, (size,)))
    return code


def _expand(dimension: Any, length: Any, z: Any, into: Any, header: Any) -> Any:
    """Fill in every variable at z."""
    size, told = types.int64(dimension), carray(header, (10,))
    order = carray(_integers_at(told[3]), (size,))
    centre = carray(_numbers_at(told[2]), (size,))
    columns = carray(_numbers_at(told[4]), (size, size))
    end = carray(_integers_at(told[7]), (size,))
    x = _place(carray(z, (size,)), centre, order, columns, end)
    _stretch(x, carray(_numbers_at(told[8]), (size,)), np.empty(size), np.empty(size))
    filled = carray(into, (types.int64(length),))
    return _fill(
        told[1],
        size,
        types.int64(length),
        types.int64(x.ctypes.data),
        types.int64(filled.ctypes.data),
        told[9],
    )


@cache
def log_density() -> Any:
    """Compile the log density where it is first asked for."""
    signature = types.int64(types.uint64, *[_NUMBERS] * 3, _INTEGERS)
    return numba.cfunc(signature, cache=True)(_log_density)


@cache
def expand() -> Any:
    """Compile the expansion where it is first asked for."""
    signature = types.int64(types.uint64, types.uint64, *[_NUMBERS] * 2, _INTEGERS)
    return numba.cfunc(signature, cache=True)(_expand)
