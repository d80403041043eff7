"""What ``evidence.json`` must hold for a report, as types.

A finding and a refusal are different types: a refusal has no numbers, so that none can
be shown by mistake. Keys that the report does not need are passed over.
"""

import math
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from analysis.words.whose import Whose, whose

ESTIMANDS = ("concordance", "adjusted")

Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A number that may be unknown: null is read as not a number."""


class Record(BaseModel):
    """What all parts share: they do not change, and further keys are no fault."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PanelFacts(Record):
    """What the panel was.

    ``england`` is no key of the record: :func:`analysis.report.read.read_inputs` sets it from the
    run's sources.
    """

    simulated: bool
    england: bool = True
    authorities: int
    indicators: int
    years: tuple[int, ...]
    judged: int
    release: str
    title: str

    @property
    def whose(self) -> Whose:
        """The words for the panel's owners."""
        return whose(simulated=self.simulated, england=self.england)


class Truth(Record):
    """What a simulated panel was made with."""

    rho: Finite


class Settings(Record):
    """What the run was asked for: ``interval`` and ``top_share`` are shares, not percentages."""

    interval: Finite
    rope: Finite
    structure: str
    top_share: Finite
    deprivation: str
    link_prior: Finite


class Estimate(Record):
    """A mean with its interval."""

    mean: Finite
    lower: Finite
    upper: Finite


class Uncertain(Estimate):
    """A mean with its interval and its Monte Carlo error."""

    mcse: Number


class Link(Estimate):
    """The posterior of ρ. Probabilities are of ρ > 0 and of |ρ| below the ROPE's limit."""

    sd: Finite
    probability: Finite
    probability_rope: Finite
    ess_bulk: Finite
    ess_tail: Finite
    rhat: Finite
    mcse: Finite


class LogBayesFactor(Record):
    """Natural logarithm; positive favours no link. ``ceiling`` is the most that was possible."""

    value: Finite
    mcse: Number
    method: str
    ceiling: Number
    ceiling_mcse: Number = math.nan


class Beside(Record):
    """A further log Bayes factor with its Monte Carlo error."""

    value: Finite
    mcse: Number


class Regions(Record):
    """Log Bayes factors about where ρ lies; ``within`` and ``beyond`` are of the ROPE."""

    positive_negative: Beside
    none_positive: Beside
    within_beyond: Beside


class AtWidth(Record):
    """The log Bayes factor for no link, and its ceiling, under a prior of this width.

    ``within_beyond`` is of |ρ| below the ROPE's limit against beyond it.
    """

    concentration: Number = math.nan
    sd: Finite
    value: Finite
    mcse: Number
    ceiling: Number
    within_beyond: Number = math.nan
    within_beyond_mcse: Number = math.nan


class Chance(Record):
    """How often Bayes factors would say what at one true link, over simulated judgements."""

    link: Finite
    panels: int
    strong_for: Finite
    moderate_for: Finite
    inconclusive: Finite
    moderate_against: Finite
    strong_against: Finite
    misleading: Finite
    misleading_mcse: Number


class Accuracy(Record):
    """How well one model predicts judgements that it has not seen (elpd, leave one out)."""

    model: str
    elpd: Finite
    se: Number
    difference: Finite
    difference_se: Number
    weight: Number
    pareto_k_max: Number
    pareto_k_high: int


class RegionAccuracy(Record):
    """How well one model predicts the judgements of whole regions left out."""

    model: str
    elpd: Number
    se: Number
    mcse: Number
    difference: Number
    difference_se: Number


class ForecastScore(Record):
    """How one forecast of judgements not seen did, in the mean over authorities."""

    forecast: str
    ranked_probability_score: Number
    ranked_probability_score_mcse: Number
    ranked_probability_score_difference: Number
    ranked_probability_score_difference_se: Number
    log_score: Number
    log_score_mcse: Number
    log_score_difference: Number
    log_score_difference_se: Number
    miscalibration: Number
    miscalibration_p: Number


class BesideNoLink(Record):
    """The interval of replicates without a link, and the probability of one as far out."""

    no_link_lower: Number = math.nan
    no_link_upper: Number = math.nan
    no_link_probability: Number = math.nan
    no_link_probability_mcse: Number = math.nan


class DecileCell(Estimate, BesideNoLink):
    """Authorities of one judgement in one band; ``independent`` is what no link would give."""

    judgement: str
    band: Literal["bottom", "middle", "top"]
    mcse: Number
    independent: Finite


class TopShare(BesideNoLink):
    """The probability that an authority of this judgement is in the top band."""

    judgement: str
    authorities: int
    probability: Number
    lower: Number
    upper: Number
    mcse: Number


class Ratio(Estimate, BesideNoLink):
    """A ratio of two such probabilities, named in words by ``what``."""

    mcse: Number
    what: str


class Challenger(Record):
    """The other structure, set against the primary one; no link unless it converged.

    The difference is the challenger's accuracy less the primary structure's.
    """

    structure: str
    converged: bool
    modes: int
    reasons: tuple[str, ...]
    rho: Estimate | None = None
    indicator_elpd_difference: Number
    indicator_elpd_difference_se: Number

    @model_validator(mode="before")
    @classmethod
    def _without_numbers(cls, value: Any) -> Any:
        """Take the link away from a challenger that did not converge."""
        if isinstance(value, dict) and value.get("converged") is not True:
            return {**value, "rho": None}
        return value


class Alternative(Record):
    """The primary model under another assumption; no numbers unless it converged."""

    name: str
    converged: bool
    reasons: tuple[str, ...]
    rho: Estimate | None = None
    savage_dickey: Beside | None = None
    parameters: dict[str, Uncertain] = {}
    indicator_elpd_difference: Number = math.nan
    indicator_elpd_difference_se: Number = math.nan
    judgement_elpd_difference: Number = math.nan
    judgement_elpd_difference_se: Number = math.nan


class SmallestLink(Record):
    """The smallest link that these data would have shown, with which probability and odds."""

    value: Number
    power: Finite = 0.8
    odds: Number = math.nan
    mcse: Number = math.nan


class Standings(Record):
    """How many authorities and pairs of them the ranks tell apart, and how many wrongly."""

    authorities: int
    above_median: int
    below_median: int
    near_limit: int
    expected_wrong: Finite
    rank_width: Finite
    pairs: int
    pairs_apart: int
    pairs_expected_wrong: Finite


class Verdict(Record):
    """The verdict's code, its strength where it speaks for or against, and its sentence."""

    code: Literal["evidence_for", "evidence_against", "inconclusive", "refused"]
    sentence: str
    strength: Literal["strong", "moderate"] | None = None
    cause: str | None = None

    @model_validator(mode="after")
    def _has_its_strength(self) -> "Verdict":
        """Refuse evidence for or against whose strength is not said."""
        if self.code.startswith("evidence") != (self.strength is not None):
            raise ValueError(f"code {self.code!r} with strength {self.strength!r}")
        return self


class Refusal(Record):
    """An estimand without a verdict, and why."""

    reasons: tuple[str, ...]
    verdict: Verdict


class Finding(Record):
    """An estimand that converged, with what was found."""

    rho: Link
    reliability: Uncertain | None = None
    quality_link: Uncertain | None = None
    log_bf_independent_linked: LogBayesFactor
    savage_dickey: Beside | None = None
    log_bf_independent_identical: Beside | None = None
    regions: Regions | None = None
    prior_widths: tuple[AtWidth, ...] = ()
    chances: tuple[Chance, ...] = ()
    elpd: tuple[Accuracy, ...]
    region_elpd: tuple[RegionAccuracy, ...] = ()
    judgement_scores: tuple[ForecastScore, ...] = ()
    decile_table: tuple[DecileCell, ...] = Field(min_length=1)
    top_decile_by_judgement: tuple[TopShare, ...] = Field(min_length=1)
    ratio: Ratio | None
    challenger: Challenger | None
    alternatives: tuple[Alternative, ...] = ()
    smallest_link: SmallestLink | None
    standings: Standings | None = None
    verdict: Verdict


def _state(value: Any) -> str:
    """Say whether an estimand is a finding: it converged, and its numbers can be relied on.

    Where only the ceiling bars a verdict, the numbers are right and are shown without one.
    """
    if not isinstance(value, dict):
        return "refusal" if isinstance(value, Refusal) else "finding"
    verdict = value.get("verdict")
    refused = (
        isinstance(verdict, dict)
        and verdict.get("code") == "refused"
        and verdict.get("cause") != "ceiling"
    )
    return "finding" if value.get("converged") is True and not refused else "refusal"


Estimand = Annotated[
    Annotated[Finding, Tag("finding")] | Annotated[Refusal, Tag("refusal")], Discriminator(_state)
]


class Estimands(Record):
    """Both estimands; neither is ever reported without the other."""

    concordance: Estimand
    adjusted: Estimand

    def items(self) -> tuple[tuple[str, Finding | Refusal], ...]:
        """Give names and contents in the order of the report."""
        return (("concordance", self.concordance), ("adjusted", self.adjusted))

    def findings(self) -> dict[str, Finding]:
        """Give those that converged, by name."""
        return {name: found for name, found in self.items() if isinstance(found, Finding)}


class Evidence(Record):
    """The whole of ``evidence.json``."""

    panel: PanelFacts
    truth: Truth | None = None
    settings: Settings
    estimands: Estimands
