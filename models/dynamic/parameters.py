"""The parameters of the dynamic model and their priors.

Those that the static models share have the priors of :mod:`models.priors`, at the scales of
:class:`models.spec.PriorScales`: levels :math:`N(0, 0.3^2)`, one for each year of each
indicator, about the observed means; slopes on deprivation; loadings of either sign (Λ is
determined up to rotation, θ and ρ are not touched by it); half-normal ``own_sd`` and
``year_sd``, sampled as the sizes of normals, which is the same; reliability; cutpoints, drift
and slope on deprivation, here for each framework.
What only paths have is in :class:`models.dynamic.spec.PathPriors`.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.dynamic.inputs import DynamicInputs
from models.dynamic.spec import DynamicSpec
from models.prior_variables import place, single_link
from models.priors import PRIORS, half_normal_scale
from models.spec import PriorScales
from models.structures.composite import place_composite
from models.structures.placed import Effects

# The sampler begins within 1 of it, so above zero.
_START = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class IndicatorParameters:
    """What the indicators' likelihood is made of.

    Attributes
    ----------
    level
        (indicator, year); 0 where no authority has a cell.
    deprivation_slope, year_variance, own_variance
        (indicator,).
    loading, on_factors, on_own
        Λ, and g and ω of effectiveness.
    factor_persistence, own_persistence, across_break
        Scalars between 0 and 1.
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
    across_break: TensorVariable


@dataclass(frozen=True, slots=True, eq=False)
class JudgementParameters:
    """What the judgements' likelihood is made of.

    Attributes
    ----------
    link, reliability, quality_persistence
        β, r, and the correlation of δ with itself a year later.
    cutpoints, drift, judgement_deprivation
        By framework: (framework, cutpoint) and (framework,).
    """

    link: TensorVariable
    reliability: TensorVariable
    quality_persistence: TensorVariable
    cutpoints: TensorVariable
    drift: TensorVariable
    judgement_deprivation: TensorVariable


def place_indicator_parameters(
    spec: DynamicSpec, inputs: DynamicInputs, weight: TensorVariable
) -> IndicatorParameters:
    """Place the indicators' parameters in the model at hand."""
    scales, paths = spec.priors, spec.paths
    seen = np.argwhere(inputs.cells.observed.any(axis=2))
    by_cell = place("level", scales, dims=("cell_year",))
    level = pt.zeros((len(inputs.cells.indicators), len(inputs.cells.years)))
    level = pt.set_subtensor(level[seen[:, 0], seen[:, 1]], by_cell)
    own_variance = _half_normal_variance("own_sd", scales)
    year_variance = _half_normal_variance("year_sd", scales)
    placed = place_composite(Effects(place("loading", scales), own_variance), weight)
    broken = inputs.cells.regime.any()
    return IndicatorParameters(
        level=level,
        deprivation_slope=place("deprivation_slope", scales),
        year_variance=year_variance,
        own_variance=own_variance,
        loading=placed.effects.loading,
        on_factors=placed.on_factors,
        on_own=placed.on_own,
        factor_persistence=pm.Beta("factor_persistence", *paths.persistence),
        own_persistence=pm.Beta("own_persistence", *paths.persistence),
        across_break=pm.Beta("across_break", *paths.across_break) if broken else pt.constant(1.0),
    )


def _half_normal_variance(name: str, scales: PriorScales) -> TensorVariable:
    """Return the square of a half-normal standard deviation of each indicator.

    Where the data leave room for none of it, its logarithm has a long tail, in which the sampler
    is slow: of 800 draws of one ``year_sd`` 105 were worth independent ones. A normal whose size
    it is goes through zero smoothly. All start on the same side, and those that the data hold
    away from zero stay there.
    """
    start = np.full(len(pm.modelcontext(None).coords["indicator"]), _START)
    signed = pm.Normal(
        f"{name}_signed", 0.0, half_normal_scale(name, scales), dims="indicator", initval=start
    )
    pm.Deterministic(name, pt.abs(signed), dims="indicator")
    return signed**2


def place_judgement_parameters(spec: DynamicSpec) -> JudgementParameters:
    """Place the judgements' parameters in the model at hand."""
    scales: PriorScales = spec.priors
    framework = ("framework",)
    law = PRIORS["reliability"].law(scales)
    reliability = pm.Beta("reliability", law.kwds["a"], law.kwds["b"])
    link = single_link(scales)
    first = place("first_cutpoint", scales, dims=framework)
    gaps = place("cutpoint_gap", scales, dims=("framework", "gap"))
    return JudgementParameters(
        link=link,
        reliability=reliability,
        quality_persistence=pm.Beta("quality_persistence", *spec.paths.persistence),
        cutpoints=pt.stack([first, first + gaps[:, 0], first + gaps[:, 0] + gaps[:, 1]], axis=1),
        drift=place("drift", scales, dims=framework),
        judgement_deprivation=place("judgement_deprivation", scales, dims=framework),
    )
