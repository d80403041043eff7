"""A reconstruction: one configuration and one panel in, one folder of tables out."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from analysis.files.fits import code_identity
from analysis.files.spreadsheet import write_csv
from analysis.reconstruction.bands import places_for
from analysis.reconstruction.combine import every_combination
from analysis.reconstruction.config import LABEL, ReconstructionConfig
from analysis.reconstruction.dictionary import MEANINGS
from analysis.reconstruction.latent import analyse, latent_tables
from analysis.reconstruction.universe import ratings
from analysis.reconstruction.visible import what_could_be_seen
from analysis.reconstruction.words import describe, every_line
from analysis.run.identity import whole_identity
from analysis.tables.dictionary import dictionary
from data.folders import whole_folder
from data.panel import GRADES, Progress, silent
from data.panel_files import save_panel

KIND = "reconstruction"


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
    data.storage.StorageError
        If the folder holds something else.
    data.panel.PanelError
        If the files cannot answer any choice, or not one of the latent cases.
    """
    identity = whole_identity(config, panel)
    with whole_folder(folder, KIND, identity) as place:
        if not place.finished:
            _fill(place.folder, config, panel, command, report)
    return folder


def _fill(
    folder: Path,
    config: ReconstructionConfig,
    panel: xr.Dataset,
    command: str,
    report: Progress,
) -> None:
    """Compute everything and write it."""
    started = time.perf_counter()
    found = every_combination(panel, config, report)
    analysed = analyse(panel, config, report)
    tables = found.frames() | latent_tables(analysed, config)
    tables["visible"] = _visible(panel, config)
    for name, table in {**tables, "data_dictionary": dictionary(tables, MEANINGS)}.items():
        write_csv(table, folder / "tables" / f"{name}.csv")
    for number, (case, evidence) in enumerate(analysed, 1):
        name = f"evidence-{number}-{case.indicators}.json"
        (folder / name).write_text(evidence.to_json(), "utf-8")
    (folder / "summary.txt").write_text(describe(tables, config), "utf-8")
    (folder / "every_combination.txt").write_text(every_line(tables), "utf-8")
    (folder / "reconstruction.toml").write_text(config.to_toml(), "utf-8")
    save_panel(panel, folder / "panel.nc")
    record = {
        "label": LABEL,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - started, 1),
        "command": command,
        "code": code_identity(),
        "sources": json.loads(panel.attrs["sources"]),
    }
    (folder / "provenance.json").write_text(json.dumps(record, indent=2), "utf-8")


def _visible(panel: xr.Dataset, config: ReconstructionConfig) -> pd.DataFrame:
    """Simulate the base comparison, of all authorities that are rated."""
    unknown = config.unknown
    grade = ratings(panel, unknown.cutoff[0])
    counts = np.bincount(grade[grade >= 0], minlength=len(GRADES))
    places = places_for(int(counts.sum()), config.top_share, unknown.places[0])
    return what_could_be_seen(counts, places, config.visible, config.alpha)
