r"""The joint model's latent variables, in one of three forms of the same prior.

Every latent is a standard deviation times a standardised :math:`u \sim N(0, 1)`: the factors
f (standard deviation 1), what is each indicator's own and lasts, :math:`\delta_k = \psi_k u`,
and what is particular to a year, :math:`e_{kt} = \tau_k u`. What the sampler moves is

``non_centred``
    u itself;
``centred``
    the latent, :math:`\delta \sim N(0, \psi^2)`;
``informed``
    :math:`\xi = (u - m)/s`, where m and s are the mean and standard deviation of u given the
    data, the parameters and the latents before it, if the cells were Gaussian with their
    sites' variances V (:mod:`models.gaussian_sites`): first f (the other latents integrated out),
    then δ given f, then e given both. If the likelihood is ``gaussian`` too, the ξ are independent
    standard normals a posteriori whatever the parameters, and these have the geometry of the
    collapsed engine; with exact counts nearly so.

The last moves with parameters *and* data; it changes no posterior, since the density of ξ
carries the Jacobian: :math:`\log p(\xi) = \log N(u; 0, 1) + \log s`. Written as an amount to
be added to a standard normal prior of ξ that is

.. math:: \log s - \tfrac12 u^2 + \tfrac12 \xi^2 .

With :math:`w_{kt} = 1/(\tau_k^2 + V_{kt})`, :math:`S = \sum_t w`, :math:`B = \sum_t w r` of the
residuals r, :math:`q = 1/(1 + \psi^2 S)` and :math:`P = I + \Lambda^\top (qS) \Lambda`,

.. math::

    f &\sim N(P^{-1} \Lambda^\top q B,\; P^{-1}), \\
    \delta/\psi \mid f &\sim N(\psi q (B - S \Lambda f),\; q), \\
    e/\tau \mid f, \delta &\sim N(\tau w (r - \phi),\; V w).
"""

from dataclasses import dataclass
from typing import Literal

import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.joint.cells import Cells

Form = Literal["informed", "non_centred", "centred"]

_FACTORS, _OWN, _YEAR = "factor_latent", "own_latent", "year_latent"
LATENTS = (_FACTORS, _OWN, _YEAR)


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """What the Gaussian cells say, for the informed form: nothing but a place to look.

    Attributes
    ----------
    weight
        w of every cell, 0.0 where none is observed, (indicator, year, authority).
    residual
        r, the value less its level and what deprivation explains, same dimensions.
    """

    weight: TensorVariable
    residual: TensorVariable


@dataclass(frozen=True, slots=True, eq=False)
class Latents:
    """Latent variables in place.

    Attributes
    ----------
    factors
        f, (factor, authority).
    own
        δ, (indicator, authority).
    effects
        φ = Λf + δ, (indicator, authority).
    year
        e of the cells that have one, or None where none has.
    adjustment
        What their form adds to the log density.
    """

    factors: TensorVariable
    own: TensorVariable
    effects: TensorVariable
    year: TensorVariable | None
    adjustment: TensorVariable


def place_latents(
    form: Form,
    size: int,
    loading: TensorVariable,
    own_sd: TensorVariable,
    year_sd: TensorVariable | None,
    guide: Guide,
    cells: Cells,
) -> Latents:
    """Place the latent variables in the model at hand.

    Parameters
    ----------
    form
        What the sampler moves; no posterior depends on it.
    size
        Number of factors.
    loading, own_sd, year_sd
        Λ, (indicator, factor); ψ and τ, (indicator,). No τ, no e.
    guide
        What the informed form looks at.
    cells
        The cells that have an e.
    """
    informed = form == "informed"
    pooled = guide.weight.sum(axis=1)
    pull = (guide.weight * guide.residual).sum(axis=1)
    left = 1.0 / (1.0 + own_sd[:, None] ** 2 * pooled)

    z = pm.Normal(_FACTORS, dims=("latent_factor", "authority"))
    factors, adjustment = z, pt.zeros(())
    if informed:
        factors, adjustment = _informed_factors(z, loading, left * pooled, left * pull, size)
    common = (loading[:, :, None] * factors[None, :, :]).sum(axis=1)

    dims = ("indicator", "authority")
    if form == "centred":
        own = pm.Normal(_OWN, 0.0, own_sd[:, None], dims=dims)
    else:
        z = pm.Normal(_OWN, dims=dims)
        standard = z
        if informed:
            standard = own_sd[:, None] * left * (pull - pooled * common) + pt.sqrt(left) * z
            adjustment = adjustment + _moved(standard, z, left)
        own = own_sd[:, None] * standard
    effects = common + own
    if year_sd is None:
        return Latents(factors, own, effects, None, adjustment)

    sd = year_sd[cells.indicator]
    if form == "centred":
        year = pm.Normal(_YEAR, 0.0, sd, dims="cell")
    else:
        z = pm.Normal(_YEAR, dims="cell")
        standard = z
        if informed:
            weight = guide.weight.ravel()[cells.grid]
            residual = guide.residual.ravel()[cells.grid] - effects.ravel()[cells.effect]
            rest = cells.variance * weight
            standard = sd * weight * residual + pt.sqrt(rest) * z
            adjustment = adjustment + _moved(standard, z, rest)
        year = sd * standard
    return Latents(factors, own, effects, year, adjustment)


def _moved(
    standard: TensorVariable, z: TensorVariable, variance: TensorVariable
) -> TensorVariable:
    """Return what the log density gains where z stands for a standard normal u = m + s·z."""
    return 0.5 * (pt.log(variance) - standard**2 + z**2).sum()


def _informed_factors(
    z: TensorVariable,
    loading: TensorVariable,
    precision: TensorVariable,
    pull: TensorVariable,
    size: int,
) -> tuple[TensorVariable, TensorVariable]:
    """Return f and what its form adds, from qS and qB, (indicator, authority).

    The Cholesky factor of P is written out, authorities side by side: products and sums
    compile in a fraction of the time that calls of LAPACK take.
    """
    root: dict[tuple[int, int], TensorVariable] = {}
    half: list[TensorVariable] = []
    for a in range(size):
        for b in range(a + 1):
            cell = ((loading[:, a] * loading[:, b])[:, None] * precision).sum(axis=0)
            cell = cell - sum(root[a, j] * root[b, j] for j in range(b))
            root[a, b] = pt.sqrt(1.0 + cell) if a == b else cell / root[b, b]
        along = (loading[:, a, None] * pull).sum(axis=0)
        along = along - sum(root[a, j] * half[j] for j in range(a))
        half.append(along / root[a, a])
    factors: dict[int, TensorVariable] = {}
    for a in reversed(range(size)):
        total = half[a] + z[a] - sum(root[j, a] * factors[j] for j in range(a + 1, size))
        factors[a] = total / root[a, a]
    f = pt.stack([factors[a] for a in range(size)])
    logs = sum(pt.log(root[a, a]).sum() for a in range(size))
    return f, 0.5 * (z**2).sum() - 0.5 * (f**2).sum() - logs
