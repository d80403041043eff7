"""The door through which files are read: every fault is one line with the file's name."""

import csv
import errno
from pathlib import Path

import pandas as pd
import pytest

from data import catalogue, editions, fingertips, geography, low_income, sfr, sources
from data.adjacency import FILE as BOUNDARIES
from data.adjacency import read_boundaries
from data.catalogue import read_catalogue
from data.ees import read_table
from data.files import clean
from data.geography import read_register
from data.near import nearest
from data.panel import PanelError
from data.sources import examine_source, read_sources
from data.suppression import SFR_CODES, read_cells
from data.text import read_text
from data.validate_table import require_one_name

TABLE = """\
time_period,geographic_level,new_la_code,la_name,phase,again,all
2025,Local authority,E06000001,Hartlepool,Total,20,80
2025,Local authority,E06000005,Darlington,Total,c,70
"""


def write(folder, content, name="table.csv"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(read, *given, **named):
    """Give the message, one line that names the file."""
    with pytest.raises(PanelError) as caught:
        read(*given, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def rows(folder, content):
    write(folder, content)
    return read_table(folder, "table.csv", ["phase", "again", "all"]).frame


LONG = "x" * 140_000
OTHER_KINDS = {
    "an HTML page": b"\n<!DOCTYPE html><html><body>Not found</body></html>",
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
    "a zip archive or a workbook": b"PK\x03\x04 and more",
    "an old Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "UTF-16 text": TABLE.encode("utf-16"),
    "it is empty": b"\xef\xbb\xbf \n",
    "line 3 has the byte 0xe9": TABLE.replace("Darlington", "Darl\xe9").encode("latin-1"),
    "separated by semicolons": TABLE.replace(",", ";").encode(),
    "separated by tabs": TABLE.replace(",", "\t").encode(),
}


@pytest.mark.parametrize("what", OTHER_KINDS)
def test_a_file_of_another_kind_is_refused_by_what_it_is(tmp_path, what):
    message = refusal(rows, tmp_path, OTHER_KINDS[what])

    assert "table.csv: cannot be read as a table" in message
    assert what in message


DAMAGES = {
    "line 3 has 6 cells; wanted 7": lambda text: text.replace(",Total,c", ",c"),
    "line 3 has 4 cells": lambda text: text[: text.index(",Total,c")],
    "line 3 has 8 cells": lambda text: text.replace("c,70", "c,70,4"),
    "no row below the header": lambda text: text.splitlines()[0],
    "line 2: ": lambda text: text.replace("Hartlepool", '"Hartlepool'),
    "a cell runs to line 3": lambda text: text.replace("80\n", '"80\n').replace("70\n", '70"\n'),
    "field larger than field limit": lambda text: text.replace("Total,c", f'"{LONG}",c'),
    "'local authority'": lambda text: text.replace("Local a", "local a"),
    "got 'School'": lambda text: text.replace("Local authority", "School", 1),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_table_is_refused_and_loses_no_row(tmp_path, what):
    message = refusal(rows, tmp_path, DAMAGES[what](TABLE))

    assert "table.csv" in message
    assert what in message


SAME = {
    "byte order mark": lambda text: "\ufeff" + text,
    "padded cells": lambda text: text.replace(",", "  , ").replace("\n", " \n"),
    "non-breaking and zero-width spaces": lambda text: text.replace(
        "Local authority", "\u00a0Local\u00a0author\u200bity"
    ),
    "control characters": lambda text: text.replace("Hartlepool", "\tHartle\u200bpool\x7f"),
    "empty cells at the ends of rows": lambda text: text.replace("80\n", "80,,\n"),
    "windows line ends": lambda text: text.replace("\n", "\r\n"),
    "empty lines at the end": lambda text: text + "\n,,,,,,\n",
    "periods of two years": lambda text: text.replace("2025", "2024/25"),
    "periods with a dash": lambda text: text.replace("2025", "2024-25"),
}


@pytest.mark.parametrize("how", SAME)
def test_what_changes_no_value_is_read_the_same(tmp_path, how):
    plain, changed = rows(tmp_path, TABLE), rows(tmp_path, SAME[how](TABLE))

    columns = ["code", "name", "year", "phase", "again", "all", "line"]
    assert changed[columns].equals(plain[columns])


def test_clean_text_has_no_line_breaks_and_single_spaces():
    assert clean("\ufeff Bath and\r\n North\x00  East\u00a0Somer\u00adset ") == (
        "Bath and North East Somerset"
    )


def test_terms_are_no_years(tmp_path):
    lines = TABLE.splitlines()
    termly = "\n".join(
        [f"{lines[0]},time_identifier", *(f"{line},Autumn term" for line in lines[1:]), ""]
    )

    assert "column time_identifier, line 2: got 'Autumn term'" in refusal(rows, tmp_path, termly)


def test_nearest_names_are_near_and_found_without_case():
    assert nearest("referral_count", ["Referrals", "number"]) == "Referrals"
    assert nearest("seen", ["SEEN", "sees"]) == "SEEN"
    assert nearest("number", ["region_code", "iterations"]) is None


def test_a_missing_column_lists_what_there_is_and_what_the_file_says_it_is(tmp_path):
    write(tmp_path, "category,CPP_End\nPlans ending by length of time,4\n")

    message = refusal(read_text, tmp_path, "table.csv", ["time_period"])

    assert "no column 'time_period'; there is 'category', 'CPP_End', and the file says" in message
    assert "'Plans ending by length of time'" in message


def test_a_file_that_differs_in_capital_letters_is_named(tmp_path):
    write(tmp_path, TABLE, "TABLE.CSV")

    assert "'TABLE.CSV', which differs in capital letters only" in refusal(
        read_text, tmp_path, "table.csv", ["all"]
    )


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def denied(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    path = write(tmp_path, TABLE)
    monkeypatch.setattr(Path, "read_bytes", denied)
    monkeypatch.setattr(Path, "open", denied)

    for read in (
        lambda: read_text(tmp_path, "table.csv", ["all"]),
        lambda: examine_source(tmp_path, "table.csv"),
        lambda: read_catalogue(path),
    ):
        message = refusal(read)
        assert str(path) in message
        assert "permission denied" in message


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\xe9", b"indicator = 3\nsource = 3", b"a = " + b"[" * 5000, b""]
)
@pytest.mark.parametrize("read", [read_catalogue, read_sources])
def test_damaged_catalogues_and_registers_are_refused_by_name(tmp_path, read, content):
    path = write(tmp_path, content, "entries.toml")

    assert str(path) in refusal(read, path)


def test_a_byte_order_mark_changes_no_catalogue(tmp_path):
    text = catalogue.DEFAULT_CATALOGUE.read_text("utf-8")

    assert read_catalogue(write(tmp_path, "\ufeff" + text, "mine.toml")) == read_catalogue()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"code,name\nE06000001,Hartlepool\n", b'code,"name\n', b""]
)
def test_a_damaged_register_of_authorities_is_refused_by_name(tmp_path, content):
    assert "authorities.csv" in refusal(read_register, write(tmp_path, content, "authorities.csv"))
    assert len(geography.current_authorities()) == 153


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 100_000, b"{}", b"<html>"])
def test_damaged_boundaries_are_refused_by_name(tmp_path, content):
    write(tmp_path, content, BOUNDARIES)

    assert BOUNDARIES in refusal(read_boundaries, tmp_path)


def test_another_registered_file_under_this_name_is_refused(tmp_path, published):
    names = [one.path for one in sources.read_sources() if "SFR" in one.path and "OC2" in one.path]
    write(tmp_path, (published / names[1]).read_bytes(), names[0])

    assert f"it is {names[1]}, byte for byte" in refusal(examine_source, tmp_path, names[0])


def preamble(ages):
    """A download of Stat-Xplore, as it begins."""
    return (
        'Stat-Xplore\n\n"Relative Low Income (I)"\n"Counting: Relative Low Income"\n\nFilters:\n'
        f'"Default Summation","Relative Low Income"\n{ages}\n"Year","2014/15","",\n'
        '"E06000001",10,,\n"E06000005",20,,\n\n"p","Notes, ""p""."\n'
    )


AGE = '"Age of Child (years and bands)"'
WRONG = {
    "Relative Low Income with Default Summation Relative Low Income; wanted": "",
    "5-10; wanted": f'{AGE},"5-10"\n',
    "Lone parent; wanted": f'{AGE},"0-4"\n"Family type","Lone parent"\n',
}


@pytest.mark.parametrize("what", WRONG)
def test_a_download_of_other_ages_is_refused_by_its_preamble(tmp_path, what):
    write(tmp_path, preamble(WRONG[what]), low_income.FILES[0])

    message = refusal(low_income._counts, tmp_path, low_income.FILES[0])

    assert what in message
    assert "wanted Relative Low Income with Age of Child (years and bands) 0-4" in message


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("Counting: Relative", "Counting: Absolute", "it counts Absolute Low Income"),
        ('"E06000001"', '"County Durham"', "line 11 begins with 'County Durham'; wanted a code"),
        ('"E06000005",20,,', '"E06000005"', "line 12 has 1 cells"),
    ],
)
def test_another_download_is_refused_by_what_it_says(tmp_path, old, new, what):
    text = preamble(f'{AGE},"0-4"\n').replace(old, new)
    write(tmp_path, text, low_income.FILES[0])

    assert what in refusal(low_income._counts, tmp_path, low_income.FILES[0])


def test_names_are_compared_as_the_register_does():
    def hold(*names):
        frame = pd.DataFrame(
            {"code": "E06000010", "name": names, "line": range(2, 2 + len(names))}
        )
        require_one_name(frame, "code", "name", "cin.csv")

    hold("Kingston Upon Hull", "Kingston upon Hull", "Kingston upon Hull, City of")

    assert "'Kingston Upon Hull' (line 2) and 'Harrow' (line 4)" in refusal(
        hold, "Kingston Upon Hull", "Kingston upon Hull", "Harrow"
    )


def test_an_unknown_code_of_the_wide_files_names_their_own_table():
    message = refusal(
        read_cells, pd.Series(["c"]), lambda _: "SFR.csv", whole=True, codes=SFR_CODES
    )

    assert "SFR_CODES in data/suppression.py" in message


WIDE = "geog_l,New_geog_code,geog_n,Seen,All\nLA ,E06000001, Hartlepool,4,9\n"


def test_padded_levels_of_the_wide_files_are_read(tmp_path):
    write(tmp_path, WIDE)

    assert list(sfr.read_table(tmp_path, "table.csv", ["Seen"], 2017).frame["name"]) == [
        "Hartlepool"
    ]


def test_a_row_without_level_is_left_out_only_if_it_counts_nobody(tmp_path):
    write(tmp_path, WIDE + ",E06000053,Isles of Scilly,0,0\n")
    assert len(sfr.read_table(tmp_path, "table.csv", ["Seen", "All"], 2017).frame) == 1

    write(tmp_path, WIDE + ",E06000053,Isles of Scilly,0,1\n")
    assert "geog_l, line 3: got '' beside figures of 'Isles of Scilly'" in refusal(
        sfr.read_table, tmp_path, "table.csv", ["Seen", "All"], 2017
    )


def test_a_blank_figure_of_the_wide_files_is_lost_unless_the_publisher_left_it_blank(tmp_path):
    write(tmp_path, WIDE + "LA,E06000053,Isles of Scilly,,9\n")
    read = sfr.read_table, tmp_path, "table.csv", ["Seen", "All"], 2017

    assert "column Seen, line 3 (Isles of Scilly): the figure is blank" in refusal(*read)
    assert len(sfr.read_table(*read[1:], blank=["E06000053"]).frame) == 2


def test_padded_health_profiles_are_read_the_same(tmp_path, published):
    file = "ohid_fingertips/la_hospital_admissions_2324.csv"
    with (published / file).open(encoding="utf-8-sig", newline="") as lines:
        header, *body = csv.reader(lines)
    few = [header, *body[:2], *(row for row in body if "Hartlepool" in row)][:40]
    for name, pad in (("plain.csv", ""), ("padded.csv", "  ")):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([[pad + cell for cell in row] for row in few])

    plain, padded = (
        fingertips.read_table(tmp_path, name, ["Count", "Sex"]).frame
        for name in ("plain.csv", "padded.csv")
    )

    assert not plain.empty
    assert padded.equals(plain)


def test_two_wide_files_with_the_same_figures_are_one_file_twice(tmp_path):
    seen = {}
    for name in ("2015.csv", "2016.csv"):
        write(tmp_path, WIDE, name)
    entry = next(one for one in read_catalogue() if one.id == "cla_health_assessment")
    wide = next(one for one in entry.editions() if one.layout == "sfr")
    first, second = (
        sfr.read_table(tmp_path, name, ["Seen"], year)
        for name, year in (("2015.csv", 2015), ("2016.csv", 2016))
    )
    editions._refuse_other_year(first, [wide], seen)

    assert "2016.csv: it has the very figures of 2015.csv" in refusal(
        editions._refuse_other_year, second, [wide], seen
    )


@pytest.mark.parametrize(
    ("release", "years", "what"),
    [
        ("2030", (), "has the years 2025 to 2025; wanted those of release 2030"),
        ("2025", (2024, 2025), "wanted 2024"),
        ("2022", (2025,), "wanted those of release 2022"),
    ],
)
def test_the_file_of_another_release_is_refused_by_its_years(tmp_path, release, years, what):
    write(tmp_path, TABLE)
    table = read_table(tmp_path, "table.csv", ["all"])
    entry = read_catalogue()[0].model_copy(
        update={"release": release, "years": years, "layout": "wide"}
    )

    assert what in refusal(editions._refuse_other_year, table, [entry], {})
