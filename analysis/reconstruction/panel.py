"""The panel of a reconstruction, whole and as a latent-variable analysis takes it."""

from pathlib import Path

import numpy as np
import xarray as xr

from analysis.reconstruction.cases import catalogue_directions
from analysis.reconstruction.config import LatentCase, ReconstructionConfig
from analysis.reconstruction.universe import Refused, first_inspections, require_figures
from analysis.settings.config_file import ConfigError
from analysis.settings.sources import ENVIRONMENT, named_folder
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
    case: LatentCase,
    *,
    rated_only: bool = False,
) -> xr.Dataset:
    """Select what a latent-variable analysis of one choice is given.

    Parameters
    ----------
    panel
        As :func:`historical_panel` gives it.
    config
        The options; the base of each is taken where the case names no other.
    case
        The choice.
    rated_only
        Whether to leave out the authorities without a rating. Those with neither a rating nor
        a figure are left out in any case.

    Raises
    ------
    PanelError
        If the files have no figure for one of the indicators.
    """
    years = case.years or config.unknown.years[0]
    indicators = config.sets[case.indicators]
    try:
        require_figures(panel, case.indicators, indicators, years)
    except Refused as refusal:
        raise PanelError(str(refusal)) from refusal
    ways = catalogue_directions(config) | case.direction
    kept = [one for one in indicators if ways[one] != "left_out"]
    first = first_inspections(panel, config.unknown.cutoff[0])
    found = panel.sel(indicator=kept, year=list(years), inspection=first.to_numpy())
    rated = found.authority.isin(first.index.to_numpy())
    # With neither a figure nor a rating an authority informs nothing.
    told = found.numerator_low.notnull() | found.value.notnull()
    kept_rows = rated if rated_only else rated | told.any(("indicator", "year"))
    found = found.isel(authority=np.flatnonzero(kept_rows.values))
    directed = np.array([ways[one] for one in kept])
    found = found.assign_coords(direction=("indicator", directed))
    return validate_panel(found, f"reconstruction, set {case.indicators}")


def base_panel(
    config: ReconstructionConfig, data_root: Path | None, *, report: Progress = silent
) -> xr.Dataset:
    """Build the base choice's panel with the rated authorities alone."""
    panel = historical_panel(config, data_root, report)
    case = LatentCase(indicators=config.unknown.indicators[0])
    return latent_panel(panel, config, case, rated_only=True)
