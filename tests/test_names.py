"""Text that users give: characters, file names, near matches, days."""

from datetime import date, datetime

import numpy as np
import pytest

from analysis.coverage_page.figures import funnels_key
from analysis.evidence.summaries import FitsError
from analysis.evidence.weigh import weigh
from data.characters import file_stem, strange_character
from data.dates import numpy_day, read_day
from data.near import nearest


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\tb", "\x07", "a\u2028b", "\ud800", "\u202eb"])
def test_characters_that_end_a_line_or_cannot_be_drawn_are_named(text):
    assert strange_character(text)


@pytest.mark.parametrize("text", ["", "Kingston upon Hull, City of", "Ynys Môn", "東京", "a'b–c"])
def test_plain_text_of_any_language_is_plain(text):
    assert strange_character(text) == ""


def test_every_name_has_a_file_of_its_own_in_its_folder():
    names = ["health", "health/care", "health care", "../health", "Health", "", "x" * 300, "CON:"]
    stems = [file_stem(name) for name in names]

    assert stems[0] == "health"
    assert len({stem.casefold() for stem in stems}) == len(names)
    assert all(stem and not set(stem) & set('/\\:. *?"<>|') for stem in stems)
    assert max(map(len, stems)) <= 60


def test_the_figure_of_a_domain_stands_in_the_folder_of_figures():
    assert funnels_key("health") == "funnels_health"
    assert "/" not in funnels_key("health/../../care")


def test_evidence_of_no_fit_is_refused():
    with pytest.raises(FitsError, match="there is no fit"):
        weigh({})


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("iterations", None),
        ("factrs", "factors"),
        ("Factors", "factors"),
        ("deprivation form", "deprivation_form"),
        ("regoin", "region"),
        ("colour", None),
    ],
)
def test_a_name_is_suggested_only_where_it_is_near(name, near):
    assert nearest(name, ["deprivation", "deprivation_form", "factors", "region"]) == near


@pytest.mark.parametrize(
    "value",
    ["9999-12-31", date(9999, 12, 31), "1677-01-01", "soon", 5, True, datetime(2020, 1, 1, 5)],
)
def test_a_day_that_would_wrap_or_is_none_is_refused(value):
    with pytest.raises(ValueError, match="wanted a day such as 2023-03-31"):
        read_day(value)


def test_the_last_day_lies_after_every_inspection():
    inspected = np.array(["2022-02-07", "2199-12-30"], "datetime64[ns]")

    assert (inspected < numpy_day("2199-12-31")).all()
    assert (inspected > numpy_day(date(1900, 1, 1))).all()
