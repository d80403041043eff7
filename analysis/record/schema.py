"""The parts of the evidence's record (:mod:`analysis.record.evidence`), one type each.

Bayes factors are natural logarithms, positive for no link. Counts and probabilities are
posterior means with central intervals; ``mcse`` is the Monte Carlo standard error of the value
beside it.

A field is declared here and nowhere else. Its type says whether its number may be missing:
:data:`analysis.record.part.Number` is finite in every finding, ``Unknown`` need not be.
"""

import math
from typing import Any

from pydantic import Field, model_validator

from analysis.record.part import Number, Part, Unknown
from analysis.words.whose import Whose, whose


class PanelFacts(Part):
    """What was analysed.

    ``england``: whether the figures are England's published ones (:mod:`data.origin`).
    """

    simulated: bool
    england: bool = False
    authorities: int
    judged: int
    indicators: int
    years: tuple[int, ...]
    release: str
    title: str

    @property
    def whose(self) -> Whose:
        """The words for the panel's owners."""
        return whose(simulated=self.simulated, england=self.england)


class Settings(Part):
    """Choices that the numbers depend on."""

    interval: float
    rope: float
    top_share: float
    structure: str
    factors: int
    deprivation: str
    link_prior: float
    suppression: str


class LinkPosterior(Part):
    """The posterior of ρ; of a fit that did not converge, its diagnostics alone."""

    mean: Number
    sd: Number
    lower: Number
    upper: Number
    mcse: Number
    probability: Number
    probability_rope: Number
    ess_bulk: Number
    ess_tail: Number
    rhat: Number


class BayesFactor(Part):
    """A log Bayes factor for no link; ``bridge`` unless the engine gives none."""

    value: Number
    mcse: Unknown
    method: str
    ceiling: Unknown
    ceiling_mcse: Unknown = math.nan


class LogFactor(Part):
    """A log Bayes factor with its Monte Carlo standard error."""

    value: Number
    mcse: Unknown

    def agrees(self, other: "LogFactor", errors: float) -> bool:
        """Return whether another estimate is within so many joint errors."""
        joint = math.hypot(self.mcse, other.mcse)
        return abs(self.value - other.value) <= errors * joint


class MarginalLikelihood(Part):
    """A model's log marginal likelihood, and the estimate with each set of proposal draws."""

    model: str
    value: Unknown
    mcse: Unknown
    method: str
    repeats: tuple[float, ...]


class LinkRegions(Part):
    """Log Bayes factors about where ρ lies.

    Attributes
    ----------
    positive_unrestricted
        ρ > 0 against any ρ (encompassing).
    positive_negative
        ρ > 0 against ρ < 0.
    none_positive
        ρ = 0 against ρ > 0 (one-sided).
    within_beyond
        |ρ| below the ROPE's limit against beyond it (interval null).
    """

    positive_unrestricted: LogFactor
    positive_negative: LogFactor
    none_positive: LogFactor
    within_beyond: LogFactor


class PriorWidth(Part):
    """The log Bayes factor for no link, its ceiling, and ρ, under one prior width of ρ.

    ``within_beyond`` is of |ρ| below the ROPE's limit against beyond it, under that prior.
    """

    concentration: Unknown
    sd: Number
    value: Number
    mcse: Unknown
    ceiling: Unknown
    rho_mean: Unknown = math.nan
    rho_lower: Unknown = math.nan
    rho_upper: Unknown = math.nan
    within_beyond: Unknown = math.nan
    within_beyond_mcse: Unknown = math.nan


class ModelScore(Part):
    """Leave-one-authority-out score of one model for the judgement."""

    model: str
    elpd: Number
    se: Unknown
    difference: Number
    difference_se: Unknown
    weight: Unknown
    pareto_k_max: Unknown
    pareto_k_high: int


class RegionScore(Part):
    """Score of one model for the judgements of whole regions left out, sum over regions."""

    model: str
    regions: int
    elpd: Unknown
    se: Unknown
    mcse: Unknown
    difference: Unknown
    difference_se: Unknown


class ForecastScore(Part):
    """How one forecast of judgements left out did, means over authorities.

    Differences are from ``linked``; the score is miscalibration less discrimination plus
    uncertainty (:mod:`analysis.evidence.reliability`).
    """

    forecast: str
    cases: int
    log_score: Unknown
    log_score_mcse: Unknown
    log_score_difference: Unknown
    log_score_difference_se: Unknown
    ranked_probability_score: Unknown
    ranked_probability_score_mcse: Unknown
    ranked_probability_score_difference: Unknown
    ranked_probability_score_difference_se: Unknown
    miscalibration: Unknown
    miscalibration_expected: Unknown
    miscalibration_se: Unknown
    miscalibration_p: Unknown
    discrimination: Unknown
    uncertainty: Unknown


class IndicatorGain(Part):
    """What the indicators add to forecasts that know each authority's earlier judgements.

    The mean gain of ``linked`` over ``independent`` in both scores, positive where the indicators
    help, with its standard error over cases.
    """

    log_score: float
    log_score_se: float
    ranked_probability_score: float
    ranked_probability_score_se: float


class Forecasts(Part):
    """How inspections after a cut-off were forecast; no number where there are ``reasons``."""

    cutoff: str
    cases: int
    reasons: tuple[str, ...]
    indicators_add: IndicatorGain | None
    scores: tuple[ForecastScore, ...]


class BesideNoLink(Part):
    """Where a count lies among replicates without a link (:mod:`analysis.evidence.no_link`)."""

    no_link_lower: Unknown = math.nan
    no_link_upper: Unknown = math.nan
    no_link_probability: Unknown = math.nan
    no_link_probability_mcse: Unknown = math.nan


class BandCount(BesideNoLink):
    """Authorities of one grade in one band of effectiveness, by the indicators alone."""

    judgement: str
    band: str
    mean: Number
    lower: Number
    upper: Number
    mcse: Unknown
    independent: Number


class TopShare(BesideNoLink):
    """P(top | judgement)."""

    judgement: str
    authorities: int
    probability: Unknown
    lower: Unknown
    upper: Unknown
    mcse: Unknown


class Ratio(BesideNoLink):
    """A ratio of two probabilities, and which."""

    mean: Number
    lower: Number
    upper: Number
    mcse: Unknown
    what: str


class Quantity(Part):
    """A posterior mean with its interval."""

    mean: Number
    lower: Number
    upper: Number
    mcse: Unknown


class Standings(Part):
    """How much the ranks tell, all authorities together.

    Attributes
    ----------
    authorities
        That are ranked.
    above_median, below_median
        Those told from the median: the interval of the rank excludes the median rank.
    near_limit
        Those that more draws could move into or out of that number: their probability of the
        other side is within two Monte Carlo errors of the limit.
    expected_wrong
        Of those told, how many are expected to be on the other side.
    rank_width
        Median over authorities of how many ranks the interval spans.
    pairs, pairs_apart, pairs_expected_wrong
        Pairs of authorities, those told apart, and how many of these are expected to be wrong.
    """

    authorities: int
    above_median: int
    below_median: int
    near_limit: int
    expected_wrong: Number
    rank_width: Number
    pairs: int
    pairs_apart: int
    pairs_expected_wrong: Number


class SmallestLink(Part):
    """The smallest link that these data would have shown with probability 0.8."""

    value: Unknown
    power: Number
    odds: Unknown
    mcse: Unknown = math.nan


class Chance(Part):
    """How often Bayes factors would say what, were the link this large.

    Attributes
    ----------
    link
        The true ρ.
    panels
        Sets of judgements simulated.
    strong_for, moderate_for
        Probability of a Bayes factor for a link of 10 or more, and of 3 to 10.
    inconclusive
        Of one below 3 either way.
    moderate_against, strong_against
        Of a Bayes factor for no link of 3 to 10, and of 10 or more.
    misleading
        Of 3 or more for what is not true.
    lower, median, upper
        Of the log Bayes factor for no link: 10%, 50% and 90% of the sets are below.
    """

    link: Number
    panels: int
    strong_for: Number
    strong_for_mcse: float
    moderate_for: Number
    moderate_for_mcse: float
    inconclusive: Number
    inconclusive_mcse: float
    moderate_against: Number
    moderate_against_mcse: float
    strong_against: Number
    strong_against_mcse: float
    misleading: Number
    misleading_mcse: float
    lower: float
    median: float
    upper: float


class OwnGate(Part):
    """A model that is fitted beside the primary one; no number of it unless it converged."""

    converged: bool
    reasons: tuple[str, ...]
    rho: LinkPosterior | None = None
    indicator_elpd_difference: Unknown = math.nan
    indicator_elpd_difference_se: Unknown = math.nan

    @model_validator(mode="before")
    @classmethod
    def _without_numbers(cls, value: Any) -> Any:
        """Leave out what was found by a fit that did not converge."""
        if isinstance(value, dict) and value.get("converged") is not True:
            found = {*cls.model_fields} - {"converged", "reasons", "name", "structure", "modes"}
            return {key: one for key, one in value.items() if key not in found}
        return value


class Challenger(OwnGate):
    """What the other structure says; differences are its accuracy less the primary one's."""

    structure: str
    modes: int


class Alternative(OwnGate):
    """What the primary model says under another assumption.

    ``parameters`` are those that it adds; differences are its accuracy less the headline's.
    """

    name: str
    savage_dickey: LogFactor | None = None
    parameters: dict[str, Quantity] = Field(default_factory=dict)
    judgement_elpd_difference: Unknown = math.nan
    judgement_elpd_difference_se: Unknown = math.nan
