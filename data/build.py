"""Build a panel from the folder of published files."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr

from data import deprivation, inspection_editions, layout, ofsted, population, sif, vintages
from data.abolished import with_abolished
from data.cache import cache_folder, cached_panel, panel_key
from data.catalogue import DEFAULT_CATALOGUE, Indicator, choose_indicators, read_catalogue
from data.context import context_files, read_context
from data.editions import ReleasedFigures, read_indicators
from data.joins import Join, merge_joins
from data.panel import PanelError, Progress, silent, validate_panel
from data.release import describe_release
from data.sources import examine_source
from data.suppression import LARGEST_SUPPRESSED

LOADER_VERSION = "4"
"""Raised whenever the same files give another panel."""

_OTHER_FILES = (
    ofsted.FILE,
    sif.FILE,
    inspection_editions.FILE_2024,
    population.FILE,
    deprivation.FILE,
    deprivation.LOOKUP,
    deprivation.WEIGHTS,
    *vintages.FILES.values(),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a panel is to be made of."""

    indicators: tuple[Indicator, ...]
    context: tuple[Indicator, ...]
    years: tuple[int, ...]
    largest_suppressed: int
    with_context: bool
    abolished: bool

    def files(self) -> list[str]:
        """List the files that are read."""
        editions = [one for each in self.indicators for one in each.wanted(self.years)]
        more = context_files(self.context, self.years) if self.with_context else []
        return [
            *dict.fromkeys(
                [*(file for one in editions for file in one.files), *_OTHER_FILES, *more]
            )
        ]


def build_panel(
    data_root: Path,
    indicators: tuple[str, ...],
    years: tuple[int, ...],
    *,
    catalogue: Path = DEFAULT_CATALOGUE,
    largest_suppressed: int = LARGEST_SUPPRESSED,
    context: bool = True,
    abolished: bool = False,
    cache: Path | None = None,
    report: Progress = silent,
) -> xr.Dataset:
    """Read the published files that the indicators need, and lay them out as a panel.

    Parameters
    ----------
    data_root
        Folder of published files, laid out as ``sources.toml`` names them.
    indicators
        Ids, or names of sets, of the catalogue.
    years
        Years by the publishers' labels.
    catalogue
        The indicators that may be named.
    largest_suppressed
        Greatest count that a suppressed figure may hide where no complementary rows
        bound it: 5 where every such figure is taken to be small on its own account.
    context
        Whether to read what surrounds the services too.
    abolished
        Whether authorities abolished since 2013 have rows too, for the years in which they
        existed (:mod:`data.abolished`).
    cache
        Folder in which built panels are kept; by default that of the environment
        variable ``EFFECTIVENESS_CACHE``, or the user's own cache.
    report
        Told of each file that is read; of none if the panel comes from the cache.

    Returns
    -------
    xr.Dataset
        Valid by :func:`data.panel.validate_panel`: the 153 authorities of April 2023
        (and five abolished ones, if wanted) by code, indicators in the catalogue's order,
        years ascending, and every inspection, those of abolished authorities too.

    Raises
    ------
    PanelError
        If the folder or a file is missing, a name is unknown, a file has not what the
        catalogue says, or no file has one of the years.
    """
    if not data_root.is_dir():
        raise PanelError(
            f"{data_root}: no such folder; wanted the folder of published files. "
            "Name it with --data-root or in EFFECTIVENESS_DATA."
        )
    chosen = choose_indicators(indicators, read_catalogue(catalogue))
    if not chosen or not years:
        raise PanelError(
            f"build_panel: got {len(chosen)} indicators and {len(years)} years; "
            "wanted at least one of each. Name some."
        )
    entries = read_catalogue(catalogue, "context")
    wanted = Wanted(
        chosen, entries, tuple(sorted(set(years))), largest_suppressed, context, abolished
    )
    sources = [examine_source(data_root, file) for file in wanted.files()]
    parts = {
        "version": LOADER_VERSION,
        "indicators": [one.model_dump(mode="json") for one in (*chosen, *entries)],
        "years": wanted.years,
        "largest_suppressed": largest_suppressed,
        "context": context,
        "abolished": abolished,
        "sources": sources,
    }
    return cached_panel(
        cache_folder(cache), panel_key(parts), lambda: _read(data_root, wanted, sources, report)
    )


def _read(
    root: Path, wanted: Wanted, sources: Sequence[Mapping[str, object]], report: Progress
) -> xr.Dataset:
    """Read everything, and lay it out."""
    years = wanted.years
    readings = read_indicators(
        root, wanted.indicators, years, largest=wanted.largest_suppressed, report=report
    )
    _require_years(readings, years)
    residents, joins = population.read_population(root, years)
    history, kept = ofsted.read_inspections(root)
    single, older = sif.read_single_inspections(root)
    inspections = pd.concat([single, history])
    scores, averaged = vintages.read_vintages(root)
    joins += [*kept, *older, *averaged]
    joins += [join for reading in readings.values() for join in reading.joins]
    panel = xr.Dataset(
        {
            **layout.cell_variables(readings, years),
            **layout.year_variables(readings, years),
            **layout.deprivation_variables(scores),
            "population": (("authority", "year"), layout.grid(residents, years).astype(float)),
            **layout.inspection_variables(inspections),
        },
        coords={
            **layout.coordinates(wanted.indicators, years, inspections),
            "vintage": ("vintage", layout.numbers(sorted(scores))),
            "vintage_of_year": ("year", layout.numbers(map(vintages.vintage_of_year, years))),
        },
    )
    if wanted.with_context:
        around = read_context(root, wanted.context, years, residents)
        joins += around.joins
        panel = panel.assign(layout.context_variables(around.by_measure, around.ethnicity, years))
        panel = panel.assign_coords(
            context_measure=layout.text(around.by_measure),
            ethnic_group=layout.text(around.ethnicity.columns),
        )
    if wanted.abolished:
        panel, more = with_abolished(
            panel, root, wanted.indicators, years, wanted.largest_suppressed
        )
        joins = [*_without(joins, {str(code) for code in panel.authority.values}), *more]
    differences = inspection_editions.read_differences(root, history)
    panel.attrs = _attributes(panel, sources, joins, differences)
    return validate_panel(panel, str(root))


def _attributes(
    panel: xr.Dataset,
    sources: Sequence[Mapping[str, object]],
    joins: Iterable[Join],
    differences: pd.DataFrame,
) -> dict[str, object]:
    """State what the panel was made of, and how."""
    return {
        "simulated": 0,
        "release": describe_release(panel, sources),
        "loader_version": LOADER_VERSION,
        "sources": json.dumps(sources),
        "joins": json.dumps([join.as_record() for join in merge_joins(joins)]),
        "differences": json.dumps(differences.to_dict(orient="records")),
    }


def _without(joins: Iterable[Join], codes: set[str]) -> list[Join]:
    """Leave out the records of figures not joined that stand in rows of their own after all."""
    return [join for join in joins if join.action != "not joined" or join.code not in codes]


def _require_years(readings: Mapping[str, ReleasedFigures], years: Iterable[int]) -> None:
    """Refuse a year that no file has."""
    there = {int(year) for one in readings.values() for year in one.years.index}
    absent = sorted(set(years) - there)
    has = {year for one in readings.values() for year in one.has}
    if absent:
        raise PanelError(
            f"build_panel: year {absent[0]}: no indicator's file has it; the files that were read "
            f"have {', '.join(map(str, sorted(has)))}. Leave it out, or get the release that "
            "has it."
        )
