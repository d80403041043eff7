r"""``one_factor``: effectiveness is what all indicators have in common.

:math:`\theta = f_1`. A hypothesis that must earn its place: where the indicators agree only
weakly the factor follows the tightest cluster of them, and chains can settle on different
ones; :func:`analysis.evidence.convergence.modes` counts them.

Loadings are positive, or free. Free ones are determined up to a common sign, which is
chosen so that the standardised loadings have a positive sum: θ then rises with the
indicators on the whole, in every draw, and the two mirror images are one mode. What is
sampled is the link with the factor before its sign is chosen (:mod:`models.link`).
"""

import pytensor.tensor as pt

from models.structures.placed import Effects, Placed


def place_one_factor(effects: Effects) -> Placed:
    """Return what θ is; the factor is the first column of the loadings."""
    common = effects.loading[:, 0]
    variance = (effects.loading**2).sum(axis=1) + effects.own_variance
    sign = pt.switch((common / pt.sqrt(variance)).sum() < 0.0, -1.0, 1.0)
    first = pt.zeros_like(effects.loading[0])
    return Placed(
        effects=effects,
        on_factors=pt.set_subtensor(first[0], sign),
        on_own=pt.zeros_like(effects.own_variance),
        sign=sign,
    )
