"""The panel's contract, and saving without loss."""

import numpy as np
import pytest
import xarray as xr

from data.panel import JUDGEMENTS, MEASURES, PanelError, counted, validate_panel
from data.panel_files import load_panel, save_panel
from data.panel_queries import comparable_years, latest_inspections

CELL = ("authority", "indicator", "year")


@pytest.fixture
def panel():
    """Two authorities, a count and a rate, one year, three inspections (one abolished)."""
    nothing = np.nan
    return xr.Dataset(
        {
            "numerator": (CELL, np.array([[[12.0], [nothing]], [[nothing], [nothing]]])),
            "denominator": (CELL, np.array([[[48.0], [nothing]], [[30.0], [nothing]]])),
            "numerator_low": (CELL, np.array([[[12.0], [nothing]], [[1.0], [nothing]]])),
            "numerator_high": (CELL, np.array([[[12.0], [nothing]], [[5.0], [nothing]]])),
            "value": (CELL, np.array([[[0.25], [14.5]], [[nothing], [0.0]]])),
            "status": (CELL, np.array([[["observed"], ["observed"]], [["suppressed"], ["low"]]])),
            "deprivation": (("authority", "measure"), np.array([[20.0, 0.1], [30.0, 0.3]])),
            "population": (("authority", "year"), np.array([[1000.0], [nothing]])),
            "judgement_grade": (
                ("inspection", "judgement"),
                np.array([[1, 1, 1, 1, -1], [2, 2, 2, 2, 2], [-1, 3, 3, 3, 3]]),
            ),
            "inspected_authority": ("inspection", np.array(["A1", "A1", "Z9"])),
            "inspection_start": (
                "inspection",
                np.array(["2019-01-07", "2022-02-07", "NaT"], "datetime64[ns]"),
            ),
            "publication": (
                "inspection",
                np.array(["2019-03-01", "2022-04-01", "2018-01-01"], "datetime64[ns]"),
            ),
        },
        coords={
            "authority": np.array(["A1", "A2"]),
            "authority_name": ("authority", np.array(["Ashby", "Burton-on-Sea"])),
            "region": ("authority", np.array(["North", "South West"])),
            "indicator": np.array(["count", "rate"]),
            "indicator_title": ("indicator", np.array(["A count", "A rate"])),
            "domain": ("indicator", np.array(["health", "workforce"])),
            "direction": ("indicator", np.array(["higher", "lower"])),
            "kind": ("indicator", np.array(["count", "rate"])),
            "unit": ("indicator", np.array(["proportion", "percent"])),
            "transform": ("indicator", np.array(["logit", "sqrt"])),
            "reference_end": ("indicator", np.array(["03-31", "09-30"])),
            "reference_months": ("indicator", np.array([12, 0])),
            "publication_months": ("indicator", np.array([8, 5])),
            "year": np.array([2025]),
            "inspection": np.array(["A1-2019-01-07", "A1-2022-02-07", "Z9-2018-01-01"]),
            "framework": ("inspection", np.array(["ILACS", "ILACS", "SIF"])),
            "inspection_type": ("inspection", np.array(["standard", "short", "standard"])),
            "judgement": np.array(JUDGEMENTS),
            "measure": np.array(MEASURES),
        },
        attrs={
            "simulated": 0,
            "release": "none",
            "loader_version": "1",
            "sources": "[]",
            "joins": "[]",
        },
    )


def changed(panel, name, value, **where):
    """The panel with one cell set."""
    array = panel[name].astype(object) if isinstance(value, str) else panel[name]
    array = array.copy()
    array.loc[where] = value
    return panel.assign({name: array})


COUNT = {"authority": "A1", "indicator": "count", "year": 2025}
HIDDEN = {"authority": "A2", "indicator": "count", "year": 2025}
FIRST = {"inspection": "A1-2019-01-07"}


def test_valid_panel_is_given_back_unchanged(panel):
    before = panel.copy(deep=True)

    xr.testing.assert_identical(validate_panel(panel), before)


@pytest.mark.parametrize(
    ("name", "value", "where", "message"),
    [
        (
            "status",
            "hidden",
            COUNT,
            "status at authority A1, indicator count, year 2025 is hidden",
        ),
        ("direction", "up", {"indicator": "count"}, "direction at indicator count is up"),
        ("kind", "ratio", {"indicator": "rate"}, "kind at indicator rate is ratio"),
        ("region", "", {"authority": "A2"}, "region at authority A2 is ; wanted some text"),
        ("numerator", -1.0, COUNT, "no negative count"),
        ("denominator", 47.5, COUNT, "a whole number"),
        ("numerator_low", 6.0, HIDDEN, "at most numerator_high"),
        ("denominator", 10.0, COUNT, "numerator at .* wanted at most its denominator"),
        ("numerator_high", 31.0, HIDDEN, "numerator_high at .* is 31.0; wanted at most its"),
        ("numerator_low", 13.0, COUNT, "at most numerator_high"),
        ("numerator", 11.0, COUNT, "within numerator_low to numerator_high"),
        ("numerator", np.nan, COUNT, "a count where observed"),
        ("value", np.nan, COUNT, "a value where observed"),
        ("value", 0.1, HIDDEN, "no value where the status is not observed or low"),
        ("deprivation", np.nan, {"authority": "A1", "measure": "imd"}, "a finite score"),
        ("judgement_grade", 4, FIRST | {"judgement": "overall"}, "-1 or a position in Inadequate"),
        (
            "judgement_grade",
            -2,
            FIRST | {"judgement": "overall"},
            "-1 or a position in Inadequate",
        ),
        ("publication", np.datetime64("NaT", "ns"), FIRST, "publication at .* wanted a date"),
        ("publication", np.datetime64("2018-01-01"), FIRST, "no later than publication"),
    ],
)
def test_breach_of_the_contract_is_refused_by_cell(panel, name, value, where, message):
    broken = changed(panel, name, value, **where)

    with pytest.raises(PanelError, match=message):
        validate_panel(broken, "file.nc")


@pytest.mark.parametrize("name", ["numerator", "region", "inspection_start", "transform"])
def test_missing_variable_is_refused(panel, name):
    with pytest.raises(PanelError, match=f"file.nc: no variable {name}; it has"):
        validate_panel(panel.drop_vars(name), "file.nc")


def test_wrong_dimensions_are_refused(panel):
    with pytest.raises(PanelError, match=r"population has dims .* the contract wants"):
        validate_panel(panel.assign(population=panel["population"].T))


@pytest.mark.parametrize("name", ["simulated", "sources", "joins", "release", "loader_version"])
def test_missing_attribute_is_refused(panel, name):
    del panel.attrs[name]

    with pytest.raises(PanelError, match=f"no attribute {name}"):
        validate_panel(panel)


@pytest.mark.parametrize("dim", ["authority", "indicator", "inspection"])
def test_label_that_stands_twice_is_refused(panel, dim):
    twice = xr.concat([panel.isel({dim: [0]}), panel.isel({dim: [0]})], dim, data_vars="minimal")

    with pytest.raises(PanelError, match=f"{dim} .* stands more than once"):
        validate_panel(twice)


def test_panel_is_saved_and_loaded_without_loss(panel, tmp_path):
    path = tmp_path / "deep" / "panel.nc"
    save_panel(panel, path)

    loaded = load_panel(path)

    xr.testing.assert_identical(loaded, panel)
    assert loaded.attrs == panel.attrs
    for name in panel.variables:
        assert loaded[name].dtype == panel[name].dtype, name
        assert (name in loaded.coords) == (name in panel.coords), name


def test_panel_that_breaks_the_contract_is_not_written(panel, tmp_path):
    with pytest.raises(PanelError):
        save_panel(panel.drop_vars("value"), tmp_path / "panel.nc")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("note", None, "attribute note is None; wanted text or a number"),
        ("note", {"a": 1}, "attribute note is {'a': 1}; wanted text"),
        ("note", [1, 2], "wanted text or a number"),
        ("simulated", True, "attribute simulated is True; wanted text or a number"),
        ("simulated", 2, "attribute simulated is 2; wanted 0 or 1"),
        ("sources", "none", "attribute sources is 'none'; wanted a list as JSON"),
        ("title", "one\rtwo", "attribute title holds a control character"),
        ("joins", '[{"what": "a\\rb"}]', "attribute joins: 0.what holds a control character"),
    ],
)
def test_attributes_that_netcdf_cannot_keep_are_refused(panel, tmp_path, name, value, message):
    with pytest.raises(PanelError, match=message):
        save_panel(panel.assign_attrs({name: value}), tmp_path / "panel.nc")

    assert list(tmp_path.iterdir()) == []


def test_a_variable_that_netcdf_cannot_keep_is_refused(panel, tmp_path):
    odd = panel.assign(odd=("authority", np.array([{}, set()], dtype=object)))

    with pytest.raises(PanelError, match="cannot be written as netCDF"):
        save_panel(odd, tmp_path / "panel.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["Ash\rby", "Ash\nby", "Ash\x07by", "Ash\u2028by"])
@pytest.mark.parametrize("name", ["authority_name", "region"])
def test_text_that_ends_a_line_or_cannot_be_drawn_is_refused(panel, name, text):
    with pytest.raises(PanelError, match=f"{name} at authority 'A1' is .*; wanted plain text"):
        validate_panel(changed(panel, name, text, authority="A1"))


@pytest.mark.parametrize("years", [[9999], [2025.5], [-1]])
def test_years_beyond_the_calendar_of_inspections_are_refused(panel, years):
    with pytest.raises(PanelError, match="wanted whole years from 1900 to 2199"):
        validate_panel(panel.assign_coords(year=np.array(years)))


def test_dates_beyond_what_nanoseconds_hold_are_refused(panel):
    far = panel["publication"].values.astype("datetime64[s]")
    far[0] = np.datetime64("9999-12-31")

    with pytest.raises(PanelError, match=r"publication at .* wanted a date from 1900"):
        validate_panel(panel.assign(publication=("inspection", far)))
    with pytest.raises(PanelError, match="publication has the type int64; wanted dates"):
        validate_panel(panel.assign(publication=("inspection", np.array([1, 2, 3]))))


def test_missing_panel_says_how_to_make_one(tmp_path):
    with pytest.raises(PanelError, match=r"no such file\. Write one with"):
        load_panel(tmp_path / "panel.nc")


def test_file_that_is_no_panel_is_refused(tmp_path):
    path = tmp_path / "panel.nc"
    path.write_text("not netCDF")

    with pytest.raises(PanelError, match="cannot be read as netCDF"):
        load_panel(path)


def test_latest_inspection_is_the_last_published_that_gave_the_judgement(panel):
    assert latest_inspections(panel).values.tolist() == ["A1-2022-02-07", ""]


def test_latest_inspection_may_be_asked_as_at_a_date(panel):
    earlier = latest_inspections(panel, published_by=np.datetime64("2020-01-01"))

    assert earlier.values.tolist() == ["A1-2019-01-07", ""]


def test_latest_inspection_of_a_judgement_that_it_did_not_give_is_none(panel):
    earlier = latest_inspections(panel, "care_leavers", np.datetime64("2020-01-01"))

    assert earlier.values.tolist() == ["", ""]


def test_judgement_of_a_framework_that_was_left_is_not_the_latest(panel):
    old = panel.copy(deep=True)
    old["framework"] = ("inspection", np.array(["SIF", "ILACS", "SIF"]))
    old["judgement_grade"].loc[{"judgement": "care_leavers"}] = [2, -1, -1]
    old["inspection_start"] = old["inspection_start"].where(old["framework"] == "ILACS")

    assert latest_inspections(old, "care_leavers").values.tolist() == ["", ""]
    assert latest_inspections(old).values.tolist() == ["A1-2022-02-07", ""]
    before = latest_inspections(old, "care_leavers", np.datetime64("2020-01-01"))
    assert before.values.tolist() == ["A1-2019-01-07", ""]


@pytest.mark.parametrize(
    ("names", "value", "message"),
    [
        ({"suppression": CELL}, "primary", "no text unless the cell is suppressed"),
        ({"suppression": CELL}, "perhaps", "suppression at .* is perhaps; wanted one of"),
        ({"series": CELL[1:], "release": CELL[1:]}, ("", "2025"), "a name wherever a release"),
        ({"vintage_of_year": ("year",), "vintage": ("vintage",)}, (2019, 2015), "one of the vin"),
        ({"suppression": ("authority",)}, "", "suppression has dims"),
    ],
)
def test_what_a_panel_holds_besides_is_checked_where_it_is_there(panel, names, value, message):
    values = value if isinstance(value, tuple) else (value,)
    for (name, dims), one in zip(names.items(), values, strict=True):
        sizes = tuple(panel.sizes.get(dim, 1) for dim in dims)
        panel = panel.assign({name: (dims, np.full(sizes, one))})

    with pytest.raises(PanelError, match=message):
        validate_panel(panel)


def test_panel_without_series_has_one_definition(panel):
    assert comparable_years(panel, "count", 2025) == [2025]


def test_progress_is_told_before_each_item_and_at_the_end():
    told = []

    assert list(counted(["a", "b"], lambda *step: told.append(step), "reading")) == ["a", "b"]
    assert told == [("reading", 0, 2), ("reading", 1, 2), ("reading", 2, 2)]
