"""What a worker is given for one specification, and the panel of which its own is a part."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from analysis.execution.worker_cache import cached
from analysis.sensitivity.grid import Tier
from analysis.settings.config import RunConfig
from analysis.settings.sources import select_part
from data.panel_files import load_panel
from models.spec import Engine, Estimand, ModelSpec, SamplerSpec
from models.traits import ENGINE_TRAITS

_PANELS = 2


@dataclass(frozen=True, slots=True)
class Payload:
    """What a worker needs for one specification.

    Attributes
    ----------
    config, estimand, choices
        The specification; its sampler's seed is the one to use.
    tier
        Which pass.
    panel, panel_sha256
        File of the panel of which it is a part, and hash of the part.
    indicators, years
        The part's; authorities and lag are in the configuration.
    group
        Hash of everything that the compiled structure depends on.
    frame
        Indicators and years of the shape that is compiled; None for the part's own shape.
    code_sha256, key
        Hash of the code, and the task's own name.
    """

    config: RunConfig
    estimand: Estimand
    choices: dict[str, str]
    tier: Tier
    panel: str
    panel_sha256: str
    indicators: tuple[str, ...]
    years: tuple[int, ...]
    group: str
    frame: tuple[tuple[str, ...], tuple[int, ...]] | None
    code_sha256: str
    key: str = ""


def tier_of(engine: Engine, first_pass: bool) -> Tier:
    """Return the engine that computes a specification in a pass."""
    traits = ENGINE_TRAITS[engine]
    return "laplace" if traits.screens or (traits.integrated and first_pass) else "nuts"


def whole_panel(payload: Payload) -> xr.Dataset:
    """Read the panel of which the specification's is a part, once a process."""
    return cached("panel", payload.panel, lambda: load_panel(Path(payload.panel)), _PANELS)


def part_of(panel: xr.Dataset, payload: Payload) -> xr.Dataset:
    """Take the specification's part out of the panel."""
    chosen = panel.sel(indicator=list(payload.indicators), year=list(payload.years))
    return select_part(chosen, payload.config)


def shared_spec(spec: ModelSpec) -> dict[str, Any]:
    """Return what a compiled structure depends on: the rest enters as data or not at all."""
    aside = {"challenger", "weights", "deprivation", "region", "suppression"}
    if not spec.inspection.extended:
        aside.add("inspection")
    return spec.model_dump(mode="json", exclude=aside)


def sampler_for(config: RunConfig, tier: Tier, seed: int, confirm: Any) -> SamplerSpec:
    """Set the sampler up for a pass: one process is one core; the seed is the specification's.

    The first pass takes chains and draws from the configuration where it samples; the second
    one from the grid's ``confirm``.
    """
    sampler = config.sampler.model_copy(update={"cores": 1, "seed": seed})
    if confirm is not None and tier == "nuts":
        asked = {"chains", "tune", "draws", "coordinates", "target_accept"}
        return sampler.model_copy(update=confirm.model_dump(include=asked))
    return sampler
