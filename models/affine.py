r"""A compiled log density in other coordinates, as functions that the sampler calls.

:func:`log_density` and :func:`expand` give functions with the signatures of those that nutpie
compiles. They evaluate those at x, and take in the place of the model's data one record,
:data:`HEADER`, of addresses and sizes, which :func:`header` fills in.

From z to x in four steps, of which the log density takes the Jacobians, but for constants:

1. :math:`v = c + Lz`, L lower triangular.
2. Of v, first come the coordinates u that are no loadings, then those of the loadings Λ,
   (indicator, factor), which enter only through :math:`\Lambda\Lambda^\top`, so that one of all
   ΛQ, Q orthogonal, stands for all: :math:`\Lambda = UT + U'N`, with the columns of U and U' an
   orthonormal basis, N free, and T lower triangular and positive on its diagonal (Muirhead 1982,
   theorems 2.1.13 and 2.1.15, as in :mod:`models.rotation`). The volume of the others is
   :math:`\prod_a T_{aa}^{F-a}`. Where nothing rotates, F = 0.
3. A coordinate is :math:`x = u`, but for the logarithm of a positive variable, which has a scale κ
   and is

   .. math:: x = \log\kappa + \log\bigl(u\,\Phi(u) + \varphi(u)\bigr),

   and :math:`T_{aa}` is the exponential of that for a size κ of its own. The variable itself,
   :math:`e^x`, is then κ times the integral of :math:`\Phi` up to u: nearly κu where it is large.
   Where its density does not vanish at zero, as a half-normal's does not, u has a normal's tail
   there; its logarithm has an exponential's, in which a sampler wanders far. With
   :math:`r = \varphi(u)/\Phi(u)`, :math:`dx/du = 1/(u + r)`, whose logarithm, part of the density
   of u, has the derivative :math:`r - 1/(u + r)`; that of :math:`\log(dT_{aa}/du)` is r.
4. An effect σx, x standard normal, of which the data say that it is e with the information q, has
   x normal given σ, with the mean :math:`\sigma q e w^2` and the standard deviation
   :math:`w = (1 + \sigma^2 q)^{-1/2}`: as wide as its prior where σ is small and narrow where it
   is large, which no one step suits. It is that mean plus w times a coordinate whose width does
   not depend on σ (Papaspiliopoulos, Roberts and Sköld 2007, doi:10.1214/088342307000000014, for
   each σ the best of their parameterisations between the centred and the non-centred one). With
   m the mean and ζ the coordinate, :math:`dx/d\log\sigma = m(2w^2 - 1) - w(1 - w^2)\zeta`, and the
   derivative of :math:`\log w` is :math:`w^2 - 1`.
"""

import math
from collections.abc import Mapping
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

# It stands in the file of the functions that read it, by which Numba tells whether what it has
# compiled and kept is out of date.
ADDRESSES = (
    "log_density",  # of the model's own compiled functions
    "expand",
    "data",  # of the model
    "centre",  # c
    "columns",  # L by columns
    "rows",  # L by rows
    "rest",  # places in x of what is no loading
    "axes",  # [U, U']
    "sizes",  # of T's diagonal
    "scale",  # of each coordinate that is the logarithm of something positive, or 0
    "effects",  # places in x of effects
    "spreads",  # and of the logarithms of their standard deviations
    "information",  # that the data have of each effect
    "pull",  # and that times its estimate
)
SIZES = (
    "whole",  # length of x
    "loading_at",  # place in x of the first loading
    "indicators",  # shape of the loadings
    "factors",
    "effect_count",
)
HEADER = np.dtype([(name, np.int64) for name in (*ADDRESSES, *SIZES)])

_NUMBERS, _INTEGERS = types.CPointer(types.float64), types.CPointer(types.int64)
_HEADER = types.CPointer(numba.from_dtype(HEADER))
_INTEGER, _POINTER = ir.IntType(64), ir.IntType(8).as_pointer()
_compiled = numba.njit(cache=True, error_model="numpy")
# Only compiled code calls these: wrappers for Python would take a tenth of the compiling.
_inner = numba.njit(
    cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)


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


# Four columns or rows of L are taken at a time, which halves what is read and written; above its
# diagonal L holds zeros.
@_inner
def _place(z: Array, centre: Array, columns: Array) -> Array:
    """Return v at z."""
    v = centre.copy()
    whole = z.size // 4 * 4
    for j in range(0, whole, 4):
        a, b, c, d = columns[j], columns[j + 1], columns[j + 2], columns[j + 3]
        by_a, by_b, by_c, by_d = z[j], z[j + 1], z[j + 2], z[j + 3]
        for i in range(j, z.size):
            v[i] += by_a * a[i] + by_b * b[i] + by_c * c[i] + by_d * d[i]
    for j in range(whole, z.size):
        for i in range(j, z.size):
            v[i] += z[j] * columns[j, i]
    return v


@_inner
def _pull_back(by_v: Array, rows: Array, into: Array) -> None:
    """Turn a gradient by v into one by z."""
    into[:] = 0.0
    whole = by_v.size // 4 * 4
    for i in range(0, whole, 4):
        a, b, c, d = rows[i], rows[i + 1], rows[i + 2], rows[i + 3]
        by_a, by_b, by_c, by_d = by_v[i], by_v[i + 1], by_v[i + 2], by_v[i + 3]
        for j in range(i + 4):
            into[j] += by_a * a[j] + by_b * b[j] + by_c * c[j] + by_d * d[j]
    for i in range(whole, by_v.size):
        for j in range(i + 1):
            into[j] += by_v[i] * rows[i, j]


@_inner
def _rise(u: float) -> tuple[float, float]:
    """Return Φ and φ/Φ."""
    below = 0.5 * math.erfc(-u * math.sqrt(0.5))
    return below, math.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi) / below


@_compiled
def unfold(
    v: Array, rest: Indices, turn: Array, sizes: Array, loading: Array, u: Array
) -> tuple[float, Array, Array]:
    """Fill in u, of which ``loading`` is a part.

    Gives the log volume, and for T's diagonal the slopes and the log volume's derivatives.
    """
    for i in range(rest.size):
        u[rest[i]] = v[i]
    indicators, factors = loading.shape
    slope, bend = np.empty(factors), np.empty(factors)
    held = np.zeros((indicators, factors))
    volume, at = 0.0, rest.size
    for i in range(indicators):
        for j in range(min(i + 1, factors)):
            held[i, j] = v[at]
            at += 1
        if i < factors:
            below, ratio = _rise(held[i, i])
            slope[i] = sizes[i] * below
            held[i, i] = slope[i] * (held[i, i] + ratio)
            power = factors - 1 - i
            volume += power * math.log(held[i, i]) + math.log(slope[i])
            bend[i] = power * slope[i] / held[i, i] + ratio
    loading[:] = 0.0
    for k in range(indicators):
        for i in range(indicators):
            for j in range(factors):
                loading[k, j] += turn[k, i] * held[i, j]
    return volume, slope, bend


@_inner
def _fold(
    by_u: Array, rest: Indices, turn: Array, loading: Array, slope: Array, bend: Array, by_v: Array
) -> None:
    """Turn a gradient by u, of which ``loading`` is a part, into one by v."""
    for i in range(rest.size):
        by_v[i] = by_u[rest[i]]
    indicators, factors = loading.shape
    held = np.zeros((indicators, factors))
    for k in range(indicators):
        for i in range(indicators):
            for j in range(factors):
                held[i, j] += turn[k, i] * loading[k, j]
    at = rest.size
    for i in range(indicators):
        if i < factors:
            held[i, i] = held[i, i] * slope[i] + bend[i]
        for j in range(min(i + 1, factors)):
            by_v[at] = held[i, j]
            at += 1


@_compiled
def stretch(u: Array, scale: Array, slope: Array, bend: Array) -> float:
    """Turn u into x in place; give the sum of log dx/du, with dx/du and that sum's derivative.

    Where u is so low that x is no number it is not one.
    """
    total = 0.0
    for i in range(u.size):
        slope[i], bend[i] = 1.0, 0.0
        if scale[i] > 0.0:
            below, ratio = _rise(u[i])
            beyond = u[i] + ratio
            u[i] = math.log(scale[i]) + math.log(below) + math.log(beyond)
            slope[i] = 1.0 / beyond
            bend[i] = ratio - slope[i]
            total -= math.log(beyond)
    return total


@_compiled
def narrow(
    x: Array,
    effects: Indices,
    spreads: Indices,
    information: Array,
    pull: Array,
    width: Array,
    lean: Array,
) -> float:
    """Turn effects' coordinates into x in place; give the sum of log w.

    Of each effect, with the width w and the derivative by its log σ.
    """
    total = 0.0
    for i in range(effects.size):
        sd, coordinate = math.exp(x[spreads[i]]), x[effects[i]]
        share = 1.0 / (1.0 + sd * sd * information[i])
        mean = sd * pull[i] * share
        width[i] = math.sqrt(share)
        lean[i] = mean * (2.0 * share - 1.0) - width[i] * (1.0 - share) * coordinate
        x[effects[i]] = mean + width[i] * coordinate
        total += math.log(width[i])
    return total


@_inner
def _reach(
    z: Array, told: Any, x: Array, slope: Array, bend: Array, width: Array, lean: Array
) -> tuple[float, Array, Array]:
    """Fill in x at z, all four steps; give the log volume and what :func:`unfold` gives of T."""
    indicators, factors, effects = told.indicators, told.factors, told.effect_count
    loadings = slice(told.loading_at, told.loading_at + indicators * factors)
    v = _place(
        z,
        carray(_numbers_at(told.centre), (z.size,)),
        carray(_numbers_at(told.columns), (z.size, z.size)),
    )
    volume, slope_of_t, bend_of_t = unfold(
        v,
        carray(_integers_at(told.rest), (told.whole - indicators * factors,)),
        carray(_numbers_at(told.axes), (indicators, indicators)),
        carray(_numbers_at(told.sizes), (factors,)),
        x[loadings].reshape((indicators, factors)),
        x,
    )
    volume += stretch(x, carray(_numbers_at(told.scale), (told.whole,)), slope, bend)
    volume += narrow(
        x,
        carray(_integers_at(told.effects), (effects,)),
        carray(_integers_at(told.spreads), (effects,)),
        carray(_numbers_at(told.information), (effects,)),
        carray(_numbers_at(told.pull), (effects,)),
        width,
        lean,
    )
    return volume, slope_of_t, bend_of_t


def _log_density(dimension: Any, z: Any, gradient: Any, value: Any, header: Any) -> Any:
    """Evaluate the log density of z and its gradient."""
    size, told = types.int64(dimension), carray(header, (1,))[0]
    whole, effect_count = told.whole, told.effect_count
    indicators, factors = told.indicators, told.factors
    x, slope, bend = np.empty(whole), np.empty(whole), np.empty(whole)
    width, lean = np.empty(effect_count), np.empty(effect_count)
    volume, slope_of_t, bend_of_t = _reach(carray(z, (size,)), told, x, slope, bend, width, lean)
    if not math.isfinite(volume):
        return types.int64(1)
    by_x, height = np.zeros(whole), carray(value, (1,))
    code = _evaluate(
        told.log_density,
        whole,
        types.int64(x.ctypes.data),
        types.int64(by_x.ctypes.data),
        types.int64(height.ctypes.data),
        told.data,
    )
    height[0] += volume
    effects = carray(_integers_at(told.effects), (effect_count,))
    spreads = carray(_integers_at(told.spreads), (effect_count,))
    for i in range(effects.size):
        by_x[spreads[i]] += by_x[effects[i]] * lean[i] + width[i] * width[i] - 1.0
        by_x[effects[i]] *= width[i]
    for i in range(whole):
        by_x[i] = by_x[i] * slope[i] + bend[i]
    by_v = np.empty(size)
    loadings = slice(told.loading_at, told.loading_at + indicators * factors)
    _fold(
        by_x,
        carray(_integers_at(told.rest), (whole - indicators * factors,)),
        carray(_numbers_at(told.axes), (indicators, indicators)),
        by_x[loadings].reshape((indicators, factors)),
        slope_of_t,
        bend_of_t,
        by_v,
    )
    _pull_back(by_v, carray(_numbers_at(told.rows), (size, size)), carray(gradient, (size,)))
    return code


def _expand(dimension: Any, length: Any, z: Any, into: Any, header: Any) -> Any:
    """Fill in every variable at z."""
    size, told = types.int64(dimension), carray(header, (1,))[0]
    whole, effect_count = told.whole, told.effect_count
    x = np.empty(whole)
    _reach(
        carray(z, (size,)),
        told,
        x,
        np.empty(whole),
        np.empty(whole),
        np.empty(effect_count),
        np.empty(effect_count),
    )
    filled = carray(into, (types.int64(length),))
    return _fill(
        told.expand,
        whole,
        types.int64(length),
        types.int64(x.ctypes.data),
        types.int64(filled.ctypes.data),
        told.data,
    )


def header(arrays: Mapping[str, NDArray[Any]], numbers: Mapping[str, int]) -> NDArray[Any]:
    """Return the record that both functions are given as their data.

    Parameters
    ----------
    arrays
        Contiguous arrays by their names in :data:`HEADER`, which holds their addresses. Whoever
        asks keeps them.
    numbers
        The other fields: addresses of functions and data, and sizes.

    Raises
    ------
    ValueError
        If a field is missing, one is not of the header, or an array is not contiguous.
    """
    told = {name: one.ctypes.data for name, one in arrays.items()} | dict(numbers)
    if set(told) != set(HEADER.names or ()):
        apart = sorted(set(told) ^ set(HEADER.names or ()))
        raise ValueError(f"header: {', '.join(apart)}: missing, or no field of the header.")
    broken = [name for name, one in arrays.items() if not one.flags.c_contiguous]
    if broken:
        raise ValueError(f"header: {', '.join(broken)}: wanted arrays in one piece, by rows.")
    return np.array([tuple(told[name] for name in HEADER.names or ())], dtype=HEADER)


@cache
def log_density() -> Any:
    """Compile the log density where it is first asked for."""
    signature = types.int64(types.uint64, *[_NUMBERS] * 3, _HEADER)
    return numba.cfunc(signature, cache=True)(_log_density)


@cache
def expand() -> Any:
    """Compile the expansion where it is first asked for."""
    signature = types.int64(types.uint64, types.uint64, *[_NUMBERS] * 2, _HEADER)
    return numba.cfunc(signature, cache=True)(_expand)
