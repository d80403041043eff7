"""What may be asked of the dynamic model; it holds no data and starts no sampler."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from models.spec import PriorScales

DynamicEstimand = Literal["concordance", "adjusted", "predictive"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PathPriors(_Frozen):
    """Beta priors of what only paths have, each as (a, b).

    Attributes
    ----------
    reliability
        r, the share of a judgement's scale that is the authority's quality on the day.
        Beta(6, 4): mean 0.6, 90% between 0.34 and 0.83.
    persistence
        Correlation of a path with itself a year later: of the factors, of the indicators'
        own effects, and of what quality has beyond effectiveness, each its own. Beta(6, 2):
        mean 0.75, 90% between 0.48 and 0.95, half-lives between 1 and 13 years.
    across_break
        Correlation of an own effect across a break in the indicator's definition, beyond
        what the time between takes. Beta(6, 2).
    """

    reliability: tuple[PositiveFloat, PositiveFloat] = (6.0, 4.0)
    persistence: tuple[PositiveFloat, PositiveFloat] = (6.0, 2.0)
    across_break: tuple[PositiveFloat, PositiveFloat] = (6.0, 2.0)


class DynamicSpec(_Frozen):
    """The terms of a dynamic model.

    Attributes
    ----------
    factors
        Factors that carry the indicators' correlations, each a path.
    own
        Whether an indicator's own effect is a path too (``drifting``), or stays as it is for
        all the years (``lasting``).
    deprivation
        Measure that ``adjusted`` and ``predictive`` hold equal.
    sif_delay
        Days from a SIF inspection to its report, the only date published: two to five months,
        taken as their middle.
    reference_shift
        By domain, the years by which its figures lie after the year ending 31 March that
        they are labelled with. The workforce is counted on 30 September after it, the middle
        of the next year.
    horizon
        In ``predictive``, years from the inspection to the indicators that are foreseen.
    suppression
        As in :class:`models.spec.ModelSpec`.
    priors, paths
        Scales of the priors shared with the static models, and those of the paths.
    """

    factors: PositiveInt = 1
    own: Literal["drifting", "lasting"] = "drifting"
    deprivation: Literal["imd", "idaci"] = "imd"
    sif_delay: float = Field(default=105.0, ge=0.0, le=365.0)
    reference_shift: dict[str, int] = {"workforce": 1}
    horizon: PositiveFloat = 2.0
    suppression: Literal["interval", "complete_case"] = "interval"
    priors: PriorScales = PriorScales()
    paths: PathPriors = PathPriors()
