"""Build a panel from the folder of published files."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from data import deprivation, inspection_editions, ofsted, population, sif
from data.catalogue import DEFAULT_CATALOGUE, Indicator, choose_indicators, read_catalogue
from data.editions import Reading, read_indicators, wanted_editions
from data.geography import current_authorities
from data.joins import merge_joins
from data.panel import (
    FURTHER_JUDGEMENTS,
    JUDGEMENTS,
    MEASURES,
    PanelError,
    Progress,
    silent,
    validate_panel,
)
from data.sources import examine_source
from data.suppression import LARGEST_SUPPRESSED

LOADER_VERSION = "1"
"""Raised whenever the same files give another panel."""

RELEASE = "DfE 2025 releases, Ofsted 31 March 2025, IoD 2025"

_CELL = ("authority", "indicator", "year")
_NUMBERS = (
    "numerator",
    "denominator",
    "numerator_low",
    "numerator_high",
    "value",
    "earlier_value",
)
_OTHER_FILES = (
    ofsted.FILE,
    sif.FILE,
    inspection_editions.FILE_2024,
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
    largest_suppressed: int = LARGEST_SUPPRESSED,
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
    largest_suppressed
        Greatest count that a suppressed figure may hide where no complementary rows
        bound it: 5 where every such figure is taken to be small on its own account.
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
    readings = read_indicators(
        data_root, chosen, wanted, largest=largest_suppressed, report=report
    )
    _require_years(readings, wanted)
    residents, more = population.read_population(data_root, wanted)
    scores, averaged = deprivation.read_deprivation(data_root)
    history, kept = ofsted.read_inspections(data_root)
    single, earlier = sif.read_single_inspections(data_root)
    inspections = pd.concat([single, history])
    files = _files(chosen, wanted)
    panel = xr.Dataset(
        {
            **_cell_variables(readings, wanted),
            **_year_variables(readings, wanted),
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
            "differences": inspection_editions.read_differences(data_root, history).to_json(
                orient="records"
            ),
            "joins": json.dumps(
                [
                    join.as_record()
                    for join in merge_joins(
                        [
                            *(join for one in readings.values() for join in one.joins),
                            *more,
                            *averaged,
                            *kept,
                            *earlier,
                        ]
                    )
                ]
            ),
        },
    )
    return validate_panel(panel, str(data_root))


def _require_years(readings: Mapping[str, Reading], years: Iterable[int]) -> None:
    """Refuse a year that no file has."""
    there = {int(year) for one in readings.values() for year in one.years.index}
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


def _files(indicators: Sequence[Indicator], years: tuple[int, ...]) -> list[str]:
    """List the files that a panel of the indicators and years is made of."""
    editions = [one for indicator in indicators for one in wanted_editions(indicator, years)]
    return [*dict.fromkeys(edition.file for edition in editions), *_OTHER_FILES]


def _cell_variables(
    readings: Mapping[str, Reading], years: tuple[int, ...]
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Lay the cells out by authority, indicator and year."""

    def stacked(name: str) -> np.ndarray:
        return np.stack([_grid(one.cells[name], years) for one in readings.values()], axis=1)

    def words(name: str, absent: str) -> np.ndarray:
        text = stacked(name).astype(object)
        text[pd.isna(text)] = absent
        return text.astype(str)

    return {
        **{name: (_CELL, stacked(name).astype(float)) for name in _NUMBERS},
        "status": (_CELL, words("status", "no_data")),
        "suppression": (_CELL, words("suppression", "")),
    }


def _year_variables(
    readings: Mapping[str, Reading], years: tuple[int, ...]
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Lay out which release and series each indicator follows in each year."""
    dims = ("indicator", "year")
    about = [one.years.reindex(years) for one in readings.values()]
    words = ("release", "series", "earlier_release")
    return {
        **{name: (dims, _text_grid([one[name] for one in about])) for name in words},
        "published": (
            dims,
            np.stack([one["published"].fillna(0).to_numpy(np.int64) for one in about]),
        ),
    }


def _inspection_variables(
    inspections: pd.DataFrame,
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Lay the judgements and dates out by inspection."""
    return {
        "judgement_grade": (("inspection", "judgement"), inspections[list(JUDGEMENTS)].to_numpy()),
        "further_grade": (
            ("inspection", "further_judgement"),
            inspections[list(FURTHER_JUDGEMENTS)].fillna(-1).to_numpy(np.int64),
        ),
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
        "further_judgement": ("further_judgement", _text(FURTHER_JUDGEMENTS)),
        "measure": ("measure", _text(MEASURES)),
    }


def _text_grid(rows: Sequence[pd.Series]) -> np.ndarray:
    """Make a unicode array of rows, empty where nothing is known."""
    return np.stack([row.fillna("").to_numpy(object) for row in rows]).astype(str)


def _text(words: Iterable[object]) -> np.ndarray:
    """Make a unicode array, as wide as its longest word."""
    return np.array([str(word) for word in words])


def _dates(dates: pd.Series) -> np.ndarray:
    """Make an array of dates in the resolution that netCDF gives back."""
    return pd.to_datetime(dates).to_numpy("datetime64[ns]")
