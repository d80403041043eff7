"""A design analysis: one configuration in, one folder out; finished blocks are not repeated."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import xarray as xr

from analysis.design.config import DesignConfig
from analysis.design.dictionary import MEANINGS
from analysis.design.figures import write_figures
from analysis.design.simulate import Block, simulate_block
from analysis.design.summarise import detectable, summarise_cells
from analysis.design.words import describe
from analysis.execution.cluster import Cluster
from analysis.execution.execute import execute
from analysis.execution.store import Store
from analysis.execution.task_counts import Watch, unwatched
from analysis.execution.tasks import Task, content_key
from analysis.files.fits import code_identity
from analysis.files.read_table import reading
from analysis.files.spreadsheet import write_csv
from analysis.run.identity import whole_identity
from analysis.settings.config_file import ConfigError
from analysis.tables.dictionary import dictionary
from data.folders import whole_folder
from data.netcdf import write_netcdf
from data.panel import Progress, silent
from data.panel_files import save_panel
from data.storage import is_intact
from models.fit import CompiledStructure
from models.inputs import prepare
from models.screen import draw_parameters
from models.spec import Variant

_BLOCK = 25
KIND, KEEPS = "design analysis", "blocks/results/[!.]*"


def design(
    config: DesignConfig,
    panel: xr.Dataset,
    folder: Path,
    *,
    cluster: Cluster | None = None,
    retry_failed: bool = False,
    command: str = "",
    report: Progress = silent,
    watch: Watch = unwatched,
) -> Path:
    """Simulate and fit every cell; write tables and figures.

    Parameters
    ----------
    config, panel
        What to simulate, and the study that is imitated.
    folder
        Where the results are to stand; what is finished there is not computed again.
    cluster
        Where to run; two processes of this machine if not given.
    retry_failed
        Whether to try blocks again that failed before.
    command
        The command line, for the provenance.
    report, watch
        Told of the preparation, and of the blocks.

    Raises
    ------
    ConfigError
        If blocks failed.
    data.storage.StorageError
        If the folder holds something else.
    models.laplace.LaplaceError
        If the template's posterior has no maximum that a normal could approximate.
    analysis.execution.store.StoreError, analysis.execution.cluster.ClusterError
        As :func:`analysis.execution.execute.execute` says.
    """
    identity = whole_identity(config, panel)
    with whole_folder(folder, KIND, identity, keeps=KEEPS) as place:
        if place.finished:
            return folder
        save_panel(panel, place.folder / "template.nc")
        if not is_intact(place.folder / "parameters.nc", place.folder):
            report("fitting the template", 0, 1)
            _draw_parameters(config, panel, place.folder)
            report("fitting the template", 1, 1)
        tasks = list(block_tasks(config, place.folder, identity))
        store = Store(place.folder / "blocks")
        tally = execute(
            tasks, simulate_block, store, cluster=cluster, retry_failed=retry_failed, watch=watch
        )
        if tally.failed:
            raise ConfigError(
                f"{folder}: {tally.failed} of {tally.total} blocks failed ({tally.last_error}). "
                "What is finished is kept; mend the cause and say --retry-failed."
            )
        blocks = [_read_block(store.place(task.key) / "panels.parquet") for task in tasks]
        _write(config, pd.concat(blocks, ignore_index=True), place.folder, command)
    return folder


def _read_block(file: Path) -> pd.DataFrame:
    """Read what a task wrote."""
    with reading(file):
        return pd.read_parquet(file)


def block_tasks(config: DesignConfig, folder: Path, identity: str) -> Iterator[Task]:
    """Cut the grid into blocks of panels; a worker keeps to one number of authorities."""
    for authorities in config.grid.authorities:
        for noise in config.grid.noise:
            for first in range(0, config.panels, _BLOCK):
                block = Block(
                    panel=str((folder / "template.nc").absolute()),
                    parameters=str((folder / "parameters.nc").absolute()),
                    model=config.model,
                    estimand=config.estimand,
                    authorities=authorities,
                    noise=noise,
                    grid=config.grid,
                    first=first,
                    panels=min(_BLOCK, config.panels - first),
                    seed=config.seed,
                )
                parts = block.model_dump(mode="json", exclude={"panel", "parameters"})
                yield Task(
                    content_key({**parts, "identity": identity}),
                    str(authorities),
                    block.model_dump(mode="json"),
                    f"{authorities} authorities, noise {noise:g}, panels from {first}",
                )


def _draw_parameters(config: DesignConfig, panel: xr.Dataset, folder: Path) -> None:
    """Fit the template once without a link, and draw the parameters that panels are given."""
    structure = config.model.structure
    variant = Variant(structure=structure, estimand=config.estimand, link="independent")
    inputs = prepare(panel, config.model)
    compiled = CompiledStructure(config.model, structure, inputs)
    drawn = draw_parameters(compiled, variant, inputs, draws=config.panels, seed=config.seed)
    write_netcdf(drawn, folder / "parameters.nc", folder)


def _write(config: DesignConfig, panels: pd.DataFrame, folder: Path, command: str) -> None:
    """Write tables with their dictionary, figures, configuration and provenance."""
    tables = {"cells": summarise_cells(panels, config), "detectable": detectable(panels, config)}
    place = folder / "tables"
    place.mkdir(exist_ok=True)
    for name, table in tables.items():
        write_csv(table, place / f"{name}.csv")
    panels.to_parquet(place / "panels.parquet", index=False)
    explained = dictionary(tables | {"panels": panels}, MEANINGS)
    write_csv(explained, place / "data_dictionary.csv")
    write_figures(tables["cells"], config, folder / "figures")
    (folder / "summary.txt").write_text(describe(tables, config), "utf-8")
    (folder / "design.toml").write_text(config.to_toml(), "utf-8")
    record = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "fits": len(panels),
        "code": code_identity(),
    }
    (folder / "provenance.json").write_text(json.dumps(record, indent=2), "utf-8")
