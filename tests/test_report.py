"""The report: its page, and its safety."""

import json

import pytest

from analysis.report.build import write_report
from tests.report_inputs import HOSTILE, LONG, write_inputs
from tests.report_page import Page

FIGURES = {
    *("link", "indicators", "authorities_concordance", "authorities_adjusted"),
    *("deciles", "top_share", "coverage", "judgements", "ranks_concordance", "ranks_adjusted"),
    "paths",
}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory, drawing_once):
    folder = write_inputs(
        tmp_path_factory.mktemp("run") / "simulated", authorities=12, indicators=5
    )
    with drawing_once():
        write_report(folder)
    return folder


@pytest.fixture(scope="module")
def page(simulated):
    return Page((simulated / "report.html").read_text("utf-8"))


@pytest.fixture(scope="module")
def refused_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "refused"
    write_inputs(
        folder, simulated=False, refused=("concordance", "adjusted"), authorities=12, indicators=5
    )
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def refused(refused_folder):
    return Page((refused_folder / "report.html").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path, figures_drawn_once):
    return write_inputs(tmp_path / "run", authorities=4, indicators=2)


def test_every_file_is_written(simulated):
    written = {path.name for path in (simulated / "figures").iterdir()}

    assert written == {f"{name}.{kind}" for name in FIGURES for kind in ("svg", "png", "pdf")}
    assert not list(simulated.glob("*.part"))


def test_the_same_folder_gives_the_same_report(refused_folder):
    before = (refused_folder / "report.html").read_bytes()

    assert write_report(refused_folder).read_bytes() == before


def test_the_first_words_say_that_the_panel_is_simulated(page):
    body = page.text.split("agree?", 1)[1]

    assert body.strip().startswith("Simulated panel The authorities")
    assert "The link that was put into them, at equal deprivation, is 0.30." in body


def test_every_image_has_alternative_text_and_every_figure_a_title_and_a_caption(page):
    images = page.all("img")

    assert len(images) == len(page.all("figure")) == len(page.all("figcaption")) == len(FIGURES)
    assert all(len(image["alt"]) > 60 for image in images)
    assert sum(attrs.get("class") == "above" for attrs in page.all("p")) == len(FIGURES)


def test_nothing_is_loaded_from_anywhere(page):
    loaded = [
        attrs[name]
        for _, attrs in page.elements
        for name in ("src", "srcset", "data", "poster", "action")
        if name in attrs
    ]
    links = [attrs["href"] for _, attrs in page.elements if "href" in attrs]

    assert all(address.startswith("data:image/") for address in loaded)
    assert all(address.startswith("#") for address in links)
    assert not page.all("link")


def test_links_within_the_page_lead_somewhere(page):
    there = {attrs["id"] for _, attrs in page.elements if "id" in attrs}

    assert {attrs["href"][1:] for attrs in page.all("a")} <= there


def test_hostile_names_are_text(page):
    assert len(page.all("script")) == 1
    assert HOSTILE in page.text
    assert LONG in page.text


def test_numbers_of_both_estimands_stand_side_by_side(page):
    assert "0.12 (−0.06 to 0.30)" in page.text
    assert "0.16 (−0.01 to 0.33)" in page.text


def test_how_many_authorities_can_be_told_from_the_median_is_said(page, refused):
    assert page.text.count("39 of 153 authorities can be told from the median") == 2
    assert "21 above and 18 below" in page.text
    assert "can be told from the median" not in refused.text


def test_predicted_judgements_are_scored_beside_those_that_know_less(page):
    assert page.text.count("Forecasts of judgements left out") == 2
    assert "Shares of the grades alone" in page.text


def test_a_refused_estimand_shows_reasons_and_no_numbers(refused):
    assert "R-hat of rho is 1.034; wanted at most 1.01." in refused.text
    assert refused.text.count("No verdict") >= 2
    for number in ("0.12 (", "0.16 (", "3.4 times", "6% (2% to 11%)"):
        assert number not in refused.text
    assert len(refused.all("img")) == 3


def test_where_only_the_ceiling_bars_a_verdict_the_numbers_are_shown(folder):
    record = json.loads((folder / "evidence.json").read_text("utf-8"))
    sentence = "No verdict: the question cannot be answered with these data."
    record["estimands"]["adjusted"]["verdict"] = {
        "code": "refused",
        "sentence": sentence,
        "cause": "ceiling",
    }
    (folder / "evidence.json").write_text(json.dumps(record), "utf-8")

    page = Page(write_report(folder).read_text("utf-8"))

    assert sentence in page.text
    assert "0.16 (−0.01 to 0.33)" in page.text


def test_a_real_panel_bears_the_licence(refused):
    licence = "Contains public sector information licensed under the Open Government Licence v3.0"
    outward = [attrs["href"] for attrs in refused.all("a") if not attrs["href"].startswith("#")]

    assert "Real panel Published figures" in refused.text
    assert licence in refused.text
    assert [address.split("/")[2] for address in outward] == ["www.nationalarchives.gov.uk"]


def test_a_run_without_a_cut_off_has_no_such_section(page):
    assert "foreseen" not in {attrs.get("id") for attrs in page.all("section")}
