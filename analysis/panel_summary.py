"""A panel written out for a reader: the file itself, a page, and tables of what it holds."""

from pathlib import Path

import xarray as xr

from analysis.coverage_page.build import write_coverage_page
from data.coverage import describe, summarise_panel
from data.panel import save_panel


def write_panel(panel: xr.Dataset, folder: Path, data_root: Path | None = None) -> Path:
    """Write ``panel.nc``, ``coverage.html``, ``summary.txt`` and the tables behind them.

    Parameters
    ----------
    panel
        A valid panel.
    folder
        Where they are to stand.
    data_root
        Folder of the published files, if at hand: the maps need its boundaries.

    Returns
    -------
    Path
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    coverage = summarise_panel(panel)
    coverage.statuses.to_csv(folder / "statuses.csv")
    coverage.authorities.to_csv(folder / "authorities.csv")
    coverage.judgements.to_csv(folder / "judgements.csv")
    coverage.joins.to_csv(folder / "joins.csv", index=False)
    (folder / "summary.txt").write_text(describe(panel), "utf-8")
    save_panel(panel, folder / "panel.nc")
    write_coverage_page(panel, folder, data_root)
    return folder
