r"""Deprivation as the estimands hold it equal: left out, linear, or with bends.

A natural cubic spline of standardised deprivation x with knots at its 5%, 35%, 65% and 95%
quantiles (Harrell 2015, Regression Modeling Strategies, section 2.4.6) is x itself and two
bends,

.. math::

    b_j(x) = (x - t_j)_+^3 - (x - t_3)_+^3 \frac{t_4 - t_j}{t_4 - t_3}
        + (x - t_4)_+^3 \frac{t_3 - t_j}{t_4 - t_3}, \qquad j = 1, 2,

straight beyond the outer knots. What 1, x and the bend before explain of a bend over the
authorities is taken away and the rest has unit standard deviation: the slope on x keeps its
meaning and its prior, and the bends say by how much, and whether, the relation is not straight.
"""

import numpy as np
from numpy.typing import NDArray

from data.panel import PanelError

Array = NDArray[np.float64]

_QUANTILES = (0.05, 0.35, 0.65, 0.95)
BENDS = (1, 2)


def bends(x: Array) -> Array:
    """Return the bends of a natural cubic spline, (bend, authority).

    Parameters
    ----------
    x
        Standardised deprivation, (authority,).

    Raises
    ------
    PanelError
        If it takes too few values for a curve.
    """
    first, second, third, last = np.quantile(x, _QUANTILES)
    if not first < second < third < last or np.unique(x).size < len(_QUANTILES) + 1:
        raise PanelError(
            f"panel: deprivation takes {np.unique(x).size} values, too few or too alike for a "
            "curve. Say model.deprivation_form = 'linear'."
        )
    columns = [np.ones_like(x), x]
    for knot in (first, second):
        raw = (
            _cube(x - knot)
            - _cube(x - third) * (last - knot) / (last - third)
            + _cube(x - last) * (third - knot) / (last - third)
        )
        known = np.stack(columns, axis=1)
        rest = raw - known @ np.linalg.lstsq(known, raw, rcond=None)[0]
        columns.append(rest / rest.std())
    return np.stack(columns[2:])


def _cube(x: Array) -> Array:
    """Return the cube of the positive part."""
    return np.asarray(np.maximum(x, 0.0) ** 3)
