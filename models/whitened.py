r"""A compiled model in coordinates in which its posterior is nearly a standard normal.

NUTS adapts one step for each coordinate, and correlations between them make its paths long: a
level and its shifts from year to year, slopes of indicators that share factors. With
:math:`u = c + Lz`, c the highest point of the density and :math:`LL^\top` its inverse negative
Hessian there, z has neither. u is the model's own unconstrained vector x, but for what is
positive: its logarithm has a long tail where a standard deviation may be zero, and is put into
the coordinate of :mod:`models.affine` that has none, on the scale of its value at the highest
point. The density of z is that of x times the Jacobian, so that draws of x are of the same
posterior, and chains begin where the sampler's own would. On the published panel a path takes
half the steps, and slopes have three times the effective draws (docs/sensitivity.md).

Loadings that are determined up to a rotation have no curvature along it, and another direction
at each of its points. For them the Hessian is averaged over rotations: with
:math:`H_{ka,lb}` of indicators k, l and factors a, b it becomes
:math:`\tfrac1F \sum_a H_{ka,la}\,\delta_{ab}`, and nothing is left of it between loadings and
the other coordinates, so that no rotation moves the metric.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from nutpie.compile_pymc import CompiledPyMCModel
from scipy.linalg import solve_triangular
from scipy.special import log_ndtr
from threadpoolctl import threadpool_limits

from models.affine import expand, log_density
from models.density import Density
from models.peak import climb_roughly, negative_hessian

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Where the density is flat or curved upwards at its highest point: a standard deviation of 2.
_LEAST_CURVATURE = 0.25
# Newton's steps from below towards a concave function's value never pass it; twenty suffice from
# e-300 to e30 times the scale.
_NEWTON_STEPS = 30


def whitened(compiled: CompiledPyMCModel, rotating: bool, seed: int) -> CompiledPyMCModel:
    """Put a compiled model with its data in place into whitened coordinates.

    Parameters
    ----------
    compiled
        What :func:`models.sampling.compile_model` made.
    rotating
        Whether its ``loading`` is determined up to a rotation.
    seed
        Of the point from which the density is climbed.

    Returns
    -------
    CompiledPyMCModel
        For the sampler; its draws are of the same variables.
    """
    density = Density(compiled)
    start = density.initial(seed)
    loading = np.zeros((0, 0), dtype=np.int64)
    if rotating:
        loading = density.coordinates("loading").reshape(density.places["loading"][1])
        # At zero the loadings have no slope: every direction is the same.
        start[loading] += np.random.default_rng(seed).normal(0.0, 0.3, loading.shape)
    with threadpool_limits(1):
        top, _ = climb_roughly(density, start)
        scale = np.zeros(density.dimension)
        scale[density.logarithms] = np.exp(top[density.logarithms])
        straight = Density(_in_coordinates(compiled, _nowhere(scale)))
        centre, _ = climb_roughly(straight, _straighten(top, scale))
        order, blocks = _blocks(straight, centre, loading)
    root = np.zeros((order.size, order.size))
    begin, end = np.empty_like(order), np.empty_like(order)
    at = 0
    for block in blocks:
        where = slice(at, at + len(block))
        root[where, where] = block
        begin[where], end[where] = where.start, where.stop
        at = where.stop
    return _in_coordinates(compiled, _Coordinates(centre, order, root, begin, end, scale))


@dataclass(frozen=True, slots=True, eq=False)
class _Coordinates:
    """c, the order of L's rows, L, where blocks begin and end, and the scales of the positive."""

    centre: Array
    order: Indices
    root: Array
    begin: Indices
    end: Indices
    scale: Array


def _nowhere(scale: Array) -> _Coordinates:
    """Give coordinates that are u itself."""
    each = np.arange(scale.size)
    return _Coordinates(np.zeros(scale.size), each, np.eye(scale.size), each, each + 1, scale)


def _straighten(x: Array, scale: Array) -> Array:
    """Give u at x: :mod:`models.affine` the other way round."""
    u = x.copy()
    positive = scale > 0.0
    wanted = x[positive] - np.log(scale[positive])
    at = np.full(wanted.shape, -30.0)
    for _ in range(_NEWTON_STEPS):
        below = log_ndtr(at)
        beyond = at + np.exp(-0.5 * at**2 - below) / np.sqrt(2.0 * np.pi)
        at += (wanted - below - np.log(beyond)) * beyond
    u[positive] = at
    return u


def _blocks(density: Density, at: Array, loading: Indices) -> tuple[Indices, list[Array]]:
    """Give an order of the coordinates and the roots of its blocks: the rest, then each factor."""
    hessian = negative_hessian(density, at, np.arange(density.dimension))
    rest = np.setdiff1d(np.arange(density.dimension), loading)
    blocks = [_root_of_inverse(hessian[np.ix_(rest, rest)])]
    if loading.size:
        each = [hessian[np.ix_(column, column)] for column in loading.T]
        blocks += [_root_of_inverse(np.mean(each, axis=0))] * loading.shape[1]
    return np.concatenate([rest, loading.T.ravel()]).astype(np.int64), blocks


def _root_of_inverse(hessian: Array) -> Array:
    """Give the lower Cholesky factor of the inverse, flat directions kept within bounds."""
    values, vectors = np.linalg.eigh(hessian)
    return np.linalg.cholesky((vectors / np.maximum(values, _LEAST_CURVATURE)) @ vectors.T)


def _in_coordinates(compiled: CompiledPyMCModel, to: _Coordinates) -> CompiledPyMCModel:
    """Give the compiled model as a function of z."""
    columns, rows = np.ascontiguousarray(to.root.T), np.ascontiguousarray(to.root)
    kept = (to.centre, to.order, columns, rows, to.begin, to.end, to.scale, compiled.user_data)
    functions = (compiled.compiled_logp_func.address, compiled.compiled_expand_func.address)
    header = np.array([*functions, *(one.ctypes.data for one in kept)], dtype=np.int64)
    initial: Callable[[Any], Array] = compiled.initial_point_func

    def initial_point(seed: Any) -> Array:
        # What the header points at lives as long as this function.
        centre, order, _, rows, _, _, scale, _ = kept
        away = _straighten(np.asarray(initial(seed), dtype=float), scale) - centre
        return np.asarray(solve_triangular(rows, away[order], lower=True))

    return replace(
        compiled,
        compiled_logp_func=log_density(),
        compiled_expand_func=expand(),
        initial_point_func=initial_point,
        user_data=header,
    )
