"""Mutated tables of deprivation, population, low income, spending, ethnicity, neighbours."""

import csv

import pytest

from data import census, deprivation, low_income, neighbours, population, spending, vintages
from tests.mutations.machinery import FEW, MANY, Source, hold, tries, whole

ALL_AGES = ["All ages", *map(str, range(16))]


def sheet_rows(shelf, file, sheet, wanted, keep=lambda _: True):
    """Give the rows of a sheet that are kept, the header's position and the columns read."""
    rows = shelf.typed_rows(shelf.published / file, file, sheet)
    names = [" ".join(str(cell).split()) for cell in header_of(rows, wanted[0])]
    rows = [list(row) for row in rows if keep(row)]
    header = rows.index(list(header_of(rows, wanted[0])))
    return rows, header, tuple(names.index(name) for name in wanted)


def header_of(rows, name):
    return next(row for row in rows if name in [" ".join(str(cell).split()) for cell in row])


def from_sheet(shelf, file, sheet, wanted, read, valid, keep=lambda _: True, narrow=None):
    rows, header, columns = sheet_rows(shelf, file, sheet, wanted, keep)
    rows = [row[:narrow] for row in rows]
    return whole(
        Source(
            file,
            rows,
            header,
            columns,
            lambda rows: shelf.with_sheet(file, sheet, rows, read),
            valid=valid,
        )
    )


def from_text(shelf, file, wanted, read, valid, keep=lambda _: True, touch=1):
    with (shelf.published / file).open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.reader(lines) if keep(row)]
    header = next(at for at, row in enumerate(rows) if wanted[0] in row)
    columns = tuple(rows[header].index(name) for name in wanted)
    return whole(
        Source(
            file,
            rows,
            header,
            columns,
            lambda rows: shelf.with_rows(file, rows, read),
            touch,
            valid,
        )
    )


def finite(table):
    return bool(table.notna().all().all() and (table >= 0).all().all())


def not_negative(table):
    return bool((table.select_dtypes("number").fillna(0) >= 0).all().all())


def vintage(shelf, year, measure):
    wanted = [vintages._CODES[year], vintages._SCORES[year][measure]]

    def read(root):
        return vintages.read_vintage(root, year)[0]

    made = from_sheet(shelf, vintages.FILES[year], vintages._SHEETS[measure], wanted, read, finite)
    made_touch = 2  # a county's score is inherited by two
    return Source(
        *(made.file, made.rows, made.header, made.columns, made.read, made_touch, finite),
        made.intact,
    )


def deprivation_2025(root):
    return deprivation.read_deprivation(root)[0]


def outturn(shelf, year):
    file, sheet = spending.OUTTURN[year]
    wanted = ["ONS Code", "Local authority", "Class"]
    place = next(
        row.index(spending.TOTAL)
        for row in shelf.typed_rows(shelf.published / file, file, sheet)
        if spending.TOTAL in row
    )
    made = from_sheet(
        shelf,
        file,
        sheet,
        wanted,
        lambda root: spending.read_outturn(root, [year])[0].to_frame(),
        not_negative,
        narrow=place + 2,
    )
    columns = (*made.columns, place)
    return Source(
        made.file, made.rows, made.header, columns, made.read, 1, not_negative, made.intact
    )


def section_251(shelf):
    file, sheet = spending.SECTION_251[2018]
    lines = (spending.TOTAL_LINE, "s251line", "3.0.2")
    return from_sheet(
        shelf,
        file,
        sheet,
        ["LA", "LA Name", "s251line", "NetCurrentExpenditure"],
        lambda root: spending.read_section_251(root, [2018])[0].to_frame(),
        not_negative,
        lambda row: any(str(cell).strip() in lines for cell in row),
    )


def low_income_part(shelf):
    def read(root):
        counts = low_income._counts(root, low_income.FILES[0])
        return counts[["status", "number"]]

    return from_text(shelf, low_income.FILES[0], ["Year", "2014/15"], read, not_negative, touch=8)


def population_part(shelf):
    return from_text(
        shelf,
        population.FILE,
        ["time_period", "geographic_level", "new_la_code", "la_name", "age_group"],
        lambda root: population.read_population(root, [2025])[0].to_frame(),
        not_negative,
    )


MAKERS = {
    "deprivation 2015, IMD": lambda shelf: vintage(shelf, 2015, "imd"),
    "deprivation 2019, IMD": lambda shelf: vintage(shelf, 2019, "imd"),
    "deprivation 2019, IDACI": lambda shelf: vintage(shelf, 2019, "idaci"),
    "deprivation 2025": lambda shelf: from_text(
        shelf,
        deprivation.FILE,
        ["area_code", "index_domain", "average_score"],
        deprivation_2025,
        finite,
        lambda row: "area_code" in row or any(one in row for one in deprivation._DOMAINS.values()),
    ),
    "districts": lambda shelf: from_text(
        shelf, deprivation.LOOKUP, ["LTLA23CD", "UTLA23CD"], deprivation_2025, finite, touch=2
    ),
    "residents mid-2023": lambda shelf: from_sheet(
        shelf,
        deprivation.WEIGHTS,
        deprivation.SHEET,
        ["Code", *ALL_AGES],
        deprivation_2025,
        finite,
        narrow=24,
    ),
    "ethnicity": lambda shelf: from_text(
        shelf,
        census.FILE,
        [census._CODE, census._GROUP, census._COUNT],
        census.read_ethnicity,
        finite,
    ),
    "neighbours": lambda shelf: from_text(
        shelf,
        neighbours.FILE,
        ["old_la_code", "SN_1", "SN_1P", "SN_2", "SN_10", "SN_10P"],
        neighbours.read_neighbours,
        lambda table: len(table) == 1530,
        touch=10,
    ),
    "low income": low_income_part,
    "outturn 2023": lambda shelf: outturn(shelf, 2023),
    "outturn 2025": lambda shelf: outturn(shelf, 2025),
    "section 251": section_251,
    "population": population_part,
}


@pytest.fixture(scope="module")
def made(shelf):
    return {}


@pytest.fixture
def source(shelf, made, name):
    if name not in made:
        made[name] = MAKERS[name](shelf)
    return made[name]


@pytest.mark.parametrize("name", MAKERS)
@tries(FEW)
def test_mutated_table_is_read_or_refused(source, name, mutation):
    hold(name, source, mutation)


@pytest.mark.slow
@pytest.mark.parametrize("name", MAKERS)
@tries(MANY)
def test_many_mutated_tables_are_read_or_refused(source, name, mutation):
    hold(name, source, mutation)
