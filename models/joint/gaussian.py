r"""``gaussian``: a count's normal site with its variance, as the collapsed engine has it.

.. math:: y \sim N(z, V)

on the oriented standardised scale, z the cell's expectation. With it the joint engine has the
collapsed engine's posterior, so that a difference between the two is the sampler's, and a
difference between this and ``binomial`` is the approximation's. Rates without counts have
:math:`y \sim N(z, \mathrm{year\_sd}^2)` in every likelihood: with no sampling noise, what is
particular to the year is the whole of their residual.
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.joint.cells import Array, Cells

_LOG_2PI = float(np.log(2.0 * np.pi))


def log_likelihood(
    cells: Cells, expected: TensorVariable, variance: TensorVariable | Array
) -> TensorVariable:
    """Return the log density of every cell.

    Parameters
    ----------
    cells
        Cells of either kind.
    expected
        On the oriented standardised scale.
    variance
        Of the observation about it.
    """
    residual = cells.value - expected
    return -0.5 * (residual**2 / variance + pt.log(variance) + _LOG_2PI)
