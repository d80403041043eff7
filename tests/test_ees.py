"""The Department for Education's tables: two layouts, and what is refused."""

import csv
import io

import pytest

from data.catalogue import Indicator, read_catalogue
from data.cells import columns_of, indicator_cells
from data.ees import read_table
from data.panel import PanelError

WIDE = Indicator(
    id="wide",
    title="Wide",
    domain="test",
    sets=("all",),
    direction="lower",
    kind="count",
    file="wide.csv",
    layout="wide",
    filters={"phase": "Total"},
    numerator=("again",),
    denominator=("all",),
)
LONG = WIDE.model_copy(
    update={
        "file": "long.csv",
        "layout": "long",
        "filters": {"group": "Health*"},
        "breakdown": "breakdown",
        "count": "count",
        "numerator": ("Seen",),
        "denominator": ("Total",),
    }
)
WIDE_TEXT = """\
time_period,geographic_level,new_la_code,la_name,phase,again,all
202425,National,,,Total,100,200
202425,Local authority,E06000001,Hartlepool,Total,20,80
202425,Local authority,E06000001,Hartlepool,Primary,1,2
202324,Local authority,E06000001,Hartlepool,Total,c,70
"""
LONG_TEXT = """\
breakdown,count,la_name,new_la_code,geographic_level,time_period,group
Seen,9,Hartlepool,E06000001,Local authority,2025,Health: all ages
Total,12,Hartlepool,E06000001,Local authority,2025,Health: all ages
Total,40,Hartlepool,E06000001,Local authority,2025,Dental
Total,15,Darlington,E06000005,Local authority,2025,Health: all ages
"""
C1, STABILITY = "rereferral_12m", "cla_3plus_placements"


def read(tmp_path, indicator, text):
    path = tmp_path / indicator.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return indicator_cells(
        read_table(tmp_path, indicator.file, columns_of([indicator])), indicator
    )


def refusal(tmp_path, indicator, text):
    with pytest.raises(PanelError) as caught:
        read(tmp_path, indicator, text)
    return str(caught.value)


def first_rows(published, name, rows=12):
    """An indicator, and the first local authority rows of its real file, which has more."""
    indicator = next(one for one in read_catalogue() if one.id == name)
    facts = indicator.facts.model_copy(update={"totals": 0})
    indicator = indicator.model_copy(update={"facts": facts})
    with (published / indicator.file).open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        kept = [row for row in table if row["geographic_level"] == "Local authority"]
    wanted = [row for row in kept if row.get("cla_group", "CLA on 31 March") == "CLA on 31 March"]
    return indicator, wanted[:rows]


def as_text(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_wide_table_gives_filtered_counts_by_code_and_year(tmp_path):
    found = read(tmp_path, WIDE, WIDE_TEXT)

    assert found.loc[("E06000001", 2025), "value"] == 0.25
    assert found.loc[("E06000001", 2024), "status"] == "suppressed"
    assert len(found) == 2


def test_long_table_gives_breakdowns_by_code_and_year(tmp_path):
    found = read(tmp_path, LONG.model_copy(update={"may_lack": True}), LONG_TEXT)

    assert found.loc[("E06000001", 2025), "value"] == 0.75
    assert found.loc[("E06000005", 2025), "status"] == "no_data"


def test_authority_without_a_row_that_others_have_is_refused(tmp_path):
    message = refusal(tmp_path, LONG, LONG_TEXT)

    assert "Darlington (E06000005), 2025, line 5, has no row 'Seen'" in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Local authority", "Local authorty", "column geographic_level, line 3: got 'Local autho"),
        ("E06000001", "Hartlepool", "column new_la_code, line 3: got 'Hartlepool'"),
        ("E06000001", "", "column new_la_code, line 3: got ''"),
        ("Hartlepool", "", "column la_name, line 3: got ''"),
        ("Local authority,E06000001", "Local", "line 3 has 6 cells; wanted 7"),
    ],
)
def test_row_that_cannot_be_placed_is_refused_and_not_dropped(tmp_path, old, new, message):
    assert message in refusal(tmp_path, WIDE, WIDE_TEXT.replace(old, new, 1))


def test_code_with_two_names_is_refused_by_lines(tmp_path):
    message = refusal(tmp_path, WIDE, WIDE_TEXT.replace("Hartlepool", "Darlington", 1))

    assert (
        "column la_name: E06000001 is 'Darlington' (line 3) and 'Hartlepool' (line 4)" in message
    )


def test_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    plain = read(tmp_path, WIDE, WIDE_TEXT)
    marked = read(tmp_path, WIDE, "\ufeff" + WIDE_TEXT.replace("\n", "\r\n"))

    assert marked.equals(plain)


def test_missing_file_is_refused_by_path(tmp_path):
    with pytest.raises(PanelError, match=r"wide\.csv: no such file"):
        read_table(tmp_path, "wide.csv", ["again"])


def test_file_that_is_no_text_is_refused_by_path(tmp_path):
    (tmp_path / "wide.csv").write_bytes(b"\xff\xfe\x00\x01")

    with pytest.raises(PanelError, match=r"wide\.csv: cannot be read as a table"):
        read_table(tmp_path, "wide.csv", ["again"])


@pytest.mark.parametrize("period", ["2024/26", "202426", "25", ""])
def test_period_that_is_no_year_is_refused(tmp_path, period):
    message = refusal(tmp_path, WIDE, WIDE_TEXT.replace("202425", period))

    assert f"wide.csv: column time_period, line 2: got {period!r}" in message or (
        f"wide.csv: column time_period holds {period!r}" in message
    )


def test_filter_that_matches_nothing_names_the_nearest_text(tmp_path):
    message = refusal(tmp_path, WIDE, WIDE_TEXT.replace("Total", "Totals"))

    assert "column phase has no row 'Total'; the nearest is 'Totals'" in message


def test_breakdown_that_matches_nothing_names_the_nearest_text(tmp_path):
    message = refusal(tmp_path, LONG, LONG_TEXT.replace("Seen", "Was seen"))

    assert "column breakdown has no row 'Seen'; the nearest is 'Was seen'" in message


def test_real_wide_file_with_a_renamed_column_is_refused(tmp_path, published):
    indicator, rows = first_rows(published, C1)
    text = as_text(rows).replace("rereferral_count", "rereferrals_count", 1)

    message = refusal(tmp_path, indicator, text)

    assert f"{indicator.file}: no column 'rereferral_count'" in message
    assert "the nearest is 'rereferrals_count'" in message


@pytest.mark.parametrize("name", [C1, STABILITY])
def test_real_file_with_an_unknown_code_is_refused(tmp_path, published, name):
    indicator, rows = first_rows(published, name)
    column = indicator.count or indicator.numerator[0]
    row = next(
        row for row in rows if row.get(indicator.breakdown, "") in ("", *indicator.numerator)
    )
    row[column] = "q"

    message = refusal(tmp_path, indicator, as_text(rows))

    place = f"{row['la_name']} ({row['new_la_code']}), 2025, line {rows.index(row) + 2}"
    assert f"{indicator.file}: column {column}, {place}: got 'q'" in message


@pytest.mark.parametrize("name", [C1, STABILITY])
def test_real_file_with_an_authority_twice_is_refused(tmp_path, published, name):
    indicator, rows = first_rows(published, name)

    message = refusal(tmp_path, indicator, as_text([*rows, rows[0]]))

    place = f"{rows[0]['la_name']} ({rows[0]['new_la_code']}), 2025"
    assert f"{indicator.file}: {place}, stands on lines 2 and {len(rows) + 2}" in message


def test_real_file_with_a_numerator_above_its_denominator_is_refused(tmp_path, published):
    indicator, rows = first_rows(published, C1)
    rows[3]["rereferral_count"] = str(int(rows[3]["referral_count"]) + 1)

    message = refusal(tmp_path, indicator, as_text(rows))

    assert f"column rereferral_count, {rows[3]['la_name']} ({rows[3]['new_la_code']})" in message
    assert f"line 5: got {rows[3]['rereferral_count']}" in message
    assert f"wanted at most referral_count, {rows[3]['referral_count']}" in message


@pytest.mark.parametrize("value", ["-4", "4.5"])
def test_real_file_with_a_count_that_is_none_is_refused(tmp_path, published, value):
    indicator, rows = first_rows(published, C1)
    rows[1]["referral_count"] = value

    message = refusal(tmp_path, indicator, as_text(rows))

    assert f"column referral_count, {rows[1]['la_name']}" in message
    assert f"line 3: got '{value}'; wanted a whole count" in message


def test_real_file_with_its_columns_in_another_order_reads_the_same(tmp_path, published):
    indicator, rows = first_rows(published, STABILITY)
    turned = [dict(reversed(row.items())) for row in rows]

    assert read(tmp_path, indicator, as_text(turned)).equals(
        read(tmp_path, indicator, as_text(rows))
    )
