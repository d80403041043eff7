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
        Years between each moment of an inspection and each year of the grid,
        (moment, slot, year, authority).
    crossed
        Breaks between them, (pattern, moment, slot, year, authority).
    moments_apart
        Years between the moments of two inspections of an authority,
        (moment, moment, slot, slot, authority).
    moments_crossed
        Breaks between them, (pattern, moment, moment, slot, slot, authority).
    inspections_apart
        Years between two inspections of an authority, (slot, slot, authority).
    used
        1.0 where an authority has an inspection in the slot, (slot, authority).
    """

    pattern: NDArray[np.int64]
    between: Array
    breaks: Array
    apart: Array
    crossed: Array
    moments_apart: Array
    moments_crossed: Array
    inspections_apart: Array
    used: Array


def place_moments(inputs: DynamicInputs, lags: tuple[float, ...]) -> Moments:
    """Place the moments that a judgement is compared with.

    Parameters
    ----------
    inputs
        What the model conditions on.
    lags
        Years after each inspection (before it where negative), one for each moment.
    """
    cells, judged = inputs.cells, inputs.judgements
    grid = np.arange(len(cells.years), dtype=float)
    patterns, pattern = np.unique(cells.regime, axis=0, return_inverse=True)
    slots, authorities = int(judged.slot.max()) + 1, len(cells.authorities)
    when = np.zeros((slots, authorities))
    used = np.zeros((slots, authorities))
    when[judged.slot, judged.authority] = judged.when
    used[judged.slot, judged.authority] = 1.0
    moments = when[None] + np.asarray(lags)[:, None, None]
    nearest = np.clip(np.rint(moments), 0, grid.size - 1).astype(int)
    at = patterns[:, nearest]
    return Moments(
        pattern=pattern.reshape(-1).astype(np.int64),
        between=np.abs(grid[:, None] - grid),
        breaks=np.abs(patterns[:, :, None] - patterns[:, None, :]).astype(float),
        apart=np.abs(moments[:, :, None, :] - grid[:, None]),
        crossed=np.abs(at[:, :, :, None, :] - patterns[:, None, None, :, None]).astype(float),
        moments_apart=np.abs(moments[:, None, :, None] - moments[None, :, None, :]),
        moments_crossed=np.abs(at[:, :, None, :, None] - at[:, None, :, None, :]).astype(float),
        inspections_apart=np.abs(when[:, None] - when[None]),
        used=used,
    )


def power(base: TensorVariable, exponent: TensorVariable) -> TensorVariable:
    """Raise a persistence to many exponents at once."""
    return pt.exp(pt.log(base) * exponent)


def path_precision(persistence: TensorVariable, between: Array) -> TensorVariable:
    """Give Q, the tridiagonal precision of an AR(1) of unit variance, (year, year)."""
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
    """Give log|Q|."""
    return -(years - 1.0) * pt.log(1.0 - persistence**2)
