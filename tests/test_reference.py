"""When figures are counted: one fact of the catalogue, read by everything that compares dates."""

from datetime import date

import numpy as np
import pytest
import xarray as xr
from pydantic import ValidationError

from analysis.tables.around_inspection import percentiles_by_lag
from data.as_known import as_known_on
from data.catalogue import read_catalogue
from data.panel import PanelError, validate_panel
from data.panel_files import load_panel, save_panel
from data.reference import ReferencePeriod, references, years_from
from data.simulate import simulate_panel
from data.subset import within_lag, without_spell
from models.dynamic.inputs import prepare_dynamic
from models.dynamic.spec import DynamicSpec
from models.predictive.periods import periods
from models.spec import InspectionSpec

YEARS = (2021, 2022, 2023, 2024, 2025)
MARCH = ReferencePeriod(end="03-31", months=12, published=8)
SEPTEMBER = ReferencePeriod(end="09-30", months=0, published=5)
# Which of the 51 do not cover the year to 31 March of their label.
OTHERWISE = {
    "2 years to 31 March": {"cpp_2y_plus", "cla_same_carer_2y", "cla_3plus_placements_2y"},
    "30 September": {"sw_agency", "sw_caseload", "sw_vacancy"},
    "year to 30 September": {"sw_turnover", "sw_absence"},
    "year to 31 August": {
        *("cla_midyear_school_move", "cla_suspension"),
        *("cla_persistent_absence", "cla_severe_absence"),
        *("cin_persistent_absence", "cin_severe_absence", "cpp_persistent_absence"),
        *("cla_ks2_rwm", "cla_ks4_basics_94", "cla_ks4_att8"),
        *("cin_ks2_rwm", "cin_ks4_basics_94", "cin_ks4_att8"),
    },
}


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(indicators=("cla_dental", "sw_agency"), years=YEARS, seed=3)


def counted(panel, **fields):
    """The panel with other reference periods; a text or number for each indicator."""
    return panel.assign_coords(
        {name: ("indicator", np.array(values)) for name, values in fields.items()}
    )


def days(*texts):
    return xr.DataArray(np.array(texts, dtype="datetime64[ns]"), dims="day")


def inspected(panel, day):
    """The panel with every inspection on one day."""
    start = np.full(panel.sizes["inspection"], np.datetime64(day, "ns"))
    return panel.assign(
        inspection_start=("inspection", start),
        publication=("inspection", start + np.timedelta64(60, "D")),
    )


def test_every_indicator_has_the_period_that_its_publisher_names():
    catalogue = read_catalogue()

    for text, ids in OTHERWISE.items():
        assert {one.id for one in catalogue if one.reference.text == text} == ids
    rest = {one.id for one in catalogue} - set().union(*OTHERWISE.values())
    assert {one.reference.text for one in catalogue if one.id in rest} == {"year to 31 March"}
    # As long as the years run from April, workforce figures stand in the next of them.
    assert {one.id for one in catalogue if one.reference.shift} == {
        *OTHERWISE["30 September"],
        *OTHERWISE["year to 30 September"],
    }


@pytest.mark.parametrize(
    ("reference", "first", "last", "known", "shift"),
    [
        (MARCH, date(2023, 4, 1), date(2024, 3, 31), date(2024, 12, 1), 0),
        (SEPTEMBER, date(2024, 9, 30), date(2024, 9, 30), date(2025, 3, 1), 1),
        (
            ReferencePeriod(end="09-30", months=12, published=5),
            *(date(2023, 10, 1), date(2024, 9, 30), date(2025, 3, 1), 1),
        ),
        (
            ReferencePeriod(end="08-31", months=12, published=9),
            *(date(2023, 9, 1), date(2024, 8, 31), date(2025, 6, 1), 0),
        ),
        (
            ReferencePeriod(end="03-31", months=24, published=8),
            *(date(2022, 4, 1), date(2024, 3, 31), date(2024, 12, 1), 0),
        ),
        (
            ReferencePeriod(end="12-31", months=3, published=0),
            *(date(2024, 10, 1), date(2024, 12, 31), date(2025, 1, 1), 1),
        ),
    ],
)
def test_a_period_has_its_days(reference, first, last, known, shift):
    assert reference.period(2024) == (first, last)
    assert reference.known_from(2024) == known
    assert reference.shift == shift


def test_a_count_of_one_day_stands_for_the_year_about_it():
    assert SEPTEMBER.year_about(2024) == (date(2024, 4, 1), date(2025, 3, 31))
    assert MARCH.year_about(2024) == MARCH.period(2024)


@pytest.mark.parametrize("end", ["02-29", "13-01", "3-31", "31 March", ""])
def test_what_is_no_day_of_every_year_is_refused(end, panel):
    with pytest.raises(ValidationError, match="a day of every year as MM-DD"):
        ReferencePeriod(end=end, months=12, published=8)
    with pytest.raises(PanelError, match=r"reference_end at indicator sw_agency is .*MM-DD"):
        validate_panel(counted(panel, reference_end=["03-31", end]))


@pytest.mark.parametrize("months", [-1.0, 0.5, 1e6, np.nan])
def test_what_is_no_length_is_refused(months, panel):
    with pytest.raises(PanelError, match=r"reference_months at indicator sw_agency is .*whole"):
        validate_panel(counted(panel, reference_months=[12.0, months]))


def test_a_panel_keeps_its_reference_periods_in_a_file(panel, tmp_path):
    save_panel(panel, tmp_path / "panel.nc")

    assert references(load_panel(tmp_path / "panel.nc")) == [MARCH, SEPTEMBER]


def test_a_panel_without_reference_periods_is_refused(panel):
    with pytest.raises(PanelError, match=r"no variable reference_end.*write a panel of an older"):
        validate_panel(panel.drop_vars("reference_end"))


def test_a_workforce_figure_stands_half_a_year_after_march_of_its_label(panel):
    # 2024: before 1 April, in the half year before 30 September, in the half year after.
    found = years_from(panel, days("2024-03-30", "2024-09-02", "2025-03-03", "2025-04-02"))

    march, september = found.sel(year=2024).values
    assert march.tolist() == [0, -1, -1, -2]
    assert september.tolist() == [1, 0, 0, -1]
    assert found.sel(indicator="sw_agency", year=2025).values.tolist() == [2, 1, 1, 0]


def test_a_year_to_30_september_holds_the_inspections_of_its_days(panel):
    turnover = counted(panel, reference_months=[12, 12])
    found = years_from(turnover, days("2023-09-30", "2023-10-01", "2024-09-30", "2024-10-01"))

    assert found.sel(indicator="sw_agency", year=2024).values.tolist() == [1, 0, 0, -1]


def test_years_are_those_between_the_days_for_every_day_of_the_calendar(panel):
    every = days(*np.arange("2022-01-01", "2025-01-01", dtype="datetime64[D]"))
    found = years_from(panel, every).sel(indicator="cla_dental")

    ends = every.dt.year + (every.dt.month >= 4)
    np.testing.assert_array_equal(found, (panel.year - ends).transpose(*found.dims))


def test_no_day_has_no_distance(panel):
    assert years_from(panel, days("NaT")).isnull().all()


# Every inspection on 5 February 2024: the year to March 2024 holds it, and so does the year about
# 30 September 2023; counted in September, the figures of 2024 come after it.
DAY = "2024-02-05"


def sides(panel):
    parted = periods(inspected(panel, DAY), InspectionSpec())
    there = np.flatnonzero(parted.grade >= 0)[0]
    return parted.before[0, :, there].tolist(), parted.after[0, :, there].tolist()


def lagged(panel):
    kept = within_lag(inspected(panel, DAY), -9, 0).isel(indicator=0)
    return [int(year) for year in kept.year.values[kept.value.notnull().any("authority").values]]


def dropped(panel):
    code = str(panel.authority.values[0])
    kept = without_spell(panel, code, date(2024, 5, 1), date(2024, 12, 31)).isel(indicator=0)
    emptied = (kept.status == "no_data") & (panel.isel(indicator=0).status != "no_data")
    return [int(year) for year in kept.year.values[emptied.any("authority").values]]


def known(panel):
    return as_known_on(panel, np.datetime64("2023-12-15")).isel(indicator=0)


def published(panel):
    found = known(panel)
    return [int(year) for year in found.year.values[found.value.notnull().any("authority").values]]


def placed(panel):
    cells = prepare_dynamic(panel, DynamicSpec()).cells
    return [year for year, seen in zip(cells.years, cells.observed[0], strict=True) if seen.any()]


def averaged(panel):
    one = inspected(panel.isel(indicator=[0]), DAY)
    frame = one[["inspected_authority", "inspection_start"]].to_dataframe()
    frame = frame.rename(columns={"inspected_authority": "authority", "inspection_start": "start"})
    found = percentiles_by_lag(one, frame, [-3, -2, -1, 0, 1, 2])
    return np.isfinite(found).any(axis=(0, 1)).tolist()


@pytest.mark.parametrize(
    ("consumer", "march", "september"),
    [
        (sides, ([1, 1, 1, 0, 0], [0, 0, 0, 0, 1]), ([1, 1, 0, 0, 0], [0, 0, 0, 1, 1])),
        (lagged, [2021, 2022, 2023, 2024], [2021, 2022, 2023]),
        (dropped, [2025], [2024]),
        (published, [2021, 2022, 2023], [2021, 2022]),
        (placed, [2021, 2022, 2023, 2024, 2025], [2022, 2023, 2024, 2025, 2026]),
        (averaged, [True] * 5 + [False], [False] + [True] * 5),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_every_comparison_of_dates_moves_with_the_reference_period(
    panel, consumer, march, september
):
    moved = counted(
        panel,
        reference_end=["09-30", "09-30"],
        reference_months=[0, 0],
        publication_months=[5, 5],
    )

    assert consumer(panel) == march
    assert consumer(moved) == september


def test_workforce_figures_that_were_not_out_enter_no_forecast(panel):
    # Counted on 30 September 2022 and published in February 2023.
    early = as_known_on(panel, np.datetime64("2022-12-15")).sel(indicator="sw_agency")
    late = as_known_on(panel, np.datetime64("2023-03-31")).sel(indicator="sw_agency")

    assert early.value.sel(year=2022).isnull().all()
    assert late.value.sel(year=2022).notnull().any()


def test_an_indicator_of_which_nothing_was_out_is_refused(panel):
    with pytest.raises(PanelError, match=r"no figure of sw_agency was published by 2021-12-15"):
        as_known_on(panel, np.datetime64("2021-12-15"))


def test_a_catalogue_names_a_period_once(tmp_path):
    text = """
    [reference.winter]
    end = "12-31"
    months = 3
    published = 1
    [[indicator]]
    id = "one"
    title = "Something"
    domain = "health"
    sets = ["all"]
    direction = "higher"
    kind = "count"
    file = "a.csv"
    layout = "wide"
    numerator = ["n"]
    denominator = ["d"]
    reference = "winter"
    """
    path = tmp_path / "catalogue.toml"
    path.write_text(text, "utf-8")
    assert read_catalogue(path)[0].reference.text == "3 months to 31 December"

    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace('= "winter"', '= "summer"'), "utf-8")
    with pytest.raises(PanelError, match=r"one: reference = 'summer'; wanted one of winter"):
        read_catalogue(wrong)
