"""Ofsted's inspection history: what is read, and what is refused."""

from datetime import datetime

import pandas as pd
import pytest

from data import ofsted
from data.geography import current_authorities
from data.ofsted import FILE, SHEET, read_inspections
from data.panel import GRADES, PanelError
from data.sheets import read_sheet


@pytest.fixture(scope="module")
def history(published):
    return read_inspections(published)


@pytest.fixture(scope="module")
def sheet(published):
    columns = [ofsted._CODE, ofsted._NAME, ofsted._START, ofsted._PUBLICATION, ofsted._TYPE]
    return read_sheet(published, FILE, SHEET, [*columns, *ofsted._JUDGEMENT_COLUMNS.values()])


@pytest.fixture
def refusal(monkeypatch, tmp_path, sheet):
    """Change one cell of the first row, read, and give the message."""

    def refuse(column, value):
        changed = sheet.astype(object)
        changed.loc[changed.index[0], column] = value
        monkeypatch.setattr(ofsted, "read_sheet", lambda *_: changed)
        with pytest.raises(PanelError) as caught:
            read_inspections(tmp_path)
        return str(caught.value)

    return refuse


def test_all_271_inspections_are_there_with_their_types(history):
    inspections, _ = history

    assert len(inspections) == 271
    assert inspections.index.is_unique
    assert inspections["inspection_type"].value_counts().to_dict() == {
        "standard": 171,
        "short": 100,
    }
    assert inspections["inspected_authority"].nunique() == 156


def test_grades_by_year_of_start_are_those_of_the_guide(history):
    inspections, _ = history
    years = [start.year for start in inspections["inspection_start"]]

    counts = pd.crosstab(pd.Series(years, inspections.index), inspections["overall"])

    # Inadequate, Requires improvement, Good, Outstanding
    assert {year: tuple(row) for year, row in counts.iterrows()} == {
        2018: (3, 10, 16, 5),
        2019: (10, 22, 16, 8),
        2020: (2, 3, 4, 4),
        2021: (3, 3, 8, 1),
        2022: (6, 18, 19, 7),
        2023: (6, 11, 18, 8),
        2024: (4, 6, 22, 17),
        2025: (1, 1, 4, 5),
    }


@pytest.mark.parametrize(
    ("judgement", "counts"),
    [
        ("leadership", (29, 72, 99, 71)),
        ("help_and_protection", (27, 101, 110, 33)),
        ("in_care", (19, 75, 125, 52)),
        ("care_leavers", (7, 26, 43, 27)),
    ],
)
def test_further_judgements_are_those_of_the_guide(history, judgement, counts):
    inspections, _ = history
    given = inspections[judgement]

    assert tuple((given == grade).sum() for grade in range(len(GRADES))) == counts
    assert (given == -1).sum() == 271 - sum(counts)


def test_an_inspection_is_named_by_its_authority_and_start(history):
    inspections, _ = history

    durham = inspections[inspections["inspected_authority"] == "E06000047"]
    assert [GRADES[grade] for grade in durham["overall"]] == [
        "Requires improvement",
        "Good",
        "Outstanding",
    ]
    first = durham.iloc[0]
    assert durham.index[0] == f"E06000047-{first['inspection_start']}"


def test_inspections_of_abolished_authorities_are_kept_and_recorded(history):
    inspections, joins = history

    assert [(join.code, join.action) for join in joins] == [
        ("E06000028", "not joined"),
        ("E10000006", "not joined"),
        ("E10000021", "not joined"),
    ]
    assert all(inspections["inspected_authority"].eq(join.code).sum() == 1 for join in joins)


def test_missing_overall_judgement_is_accepted(monkeypatch, tmp_path, sheet):
    blank = sheet.assign(**{ofsted._JUDGEMENT_COLUMNS["overall"]: None})
    latest = blank.sort_values(ofsted._START).drop_duplicates(ofsted._CODE, keep="last")
    current = latest[latest["Local authority area code"].isin(current_authorities().index)]
    monkeypatch.setattr(
        ofsted,
        "read_sheet",
        lambda _root, _file, name, columns, *_: (
            blank if name == SHEET else current[[*columns, ofsted.LINE]]
        ),
    )

    inspections, _ = read_inspections(tmp_path)

    assert (inspections["overall"] == -1).all()
    assert (inspections["leadership"] >= 0).all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Overall effectiveness", "Excellent"),
        ("Inspection type", "ILACS Long Inspection"),
        ("Inspection date", "Not yet inspected"),
        ("Publication date", None),
    ],
)
def test_unreadable_cell_is_refused_with_its_place_and_value(refusal, sheet, column, value):
    name = sheet[ofsted._NAME].iloc[0]

    message = refusal(column, value)

    assert f"{FILE}: sheet {SHEET}, column {column}, row 4 ({name})" in message
    assert f"got {'' if value is None else value!r}" in message


def test_unknown_authority_is_refused_with_its_place(refusal):
    assert "column Local authority area code, row 4" in refusal(ofsted._CODE, "E06999999")


def test_inspection_that_stands_twice_is_refused_by_rows(refusal, sheet):
    second = sheet.iloc[1]
    assert sheet.iloc[0][ofsted._CODE] == second[ofsted._CODE]

    message = refusal(ofsted._START, second[ofsted._START])

    assert "stands on rows 4 and 5" in message


def test_dates_are_dates_in_the_sheet(sheet):
    assert isinstance(sheet[ofsted._START].iloc[0], datetime)


def test_truncated_workbook_is_refused_by_file_and_sheet(tmp_path, published):
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_bytes((published / FILE).read_bytes()[:50_000])

    with pytest.raises(PanelError, match="cannot be read") as caught:
        read_inspections(tmp_path)

    assert FILE in str(caught.value)
    assert SHEET in str(caught.value)


def test_missing_workbook_is_refused_by_path(tmp_path):
    with pytest.raises(PanelError, match="no such file"):
        read_inspections(tmp_path)


def test_missing_sheet_names_the_nearest(published):
    with pytest.raises(PanelError, match=f"no sheet 'ILACS_history'; the nearest is '{SHEET}'"):
        read_sheet(published, FILE, "ILACS_history", [ofsted._CODE])


def test_renamed_column_names_the_nearest(published):
    with pytest.raises(PanelError, match="no column 'Date of inspection'; the nearest is"):
        read_sheet(published, FILE, SHEET, [ofsted._CODE, "Date of inspection"])


def test_sheet_without_the_header_is_refused(published):
    with pytest.raises(PanelError, match="no row holds 'LA code'; wanted a header row"):
        read_sheet(published, FILE, SHEET, ["LA code"])
