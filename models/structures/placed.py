r"""The common form of every structure: effects of low rank plus diagonal, and θ linear in them.

The lasting effects of an authority on its K indicators are
:math:`\phi = \Lambda f + \delta`, :math:`f \sim N(0, I)`, :math:`\delta_k \sim N(0, \psi_k^2)`,
so that :math:`\Sigma = \Lambda\Lambda^\top + \mathrm{diag}(\psi^2)`, and effectiveness is
:math:`\theta = g^\top f + \omega^\top\delta` with unit variance.
"""

from dataclasses import dataclass, field

from pytensor.tensor.variable import TensorVariable


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Loadings Λ, (indicator, factor), and the own variances ψ², (indicator,)."""

    loading: TensorVariable
    own_variance: TensorVariable


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A structure in a model at hand.

    Attributes
    ----------
    effects
        Λ and ψ².
    on_factors, on_own
        g and ω of θ, which has unit variance.
    sign
        1 or -1, by which θ is oriented where its loadings have no sign of their own. θ jumps
        where the sign changes; ``sign`` times θ does not.
    axes
        Where a structure has several factors with a link each: every such factor as a unit
        vector on f, (domain, factor). None where the one link is that of θ.
    """

    effects: Effects
    on_factors: TensorVariable
    on_own: TensorVariable
    sign: TensorVariable | None = field(default=None)
    axes: TensorVariable | None = field(default=None)
