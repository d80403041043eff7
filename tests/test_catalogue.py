"""The catalogue of indicators: what it declares, and what it refuses."""

import pytest

from data.catalogue import choose_indicators, read_catalogue
from data.panel import PanelError

ENTRY = """
[[indicator]]
id = "{id}"
title = "Something"
domain = "health"
sets = ["all"]
direction = "higher"
kind = "count"
file = "a.csv"
layout = "wide"
numerator = ["n"]
denominator = ["d"]
"""


def written(tmp_path, text):
    path = tmp_path / "catalogue.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_catalogue_has_its_sets():
    catalogue = read_catalogue()

    assert len(catalogue) == 51
    assert len(choose_indicators(("performance",), catalogue)) == 14
    assert [one.id for one in choose_indicators(("workforce",), catalogue)] == [
        "sw_turnover",
        "sw_agency",
        "sw_caseload",
        "sw_vacancy",
    ]
    assert choose_indicators(("all",), catalogue) == catalogue


def test_contested_indicators_are_in_no_default_set():
    contested = {one.id for one in read_catalogue() if one.direction == "contested"}

    assert contested == {"referral_nfa", "assessed_not_in_need", "s47_to_icpc", "cla_sdq_concern"}
    defaults = ("performance", "outcomes", "process", "workforce", "workforce_all", "education")
    chosen = {one.id for one in choose_indicators(defaults, read_catalogue())}
    assert not contested & chosen
    assert contested | chosen == {one.id for one in read_catalogue()}


def test_an_earlier_edition_takes_from_its_indicator_what_it_does_not_say():
    same_carer = next(one for one in read_catalogue() if one.id == "cla_same_carer_2y")

    newest, older = same_carer.editions()
    assert (newest.series, older.series) == ("same carer", "same placement")
    assert older.denominator == newest.denominator
    assert older.numerator != newest.numerator
    assert older.id == newest.id


def test_years_of_a_file_may_stand_apart():
    grades = next(one for one in read_catalogue() if one.id == "cla_ks4_att8")

    assert [grades.series_of(year) for year in (2019, 2020, 2021, 2022)] == [
        "newest",
        "assessed by teachers",
        "assessed by teachers",
        "newest",
    ]


def test_every_earlier_series_says_why_it_stands_apart():
    for indicator in read_catalogue():
        for edition in indicator.earlier:
            assert (edition.series != indicator.series) == bool(edition.differs), indicator.id


def test_every_performance_indicator_is_an_outcome_or_a_process():
    for indicator in choose_indicators(("performance",), read_catalogue()):
        assert len({"outcomes", "process"} & set(indicator.sets)) == 1, indicator.id


def test_workforce_rates_have_a_unit_a_date_and_a_scale():
    for indicator in choose_indicators(("workforce_all",), read_catalogue()):
        assert indicator.kind == "rate"
        assert indicator.reference.text.endswith("30 September")
        scale = (
            ("log", "cases per worker") if indicator.id == "sw_caseload" else ("sqrt", "percent")
        )
        assert (indicator.transform, indicator.unit) == scale


def test_indicators_come_in_catalogue_order_and_once():
    chosen = choose_indicators(("cla_dental", "rereferral_12m", "performance"), read_catalogue())

    ids = [one.id for one in chosen]
    assert ids[0] == "rereferral_12m"
    assert len(set(ids)) == len(ids)


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(PanelError, match=r"'cla_dentist'\. Did you mean cla_dental"):
        choose_indicators(("cla_dentist",), read_catalogue())


def test_catalogue_of_ones_own_is_read(tmp_path):
    path = written(tmp_path, ENTRY.format(id="one") + ENTRY.format(id="two"))

    assert [one.id for one in read_catalogue(path)] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENTRY.format(id="one") * 2, "indicator one is declared twice"),
        (ENTRY.format(id="one") + 'colour = "red"', "indicator one: colour"),
        (ENTRY.format(id="one").replace('["n"]', "[]"), "a count needs numerator and denominator"),
        (ENTRY.format(id="one") + 'transform = "log"', "a count is taken on the logit scale"),
        (ENTRY.format(id="one").replace('"count"', '"rate"'), "a rate needs value"),
        (ENTRY.format(id="one").replace('"wide"', '"long"'), "needs breakdown and count"),
        (ENTRY.format(id="one").replace('"higher"', '"up"'), "indicator one: direction"),
        (
            ENTRY.format(id="one")
            .replace('"higher"', '"contested"')
            .replace('"all"', '"outcomes"'),
            "a contested indicator may be in ['all', 'contested'] only",
        ),
        (ENTRY.format(id="one").replace('"wide"', '"sfr"'), "needs the one year of its file"),
        ("[[indicator]", "cannot be read as a catalogue"),
    ],
)
def test_faulty_catalogue_is_refused(tmp_path, text, message):
    with pytest.raises(PanelError, match=r"catalogue\.toml") as caught:
        read_catalogue(written(tmp_path, text))

    assert message in str(caught.value)


def test_missing_catalogue_is_refused(tmp_path):
    with pytest.raises(PanelError, match="cannot be read as a catalogue"):
        read_catalogue(tmp_path / "none.toml")
