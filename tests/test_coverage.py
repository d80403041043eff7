"""What a panel is said to hold."""

import json

import pandas as pd
import pytest

from data.coverage import describe, summarise_panel
from data.panel import GRADES


@pytest.fixture(scope="module")
def coverage(real_panel):
    return summarise_panel(real_panel)


def test_shares_of_cells_add_up_to_one(coverage):
    assert coverage.statuses.sum(axis=1).to_list() == pytest.approx([1.0] * 18)
    assert coverage.statuses.loc["new_placement_far", "suppressed"] == pytest.approx(66 / 765)


def test_authorities_are_counted_by_indicator_and_year(coverage):
    assert coverage.authorities.loc["rereferral_12m"].to_list() == [147, 149, 148, 149, 153]
    assert coverage.authorities.loc["sw_agency", 2025] == 151


def test_judgements_are_counted_by_year_of_start(coverage):
    assert coverage.judgements.loc[2024, [*GRADES, "None", "total"]].to_list() == [
        *(4, 6, 22, 17),
        0,
        49,
    ]
    assert coverage.judgements["total"].sum() == 271 + 173


def test_joins_are_a_table_of_the_records(coverage, real_panel):
    assert len(coverage.joins) == len(json.loads(real_panel.attrs["joins"]))
    assert set(coverage.joins["action"]) == {
        "recoded",
        "shared",
        "averaged",
        "inherited",
        "not joined",
    }


def test_description_reads_in_a_terminal(real_panel):
    text = describe(real_panel)

    assert " ".join(text.split()).startswith(
        "Published panel: indicators of the 2025 releases; ILACS inspections begun by 24 March "
        "2025, reported by 14 May 2025; SIF inspections reported by 24 August 2018; "
        "deprivation of 2015, 2019 and 2025."
    )
    assert "153 authorities, 18 indicators, years 2021 to 2025" in text
    assert "444 inspections of 158 authorities" in text
    assert "Cumbria (E10000006)" in text
    assert "21 counties" in text
    assert "Not the registered edition" not in text
    assert max(map(len, text.splitlines())) <= 110


def test_simulated_panel_says_that_it_is_one(real_panel):
    simulated = real_panel.assign_attrs(simulated=1, joins="[]", sources="[]")

    text = describe(simulated)

    assert text.startswith("SIMULATED")
    assert "Every authority was joined directly." in text


def test_inspection_without_a_start_counts_in_the_year_of_its_report(real_panel):
    dateless = real_panel.assign(
        inspection_start=real_panel["inspection_start"].where(False),
    )

    judgements = summarise_panel(dateless).judgements

    years = real_panel["publication"].dt.year.to_series().value_counts()
    assert judgements["total"].to_dict() == years.to_dict()


def test_file_of_another_edition_is_named(real_panel):
    source = {"file": "a/b.csv", "sha256": "0", "matches_register": False}

    text = describe(real_panel.assign_attrs(sources=json.dumps([source])))

    assert "Not the registered edition:\n  a/b.csv" in text


def summarise_revisions(panel):
    """Count what a newer release changed, where two have the same year."""
    change = abs(panel["value"] - panel["earlier_value"])
    table = pd.DataFrame(
        {
            "release": panel["release"].to_series(),
            "earlier_release": panel["earlier_release"].to_series(),
            "compared": change.count("authority").to_series(),
            "revised": (change > 0).sum("authority").to_series(),
        }
    )
    return table[table["earlier_release"] != ""]


def test_revisions_are_counted_where_two_releases_have_a_year(record):
    revisions = summarise_revisions(record)

    activity = revisions.loc[("cl_eet_19_21", 2022)]
    assert activity[["release", "earlier_release"]].to_list() == ["2025", "2022"]
    assert activity["compared"] > 140
    assert 0 < activity["revised"] < 40
    assert (revisions["revised"] <= revisions["compared"]).all()
    assert int(revisions["compared"].sum()) == 9177
    assert int(revisions["revised"].sum()) == 1044


def test_the_whole_record_is_described(record):
    text = describe(record)

    assert "153 authorities, 51 indicators, years 2011 to 2025" in text
    assert "444 inspections of 158 authorities" in text
