r"""Paths over the years: what two moments of an authority have to do with each other.

Every path is stationary with unit variance and correlation :math:`\varphi^{|s-t|}` between
two moments s and t, in years: an AR(1) on the grid of years, and its continuous-time form, an
Ornstein-Uhlenbeck process, at any date between (Uhlenbeck and Ornstein 1930). An indicator's
own effect moreover keeps only the share κ across a break in the definition, so that its
correlation is :math:`\varphi^{|s-t|}\kappa^{b(s,t)}` with b the breaks between.

Indicators with breaks in the same years share a pattern. The years of an inspection's moment
follow the definition of the nearest point of the grid.
"""

from dataclasses import dataclass

import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from models.dynamic.inputs import DynamicInputs

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """When things happen, as arrays: everything that correlations are computed from.

    Attributes
    ----------
    pattern
        Which pattern of breaks each indicator has, (indicator,).
    between
        Years between two points of the grid, (year, year).
    breaks
        Breaks between two points of the grid, (pattern, year, year).
    apart
        Years between each inspection's moment and each year of the grid, (slot, year,
        authority).
    crossed
        Breaks between them, (pattern, slot, year, authority).
    pairs_crossed
        Breaks between the moments of two inspections of an authority, (pattern, slot, slot,
        authority).
    """

    pattern: NDArray[np.int64]
    between: Array
    breaks: Array
    apart: Array
    crossed: Array
    pairs_crossed: Array


def place_moments(inputs: DynamicInputs, lag: float) -> Moments:
    """Place the moments whose effectiveness judgements are compared with.

    Parameters
    ----------
    inputs
        What the model conditions on.
    lag
        Years after each inspection (before it where negative).
    """
    cells, judged = inputs.cells, inputs.judgements
    grid = np.arange(len(cells.years), dtype=float)
    patterns, pattern = np.unique(cells.regime, axis=0, return_inverse=True)
    moments = np.zeros((int(judged.slot.max()) + 1, len(cells.authorities)))
    moments[judged.slot, judged.authority] = judged.when
    moments += lag
    nearest = np.clip(np.rint(moments), 0, grid.size - 1).astype(int)
    at = patterns[:, nearest]
    return Moments(
        pattern=pattern.reshape(-1).astype(np.int64),
        between=np.abs(grid[:, None] - grid),
        breaks=np.abs(patterns[:, :, None] - patterns[:, None, :]).astype(float),
        apart=np.abs(moments[:, None, :] - grid[None, :, None]),
        crossed=np.abs(at[:, :, None, :] - patterns[:, None, :, None]).astype(float),
        pairs_crossed=np.abs(at[:, :, None] - at[:, None]).astype(float),
    )


def power(base: TensorVariable, exponent: TensorVariable) -> TensorVariable:
    """Raise a persistence to many exponents at once."""
    return pt.exp(pt.log(base) * exponent)


def path_precision(persistence: TensorVariable, between: Array) -> TensorVariable:
    """Return Q, the tridiagonal precision of an AR(1) of unit variance, (year, year)."""
    neighbours = (between == 1.0).astype(float)
    inner = np.diag((neighbours.sum(axis=0) > 1.0).astype(float))
    one = np.eye(between.shape[0]) + persistence**2 * inner - persistence * neighbours
    return one / (1.0 - persistence**2)


def krige(correlation: TensorVariable, persistence: TensorVariable) -> TensorVariable:
    """Multiply correlations with the years, (..., year, authority), by Q, without a product.

    The result a is the row by which a path's value at a moment is foreseen from its years.
    """
    zero = pt.zeros_like(correlation[..., :1, :])
    before = pt.concatenate([zero, correlation[..., :-1, :]], axis=-2)
    after = pt.concatenate([correlation[..., 1:, :], zero], axis=-2)
    ends = pt.concatenate(
        [pt.ones_like(zero), pt.zeros_like(correlation[..., 2:, :]), pt.ones_like(zero)], axis=-2
    )
    whole = (1.0 + persistence**2 * (1.0 - ends)) * correlation - persistence * (before + after)
    return whole / (1.0 - persistence**2)


def log_determinant(persistence: TensorVariable, years: int) -> TensorVariable:
    """Return log|Q|."""
    return -(years - 1.0) * pt.log(1.0 - persistence**2)
