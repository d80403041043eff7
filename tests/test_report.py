"""The report: its sentences, its safety, and what it refuses to show."""

import json
import re
from html.parser import HTMLParser

import pytest

from analysis.report import numerals, words
from analysis.report.build import write_report
from analysis.report.chromium import print_page
from analysis.report.evidence import (
    Accuracy,
    Challenger,
    Estimands,
    LogBayesFactor,
    Settings,
    SmallestLink,
)
from analysis.report.read import ReportError, read_inputs
from tests.report_inputs import HOSTILE, LONG, estimand_of, evidence_of, write_inputs

FIGURES = {
    *("link", "indicators", "authorities_concordance", "authorities_adjusted"),
    *("deciles", "top_share", "coverage", "judgements"),
}


class Page(HTMLParser):
    """A page's elements with their attributes, and its text outside of scripts."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self._inside = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = write_inputs(
        tmp_path_factory.mktemp("run") / "simulated", authorities=12, indicators=5
    )
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


# Numbers


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "0.12"), (-0.061, "−0.06"), (-0.001, "0.00"), (1234.5, "1,234.50")]
)
def test_numbers_have_true_minus_signs_and_no_minus_zero(value, text):
    assert numerals.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.914, "91%"), (0.9996, "over 99%"), (0.0004, "under 1%"), (1.0, "over 99%")],
)
def test_probabilities_are_never_certain(share, text):
    assert numerals.percentage(share) == text


@pytest.mark.parametrize(
    ("factor", "text"), [(3.42, "3.4"), (9.97, "10"), (140.2, "140"), (1e9, "more than 1,000")]
)
def test_multiples_claim_no_more_digits_than_they_have(factor, text):
    assert numerals.multiple(factor) == text


# Sentences


def bayes(value):
    return LogBayesFactor(value=value, mcse=0.05, method="savage_dickey", ceiling=1.79)


def test_bayes_factor_is_said_as_a_multiple_with_its_error_and_its_ceiling():
    # exp(1.2238) = 3.4; exp(1.2238 ± 1.96 * 0.05) = 3.1 and 3.8; exp(1.79) = 6.0
    assert words.bayes_sentence(bayes(1.2238)) == (
        "The data are 3.4 times as likely under no link as under a link (Monte Carlo range 3.1 "
        "to 3.8). For no link, these data could have shown at most 6.0 times."
    )


def test_bayes_factor_for_a_link_is_turned_round():
    # exp(2.302585) = 10.0
    assert words.bayes_sentence(bayes(-2.302585)).startswith(
        "The data are 10 times as likely under a link as under no link (Monte Carlo range 9.1 to"
    )


def test_gap_smaller_than_the_uncertainty_is_no_finding():
    evidence = evidence_of(True, (), False)
    told = words.gap_sentences(
        Estimands.model_validate(evidence["estimands"]),
        Settings.model_validate(evidence["settings"]),
    )

    assert "From 0.12 (−0.06 to 0.30) as things stand, the link moves by +0.04" in told
    assert "it should not be read as an effect of deprivation" in told


def test_gap_larger_than_the_uncertainty_is_said_with_its_direction():
    evidence = evidence_of(True, (), False)
    link = evidence["estimands"]["adjusted"]["rho"]
    link |= {"mean": -0.3, "lower": -0.4, "upper": -0.2}
    told = words.gap_sentences(
        Estimands.model_validate(evidence["estimands"]),
        Settings.model_validate(evidence["settings"]),
    )

    assert "the link moves by −0.42 to −0.30 (−0.40 to −0.20)" in told
    assert "part of the agreement as things stand goes with deprivation" in told


def test_differences_below_four_are_called_indistinguishable():
    rows = [Accuracy.model_validate(row) for row in estimand_of("adjusted", False, True)["elpd"]]
    told = words.comparison_sentence(tuple(rows))

    assert told == (
        "Judgements not seen are best predicted by the model with a link. From it, the model "
        "without a link differs by −0.8 (standard error 1.4), which is indistinguishable; the "
        "model with deprivation alone differs by −6.3 (standard error 3.1). The largest Pareto k "
        "is 0.41; no value of it is too high to be relied on."
    )


@pytest.mark.parametrize(("converged", "shown"), [(True, True), (False, False)])
def test_a_challenger_that_did_not_converge_shows_no_link(converged, shown):
    challenger = Challenger.model_validate(estimand_of("adjusted", False, converged)["challenger"])
    told = words.challenger_sentences(challenger)

    assert ("0.20 (0.00 to 0.40)" in told) is shown
    assert ("did not converge (2 modes found)" in told) is not shown


def test_the_smallest_link_is_said_with_its_odds_and_probability():
    smallest = SmallestLink(value=0.27, power=0.8, odds=3.0)

    assert words.smallest_sentence(smallest) == (
        "The smallest link that these data would have shown, by 3 times or more, with "
        "probability 80% is 0.27."
    )


def test_an_unconverged_challenger_may_have_no_numbers_at_all():
    given = estimand_of("adjusted", False, False)["challenger"] | {"rho": {"mean": None}}

    assert Challenger.model_validate(given).rho is None


# The page


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

    assert all(address.startswith("data:image/svg+xml;base64,") for address in loaded)
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
    assert page.text.count("Forecasts of the judgements of authorities left out") == 2
    assert "Shares of the grades alone" in page.text


def test_a_refused_estimand_shows_reasons_and_no_numbers(refused):
    assert "R-hat of rho is 1.034; wanted at most 1.01." in refused.text
    assert refused.text.count("No verdict") >= 2
    for number in ("0.12 (", "0.16 (", "3.4 times", "6% (2% to 11%)"):
        assert number not in refused.text
    assert len(refused.all("img")) == 2


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


# What is refused


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
    monkeypatch.setattr("analysis.report.chromium._ELSEWHERE", ())

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
        f"{name},96,-1.3,0.0,0.0,{score},{gap},{error},0.001,0.002,0.04,0.6,2023-03-31,{reasons}"
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
    assert "no surer than the shares of the grades alone (+0.037, standard error 0.030)" in (
        page.text
    )
    assert "better than deprivation alone (+0.090" in page.text
    assert "worse than “the same grade as last time” (−0.103" in page.text
    assert "#foreseen" in {attrs.get("href") for attrs in page.all("a")}


def test_forecasts_of_a_fit_that_did_not_converge_are_not_shown(folder):
    forecasts(folder, "R-hat of rho is 1.2")

    page = Page(write_report(folder).read_text("utf-8"))

    assert "cannot be relied on: R-hat of rho is 1.2" in page.text
    assert "0.553" not in page.text


def test_a_run_without_a_cut_off_has_no_such_section(page):
    assert "foreseen" not in {attrs.get("id") for attrs in page.all("section")}


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
