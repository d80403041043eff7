"""A panel written out for a reader: the file itself, and tables of what it holds."""

from pathlib import Path

import xarray as xr

from data.coverage import describe, summarise_panel
from data.panel import save_panel


def write_panel(panel: xr.Dataset, folder: Path) -> Path:
    """Write ``panel.nc``, ``summary.txt`` and the tables behind it; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    coverage = summarise_panel(panel)
    coverage.statuses.to_csv(folder / "statuses.csv")
    coverage.authorities.to_csv(folder / "authorities.csv")
    coverage.judgements.to_csv(folder / "judgements.csv")
    coverage.joins.to_csv(folder / "joins.csv", index=False)
    (folder / "summary.txt").write_text(describe(panel), "utf-8")
    save_panel(panel, folder / "panel.nc")
    return folder
