r"""Correlation matrices from independent partial correlations, and own effects that use one.

A correlation matrix R of size n is written as :math:`R = TT^\top`, T lower triangular with
rows of length one. Row i holds partial correlations :math:`p_{ij}` (of i and j given the
variables before j),

.. math::

    T_{ij} = p_{ij}\,\textstyle\prod_{m<j}\sqrt{1 - p_{im}^2}, \qquad p_{ii} = 1,

and R has the LKJ(η) prior, density proportional to :math:`|R|^{\eta - 1}` and uniform over
correlation matrices at the default of 1, if the :math:`p_{ij}` are independent, stretched
Beta(α, α) with :math:`\alpha = \eta + (n - 2 - j)/2`, columns counted from 0 (Lewandowski,
Kurowicka and Joe 2009, doi:10.1016/j.jmva.2009.04.008, section 2.4). Each correlation then is
a stretched Beta(a, a) with :math:`a = \eta - 1 + n/2`: for 18 indicators at η = 1 its standard
deviation is 0.23.
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.prior_variables import place
from models.spec import PriorScales
from models.structures.placed import Effects

# Share of an own variance that stays uncorrelated: correlations are held below 0.99, so
# that a rate without sampling variance keeps a finite precision.
UNCORRELATED = 0.01


def correlation_root(share: TensorVariable, size: int) -> TensorVariable:
    """Turn partial correlations into T, (size, size).

    Parameters
    ----------
    share
        (p + 1)/2 of each partial correlation, row after row below the diagonal,
        (size·(size − 1)/2,).
    size
        Variables.
    """
    rows, columns = np.tril_indices(size, -1)
    zero, one = rows.size, rows.size + 1
    place = np.full((size, size), zero)
    place[rows, columns] = np.arange(rows.size)
    place[np.arange(size), np.arange(size)] = one
    # The last two entries stand for a partial correlation of 0 and of 1.
    partial = pt.concatenate([2.0 * share - 1.0, [0.0, 1.0]])[place]
    left = pt.log(pt.concatenate([4.0 * share * (1.0 - share), [1.0, 1.0]]))[place]
    before = np.triu(np.ones((size, size)), 1).T
    return partial * pt.exp(0.5 * (left[:, None, :] * before[None, :, :]).sum(axis=2))


def free_own_effects(effects: Effects, indicators: int, scales: PriorScales) -> Effects:
    """Let the indicators' own effects be correlated, under LKJ(η): Σ is then unrestricted."""
    share = place("own_partial_share", scales, size=indicators)
    own_sd = pt.sqrt(effects.own_variance)
    spread = float(np.sqrt(1.0 - UNCORRELATED)) * own_sd[:, None]
    return Effects(
        loading=pt.concatenate(
            [effects.loading, spread * correlation_root(share, indicators)], axis=1
        ),
        own_variance=UNCORRELATED * effects.own_variance,
    )
