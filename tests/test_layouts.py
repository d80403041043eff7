"""The wide files until 2017 and the public health profiles: what is read and refused."""

import pytest

from data.catalogue import read_catalogue
from data.cells import columns_of, indicator_cells
from data.fingertips import read_table as read_profiles
from data.panel import PanelError
from data.sfr import read_table as read_release

PROFILES = "profiles.csv"
PROFILE_TEXT = """\
Area Code,Area Name,Area Type,Time period,Value note,Count,Denominator,Lower CI 95.0 limit
E92000001,England,England,2023/24,,,,-1
E06000001,Hartlepool,Counties & UAs (from Apr 2023),2023/24,,150,17000,88.2
E06000053,Isles of Scilly,Counties & UAs (from Apr 2023),2023/24,NOTE,,,-1
"""
OLD = """\
LA_order,New_geog_code,geog_l,geog_c,geog_n,Seen,All
1,E92000001,NATIONAL,999,ENGLAND,100,200
2,E08000020,LA,390,Gateshead,x,40
3,E06000048,LA,929,Northumberland,12,50
,,,,,,
"""


def profiles(tmp_path, note, text=PROFILE_TEXT):
    (tmp_path / PROFILES).write_text(text.replace("NOTE", note), "utf-8")
    return read_profiles(tmp_path, PROFILES, ["Count", "Denominator"]).frame


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("Value suppressed for disclosure control due to small count", "c"),
        ("Not presented due to a trust that sent no data", "x"),
        ("Value for Cornwall and Isles of Scilly combined", "z"),
        ("", ""),
    ],
)
def test_note_on_an_empty_cell_becomes_a_code(tmp_path, note, code):
    found = profiles(tmp_path, note)

    assert found["Count"].to_list() == ["150", code]
    assert found["year"].to_list() == [2024, 2024]


def test_note_that_nobody_knows_is_refused_with_its_place(tmp_path):
    with pytest.raises(
        PanelError, match=r"Isles of Scilly \(E06000053\), 2023/24, line 4.*'Lost'"
    ):
        profiles(tmp_path, "Lost")


@pytest.mark.parametrize("period", ["2023", "2023/25", "2023-24"])
def test_period_that_is_no_year_is_refused(tmp_path, period):
    with pytest.raises(PanelError, match="Time period"):
        profiles(tmp_path, "", PROFILE_TEXT.replace("2023/24", period))


def test_limits_of_minus_one_are_not_read(published):
    indicator = next(one for one in read_catalogue() if one.layout == "fingertips")
    columns = columns_of([indicator])

    cells = indicator_cells(read_profiles(published, indicator.file, columns), indicator)

    assert (cells[["numerator", "denominator"]].min() > 0).all()


def test_wide_file_has_its_year_from_the_catalogue_and_no_empty_row(tmp_path):
    (tmp_path / "old.csv").write_text(OLD, "utf-8")

    table = read_release(tmp_path, "old.csv", ["Seen", "All"], 2017)

    assert table.frame["code"].to_list() == ["E08000020", "E06000048"]
    assert table.frame["year"].to_list() == [2017, 2017]
    assert table.codes["x"] == "suppressed"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",LA,390", ",L.A.,390", "column geog_l, line 3: got 'L.A.'; wanted one of"),
        ("E08000020", "390", "column New_geog_code, line 3: got '390'"),
        ("Gateshead", "", "column geog_n, line 3: got ''"),
        (",Seen,", ",SEEN,", "no column 'Seen'; the nearest is"),
    ],
)
def test_faulty_wide_file_is_refused(tmp_path, old, new, message):
    (tmp_path / "old.csv").write_text(OLD.replace(old, new), "utf-8")

    with pytest.raises(PanelError) as caught:
        read_release(tmp_path, "old.csv", ["Seen", "All"], 2017)

    assert message in str(caught.value)
