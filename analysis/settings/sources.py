"""Where a run's panel comes from: a simulation, the published files, or a saved panel."""

import os
from pathlib import Path

import xarray as xr

from analysis.settings.config import RunConfig, catalogue_path
from analysis.settings.config_file import ConfigError
from data.panel import Progress, silent
from data.panel_files import load_panel
from data.subset import within_lag, without_authorities, without_spell

ENVIRONMENT = "EFFECTIVENESS_DATA"


def obtain_panel(
    config: RunConfig, data_root: Path | None = None, report: Progress = silent
) -> xr.Dataset:
    """Get the panel that a configuration names.

    Parameters
    ----------
    config
        A checked configuration.
    data_root
        Folder of the published files; the environment variable EFFECTIVENESS_DATA if
        not given.
    report
        Called while files are read.

    Raises
    ------
    ConfigError
        If published files are wanted and no folder is named, or one is named for a simulation.
    data.panel.PanelError
        If a file or the panel cannot be used.
    """
    if data_root is not None and config.panel.source == "simulated":
        raise ConfigError(
            f"--data-root {data_root}: panel.source = 'simulated' reads no published file. Leave "
            "--data-root out, or say panel.source = 'published'."
        )
    panel = select_part(_obtain(config, data_root, report), config)
    title = config.title or panel.attrs.get("title", "")
    return panel.assign_attrs(title=title)


def select_part(panel: xr.Dataset, config: RunConfig) -> xr.Dataset:
    """Leave out the authorities and the years that a configuration does not want."""
    if config.panel.exclude:
        panel = without_authorities(panel, config.panel.exclude)
    for spell in config.panel.drop:
        panel = without_spell(panel, spell.authority, spell.start, spell.end)
    return within_lag(panel, *config.panel.lag) if config.panel.lag else panel


def named_folder(data_root: Path | None) -> Path | None:
    """Return the folder of published files that is named, here or in the environment."""
    named = os.environ.get(ENVIRONMENT)
    return data_root or (Path(named) if named else None)


def _obtain(config: RunConfig, data_root: Path | None, report: Progress) -> xr.Dataset:
    """Get the panel as its source gives it."""
    section = config.panel
    if section.source == "simulated":
        return _simulated(config)
    if section.source != "published":
        return select_cells(load_panel(Path(section.source)), config)
    root = named_folder(data_root)
    if root is None:
        raise ConfigError(
            "panel.source = 'published': no folder of published files is named. "
            f"Say --data-root DIR, or set {ENVIRONMENT}."
        )
    from data.build import build_panel

    panel = build_panel(
        root,
        section.indicators,
        section.years,
        catalogue=catalogue_path(config),
        abolished=section.abolished,
        report=report,
    )
    if config.model.spatial == "none":
        return panel
    from data.adjacency import read_adjacency

    return panel.assign(adjacency=read_adjacency(root, join_islands=False).drop_vars("island"))


def _simulated(config: RunConfig) -> xr.Dataset:
    """Draw the panel that the configuration describes."""
    from data.simulate import simulate_panel
    from data.simulate_inspections import SimulatedTruth

    truth = config.panel.simulation.model_dump(exclude={"seed"})
    return simulate_panel(
        SimulatedTruth(**truth),
        indicators=config.panel.indicators,
        years=config.panel.years,
        seed=config.panel.simulation.seed,
    )


def select_cells(panel: xr.Dataset, config: RunConfig) -> xr.Dataset:
    """Take the configured indicators and years out of a panel that holds more.

    Raises
    ------
    ConfigError
        If one is missing; what the panel has.
    """
    from data.catalogue import choose_indicators, read_catalogue

    chosen = choose_indicators(config.panel.indicators, read_catalogue(catalogue_path(config)))
    wanted: dict[str, list[str] | list[int]] = {
        "indicator": [one.id for one in chosen],
        "year": list(config.panel.years),
    }
    for dim, labels in wanted.items():
        missing = [label for label in labels if label not in panel[dim].values]
        if missing:
            raise ConfigError(
                f"{config.panel.source}: no {dim} {missing[0]}; it has "
                f"{', '.join(map(str, panel[dim].values))}. Change panel.{dim}s."
            )
    return panel.sel(wanted)
