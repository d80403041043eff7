"""Arithmetic that the publishers' figures keep, held on every cell that has all of it."""

import pandas as pd
import pytest

from data.catalogue import read_catalogue
from data.text import read_text

CIN = "dfe_children_in_need/"
CLA = "dfe_children_looked_after/release_2025/"
OUTCOMES = "dfe_outcomes_social_care_groups/"
# file, numerator, denominator, published percentage, decimals
PERCENTAGES = [
    (f"{CIN}c1_children_in_need_referrals_and_rereferrals_2013_to_2025.csv", *columns, 1)
    for columns in (
        ("rereferral_count", "referral_count", "rereferral_percent"),
        ("no_further_action_count", "referral_count", "no_further_action_percent"),
        ("not_in_need_count", "referral_count", "not_in_need_percent"),
    )
] + [
    (
        f"{CIN}d3_cpps_subsequent_plan_2013_to_2025.csv",
        *("CPP_subsequent", "CPP_start", "CPP_subsequent_percent"),
        1,
    ),
    (
        f"{CIN}d5_cpps_at31march_by_duration_2013_to_2025.csv",
        *("2_years_or_more", "CPP_At31", "2_years_or_more_percent"),
        1,
    ),
    (
        f"{CIN}d6_cpps_reviewed_within_timescales_2013_to_2022.csv",
        *("Reviewed_within_timescales", "CPP_At31_3Months", "Reviewed_within_timescales_percent"),
        1,
    ),
    (
        f"{CIN}d7_cpps_ending_by_duration_2013_to_2022.csv",
        *("2_years_or_more", "CPP_End", "2_years_or_more_percent"),
        1,
    ),
    (
        f"{OUTCOMES}absence_la.csv",
        *("t_pupils_pa_10_exact", "t_pupils", "pt_pupils_pa_10_exact"),
        1,
    ),
    (
        f"{OUTCOMES}absence_la.csv",
        *("t_pupils_pa_50_exact", "t_pupils", "pt_pupils_pa_50_exact"),
        1,
    ),
    (
        f"{OUTCOMES}ks2_la.csv",
        *("t_rwm_met_expected_standard", "t_rwm_eligible_pupils", "pt_rwm_met_expected_standard"),
        0,
    ),
    (f"{OUTCOMES}ks4_la.csv", "t_l2basics_94", "t_pupils", "pt_l2basics_94", 1),
    (
        f"{OUTCOMES}permanent_exclusions_and_suspensions_la.csv",
        *("t_one_plus_sus", "t_pupils", "pt_one_plus_sus"),
        2,
    ),
]
LONG = ("children_count", "children_percent", "care_leaver_count", "care_leaver_percent")


def numbers(published, file, columns):
    frame = read_text(published, file, ["geographic_level", *columns])
    frame = frame[frame["geographic_level"] == "Local authority"]
    return frame[list(columns)].apply(pd.to_numeric, errors="coerce").dropna()


@pytest.mark.parametrize(("file", "top", "bottom", "percent", "decimals"), PERCENTAGES)
def test_published_percentage_is_that_of_the_counts(
    published, file, top, bottom, percent, decimals
):
    found = numbers(published, file, (top, bottom, percent))
    found = found[found[bottom] > 0]

    off = (100 * found[top] / found[bottom] - found[percent]).abs()
    assert len(found) > 500
    assert off.max() <= 0.5 / 10**decimals + 1e-9


def long_percentages():
    """Files in the long layout, with their columns of count and percentage."""
    found = {}
    for one in read_catalogue():
        if one.layout == "long" and one.count in LONG:
            percent = one.count.replace("_count", "_percent")
            found[one.id] = (one, percent)
    return found


@pytest.mark.parametrize("name", long_percentages())
def test_published_percentage_of_a_long_table_is_that_of_the_counts(record, published, name):
    indicator, percent = long_percentages()[name]
    columns = ["time_period", "new_la_code", indicator.breakdown, percent, *indicator.filters]
    frame = read_text(published, indicator.file, columns)
    for column, text in indicator.filters.items():
        frame = frame[frame[column].str.startswith(text.removesuffix("*"))]
    frame = frame[frame[indicator.breakdown] == indicator.numerator[0]]
    frame = frame[frame["new_la_code"].isin(record["authority"].to_numpy())]
    said = pd.to_numeric(frame[percent], errors="coerce")
    said.index = pd.MultiIndex.from_arrays(
        [frame["new_la_code"], frame["time_period"].astype(int)]
    )

    ours = record["value"].sel(indicator=name, year=range(2021, 2026)).to_series().dropna()
    both = pd.concat([100 * ours, said], axis=1, join="inner").dropna()
    assert len(both) > 380
    assert ((both.iloc[:, 0] - both.iloc[:, 1]).abs() <= 0.5 + 1e-9).all()


def test_activities_of_care_leavers_add_up_wherever_all_are_published(published):
    file = f"{CLA}la_care_leavers_activity.csv"
    keys = ["time_period", "new_la_code", "care_leaver_age"]
    frame = read_text(
        published, file, [*keys, "geographic_level", "breakdown", "care_leaver_count"]
    )
    frame = frame[frame["geographic_level"] == "Local authority"]
    wide = frame.pivot_table(
        index=keys, columns="breakdown", values="care_leaver_count", aggfunc="first"
    ).apply(pd.to_numeric, errors="coerce")
    parts = [
        "Total in education, employment or training",
        "Total not in education, employment or training",
        "Total information not known",
    ]
    whole = wide[[*parts, "Total"]].dropna()

    assert len(whole) == 1478
    assert (whole[parts].sum(axis=1) == whole["Total"]).all()


def test_durations_of_conferences_fall_short_of_the_total_in_131_rows(published):
    file = f"{CIN}c4_children_in_need_section_47s_and_icpcs_2013_to_2025.csv"
    bins = [
        "Duration_0-10_days",
        "Duration_11-15_days",
        "Duration_16-20_days",
        "Duration_21+_days",
    ]
    found = numbers(published, file, (*bins, "ICPC"))
    gap = found[bins].sum(axis=1) - found["ICPC"]

    assert len(found) == 1742
    assert (gap < 0).sum() == 131
    assert gap.min() == -136
    assert gap.max() <= 0
    more = numbers(published, file, ("ICPC", "Section47"))
    assert (more["ICPC"] > more["Section47"]).sum() == 7


@pytest.mark.parametrize(
    "file", sorted({one.file for one in read_catalogue() if one.layout == "wide"})
)
def test_no_authority_has_a_year_twice(published, file):
    groups = {"social_care_group", "phase_type_grouping"}
    header = (published / file).read_text("utf-8-sig").split("\n", 1)[0].strip().split(",")
    keys = ["time_period", "new_la_code", *(groups & set(header))]
    frame = read_text(published, file, [*keys, "geographic_level"])
    frame = frame[frame["geographic_level"] == "Local authority"]

    assert not frame.duplicated(keys).any()
