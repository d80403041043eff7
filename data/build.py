"""Build a panel from the folder of published files."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from data import deprivation, ofsted, population
from data.catalogue import DEFAULT_CATALOGUE, Indicator, choose_indicators, read_catalogue
from data.ees import columns_of, indicator_cells, read_table
from data.geography import current_authorities
from data.joins import Join, join_cells, merge_joins
from data.panel import JUDGEMENTS, MEASURES, PanelError, Progress, counted, silent, validate_panel
from data.sources import examine_source

LOADER_VERSION = "1"
"""Raised whenever the same files give another panel."""

RELEASE = "DfE 2025 releases, Ofsted 31 March 2025, IoD 2025"

_CELL = ("authority", "indicator", "year")
_NUMBERS = ("numerator", "denominator", "numerator_low", "numerator_high", "value")
_OTHER_FILES = (
    ofsted.FILE,
    population.FILE,
    deprivation.FILE,
    deprivation.LOOKUP,
    deprivation.WEIGHTS,
)


def build_panel(
    data_root: Path,
    indicators: tuple[str, ...],
    years: tuple[int, ...],
    *,
    catalogue: Path = DEFAULT_CATALOGUE,
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
        Years ending 31 March, as the publishers label them.
    catalogue
        The indicators that may be named.
    report
        Told of each file that is read.

    Returns
    -------
    xr.Dataset
        Valid by :func:`data.panel.validate_panel`: the 153 authorities of April 2023
        by code, indicators in the catalogue's order, years ascending, and every
        inspection, those of abolished authorities too.

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
    wanted = tuple(sorted(set(years)))
    cells, joins = _read_indicators(data_root, chosen, wanted, report)
    _require_years(cells, wanted)
    residents, more = population.read_population(data_root, wanted)
    scores, averaged = deprivation.read_deprivation(data_root)
    inspections, kept = ofsted.read_inspections(data_root)
    files = [*dict.fromkeys(indicator.file for indicator in chosen), *_OTHER_FILES]
    panel = xr.Dataset(
        {
            **_cell_variables(cells, chosen, wanted),
            "deprivation": (("authority", "measure"), scores.to_numpy(float)),
            "population": (("authority", "year"), _grid(residents, wanted).astype(float)),
            **_inspection_variables(inspections),
        },
        coords=_coords(chosen, wanted, inspections),
        attrs={
            "simulated": 0,
            "release": RELEASE,
            "loader_version": LOADER_VERSION,
            "sources": json.dumps([examine_source(data_root, file) for file in files]),
            "joins": json.dumps(
                [join.as_record() for join in merge_joins([*joins, *more, *averaged, *kept])]
            ),
        },
    )
    return validate_panel(panel, str(data_root))


def _read_indicators(
    root: Path, indicators: Sequence[Indicator], years: tuple[int, ...], report: Progress
) -> tuple[dict[str, pd.DataFrame], list[Join]]:
    """Read each file once, and bring the cells of its indicators to the authorities."""
    by_file: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        by_file.setdefault(indicator.file, []).append(indicator)
    cells: dict[str, pd.DataFrame] = {}
    joins: list[Join] = []
    for file in counted(by_file, report, "reading published files"):
        table = read_table(root, file, columns_of(by_file[file]))
        for indicator in by_file[file]:
            cells[indicator.id], more = join_cells(
                indicator_cells(table, indicator),
                file,
                years,
                shareable=indicator.kind == "rate",
            )
            joins += more
    return cells, joins


def _require_years(cells: dict[str, pd.DataFrame], years: Iterable[int]) -> None:
    """Refuse a year that no file has."""
    there = {year for frame in cells.values() for year in frame.index.unique("year")}
    absent = sorted(set(years) - there)
    if absent:
        raise PanelError(
            f"build_panel: year {absent[0]}: no indicator's file has it; these years are there: "
            f"{', '.join(map(str, sorted(there))) or 'none'}. Leave it out, or get the release "
            "that has it."
        )


def _grid(series: pd.Series, years: tuple[int, ...]) -> np.ndarray:
    """Lay a series out by authority and year; missing where there is no row."""
    index = pd.MultiIndex.from_product([current_authorities().index, years])
    return series.reindex(index).to_numpy().reshape(-1, len(years))


def _cell_variables(
    cells: dict[str, pd.DataFrame], indicators: Sequence[Indicator], years: tuple[int, ...]
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Lay the cells out by authority, indicator and year."""

    def stacked(name: str) -> np.ndarray:
        return np.stack([_grid(cells[one.id][name], years) for one in indicators], axis=1)

    numbers = {name: (_CELL, stacked(name).astype(float)) for name in _NUMBERS}
    status = stacked("status").astype(object)
    status[pd.isna(status)] = "no_data"
    return {**numbers, "status": (_CELL, status.astype(str))}


def _inspection_variables(
    inspections: pd.DataFrame,
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Lay the judgements and dates out by inspection."""
    return {
        "judgement_grade": (("inspection", "judgement"), inspections[list(JUDGEMENTS)].to_numpy()),
        "inspected_authority": (("inspection",), _text(inspections["inspected_authority"])),
        "inspection_start": (("inspection",), _dates(inspections["inspection_start"])),
        "publication": (("inspection",), _dates(inspections["publication"])),
    }


def _coords(
    indicators: Sequence[Indicator], years: tuple[int, ...], inspections: pd.DataFrame
) -> dict[str, tuple[str, np.ndarray]]:
    """Name everything along the panel's dimensions."""
    authorities = current_authorities()
    described = {
        "indicator": "id",
        "indicator_title": "title",
        **{name: name for name in ("domain", "direction", "kind", "unit", "transform")},
    }
    return {
        "authority": ("authority", _text(authorities.index)),
        "authority_name": ("authority", _text(authorities["name"])),
        "region": ("authority", _text(authorities["region"])),
        **{
            name: ("indicator", _text(getattr(one, attribute) for one in indicators))
            for name, attribute in described.items()
        },
        "year": ("year", np.array(years, dtype=np.int64)),
        "inspection": ("inspection", _text(inspections.index)),
        "framework": ("inspection", _text(inspections["framework"])),
        "inspection_type": ("inspection", _text(inspections["inspection_type"])),
        "judgement": ("judgement", _text(JUDGEMENTS)),
        "measure": ("measure", _text(MEASURES)),
    }


def _text(words: Iterable[object]) -> np.ndarray:
    """Make a unicode array, as wide as its longest word."""
    return np.array([str(word) for word in words])


def _dates(dates: pd.Series) -> np.ndarray:
    """Make an array of dates in the resolution that netCDF gives back."""
    return dates.to_numpy("datetime64[ns]")
