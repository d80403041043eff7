r"""``composite``: effectiveness as a declared weighted sum of the authority's effects.

:math:`\theta = w^\top\phi` with weights on standardised effects,
:math:`w_k \propto v_k/\sqrt{\Sigma_{kk}}`, scaled so that :math:`w^\top\Sigma w = 1`. The
declared :math:`v` are equal by default, may give each domain the same total, or are named
one by one. Scaling by the implied variance matters: treating the indicators as independent
would shrink the link.
"""

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.structures.placed import Effects, Placed


def place_composite(effects: Effects, weight: TensorVariable | None) -> Placed:
    """Return what θ is, given the effects and the declared weights, (indicator,)."""
    if weight is None:
        raise TypeError("The composite needs a declared weight for each indicator.")
    variance = (effects.loading**2).sum(axis=1) + effects.own_variance
    standardised = weight / pt.sqrt(variance)
    # A product and a sum: a matrix product would call BLAS, whose wrapper compiles for 30 s.
    on_factors = (standardised[:, None] * effects.loading).sum(axis=0)
    total = (on_factors**2).sum() + (standardised**2 * effects.own_variance).sum()
    return Placed(
        effects=effects,
        on_factors=on_factors / pt.sqrt(total),
        on_own=standardised / pt.sqrt(total),
    )
