"""One block of a design analysis: panels drawn from the model, each fitted, on one worker.

A panel's indicators do not depend on the link, so that they are drawn and fitted once
(:func:`models.screen.effectiveness_alone`), and serve every set of judgements: single overall
judgements by :mod:`models.judgement_laplace`, repeated ones and sub-judgements by
:mod:`models.repeated_judgements.alone`.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from analysis.design.config import GridSection, correlation
from analysis.design.judged import Unexplained, cutpoints, inspection_years, read, scales
from analysis.design.template import resized
from analysis.execution.worker_cache import cached
from analysis.record.thresholds import ROPE
from data.netcdf import read_dataset
from data.panel_files import load_panel
from models.fit import CompiledStructure
from models.generate import Generator
from models.inputs import ModelInputs, prepare
from models.judgement_laplace import JudgementModel, link_posteriors
from models.link import switches
from models.posterior_mode import LaplaceError
from models.priors import centred_sd
from models.repeated_judgements.alone import RepeatedJudgementsAlone
from models.repeated_judgements.likelihood import COARSE, FINE
from models.repeated_judgements.select import RepeatedJudgements
from models.screen import effectiveness_alone
from models.spec import Estimand, InspectionSpec, ModelSpec, Variant

Array = NDArray[np.float64]

# Reliability up to which sub-judgements may be integrated by the coarse rule.
_COARSE_UP_TO = 0.7

NUMBERS = ("mean", "sd", "lower", "upper", "log_bf_independent_linked", "within")


class Block(BaseModel):
    """Some panels of one number of authorities and one noise, at every link.

    Attributes
    ----------
    panel, parameters
        Files: the template, and draws of its model's free variables.
    model, estimand
        What draws the panels and is fitted to them.
    authorities, noise
        Of the block.
    grid
        Links, reliabilities and judgements; its authorities and noise are not used.
    first, panels
        Number of the first panel, and how many.
    seed
        As in the configuration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    panel: str
    parameters: str
    model: ModelSpec
    estimand: Estimand
    authorities: int
    noise: float
    grid: GridSection
    first: int
    panels: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """One panel: its truth, and what its indicators say of effectiveness."""

    number: int
    parameters: xr.Dataset
    effectiveness: Array
    unexplained: Unexplained
    moments: tuple[Array, Array] | None
    fault: str
    seconds: float


def simulate_block(payload: dict[str, Any], folder: Path) -> None:
    """Draw and fit a block's panels; write ``panels.parquet``, a row for each fit.

    Panel number j has the same parameters, effects, noise and unexplained part of judgements at
    every link: differences between links are then seen with less noise than their own errors
    suggest.
    """
    block = Block.model_validate(payload)
    compiled, generator, inputs = _prepared(block)
    drawn = read_dataset(Path(block.parameters))
    numbers = range(block.first, block.first + block.panels)
    panels = [_panel(block, compiled, generator, drawn, number) for number in numbers]
    rows: list[dict[str, Any]] = []
    for judgements in block.grid.judgements:
        for sub in block.grid.sub_judgements:
            if judgements == 1 and not sub:
                rows += _single(block, inputs, panels, drawn)
            else:
                rows += _several(block, inputs, panels, judgements, sub)
    table = pd.DataFrame(rows).assign(authorities=block.authorities, noise=block.noise)
    table.to_parquet(folder / "panels.parquet", index=False)


def _panel(
    block: Block,
    compiled: CompiledStructure,
    generator: Generator,
    drawn: xr.Dataset,
    number: int,
) -> _Panel:
    """Draw one panel and fit its indicators."""
    started = time.process_time()
    truth = drawn.isel(draw=[number % drawn.sizes["draw"]])
    first, second = np.random.SeedSequence([block.seed, number]).spawn(2)
    made = generator.draw_at(truth, int(first.generate_state(1)[0]))
    unexplained = Unexplained.draw(
        np.random.default_rng(second), block.authorities, max(block.grid.judgements)
    )
    moments, fault = None, ""
    try:
        moments = effectiveness_alone(compiled, block.estimand, made.inputs, made.parameters)
    except LaplaceError as failed:
        fault = str(failed)
    seconds = time.process_time() - started
    return _Panel(number, truth, made.effectiveness, unexplained, moments, fault, seconds)


def _single(
    block: Block, inputs: ModelInputs, panels: list[_Panel], drawn: xr.Dataset
) -> list[dict[str, Any]]:
    """Weigh one overall judgement an authority, all panels of the block together.

    What is given is one judgement, whose scale depends on the link and the reliability through
    their product ρ alone: each ρ is drawn and weighed once.
    """
    fitted = [panel for panel in panels if panel.moments is not None]
    rows = []
    found: dict[float, tuple[dict[str, Array], float]] = {}
    design, sds = _design(block, inputs, drawn)
    for link in block.grid.links:
        for reliability in block.grid.reliability:
            rho = correlation(link, reliability)
            if rho not in found and fitted:
                started = time.process_time()
                grade = np.array([_grades(block, inputs, one, rho) for one in fitted])
                moments = [one.moments for one in fitted if one.moments is not None]
                model = JudgementModel(
                    mean=np.array([mean for mean, _ in moments]),
                    variance=np.array([variance for _, variance in moments]),
                    design=design,
                    coefficient_sd=sds,
                    scales=block.model.priors,
                )
                posterior = link_posteriors(model, grade, ROPE)
                each = (time.process_time() - started) / len(fitted)
                found[rho] = {name: getattr(posterior, name) for name in NUMBERS}, each
            at = 0
            for one in panels:
                row = _labels(one, link, reliability, 1, sub=False)
                if one.moments is None:
                    rows.append(row | dict.fromkeys(NUMBERS, np.nan))
                    continue
                numbers, each = found[rho]
                rows.append(row | {name: float(values[at]) for name, values in numbers.items()})
                if not np.isfinite(rows[-1]["mean"]):
                    rows[-1]["fault"] = "The judgements' density has no maximum."
                rows[-1]["seconds"] += each
                at += 1
    return rows


def _grades(block: Block, inputs: ModelInputs, panel: _Panel, rho: float) -> NDArray[np.int64]:
    """Draw one overall judgement an authority: of reliability 1, its link is ρ itself."""
    years = inspection_years(inputs, 1)
    scale = _scales(block, inputs, panel, years, rho, 1.0)
    return np.searchsorted(cutpoints(panel.parameters), scale[:, 0]).astype(np.int64)


def _several(
    block: Block, inputs: ModelInputs, panels: list[_Panel], judgements: int, sub: bool
) -> list[dict[str, Any]]:
    """Weigh repeated judgements or sub-judgements, panel by panel."""
    years = inspection_years(inputs, judgements)
    deprivation = inputs.deprivation if block.estimand == "adjusted" else None
    rows = []
    most = block.grid.panels_of(sub, block.first + block.panels)
    for panel in (one for one in panels if one.number < most):
        for reliability in block.grid.reliability:
            for link in block.grid.links_of(sub):
                started = time.process_time()
                row = _labels(panel, link, reliability, judgements, sub=sub)
                row |= dict.fromkeys(NUMBERS, np.nan)
                if panel.moments is not None:
                    scale = _scales(block, inputs, panel, years, link, reliability)
                    readings = read(
                        scale,
                        cutpoints(panel.parameters),
                        years,
                        panel.unexplained,
                        block.grid.sub_loading if sub else None,
                    )
                    compiled = _compiled_readings(block, readings, judgements, sub)
                    try:
                        said = compiled.summarise(panel.moments, deprivation, readings, ROPE)
                    except LaplaceError as failed:
                        row["fault"] = str(failed)
                    else:
                        row |= {name: said.get(f"rho_{name}", said.get(name)) for name in NUMBERS}
                row["seconds"] += time.process_time() - started
                rows.append(row)
    return rows


def _scales(
    block: Block, inputs: ModelInputs, panel: _Panel, years: Array, link: float, reliability: float
) -> Array:
    """Draw the scales of one panel's inspections."""
    adjusted = block.estimand == "adjusted"
    return scales(
        panel.parameters,
        inputs,
        panel.effectiveness,
        panel.unexplained,
        years,
        link,
        reliability,
        adjusted=adjusted,
        region=adjusted and block.model.region,
    )


def _labels(
    panel: _Panel, link: float, reliability: float, judgements: int, *, sub: bool
) -> dict[str, Any]:
    """Name a fit as the table does."""
    return {
        "panel": panel.number,
        "link": link,
        "reliability": reliability,
        "judgements": judgements,
        "sub_judgements": sub,
        "correlation": correlation(link, reliability),
        "seconds": panel.seconds,
        "fault": panel.fault,
    }


def _design(block: Block, inputs: ModelInputs, drawn: xr.Dataset) -> tuple[Array, Array]:
    """Return what single judgements depend on besides ρ, and the priors' standard deviations.

    The spread between regions is held at its mean over the template's draws.
    """
    priors, said = block.model.priors, inputs.judgements
    columns, sds = [], []
    if block.model.drift:
        columns.append(inspection_years(inputs, 1)[:, 0])
        sds.append(centred_sd("drift", priors))
    if block.estimand == "adjusted":
        columns.append(inputs.deprivation)
        sds.append(centred_sd("judgement_deprivation", priors))
        if block.model.region:
            spread = float(drawn["region_sd"].mean())
            for region in range(len(said.regions)):
                columns.append((said.region == region).astype(float))
                sds.append(spread)
    if not columns:
        return np.zeros((block.authorities, 0)), np.zeros(0)
    return np.stack(columns, axis=1), np.array(sds)


def _prepared(block: Block) -> tuple[CompiledStructure, Generator, ModelInputs]:
    """Get ready what the blocks of a cell share, once for each process."""
    text = block.model.model_dump_json()
    shape = (block.panel, text, block.authorities, block.seed)
    inputs = cached("design inputs", (*shape, block.noise), lambda: _sized(block))
    compiled = cached(
        "design structure",
        shape,
        lambda: CompiledStructure(block.model, block.model.structure, inputs),
    )
    variant = Variant(structure=block.model.structure, estimand=block.estimand, link="independent")
    on = switches(variant, block.model)
    generator = cached(
        "design generator",
        (*shape, block.noise, block.estimand),
        lambda: Generator(block.model, block.model.structure, inputs, on),
    )
    return compiled, generator, inputs


def _sized(block: Block) -> ModelInputs:
    """Read and prepare the template, and give it the block's size and noise."""
    inputs = cached(
        "design template",
        (block.panel, block.model.model_dump_json()),
        lambda: prepare(load_panel(Path(block.panel)), block.model),
    )
    return resized(inputs, block.authorities, block.noise, block.seed)


def _compiled_readings(
    block: Block, readings: RepeatedJudgements, judgements: int, sub: bool
) -> RepeatedJudgementsAlone:
    """Compile once for each number of authorities and kind of reading."""
    asked = InspectionSpec(
        scope="repeats" if judgements > 1 else "latest",
        judgements="sub_judgements" if sub else "overall",
    )
    spec = block.model.model_copy(update={"inspection": asked})
    rule = COARSE if max(block.grid.reliability) <= _COARSE_UP_TO else FINE
    key = (spec.model_dump_json(), readings.grade.shape, rule is COARSE)
    return cached(
        "design readings", key, lambda: RepeatedJudgementsAlone(spec, readings, rule), most=10
    )
