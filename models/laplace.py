r"""Nested Laplace approximation along one coordinate, or along two.

The vector of parameters is split into the coordinate r of interest, an outer coordinate s that
is far from normal (the logarithm of a standard deviation near zero), if there is one, and
the rest z. At each point of a grid z is maximised out and

.. math::

    \log \tilde p(r, s) = \log p(r, s, \hat z) - \tfrac12 \log |H| + \tfrac{d}{2}\log 2\pi,

with H the negative Hessian in the d coordinates of z (Tierney and Kadane 1986,
doi:10.1080/01621459.1986.10478240; Rue, Martino and Chopin 2009,
doi:10.1111/j.1467-9868.2008.00700.x). Splines through the grid's log densities give the
posterior of r and the log marginal likelihood; every other quantity comes from draws of the
mixture of the conditional normals.

Hessians are differences of the gradient. Those of the grid are computed whole at three
values of r and one of s; at other values of s only the rows of a named block, here the
judgements' parameters, are computed anew there. Between the three values of r, and a little
beyond, they are interpolated by a parabola. At a value of r beyond the grid one is computed
whole; the others differ from it in the block.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, RectBivariateSpline
from scipy.linalg import cho_solve
from threadpoolctl import threadpool_limits

from models.posterior_mode import (
    PosteriorMode,
    SmoothDensity,
    climb_to_mode,
    log_integral_of,
    negative_hessian,
    newton,
    renew_rows,
    root_of,
)

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# In conditional standard deviations about the maximum.
_GRID = np.linspace(-3.6, 3.6, 7)
_ANCHORS, _MIDDLE = (1, 3, 5), 3
_IN_TURN = (*_ANCHORS, 0, 2, 4, 6)
_FINE = 401


@dataclass(frozen=True, slots=True, eq=False)
class NestedLaplace:
    """A posterior approximated along a coordinate r, and an outer one s if there is one.

    Attributes
    ----------
    inner, outer
        The coordinates; ``outer`` is None where there is no outer one.
    inner_grid, outer_grid
        Where conditional normals were found; one empty value of s without an outer one.
    modes
        The conditional normals, by s and then by r.
    block
        Positions whose curvature changes with r and s.
    """

    inner: int
    outer: int | None
    inner_grid: Array
    outer_grid: Array
    modes: tuple[tuple[PosteriorMode, ...], ...]
    block: Indices

    def surface(self) -> tuple[Array, Array, Array]:
        """Return r and s on fine grids, and the log joint density of data, r and s there."""
        known = np.array([[mode.log_integral for mode in row] for row in self.modes])
        r = np.linspace(self.inner_grid[0], self.inner_grid[-1], _FINE)
        if self.outer is None:
            return r, self.outer_grid, CubicSpline(self.inner_grid, known[0])(r)[None, :]
        s = np.linspace(self.outer_grid[0], self.outer_grid[-1], _FINE)
        return r, s, RectBivariateSpline(self.outer_grid, self.inner_grid, known)(s, r)

    def density(self) -> tuple[Array, Array, float]:
        """Give r on a fine grid, its posterior density there, and the log marginal likelihood."""
        r, s, surface = self.surface()
        top = surface.max()
        joint = np.exp(surface - top)
        # Below the outer grid the likelihood is flat and the density falls as exp(s).
        along = joint[0] if self.outer is None else np.trapezoid(joint, s, axis=0) + joint[0]
        total = float(np.trapezoid(along, r))
        return r, along / total, float(top + np.log(total))

    def density_at(self, density: SmoothDensity, value: float) -> float:
        """Return the log joint density of data and r at one value of r, near or far.

        Raises
        ------
        LaplaceError
            If no maximum over the rest is found there.
        """
        r, s, surface = self.surface()
        if r[0] <= value <= r[-1]:
            along = CubicSpline(r, surface, axis=1)(value)
        else:
            edge = 0 if value < r[0] else -1
            with threadpool_limits(1):
                known = self._far(density, [row[edge] for row in self.modes[::2]], value)
            nested = self.outer is not None
            along = CubicSpline(self.outer_grid[::2], known)(s) if nested else np.array(known)
        top = along.max()
        weight = np.exp(along - top)
        total = weight[0] if self.outer is None else np.trapezoid(weight, s) + weight[0]
        return float(top + np.log(total))

    def _far(
        self, density: SmoothDensity, nearest: list[PosteriorMode], value: float
    ) -> list[float]:
        """Return the log integral over the rest at a value of r beyond the grid, for each s."""
        found, whole = [], None
        for near in nearest:
            at, log_density = _climb_far(density, near, self.inner, value)
            if whole is None:
                whole = negative_hessian(density, at, near.free)
            else:
                renew_rows(whole, density, at, self.block, near.free)
            found.append(log_integral_of(log_density, root_of(whole)))
        return found

    def draw(self, draws: int, rng: np.random.Generator) -> Array:
        """Draw whole vectors from the mixture of the conditional normals, (draw, dimension)."""
        r, s, surface = self.surface()
        weight = np.exp(surface - surface.max())
        if self.outer is not None:
            weight[0] += weight[0] / (s[1] - s[0])
        cell = rng.choice(weight.size, size=draws, p=(weight / weight.sum()).ravel())
        row, column = np.divmod(cell, r.size)
        drawn = np.empty((draws, self.modes[0][0].at.size))
        nearest_s = np.abs(s[row][:, None] - self.outer_grid).argmin(axis=1)
        nearest_r = np.abs(r[column][:, None] - self.inner_grid).argmin(axis=1)
        for i, modes in enumerate(self.modes):
            centre = CubicSpline(self.inner_grid, np.array([mode.at for mode in modes]))
            for j, mode in enumerate(modes):
                chosen = np.flatnonzero((nearest_s == i) & (nearest_r == j))
                drawn[chosen] = centre(r[column[chosen]])
                drawn[np.ix_(chosen, mode.free)] += mode.draw(chosen.size, rng)
        if self.outer is not None:
            drawn[:, self.outer] = s[row]
        return drawn


def nested_laplace(
    density: SmoothDensity,
    start: Array,
    inner: int,
    block: Indices,
    outer: tuple[int, Array] | None = None,
) -> NestedLaplace:
    """Approximate a posterior along one coordinate, or two.

    Parameters
    ----------
    density
        The log density of data and parameters.
    start
        A point near the maximum.
    inner
        Position of r.
    block
        Positions whose curvature changes with r and s.
    outer
        Position of s and its grid, ascending, or None.

    Raises
    ------
    models.posterior_mode.LaplaceError
        If no maximum is found, or the density is not curved downwards there.
    """
    held = [inner] if outer is None else [inner, outer[0]]
    free = np.setdiff1d(np.arange(density.dimension), held)
    with_inner = np.sort(np.append(free, inner))
    with threadpool_limits(1):
        begin = start.copy()
        if outer is not None:
            begin[outer[0]] = outer[1][len(outer[1]) // 2]
        hessian = negative_hessian(density, begin, with_inner)
        mode = climb_to_mode(density, begin, with_inner, hessian)
        unit = (with_inner == inner).astype(float)
        along = cho_solve((mode.root, True), unit)
        scale = float(np.sqrt(along @ unit))
        direction = np.zeros(density.dimension)
        direction[with_inner] = along / scale
        inner_grid = mode.at[inner] + scale * _GRID
        curvature = _Curvature(density, mode, direction, free, np.intersect1d(block, free))
        outer_grid = np.zeros(1) if outer is None else outer[1]
        rows: list[tuple[PosteriorMode, ...]] = [()] * outer_grid.size
        previous: tuple[PosteriorMode, ...] = ()
        for i in _outwards(outer_grid.size):
            if outer is not None and i == outer_grid.size // 2 - 1:
                previous = rows[outer_grid.size // 2]
            row = {}
            for position in _IN_TURN:
                near = previous[position] if previous else None
                begin = near.at.copy() if near else mode.at + direction * _GRID[position]
                begin[inner] = inner_grid[position]
                if outer is not None:
                    begin[outer[0]] = outer_grid[i]
                row[position] = curvature.climb(begin, position)
            previous = rows[i] = tuple(row[position] for position in range(_GRID.size))
    return NestedLaplace(
        inner,
        None if outer is None else outer[0],
        inner_grid,
        outer_grid,
        tuple(rows),
        np.intersect1d(block, free),
    )


def _outwards(size: int) -> list[int]:
    """Order a grid's positions from its middle to one end, then to the other."""
    middle = size // 2
    return [*range(middle, size), *range(middle - 1, -1, -1)]


class _Curvature:
    """Negative Hessians along r at one value of s: known at the anchors, a parabola between.

    All but the block's rows are those at the middle value of s.
    """

    def __init__(
        self,
        density: SmoothDensity,
        mode: PosteriorMode,
        direction: Array,
        free: Indices,
        block: Indices,
    ) -> None:
        self._density, self._free, self._block = density, free, block
        kept = np.isin(mode.free, free)
        at_mode = (mode.root @ mode.root.T)[np.ix_(kept, kept)]
        guide = root_of(at_mode)
        self._known = np.array(
            [
                at_mode
                if position == _MIDDLE
                else negative_hessian(
                    density,
                    newton(density, mode.at + direction * _GRID[position], free, guide)[0],
                    free,
                )
                for position in _ANCHORS
            ]
        )

    def climb(self, begin: Array, position: int) -> PosteriorMode:
        """Find the conditional normal at a point of the grid, the anchors' first of their row."""
        anchor = position in _ANCHORS
        root = self._at_anchor(begin, position) if anchor else self._between(position)
        at, log_density = newton(self._density, begin, self._free, root)
        if anchor:
            root = self._at_anchor(at, position)
        return PosteriorMode(at, self._free, root, log_integral_of(log_density, root))

    def _at_anchor(self, point: Array, position: int) -> Array:
        """Compute the block's rows anew at an anchor; give the root."""
        known = self._known[_ANCHORS.index(position)]
        renew_rows(known, self._density, point, self._block, self._free)
        return root_of(known)

    def _between(self, position: int) -> Array:
        """Return the root of the parabola through the anchors."""
        step, steps = _GRID[position], _GRID[list(_ANCHORS)]
        weights = [
            np.prod([(step - other) / (one - other) for other in steps if other != one])
            for one in steps
        ]
        return root_of(np.tensordot(weights, self._known, axes=1))


def _climb_far(
    density: SmoothDensity, near: PosteriorMode, inner: int, value: float
) -> tuple[Array, float]:
    """Find the maximum over the rest at a value of r beyond the grid."""
    at, log_density = near.at, 0.0
    for stop in np.linspace(near.at[inner], value, 4)[1:]:
        begin = at.copy()
        begin[inner] = stop
        at, log_density = newton(density, begin, near.free, near.root)
    return at, log_density
