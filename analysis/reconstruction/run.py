"""A reconstruction: one configuration and one panel in, one folder of tables out."""

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from analysis.dictionary import dictionary
from analysis.reconstruction.bands import places_for
from analysis.reconstruction.combine import every_combination
from analysis.reconstruction.config import LABEL, ReconstructionConfig
from analysis.reconstruction.dictionary import MEANINGS
from analysis.reconstruction.latent import analyse, latent_tables
from analysis.reconstruction.universe import ratings
from analysis.reconstruction.visible import what_could_be_seen
from analysis.reconstruction.words import describe, every_line
from analysis.run import code_identity, finished_run, run_identity
from data.panel import GRADES, Progress, save_panel, silent


def reconstruct(
    config: ReconstructionConfig,
    panel: xr.Dataset,
    folder: Path,
    *,
    command: str = "",
    report: Progress = silent,
) -> Path:
    """Make every table, fit the latent cases, simulate; write all of it, whole or not at all.

    Parameters
    ----------
    config
        The options.
    panel
        As :func:`analysis.reconstruction.panel.historical_panel` gives it.
    folder
        Where the results are to stand; if they do already, nothing is computed.
    command
        The command line, for the provenance.
    report
        Told of every step.

    Raises
    ------
    analysis.config_file.ConfigError
        If the folder holds something else.
    data.panel.PanelError
        If the files cannot answer any choice, or not one of the latent cases.
    """
    identity = run_identity(config, panel)
    if finished_run(folder, identity):
        return folder
    started = time.perf_counter()
    found = every_combination(panel, config, report)
    analysed = analyse(panel, config, report)
    tables = found.frames() | latent_tables(analysed, config)
    tables["visible"] = _visible(panel, config)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "tables").mkdir(parents=True)
    for name, table in {**tables, "data_dictionary": dictionary(tables, MEANINGS)}.items():
        table.to_csv(partial / "tables" / f"{name}.csv", index=False)
    for number, (case, evidence) in enumerate(analysed, 1):
        name = f"evidence-{number}-{case.indicators}.json"
        (partial / name).write_text(evidence.to_json(), "utf-8")
    (partial / "summary.txt").write_text(describe(tables, config), "utf-8")
    (partial / "every_combination.txt").write_text(every_line(tables), "utf-8")
    (partial / "reconstruction.toml").write_text(config.to_toml(), "utf-8")
    save_panel(panel, partial / "panel.nc")
    record = {
        "label": LABEL,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - started, 1),
        "command": command,
        "code": code_identity(),
        "sources": json.loads(panel.attrs["sources"]),
    }
    (partial / "provenance.json").write_text(json.dumps(record, indent=2), "utf-8")
    (partial / ".identity").write_text(identity, "utf-8")
    if folder.is_dir():
        folder.rmdir()
    partial.rename(folder)
    return folder


def _visible(panel: xr.Dataset, config: ReconstructionConfig) -> pd.DataFrame:
    """Simulate the base comparison, of all authorities that are rated."""
    unknown = config.unknown
    grade = ratings(panel, unknown.cutoff[0])
    counts = np.bincount(grade[grade >= 0], minlength=len(GRADES))
    places = places_for(int(counts.sum()), config.top_share, unknown.places[0])
    return what_could_be_seen(counts, places, config.visible, config.alpha)
