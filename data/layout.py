"""Lay out what was read as the variables and coordinates of a panel."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from data.catalogue import Indicator
from data.editions import ReleasedFigures
from data.geography import current_authorities
from data.panel import FURTHER_JUDGEMENTS, JUDGEMENTS, MEASURES
from data.reference import coordinates_of

Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]

_CELL = ("authority", "indicator", "year")
_NUMBERS = (
    "numerator",
    "denominator",
    "numerator_low",
    "numerator_high",
    "value",
    "earlier_value",
)
_WORDS = {"status": "no_data", "suppression": ""}


def cell_variables(
    readings: Mapping[str, ReleasedFigures],
    years: tuple[int, ...],
    authorities: pd.DataFrame | None = None,
) -> Variables:
    """Lay the cells out by authority, the panel's own if none are given, indicator and year."""
    codes = _or_current(authorities).index
    shape = (len(codes), len(readings), len(years))
    numbers = {name: np.full(shape, np.nan) for name in _NUMBERS}
    words = {name: np.full(shape, absent, dtype=object) for name, absent in _WORDS.items()}
    for position, reading in enumerate(readings.values()):
        rows = reading.cells
        one = codes.get_indexer(rows.index.get_level_values("authority"))
        other = pd.Index(years).get_indexer(rows.index.get_level_values("year"))
        for name, array in (numbers | words).items():
            array[one, position, other] = rows[name].to_numpy()
    return {
        **{name: (_CELL, array) for name, array in numbers.items()},
        **{name: (_CELL, array.astype(str)) for name, array in words.items()},
    }


def year_variables(readings: Mapping[str, ReleasedFigures], years: tuple[int, ...]) -> Variables:
    """Lay out which release and series each indicator follows in each year."""
    dims = ("indicator", "year")
    about = [one.years.reindex(years) for one in readings.values()]

    def words(name: str) -> np.ndarray:
        return np.stack([one[name].fillna("").to_numpy(object) for one in about]).astype(str)

    published = [one["published"].fillna(0).to_numpy(np.int64) for one in about]
    return {
        **{name: (dims, words(name)) for name in ("release", "series", "earlier_release")},
        "published": (dims, np.stack(published)),
    }


def inspection_variables(inspections: pd.DataFrame) -> Variables:
    """Lay the judgements and dates out by inspection."""
    further = inspections[list(FURTHER_JUDGEMENTS)].fillna(-1)
    return {
        "judgement_grade": (("inspection", "judgement"), inspections[list(JUDGEMENTS)].to_numpy()),
        "further_grade": (("inspection", "further_judgement"), further.to_numpy(np.int64)),
        "inspected_authority": (("inspection",), text(inspections["inspected_authority"])),
        "inspection_start": (("inspection",), _dates(inspections["inspection_start"])),
        "publication": (("inspection",), _dates(inspections["publication"])),
    }


def deprivation_variables(scores: Mapping[int, pd.DataFrame]) -> Variables:
    """Lay scores and ranks out by vintage; the newest scores by themselves too."""
    ranks = {vintage: one.rank(ascending=False, method="min") for vintage, one in scores.items()}

    def stacked(by_vintage: Mapping[int, pd.DataFrame]) -> np.ndarray:
        return np.stack([by_vintage[one].to_numpy(float) for one in sorted(by_vintage)], axis=2)

    dims = ("authority", "measure", "vintage")
    return {
        "deprivation": (dims[:2], scores[max(scores)].to_numpy(float)),
        "deprivation_vintage": (dims, stacked(scores)),
        "deprivation_rank": (dims, stacked(ranks)),
    }


def context_variables(
    by_measure: Mapping[str, pd.Series], ethnicity: pd.DataFrame, years: tuple[int, ...]
) -> Variables:
    """Lay out what surrounds the services by authority, year and measure."""
    figures = [grid(series, years).astype(float) for series in by_measure.values()]
    return {
        "context": (("authority", "year", "context_measure"), np.stack(figures, axis=2)),
        "ethnicity": (("authority", "ethnic_group"), ethnicity.to_numpy(float)),
    }


def coordinates(
    indicators: Sequence[Indicator],
    years: tuple[int, ...],
    inspections: pd.DataFrame,
    authorities: pd.DataFrame | None = None,
) -> dict[str, tuple[str, np.ndarray]]:
    """Name everything along the dimensions that every panel has."""
    authorities = _or_current(authorities)
    described = {
        "indicator": "id",
        "indicator_title": "title",
        **{name: name for name in ("domain", "aspect", "direction", "kind", "unit", "transform")},
    }
    return {
        "authority": ("authority", text(authorities.index)),
        "authority_name": ("authority", text(authorities["name"])),
        "region": ("authority", text(authorities["region"])),
        **{
            name: ("indicator", text(getattr(one, attribute) for one in indicators))
            for name, attribute in described.items()
        },
        **coordinates_of(one.reference for one in indicators),
        "year": ("year", np.array(years, dtype=np.int64)),
        "inspection": ("inspection", text(inspections.index)),
        "framework": ("inspection", text(inspections["framework"])),
        "inspection_type": ("inspection", text(inspections["inspection_type"])),
        "judgement": ("judgement", text(JUDGEMENTS)),
        "further_judgement": ("further_judgement", text(FURTHER_JUDGEMENTS)),
        "measure": ("measure", text(MEASURES)),
    }


def grid(
    series: pd.Series, years: tuple[int, ...], authorities: pd.DataFrame | None = None
) -> np.ndarray:
    """Lay a series out by authority and year; missing where there is no row."""
    index = pd.MultiIndex.from_product([_or_current(authorities).index, years])
    return series.reindex(index).to_numpy().reshape(-1, len(years))


def _or_current(authorities: pd.DataFrame | None) -> pd.DataFrame:
    """Take the panel's own authorities where none are given."""
    return current_authorities() if authorities is None else authorities


def numbers(figures: Iterable[int]) -> np.ndarray:
    """Make an array of whole numbers."""
    return np.array(list(figures), dtype=np.int64)


def text(words: Iterable[object]) -> np.ndarray:
    """Make a unicode array, as wide as its longest word."""
    return np.array([str(word) for word in words])


def _dates(dates: pd.Series) -> np.ndarray:
    """Make an array of dates in the resolution that netCDF gives back."""
    return pd.to_datetime(dates).to_numpy("datetime64[ns]")
