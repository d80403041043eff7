"""The schema of every source table, before its figures become part of a panel.

A row whose place, level or period cannot be read would otherwise drop out of every
filter and be lost without a word, and a figure that cannot be would be carried along.
Columns bear the names that the readers give them; what the publisher calls them is said
where a table is validated, by :func:`data.validate_table.validate_table`. Figures that may be
suppressed are validated by :mod:`data.suppression`, cell by cell.
"""

from collections.abc import Callable, Iterable, Mapping

import pandera.pandas as pa
import shapely

from data.dates import is_inspection_day
from data.panel import FURTHER_JUDGEMENTS, JUDGEMENTS
from data.source_vocabulary import (
    BLOCK_GRADES,
    CLOSENESS,
    DEPRIVATION_VINTAGE,
    EES_PERIOD,
    ETHNIC_GROUPS,
    GRADE_WORDS,
    INSPECTION_TYPES,
    NO_DATE,
    NO_ETHNIC_GROUP,
    OUTTURN_CLASSES,
    POPULATION_AGES,
    UPPER_TIER,
    WHOLE_YEARS,
)
from data.suppression import CODES
from data.text import figures

ENGLAND = (-7.0, 49.0, 2.5, 56.5)
"""Degrees between which every boundary lies: west, south, east, north."""


def _column(*checks: pa.Check, required: bool = True) -> pa.Column:
    """Declare a column, none of it missing."""
    return pa.Column(None, checks=list(checks), nullable=False, required=required)


def _like(pattern: str, wanted: str) -> pa.Check:
    """Want text of a form."""
    return pa.Check(lambda cells: cells.astype(str).str.fullmatch(pattern), error=wanted)


def _one_of(words: Iterable[str]) -> pa.Check:
    """Want one of some words."""
    known = list(words)
    said = ", ".join(word or "an empty cell" for word in known)
    return pa.Check(lambda cells: cells.astype(str).isin(known), error=f"one of {said}")


def _each(test: Callable[[object], bool], wanted: str) -> pa.Check:
    """Want what a test of one cell allows."""
    return pa.Check(test, element_wise=True, error=wanted)


def _figure(low: float, high: float, wanted: str, codes: Iterable[str] = ()) -> pa.Check:
    """Want a number between two others, or a code."""
    return pa.Check(
        lambda cells: figures(cells).between(low, high) | cells.isin(list(codes)), error=wanted
    )


def _is_area(cell: object) -> bool:
    """Whether a cell is a boundary in degrees that encloses a part of England."""
    if not isinstance(cell, shapely.Polygon | shapely.MultiPolygon):
        return False
    west, south, east, north = cell.bounds if not cell.is_empty else (0.0,) * 4
    inside = ENGLAND[0] <= west < east <= ENGLAND[2] and ENGLAND[1] <= south < north <= ENGLAND[3]
    return inside and bool(cell.is_valid)


_CODE = _like(r"E\d{8}", "a code such as E06000001")
_AREA = _like(r"[EW]\d{8}", "a code of England or Wales such as E06000001")
_ANY_AREA = _like(r"[A-Z]\d{8}", "a code such as E06000001")
_NUMBER = _like(r"\d{3}", "a number such as 301")
_NAME = _each(lambda cell: bool(str(cell).strip()), "some text")
_DAY = _each(is_inspection_day, "a date")
_DAY_OR_NONE = _each(
    lambda cell: is_inspection_day(cell) or str(cell) in NO_DATE, f"a date or {NO_DATE[1]!r}"
)
_GROUP_STARTS = tuple(ETHNIC_GROUPS.values())
_JOINT = r"E\d{8}( / E\d{8})*"


def _schema(
    columns: Mapping[str, pa.Column], unique: list[str] | None = None
) -> pa.DataFrameSchema:
    """Declare a table and its key."""
    return pa.DataFrameSchema(dict(columns), unique=unique)


SCHEMAS: Mapping[str, pa.DataFrameSchema] = {
    # Explore Education Statistics: every row has a period and a level
    "ees": _schema(
        {
            "time_period": _column(_like(EES_PERIOD, "a year such as 2025, 202425 or 2024/25")),
            "time_identifier": _column(_one_of(WHOLE_YEARS), required=False),
            "geographic_level": _column(_one_of(["National", "Regional", "Local authority"])),
        }
    ),
    # its rows for local authorities: a code, or several for a joint return, and a name
    "ees_authority": _schema(
        {
            "new_la_code": _column(
                _like(_JOINT, "a code such as E06000001, or several with ' / ' between")
            ),
            "la_name": _column(_NAME),
        }
    ),
    # statistical first releases: every row has a level, or no figures
    "sfr": _schema({"geog_l": _column(_one_of(["NATIONAL", "REGION", "LA", ""]))}),
    "sfr_authority": _schema({"New_geog_code": _column(_CODE), "geog_n": _column(_NAME)}),
    # public health profiles
    "fingertips": _schema(
        {
            "Area Type": _column(_one_of(["England", "Counties & UAs (from Apr 2023)"])),
            "Area Code": _column(_CODE),
            "Time period": _column(_like(r"\d{4}/\d{2}", "a year such as 2023/24")),
        }
    ),
    # Ofsted's history: one row an inspection
    "inspections": _schema(
        {
            "code": _column(_CODE),
            "name": _column(_NAME),
            "start": _column(_DAY),
            "publication": _column(_DAY),
            "type": _column(_one_of(INSPECTION_TYPES)),
            **{name: _column(_one_of(GRADE_WORDS)) for name in JUDGEMENTS},
        },
        unique=["code", "start"],
    ),
    # its list of the latest: one row an authority
    "latest_inspections": _schema(
        {
            "code": _column(_CODE),
            "name": _column(_NAME),
            "start": _column(_DAY_OR_NONE),
            "publication": _column(_DAY_OR_NONE),
            **{name: _column(_one_of(GRADE_WORDS)) for name in JUDGEMENTS},
        },
        unique=["code"],
    ),
    # Ofsted's older sheets: one row an authority, here one of its inspections
    "inspection_block": _schema(
        {
            "date": _column(_DAY_OR_NONE),
            **{
                name: _column(_one_of(BLOCK_GRADES), required=False)
                for name in (*JUDGEMENTS, *FURTHER_JUDGEMENTS)
            },
        }
    ),
    # indices of deprivation of 2025: a row a district and domain
    "districts": _schema(
        {
            "area_code": _column(_CODE),
            "index_domain": _column(_NAME),
            "deprivation_data_year": _column(_one_of([DEPRIVATION_VINTAGE])),
        },
        unique=["area_code", "index_domain"],
    ),
    # which districts make up which authority, Wales too
    "lookup": _schema({"LTLA23CD": _column(_AREA), "UTLA23CD": _column(_AREA)}, ["LTLA23CD"]),
    # one measure of any vintage: a row an area
    "imd": _schema(
        {"code": _column(_CODE), "score": _column(_figure(0, 100, "a score of 0 to 100"))},
        unique=["code"],
    ),
    "idaci": _schema(
        {"code": _column(_CODE), "score": _column(_figure(0, 1, "a score of 0 to 1"))},
        unique=["code"],
    ),
    # mid-year estimates: the file has one age group
    "population": _schema({"age_group": _column(_one_of([POPULATION_AGES]))}),
    # mid-2023 residents, of all ages and by single age
    "residents": _schema(
        {
            "Code": _column(_ANY_AREA),
            "All ages": _column(_figure(1, 1e8, "a count above 0"), required=False),
            **{
                str(age): _column(_figure(0, 1e7, "a count, 0 or more"), required=False)
                for age in range(18)
            },
        },
        unique=["Code"],
    ),
    # the census: a row an authority and group
    "census": _schema(
        {
            "code": _column(_AREA),
            "group": _column(
                _each(
                    lambda cell: str(cell).startswith((*_GROUP_STARTS, NO_ETHNIC_GROUP)),
                    f"a whole count for each group that begins {', '.join(_GROUP_STARTS)}",
                )
            ),
            "count": _column(_figure(0, 1e8, "a whole count"), _like(r"\d+", "a whole count")),
        },
        unique=["code", "group"],
    ),
    # Stat-Xplore: a row a place and year, figures held by data.suppression
    "low_income": _schema(
        {"code": _column(_like(r"[A-Z]\w{8}|Total", "a code such as E06000001"))},
        unique=["code", "year"],
    ),
    # revenue outturn, thousands of pounds
    "outturn": _schema(
        {
            "code": _column(_CODE),
            "name": _column(_NAME),
            "class": _column(_one_of(UPPER_TIER)),
            "amount": _column(_figure(0, 1e8, "a number or a known code", CODES)),
        },
        unique=["code"],
    ),
    "outturn_class": _schema({"class": _column(_one_of(OUTTURN_CLASSES))}),
    # section 251, pounds: its line of totals
    "section_251": _schema(
        {
            "number": _column(_like(r"\d{3}(\.0)?", "a number such as 301")),
            "name": _column(_NAME),
            "amount": _column(_figure(0, 1e11, "an amount, 0 or more")),
        },
        unique=["number"],
    ),
    # statistical neighbours: a row a pair
    "neighbours": _schema(
        {
            "own": _column(_NUMBER),
            "neighbour": _column(_NUMBER),
            "closeness": _column(_one_of(CLOSENESS)),
        },
        unique=["own", "neighbour"],
    ),
    # boundaries: a row a feature of England
    "boundaries": _schema(
        {
            "code": _column(_CODE),
            "boundary": _column(_each(_is_area, "one valid boundary in degrees, within England")),
        },
        unique=["code"],
    ),
}
"""By name, the schema of each table."""
