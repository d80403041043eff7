"""Whose data a page is about: England's publishers are named for England's panel alone."""

import json
import re

import pytest

from analysis.coverage_page.build import write_coverage_page
from analysis.report.build import write_report
from analysis.tables.map import write_map
from data.origin import from_england, is_england
from data.sources import read_sources
from models.inputs import panel_facts
from tests.fitted import small_panel
from tests.report_inputs import write_inputs

OF_ENGLAND = (
    "Ofsted",
    "DfE",
    "Department for Education",
    "English",
    "England",
    "Open Government Licence",
)
MINE = [{"file": "mine/schools.csv", "sha256": "0" * 64}]


@pytest.fixture(scope="module")
def foreign():
    """A panel of somebody's own tables."""
    panel = small_panel().isel(indicator=[0, 1], authority=slice(0, 20))
    return panel.assign_attrs(
        simulated=0, release="May 2025", title="Wards", sources=json.dumps(MINE)
    )


def named(text):
    # Images within pages are written in letters that spell anything.
    text = re.sub(r"data:[^\"]*|<path[^>]*>", "", text)
    return [name for name in OF_ENGLAND if name in text]


def written(folder):
    """Everything that a reader sees: pages, tables to print, and texts in figures."""
    files = [one for one in folder.rglob("*") if one.suffix in {".html", ".svg", ".tex", ".csv"}]
    assert files
    return {one.name: one.read_text("utf-8") for one in files}


def test_a_report_on_others_data_names_no_english_publisher_nor_licence(tmp_path):
    folder = write_inputs(tmp_path / "run", simulated=False, authorities=4, indicators=2)
    for name, changes in (
        ("provenance.json", {"sources": MINE}),
        ("evidence.json", {"panel": {"release": "May 2025", "title": "Wards"}}),
    ):
        record = json.loads((folder / name).read_text("utf-8"))
        for key, value in changes.items():
            record[key] = {**record[key], **value} if isinstance(value, dict) else value
        (folder / name).write_text(json.dumps(record), "utf-8")

    write_report(folder)

    found = {name: named(text) for name, text in written(folder).items()}
    assert {name: names for name, names in found.items() if names} == {}
    page = (folder / "report.html").read_text("utf-8")
    assert "Published figures and judgements of real authorities." in page
    assert "Not an official statistic." in page


@pytest.mark.usefixtures("figures_drawn_once")
def test_a_report_on_englands_panel_names_them(tmp_path):
    folder = write_inputs(tmp_path / "run", simulated=False, authorities=4, indicators=2)

    write_report(folder)

    page = (folder / "report.html").read_text("utf-8")
    assert named(page) == [name for name in OF_ENGLAND if name != "DfE"]


def test_the_coverage_page_of_others_data_names_none_either_and_has_no_map(foreign, tmp_path):
    write_coverage_page(foreign, tmp_path / "page", tmp_path)

    found = {name: named(text) for name, text in written(tmp_path / "page").items()}
    assert {name: names for name, names in found.items() if names} == {}
    assert write_map(foreign, tmp_path, tmp_path) is None


def test_a_panel_is_englands_if_it_was_read_from_registered_files_and_is_not_simulated(foreign):
    registered = read_sources()[0].path
    read = json.dumps([{"file": registered}])

    assert not is_england(foreign)
    assert is_england(foreign.assign_attrs(sources=read))
    assert not is_england(foreign.assign_attrs(sources=read, simulated=1))
    assert not from_england(simulated=False, files=[])


def test_the_facts_of_a_panel_say_whose_it_is(foreign, real_panel):
    assert panel_facts(real_panel)["england"]
    assert not panel_facts(foreign)["england"]
    assert not panel_facts(small_panel())["england"]
