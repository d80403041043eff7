"""What the report refuses: folders that lack something, and numbers that it may not show."""

import json

import pytest

from analysis.files.read_table import ReportError
from analysis.pages.chromium import print_page
from analysis.report.build import write_report
from analysis.report.read import read_inputs
from tests.report_inputs import write_inputs
from tests.report_page import Page

pytestmark = pytest.mark.usefixtures("figures_drawn_once")


@pytest.fixture
def folder(tmp_path):
    return write_inputs(tmp_path / "run", authorities=4, indicators=2)


@pytest.mark.parametrize(
    "name",
    [
        *("evidence.json", "provenance.json", "run.toml", "tables/joins.csv"),
        "fits/composite-adjusted-linked.nc",
    ],
)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()

    with pytest.raises(ReportError, match=rf"{name}: no such file"):
        read_inputs(folder)


def test_a_missing_key_is_named_with_its_file(folder):
    path = folder / "evidence.json"
    evidence = json.loads(path.read_text("utf-8"))
    del evidence["estimands"]["adjusted"]["rho"]["upper"]
    path.write_text(json.dumps(evidence), "utf-8")

    with pytest.raises(
        ReportError, match=r"evidence.json: key estimands.adjusted.rho.upper is nothing"
    ):
        read_inputs(folder)


def test_an_unfinished_file_is_named(folder):
    (folder / "evidence.json").write_text('{"panel": ', "utf-8")

    with pytest.raises(ReportError, match=r"evidence.json: is no JSON"):
        read_inputs(folder)


def test_a_missing_column_is_named_with_its_table(folder):
    path = folder / "tables" / "authorities.csv"
    path.write_text(path.read_text("utf-8").replace("rank_lower", "lowest_rank"), "utf-8")

    with pytest.raises(ReportError, match=r"authorities.csv: no column rank_lower; it has"):
        read_inputs(folder)


def test_a_word_in_place_of_a_number_is_quoted(folder):
    path = folder / "tables" / "judgements.csv"
    path.write_text("year,grade,inspections\n2024,Good,several\n", "utf-8")

    with pytest.raises(ReportError, match=r"inspections is 'several'; wanted a number"):
        read_inputs(folder)


def test_a_finding_must_have_finite_numbers(folder):
    path = folder / "evidence.json"
    evidence = json.loads(path.read_text("utf-8"))
    evidence["estimands"]["concordance"]["rho"]["mean"] = float("nan")
    path.write_text(json.dumps(evidence), "utf-8")

    with pytest.raises(ReportError, match=r"concordance.rho.mean is nan"):
        read_inputs(folder)


def test_an_unknown_authority_is_answered_with_the_nearest(folder):
    with pytest.raises(ReportError, match=r"'Aldermere 3': .* Did you mean 'Aldermere and Thorn"):
        write_report(folder, pdf=True, authorities=("Aldermere 3",))

    assert not (folder / "report.pdf").exists()


def test_without_a_browser_printing_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("analysis.pages.chromium._ELSEWHERE", ())

    with pytest.raises(ReportError, match=r"none of chromium, .* apt-get install chromium"):
        print_page("<p>", tmp_path / "report.pdf")


def test_a_browser_that_prints_nothing_is_told_of_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFECTIVENESS_CHROMIUM", "false")

    with pytest.raises(ReportError, match=r"report.pdf: .*false printed nothing"):
        print_page("<p>", tmp_path / "report.pdf")

    assert not list(tmp_path.iterdir())


def forecasts(folder, reasons=""):
    """Scores of forecasts, as a run with a cut-off leaves them."""
    rows = [
        ("linked", 0.515, 0.0, 0.0),
        ("independent", 0.553, 0.038, 0.026),
        ("deprivation_only", 0.606, 0.090, 0.032),
        ("grade_shares", 0.552, 0.037, 0.030),
        ("same_as_last_time", 0.412, -0.103, 0.028),
    ]
    lines = [
        f"{name},96,-1.3,{-gap},{error},{score},{gap},{error},0.001,0.002,0.04,0.6,2023-03-31,{reasons}"
        for name, score, gap, error in rows
    ]
    head = (
        "forecast,cases,log_score,log_score_difference,log_score_difference_se,"
        "ranked_probability_score,ranked_probability_score_difference,"
        "ranked_probability_score_difference_se,ranked_probability_score_mcse,"
        "log_score_mcse,miscalibration,miscalibration_p,cutoff,reasons"
    )
    (folder / "tables" / "prospective.csv").write_text("\n".join([head, *lines]), "utf-8")


def test_forecasts_are_called_better_only_beyond_two_standard_errors(folder):
    forecasts(folder)

    page = Page(write_report(folder).read_text("utf-8"))

    assert "next inspection of 96 authorities" in page.text
    unclear = "neither clearly better nor worse than the shares of the grades alone"
    assert f"{unclear} (+0.037, standard error 0.030)" in page.text
    assert "better than deprivation alone (+0.090" in page.text
    assert "worse than “the same grade as last time” (−0.103" in page.text
    assert "it cannot be told whether the indicators add anything" in page.text
    assert "ranked probability score +0.038 (standard error 0.026)" in page.text
    assert "a calibrated forecast would be (p 0.60)" in page.text
    assert "#foreseen" in {attrs.get("href") for attrs in page.all("a")}


def test_forecasts_of_a_fit_that_did_not_converge_are_not_shown(folder):
    forecasts(folder, "R-hat of rho is 1.2")

    page = Page(write_report(folder).read_text("utf-8"))

    assert "cannot be relied on: R-hat of rho is 1.2" in page.text
    assert "0.553" not in page.text


def test_an_engine_that_leaves_no_authority_out_compares_no_models(folder):
    record = json.loads((folder / "evidence.json").read_text("utf-8"))
    for estimand in record["estimands"].values():
        estimand["elpd"] = []
    (folder / "evidence.json").write_text(json.dumps(record), "utf-8")

    page = Page(write_report(folder).read_text("utf-8"))

    assert "leaves no authority out" in page.text


def test_an_empty_table_of_joins_is_no_fault(folder):
    (folder / "tables" / "joins.csv").write_text("source,code,name,years,action,reason\n", "utf-8")

    assert read_inputs(folder).tables["joins"].empty
