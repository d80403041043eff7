"""The whole published record, against the counts that the guide to the files gives."""

import json

import numpy as np
import pytest

from data.panel_queries import comparable_years

# Published codes with a numerator and a denominator above 0 (or a rate): the first year,
# and the count in it and in each year after it. Worked out from the files by others.
COUNTS = {
    "rereferral_12m": (2013, "148 149 149 150 151 152 151 148 149 150 149 149 153"),
    "referral_nfa": (2013, "148 148 143 146 143 147 145 138 140 141 145 144 145"),
    "assessed_not_in_need": (2013, "144 146 146 147 151 151 152 151 149 150 150 150 153"),
    "cpp_second_plan": (2013, "144 147 149 148 150 148 149 147 146 147 148 150 151"),
    "cpp_2y_plus": (2013, "104 95 96 87 99 86 101 90 88 105 99 99 92"),
    "cpp_1y_plus": (2013, "103 95 96 86 98 85 100 87 87 105 99 97 91"),
    "icpc_15_days": (2013, "145 148 149 149 149 150 144 147 137 147 141 140 143"),
    "s47_to_icpc": (2013, "150 150 150 151 151 150 151 150 148 149 150 151 152"),
    "assess_45_days": (2014, "78 139 134 141 137 132 136 139 135"),
    "cpp_reviews_on_time": (2013, "148 149 150 149 150 150 148 148 146 148"),
    "cpp_ended_2y_plus": (2013, "129 127 116 119 119 124 115 115 112 121"),
    "cla_3plus_placements": (2021, "147 150 148 149 150"),
    "cla_same_carer_2y": (2021, "149 149 150 149 150"),
    "cla_3plus_placements_2y": (2021, "149 150 148 150 150"),
    "new_placement_far": (2021, "140 140 141 131 138"),
    "cla_health_assessment": (2021, "149 150 150 151 151"),
    "cla_dental": (2021, "149 149 150 151 151"),
    "cla_immunisations": (2021, "149 149 150 151 151"),
    "cla_dev_assessment": (2021, "133 136 135 133 134"),
    "cla_sdq_completed": (2021, "149 150 150 151 151"),
    "cla_sdq_concern": (2021, "143 145 144 147 149"),
    "cla_convicted": (2021, "87 82 88 92 91"),
    "cla_substance": (2021, "119 117 115 117 118"),
    "cl_eet_17_18": (2021, "149 150 150 151 151"),
    "cl_suitable_acc_17_18": (2021, "138 139 140 140 138"),
    "cl_eet_19_21": (2021, "150 151 151 152 152"),
    "cl_suitable_acc_19_21": (2021, "147 150 150 151 149"),
    "cl_in_touch_17_18": (2020, "149 147 151 145 150"),
    "cl_in_touch_19_21": (2020, "148 150 150 151 152"),
    "cl_staying_put_18": (2020, "115 118 126 120 126"),
    "cla_missing": (2020, "147 147 148 149 149"),
    "cla_3plus_social_workers": (2024, "151"),
    "cla_midyear_school_move": (2020, "0 137 144 144 147"),
    "cla_persistent_absence": (2019, "143 0 147 150 149 149 150"),
    "cla_severe_absence": (2019, "66 0 80 95 112 122 124"),
    "cin_persistent_absence": (2019, "150 0 149 149 150 150 151"),
    "cin_severe_absence": (2019, "152 0 147 149 148 149 152"),
    "cpp_persistent_absence": (2019, "149 0 146 148 149 149 151"),
    "cla_ks2_rwm": (2019, "82 0 0 73 83 71 77"),
    "cla_ks4_basics_94": (2019, "73 108 120 98 92 85 83"),
    "cla_ks4_att8": (2019, "146 146 145 143 148 148 149"),
    "cin_ks2_rwm": (2019, "144 0 0 141 142 138 140"),
    "cin_ks4_basics_94": (2019, "134 141 144 143 136 131 136"),
    "cin_ks4_att8": (2019, "149 145 146 146 148 147 148"),
    "cla_suspension": (2016, "144 143 144 144 141 140"),
    "sw_turnover": (2017, "151 151 150 150 148 148 150 149 148"),
    "sw_agency": (2017, "151 151 150 150 149 148 147 147 148"),
    "sw_vacancy": (2017, "151 151 150 150 150 150 151 151 149"),
    "sw_absence": (2017, "148 148 150 150 148 148 148 148 148"),
    "sw_caseload": (2017, "150 150 150 150 150 150 151 150 149"),
    "hosp_injury_0_14": (2011, "145 145 151 151 151 151 149 151 150 151 151 151 146 151"),
}
CELLS = [
    (indicator, first + position, int(count))
    for indicator, (first, counts) in COUNTS.items()
    for position, count in enumerate(counts.split())
]
EARLIER = {
    "cla_3plus_placements": (2014, 2018, 2019, 2020),
    "cla_same_carer_2y": (2018, 2019, 2020),
    "cla_health_assessment": (2015, 2016, 2017, 2018, 2019, 2020),
    "cl_eet_17_18": (2016, 2017, 2018, 2019, 2020),
    "cl_eet_19_21": (2014, 2015, 2016, 2017, 2018, 2019, 2020),
    "cl_in_touch_19_21": (2017, 2018, 2019),
    "cl_staying_put_18": (2017,),
    "cla_missing": (2015, 2016, 2017),
}


def test_the_guide_counts_51_indicators_and_381_cells():
    assert len(COUNTS) == 51
    assert len(CELLS) == 381


def test_every_count_of_the_guide_is_reproduced(record):
    found = {
        (indicator, year): int(record["published"].sel(indicator=indicator, year=year))
        for indicator, year, _ in CELLS
    }

    assert found == {(indicator, year): count for indicator, year, count in CELLS}


def test_years_that_the_guide_does_not_count_come_from_earlier_releases(record):
    counted = {(indicator, year) for indicator, year, _ in CELLS}
    releases = {
        (str(indicator), int(year)): str(
            record["release"].sel(indicator=indicator, year=year).item()
        )
        for indicator in record.indexes["indicator"]
        for year in record.indexes["year"]
    }
    more = [key for key, release in releases.items() if release and key not in counted]

    for indicator, expected in EARLIER.items():
        assert tuple(year for name, year in more if name == indicator) == expected
    # fewest: in 2016 the three activities are summed, and most authorities hide one
    for indicator, year in more:
        assert int(record["published"].sel(indicator=indicator, year=year)) >= 30


def test_what_the_panel_lacks_of_the_published_codes_is_recorded(record):
    # abolished codes are lost, joint rows stand twice, excesses are left out: no more
    usable = (record["value"].notnull() & (record["status"] == "observed")).sum("authority")
    lost = (record["published"] - usable).to_series()
    joins = json.loads(record.attrs["joins"])
    dropped = [join for join in joins if join["action"] in ("not joined", "left out")]
    shared = [join for join in joins if join["action"] == "shared"]

    for (indicator, year), number in lost.items():
        most = len({join["code"] for join in dropped if year in join["years"]})
        joint = len({join["code"] for join in shared if year in join["years"]})
        assert -joint * indicator.startswith("sw_") <= number <= most, (indicator, year)


def test_where_definitions_changed_the_series_changes(record):
    same_carer = record["series"].sel(indicator="cla_same_carer_2y")

    assert str(same_carer.sel(year=2020).values) == "same placement"
    assert str(same_carer.sel(year=2021).values) == "same carer"
    assert comparable_years(record, "cla_same_carer_2y", 2025) == [2021, 2022, 2023, 2024, 2025]
    assert comparable_years(record, "cl_eet_19_21", 2014) == [2014, 2015, 2016, 2017]
    assert comparable_years(record, "cla_ks4_att8", 2019) == [2019, 2022, 2023, 2024, 2025]
    assert comparable_years(record, "rereferral_12m", 2025) == list(range(2013, 2026))
    assert comparable_years(record, "rereferral_12m", 2011) == []


def test_where_releases_overlap_the_newest_wins_and_the_older_is_kept(record):
    activity = record.sel(indicator="cl_eet_19_21", year=2022)

    assert str(activity["release"].values) == "2025"
    assert str(activity["earlier_release"].values) == "2022"
    both = activity["value"].notnull() & activity["earlier_value"].notnull()
    revised = both & (activity["value"] != activity["earlier_value"])
    assert int(both.sum()) > 140
    assert 0 < int(revised.sum()) < 40


def test_contested_indicators_are_marked(record):
    contested = record["indicator"][record["direction"] == "contested"]

    assert set(contested.to_numpy()) == {
        "referral_nfa",
        "assessed_not_in_need",
        "s47_to_icpc",
        "cla_sdq_concern",
    }


def test_more_conferences_than_enquiries_are_left_out_and_recorded(record):
    left_out = [j for j in json.loads(record.attrs["joins"]) if j["action"] == "left out"]

    assert sum(len(join["years"]) for join in left_out) == 7
    assert {join["source"].split("/")[1][:2] for join in left_out} == {"c4"}
    one = left_out[0]
    cell = record.sel(authority=one["code"], indicator="s47_to_icpc", year=one["years"][0])
    assert str(cell["status"].values) == "not_available"


def test_combined_areas_are_no_missing_figures(record):
    hospital = record.sel(indicator="hosp_injury_0_14", year=2024)

    for code in ("E06000053", "E09000001"):
        assert str(hospital["status"].sel(authority=code).values) == "not_applicable"
    assert float(hospital["value"].min()) > 0


def test_missing_children_of_2015_to_2017_take_their_denominator_from_another_file(record):
    missing = record.sel(indicator="cla_missing")

    assert missing["published"].sel(year=[2015, 2016, 2017]).to_numpy().tolist() == [145, 149, 148]
    camden = missing.sel(authority="E09000007", year=2015)
    assert float(camden["numerator"]) == 26
    assert float(camden["denominator"]) == 303
    # England's rounded count is 6,110; the areas abolished in 2019 are not joined
    seen = missing.sel(year=2015).where(missing["status"].sel(year=2015) == "observed")
    assert 5900 < float(seen["numerator"].sum()) < 6115
    assert comparable_years(record, "cla_missing", 2015) == [2015, 2016, 2017]


def test_old_codes_of_northumberland_and_gateshead_are_joined(record):
    health = record.sel(indicator="cla_health_assessment", year=2015)

    assert (health["status"].sel(authority=["E06000057", "E08000037"]) == "observed").all()


def test_a_cross_in_the_wide_files_hides_a_small_number(record):
    convicted = record.sel(indicator="cla_convicted", year=2016)
    hidden = (convicted["status"] == "suppressed") & convicted["numerator"].isnull()

    assert int(hidden.sum()) > 20
    assert (convicted["numerator_low"].where(hidden).dropna("authority") == 1).all()
    assert (convicted["numerator_high"].where(hidden).dropna("authority") <= 5).all()


def test_suppressed_cells_say_how_far_the_published_rows_tell(record):
    hidden = record["status"] == "suppressed"
    told = record["suppression"]

    assert set(np.unique(told.where(hidden, ""))) <= {
        "",
        "primary",
        "possibly_secondary",
        "unresolved",
    }
    width = record["numerator_high"] - record["numerator_low"]
    assert float(width.where(told == "primary").max()) <= 4
    plans = told.sel(indicator="cpp_2y_plus")
    # a short plan is hidden beside a long one, so the rows never tell which is small
    assert set(np.unique(plans)) == {"", "possibly_secondary", "unresolved"}
    assert int((told.sel(indicator="cl_suitable_acc_17_18") == "possibly_secondary").sum()) > 0


@pytest.mark.parametrize("indicator", ["cla_persistent_absence", "cin_severe_absence"])
def test_a_year_that_was_not_published_has_no_figures(record, indicator):
    cells = record.sel(indicator=indicator, year=2020)

    assert cells["value"].isnull().all()
    assert set(np.unique(cells["status"])) <= {"not_available", "no_data", "not_applicable"}
