"""A run's configuration: which sections and keys there are, and which go together.

One file says everything that a result depends on besides the data;
:mod:`analysis.settings.config_file` reads it.
"""

from pathlib import Path
from typing import Annotated, Literal

import tomli_w
from pydantic import Field, field_validator, model_validator

from analysis.record.thresholds import INTERVAL, ROPE, SIMULATED_PANELS, TOP_SHARE
from analysis.settings.combinations import CLASHES
from data.catalogue import DEFAULT_CATALOGUE
from data.dates import LATEST
from models.dynamic.spec import DynamicSpec
from models.section import (
    Day,
    DayOrEmpty,
    Interval,
    Section,
    Seed,
    Share,
    Simulated,
    TopShare,
    Year,
)
from models.spec import ModelSpec, SamplerSpec

Years = Annotated[int, Field(ge=-100, le=100)]
"""Between a year of indicators and that of the inspection."""


class SimulationSection(Section):
    """The truth of a simulated panel: :class:`data.simulate_inspections.SimulatedTruth`."""

    rho: float = Field(default=0.3, gt=-0.75, lt=0.75)
    reliability: float = Field(default=0.6, gt=0.57, le=1.0)
    structure: Literal["composite", "one_factor"] = "composite"
    deprivation_slope: float = Field(default=0.2, ge=0.0, le=10.0)
    judgement_deprivation: float = Field(default=-0.2, ge=-10.0, le=10.0)
    region_sd: float = Field(default=0.2, ge=0.0, le=10.0)
    drift: float = Field(default=0.15, ge=-10.0, le=10.0)
    year_sd: float = Field(default=0.5, ge=0.0, le=10.0)
    seed: Seed = 20260101


class Spell(Section):
    """A while in which an authority is left out: its inspections and years of those days."""

    authority: str
    start: Day
    end: Day = LATEST

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Spell":
        """Refuse a spell that holds no day."""
        if self.end < self.start:
            raise ValueError(f"end = {self.end} lies before start = {self.start}")
        return self


class PanelSection(Section):
    """What is analysed.

    Attributes
    ----------
    source
        ``simulated``: drawn with a known truth. ``published``: built from the folder of
        published files that ``--data-root`` or EFFECTIVENESS_DATA names. Anything else is
        the path of a ``panel.nc``.
    indicators
        Catalogue ids or names of sets.
    years
        Years by the publishers' labels, of which most are the year ending 31 March.
    exclude
        Codes or names of authorities to leave out.
    drop
        Authorities to leave out for a while, such as under a trust or a statutory direction, each
        with ``authority`` (code or name), ``start`` and ``end`` (open if left out):
        :func:`data.subset.without_spell`.
    abolished
        Whether authorities abolished since 2013 enter, for the years in which they existed
        (:mod:`data.abolished`); of the published files.
    lag
        Which figures count for an authority, in years from its latest inspection to a figure's
        own period (:func:`data.reference.years_from`), from and to: (-9, 0) are those up to the
        period that holds the inspection, (1, 9) those after it. All if empty. Authorities
        without an inspection keep all of theirs.
    catalogue
        A catalogue of the user's own, relative to the configuration; the project's if empty.
    simulation
        The truth, if the source is ``simulated``.
    """

    source: str = "simulated"
    indicators: tuple[str, ...] = Field(default=("performance", "workforce"), min_length=1)
    years: tuple[Year, ...] = Field(
        default=(2021, 2022, 2023, 2024, 2025), min_length=1, max_length=100
    )
    exclude: tuple[str, ...] = ()
    drop: tuple[Spell, ...] = ()
    abolished: bool = False
    lag: tuple[Years, ...] = ()
    catalogue: str = ""
    simulation: SimulationSection = SimulationSection()

    @field_validator("lag")
    @classmethod
    def _ascends(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        """Refuse a lag that holds no year."""
        if value and (len(value) != 2 or value[0] > value[1]):
            raise ValueError("wanted two numbers of years, the earlier first, such as [-9, 0]")
        return value

    @field_validator("years")
    @classmethod
    def _no_year_twice(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        """Refuse a year that is named twice."""
        if len(set(value)) < len(value):
            raise ValueError("wanted each year once")
        return value


class EvidenceSection(Section):
    """How the evidence is summarised.

    Attributes
    ----------
    interval, rope, top_share, simulated_panels
        As :func:`analysis.evidence.weigh.weigh` explains them.
    cutoff
        A day, such as 2023-03-31: fit what was known then as well, and score the forecasts of
        the inspections that followed (:mod:`analysis.evidence.prospective`). None if empty.
    baselines
        Whether to fit plain regressions beside the models (:mod:`analysis.evidence.baselines`);
        two minutes or so.
    alternatives
        Other assumptions under which the primary model is fitted as well, at equal deprivation
        (:mod:`analysis.evidence.alternatives`): ``spline``, ``size``, or both.
    predictive
        Whether to fit the estimand ``predictive`` as well: the indicators after the inspection
        given those before it, and the judgement (:mod:`models.predictive.build`), of all and by
        outcomes, process and workforce; half an hour of the processor.
    pairs
        Whether to write ``pairs.csv.gz``: for each pair of authorities, the probability that the
        first is the more effective. It grows with the square of their number.
    """

    interval: Interval = INTERVAL
    rope: Share = ROPE
    top_share: TopShare = TOP_SHARE
    simulated_panels: Simulated = SIMULATED_PANELS
    cutoff: DayOrEmpty = ""
    baselines: bool = False
    alternatives: tuple[Literal["spline", "size"], ...] = ()
    predictive: bool = False
    pairs: bool = False


class RunConfig(Section):
    """One run.

    Attributes
    ----------
    title, panel, sampler, evidence
        What every run has.
    model
        The model of what lasts.
    dynamic
        The model of paths over the years (:mod:`models.dynamic.build`), in the place of
        ``model``; None if the file has no such section.
    """

    title: str = ""
    panel: PanelSection = PanelSection()
    model: ModelSpec = ModelSpec()
    dynamic: DynamicSpec | None = None
    sampler: SamplerSpec = SamplerSpec()
    evidence: EvidenceSection = EvidenceSection()

    @model_validator(mode="after")
    def _can_be_had(self) -> "RunConfig":
        """Refuse combinations of keys that :mod:`analysis.settings.combinations` lists."""
        for clash in CLASHES:
            if clash.found(self):
                raise ValueError(clash.message(self))
        return self

    def with_seed(self, seed: int) -> "RunConfig":
        """Return the same run with another seed for every random number."""
        simulation = self.panel.simulation.model_copy(update={"seed": seed})
        return self.model_copy(
            update={
                "sampler": self.sampler.model_copy(update={"seed": seed}),
                "panel": self.panel.model_copy(update={"simulation": simulation}),
            }
        )

    def _unread(self) -> set[str]:
        """Name the sections that this run does not read."""
        return {"dynamic"} if self.dynamic is None else {"model"}

    def to_toml(self) -> str:
        """Write the configuration out with every default, but for what follows from other keys."""
        written = self.model_dump(mode="json", exclude=self._unread(), exclude_none=True)
        return tomli_w.dumps(written)


def catalogue_path(config: RunConfig) -> Path:
    """Return which catalogue a configuration uses."""
    return Path(config.panel.catalogue) if config.panel.catalogue else DEFAULT_CATALOGUE
