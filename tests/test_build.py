"""The panel that the published files give, against figures worked out from them by hand."""

import json

import numpy as np
import pytest
import xarray as xr

from data.build import build_panel
from data.catalogue import read_catalogue
from data.panel import GRADES, PanelError
from data.panel_files import load_panel, save_panel
from data.panel_queries import latest_inspections

YEARS = (2021, 2022, 2023, 2024, 2025)

# Published codes with numerator and denominator (or a rate), 2021 to 2025, counted in the
# files themselves.
PUBLISHED = {
    "rereferral_12m": (149, 150, 149, 149, 153),
    "cpp_second_plan": (146, 147, 148, 150, 151),
    "icpc_15_days": (137, 147, 141, 140, 143),
    "cla_3plus_placements": (147, 150, 148, 149, 150),
    "cla_same_carer_2y": (149, 149, 150, 149, 150),
    "new_placement_far": (140, 140, 141, 131, 138),
    "cla_health_assessment": (149, 150, 150, 151, 151),
    "cla_dental": (149, 149, 150, 151, 151),
    "cla_sdq_completed": (149, 150, 150, 151, 151),
    "cl_eet_17_18": (149, 150, 150, 151, 151),
    "cl_eet_19_21": (150, 151, 151, 152, 152),
    "cl_suitable_acc_19_21": (147, 150, 150, 151, 149),
    "cla_persistent_absence": (147, 150, 149, 149, 150),
    "cin_persistent_absence": (149, 149, 150, 150, 151),
    "sw_turnover": (148, 148, 150, 149, 148),
    "sw_agency": (149, 148, 147, 147, 148),
    "sw_caseload": (150, 150, 151, 150, 149),
    "sw_vacancy": (150, 150, 151, 151, 149),
}
# Northamptonshire (2021) and Cumbria (to 2023) are published codes, but no authorities
# of the panel. In the workforce table Northamptonshire is a joint row of its successors
# from 2021, and Cumbria ends in 2022: its date is 30 September.
ABOLISHED = (2, 1, 1, 0, 0)
ABOLISHED_WORKFORCE = (1, 1, 0, 0, 0)
# Two workforce rows stand for two authorities each.
JOINT = (2, 2, 2, 2, 2)
# Sunderland's agency rate is `low`: about zero, and so usable.
LOW = {"sw_agency": (0, 0, 1, 1, 1)}

# Suppressed cells, those of them with a denominator, and the widest interval (high minus low).
SUPPRESSED = {
    "rereferral_12m": (6, 6, 4),
    "cpp_second_plan": (13, 5, 4),
    "icpc_15_days": (48, 42, 45),
    "cla_3plus_placements": (12, 11, 4),
    "cla_same_carer_2y": (5, 4, 4),
    "new_placement_far": (66, 66, 125),
    "cla_health_assessment": (5, 2, 4),
    "cla_dental": (6, 3, 4),
    "cla_sdq_completed": (5, 0, 0),
    "cl_eet_17_18": (5, 2, 12),
    "cl_eet_19_21": (0, 0, 0),
    "cl_suitable_acc_19_21": (9, 9, 167),
    "cla_persistent_absence": (7, 5, 4),
    "cin_persistent_absence": (9, 8, 4),
    "sw_turnover": (0, 0, 0),
    "sw_agency": (0, 0, 0),
    "sw_caseload": (0, 0, 0),
    "sw_vacancy": (0, 0, 0),
}


def cell(panel, authority, indicator, year):
    return panel.sel(authority=authority, indicator=indicator, year=year)


@pytest.mark.parametrize("indicator", PUBLISHED)
def test_authorities_with_a_value_are_the_published_ones_less_the_abolished(real_panel, indicator):
    usable = real_panel["value"].sel(indicator=indicator).notnull().sum("authority")
    published = np.array(PUBLISHED[indicator])
    if indicator.startswith("sw_"):
        expected = published - ABOLISHED_WORKFORCE + JOINT
    else:
        expected = published - ABOLISHED

    assert usable.values.tolist() == (expected + LOW.get(indicator, (0,) * 5)).tolist()


@pytest.mark.parametrize("indicator", SUPPRESSED)
def test_suppressed_cells_have_the_intervals_that_the_file_allows(real_panel, indicator):
    cells = real_panel.sel(indicator=indicator)
    suppressed = cells["status"] == "suppressed"
    usable = suppressed & cells["denominator"].notnull()
    width = (cells["numerator_high"] - cells["numerator_low"]).where(usable)

    found = (suppressed.sum(), usable.sum(), width.fillna(0).max())
    assert tuple(map(int, found)) == SUPPRESSED[indicator]


def test_suppressed_cell_has_an_interval_wherever_its_denominator_is_published(real_panel):
    suppressed = real_panel["status"] == "suppressed"
    bounded = real_panel["numerator_low"].notnull() & real_panel["numerator_high"].notnull()

    assert not (suppressed & real_panel["denominator"].notnull() & ~bounded).any()


def test_known_cells_hold_their_published_figures(real_panel):
    durham = cell(real_panel, "E06000047", "rereferral_12m", 2025)
    assert (durham["numerator"], durham["denominator"]) == (1003, 5378)

    # 0 to 10 days is hidden beside 16 to 20 days: 304 less 287, 7 and at least 1 leaves 1 to 9
    hartlepool = cell(real_panel, "E06000001", "icpc_15_days", 2025)
    assert (hartlepool["numerator_low"], hartlepool["numerator_high"]) == (288, 296)

    hackney = cell(real_panel, "E09000012", "rereferral_12m", 2021)
    assert hackney["status"] == "not_available"


def test_recoded_counties_keep_their_history(real_panel):
    somerset = cell(real_panel, "E06000066", "rereferral_12m", 2022)

    assert somerset["status"] == "observed"


def test_successors_of_a_split_have_no_history(real_panel):
    before = real_panel.sel(authority=["E06000063", "E06000064"], year=[2021, 2022, 2023])

    counts = before.sel(indicator=[one for one in PUBLISHED if not one.startswith("sw_")])
    assert counts["value"].isnull().all()
    assert set(np.unique(counts["status"])) == {"no_data", "not_applicable"}


def test_joint_return_gives_both_authorities_the_same_rate(real_panel):
    both = real_panel["value"].sel(authority=["E09000021", "E09000027"], indicator="sw_vacancy")

    assert both.notnull().all()
    assert (both[0] == both[1]).all()


def test_about_zero_is_zero_and_says_so(real_panel):
    sunderland = cell(real_panel, "E08000024", "sw_agency", 2025)

    assert sunderland["status"] == "low"
    assert sunderland["value"] == 0


def test_every_authority_has_a_judgement_deprivation_and_population(real_panel):
    latest = latest_inspections(real_panel)
    grades = real_panel["judgement_grade"].sel(judgement="overall", inspection=latest.values)

    assert np.bincount(grades).tolist() == [19, 31, 67, 36], GRADES
    assert real_panel["deprivation"].notnull().all()
    assert real_panel["population"].sel(year=2025).notnull().sum() == 153


def test_everything_that_was_not_direct_is_recorded(real_panel):
    joins = json.loads(real_panel.attrs["joins"])
    done = {(join["action"], join["code"]) for join in joins if join["action"] != "averaged"}

    assert done == {
        ("recoded", "E10000023"),
        ("recoded", "E10000027"),
        ("recoded", "E08000038"),
        ("recoded", "E08000039"),
        ("shared", "E09000021 / E09000027"),
        ("shared", "E06000061 / E06000062"),
        ("recoded", "E10000002"),
        *(("inherited", f"E060000{number}") for number in (58, 59, 61, 62, 63, 64)),
        ("not joined", "E06000028"),
        ("not joined", "E06000029"),
        ("not joined", "E10000009"),
        ("not joined", "E10000006"),
        ("not joined", "E10000021"),
    }
    assert sum(join["action"] == "averaged" for join in joins) == 21
    assert all(join["reason"] and join["years"] and join["name"] for join in joins)


def test_every_source_is_the_registered_edition(real_panel):
    sources = json.loads(real_panel.attrs["sources"])

    assert len(sources) == 35
    assert all(source["matches_register"] for source in sources)


def test_real_panel_survives_being_saved(real_panel, tmp_path):
    save_panel(real_panel, tmp_path / "panel.nc")

    loaded = load_panel(tmp_path / "panel.nc")

    xr.testing.assert_identical(loaded, real_panel)
    assert loaded.attrs == real_panel.attrs
    for name in real_panel.variables:
        assert loaded[name].dtype == real_panel[name].dtype, name


def test_one_indicator_and_one_year_make_a_panel(published):
    said = []

    panel = build_panel(
        published, ("cl_eet_19_21",), (2025,), report=lambda *told: said.append(told)
    )

    assert panel["value"].shape == (153, 1, 1)
    assert said[-1] == ("reading published files", 1, 1)


def test_missing_folder_is_refused_by_path(tmp_path):
    with pytest.raises(PanelError, match=r"nowhere: no such folder.*--data-root"):
        build_panel(tmp_path / "nowhere", ("all",), YEARS)


def test_missing_file_is_refused_by_path(tmp_path):
    file = read_catalogue()[0].file

    with pytest.raises(PanelError, match="no such file") as caught:
        build_panel(tmp_path, ("rereferral_12m",), YEARS)

    assert file in str(caught.value)


def test_year_that_no_file_has_is_refused(published):
    with pytest.raises(PanelError, match="year 2031: no indicator's file has it"):
        build_panel(published, ("sw_vacancy",), (2025, 2031))


@pytest.mark.parametrize(("indicators", "years"), [((), YEARS), (("all",), ())])
def test_nothing_asked_for_is_refused(tmp_path, indicators, years):
    with pytest.raises(PanelError, match="wanted at least one of each"):
        build_panel(tmp_path, indicators, years)


def test_a_revised_file_is_noted_and_no_error(published, tmp_path):
    for folder in published.iterdir():
        (tmp_path / folder.name).symlink_to(folder)
    (tmp_path / "dfe_social_work_workforce").unlink()
    (tmp_path / "dfe_social_work_workforce").mkdir()
    file = next(one.file for one in read_catalogue() if one.id == "sw_vacancy")
    earlier = "dfe_social_work_workforce/csww_headline_measures_2017_to_2022.csv"
    (tmp_path / earlier).symlink_to(published / earlier)
    (tmp_path / file).write_bytes((published / file).read_bytes() + b"\n")

    panel = build_panel(tmp_path, ("sw_vacancy",), (2025,))

    sources = json.loads(panel.attrs["sources"])
    assert [one["file"] for one in sources if not one["matches_register"]] == [file]
