"""Evidence as a typed record: what ``evidence.json`` holds, key by key.

Keys may be added in later versions; none is renamed. Bayes factors are natural
logarithms, positive for no link. Counts and probabilities are posterior means with
central intervals; ``mcse`` is the Monte Carlo standard error of the value beside it.
"""

import math
from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict

from analysis.evidence.verdict import Verdict


def _known(value: Any) -> Any:
    """Read null as not a number; one object stands for it, so that equal records are equal."""
    return math.nan if value is None or value != value else value


# JSON has neither NaN nor infinity: what cannot be told, such as a single chain's R-hat, and
# what is not finite are written as null.
Unknown = Annotated[float, BeforeValidator(_known)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PanelFacts(_Record):
    """What was analysed."""

    simulated: bool
    authorities: int
    judged: int
    indicators: int
    years: tuple[int, ...]
    release: str
    title: str


class Settings(_Record):
    """Choices that the numbers depend on."""

    interval: float
    rope: float
    top_share: float
    structure: str
    factors: int
    deprivation: str
    link_prior: float
    suppression: str


class Link(_Record):
    """The posterior of ρ."""

    mean: float
    sd: float
    lower: float
    upper: float
    mcse: Unknown
    probability: float
    probability_rope: float
    ess_bulk: Unknown
    ess_tail: Unknown
    rhat: Unknown


class BayesFactor(_Record):
    """A log Bayes factor for no link; ``bridge`` unless the engine gives none."""

    value: Unknown
    mcse: Unknown
    method: str
    ceiling: Unknown


class LogFactor(_Record):
    """A log Bayes factor with its Monte Carlo standard error."""

    value: Unknown
    mcse: Unknown


class MarginalLikelihood(_Record):
    """A model's log marginal likelihood, and the estimate with each set of proposal draws."""

    model: str
    value: Unknown
    mcse: Unknown
    method: str
    repeats: tuple[float, ...]


class LinkRegions(_Record):
    """Log Bayes factors about where ρ lies (:class:`analysis.evidence.bayes_factor.Regions`)."""

    positive_unrestricted: LogFactor
    positive_negative: LogFactor
    none_positive: LogFactor
    within_beyond: LogFactor


class PriorWidth(_Record):
    """The log Bayes factor for no link, and its ceiling, under one prior width of ρ."""

    concentration: float
    sd: float
    value: float
    mcse: float
    ceiling: float


class ModelScore(_Record):
    """Leave-one-authority-out score of one model for the judgement."""

    model: str
    elpd: Unknown
    se: Unknown
    difference: Unknown
    difference_se: Unknown
    weight: Unknown
    pareto_k_max: Unknown
    pareto_k_high: int


class BandCount(_Record):
    """Authorities of one grade in one band of effectiveness."""

    judgement: str
    band: str
    mean: float
    lower: float
    upper: float
    mcse: float
    independent: float


class TopShare(_Record):
    """P(top | judgement)."""

    judgement: str
    authorities: int
    probability: float
    lower: float
    upper: float
    mcse: float


class Ratio(_Record):
    """A ratio of two probabilities, and which."""

    mean: float
    lower: float
    upper: float
    mcse: float
    what: str


class Standings(_Record):
    """How much the ranks tell (:class:`analysis.evidence.standings.Standings`)."""

    authorities: int
    above_median: int
    below_median: int
    near_limit: int
    expected_wrong: float
    rank_width: float
    pairs: int
    pairs_apart: int
    pairs_expected_wrong: float


class Quantity(_Record):
    """A posterior mean with its interval."""

    mean: float
    lower: float
    upper: float
    mcse: float


class SmallestLink(_Record):
    """The smallest link that these data would have shown with probability 0.8."""

    value: float
    power: float
    odds: float


class Chance(_Record):
    """What they would say at a stated link (:class:`analysis.evidence.chances.Chance`)."""

    link: float
    panels: int
    strong_for: float
    strong_for_mcse: float
    moderate_for: float
    moderate_for_mcse: float
    inconclusive: float
    inconclusive_mcse: float
    moderate_against: float
    moderate_against_mcse: float
    strong_against: float
    strong_against_mcse: float
    misleading: float
    misleading_mcse: float
    lower: float
    median: float
    upper: float


class Challenger(_Record):
    """What the other structure says."""

    structure: str
    converged: bool
    modes: int
    reasons: tuple[str, ...]
    rho: Link
    indicator_elpd_difference: float
    indicator_elpd_difference_se: float


class EstimandEvidence(_Record):
    """Everything that is said of one estimand."""

    converged: bool
    reasons: tuple[str, ...]
    rho: Link
    reliability: Quantity | None = None
    quality_link: Quantity | None = None
    log_bf_independent_linked: BayesFactor
    savage_dickey: LogFactor
    log_bf_independent_identical: LogFactor | None = None
    regions: LinkRegions
    prior_widths: tuple[PriorWidth, ...]
    marginal_likelihoods: tuple[MarginalLikelihood, ...]
    smallest_link: SmallestLink
    chances: tuple[Chance, ...] = ()
    elpd: tuple[ModelScore, ...]
    decile_table: tuple[BandCount, ...]
    top_decile_by_judgement: tuple[TopShare, ...]
    ratio: Ratio | None
    challenger: Challenger | None
    standings: Standings | None = None
    verdict: Verdict


class Evidence(_Record):
    """What a run found."""

    panel: PanelFacts
    truth: dict[str, Any] | None
    settings: Settings
    estimands: dict[str, EstimandEvidence]

    def to_json(self) -> str:
        """Give the record as JSON text; :meth:`from_json` reads it back."""
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Evidence":
        """Read a record that :meth:`to_json` wrote."""
        return cls.model_validate_json(text)

    def to_frame(self) -> pd.DataFrame:
        """Give one row an estimand: link, Bayes factors, prediction, ranks, verdict.

        Returns
        -------
        pandas.DataFrame
            Index ``estimand``; columns named as the keys of the record, numbers as there.
        """
        rows = {
            name: {
                **one.rho.model_dump(),
                "log_bf_independent_linked": one.log_bf_independent_linked.value,
                "log_bf_mcse": one.log_bf_independent_linked.mcse,
                "log_bf_ceiling": one.log_bf_independent_linked.ceiling,
                "log_bf_savage_dickey": one.savage_dickey.value,
                "log_bf_savage_dickey_mcse": one.savage_dickey.mcse,
                **_accuracy(one.elpd),
                **_counts(one.standings),
                "converged": one.converged,
                "reasons": "; ".join(one.reasons),
                "verdict": one.verdict.code,
                "cause": one.verdict.cause or "",
                "sentence": one.verdict.sentence,
            }
            for name, one in self.estimands.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("estimand")

    def __repr__(self) -> str:
        """Say what was found, a line an estimand."""
        kind = "simulated" if self.panel.simulated else "real"
        lines = [
            f"Evidence from {self.panel.authorities} authorities, {self.panel.indicators} "
            f"indicators, {self.panel.years[0]} to {self.panel.years[-1]} ({kind} panel)"
        ]
        for name, one in self.estimands.items():
            factor = one.log_bf_independent_linked
            line = f"  {name}: {one.verdict.sentence}"
            if one.verdict.cause in (None, "ceiling"):
                line += (
                    f" Log Bayes factor for no link {factor.value:.2f} (Monte Carlo error "
                    f"{factor.mcse:.2f}; ceiling {factor.ceiling:.2f}), by Savage-Dickey "
                    f"{one.savage_dickey.value:.2f} ({one.savage_dickey.mcse:.2f})."
                )
                line += _told_from_median(one.standings)
            lines.append(line)
        return "\n".join(lines)

    __str__ = __repr__


def _told_from_median(standings: Standings | None) -> str:
    """Say how many authorities and pairs the ranks tell apart."""
    if standings is None:
        return ""
    told = standings.above_median + standings.below_median
    return (
        f" {told} of {standings.authorities} authorities can be told from the median "
        f"({standings.above_median} above, {standings.below_median} below), and "
        f"{standings.pairs_apart / standings.pairs:.0%} of pairs apart; the interval of a rank "
        f"spans {standings.rank_width:.0f} ranks in the median."
    )


def _accuracy(scores: tuple[ModelScore, ...]) -> dict[str, float | str]:
    """Name the model that predicts best, and how far from it the linked one is."""
    linked = next((one for one in scores if one.model == "linked"), None)
    if linked is None:
        return {}
    return {
        "elpd_best": max(scores, key=lambda one: one.elpd).model,
        "elpd_linked_difference": linked.difference,
        "elpd_linked_difference_se": linked.difference_se,
    }


def _counts(standings: Standings | None) -> dict[str, int]:
    """Give how many authorities can be told from the median, if they were ranked."""
    if standings is None:
        return {}
    return {"above_median": standings.above_median, "below_median": standings.below_median}
