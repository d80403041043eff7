"""What may be asked for: the specification of one model and of one fit.

A specification is read from a file in ``configs/`` and says everything that a model
needs besides the panel. It holds no data and starts no sampler, so that two runs
differ only where their files differ.
"""

from typing import Literal, get_args

from pydantic import Field, model_validator

from models.section import (
    Chains,
    Concentration,
    Cores,
    DayOrEmpty,
    Draws,
    Factors,
    Location,
    Scale,
    Section,
    Seed,
    Share,
    Weight,
)

Engine = Literal["collapsed", "joint", "laplace"]
Coordinates = Literal["own", "whitened"]
Likelihood = Literal["gaussian", "binomial", "beta_binomial"]
Structure = Literal["composite", "one_factor", "domain_factors"]
Estimand = Literal["concordance", "adjusted"]
Link = Literal["linked", "independent", "deprivation_only", "identical"]

STRUCTURES: tuple[Structure, ...] = get_args(Structure)
ESTIMANDS: tuple[Estimand, ...] = get_args(Estimand)

_USUAL_TARGETS: dict[Coordinates, tuple[float, ...]] = {"own": (0.9,), "whitened": (0.7, 0.95)}


class PriorScales(Section):
    """The numbers of the priors and their defaults.

    :data:`models.priors.PRIORS` says which prior each key sets, its law, its unit and why.
    """

    level: Scale = 0.3
    level_shift: Scale = 0.1
    deprivation_slope: Scale = 0.3
    loading: Scale = 0.5
    own_sd: Scale = 1.0
    year_sd: Scale = 0.5
    correlation_concentration: Concentration = 1.0
    link_concentration: Concentration = 2.0
    first_cutpoint_mean: Location = -1.2
    first_cutpoint_sd: Scale = 0.6
    cutpoint_gap: Scale = 1.0
    drift: Scale = 0.2
    region_sd: Scale = 0.5
    judgement_deprivation: Scale = 0.5
    reliability_mean: Share = 0.6
    reliability_concentration: Concentration = 10.0
    judgement_loading_mean: Share = 0.75
    judgement_loading_concentration: Concentration = 8.0
    inspector_sd: Scale = 0.3
    deprivation_bend: Scale = 0.5
    size_slope: Scale = 0.3
    spatial_share_b: Concentration = 2.0
    judgement_coefficient: Scale = 0.15
    persistence_mean: Location = 0.7
    persistence_sd: Scale = 0.3
    change_sd: Scale = 0.5


class InspectionSpec(Section):
    """Which inspections enter, and how their judgements are read.

    Attributes
    ----------
    scope
        ``latest``: each authority's latest inspection. ``repeats``: every inspection, as a
        repeated noisy judgement of a quality that lasts.
    frameworks
        Ofsted's frameworks whose inspections enter, each with cutpoints and drift of its own;
        ``latest`` takes one.
    judgements
        ``overall``, or ``sub_judgements``: leadership, help and protection, in care and care
        leavers jointly, overall left out.
    curve
        ``probit`` or ``logit``, of the same variance.
    published_from, published_to
        Days, such as 2018-01-01: only reports published from and to these enter. No limit if
        empty.
    lead_inspector
        Whether judgements differ between lead inspectors, where the panel has their anonymous
        ids.
    """

    scope: Literal["latest", "repeats"] = "latest"
    frameworks: tuple[str, ...] = Field(default=("ILACS",), min_length=1)
    judgements: Literal["overall", "sub_judgements"] = "overall"
    curve: Literal["probit", "logit"] = "probit"
    published_from: DayOrEmpty = ""
    published_to: DayOrEmpty = ""
    lead_inspector: bool = False

    @model_validator(mode="after")
    def _goes_together(self) -> "InspectionSpec":
        """Refuse what one judgement an authority cannot tell, and frameworks named twice."""
        if len(set(self.frameworks)) < len(self.frameworks):
            raise ValueError(f"frameworks = {list(self.frameworks)}: each may stand once")
        if self.scope == "latest" and len(self.frameworks) > 1:
            raise ValueError(
                "scope = 'latest' takes one framework, since an authority has one latest "
                "judgement. Name one, or say scope = 'repeats'"
            )
        return self

    @property
    def extended(self) -> bool:
        """Whether the judgements need quadrature, not one closed probability."""
        return (
            self.scope == "repeats"
            or self.judgements == "sub_judgements"
            or self.curve == "logit"
            or self.lead_inspector
        )


class ModelSpec(Section):
    """The terms of a model, shared by every estimand and link of a run.

    Attributes
    ----------
    structure
        What effectiveness is: the primary ``composite`` (a weighted sum of standardised
        lasting effects), ``one_factor`` (the indicators' common factor) or
        ``domain_factors`` (correlated factors, one for each domain).
    challenger
        A second structure to fit beside it, or ``none``.
    weights
        Of the composite: ``equal``, ``domain_equal`` (each domain has the same total), or
        a weight for every indicator by its id; a weight of 0 leaves an indicator out of
        effectiveness while it still informs the others.
    factors
        Factors that carry the indicators' correlations in the composite.
    covariance
        ``factors`` (low rank plus diagonal), or ``unstructured``: the indicators' own
        effects have any correlations, and the composite needs no factors.
    loadings
        ``positive`` or ``free``, in ``one_factor`` and ``domain_factors``.
    deprivation
        Measure that the ``adjusted`` estimand holds equal.
    deprivation_form
        ``linear``; ``spline``, with two bends on either side (:mod:`models.deprivation`); or
        ``none``, which leaves it out of ``adjusted`` and leaves the link ``deprivation_only``
        unfitted. Where several frameworks enter, the judgement has a slope for each.
    effect_spread
        ``equal``: authorities' effects, and what is particular to their years, have one
        standard deviation; or ``size``: each has a slope on the logarithm of the population
        (:mod:`models.size`). Of the engines ``collapsed`` and ``laplace``.
    region
        Whether ``adjusted`` lets judgements differ between regions.
    spatial
        ``none``, or ``bym2``: neighbouring authorities share a part of their effectiveness
        (:mod:`models.spatial`), in every estimand and link.
    drift
        Whether judgements drift with the date of inspection, in every estimand.
    likelihood
        Of the counts: ``gaussian`` (their normal sites, the collapsed engine's), or with
        the joint engine the exact ``binomial`` (with logit-normal overdispersion over the
        years) or ``beta_binomial``.
    suppression
        ``interval`` keeps suppressed counts as intervals; ``complete_case`` drops
        them, to show what dropping does.
    inspection
        Which inspections enter, and how their judgements are read.
    identical
        Whether to fit the link ``identical`` as well: judgement and indicators measure the
        same thing, apart from the noise of one judgement.
    priors
        Scales of the priors.
    """

    structure: Structure = "composite"
    challenger: Structure | Literal["none"] = "one_factor"
    weights: Literal["equal", "domain_equal"] | dict[str, Weight] = "equal"
    factors: Factors = 2
    covariance: Literal["factors", "unstructured"] = "factors"
    loadings: Literal["positive", "free"] = "positive"
    deprivation: Literal["imd", "idaci"] = "imd"
    deprivation_form: Literal["none", "linear", "spline"] = "linear"
    effect_spread: Literal["equal", "size"] = "equal"
    region: bool = True
    spatial: Literal["none", "bym2"] = "none"
    drift: bool = True
    likelihood: Likelihood = "gaussian"
    suppression: Literal["interval", "complete_case"] = "interval"
    inspection: InspectionSpec = InspectionSpec()
    identical: bool = False
    priors: PriorScales = PriorScales()


class SamplerSpec(Section):
    """How the posterior is drawn.

    Attributes
    ----------
    engine
        ``collapsed``; ``joint``, the slower reference; or ``laplace``, an approximation in
        about a second, for screening only: no verdict rests on it.
    chains, tune, draws
        Chains, and iterations of each before and after adaptation.
    cores
        Chains run at the same time.
    coordinates
        Of the collapsed engine: ``whitened`` (:mod:`models.whitened`), or ``own``, the model's,
        each with a step of its own, in which paths are twice as long or longer. The joint engine
        and the models beside the main one sample in their own.
    target_accept
        Acceptance rate that the step size aims at. If it is not given, 0.9 in a model's own
        coordinates; in whitened ones, where a path of few long steps mixes as well, 0.7, and what
        then has divergent transitions is drawn again at 0.95.
    refits
        Whether to fit again without each authority whose importance weights are unreliable
        (Pareto k), for exact leave-one-out scores; with the collapsed engine.
    region_refits
        Whether to fit the primary structure again without each region, to score how it
        predicts a region's judgements and indicators unseen; with the collapsed engine.
    seed
        Seed of every random number of the run.
    """

    engine: Engine = "collapsed"
    chains: Chains = 4
    tune: Draws = 500
    draws: Draws = 1000
    cores: Cores = 2
    coordinates: Coordinates = "whitened"
    target_accept: float | None = Field(default=None, gt=0.5, lt=1.0)
    refits: bool = False
    region_refits: bool = False
    seed: Seed = 20260101

    def targets(self, coordinates: Coordinates) -> tuple[float, ...]:
        """Return the acceptance rates to aim at, one after the other until nothing diverges."""
        return (self.target_accept,) if self.target_accept else _USUAL_TARGETS[coordinates]


class Variant(Section):
    """One fit of a run: a structure under an estimand and a link.

    Attributes
    ----------
    structure, estimand, link
        See :class:`ModelSpec`, ``DESIGN`` in the documentation, and :mod:`models.link`.
    """

    structure: Structure
    estimand: Estimand
    link: Link

    @property
    def name(self) -> str:
        """The name that the fit's file bears."""
        return f"{self.structure}-{self.estimand}-{self.link}"
