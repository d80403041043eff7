"""The parameters of the dynamic model and their priors.

Those that the static models share have the priors of :mod:`models.priors`, at the scales of
:class:`models.spec.PriorScales`: levels :math:`N(0, 0.3^2)`, one for each year of each
indicator, about the observed means; slopes on deprivation; loadings of either sign (Λ is
determined up to rotation, θ and ρ are not touched by it); half-normal ``own_sd`` and
``year_sd``; cutpoints, drift and slope on deprivation, here for each framework. What only paths
have is in :class:`models.dynamic.spec.PathPriors`.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.dynamic.inputs import DynamicInputs
from models.dynamic.spec import DynamicEstimand, DynamicSpec
from models.priors import free_loadings
from models.structures.composite import place_composite
from models.structures.placed import Effects, Placed


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """What the model's expressions are made of.

    Attributes
    ----------
    level
        (indicator, year); 0 where no authority has a cell.
    deprivation_slope, year_variance, own_variance
        (indicator,).
    loading, on_factors, on_own
        Λ, and g and ω of effectiveness.
    factor_persistence, own_persistence, quality_persistence, across_break
        Scalars between 0 and 1.
    reliability, quality_variance
        r, and the variance of δ's part of √r·q.
    on_factor_path, on_own_path
        Coefficients of √r·q on the factors' and own parts of θ at each moment, (moment,).
    cutpoints, drift, judgement_deprivation
        By framework: (framework, cutpoint) and (framework,).
    """

    level: TensorVariable
    deprivation_slope: TensorVariable
    year_variance: TensorVariable
    own_variance: TensorVariable
    loading: TensorVariable
    on_factors: TensorVariable
    on_own: TensorVariable
    factor_persistence: TensorVariable
    own_persistence: TensorVariable
    quality_persistence: TensorVariable
    across_break: TensorVariable
    reliability: TensorVariable
    quality_variance: TensorVariable
    on_factor_path: TensorVariable
    on_own_path: TensorVariable
    cutpoints: TensorVariable
    drift: TensorVariable
    judgement_deprivation: TensorVariable


def place_parameters(
    spec: DynamicSpec, estimand: DynamicEstimand, inputs: DynamicInputs, weight: TensorVariable
) -> Parameters:
    """Place every parameter in the model at hand."""
    scales, paths = spec.priors, spec.paths
    seen = np.argwhere(inputs.cells.observed.any(axis=2))
    by_cell = pm.Normal("level", 0.0, scales.level, dims="cell_year")
    level = pt.zeros((len(inputs.cells.indicators), len(inputs.cells.years)))
    level = pt.set_subtensor(level[seen[:, 0], seen[:, 1]], by_cell)
    own_sd = pm.HalfNormal("own_sd", scales.own_sd, dims="indicator")
    year_sd = pm.HalfNormal("year_sd", scales.year_sd, dims="indicator")
    placed = place_composite(Effects(free_loadings(scales), own_sd**2), weight)
    factor = pm.Beta("factor_persistence", *paths.persistence)
    own = pt.constant(1.0)
    if spec.own == "drifting":
        own = pm.Beta("own_persistence", *paths.persistence)
    broken = inputs.cells.regime.any()
    across = pm.Beta("across_break", *paths.across_break) if broken else pt.constant(1.0)
    reliability = pm.Beta("reliability", *paths.reliability)
    link = _stretched("link_share", scales.link_concentration)
    root = pt.sqrt(reliability)
    on_factor, on_own, rest = _on_paths(spec, estimand, link, factor, own, placed)
    first = pm.Normal(
        "first_cutpoint",
        scales.first_cutpoint_mean,
        scales.first_cutpoint_sd,
        dims="framework",
    )
    gaps = pm.HalfNormal("cutpoint_gap", scales.cutpoint_gap, dims=("framework", "gap"))
    return Parameters(
        level=level,
        deprivation_slope=pm.Normal(
            "deprivation_slope", 0.0, scales.deprivation_slope, dims="indicator"
        ),
        year_variance=year_sd**2,
        own_variance=own_sd**2,
        loading=placed.effects.loading,
        on_factors=placed.on_factors,
        on_own=placed.on_own,
        factor_persistence=factor,
        own_persistence=own,
        quality_persistence=pm.Beta("quality_persistence", *paths.persistence),
        across_break=across,
        reliability=reliability,
        quality_variance=reliability * rest,
        on_factor_path=root * on_factor,
        on_own_path=root * on_own,
        cutpoints=pt.stack([first, first + gaps[:, 0], first + gaps[:, 0] + gaps[:, 1]], axis=1),
        drift=pm.Normal("drift", 0.0, scales.drift, dims="framework"),
        judgement_deprivation=pm.Normal(
            "judgement_deprivation", 0.0, scales.judgement_deprivation, dims="framework"
        ),
    )


def _stretched(name: str, concentration: float) -> TensorVariable:
    """Place a correlation with the prior of ρ."""
    return 2.0 * pm.Beta(name, concentration, concentration) - 1.0


def _on_paths(
    spec: DynamicSpec,
    estimand: DynamicEstimand,
    link: TensorVariable,
    factor: TensorVariable,
    own: TensorVariable,
    placed: Placed,
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Give q's coefficients on both parts of θ at each moment, and δ's share of its variance."""
    if estimand != "predictive":
        one = pt.stack([link])
        return one, one, 1.0 - link**2
    partial = _stretched("predictive_share", spec.priors.link_concentration)
    left = pt.sqrt(1.0 - link**2)
    factor_share = (placed.on_factors**2).sum()
    fades, own_fades = factor**spec.horizon, own**spec.horizon
    spread = pt.sqrt(factor_share * (1.0 - fades**2) + (1.0 - factor_share) * (1.0 - own_fades**2))
    step = left * partial / spread
    return (
        pt.stack([link - step * fades, step]),
        pt.stack([link - step * own_fades, step]),
        (1.0 - link**2) * (1.0 - partial**2),
    )
