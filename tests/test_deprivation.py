"""Deprivation scores of upper-tier authorities, and the population."""

import csv

import pytest

from data.deprivation import FILE, LOOKUP, WEIGHTS, _lookup, _residents, _scores, read_deprivation
from data.geography import current_authorities
from data.panel import PanelError
from data.population import FILE as POPULATION
from data.population import read_population
from data.text import read_text


@pytest.fixture(scope="module")
def deprivation(published):
    return read_deprivation(published)


def test_all_153_authorities_have_both_scores(deprivation):
    scores, _ = deprivation

    assert list(scores.index) == list(current_authorities().index)
    assert scores.notna().all(axis=None)


def test_single_tier_authority_takes_its_published_score(deprivation):
    scores, joins = deprivation

    # Blackpool's published average scores
    assert scores.loc["E06000009", "imd"] == 43.467
    assert len(scores) - len(joins) == 132


def test_the_21_counties_are_means_of_their_districts_and_are_recorded(deprivation, published):
    scores, joins = deprivation
    lookup = read_text(published, LOOKUP, ["LTLA23CD", "UTLA23CD"])
    districts = _scores(published, _lookup(published)[1])

    assert len(joins) == 21
    assert all(join.action == "averaged" and join.code.startswith("E10") for join in joins)
    for join in joins:
        own = districts.loc[lookup.loc[lookup["UTLA23CD"] == join.code, "LTLA23CD"]]
        assert (own.min() < scores.loc[join.code]).all()
        assert (scores.loc[join.code] < own.max()).all()


def test_weights_are_residents_of_all_ages_and_under_16(published):
    residents = _residents(published, _lookup(published)[1])

    # the workbook's row for England: its published total, and a fifth of it children
    assert residents.loc["E92000001", "imd"] == 57_690_323
    assert 0.17 < residents.loc["E92000001", "idaci"] / residents.loc["E92000001", "imd"] < 0.20


def test_county_mean_agrees_with_a_hand_count(deprivation, published):
    scores, _ = deprivation
    lookup = read_text(published, LOOKUP, ["LTLA23CD", "UTLA23CD"])
    own = lookup.loc[lookup["UTLA23CD"] == "E10000003", "LTLA23CD"]
    weights = _residents(published, _lookup(published)[1]).loc[own, "idaci"]
    districts = _scores(published, _lookup(published)[1]).loc[own, "idaci"]

    expected = sum(w * s for w, s in zip(weights, districts, strict=True)) / sum(weights)

    assert scores.loc["E10000003", "idaci"] == pytest.approx(expected)


@pytest.mark.parametrize("file", [FILE, LOOKUP, WEIGHTS])
def test_missing_file_is_refused_by_path(tmp_path, published, file):
    for other in {FILE, LOOKUP, WEIGHTS} - {file}:
        (tmp_path / other).parent.mkdir(exist_ok=True)
        (tmp_path / other).symlink_to(published / other)

    with pytest.raises(PanelError, match="no such file") as caught:
        read_deprivation(tmp_path)

    assert file in str(caught.value)


def test_district_without_a_score_is_refused(tmp_path, published):
    for file in (LOOKUP, WEIGHTS):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).symlink_to(published / file)
    lines = (published / FILE).read_text("utf-8").splitlines(keepends=True)
    (tmp_path / FILE).parent.mkdir()
    kept = [line for line in lines if not line.startswith("E07000008,")]
    (tmp_path / FILE).write_text("".join(kept), "utf-8")

    with pytest.raises(PanelError, match="no row for district E07000008 of E10000003"):
        read_deprivation(tmp_path)


def test_district_without_an_authority_is_refused(tmp_path, published):
    for file in (FILE, WEIGHTS):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).symlink_to(published / file)
    lines = (published / LOOKUP).read_text("utf-8-sig").splitlines(keepends=True)
    (tmp_path / LOOKUP).parent.mkdir()
    kept = [line for line in lines if "E07000008" not in line]
    (tmp_path / LOOKUP).write_text("".join(kept), "utf-8")

    with pytest.raises(PanelError, match=r"no row for district E07000008 of .* \(1 such\)"):
        read_deprivation(tmp_path)


def test_a_score_that_is_not_where_its_rank_says_is_refused(tmp_path, published):
    for file in (LOOKUP, WEIGHTS):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).symlink_to(published / file)
    text = (published / FILE).read_text("utf-8")
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(
        text.replace("23075.98,30,37.58,6", "23075.98,30,87.58,6"), "utf-8"
    )

    with pytest.raises(PanelError, match="wanted scores that fall from rank to rank"):
        read_deprivation(tmp_path)


def test_a_population_whose_regions_have_none_is_refused(tmp_path, published):
    with (published / POPULATION).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    one, other = rows[0].index("population_estimate"), rows[0].index("old_la_code")
    for row in rows[1:]:
        row[one], row[other] = row[other], row[one]
    (tmp_path / POPULATION).parent.mkdir()
    with (tmp_path / POPULATION).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)

    with pytest.raises(PanelError, match="population_estimate"):
        read_population(tmp_path, [2024])


def test_population_of_a_year_is_that_of_the_mid_year_before(published):
    residents, joins = read_population(published, [2020, 2024, 2025])

    assert residents.notna().groupby("year").sum().to_dict() == {2020: 149, 2024: 153, 2025: 153}
    # County Durham at mid-2024
    assert residents["E06000047", 2025] == 100_432
    assert {join.code for join in joins} == {"E10000002", "E10000006", "E10000021"} | {
        "E10000023",
        "E10000027",
    }
