"""A run's configuration: which sections and keys there are, and which go together.

One file says everything that a result depends on besides the data;
:mod:`analysis.settings.config_file` reads it.
"""

from pathlib import Path
from typing import Annotated, Literal

import tomli_w
from pydantic import Field, field_validator, model_validator

from analysis.record.thresholds import INTERVAL, ROPE, SIMULATED_PANELS, TOP_SHARE
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
    def _paths_stand_alone(self) -> "RunConfig":
        """Refuse what paths over the years have no use for."""
        if self.dynamic is None:
            return self
        if "model" in self.model_fields_set:
            raise ValueError(
                "[dynamic] is fitted in the place of [model], which would not be read. Leave "
                "either section out"
            )
        sampler, evidence = self.sampler, self.evidence
        unread = {
            "sampler.engine": sampler.engine != "collapsed",
            "sampler.refits": sampler.refits,
            "sampler.region_refits": sampler.region_refits,
            "evidence.cutoff": bool(evidence.cutoff),
            "evidence.baselines": evidence.baselines,
            "evidence.alternatives": bool(evidence.alternatives),
            "evidence.predictive": evidence.predictive,
            "evidence.top_share": evidence.top_share != EvidenceSection().top_share,
            "evidence.simulated_panels": evidence.simulated_panels
            != EvidenceSection().simulated_panels,
            "panel.lag": bool(self.panel.lag),
        }
        for key, set_otherwise in unread.items():
            if set_otherwise:
                raise ValueError(
                    f"[dynamic] knows every year and inspection, by the collapsed engine, and "
                    f"has no use for {key}. Leave the key as it is by default"
                )
        return self

    @model_validator(mode="after")
    def _engine_knows_the_likelihood(self) -> "RunConfig":
        """Refuse exact counts where an engine has integrated the effects out."""
        engine, likelihood = self.sampler.engine, self.model.likelihood
        if engine != "joint" and likelihood != "gaussian":
            raise ValueError(
                f"model.likelihood = {likelihood!r} wants sampler.engine = 'joint', and it is "
                f"{engine!r}. Change either, or leave the likelihood 'gaussian'"
            )
        if engine == "joint" and self.model.challenger != "none":
            raise ValueError(
                "sampler.engine = 'joint' leaves no authority out, and so compares no structures "
                "by prediction. Say model.challenger = 'none'"
            )
        if engine == "laplace" and "domain_factors" in (
            self.model.structure,
            self.model.challenger,
        ):
            raise ValueError(
                "sampler.engine = 'laplace' approximates along a single link, and domain_factors "
                "has one for each domain. Say sampler.engine = 'collapsed', or name another "
                "structure and challenger"
            )
        for key in ("refits", "region_refits"):
            if getattr(self.sampler, key) and engine != "collapsed":
                raise ValueError(
                    f"sampler.{key} wants sampler.engine = 'collapsed', and it is {engine!r}. "
                    "Change either"
                )
        return self

    @model_validator(mode="after")
    def _readings_go_together(self) -> "RunConfig":
        """Refuse what only the collapsed engine knows, and forecasts of what is left out."""
        inspection = self.model.inspection
        if self.sampler.engine == "joint" and (inspection.extended or self.model.identical):
            raise ValueError(
                "sampler.engine = 'joint' knows each authority's latest overall judgement by a "
                "probit only. Leave model.inspection and model.identical as they are by default, "
                "or say sampler.engine = 'collapsed'"
            )
        if self.sampler.engine == "joint" and self.model.deprivation_form == "spline":
            raise ValueError(
                "sampler.engine = 'joint' knows deprivation as linear only, and "
                "model.deprivation_form = 'spline'. Change either"
            )
        if self.model.effect_spread == "size":
            if self.sampler.engine == "joint":
                raise ValueError(
                    "sampler.engine = 'joint' gives effects one spread, and "
                    "model.effect_spread = 'size'. Change either"
                )
            if self.evidence.predictive:
                raise ValueError(
                    "evidence.predictive gives effects one spread, and model.effect_spread = "
                    "'size'. Drop either key"
                )
            if self.model.spatial != "none":
                raise ValueError(
                    f"model.spatial = {self.model.spatial!r} gives neighbours effects of one "
                    "spread, and model.effect_spread = 'size'. Change either"
                )
        if self.panel.abolished and self.panel.source != "published":
            raise ValueError(
                "panel.abolished = true wants panel.source = 'published', and it is "
                f"{self.panel.source!r}. Change either"
            )
        if self.model.spatial != "none":
            if self.panel.abolished:
                raise ValueError(
                    f"model.spatial = {self.model.spatial!r} knows the boundaries of April 2023 "
                    "alone, and panel.abolished = true. Change either"
                )
            if self.sampler.engine != "collapsed":
                raise ValueError(
                    f"model.spatial = {self.model.spatial!r} wants sampler.engine = 'collapsed', "
                    f"and it is {self.sampler.engine!r}. Change either"
                )
            for key in ("structure", "challenger"):
                if getattr(self.model, key) == "domain_factors":
                    raise ValueError(
                        f"model.spatial = {self.model.spatial!r} shares one effectiveness with "
                        f"the neighbours, and model.{key} = 'domain_factors' has one for each "
                        "domain. Change either"
                    )
        if self.evidence.cutoff and self.model.deprivation_form == "none":
            raise ValueError(
                "evidence.cutoff sets deprivation alone beside the forecasts, and "
                "model.deprivation_form = 'none' leaves it out. Drop either key"
            )
        if self.evidence.cutoff and inspection.judgements == "sub_judgements":
            raise ValueError(
                "evidence.cutoff forecasts overall judgements, and "
                "model.inspection.judgements = 'sub_judgements' leaves them out. Drop either key"
            )
        for key in ("structure", "challenger"):
            if inspection.extended and getattr(self.model, key) == "domain_factors":
                raise ValueError(
                    "model.inspection: repeats, sub-judgements, lead inspectors and the logit "
                    f"curve want a structure with a single link, and model.{key} = "
                    "'domain_factors' has one for each domain. Say 'composite' or 'one_factor'"
                )
        return self

    @model_validator(mode="after")
    def _alternatives_differ(self) -> "RunConfig":
        """Refuse alternatives that are the model itself, and what their engine does not know."""
        for name in self.evidence.alternatives:
            key, usual = {
                "spline": ("deprivation_form", "linear"),
                "size": ("effect_spread", "equal"),
            }[name]
            found = getattr(self.model, key)
            if found != usual:
                raise ValueError(
                    f"evidence.alternatives has {name!r}, which stands beside model.{key} = "
                    f"{usual!r}, and it is {found!r}. Drop either key"
                )
            if self.sampler.engine == "joint":
                raise ValueError(
                    f"evidence.alternatives has {name!r}, which sampler.engine = 'joint' does "
                    "not know. Drop either key"
                )
            if name == "size" and self.model.spatial != "none":
                raise ValueError(
                    "evidence.alternatives has 'size', which does not go with model.spatial = "
                    f"{self.model.spatial!r}. Drop either key"
                )
        return self

    @model_validator(mode="after")
    def _forecasts_read_every_inspection(self) -> "RunConfig":
        """Refuse forecasts where every earlier inspection cannot be read by a single link."""
        if not self.evidence.cutoff:
            return self
        if self.model.structure == "domain_factors":
            raise ValueError(
                "evidence.cutoff forecasts by a single link, and domain_factors has one for each "
                "domain. Use another model.structure, or leave the cut-off out"
            )
        if self.sampler.engine == "joint":
            raise ValueError(
                "evidence.cutoff forecasts from every earlier judgement, and sampler.engine = "
                "'joint' knows the latest only. Say sampler.engine = 'collapsed', or leave the "
                "cut-off out"
            )
        if self.model.inspection.lead_inspector:
            raise ValueError(
                "evidence.cutoff forecasts inspections whose lead inspectors are not known, and "
                "model.inspection.lead_inspector = true tells them apart. Drop either key"
            )
        return self

    def with_seed(self, seed: int) -> "RunConfig":
        """Give the same run with another seed for every random number."""
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
    """Say which catalogue a configuration uses."""
    return Path(config.panel.catalogue) if config.panel.catalogue else DEFAULT_CATALOGUE
