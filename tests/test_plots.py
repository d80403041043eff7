"""The figures: what they show, that they can be told apart, and that they repeat."""

import xml.etree.ElementTree as ElementTree
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from analysis.plots.authorities import draw_authorities, shorten
from analysis.plots.coverage import draw_coverage
from analysis.plots.deciles import draw_deciles
from analysis.plots.indicators import draw_indicators
from analysis.plots.judgements import draw_judgements
from analysis.plots.left_out import draw_left_out
from analysis.plots.link import LinkDraws, draw_link, prior_density
from analysis.plots.saving import label_figure, render
from analysis.plots.style import (
    GRADE_COLOURS,
    GRADE_INITIALS,
    GRADE_MARKERS,
    INCHES,
    fold,
)
from analysis.plots.top_share import draw_top_share
from tests import report_inputs as inputs
from tests.report_evidence import ESTIMANDS, decile_rows, top_rows

COUNT = 12


def words(figure):
    """Every text that the drawn figure shows."""
    svg = render(figure, "svg", "A title").decode()
    texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()) for text in texts]


def two_estimands(rows):
    return pd.DataFrame([{**row, "estimand": name} for name in ESTIMANDS for row in rows])


def draw_all(width):
    random = np.random.default_rng(1)
    authorities = inputs.authorities_table(random, COUNT)
    posterior = LinkDraws(random.normal(0.1, 0.1, 400), 0.1, -0.1, 0.3)
    return {
        "link": draw_link({"concordance": posterior}, concentration=2, rope=0.1, width=width),
        "indicators": draw_indicators(inputs.indicators_table(random, 6), width=width),
        "authorities": draw_authorities(authorities.iloc[:COUNT], width=width),
        "deciles": draw_deciles(two_estimands(decile_rows()), share=0.1, width=width),
        "top": draw_top_share(two_estimands(top_rows()), share=0.1, width=width),
        "coverage": draw_coverage(inputs.coverage_table(random, 6), width=width),
        "judgements": draw_judgements(inputs.judgements_table(random), width=width),
    }


@pytest.fixture(scope="module")
def wide():
    return draw_all("wide")


@pytest.fixture(scope="module")
def narrow():
    return draw_all("narrow")


def test_both_widths_have_the_width_that_the_page_leaves_for_them(wide, narrow):
    assert {figure.get_figwidth() for figure in wide.values()} == {INCHES["wide"]}
    assert {figure.get_figwidth() for figure in narrow.values()} == {INCHES["narrow"]}


def test_text_on_a_telephone_is_at_least_ten_pixels_tall(narrow):
    smallest = min(
        text.get_fontsize()
        for figure in narrow.values()
        for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize"))
        if text.get_text()
    )

    assert smallest * 96 / 72 >= 10


def test_names_are_drawn_as_they_are_spelt(wide):
    shown = words(wide["authorities"])

    assert shorten(inputs.HOSTILE, 30) in shown
    assert shorten("$x^2$", 30) == "$x^2$"
    others = COUNT - 3
    for awkward in (inputs.LONG, inputs.NON_LATIN):
        assert shorten(awkward, 30) in shown
    assert sum(text.startswith(("Aldermere", "Eastbrook")) for text in shown) == others


def test_authorities_stand_in_the_order_of_their_effectiveness():
    table = pd.DataFrame(
        {
            "name": ["Low", "High"],
            "judgement": ["Good", ""],
            "effectiveness": [-1.0, 1.0],
            "effectiveness_lower": [-2.0, 0.5],
            "effectiveness_upper": [0.0, 1.5],
        }
    )
    figure = draw_authorities(table, width="narrow")

    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["High", "Low"]


def test_grades_differ_in_shape_and_initial_and_not_only_in_colour():
    assert len(set(GRADE_MARKERS.values())) == len(GRADE_MARKERS)
    assert len(set(GRADE_INITIALS.values())) == len(GRADE_INITIALS)


@pytest.mark.parametrize("grade", GRADE_COLOURS)
def test_grade_colours_stand_out_from_white(grade):
    def linear(channel):
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, to_rgb(GRADE_COLOURS[grade]))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue

    # WCAG 2.2, 1.4.11: 3 to 1 for what must be seen to understand a graphic (orange: 2.95)
    assert 1.05 / (luminance + 0.05) >= 2.9


def test_prior_is_three_quarters_at_no_link_and_nothing_at_the_ends():
    assert prior_density(np.array([-1.0, 0.0, 1.0]), 2.0) == pytest.approx([0, 0.75, 0])


def test_link_is_shown_with_its_interval(wide):
    assert "0.10 (−0.10 to 0.30)" in words(wide["link"])


def test_share_observed_is_rounded_down_so_that_100_means_all():
    table = pd.DataFrame(
        {
            "title": ["A", "B"],
            "year": [2025, 2025],
            "observed": [152, 153],
            "suppressed": [1, 0],
            "missing": [0, 0],
        }
    )
    shown = words(draw_coverage(table))

    assert "99%" in shown
    assert "100%" in shown


def test_many_years_have_a_key_in_place_of_numbers_that_would_not_fit():
    years = range(2013, 2026)
    table = pd.DataFrame(
        {"title": "A", "year": years, "observed": 100, "suppressed": 30, "missing": 23}
    )
    shown = words(draw_coverage(table, width="narrow"))

    assert "65%" not in shown
    assert "50%" in shown


def test_a_year_without_inspections_keeps_its_place():
    table = pd.DataFrame({"year": [2020, 2022], "grade": ["Good", "Good"], "inspections": [3, 4]})
    figure = draw_judgements(table)

    good = figure.axes[2].containers[0]
    assert [bar.get_height() for bar in good] == [3, 0, 4]


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_figure_gives_the_same_bytes(kind):
    table = inputs.judgements_table(np.random.default_rng(1))

    first, second = (render(draw_judgements(table), kind, "Title") for _ in range(2))

    assert first == second


def test_a_copy_that_travels_alone_has_its_title_and_its_note(narrow):
    figure = narrow["deciles"]
    before = [axes.get_window_extent().height for axes in figure.axes]
    label_figure(figure, "What it says", "Simulated panel: invented authorities.")

    assert "What it says" in words(figure)
    assert "Simulated panel: invented authorities." in words(figure)
    after = [axes.get_window_extent().height for axes in figure.axes]
    assert after == pytest.approx(before, rel=0.2)


def test_long_words_are_broken():
    assert max(map(len, fold(inputs.LONG, 20).splitlines())) <= 20


@pytest.mark.parametrize("width", list(INCHES))
def test_names_of_the_furthest_authorities_keep_apart_from_each_other_and_from_zero(width):
    count = 153
    table = pd.DataFrame(
        {
            "name": [f"Aldermere and Thornwick {one}" for one in range(count)],
            "judgement": ["Good"] * count,
            "difference": np.linspace(-1.5, 1.5, count) ** 3,
            "pareto_k": np.full(count, 0.4),
        }
    )
    figure = draw_left_out(table, threshold=0.7, better="link", worse="none", width=width)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    names = [one for one in axes.texts if one.get_text().startswith("Aldermere")]
    boxes = [Text.get_window_extent(one) for one in names]  # without the lines that lead to them
    zero = axes.transData.transform((0.0, 0.0))[0]

    assert len(boxes) == 10
    assert [one for one, other in combinations(boxes, 2) if one.overlaps(other)] == []
    assert all(box.x1 < zero or box.x0 > zero for box in boxes)


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_years_of_neighbouring_panels_keep_apart(width):
    table = pd.DataFrame(
        {"year": [2014, 2025], "grade": ["Good", "Inadequate"], "inspections": [3, 4]}
    )
    figure = draw_judgements(table, width=width)
    figure.draw_without_rendering()

    for axes in figure.axes:
        panel = axes.get_window_extent()
        for label in axes.get_xticklabels():
            box = label.get_window_extent()
            assert panel.x0 <= box.x0
            assert box.x1 <= panel.x1


def test_the_truth_does_not_run_through_the_name_of_a_posterior():
    draws = np.random.default_rng(1).normal(0.26, 0.08, 2000)
    found = LinkDraws(draws, 0.26, 0.1, 0.41)
    figure = draw_link(
        {"adjusted": found}, concentration=2.0, rope=0.1, truths={"adjusted": 0.3}, width="narrow"
    )
    figure.draw_without_rendering()
    [name] = [one for one in figure.axes[0].texts if one.get_text() == "Posterior"]
    truth = figure.axes[0].transData.transform((0.3, 0.0))[0]

    assert name.get_window_extent().x1 < truth
