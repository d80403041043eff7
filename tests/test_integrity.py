"""Tables that have been cut or mixed up are refused, and the published ones are not."""

import csv
import io
from datetime import datetime

import pandas as pd
import pytest

from data import (
    census,
    inspection_editions,
    inspection_rows,
    ofsted,
    population,
    release,
    sif,
    vintages,
)
from data.catalogue import Facts, read_catalogue
from data.cells import PublishedTable
from data.editions import _refuse_other_year, read_indicators
from data.geography import require_name
from data.integrity import REGION, require_totals
from data.panel import PanelError, silent

D3 = "dfe_children_in_need/d3_cpps_subsequent_plan_2013_to_2025.csv"
WORKFORCE = "dfe_social_work_workforce/csww_indicators_2017_to_2025.csv"


@pytest.fixture
def refusal(published, tmp_path):
    """Change the rows of one file, read what rests on it, and give the message."""

    def refuse(file, change, read):
        with (published / file).open(encoding="utf-8-sig", newline="") as lines:
            header, *rows = csv.reader(lines)
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([header, *change(header, rows)])
        path = tmp_path / file
        path.parent.mkdir(parents=True)
        path.write_text(out.getvalue(), "utf-8")
        with pytest.raises(PanelError) as caught:
            read(tmp_path)
        return str(caught.value)

    return refuse


def indicators(file):
    """Read the newest editions that a file has."""
    own = [one.model_copy(update={"earlier": ()}) for one in read_catalogue() if one.file == file]
    return lambda root: read_indicators(root, own, (2024, 2025), largest=5, report=silent)


def without(wanted):
    """Leave out the rows, as mappings, that are wanted."""
    return lambda header, rows: [
        row for row in rows if not wanted(dict(zip(header, row, strict=True)))
    ]


def half_of_newest_year(header, rows):
    year, level = header.index("time_period"), header.index("geographic_level")
    newest = max(row[year] for row in rows)
    own = [row for row in rows if row[year] == newest and row[level] == "Local authority"]
    return [row for row in rows if row not in own[67:]]


def test_yearly_table_cut_in_its_newest_year_is_refused(refusal):
    message = refusal(D3, half_of_newest_year, indicators(D3))

    assert f"{D3}: year 2025: no row for" in message
    assert "86 such); wanted every authority of 2025-03-31. Get the whole file." in message


def test_table_without_a_year_that_it_should_have_is_refused(refusal):
    message = refusal(D3, without(lambda row: row["time_period"] == "2025"), indicators(D3))

    assert "no row of an authority in 2025; wanted every year from 2013 to 2025" in message


def test_header_alone_is_refused(refusal):
    assert "no row below the header" in refusal(D3, lambda *_: [], indicators(D3))


def test_population_with_half_of_a_year_is_refused(refusal):
    message = refusal(
        population.FILE,
        half_of_newest_year,
        lambda root: population.read_population(root, (2025,)),
    )

    assert "year 2024: no row for" in message


def test_joint_row_that_is_left_out_lacks_both_authorities(refusal):
    joint = without(lambda row: row["time_period"] == "2025" and " / " in row["new_la_code"])

    message = refusal(WORKFORCE, joint, indicators(WORKFORCE))

    assert "(E06000061, 4 such); wanted every authority of 2025-09-30" in message


def in_cell(code, column, change, year="2024"):
    """Change one cell of an authority and year."""

    def changed(header, rows):
        at = {name: header.index(name) for name in (column, "new_la_code", "time_period")}
        for row in rows:
            if row[at["new_la_code"]] == code and row[at["time_period"]] == year:
                row[at[column]] = change(row[at[column]])
        return rows

    return changed


def test_count_that_its_published_percentage_denies_is_refused(refusal):
    fewer = in_cell("E06000001", "CPP_subsequent", lambda cell: str(int(cell) - 1))

    message = refusal(D3, fewer, indicators(D3))

    assert "CPP_subsequent, Hartlepool (E06000001), 2024" in message
    assert "wanted the published share" in message


def test_count_that_its_region_does_not_add_up_to_is_refused(refusal):
    c4 = "dfe_children_in_need/c4_children_in_need_section_47s_and_icpcs_2013_to_2025.csv"
    more = in_cell("E06000001", "Section47", lambda cell: str(int(cell) + 20))

    message = refusal(c4, more, indicators(c4))

    assert "column Section47, North East, 2024: the authorities add up to" in message
    assert "rounded to 10" in message


def test_rate_that_is_not_made_of_its_parts_is_refused(refusal):
    other = in_cell("E06000001", "turnover_rate_fte", lambda cell: str(float(cell) + 1))

    message = refusal(WORKFORCE, other, indicators(WORKFORCE))

    assert "column turnover_rate_fte, Hartlepool (E06000001), 2024" in message
    assert "leavers_fte by inpost_fte" in message


def test_figure_above_what_its_unit_can_have_is_refused(refusal):
    message = refusal(
        WORKFORCE,
        in_cell("E06000001", "absence_rate_fte", lambda _: "1e308"),
        indicators(WORKFORCE),
    )

    assert "got 1e+308; wanted at most 100" in message


def test_swapped_codes_are_refused_by_their_names(refusal):
    swap = {"E06000001": "E06000002", "E06000002": "E06000001"}

    def swapped(header, rows):
        at = header.index("new_la_code")
        return [[*row[:at], swap.get(row[at], row[at]), *row[at + 1 :]] for row in rows]

    message = refusal(D3, swapped, indicators(D3))

    assert "code E06000002 has the name 'Hartlepool'; wanted 'Middlesbrough'" in message


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("E06000010", "Kingston-upon-Hull UA"),
        ("E10000009", "Dorset (Pre LGR 2019)"),
        ("E09000021 / E09000027", "Kingston upon Thames / Richmond upon Thames"),
        ("E06000060", "Buckinghamshire Council"),
    ],
)
def test_names_that_publishers_write_are_known(code, name):
    require_name(code, name, where="here")


def part(numbers, statuses=None):
    rows = pd.MultiIndex.from_product([[f"E{at}" for at in range(len(numbers))], [2025]])
    statuses = statuses or ["observed"] * len(numbers)
    return pd.DataFrame(
        {"number": numbers, "status": statuses, REGION: "london"},
        index=rows.set_names(["code", "year"]),
    )


def totals(figure):
    return pd.DataFrame(
        {REGION: ["london"], "name": "London", "year": 2025, "line": 2, "figure": figure}
    )


@pytest.mark.parametrize("shown", [95, 100, 104])
def test_sum_within_the_rounding_of_its_total_is_accepted(shown):
    require_totals("file", "count", part([shown - 40, 40]), totals("100"), Facts(totals=10))


@pytest.mark.parametrize("shown", [94, 105])
def test_sum_beyond_the_rounding_of_its_total_is_refused(shown):
    with pytest.raises(PanelError, match=f"add up to {shown}"):
        require_totals("file", "count", part([shown - 40, 40]), totals("100"), Facts(totals=10))


def test_hidden_part_may_make_the_sum_fall_short_and_never_exceed():
    hidden = ["observed", "suppressed"]
    require_totals("file", "count", part([60, None], hidden), totals("100"), Facts(totals=10))

    with pytest.raises(PanelError, match="add up to 105 and hidden figures"):
        require_totals("file", "count", part([105, None], hidden), totals("100"), Facts(totals=10))


def test_census_under_an_older_code_is_refused(refusal):
    def older(header, rows):
        at = header.index("2023 Upper tier local authorities Code")
        name = header.index("2023 Upper tier local authorities")
        for row in rows:
            if row[at] == "E06000065":
                row[at], row[name] = "E10000023", "North Yorkshire"
        return rows

    assert "E10000023 is no authority of April 2023" in refusal(
        census.FILE, older, census.read_ethnicity
    )


@pytest.fixture(scope="module")
def history(published):
    columns = list(ofsted._COLUMNS.values())
    return ofsted.read_sheet(published, ofsted.FILE, ofsted.SHEET, columns)


def with_history(monkeypatch, changed):
    """Put other rows in the history's place; Ofsted's own list is as it was."""
    real = ofsted.read_sheet
    monkeypatch.setattr(
        ofsted,
        "read_sheet",
        lambda root, file, sheet, columns, *says: (
            changed if sheet == ofsted.SHEET else real(root, file, sheet, columns, *says)
        ),
    )


def test_history_without_an_authoritys_latest_inspection_is_refused(
    published, history, monkeypatch
):
    with_history(monkeypatch, history.drop(history.index[1]))

    with pytest.raises(PanelError, match="its latest inspection differs from that of sheet ILACS"):
        ofsted.read_inspections(published)


def test_history_without_an_earlier_inspection_is_refused_by_the_older_editions(
    published, history, monkeypatch
):
    with_history(monkeypatch, history.drop(history.index[0]))
    found, _ = ofsted.read_inspections(published)

    with pytest.raises(PanelError, match=r"lacks an inspection of Barking and Dagenham that the"):
        inspection_editions.read_differences(published, found)


def test_later_inspections_are_accepted_and_said(published, history, monkeypatch):
    newest = history.iloc[[1]].assign(
        **{ofsted._START: datetime(2026, 1, 12), ofsted._PUBLICATION: datetime(2026, 3, 2)}
    )
    with_history(monkeypatch, pd.concat([history, newest], ignore_index=True))

    found, _ = ofsted.read_inspections(published)

    assert len(found) == 272
    assert str(found["inspection_start"].max()) == "2026-01-12"


def test_one_inspection_under_two_codes_is_refused(published, history, monkeypatch):
    own = history[history[ofsted._CODE] == "E06000065"].iloc[[0]]
    again = own.assign(**{ofsted._CODE: "E10000023"})
    with_history(monkeypatch, pd.concat([history, again], ignore_index=True))

    with pytest.raises(PanelError, match="North Yorkshire stands on rows"):
        ofsted.read_inspections(published)


def test_deprivation_under_two_codes_of_one_area_is_refused(published, monkeypatch):
    real = vintages._published

    def twice(root, vintage, measure):
        scores = real(root, vintage, measure)
        return pd.concat([scores, pd.Series({"E06000060": scores["E10000002"]})])

    monkeypatch.setattr(vintages, "_published", twice)

    with pytest.raises(PanelError, match="E06000060 has two rows, under two codes"):
        vintages.read_vintage(published, 2019)


def test_every_authority_of_march_2018_has_a_single_inspection(published):
    assert sif.read_single_inspections(published)[0]["inspected_authority"].nunique() == 152


def test_release_says_what_was_read_and_what_is_amiss(real_panel):
    sources = [
        {"file": "a.csv", "matches_register": True},
        {"file": "b.csv", "matches_register": False},
    ]
    later = real_panel.copy(deep=True)
    later["publication"].values[-1] = "2026-03-02"
    later["population"].loc[{"year": 2021}] = float("nan")

    said = release.describe_release(later, sources)

    assert "reported by 2 March 2026" in said
    assert "no residents published for 2021" in said
    assert said.endswith("NOT THE REGISTERED EDITION: b.csv")
    assert "b.csv" not in real_panel.attrs["release"]


def test_a_table_cut_above_its_authorities_is_refused():
    nothing = PublishedTable(D3, pd.DataFrame({"year": pd.Series(dtype=int)}))
    own = [one for one in read_catalogue() if one.file == D3]

    with pytest.raises(PanelError, match="no row of an authority"):
        _refuse_other_year(nothing, own, {})


def test_a_sheet_of_inspections_with_a_header_alone_is_refused(published, monkeypatch):
    real = inspection_rows.read_sheet
    monkeypatch.setattr(inspection_rows, "read_sheet", lambda *given: real(*given)[:0])

    with pytest.raises(PanelError, match="no inspection below the header"):
        sif.read_single_inspections(published)
