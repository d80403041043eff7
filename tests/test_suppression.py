"""Publishers' codes, and the intervals in which hidden counts lie."""

import numpy as np
import pandas as pd
import pytest

from data.panel import STATUSES, PanelError
from data.suppression import CODES, SFR_CODES, combine_counts, combine_rates, read_cells


def provenance(numerator, denominator, complement=(), **more):
    found = combine_counts(
        [cells(part) for part in numerator],
        [cells(denominator)],
        [cells(part) for part in complement],
        **more,
    ).iloc[0]
    return found["suppression"], found["numerator_low"], found["numerator_high"]


def cells(*text, whole=True):
    return read_cells(pd.Series(text), lambda at: f"file, column, row {at}", whole=whole)


def interval(numerator, denominator, complement=()):
    found = combine_counts(
        [cells(part) for part in numerator],
        [cells(denominator)],
        [cells(part) for part in complement],
    ).iloc[0]
    return found["status"], found["numerator_low"], found["numerator_high"]


def test_every_code_stands_for_a_status_of_the_panel():
    assert set(CODES.values()) <= set(STATUSES)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("12", "observed"),
        ("0", "observed"),
        ("c", "suppressed"),
        ("z", "not_applicable"),
        ("x", "not_available"),
        ("u", "not_available"),
        (":", "not_available"),
        ("..", "not_available"),
        ("[x]", "not_available"),
        ("M", "not_available"),
        ("k", "low"),
        ("low", "low"),
        ("", "no_data"),
        (" c ", "suppressed"),
    ],
)
def test_code_is_read_as_its_status(text, status):
    assert cells(text)["status"].item() == status


@pytest.mark.parametrize("text", ["q", "1,204", "nan", "inf", "twelve"])
def test_unknown_code_is_refused_with_its_place_and_value(text):
    with pytest.raises(PanelError, match="row 1: got") as caught:
        cells("5", text)

    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["-3", "2.5"])
def test_count_that_is_negative_or_fractional_is_refused(text):
    with pytest.raises(PanelError, match=f"got '{text}'; wanted a whole count"):
        cells(text)


def test_rate_may_be_fractional_and_not_negative():
    assert cells("2.5", whole=False)["number"].item() == 2.5
    with pytest.raises(PanelError, match="wanted a figure of 0 or more"):
        cells("-0.1", whole=False)


def test_low_rate_is_about_zero():
    found = combine_rates(cells("low", "4.5", "x", whole=False))

    assert found["value"].tolist()[:2] == [0.0, 4.5]
    assert np.isnan(found["value"].iloc[2])
    assert found["status"].tolist() == ["low", "observed", "not_available"]


def test_published_count_is_its_own_interval():
    assert interval(["7"], "20") == ("observed", 7, 7)


def test_suppressed_count_is_one_to_five():
    assert interval(["c"], "200") == ("suppressed", 1, 5)


def test_suppressed_count_is_never_above_its_denominator():
    assert interval(["c"], "3") == ("suppressed", 1, 3)


def test_lone_suppressed_part_is_one_to_five_whatever_the_total_leaves():
    assert interval(["c"], "200", ["100", "0"]) == ("suppressed", 1, 5)


def test_part_beside_another_suppressed_part_is_bounded_by_what_is_left():
    # 100 - 60 published leaves 40, of which the other hidden part has at least 1
    assert interval(["c"], "100", ["60", "c"]) == ("suppressed", 1, 39)


def test_parts_of_a_numerator_add_up_their_intervals():
    assert interval(["c", "80"], "100", ["12", "c"]) == ("suppressed", 81, 87)
    assert interval(["c", "c"], "100") == ("suppressed", 2, 10)
    assert interval(["c", "c"], "100", ["90", "0"]) == ("suppressed", 2, 10)


def test_parts_that_fall_short_of_the_total_raise_no_lower_bound():
    # 30 of 100 durations are not known: the hidden part may still be 1
    assert interval(["c", "40"], "100", ["25", "c"]) == ("suppressed", 41, 74)


def test_interval_without_a_published_total_is_left_empty():
    status, low, high = interval(["c"], "c")

    assert status == "suppressed"
    assert np.isnan([low, high]).all()


def test_published_count_of_a_hidden_total_keeps_its_count():
    assert interval(["0"], "c") == ("suppressed", 0, 0)


def test_share_of_nobody_is_not_applicable():
    found = combine_counts([cells("0")], [cells("0")]).iloc[0]

    assert found["status"] == "not_applicable"
    assert np.isnan(found["value"])


@pytest.mark.parametrize(
    ("numerator", "denominator", "status"),
    [("x", "10", "not_available"), ("z", "0", "not_applicable"), ("c", "x", "not_available")],
)
def test_status_is_the_one_that_says_most(numerator, denominator, status):
    assert interval([numerator], denominator)[0] == status


def test_rows_tell_a_small_count_from_one_that_may_protect_another():
    assert provenance(["c"], "200", ["100", "0"]) == ("primary", 1, 5)
    assert provenance(["c"], "100", ["60", "c"]) == ("possibly_secondary", 1, 39)
    assert provenance(["c"], "200") == ("unresolved", 1, 5)
    assert provenance(["7"], "20")[0] == ""
    assert provenance(["x"], "20")[0] == ""


def test_bound_may_be_set_where_no_rows_tell_and_only_there():
    assert provenance(["c"], "200", largest=20) == ("unresolved", 1, 20)
    assert provenance(["c"], "200", ["100", "0"], largest=20) == ("primary", 1, 5)
    assert provenance(["c"], "100", ["60", "c"], largest=20)[2] == 39


def test_hidden_part_is_nothing_where_the_published_parts_leave_nothing():
    assert provenance(["c", "53"], "53", ["c"]) == ("possibly_secondary", 53, 53)


def test_a_cross_means_suppressed_in_the_old_files_and_not_available_now():
    text = pd.Series(["x"])

    assert read_cells(text, str, whole=True, codes=SFR_CODES)["status"].item() == "suppressed"
    assert read_cells(text, str, whole=True)["status"].item() == "not_available"
    with pytest.raises(PanelError, match=r"got 'c'; wanted a number or one of x, \.\., an"):
        read_cells(pd.Series(["c"]), str, whole=True, codes=SFR_CODES)
