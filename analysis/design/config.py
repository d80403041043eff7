"""What a design analysis simulates: the study it imitates, and a grid about it."""

from pathlib import Path
from typing import Annotated, Self

import tomli_w
from pydantic import Field, model_validator

from analysis.settings.config_file import ConfigError, is_there, read_checked
from models.section import Correlation, Odds, Section, Seed, Share, Simulated
from models.spec import Estimand, ModelSpec
from models.traits import LIKELIHOOD_TRAITS, STRUCTURE_TRAITS

Reliability = Annotated[float, Field(gt=0.0, le=1.0)]
Noise = Annotated[float, Field(ge=0.01, le=100.0)]
Authorities = Annotated[int, Field(ge=20, le=2000)]
Judgements = Annotated[int, Field(ge=1, le=5)]


class TemplateSection(Section):
    """The study that is imitated: its cells, denominators, deprivation and dates.

    Attributes
    ----------
    run
        A run's configuration, relative to this one.
    reconstruction
        A reconstruction's configuration, whose base is taken; in place of ``run``.
    """

    run: str = ""
    reconstruction: str = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        """Refuse none, or both."""
        if bool(self.run) == bool(self.reconstruction):
            raise ValueError("template wants either run or reconstruction, the path of a file")
        return self


class GridSection(Section):
    """What is varied; every value with every other.

    Attributes
    ----------
    links
        True correlations between quality itself and effectiveness.
    reliability
        Shares of one judgement's variance that are lasting quality; the judgement's own
        correlation with effectiveness, which the model's ρ is, is the link times the square
        root of it.
    authorities
        Numbers of authorities.
    noise
        Factors on the sampling variance of every indicator.
    judgements
        Inspections of each authority, three years apart.
    sub_judgements
        Whether an inspection gives the four sub-judgements in the place of one overall.
    sub_loading
        Correlation of a sub-judgement's scale with what its inspection has in common. The
        published ones agree with each other at Cronbach's alpha of 0.95, so that four have 0.9.
    sub_links, sub_panels
        Links and panels of cells with sub-judgements, whose fits take fifty times as long as
        others; as of all cells if empty and 0.
    """

    links: tuple[Correlation, ...] = Field(
        default=(0.0, 0.2, 0.4, 0.6, 0.8), min_length=1, max_length=50
    )
    reliability: tuple[Reliability, ...] = Field(default=(0.6,), min_length=1, max_length=50)
    authorities: tuple[Authorities, ...] = Field(default=(153,), min_length=1, max_length=50)
    noise: tuple[Noise, ...] = Field(default=(1.0,), min_length=1, max_length=50)
    judgements: tuple[Judgements, ...] = Field(default=(1,), min_length=1, max_length=50)
    sub_judgements: tuple[bool, ...] = Field(default=(False,), min_length=1, max_length=50)
    sub_loading: Share = 0.9
    sub_links: tuple[Correlation, ...] = Field(default=(), max_length=50)
    sub_panels: Simulated = 0

    @property
    def extended(self) -> bool:
        """Whether any cell has repeated judgements or sub-judgements."""
        return max(self.judgements) > 1 or any(self.sub_judgements)

    def links_of(self, sub: bool) -> tuple[float, ...]:
        """Return the links of cells with sub-judgements, or of those without."""
        return self.sub_links if sub and self.sub_links else self.links

    def panels_of(self, sub: bool, panels: int) -> int:
        """Return how many of so many panels cells with sub-judgements have, or those without."""
        return min(self.sub_panels or panels, panels) if sub else panels


class DesignConfig(Section):
    """One design analysis.

    Attributes
    ----------
    title
        Heads the output.
    template, grid
        What is imitated and what is varied.
    estimand
        What is fitted.
    model
        As in a run, with each authority's latest overall judgement; the grid says otherwise.
    panels
        Simulated panels in each cell.
    odds
        Bayes factors that count as evidence.
    power
        Probability with which the smallest link is to be detected.
    seed
        Of every random number.
    """

    title: str = ""
    template: TemplateSection
    grid: GridSection = GridSection()
    estimand: Estimand = "concordance"
    model: ModelSpec = ModelSpec(challenger="none")
    panels: int = Field(default=300, ge=1, le=10_000)
    odds: tuple[Odds, ...] = Field(default=(3.0, 10.0), min_length=1, max_length=50)
    power: Share = 0.8
    seed: Seed = 20260101

    @model_validator(mode="after")
    def _can_be_simulated(self) -> Self:
        """Refuse what the simulation does not know."""
        model = self.model
        single = STRUCTURE_TRAITS[model.structure].single_link
        if not single or LIKELIHOOD_TRAITS[model.likelihood].exact:
            raise ValueError(
                f"model.structure = {model.structure!r}, model.likelihood = "
                f"{model.likelihood!r}: a design analysis has a single link and Gaussian cells"
            )
        if model.inspection.extended or model.identical:
            raise ValueError(
                "model.inspection and model.identical stay as they are by default in a design "
                "analysis; grid.judgements and grid.sub_judgements say how authorities are judged"
            )
        if self.grid.extended and self.estimand == "adjusted" and model.region:
            raise ValueError(
                "model.region = true: repeated judgements and sub-judgements are simulated "
                "without regions. Say model.region = false"
            )
        return self

    def to_toml(self) -> str:
        """Write the configuration out with every default resolved."""
        return tomli_w.dumps(self.model_dump(mode="json"))


def correlation(link: float, reliability: float) -> float:
    """Return the judgement's own correlation with effectiveness."""
    return float(round(link * reliability**0.5, 6))


def read_design(path: Path) -> DesignConfig:
    """Read and check the configuration of a design analysis, with the path of its template.

    Raises
    ------
    ConfigError
        As :func:`analysis.settings.config_file.read_checked` says, or if the template is missing.
    """
    config = read_checked(path, DesignConfig)
    found = {}
    for key, name in config.template:
        if name:
            file = (path.parent / name).resolve()
            if not is_there(file) or not file.is_file():
                raise ConfigError(f"{path}: template.{key} = {name!r}: no such file.")
            found[key] = str(file)
    return config.model_copy(update={"template": TemplateSection(**found)})
