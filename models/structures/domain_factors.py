r"""``domain_factors``: one factor for each domain, correlated, each with its own link.

:math:`\phi_k = \lambda_k F_{d(k)} + \delta_k`, where the factors :math:`F = T f` have the
correlation matrix :math:`\Phi = TT^\top` with an LKJ(η) prior
(:mod:`models.structures.correlation`). Effectiveness is their equally weighted sum,
:math:`\theta = \mathbf 1^\top F/\sqrt{\mathbf 1^\top\Phi\mathbf 1}`; the judgement may be
linked to every factor (:mod:`models.link`).

Loadings are positive, or free; then each factor's sign is chosen so that the loadings of its
domain have a positive sum.
"""

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.prior_variables import place
from models.spec import PriorScales
from models.structures.correlation import correlation_root
from models.structures.placed import Effects, Placed


def domain_loadings(
    size: TensorVariable, own_variance: TensorVariable, domain: np.ndarray, scales: PriorScales
) -> tuple[Effects, TensorVariable]:
    """Place the factors' correlations; give the effects, and each factor's axis on f.

    Parameters
    ----------
    size
        λ, (indicator,).
    own_variance
        ψ², (indicator,).
    domain
        Position of each indicator's domain.
    scales
        The configuration's numbers, for the prior of Φ.
    """
    domains = int(domain.max()) + 1
    share = place("factor_partial_share", scales, size=domains)
    root = correlation_root(share, domains)
    member = (domain[:, None] == np.arange(domains)[None, :]).astype(float)
    sign = pt.switch((size[:, None] * member).sum(axis=0) < 0.0, -1.0, 1.0)
    return Effects(size[:, None] * root[domain], own_variance), sign[:, None] * root


def place_domain_factors(effects: Effects, axes: TensorVariable) -> Placed:
    """Return what θ is, given the effects and the factors' axes."""
    missing = effects.loading.shape[1] - axes.shape[1]
    axes = pt.concatenate([axes, pt.zeros((axes.shape[0], missing))], axis=1)
    together = axes.sum(axis=0)
    return Placed(
        effects=effects,
        on_factors=together / pt.sqrt((together**2).sum()),
        on_own=pt.zeros_like(effects.own_variance),
        axes=axes,
    )
