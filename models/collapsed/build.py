"""The collapsed model, written down in PyMC; nothing is sampled here.

Priors are ordinary PyMC (:mod:`models.priors`), the indicators' likelihood is the compiled
kernel (:mod:`models.collapsed.kernel`), the judgements' likelihood ordinary PyTensor
(:mod:`models.inspection`). Only the free variables are compiled into the sampler; what
follows from them, by authority and by indicator, is written beside the model and evaluated
on the finished draws (:mod:`models.collapsed.derived`), since compiling it costs more than
computing it.
"""

from dataclasses import dataclass, replace

import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.collapsed.operation import integrate_effects
from models.inputs import ModelInputs
from models.inspection import log_probability
from models.link import Explained, Switches, made_identical, place_link
from models.prior_variables import judgement_priors, measurement_priors, size_slopes
from models.repeated_judgements.place import (
    REPEATED_JUDGEMENT_DIMS,
    PlacedJudgements,
    bent,
    place_repeated_judgements,
)
from models.repeated_judgements.reliability import ReliabilityPrior
from models.size import variance_ratio
from models.spatial import Field, place_field
from models.spec import ModelSpec, Structure
from models.structures.place import columns_of, place_structure
from models.structures.placed import Placed

_DATA_DIMS = {
    "y": ("indicator", "year", "authority"),
    "variance": ("indicator", "year", "authority"),
    "observed": ("indicator", "year", "authority"),
    "deprivation": ("authority",),
    "deprivation_bends": ("bend", "authority"),
    "spatial_axes": ("spatial_axis", "authority"),
    "size": ("authority",),
    "weight": ("indicator",),
    "judgement": ("authority",),
    "judged": ("authority",),
    "years_from_mean": ("authority",),
    "region_of_authority": ("authority",),
    "region_switch": (),
    "link_switch": (),
    **REPEATED_JUDGEMENT_DIMS,
}

Derived = dict[str, tuple[TensorVariable, tuple[str, ...]]]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenModel:
    """A model and what follows from its variables.

    Attributes
    ----------
    model
        The PyMC model, with its dimensions named.
    derived
        Expressions in the model's variables with their dimensions: ``rho``,
        ``cutpoints``, ``region_effect``; ``effectiveness_mean`` and ``effectiveness_sd``,
        the moments of θ given the indicators; ``judgement_predictor`` (η),
        ``judgement_mean`` and ``judgement_variance`` of the underlying scale given the
        indicators, and ``judgement_covariance`` of the scale with θ;
        ``indicator_log_likelihood`` and ``judgement_log_likelihood`` by authority, effects
        integrated out; ``indicator_correlation`` of each lasting effect with θ and
        ``indicator_variance`` of it; ``domain_link`` where domains have their own;
        ``reliability`` r of one judgement and ``quality_link``, ρ/√r, where judgements are
        repeated or the link is ``identical``; ``spatial_effect``, what θ has of its neighbours',
        where they share some (:mod:`models.spatial`). Where judgements are repeated
        (:mod:`models.repeated_judgements`), ``reading_predictor`` in the place of
        ``judgement_predictor``, the mean and variance are those of the lasting part, and
        ``residual_variance`` is that of one judgement given it.
    """

    model: pm.Model
    derived: Derived


def build_model(
    spec: ModelSpec, structure: Structure, inputs: ModelInputs, on: Switches
) -> WrittenModel:
    """Write the model down for one structure.

    Parameters
    ----------
    spec
        Terms and priors.
    structure
        The structure, which may be the specification's challenger.
    inputs
        What to condition on, with the names of every dimension.
    on
        Which parts are switched on. They enter as data: a compiled model serves every
        combination through :meth:`models.inputs.ModelInputs.data`.
    """
    with pm.Model(coords=inputs.coords(columns_of(structure, spec.factors))) as model:
        data = {
            name: pm.Data(name, values, dims=_DATA_DIMS[name])
            for name, values in inputs.data(on, structure).items()
        }
        several_years = len(inputs.measurements.coords["year"]) > 1
        indicators = measurement_priors(spec.priors, several_years, inputs.bends is not None)
        if "size" in data:
            indicators |= size_slopes(spec.priors, several_years)
        placed = place_structure(
            structure, spec, indicators["own_sd"], data.get("weight"), inputs.domain
        )
        explained = place_link(placed, spec.priors, data["link_switch"])
        reliability = None
        if spec.identical or spec.inspection.scope == "repeats":
            reliability = ReliabilityPrior.of(spec.priors).place(explained.share)
            if spec.identical:
                switch = data["identical_switch"]
                explained = made_identical(explained, placed, reliability, switch)
        field = None
        if inputs.spatial_axes is not None:
            field = place_field(spec.priors, placed, data["spatial_axes"])
        likelihood, mean, variance = _explained(data, indicators, placed, explained, field)
        if inputs.repeated_judgements is None:
            judged = _latest(spec, data, explained, (mean, variance))
        else:
            moments = mean, variance
            judged = place_repeated_judgements(
                spec, inputs.repeated_judgements, data, explained, moments, reliability
            )
        pm.Potential("indicators", likelihood.sum())
        pm.Potential("judgements", judged.log_likelihood.sum())
    by_authority = {
        "indicator_log_likelihood": likelihood,
        "judgement_log_likelihood": judged.log_likelihood,
        **_effectiveness(data, indicators, placed, explained, variance, field),
    }
    derived: Derived = {
        "rho": (explained.rho, ()),
        **judged.derived,
        **{name: (one, ("authority",)) for name, one in by_authority.items()},
        **{name: (one, ("indicator",)) for name, one in _composition(placed, field).items()},
    }
    if explained.by_domain is not None:
        derived["domain_link"] = (explained.by_domain, ("domain",))
    if reliability is not None:
        derived["reliability"] = (reliability, ())
        derived["quality_link"] = (explained.rho / pt.sqrt(reliability), ())
    return WrittenModel(model, derived)


def _latest(
    spec: ModelSpec,
    data: dict[str, TensorVariable],
    explained: Explained,
    moments: tuple[TensorVariable, TensorVariable],
) -> PlacedJudgements:
    """Place the priors of one judgement an authority and write its likelihood down."""
    judgement = judgement_priors(spec.priors, spec.drift)
    predictor = bent(spec.priors, data) + (
        judgement["drift"] * data["years_from_mean"]
        + judgement["judgement_deprivation"] * data["deprivation"]
        + data["region_switch"] * judgement["region_effect"][data["region_of_authority"]]
    )
    centre, spread = predictor + moments[0], 1.0 - explained.share + moments[1]
    judged = data["judged"] * log_probability(
        data["judgement"], judgement["cutpoints"], centre, spread
    )
    return PlacedJudgements(
        judged,
        {
            "cutpoints": (judgement["cutpoints"], ("cutpoint",)),
            "region_effect": (judgement["region_effect"], ("region",)),
            "judgement_predictor": (predictor, ("authority",)),
            "judgement_mean": (centre, ("authority",)),
            "judgement_variance": (spread, ("authority",)),
        },
    )


def _explained(
    data: dict[str, TensorVariable],
    indicators: dict[str, TensorVariable],
    placed: Placed,
    explained: Explained,
    field: Field | None,
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Return the indicators' log likelihood, and the moments of what the link explains."""
    left = explained if field is None else field.left(explained)
    likelihood, mean, variance = _moments(
        data, indicators, placed, (left.on_factors, left.on_own, left.share), field
    )
    return likelihood, mean if field is None else mean + explained.rho * field.at, variance


def _moments(
    data: dict[str, TensorVariable],
    indicators: dict[str, TensorVariable],
    placed: Placed,
    functional: tuple[TensorVariable, TensorVariable, TensorVariable],
    field: Field | None,
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Return the indicators' log likelihood by authority, and a functional's moments.

    The functional is its coefficients on factors and own effects, and its variance before the
    indicators are seen; the field's part of it is the caller's to add.
    """
    on_factors, on_own, share = functional
    covariates, slopes = data["deprivation"][None, :], indicators["deprivation_slope"][:, None]
    if "deprivation_bends" in data:
        covariates = pt.concatenate([covariates, data["deprivation_bends"]])
        slopes = pt.concatenate([slopes, indicators["deprivation_bend"]], axis=1)
    if field is not None:
        covariates = pt.concatenate([covariates, data["spatial_axes"]])
        slopes = pt.concatenate([slopes, field.slopes], axis=1)
    own = placed.effects.own_variance
    tau2 = indicators["year_sd"] ** 2 if "year_sd" in indicators else pt.zeros_like(own)
    alike = pt.ones_like(data["deprivation"])
    ratios = [
        variance_ratio(indicators[name], data["size"]) if name in indicators else alike
        for name in ("effect_size_slope", "year_size_slope")
    ]
    likelihood, mean, less = integrate_effects(
        (data["y"], data["variance"], data["observed"], covariates),
        indicators["level"],
        slopes,
        tau2,
        own,
        placed.effects.loading,
        on_factors,
        on_own * own,
        *ratios,
    )
    variance = less + share - (on_factors**2).sum()
    if "effect_size_slope" in indicators:
        # The kernel's functional is in units of the authority's own standard deviation.
        mean, variance = pt.sqrt(ratios[0]) * mean, ratios[0] * variance
    return likelihood, mean, variance


def _effectiveness(
    data: dict[str, TensorVariable],
    indicators: dict[str, TensorVariable],
    placed: Placed,
    explained: Explained,
    variance: TensorVariable,
    field: Field | None,
) -> dict[str, TensorVariable]:
    """Return the moments of θ given the indicators, and its covariance with the judgement."""
    theta = Explained(placed.on_factors, placed.on_own, pt.ones(()), pt.ones(()), None)
    together = replace(
        explained,
        on_factors=placed.on_factors + explained.on_factors,
        on_own=placed.on_own + explained.on_own,
        share=1.0 + explained.share + 2.0 * explained.rho,
    )
    _, mean, alone = _explained(data, indicators, placed, theta, field)
    _, _, both = _explained(data, indicators, placed, together, field)
    found = {
        "effectiveness_mean": mean,
        "effectiveness_sd": pt.sqrt(alone),
        "judgement_covariance": 0.5 * (both - alone - variance),
    }
    if field is not None:
        found["spatial_effect"] = field.at
    return found


def _composition(placed: Placed, field: Field | None) -> dict[str, TensorVariable]:
    """State what effectiveness is made of: each lasting effect's correlation with θ."""
    loading, own = placed.effects.loading, placed.effects.own_variance
    variance = (loading**2).sum(axis=1) + own
    covariance = (loading * placed.on_factors[None, :]).sum(axis=1) + own * placed.on_own
    if field is not None:
        variance = variance + covariance**2 * field.share / (1.0 - field.share)
        covariance = covariance / pt.sqrt(1.0 - field.share)
    return {
        "indicator_correlation": covariance / pt.sqrt(variance),
        "indicator_variance": variance,
    }
