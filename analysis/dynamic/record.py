"""The record of a dynamic run: what ``evidence.json`` holds.

Keys that the static models' record (:mod:`analysis.record.evidence`) has as well mean the same
there and here. What is said of β, the link between the paths, has keys of its own.
"""

from typing import Any, Literal

from analysis.record.part import Part, Unknown
from analysis.record.schema import BayesFactor, LinkPosterior, LogFactor, PanelFacts
from analysis.record.verdict import Verdict


class PathQuantity(Part):
    """A quantity of the paths, with its interval and Monte Carlo error."""

    name: str
    framework: str
    mean: float
    lower: float
    upper: float
    mcse: Unknown


class LagLink(Part):
    """The link at one lag, of the composite of one group of indicators."""

    group: str
    indicators: int
    lag: float
    mean: Unknown
    lower: Unknown
    upper: Unknown
    mcse: Unknown
    probability: Unknown
    rhat: Unknown
    ess_bulk: Unknown
    converged: bool


class LinkSigns(Part):
    """Log Bayes factors about the sign of β, which is that of ρ.

    As in :class:`analysis.record.schema.LinkRegions`. Its interval null is left out: the ROPE
    is one of ρ, and the prior one of β.
    """

    positive_unrestricted: LogFactor
    positive_negative: LogFactor
    none_positive: LogFactor


class QualityLinkWidth(Part):
    """The log Bayes factor for no link, its ceiling, and β, under one prior width of β.

    As :class:`analysis.record.schema.PriorWidth`, with β in the place of ρ.
    """

    concentration: float
    sd: float
    value: Unknown
    mcse: Unknown
    ceiling: Unknown
    quality_link_mean: float
    quality_link_lower: float
    quality_link_upper: float


class DynamicSettings(Part):
    """Choices that the numbers depend on; ``link_prior`` is κ of the prior of β."""

    interval: float
    rope: float
    structure: Literal["dynamic"]
    factors: int
    deprivation: str
    link_prior: float
    suppression: str


class DynamicFinding(Part):
    """Everything that is said of one estimand."""

    converged: bool
    reasons: tuple[str, ...]
    rho: LinkPosterior
    quantities: tuple[PathQuantity, ...]
    log_bf_independent_linked: BayesFactor
    savage_dickey: LogFactor
    signs: LinkSigns
    quality_link_widths: tuple[QualityLinkWidth, ...]
    lags: tuple[LagLink, ...]
    whole_less_given: tuple[float, Unknown] | None
    verdict: Verdict


class DynamicEvidence(Part):
    """What a dynamic run found."""

    panel: PanelFacts
    inspections: dict[str, int]
    truth: dict[str, Any] | None
    settings: DynamicSettings
    estimands: dict[str, DynamicFinding]

    def to_json(self) -> str:
        """Return the record as JSON text."""
        return self.model_dump_json(indent=2)

    def __str__(self) -> str:
        """State what was found, a line an estimand."""
        lines = [
            f"Paths of {self.panel.authorities} authorities, {self.panel.indicators} indicators, "
            f"{sum(self.inspections.values())} inspections"
        ]
        for name, one in self.estimands.items():
            factor = one.log_bf_independent_linked
            line = f"  {name}: {one.verdict.sentence}"
            if one.converged:
                line += (
                    f" Log Bayes factor for no link {factor.value:.2f} (Monte Carlo error "
                    f"{factor.mcse:.2f}; ceiling {factor.ceiling:.2f}), by Savage-Dickey."
                )
            lines.append(line)
        return "\n".join(lines)
