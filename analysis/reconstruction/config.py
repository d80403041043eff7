"""What a reconstruction takes as given, and what it leaves open.

Everything under ``[unknown]`` is a list: the report's own choice is not public in what could
be read, so each is tried with each, and the first of each list is the base.
"""

from datetime import date
from itertools import product
from pathlib import Path
from typing import Annotated, Literal, Self

import tomli_w
from pydantic import Field, StringConstraints, model_validator

from analysis.settings.config_file import read_checked
from models.section import (
    Correlation,
    Day,
    Interval,
    Odds,
    Section,
    Seed,
    Share,
    Simulated,
    TopShare,
    Year,
)
from models.spec import InspectionSpec, ModelSpec, SamplerSpec

Score = Literal["mean_percentile_rank", "mean_z", "count_in_top_decile", "per_indicator"]
Missing = Literal["available_case", "complete_case", "suppressed_as_midpoint", "interval_censored"]
Direction = Literal["higher", "lower", "left_out"]
Pool = Literal["rated", "all"]
Places = Literal["floor", "nearest", "ceil"]
SetName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""Files are called after sets."""

LABEL = "Reconstruction, not verified against the report"

_CARE = (
    "cla_health_assessment",
    "cla_dental",
    "cla_immunisations",
    "cla_dev_assessment",
    "cla_sdq_concern",
    "cla_convicted",
    "cla_substance",
    "cla_missing",
    "cl_eet_19_21",
    "cl_suitable_acc_19_21",
)
_PROCESS = ("rereferral_12m", "cpp_second_plan", "assess_45_days")
_WORKFORCE = ("sw_vacancy", "sw_agency", "sw_caseload", "sw_turnover")


_CONTESTABLE: dict[str, tuple[Direction, ...]] = {
    "cla_missing": ("lower", "higher", "left_out"),
    "cla_sdq_concern": ("lower", "left_out"),
}


class UnknownSection(Section):
    """Choices that the report does not tell.

    Attributes
    ----------
    cutoff
        Last day on which a report on an inspection was published that counts.
    indicators
        Names of sets, under ``[sets]``.
    years
        Years by their labels; several are averaged after each was put on its scale.
    missing
        ``available_case``: a suppressed figure is no figure. ``complete_case``: nor is an
        authority that lacks one scored. ``suppressed_as_midpoint``: it is the middle of what it
        can be, 3 where it hides 1 to 5. ``interval_censored``: it is each count that it can be,
        weighed by a beta-binomial fitted to all authorities
        (:mod:`analysis.reconstruction.hidden`).
    direction
        For each indicator whose good direction is contestable, which way is better;
        ``left_out`` drops it. The rest have the catalogue's direction.
    ranked_among
        Whether deciles are of the ``rated`` authorities or of ``all``.
    score
        How indicators are combined; ``per_indicator`` takes each by itself.
    places
        How 10% of authorities becomes a whole number of places.
    """

    cutoff: tuple[Day, ...] = (date(2016, 3, 31), date(2015, 12, 31))
    indicators: tuple[str, ...] = ("A", "B", "C")
    years: tuple[tuple[Year, ...], ...] = ((2015,), (2014, 2015, 2016))
    missing: tuple[Missing, ...] = (
        "available_case",
        "complete_case",
        "suppressed_as_midpoint",
        "interval_censored",
    )
    direction: dict[str, tuple[Direction, ...]] = Field(default_factory=lambda: dict(_CONTESTABLE))
    ranked_among: tuple[Pool, ...] = ("rated", "all")
    score: tuple[Score, ...] = (
        "mean_percentile_rank",
        "mean_z",
        "count_in_top_decile",
        "per_indicator",
    )
    places: tuple[Places, ...] = ("nearest", "floor", "ceil")

    @model_validator(mode="after")
    def _nothing_empty(self) -> Self:
        """Refuse an option without a choice."""
        for name in type(self).model_fields:
            lists = [getattr(self, name)] if name != "direction" else self.direction.values()
            if not all(lists):
                raise ValueError(f"unknown.{name} is empty; give it at least one choice")
        return self


class LatentCase(Section):
    """One choice of the unknowns that is fitted by latent variables.

    Attributes
    ----------
    indicators
        Name of a set.
    years
        Years; the base of the unknowns if empty.
    direction
        Directions of contestable indicators other than the base.
    """

    indicators: str = "A"
    years: tuple[Year, ...] = ()
    direction: dict[str, Direction] = Field(default_factory=dict)


class LatentSection(Section):
    """The latent-variable analyses that are set beside the table, at the base cut-off.

    Attributes
    ----------
    cases
        What to fit; suppressed counts are intervals in each, and authorities without a rating
        help to learn how indicators go together. None if empty.
    model, sampler
        As in a run.
    simulated_panels
        Sets of judgements simulated at each stated link, to say what these data could have
        shown (:mod:`analysis.evidence.operating_characteristics`).
    """

    cases: tuple[LatentCase, ...] = (LatentCase(),)
    model: ModelSpec = ModelSpec(challenger="none", inspection=InspectionSpec(frameworks=("SIF",)))
    sampler: SamplerSpec = SamplerSpec()
    simulated_panels: Simulated = 500


class VisibleSection(Section):
    """What such a comparison could have seen, by simulation.

    Attributes
    ----------
    links
        Correlations between quality and effectiveness themselves.
    rating_reliability, score_reliability
        Shares of the variance of one rating, and of the score, that are not noise.
    odds
        Bayes factors of the table that count as evidence.
    simulations, seed
        Simulated studies at each link, and the seed.
    """

    links: tuple[Correlation, ...] = Field(
        default=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), min_length=1
    )
    rating_reliability: float = Field(default=0.50, gt=0.0, le=1.0)
    score_reliability: float = Field(default=0.54, gt=0.0, le=1.0)
    odds: Odds = 3.0
    simulations: int = Field(default=4000, ge=100, le=1_000_000)
    seed: Seed = 20260101


class ReconstructionConfig(Section):
    """One reconstruction.

    Attributes
    ----------
    title
        Heads the output.
    top_share
        Share of authorities in the top band, and in the bottom band.
    least_share
        Share of the indicators that an authority must have to be scored.
    alpha
        Level of the tests.
    interval
        Probability of every interval.
    sets
        Indicators by the name of their set.
    unknown, latent, visible
        As their own documentation says.
    """

    title: str = ""
    top_share: TopShare = 0.1
    least_share: float = Field(default=0.5, gt=0.0, le=1.0)
    alpha: Share = 0.05
    interval: Interval = 0.95
    sets: dict[SetName, tuple[str, ...]] = Field(
        default_factory=lambda: {
            "A": _CARE,
            "B": _CARE + _PROCESS,
            "C": _CARE + _PROCESS + _WORKFORCE,
        }
    )
    unknown: UnknownSection = UnknownSection()
    latent: LatentSection = LatentSection()
    visible: VisibleSection = VisibleSection()

    @model_validator(mode="after")
    def _sets_are_known(self) -> Self:
        """Refuse a set, or a direction of an indicator, that no set has."""
        for key, names in (
            ("unknown.indicators", self.unknown.indicators),
            ("latent.cases", tuple(case.indicators for case in self.latent.cases)),
        ):
            strange = [name for name in names if name not in self.sets]
            if strange:
                raise ValueError(
                    f"{key} names {strange[0]!r}, which is not under [sets]; "
                    f"there are {', '.join(self.sets)}"
                )
        stray = [name for name in self.unknown.direction if name not in self.every_indicator]
        if stray:
            raise ValueError(f"unknown.direction names {stray[0]!r}, which is in no set")
        for case in self.latent.cases:
            other = [name for name in case.direction if name not in self.sets[case.indicators]]
            if other:
                raise ValueError(
                    f"latent.cases: direction names {other[0]!r}, which is not in the set "
                    f"{case.indicators}"
                )
        return self

    @property
    def every_indicator(self) -> tuple[str, ...]:
        """The indicators of all sets, each once."""
        return tuple(dict.fromkeys(name for names in self.sets.values() for name in names))

    @property
    def every_year(self) -> tuple[int, ...]:
        """The years of all options, ascending."""
        choices = (*self.unknown.years, *(case.years for case in self.latent.cases))
        return tuple(sorted({year for years in choices for year in years}))

    def directions(self) -> list[dict[str, Direction]]:
        """List the combinations of the contestable directions, the base first."""
        names = list(self.unknown.direction)
        return [
            dict(zip(names, chosen, strict=True))
            for chosen in product(*self.unknown.direction.values())
        ]

    def to_toml(self) -> str:
        """Write the configuration out with every default, but for what follows from other keys."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def read_reconstruction(path: Path) -> ReconstructionConfig:
    """Read and check the configuration of a reconstruction.

    Raises
    ------
    analysis.settings.config_file.ConfigError
        As :func:`analysis.settings.config_file.read_checked` says.
    """
    return read_checked(path, ReconstructionConfig)
