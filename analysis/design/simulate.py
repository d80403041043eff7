"""One block of a design analysis: panels drawn from the model, each fitted, on one worker."""

import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict

from analysis.design.template import resized
from data.panel import load_panel
from models.fit import CompiledStructure
from models.generate import Generator
from models.inputs import Inputs, prepare
from models.laplace import LaplaceError
from models.link import switches
from models.link_screen import screen_link
from models.spec import ModelSpec, Variant


class Block(BaseModel):
    """Some panels of a cell, at every correlation.

    Attributes
    ----------
    panel, parameters
        Files: the template, and draws of its model's free variables.
    model, variant
        What draws the panels and is fitted to them.
    authorities, noise
        Of the cell.
    correlations
        True ρ.
    first, panels
        Number of the first panel, and how many.
    interval, seed
        As in the configuration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    panel: str
    parameters: str
    model: ModelSpec
    variant: Variant
    authorities: int
    noise: float
    correlations: tuple[float, ...]
    first: int
    panels: int
    interval: float
    seed: int


def simulate_block(payload: dict[str, Any], folder: Path) -> None:
    """Draw and fit a block's panels; write ``panels.parquet``, a row for each fit.

    Panel number j has the same parameters, effects, noise and unexplained part of judgements at
    every correlation and, as far as their numbers allow, in every cell: differences between
    links are then seen with less noise than their own errors suggest.
    """
    block = Block.model_validate(payload)
    compiled, generator = _prepared(
        block.panel,
        block.model.model_dump_json(),
        block.variant,
        block.authorities,
        block.noise,
        block.seed,
    )
    with xr.open_dataset(block.parameters, engine="h5netcdf") as stored:
        drawn = stored.load()
    rows = []
    for number in range(block.first, block.first + block.panels):
        truth = drawn.isel(draw=[number % drawn.sizes["draw"]])
        seed = int(np.random.SeedSequence([block.seed, number]).generate_state(1)[0])
        for rho in block.correlations:
            share = (("chain", "draw"), [[0.5 * (1.0 + rho)]])
            generated = generator.draw_at(truth.assign(link_share=share), seed)
            rows.append(
                {"panel": number, "correlation": rho}
                | _fitted(compiled, block, generated.inputs, generated.parameters)
            )
    table = pd.DataFrame(rows).assign(authorities=block.authorities, noise=block.noise)
    table.to_parquet(folder / "panels.parquet", index=False)


def _fitted(
    compiled: CompiledStructure, block: Block, inputs: Inputs, start: xr.Dataset
) -> dict[str, Any]:
    """Fit one panel; where no normal approximates its posterior, say so in place of numbers."""
    names = ("mean", "sd", "lower", "upper", "log_bf_independent_linked", "probability")
    started = time.process_time()
    grades = inputs.judgements.grade[inputs.judgements.judged > 0]
    if np.unique(grades).size < 2:
        return dict.fromkeys(names, np.nan) | {"seconds": 0.0, "fault": "one grade alone"}
    try:
        found = screen_link(compiled, block.variant, inputs, start, block.interval)
    except LaplaceError as fault:
        numbers, words = dict.fromkeys(names, np.nan), str(fault)
    else:
        numbers, words = {name: getattr(found, name) for name in names}, ""
    return numbers | {"seconds": time.process_time() - started, "fault": words}


# The specification enters these as text: its weights may be a dictionary, which has no hash.
@lru_cache(maxsize=8)
def _template(panel: str, model: str) -> Inputs:
    """Read and prepare the template once for each process."""
    return prepare(load_panel(Path(panel)), ModelSpec.model_validate_json(model))


@lru_cache(maxsize=8)
def _compiled(
    panel: str, model: str, variant: Variant, authorities: int, seed: int
) -> CompiledStructure:
    """Compile once for each number of authorities."""
    sized = resized(_template(panel, model), authorities, 1.0, seed)
    return CompiledStructure(ModelSpec.model_validate_json(model), variant.structure, sized)


@lru_cache(maxsize=8)
def _prepared(
    panel: str, model: str, variant: Variant, authorities: int, noise: float, seed: int
) -> tuple[CompiledStructure, Generator]:
    """Get ready what the blocks of a cell share."""
    sized = resized(_template(panel, model), authorities, noise, seed)
    compiled = _compiled(panel, model, variant, authorities, seed)
    on = switches(variant, compiled.spec)
    return compiled, Generator(compiled.spec, variant.structure, sized, on)
