"""Mutate a source table where it enters its reader, and judge what the reader makes of it.

A source is one table of a published file: a grid of cells, or the features of a map. It
is read whole once. Each mutation changes a copy of it, and the reader must then either
refuse it, naming the file, or give what it gave before, but for the rows that the
mutation touched. It may lose a row only if a row was dropped.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.panel import PanelError

TALLY = Counter()
"""How many mutations were tried, by source and outcome; printed at the end."""

CELLS = (
    *(None, "", " ", "x", "c", "z", "..", "[x]", "M", "low", "q", "-", "text", "NULL", "1,204"),
    *(-1, 0, 1, 1.5, 1e300, -1e300, 2**70, float("nan"), float("inf"), True, False),
    *("-1", "1.5", "1e9", "nan", "inf", "0x10", "1_0", "Good", "Not yet inspected"),
    *("E06000001", "E06999999", "E10000009", "W06000001", "301", "999", "Dorset", "2014/15"),
    *(datetime(1900, 1, 1), datetime(2022, 5, 5), datetime(9999, 12, 31)),
)
KINDS = (
    *("cell",) * 8,
    *("rename", "drop column", "repeat column", "move column", "drop row", "repeat row"),
    *("reverse rows", "shift header", "shift row", "sink header"),
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Source:
    """A table, and how it is read.

    Attributes
    ----------
    file
        Path below the folder of published files; messages must name it.
    rows
        Its cells as they stand there, the header among them.
    header
        Position of the header.
    columns
        Positions of the columns that are read, which cells are mostly taken from.
    read
        Gives a table with unique labels of a copy of the rows.
    touch
        How many rows of what is read may rest on one row of the source.
    valid
        Whether what is read can be.
    """

    file: str
    rows: list[list[object]]
    header: int
    columns: tuple[int, ...]
    read: Callable[[list[list[object]]], pd.DataFrame]
    touch: int = 1
    valid: Callable[[pd.DataFrame], bool] = lambda _: True
    intact: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self):
        return f"Source({self.file})"


def whole(source):
    """Read the source as it is, to compare with."""
    return replace(source, intact=source.read(source.rows))


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is done, where (numbers that any table can make something of), and with what."""

    kind: str
    where: tuple[int, int, int]
    cell: object


@st.composite
def mutations(draw):
    kind = draw(st.sampled_from(KINDS))
    where = draw(st.tuples(*(st.integers(0, 100_000) for _ in range(3))))
    return Mutation(kind, where, draw(st.sampled_from(CELLS) | st.text(max_size=6)))


def mutated(source, mutation):
    """Change a copy of the rows."""
    rows = [list(row) for row in source.rows]
    one, two, three = mutation.where
    body = list(range(source.header + 1, len(rows)))
    at = body[one % len(body)]
    width = len(rows[source.header])
    column = source.columns[two % len(source.columns)] if three % 4 else two % width
    return MUTATE[mutation.kind](rows, source.header, at, column, three, mutation.cell)


def change_cell(rows, _header, at, column, _three, cell):
    rows[at] += [""] * (column + 1 - len(rows[at]))  # some rows of a CSV are shorter
    rows[at][column] = cell
    return rows


def rename(rows, header, _at, column, three, cell):
    rows[header][column] = cell if three % 2 else f"{rows[header][column]} (new)"
    return rows


def each_row(change):
    def apply(rows, _header, _at, column, three, _cell):
        for row in rows:
            if column < len(row):
                change(row, column, three % len(row))
        return rows

    return apply


def drop_row(rows, _header, at, *_):
    del rows[at]
    return rows


def repeat_row(rows, header, at, _column, three, _cell):
    rows.insert(header + 1 + three % (len(rows) - header), list(rows[at]))
    return rows


def reverse_rows(rows, header, *_):
    return [*rows[: header + 1], *reversed(rows[header + 1 :])]


def shift(rows, at, three):
    rows[at] = [None, *rows[at][:-1]] if three % 2 else [*rows[at][1:], None]
    return rows


def sink_header(rows, header, at, _column, three, _cell):
    below = at if three % 3 == 0 else header + 1
    rows.insert(below, rows.pop(header))
    return rows


MUTATE = {
    "cell": change_cell,
    "rename": rename,
    "drop column": each_row(lambda row, column, _: row.pop(column)),
    "repeat column": each_row(lambda row, column, to: row.insert(to, row[column])),
    "move column": each_row(lambda row, column, to: row.insert(to, row.pop(column))),
    "drop row": drop_row,
    "repeat row": repeat_row,
    "reverse rows": reverse_rows,
    "shift header": lambda rows, header, _at, _column, three, _cell: shift(rows, header, three),
    "shift row": lambda rows, _header, at, _column, three, _cell: shift(rows, at, three),
    "sink header": sink_header,
}


def hold(name, source, mutation):
    """Read a mutated copy, and judge the outcome."""
    judge(name, source, mutation, lambda: source.read(mutated(source, mutation)))


def read_or_refuse(read):
    """Give what is read, or the message of our own error."""
    try:
        return read(), ""
    except PanelError as error:
        return None, str(error)


def judge(name, source, mutation, read):
    """Want one of our errors that names the file, or what was read before but for a row."""
    found, refused = read_or_refuse(read)
    TALLY[name, "read" if found is not None else "refused"] += 1
    if found is None:
        assert Path(source.file).name in refused, f"the file is not named: {refused}"
        return
    assert source.valid(found), "what was read cannot be"
    assert found.index.is_unique
    assert list(found.columns) == list(source.intact.columns)
    lost = source.intact.index.difference(found.index)
    dropped = mutation.kind == "drop row"
    fewest = len(source.intact) - dropped * source.touch
    assert len(found) >= fewest, f"rows were lost: {list(lost)}"
    local = mutation.kind in ("cell", "drop row", "shift row")
    allowed = source.touch if local else 0
    assert len(lost) <= allowed, f"rows were lost: {list(lost)}"
    assert len(found) <= len(source.intact) + allowed, "rows came from nowhere"
    same = source.intact.index.intersection(found.index)
    before, after = source.intact.loc[same], found.loc[same]
    alike = pd.concat({name: _alike(before[name], after[name]) for name in before}, axis=1)
    differ = ~alike.all(axis=1)
    assert differ.sum() <= allowed, f"other rows changed: {list(same[differ])}"


def _alike(before, after):
    """Whether cells are the same; numbers, but for the order in which they were added."""
    if pd.api.types.is_float_dtype(before) and pd.api.types.is_numeric_dtype(after):
        return (before - after).abs().le(1e-9 * before.abs()) | (before.isna() & after.isna())
    return (before == after) | (before.isna() & after.isna())


def as_text(rows):
    """Write rows as a publisher's CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        ["" if cell is None else cell for cell in row] for row in rows
    )
    return out.getvalue()


def quietly(examples, strategy):
    """Run a test on this many mutations of a strategy."""
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    held = settings(
        max_examples=examples, deadline=None, suppress_health_check=quiet, derandomize=True
    )
    return lambda test: held(given(mutation=strategy)(test))


def tries(examples):
    """Run a test on this many mutations of a grid."""
    return quietly(examples, mutations())


FEW, MANY = 12, 120
"""Mutations of each source by default, and in the slow suite."""
