"""Single inspections, older editions of the history, and what differs between them."""

from datetime import datetime

import pytest

from data import inspection_editions, inspection_rows, sif
from data.inspection_editions import FILE_2024, LATEST, LATEST_2024, read_differences
from data.inspection_rows import NAME, read_blocks
from data.ofsted import read_inspections
from data.panel import GRADES, PanelError
from data.sheets import read_sheet
from data.sif import BLOCKS, FILE, SHEET, read_single_inspections


@pytest.fixture(scope="module")
def single(published):
    return read_single_inspections(published)


@pytest.fixture(scope="module")
def sheet(published):
    names = dict.fromkeys(name for block in BLOCKS for name in block.columns)
    columns = [NAME, BLOCKS[0].region, *names]
    return read_sheet(published, FILE, SHEET, columns)


@pytest.fixture
def changed(monkeypatch, tmp_path, sheet):
    """Read the sheet with one cell set, the row chosen by the authority's name."""

    def read(name, column, value):
        other = sheet.astype(object)
        other.loc[other[NAME] == name, column] = value
        monkeypatch.setattr(inspection_rows, "read_sheet", lambda *_: other)
        return read_single_inspections(tmp_path)

    return read


def test_there_are_173_single_inspections_by_year(single):
    inspections, _ = single
    years = [day.year for day in inspections["publication"]]

    assert len(inspections) == 173
    assert {year: years.count(year) for year in sorted(set(years))} == {
        2014: 37,
        2015: 37,
        2016: 42,
        2017: 43,
        2018: 14,
    }
    assert str(min(inspections["publication"])) == "2014-02-11"
    assert str(max(inspections["publication"])) == "2018-08-24"


@pytest.mark.parametrize(
    ("keep", "grades"),
    # Inadequate, Requires improvement, Good, Outstanding
    [("first", [33, 65, 51, 3]), ("last", [19, 76, 54, 3])],
)
def test_first_and_final_grades_are_those_of_the_guide(single, keep, grades):
    inspections, _ = single
    one = inspections.drop_duplicates("inspected_authority", keep=keep)

    assert len(one) == 152
    assert [(one["overall"] == grade).sum() for grade in range(len(GRADES))] == grades


def test_a_dash_is_a_judgement_not_given(single):
    inspections, _ = single
    london = inspections[inspections["inspected_authority"] == "E09000001"]
    scilly = inspections[inspections["inspected_authority"] == "E06000053"]

    assert london["adoption"].tolist() == [-1]
    assert (scilly[["adoption", "care_leavers", "in_care"]] == -1).all(axis=None)


def test_the_safeguarding_board_is_judged_in_first_inspections_only(single):
    inspections, _ = single
    again = inspections["inspection_type"] == "re-inspection"

    assert (inspections.loc[again, "safeguarding_board"] == -1).all()
    assert (inspections.loc[~again, "safeguarding_board"] >= 0).all()


def test_only_the_date_of_the_report_is_known(single):
    assert single[0]["inspection_start"].isna().all()


def test_the_new_dorset_has_no_judgement_of_the_old_county(single):
    inspections, joins = single

    assert "E06000059" not in set(inspections["inspected_authority"])
    old = inspections[inspections["inspected_authority"] == "E10000009"].iloc[0]
    assert GRADES[old["overall"]] == "Requires improvement"
    assert ("E10000009", "not joined") in {(join.code, join.action) for join in joins}


def test_six_current_authorities_have_no_single_inspection_of_their_own(single, record):
    inspected = set(single[0]["inspected_authority"])

    assert set(record["authority"].to_numpy()) - inspected == {
        "E06000058",
        "E06000059",
        "E06000061",
        "E06000062",
        "E06000063",
        "E06000064",
    }


def test_all_444_inspections_are_in_the_record(record):
    framework = record["framework"].to_numpy()

    assert (framework == "SIF").sum() == 173
    assert (framework == "ILACS").sum() == 271
    board = record["further_grade"].sel(further_judgement="safeguarding_board")
    assert int((board >= 0).sum()) == 152


@pytest.mark.parametrize(
    ("block", "value", "message"),
    [
        ("date", "soon", "got 'soon'; wanted a date or 'Not yet inspected'"),
        ("overall", "Excellent", "got 'Excellent'; wanted one of"),
    ],
)
def test_unreadable_cell_is_refused_with_its_place(changed, block, value, message):
    column = BLOCKS[0].date if block == "date" else BLOCKS[0].grades[block]

    with pytest.raises(PanelError) as caught:
        changed("York", column, value)

    assert f"{FILE}: sheet {SHEET}, column {column}, row 157 (York): {message}" in str(
        caught.value
    )


def test_authority_that_nobody_knows_is_refused(changed):
    with pytest.raises(PanelError, match=r"row 157 \(Jorvik\): authority 'Jorvik' is not known"):
        changed("York", NAME, "Jorvik")


def test_second_table_with_other_columns_is_refused(changed):
    column = BLOCKS[0].grades["overall"]

    with pytest.raises(PanelError, match="row 161: the second table has 'LSCB'"):
        changed(NAME, column, "LSCB")


def test_known_errors_between_editions_are_told_and_no_others(published):
    history, _ = read_inspections(published)

    found = read_differences(published, history)

    assert {tuple(row) for row in found.drop(columns="inspection").itertuples(index=False)} == {
        ("2023", "Nottingham", "publication", "2022-11-05", "2022-09-05"),
        ("2024", "Nottingham", "publication", "2022-11-05", "2022-09-05"),
        ("2023", "Merton", "type", "standard", "short"),
        ("2024", "Merton", "type", "standard", "short"),
        ("2024", "Staffordshire", "care_leavers", "Good", "Requires improvement"),
        ("2024, latest", "Staffordshire", "care_leavers", "Good", "Requires improvement"),
        ("2024, latest", "Isles of Scilly", "inspection_start", "2023-07-10", "2023-07-11"),
    }


def test_a_name_in_another_region_is_refused(changed):
    with pytest.raises(PanelError, match=r"Kent.*LA region has 'London'; wanted South East"):
        changed("Barnet", NAME, "Kent")


def test_a_lost_grade_is_missed(changed):
    with pytest.raises(PanelError, match="has 172 grades of leadership; wanted the 173"):
        changed("Barnet", BLOCKS[0].grades["leadership"], "-")


def test_not_yet_inspected_is_no_inspection(published):
    found = read_blocks(published, FILE_2024, LATEST_2024, (LATEST,))

    assert len(found) == 151
    assert not {"Cumberland", "Westmorland and Furness"} & set(found["name"])


def test_names_of_every_edition_are_known(published):
    for file, sheet, blocks in inspection_editions.HISTORIES.values():
        assert len(read_blocks(published, file, sheet, blocks)) > 170


def test_dates_stand_as_dates(sheet):
    assert isinstance(sheet[BLOCKS[0].date].iloc[0], datetime)
    assert sif.FRAMEWORK == "SIF"
