"""A panel written out for a reader: the file itself, a page, and tables of what it holds."""

import hashlib
import json
from pathlib import Path

import xarray as xr

from analysis.coverage_page.build import write_coverage_page
from analysis.files.fits import code_identity, panel_identity
from analysis.files.spreadsheet import write_csv
from data.coverage import describe, summarise_panel
from data.folders import whole_folder
from data.panel_files import save_panel

KIND = "panel"


def write_panel(panel: xr.Dataset, folder: Path, data_root: Path | None = None) -> Path:
    """Write ``panel.nc``, ``coverage.html``, ``summary.txt`` and the tables behind them.

    Parameters
    ----------
    panel
        A valid panel.
    folder
        Where they are to stand, in the place of what this function wrote there before.
    data_root
        Folder of the published files, if at hand: the maps need its boundaries.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    data.storage.StorageError
        If the folder holds anything else.
    """
    parts = [panel_identity(panel), json.dumps(panel.attrs, default=str), code_identity()]
    identity = hashlib.sha256(" ".join([*parts, str(data_root is not None)]).encode()).hexdigest()
    with whole_folder(folder, KIND, identity, replaces=True) as place:
        if not place.finished:
            _fill(place.folder, panel, data_root)
    return folder


def _fill(folder: Path, panel: xr.Dataset, data_root: Path | None) -> None:
    """Write every file."""
    coverage = summarise_panel(panel)
    write_csv(coverage.statuses, folder / "statuses.csv", index=True)
    write_csv(coverage.authorities, folder / "authorities.csv", index=True)
    write_csv(coverage.judgements, folder / "judgements.csv", index=True)
    write_csv(coverage.joins, folder / "joins.csv")
    (folder / "summary.txt").write_text(describe(panel), "utf-8")
    save_panel(panel, folder / "panel.nc")
    write_coverage_page(panel, folder, data_root)
