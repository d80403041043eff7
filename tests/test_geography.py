"""The register of authorities, and what a published code means."""

from datetime import date

import pandas as pd
import pytest

from data.geography import (
    code_of_name,
    code_of_number,
    current_authorities,
    read_register,
    resolve,
)
from data.joins import Join, join_cells, merge_joins
from data.panel import PanelError


def rows(*cells):
    frame = pd.DataFrame(cells, columns=["code", "year", "status", "value"])
    frame = frame.assign(name="Somewhere", line=range(2, len(frame) + 2))
    return frame.set_index(["code", "year"])


def test_there_are_153_authorities_in_nine_regions():
    authorities = current_authorities()

    assert len(authorities) == 153
    assert authorities.index.is_monotonic_increasing
    assert authorities["region"].value_counts().to_dict() == {
        "London": 33,
        "North West": 24,
        "South East": 19,
        "Yorkshire and The Humber": 15,
        "South West": 15,
        "West Midlands": 14,
        "North East": 12,
        "East of England": 11,
        "East Midlands": 10,
    }


def test_every_past_code_points_to_current_authorities_and_has_a_date():
    register = read_register()
    past = register[register["change"] != ""]

    assert register.index.is_unique
    assert len(past) == 12
    for code, row in past.iterrows():
        assert set(row["stands_for"].split()) <= set(current_authorities().index), code
        assert row["start"] or row["end"], code


def test_every_current_code_is_direct():
    assert all(
        resolve(code, where="test").action == "direct" for code in current_authorities().index
    )


@pytest.mark.parametrize(
    ("code", "current"),
    [
        ("E06000048", "E06000057"),
        ("E08000020", "E08000037"),
        ("E10000002", "E06000060"),
        ("E10000023", "E06000065"),
        ("E10000027", "E06000066"),
        ("E08000038", "E08000016"),
        ("E08000039", "E08000019"),
    ],
)
def test_renumbered_authority_keeps_its_area(code, current):
    found = resolve(code, where="test")

    assert found.authorities == (current,)
    assert found.action == "recoded"
    assert found.reason


@pytest.mark.parametrize("code", ["E06000028", "E06000029", "E10000009", "E10000006", "E10000021"])
def test_predecessor_of_a_merger_or_split_passes_nothing_on(code):
    found = resolve(code, where="test")

    assert found.authorities == ()
    assert found.action == "not joined"
    assert "cover other areas" in found.reason


def test_the_old_dorset_is_not_the_new_dorset():
    assert resolve("E10000009", where="test").authorities == ()
    assert current_authorities().loc["E06000059", "name"] == "Dorset"


def test_joint_rate_goes_to_both_and_joint_count_to_neither():
    shared = resolve("E09000021 / E09000027", where="test")
    refused = resolve("E09000021 / E09000027", where="test", shareable=False)

    assert shared.authorities == ("E09000021", "E09000027")
    assert shared.action == "shared"
    assert refused.authorities == ()
    assert refused.action == "not joined"


@pytest.mark.parametrize("code", ["E99999999", "", "E09000021 / E99999999"])
def test_unknown_code_is_refused_with_its_place(code):
    with pytest.raises(PanelError, match=r"file\.csv: line 7: authority code") as caught:
        resolve(code, where="file.csv: line 7")

    assert repr(code) in str(caught.value)


def test_join_moves_figures_and_records_what_was_not_direct():
    cells = rows(
        ("E06000001", 2020, "observed", 1.0),
        ("E10000002", 2020, "observed", 2.0),
        ("E10000006", 2020, "observed", 3.0),
        ("E09000021 / E09000027", 2020, "observed", 4.0),
        ("E06000001", 2031, "observed", 5.0),
    )

    joined, joins = join_cells(cells, "file.csv", [2020], shareable=True)

    assert joined["value"].to_dict() == {
        ("E06000001", 2020): 1.0,
        ("E06000060", 2020): 2.0,
        ("E09000021", 2020): 4.0,
        ("E09000027", 2020): 4.0,
    }
    assert {(join.code, join.action) for join in joins} == {
        ("E10000002", "recoded"),
        ("E10000006", "not joined"),
        ("E09000021 / E09000027", "shared"),
    }


def test_row_that_says_the_authority_did_not_exist_is_no_join():
    cells = rows(("E10000021", 2024, "not_applicable", None), ("E06000061", 2024, "observed", 1.0))

    joined, joins = join_cells(cells, "file.csv", [2024], shareable=False)

    assert len(joined) == 1
    assert joins == []


def test_two_rows_for_one_authority_and_year_are_refused_by_line():
    cells = rows(("E06000060", 2020, "observed", 1.0), ("E10000002", 2020, "observed", 2.0))

    with pytest.raises(PanelError, match=r"file\.csv: lines 2 and 3 .*E06000060 and E10000002"):
        join_cells(cells, "file.csv", [2020], shareable=False)


def test_records_that_differ_in_years_only_become_one():
    one = Join("a.csv", "E10000006", "Cumbria", (2022, 2021), "not joined", "because")
    other = Join("a.csv", "E10000006", "Cumbria", (2022, 2023), "not joined", "because")

    assert [join.years for join in merge_joins([one, other])] == [(2021, 2022, 2023)]


@pytest.mark.parametrize(
    ("name", "day", "code"),
    [
        ("Dorset", date(2016, 5, 23), "E10000009"),
        ("Dorset", date(2021, 9, 27), "E06000059"),
        ("Buckinghamshire", date(2018, 1, 29), "E10000002"),
        ("Hammersmith & Fulham", date(2019, 1, 1), "E09000013"),
        ("Bedford Borough", date(2019, 1, 1), "E06000055"),
        ("Bristol, City of", date(2019, 1, 1), "E06000023"),
        ("Kingston Upon Hull", date(2019, 1, 1), "E06000010"),
        ("St. Helens", date(2019, 1, 1), "E08000013"),
        ("Isles Of Scilly", date(2019, 1, 1), "E06000053"),
        ("Bournemouth, Christchurch & Poole", date(2021, 1, 1), "E06000058"),
    ],
)
def test_name_is_resolved_at_its_date(name, day, code):
    assert code_of_name(name, day, where="test") == code


def test_name_before_its_authority_began_is_refused():
    with pytest.raises(PanelError, match="row 3: authority 'Cumberland' is not known on 2020-"):
        code_of_name("Cumberland", date(2020, 1, 1), where="row 3")


def test_number_of_the_department_is_resolved_at_its_date():
    assert code_of_number("835", date(2018, 3, 31), where="test") == "E10000009"
    assert code_of_number("825", date(2018, 3, 31), where="test") == "E10000002"
    assert code_of_number("825", date(2021, 3, 31), where="test") == "E06000060"
    with pytest.raises(PanelError, match="authority number '999' is not known"):
        code_of_number("999", date(2021, 3, 31), where="test")


def test_every_current_authority_has_its_own_number():
    register = read_register()
    current = register[register["change"] == ""]

    assert current["dfe_code"].is_unique
    assert (current["dfe_code"].str.len() == 3).all()
