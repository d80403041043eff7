"""Mutated sheets of Ofsted's inspections, in every edition."""

import dataclasses

import pytest

from data import inspection_editions as editions
from data import ofsted, sif
from data.inspection_rows import NAME, read_blocks
from tests.mutations.machinery import FEW, MANY, Source, hold, tries

OLDER = {
    "single inspections, 2023": (sif.FILE, sif.SHEET, sif.BLOCKS),
    "history, 2023": editions.HISTORIES["2023"],
    "history, 2024": editions.HISTORIES["2024"],
    "latest, 2024": (editions.FILE_2024, editions.LATEST_2024, (editions.LATEST,)),
}
NAMES = ("history, 2025", *OLDER, "single inspections, as the panel has them")


def older(root, file, sheet, blocks):
    return (
        read_blocks(root, file, sheet, blocks).set_index(["code", "position"]).drop(columns="row")
    )


def history(root):
    return ofsted.read_inspections(root)[0]


def graded(table):
    return bool(table["overall"].between(-1, 3).all())


def source_of(shelf, file, sheet, wanted, read, touch):
    rows = shelf.typed_rows(shelf.published / file, file, sheet)
    names = [[" ".join(str(cell).split()) for cell in row] for row in rows[:12]]
    header = next(at for at, row in enumerate(names) if wanted[0] in row)
    columns = tuple(names[header].index(name) for name in wanted)
    made = Source(
        file,
        rows,
        header,
        columns,
        lambda rows: shelf.with_sheet(file, sheet, rows, read),
        touch,
        graded,
    )
    return dataclasses.replace(made, intact=made.read(made.rows))


@pytest.fixture(scope="module")
def sources(shelf):
    wanted = list(ofsted._COLUMNS.values())
    made = {NAMES[0]: source_of(shelf, ofsted.FILE, ofsted.SHEET, wanted, history, 1)}
    for name, (file, sheet, blocks) in OLDER.items():
        wanted = [NAME, *(column for block in blocks for column in block.columns)]
        made[name] = source_of(
            shelf,
            file,
            sheet,
            wanted,
            lambda root, given=(file, sheet, blocks): older(root, *given),
            len(blocks),
        )
    first = made["single inspections, 2023"]
    panel = dataclasses.replace(
        first,
        read=lambda rows: shelf.with_sheet(
            sif.FILE, sif.SHEET, rows, lambda root: sif.read_single_inspections(root)[0]
        ),
    )
    made[NAMES[-1]] = dataclasses.replace(panel, intact=panel.read(panel.rows))
    return made


def test_sources_are_the_whole_record(sources):
    assert {name: len(one.intact) for name, one in sources.items()} == {
        "history, 2025": 271,
        "single inspections, 2023": 173,
        "history, 2023": 177,
        "history, 2024": 219,
        "latest, 2024": 151,
        "single inspections, as the panel has them": 173,
    }


@pytest.mark.parametrize("name", NAMES)
@tries(FEW)
def test_mutated_sheet_is_read_or_refused(sources, name, mutation):
    hold(name, sources[name], mutation)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@tries(MANY)
def test_many_mutated_sheets_are_read_or_refused(sources, name, mutation):
    hold(name, sources[name], mutation)
