r"""What effectiveness is made of: θ as a linear functional of the authority's effects.

The lasting effects of an authority on its K indicators are
:math:`\phi \sim N(0, \Sigma)`, :math:`\Sigma = \Lambda\Lambda^\top + \mathrm{diag}(\psi^2)`.

``composite``
    :math:`\theta = w^\top\phi`, with weights equal on standardised effects,
    :math:`w_k \propto 1/\sqrt{\Sigma_{kk}}`, scaled so that
    :math:`w^\top\Sigma w = 1`. Scaling by the implied variance matters: treating the
    indicators as independent would shrink the link.
``one_factor``
    θ is the single factor; loadings are not negative.

Each structure is given to the engine as the coefficients that
:mod:`models.collapsed.kernel` wants: g on the factors, ω on the indicators' own effects.
"""

from dataclasses import dataclass

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.priors import free_loadings, positive_loadings
from models.spec import PriorScales, Structure


@dataclass(frozen=True, slots=True, eq=False)
class Functional:
    """Loadings and the coefficients of θ on factors and on the indicators' own effects."""

    loading: TensorVariable
    on_factors: TensorVariable
    on_own: TensorVariable


def place_structure(
    structure: Structure, scales: PriorScales, own_sd: TensorVariable
) -> Functional:
    """Place a structure's loadings in the model at hand, and say what θ is.

    Parameters
    ----------
    structure
        ``composite`` or ``one_factor``.
    scales
        Scales of the priors.
    own_sd
        Lasting standard deviation of each indicator's own effect, (indicator,).
    """
    if structure == "one_factor":
        return Functional(
            loading=positive_loadings(scales),
            on_factors=pt.ones(1),
            on_own=pt.zeros_like(own_sd),
        )
    loading = free_loadings(scales)
    weight = 1.0 / pt.sqrt((loading**2).sum(axis=1) + own_sd**2)
    # A product and a sum: a matrix product would call BLAS, whose wrapper compiles for 30 s.
    on_factors = (weight[:, None] * loading).sum(axis=0)
    scale = pt.sqrt((on_factors**2).sum() + (weight**2 * own_sd**2).sum())
    return Functional(loading=loading, on_factors=on_factors / scale, on_own=weight / scale)


def factors_of(structure: Structure, factors: int) -> int:
    """Say how many factors a structure has, where the specification says ``factors``."""
    return 1 if structure == "one_factor" else factors
