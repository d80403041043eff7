"""A design analysis: one configuration in, one folder out; finished blocks are not repeated."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import xarray as xr

from analysis.config import ConfigError
from analysis.design.config import DesignConfig
from analysis.design.dictionary import dictionary
from analysis.design.simulate import Block, simulate_block
from analysis.design.summarise import detectable, summarise_cells
from analysis.execution.cluster import Cluster
from analysis.execution.execute import Watch, execute, unwatched
from analysis.execution.store import Store
from analysis.execution.tasks import Task, content_key
from analysis.run import code_identity
from data.panel import Progress, save_panel, silent
from models.fit import CompiledStructure
from models.inputs import prepare
from models.link_screen import draw_parameters, starting_parameters
from models.spec import Variant

_BLOCK = 25
_MARK = ".identity"


def design(
    config: DesignConfig,
    panel: xr.Dataset,
    folder: Path,
    *,
    cluster: Cluster | None = None,
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
        Where the results are to stand.
    cluster
        Where to run; two processes of this machine if not given.
    command
        The command line, for the provenance.
    report, watch
        Told of the preparation, and of the blocks.

    Raises
    ------
    ConfigError
        If the folder holds something else.
    analysis.execution.store.StoreError, analysis.execution.cluster.ClusterError
        As :func:`analysis.execution.execute.execute` says.
    """
    identity = _claim(config, panel, folder)
    template, parameters = folder / "template.nc", folder / "parameters.nc"
    variant = Variant(structure=config.model.structure, estimand=config.estimand, link="linked")
    if not parameters.is_file():
        report("fitting the template", 0, 1)
        save_panel(panel, template)
        _draw_parameters(config, panel, variant, parameters)
        report("fitting the template", 1, 1)
    tasks = _tasks(config, variant, template, parameters, identity)
    store = Store(folder / "blocks")
    tally = execute(tasks, simulate_block, store, cluster=cluster, watch=watch)
    if tally.failed:
        raise ConfigError(
            f"{folder}: {tally.failed} of {tally.total} blocks failed ({tally.last_error}). "
            "What is finished is kept; mend the cause and give the same command again."
        )
    blocks = [pd.read_parquet(store.place(task.key) / "panels.parquet") for task in tasks]
    _write(config, pd.concat(blocks, ignore_index=True), folder, command)
    return folder


def _claim(config: DesignConfig, panel: xr.Dataset, folder: Path) -> str:
    """Take the folder, going on with what was begun there."""
    digest = hashlib.sha256(config.to_toml().encode())
    for name in sorted(map(str, panel.variables)):
        digest.update(name.encode() + panel[name].values.tobytes())
    digest.update(code_identity().encode())
    identity = digest.hexdigest()
    mark = folder / _MARK
    known = mark.is_file() and mark.read_text("utf-8") == identity
    if folder.exists() and any(folder.iterdir()) and not known:
        raise ConfigError(
            f"{folder}: stands already and is not this design analysis. Name another --out, or "
            "remove it."
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(identity, "utf-8")
    return identity


def _draw_parameters(
    config: DesignConfig, panel: xr.Dataset, variant: Variant, file: Path
) -> None:
    """Fit the template once, and draw the parameters with which panels are simulated."""
    inputs = prepare(panel, config.model)
    compiled = CompiledStructure(config.model, variant.structure, inputs)
    start = starting_parameters(compiled, variant, inputs, config.seed)
    drawn = draw_parameters(compiled, variant, inputs, start, config.panels, config.seed)
    unfinished = file.with_suffix(".part")
    drawn.to_netcdf(unfinished, engine="h5netcdf")
    unfinished.replace(file)


def _tasks(
    config: DesignConfig, variant: Variant, template: Path, parameters: Path, identity: str
) -> list[Task]:
    """Cut the grid into blocks of panels; a worker keeps to one number of authorities."""
    tasks = []
    for authorities in config.grid.authorities:
        for noise in config.grid.noise:
            for first in range(0, config.panels, _BLOCK):
                block = Block(
                    panel=str(template.absolute()),
                    parameters=str(parameters.absolute()),
                    model=config.model,
                    variant=variant,
                    authorities=authorities,
                    noise=noise,
                    correlations=config.correlations(),
                    first=first,
                    panels=min(_BLOCK, config.panels - first),
                    interval=config.interval,
                    seed=config.seed,
                )
                parts = block.model_dump(mode="json", exclude={"panel", "parameters"})
                label = f"{authorities} authorities, noise {noise:g}, panels from {first}"
                tasks.append(
                    Task(
                        content_key({**parts, "identity": identity}),
                        str(authorities),
                        block.model_dump(mode="json"),
                        label,
                    )
                )
    return tasks


def _write(config: DesignConfig, panels: pd.DataFrame, folder: Path, command: str) -> None:
    """Write tables with their dictionary, figures, configuration and provenance."""
    from analysis.design.figures import write_figures

    tables = {"cells": summarise_cells(panels, config), "detectable": detectable(panels, config)}
    place = folder / "tables"
    place.mkdir(exist_ok=True)
    for name, table in tables.items():
        table.to_csv(place / f"{name}.csv", index=False)
    whole = tables | {"panels": panels}
    panels.to_parquet(place / "panels.parquet", index=False)
    dictionary(whole).to_csv(place / "data_dictionary.csv", index=False)
    write_figures(tables["cells"], config, folder / "figures")
    (folder / "design.toml").write_text(config.to_toml(), "utf-8")
    record = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "fits": len(panels),
        "cpu_seconds_of_fits": round(float(panels["seconds"].sum()), 1),
        "code": code_identity(),
    }
    (folder / "provenance.json").write_text(json.dumps(record, indent=2), "utf-8")
