"""What may be asked of the dynamic model; it holds no data and starts no sampler."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from models.section import Concentration, Factors, Section, Weight
from models.spec import ESTIMANDS, Estimand, PriorScales

Lag = Annotated[float, Field(ge=-20.0, le=20.0)]

# Of PriorScales; the other scales are of terms that are not known here.
READ_PRIORS = (
    "level",
    "deprivation_slope",
    "loading",
    "own_sd",
    "year_sd",
    "link_concentration",
    "first_cutpoint_mean",
    "first_cutpoint_sd",
    "cutpoint_gap",
    "drift",
    "judgement_deprivation",
    "reliability_mean",
    "reliability_concentration",
)


class PathPriors(Section):
    """Beta priors of what only paths have, each as (a, b).

    Attributes
    ----------
    persistence
        Correlation of a path with itself a year later: of the factors, of the indicators'
        own effects, and of what quality has beyond effectiveness, each its own. Beta(6, 2):
        mean 0.75, 90% between 0.48 and 0.95, half-lives between 1 and 13 years.
    across_break
        Correlation of an own effect across a break in the indicator's definition, beyond
        what the time between takes. Beta(6, 2).
    """

    persistence: tuple[Concentration, Concentration] = (6.0, 2.0)
    across_break: tuple[Concentration, Concentration] = (6.0, 2.0)


class DynamicSpec(Section):
    """The terms of a dynamic model.

    Attributes
    ----------
    estimands
        Which questions are fitted; each takes minutes.
    weights
        Of the composite, as in :class:`models.spec.ModelSpec`.
    factors
        Factors that carry the indicators' correlations, each a path.
    deprivation
        Measure that ``adjusted`` holds equal.
    sif_delay
        Days from a SIF inspection to its report, the only date published: two to five months,
        taken as their middle. It serves every inspection whose start is not known.
    suppression
        As in :class:`models.spec.ModelSpec`.
    lags
        Years from an inspection to the effectiveness that its judgement is compared with,
        before it where negative, for the sweep; 0 is fitted whole in every case. No sweep if
        empty.
    priors, paths
        Scales of the priors shared with the static models (``READ_PRIORS`` names those that are
        read; the others stay as they are), and those of the paths.
    """

    estimands: tuple[Estimand, ...] = Field(default=ESTIMANDS, min_length=1)
    weights: Literal["equal", "domain_equal"] | dict[str, Weight] = "equal"
    factors: Factors = 1
    deprivation: Literal["imd", "idaci"] = "imd"
    sif_delay: float = Field(default=105.0, ge=0.0, le=365.0)
    suppression: Literal["interval", "complete_case"] = "interval"
    lags: tuple[Lag, ...] = Field(default=(-2.0, -1.0, 0.0, 1.0, 2.0), max_length=100)
    priors: PriorScales = PriorScales()
    paths: PathPriors = PathPriors()

    @model_validator(mode="after")
    def _nothing_stands_twice(self) -> "DynamicSpec":
        """Refuse what would be fitted twice."""
        for key in ("estimands", "lags"):
            values = getattr(self, key)
            if len(set(values)) < len(values):
                raise ValueError(f"{key} = {list(values)}: each may stand once")
        return self

    @model_validator(mode="after")
    def _priors_are_read(self) -> "DynamicSpec":
        """Refuse scales of terms that the dynamic model does not have."""
        usual = PriorScales()
        for name in PriorScales.model_fields:
            value = getattr(self.priors, name)
            if name not in READ_PRIORS and value != getattr(usual, name):
                raise ValueError(
                    f"priors.{name} = {value}: the dynamic model has no such term. Leave the key "
                    f"out; those that are read are {', '.join(READ_PRIORS)}"
                )
        return self
