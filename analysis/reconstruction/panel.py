"""The panel of a reconstruction, whole and as a latent-variable analysis takes it."""

from datetime import date
from pathlib import Path

import numpy as np
import xarray as xr

from analysis.config import ConfigError
from analysis.reconstruction.combine import catalogue_directions
from analysis.reconstruction.config import Direction, ReconstructionConfig
from analysis.reconstruction.universe import first_inspections, require_figures
from analysis.sources import ENVIRONMENT, named_folder
from data.historical import build_historical_panel
from data.panel import PanelError, Progress, silent, validate_panel


def historical_panel(
    config: ReconstructionConfig, data_root: Path | None, report: Progress = silent
) -> xr.Dataset:
    """Build the panel that has the indicators and years of every option.

    Raises
    ------
    ConfigError
        If no folder of published files is named.
    PanelError
        If a file is missing or not as it should be.
    """
    root = named_folder(data_root)
    if root is None:
        raise ConfigError(
            "A reconstruction reads published files, and no folder of them is named. "
            f"Say --data-root DIR, or set {ENVIRONMENT}."
        )
    on = max(config.unknown.cutoff)
    return build_historical_panel(
        root, config.every_indicator, config.every_year, on, report=report
    )


def latent_panel(
    panel: xr.Dataset,
    config: ReconstructionConfig,
    name: str,
    *,
    cutoff: date | None = None,
    years: tuple[int, ...] | None = None,
    directions: dict[str, Direction] | None = None,
    rated_only: bool = False,
) -> xr.Dataset:
    """Select what a latent-variable analysis of one combination is given.

    Parameters
    ----------
    panel
        As :func:`historical_panel` gives it.
    config
        The options; the base of each is taken where nothing else is given.
    name
        A set of indicators.
    cutoff, years, directions
        Other choices than the base.
    rated_only
        Whether to leave out the authorities without a rating, whose indicators otherwise help
        to learn how indicators go together.

    Raises
    ------
    PanelError
        If the files have no figure for one of the indicators.
    """
    chosen = years or config.unknown.years[0]
    try:
        require_figures(panel, name, config.sets[name], chosen)
    except ValueError as refused:
        raise PanelError(str(refused)) from refused
    ways = catalogue_directions(config) | (directions or {})
    kept = [one for one in config.sets[name] if ways[one] != "left_out"]
    first = first_inspections(panel, cutoff or config.unknown.cutoff[0])
    found = panel.sel(indicator=kept, year=list(chosen), inspection=first.to_numpy())
    if rated_only:
        found = found.sel(authority=first.index.to_numpy())
    directed = np.array([ways[one] for one in kept])
    found = found.assign_coords(direction=("indicator", directed))
    return validate_panel(found, f"reconstruction, set {name}")


def base_panel(
    config: ReconstructionConfig, data_root: Path | None, *, report: Progress = silent
) -> xr.Dataset:
    """Build the base combination's panel with the rated authorities alone."""
    panel = historical_panel(config, data_root, report)
    return latent_panel(panel, config, config.unknown.indicators[0], rated_only=True)
