"""Low income, spending, ethnicity and the other figures that surround the services."""

import pandas as pd
import pytest

from data import census, low_income, spending
from data.panel import PanelError
from data.sheets import read_sheet
from data.source_vocabulary import UPPER_TIER

MISSING = {
    2023: {"E08000025", "E06000039", "E06000034", "E06000027"},
    2024: {
        "E09000002",
        "E08000025",
        "E08000032",
        "E08000033",
        "E06000052",
        "E06000024",
        "E09000026",
        "E06000066",
        "E06000034",
        "E08000030",
        "E06000064",
    },
    2025: {"E08000025", "E06000063", "E06000039"},
}
NOT_YET = {"E06000063", "E06000064"}


def spoilt(tmp_path, published, file, *changes):
    text = (published / file).read_text("utf-8-sig")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text, "utf-8")


def context(record, measure):
    return record["context"].sel(context_measure=measure)


@pytest.mark.parametrize("year", MISSING)
def test_authorities_without_an_outturn_are_those_of_the_guide(record, year):
    spent = context(record, "spend_per_child_outturn").sel(year=year)

    lacking = {code for code, amount in spent.to_series().items() if amount != amount}
    assert lacking == MISSING[year] | (NOT_YET if year == 2023 else set())


def test_outturn_is_in_pounds(record):
    spent = context(record, "spend_per_child_outturn").sel(year=2025)

    assert 1200 < float(spent.median()) < 1600


def test_parts_of_the_outturn_add_up_to_its_total(published):
    parts = ("cscsr", "csclkd", "cscoth", "cscfml", "cscyth", "cscsfg", "cscasy", "cscsrv")
    file, sheet = spending.OUTTURN[2025]
    cells = spending.read_cells_of_sheet(published, file, sheet)
    codes = cells.iloc[-1]
    columns = [codes[codes == f"RO3-{part}-net-cur-exp"].index[0] for part in parts]
    total = codes[codes == spending.TOTAL].index[0]
    rows = cells[cells[4].isin(UPPER_TIER)]
    numbers = rows.apply(pd.to_numeric, errors="coerce")
    off = (numbers[columns].sum(axis=1) - numbers[total]).abs()[numbers[total].notna()]

    assert len(off) > 149
    assert (off <= 2).all()  # thousands of pounds


def test_lines_of_section_251_add_up_to_the_line_that_is_read(published):
    file, sheet = spending.SECTION_251[2019]
    amount = "NetCurrentExpenditure"
    table = read_sheet(published, file, sheet, ["LA", "s251line", "Description", amount])
    totals = table["Description"].str.contains("Total")
    parts = table[~totals & table["s251line"].str.startswith("3.")]
    sums = parts[amount].astype(float).groupby(parts["LA"]).sum()
    read = table[table["s251line"] == spending.TOTAL_LINE].set_index("LA")[amount].astype(float)

    assert len(read) == 152
    assert (abs(sums - read) < 1).mean() > 0.95


def test_section_251_is_joined_by_the_departments_numbers(record):
    spent = context(record, "spend_per_child_s251")

    assert int(spent.sel(year=2018).count()) == 147
    # Buckinghamshire: the county's number, the same area
    assert float(spent.sel(authority="E06000060", year=2018)) > 0
    assert spent.sel(authority="E06000059").count() == 0
    assert spent.sel(year=2023).count() == 0


def test_low_income_is_a_share_for_152_areas_until_2022(record):
    share = context(record, "low_income_under_16")

    assert float(share.max()) < 0.5
    assert float(share.min()) > 0.04
    assert int(share.sel(year=2022).count()) == 151
    assert share.sel(year=2023).count() == 0
    # Cumbria was split, Somerset only renumbered
    assert share.sel(authority="E06000063").count() == 0
    assert share.sel(authority="E06000066", year=2022).count() == 1


def test_provisional_year_is_read_as_its_year():
    assert low_income._year("2021/22 (p)", "file") == 2022
    for text in ("2021/23", "2021", "p"):
        with pytest.raises(PanelError, match="wanted a year such as 2021/22"):
            low_income._year(text, "file")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"Year",', '"Jahr",', "no row begins with 'Year'"),
        ('"E06000047",', '"E06000005",', "E06000005, 2015 twice"),
        ('"E06000047",5885', '"E06000047",q', "E06000047, 2015, line 13: got 'q'"),
        ('"E06000047",', '"E06999999",', "authority code 'E06999999' is not known"),
        ('"E06000047",5885', '"E06000047",5385', "2015 add up to 660308; wanted the 660833 of"),
        ('"E06000047",5885', '"E06000047",1000000000', "wanted the 660833 of line 231, to within"),
        ('"Total",', '"K03000001",', "no row 'Total'; wanted one"),
    ],
)
def test_faulty_download_is_refused(tmp_path, published, old, new, message):
    spoilt(tmp_path, published, low_income.FILES[0], (old, new))

    with pytest.raises(PanelError, match=message):
        low_income.read_low_income(tmp_path, pd.Series(dtype=float), [2015])


def test_figures_that_are_not_published_are_dots(tmp_path, published):
    spoilt(tmp_path, published, low_income.FILES[0], ('"E06000047",5885', '"E06000047",..'))

    counts = low_income._counts(tmp_path, low_income.FILES[0])

    assert counts.loc[("E06000047", 2015), "status"] == "not_available"
    assert counts.loc[("E06000047", 2016), "number"] == 6140


def test_ethnic_shares_add_up_and_leave_wales_out(published):
    shares = census.read_ethnicity(published)

    assert shares.shape == (153, 5)
    assert shares.sum(axis=1).to_list() == pytest.approx([1.0] * 153)
    assert shares.loc["E06000001", "white"] == pytest.approx(0.965, abs=0.005)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'Bangladeshi",278',
            'Bangladeshi",c',
            r"column Observation, line 3 \(E06000001\): got 'c'",
        ),
        (
            "Asian Welsh: Chinese",
            "Asian Welsh: Bangladeshi",
            "Bangladeshi twice: it stands on lines 3 and 4",
        ),
        ("White: Irish", "Irish", r"line 16 \(E06000001\): got 'Irish'"),
    ],
)
def test_faulty_census_is_refused(tmp_path, published, old, new, message):
    spoilt(tmp_path, published, census.FILE, (old, new))

    with pytest.raises(PanelError, match=message):
        census.read_ethnicity(tmp_path)


def test_unaccompanied_children_are_known_in_two_ways_that_are_no_one_series(record):
    in_care = context(record, "unaccompanied_in_care")
    assessed = context(record, "unaccompanied_assessed")

    assert float(in_care.sel(authority="E10000016", year=2016)) > 0.25  # Kent
    assert in_care.sel(year=2018).count() == 0
    assert assessed.sel(year=2017).count() == 0
    assert int(assessed.sel(year=2025).count()) > 100


def test_outturn_without_its_row_of_codes_is_refused(monkeypatch, published):
    real = spending.read_cells_of_sheet

    def without(*wanted):
        return real(*wanted).replace({spending.TOTAL: None})

    monkeypatch.setattr(spending, "read_cells_of_sheet", without)
    with pytest.raises(PanelError, match="no cell holds 'RO3-csctot-net-cur-exp'"):
        spending.read_outturn(published, [2025])


def test_unknown_code_in_the_outturn_is_refused_with_its_place(monkeypatch, published):
    real = spending.read_cells_of_sheet
    monkeypatch.setattr(
        spending, "read_cells_of_sheet", lambda *wanted: real(*wanted).replace({"[x]": "[q]"})
    )

    with pytest.raises(PanelError, match=r"row \d+ \(Birmingham\): got '\[q\]'"):
        spending.read_outturn(published, [2023])


def test_panel_without_context_reads_none(published):
    from data.build import build_panel

    panel = build_panel(published, ("sw_vacancy",), (2025,), context=False)

    assert "context" not in panel
    assert "dwp_low_income_families" not in panel.attrs["sources"]
