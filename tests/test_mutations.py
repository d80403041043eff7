"""Readers of mutated copies of real files: a reading or one of our errors, nothing else.

A mutation changes, drops, repeats or moves something in a part of a published file that
holds every row of a few authorities. The reader must either refuse it, naming the file,
or give the same cells as before, except where the mutation itself lies.
"""

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.catalogue import Indicator, read_catalogue
from data.cells import indicator_cells
from data.editions import _read_table
from data.joins import join_cells
from data.panel import PanelError

READERS = (
    ("rereferral_12m", "2025"),
    ("icpc_15_days", "2025"),
    ("cpp_2y_plus", "2025"),
    ("cla_3plus_placements", "2025"),
    ("cla_same_carer_2y", "2022"),
    ("cl_suitable_acc_19_21", "2025"),
    ("cla_persistent_absence", "2025"),
    ("sw_agency", "2025"),
    ("cla_health_assessment", "2015"),
    ("cl_eet_19_21", "2014"),
    ("hosp_injury_0_14", "2024"),
)
CODES = {"E06000001", "E06000048", "E06000053", "E06000057", "E08000024", "E10000002", "E06000060"}
KEPT_COLUMNS = ("new_la_code", "New_geog_code", "Area Code")
YEARS = range(2011, 2026)
ODD = ("", "c", "x", "q", "-1", "1.5", "1e9", "nan", "inf", "-inf", "NULL", "1,204", "0x10", "1_0")
BYTES = (
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"\r",
    b"\n\n",
    b"\xe2\x80\x8b",
    b",,,,,,,,,,,,,,,,,,,,,,,,,,,,",
)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A part of a real file, and what is read of it."""

    edition: Indicator
    rows: list[list[str]]
    cells: pd.DataFrame


@pytest.fixture(scope="module")
def samples(published):
    return [sample(published, name, release) for name, release in READERS]


def sample(published, name, release):
    indicator = next(one for one in read_catalogue() if one.id == name)
    edition = next(one for one in indicator.editions() if one.release == release)
    # a part of a file: its regions are not whole
    edition = edition.model_copy(update={"facts": edition.facts.model_copy(update={"totals": 0})})
    with (published / edition.file).open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = csv.reader(lines)
    at = next(header.index(column) for column in KEPT_COLUMNS if column in header)
    rows = [header, *(row for row in rows if row[at] in CODES)]
    return Sample(edition, rows, read(edition, as_bytes(rows)))


def as_bytes(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def read(edition, content):
    """Read and join a file of the edition that holds the content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / edition.file
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        cells = indicator_cells(_read_table(Path(folder), [edition]), edition)
        return join_cells(cells, edition.file, YEARS, shareable=edition.kind == "rate")[0]


@st.composite
def mutations(draw):
    """Choose a reader, what to do, and numbers that say where and with what."""
    kind = draw(st.sampled_from(("cell", "cell", "cell", "header", "row", "column", "bytes")))
    where = draw(st.tuples(*(st.integers(0, 10_000) for _ in range(3))))
    text = draw(st.sampled_from(ODD) | st.text(max_size=6))
    return draw(st.integers(0, len(READERS) - 1)), kind, where, text


def mutate(rows, kind, where, text):
    """Change a copy of the rows; give the content, and how many rows were touched."""
    rows = [list(row) for row in rows]
    at, column = 1 + where[0] % (len(rows) - 1), where[1] % len(rows[0])
    if kind == "cell":
        rows[at][column] = text
    elif kind == "header":
        rows[0][column] = text
    elif kind == "row":
        if where[2] % 3 == 0:
            del rows[at]
        elif where[2] % 3 == 1:
            rows.insert(at, list(rows[1 + where[1] % (len(rows) - 1)]))
        else:
            rows[1:] = reversed(rows[1:])
    elif kind == "column":
        other = where[2] % len(rows[0])
        for row in rows:
            if where[0] % 2:
                row[column], row[other] = row[other], row[column]
            else:
                del row[column]
    else:
        content = as_bytes(rows)
        place = where[0] * 997 % len(content)
        if where[2] % 2:
            return content[:place]
        return content[:place] + BYTES[where[1] % len(BYTES)] + content[place:]
    return as_bytes(rows)


def read_or_refuse(edition, content):
    """Give the cells, or the message of our own error."""
    try:
        return read(edition, content), ""
    except PanelError as error:
        return None, str(error)


def hold(samples, mutation):
    which, kind, where, text = mutation
    one = samples[which]
    cells, refused = read_or_refuse(one.edition, mutate(one.rows, kind, where, text))
    if cells is None:
        assert Path(one.edition.file).name in refused
        return
    allowed = len(one.rows) if kind == "bytes" and where[2] % 2 else 2
    lost = one.cells.index.difference(cells.index)
    found = cells.index.difference(one.cells.index)
    assert len(lost) <= allowed, f"rows were lost: {list(lost)}"
    assert len(found) <= allowed, f"rows came from nowhere: {list(found)}"
    same = one.cells.index.intersection(cells.index)
    numbers = ["status", "numerator", "denominator", "value"]
    before, after = one.cells.loc[same, numbers], cells.loc[same, numbers]
    differ = ~((before == after) | (before.isna() & after.isna())).all(axis=1)
    assert differ.sum() <= allowed, f"other cells changed: {list(same[differ])}"


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=100, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(mutation=mutations())
def test_a_mutated_file_is_read_or_refused_and_loses_nothing(samples, mutation):
    hold(samples, mutation)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=QUIET)
@given(mutation=mutations())
def test_two_thousand_mutated_files_are_read_or_refused(samples, mutation):
    hold(samples, mutation)


def test_samples_are_not_empty(samples):
    assert all(len(one.cells) >= 3 for one in samples)
    assert sum(len(one.cells) for one in samples) > 250
