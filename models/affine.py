"""A compiled log density in affine coordinates, as functions that the sampler calls.

With :math:`x = c + L z`, rows of L in an order of their own and L made of lower triangular
blocks, :func:`log_density` and :func:`expand` give functions with the signatures of those that
nutpie compiles, which evaluate those at x, and take in the place of the model's data a header of
addresses: both functions, c, the order, L by columns and by rows, where each row's block begins
and each column's ends, and the model's data.
"""

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


@_compiled
def _place(z: Array, centre: Array, order: Indices, columns: Array, end: Indices) -> Array:
    """Give x at z."""
    moved = np.zeros(z.size)
    for j in range(z.size):
        along = columns[j]
        for i in range(j, end[j]):
            moved[i] += z[j] * along[i]
    x = centre.copy()
    for i in range(z.size):
        x[order[i]] += moved[i]
    return x


@_compiled
def _pull_back(gradient: Array, order: Indices, rows: Array, begin: Indices, into: Array) -> None:
    """Turn a gradient by x into one by z."""
    into[:] = 0.0
    for i in range(into.size):
        slope, row = gradient[order[i]], rows[i]
        for j in range(begin[i], i + 1):
            into[j] += slope * row[j]


def _log_density(dimension: Any, z: Any, gradient: Any, value: Any, header: Any) -> Any:
    """Evaluate the log density of x, and its gradient by z."""
    size, told = types.int64(dimension), carray(header, (9,))
    order = carray(_integers_at(told[3]), (size,))
    centre = carray(_numbers_at(told[2]), (size,))
    columns, rows = (
        carray(_numbers_at(told[4]), (size, size)),
        carray(_numbers_at(told[5]), (size, size)),
    )
    begin, end = carray(_integers_at(told[6]), (size,)), carray(_integers_at(told[7]), (size,))
    x = _place(carray(z, (size,)), centre, order, columns, end)
    slope, height = np.zeros(size), carray(value, (1,))
    code = _evaluate(
        told[0],
        size,
        types.int64(x.ctypes.data),
        types.int64(slope.ctypes.data),
        types.int64(height.ctypes.data),
        told[8],
    )
    _pull_back(slope, order, rows, begin, carray(gradient, (size,)))
    return code


def _expand(dimension: Any, length: Any, z: Any, into: Any, header: Any) -> Any:
    """Fill in every variable at z."""
    size, told = types.int64(dimension), carray(header, (9,))
    order = carray(_integers_at(told[3]), (size,))
    centre = carray(_numbers_at(told[2]), (size,))
    columns = carray(_numbers_at(told[4]), (size, size))
    end = carray(_integers_at(told[7]), (size,))
    x = _place(carray(z, (size,)), centre, order, columns, end)
    filled = carray(into, (types.int64(length),))
    return _fill(
        told[1],
        size,
        types.int64(length),
        types.int64(x.ctypes.data),
        types.int64(filled.ctypes.data),
        told[8],
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
