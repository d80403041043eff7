"""A campaign of mutations of the real files: how many change what is read without a word.

Each mutation changes one published file in one way (:mod:`tests.mutations.kinds`), reads what
rests on it (:func:`targets`) and says what became of it: ``refused``; ``identical``;
``recorded``, read otherwise with a record that says so; ``digest``, read otherwise, and told by
nothing but the file's sha256, by which panel and report name it as not the registered edition;
``silent``, read otherwise without a word; ``crash``, an exception that is none of ours.

Run it with::

    python -m tests.mutations.campaign --number 3000 --seed 1
"""

import argparse
import csv
import io
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from data import (
    census,
    deprivation,
    inspection_editions,
    low_income,
    neighbours,
    ofsted,
    population,
    sheets,
    sif,
    spending,
    vintages,
)
from data.catalogue import read_catalogue
from data.cells import columns_of
from data.editions import read_indicators
from data.panel import PanelError, silent
from data.release import unregistered
from data.sources import examine_source
from tests.mutations.conftest import Shelf
from tests.mutations.kinds import GRID_KINDS, KINDS, TEXT_KINDS, Grid
from tests.mutations.machinery import as_text

YEARS = tuple(range(2011, 2026))
OUTCOMES = ("refused", "identical", "recorded", "digest", "silent", "crash")
FOLDERS = ("children_in_need/", "looked_after/release_20", "outcomes_", "workforce/")
SFR = ("2014/SFR36_Former", "2015/SFR34_OC2", "2016/SFR41_CLA", "2017/SFR50_OC2")


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A table of a file, and what is read of it.

    ``sheet`` is empty for a text file. ``read`` gives, of a folder, what a panel takes from
    it, and text that the panel keeps beside it. ``columns`` are those that are read, where
    they are known; otherwise any.
    """

    file: str
    read: Callable[[Path], tuple[pd.DataFrame, str]]
    columns: tuple[str, ...] = ()
    sheet: str = ""


def of_indicators(file, editions):
    """Read every indicator that a file has."""

    def read(root):
        found = read_indicators(root, editions, YEARS, largest=5, report=silent)
        cells = {
            name: one.cells.drop(columns=["line", "code", "name"], errors="ignore")
            for name, one in found.items()
        }
        return pd.concat(cells), repr([one.joins for one in found.values()])

    places = (
        "time_period",
        "geographic_level",
        "new_la_code",
        "la_name",
        "New_geog_code",
        "geog_l",
        "geog_n",
        "Area Code",
        "Area Name",
        "Time period",
        "Area Type",
    )
    return Target(file, read, (*places, *sorted(columns_of(editions))))


def history(root):
    """Read the inspections, and what the older editions say otherwise."""
    found, joins = ofsted.read_inspections(root)
    return found, inspection_editions.read_differences(root, found).to_string() + repr(joins)


def low_income_counts(root):
    return low_income._counts(root, low_income.FILES[0])[["status", "number"]], ""


def of_text(file, read):
    """Read a text file of which nothing is kept beside."""
    return Target(file, lambda root: (read(root), ""))


def targets():
    """List the tables that are mutated."""
    by_file = {}
    for key in ("indicator", "context"):
        for indicator in read_catalogue(key=key):
            for one in indicator.editions():
                by_file.setdefault(one.file, {})[one.id] = one
    found = [
        of_indicators(file, list(editions.values()))
        for file, editions in by_file.items()
        if any(name in file for name in (*FOLDERS, *SFR, "fingertips"))
        if not any(one.denominator_file for one in editions.values())
    ]
    found += [
        of_text(
            population.FILE, lambda root: population.read_population(root, YEARS)[0].to_frame()
        ),
        of_text(deprivation.FILE, lambda root: deprivation.read_deprivation(root)[0]),
        of_text(deprivation.LOOKUP, lambda root: deprivation.read_deprivation(root)[0]),
        of_text(census.FILE, census.read_ethnicity),
        of_text(neighbours.FILE, neighbours.read_neighbours),
        Target(low_income.FILES[0], low_income_counts),
        Target(ofsted.FILE, history, tuple(ofsted._COLUMNS.values()), ofsted.SHEET),
        Target(
            sif.FILE,
            lambda root: (sif.read_single_inspections(root)[0], ""),
            ("Local authority name", *sif.BLOCKS[0].columns, *sif.BLOCKS[1].columns),
            sif.SHEET,
        ),
        Target(
            vintages.FILES[2019],
            lambda root: (vintages.read_vintage(root, 2019)[0], ""),
            (vintages._CODES[2019], vintages._SCORES[2019]["imd"]),
            "IMD",
        ),
        Target(
            spending.SECTION_251[2018][0],
            lambda root: (spending.read_section_251(root, [2018])[0].to_frame(), ""),
            ("LA", "LA Name", "s251line", "NetCurrentExpenditure"),
            spending.SECTION_251[2018][1],
        ),
    ]
    return found


class Campaign:
    """The files as published, what is read of them, and the count of outcomes."""

    def __init__(self, published, folder, seed):
        self.shelf, self.rng = Shelf(published, folder), random.Random(seed)
        self.targets, self.tally = targets(), Counter()
        self.kept = {"digest": [], "silent": [], "crash": []}
        self.texts, self.intact, self.failed = {}, {}, ""

    def text(self, file):
        if file not in self.texts:
            raw = (self.shelf.published / file).read_bytes().decode("utf-8-sig")
            self.texts[file] = raw.replace("\r\n", "\n")
        return self.texts[file]

    def whole(self, target):
        """Read a table as it is published, once."""
        if target.file not in self.intact:
            self.intact[target.file] = target.read(self.shelf.root)
        return self.intact[target.file]

    def run(self, number, told=0):
        """Try this many mutations, each kind as often on each table as the others.

        What has come of them so far is printed after every ``told``, or never.
        """
        done = 0
        while done < number:
            target, kind = self.rng.choice(self.targets), self.rng.choice(KINDS)
            if target.sheet and kind not in GRID_KINDS:
                continue
            what, read = self.mutation(target, kind)
            if not what:
                continue
            done += 1
            if told and done % told == 0:
                print(self.report(), flush=True)  # noqa: T201
            outcome = self.outcome(target, read)
            self.tally[kind, outcome] += 1
            if outcome in self.kept:
                how = f"{what}: {self.failed}" if outcome == "crash" else what
                self.kept[outcome].append((kind, target.file, how))

    def mutation(self, target, kind):
        """Say what is changed, and give what reads it; no text where nothing can be."""
        if kind in TEXT_KINDS:
            text, what = TEXT_KINDS[kind](self.text(target.file), self.rng)
            return what, lambda: self.shelf.with_text(target.file, text, told(target))
        if kind == "wrong file":
            others = [one.file for one in self.targets if not one.sheet and one is not target]
            near = [one for one in others if Path(one).parts[0] == Path(target.file).parts[0]]
            other = self.rng.choice(near or others)
            text = self.text(other)
            return other, lambda: self.shelf.with_text(target.file, text, told(target))
        if target.sheet:
            path = self.shelf.published / target.file
            rows = self.shelf.typed_rows(path, target.file, target.sheet)
        else:
            rows = list(csv.reader(io.StringIO(self.text(target.file))))
        grid = Grid(target, rows, self.rng)
        what = GRID_KINDS[kind](grid)
        if target.sheet:
            # A workbook with another cell is another file: its digest is another as well.
            return what, lambda: (
                *self.shelf.with_sheet(target.file, target.sheet, grid.rows, target.read),
                True,
            )
        return what, lambda: self.shelf.with_text(target.file, as_text(grid.rows), told(target))

    def outcome(self, target, read):
        """Read a changed file, and compare with the published one."""
        before, said = self.whole(target)
        try:
            after, says, other = read()
        except PanelError:
            return "refused"
        except Exception as error:  # what the campaign looks for
            self.failed = f"{type(error).__name__}: {error}"[:200]
            return "crash"
        if same(before, after):
            return "identical"
        if says != said:
            return "recorded"
        return "digest" if other else "silent"

    def report(self):
        """Say by kind what became of the mutations, then each silent one and each crash."""
        table = pd.DataFrame(
            {outcome: {kind: self.tally[kind, outcome] for kind in KINDS} for outcome in OUTCOMES}
        )
        table.loc["all"] = table.sum()
        lines = [table.assign(tried=table.sum(axis=1)).to_string()]
        for what, kept in self.kept.items():
            lines += [f"{what}: {kind}: {file}: {how}" for kind, file, how in sorted(kept)]
        return "\n".join(lines)


def told(target):
    """Read a table, and say whether the panel would name its file as another edition."""

    def read(root):
        return (*target.read(root), bool(unregistered([examine_source(root, target.file)])))

    return read


def same(before, after):
    """Whether two readings are the same, whatever the order of their rows."""
    if not before.index.sort_values().equals(after.index.sort_values()):
        return False
    after = after.loc[before.index]
    if list(before.columns) != list(after.columns):
        return False
    try:
        pd.testing.assert_frame_equal(before, after, check_dtype=False, rtol=1e-9)
    except AssertionError:
        return False
    return True


def campaign(published, folder, number, seed, told=0):
    """Run a campaign, its workbooks read once."""
    one = Campaign(published, folder, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets, "_typed_rows", one.shelf.typed_rows)
        one.run(number, told)
    return one


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("published", type=Path, help="folder of published files")
    parser.add_argument("--number", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--told", type=int, default=500, help="print what came of every so many")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = campaign(asked.published, Path(folder), asked.number, asked.seed, asked.told)
        print(done.report())  # noqa: T201


if __name__ == "__main__":
    main()
