"""A panel of the authorities of a past day, for looking at an old study with its own data.

The panel of :mod:`data.build` has the authorities of April 2023, so that a county which has
been split since is not in it. Here the rows are the authorities that were there on a day;
deprivation is that of the indices of 2015, whose table has their codes; the inspections are
the single inspections (SIF), the framework of 2013 to 2018.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import xarray as xr

from data import layout, population, sif, vintages
from data.cache import cache_folder, cached_panel, panel_key
from data.catalogue import DEFAULT_CATALOGUE, Indicator, choose_indicators, read_catalogue
from data.editions import read_indicators
from data.geography import authorities_on
from data.joins import merge_joins
from data.panel import PanelError, Progress, silent, validate_panel
from data.release import describe_release
from data.sources import examine_source
from data.suppression import LARGEST_SUPPRESSED

LOADER_VERSION = "historical-2"
"""Raised whenever the same files give another panel."""

VINTAGE = 2015
EARLIEST, LATEST = date(2013, 4, 1), date(2019, 3, 31)
"""Days between which the codes of the indices of 2015 are those of the authorities."""


def build_historical_panel(
    data_root: Path,
    indicators: tuple[str, ...],
    years: tuple[int, ...],
    on: date,
    *,
    catalogue: Path = DEFAULT_CATALOGUE,
    cache: Path | None = None,
    report: Progress = silent,
) -> xr.Dataset:
    """Read what was published about the authorities of a past day.

    Parameters
    ----------
    data_root
        Folder of published files, laid out as ``sources.toml`` names them.
    indicators
        Ids, or names of sets, of the catalogue.
    years
        Years by the publishers' labels.
    on
        The day, from April 2013 to March 2019.
    catalogue
        The indicators that may be named.
    cache
        Folder in which built panels are kept, as in :func:`data.build.build_panel`.
    report
        Told of each file that is read; of none if the panel comes from the cache.

    Returns
    -------
    xr.Dataset
        Valid by :func:`data.panel.validate_panel`. An indicator that no file has in any of
        the years has ``no_data`` in every cell: whether that will do is the caller's to say.

    Raises
    ------
    PanelError
        If the folder or a file is missing, a name is unknown, a file has not what the
        catalogue says, or the day is out of reach.
    """
    if not data_root.is_dir():
        raise PanelError(
            f"{data_root}: no such folder; wanted the folder of published files. "
            "Name it with --data-root or in EFFECTIVENESS_DATA."
        )
    if not EARLIEST <= on <= LATEST:
        raise PanelError(
            f"build_historical_panel: day {on.isoformat()}; wanted one from "
            f"{EARLIEST.isoformat()} to {LATEST.isoformat()}, when the authorities were those "
            "of the indices of deprivation of 2015."
        )
    chosen = choose_indicators(indicators, read_catalogue(catalogue))
    years = tuple(sorted(set(years)))
    files = dict.fromkeys(
        file for one in chosen for edition in one.wanted(years) for file in edition.files
    )
    sources = [
        examine_source(data_root, file)
        for file in (*files, sif.FILE, population.FILE, vintages.FILES[VINTAGE])
    ]
    parts = {
        "version": LOADER_VERSION,
        "indicators": [one.model_dump(mode="json") for one in chosen],
        "years": years,
        "on": on.isoformat(),
        "sources": sources,
    }
    return cached_panel(
        cache_folder(cache),
        panel_key(parts),
        lambda: _read(data_root, chosen, years, on, sources, report),
    )


def _read(
    root: Path,
    chosen: tuple[Indicator, ...],
    years: tuple[int, ...],
    on: date,
    sources: Sequence[Mapping[str, object]],
    report: Progress,
) -> xr.Dataset:
    """Read everything, and lay it out."""
    there = authorities_on(on)
    readings = read_indicators(
        root, chosen, years, largest=LARGEST_SUPPRESSED, report=report, on=on
    )
    residents, joins = population.read_population(root, years, on)
    inspections, renumbered = sif.read_single_inspections(root)
    joins += renumbered
    joins += [join for reading in readings.values() for join in reading.joins]
    scores = vintages.read_vintage_on(root, VINTAGE, on)
    panel = xr.Dataset(
        {
            **layout.cell_variables(readings, years, there),
            **layout.year_variables(readings, years),
            "deprivation": (("authority", "measure"), scores.to_numpy(float)),
            "population": (
                ("authority", "year"),
                layout.grid(residents, years, there).astype(float),
            ),
            **layout.inspection_variables(inspections),
        },
        coords=layout.coordinates(chosen, years, inspections, there),
    )
    panel.attrs = {
        "simulated": 0,
        "release": f"authorities of {on.isoformat()}; {describe_release(panel, sources)}; "
        f"deprivation of {VINTAGE}",
        "loader_version": LOADER_VERSION,
        "sources": json.dumps(sources),
        "joins": json.dumps([join.as_record() for join in merge_joins(joins)]),
    }
    return validate_panel(panel, str(root))
