"""Figures as files: every form and size, with their words, in letters of any kind."""

import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.font_manager import findfont
from PIL import Image

from analysis.plots import style
from analysis.plots.cropping import crop
from analysis.plots.judgements import draw_judgements
from analysis.plots.saving import FORMS, FigureError, label_figure, render, save_figure
from analysis.plots.style import INCHES, TALLEST, font_points, house_style, new_figure, sized
from tests import report_inputs as inputs

WORDS = {"title": "What <it> says", "note": "A & B, n = 3", "alternative": "Columns for <each>"}
SVG = "{http://www.w3.org/2000/svg}"


def judgements(width="wide"):
    return draw_judgements(inputs.judgements_table(np.random.default_rng(1)), width=width)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return save_figure(judgements(), tmp_path_factory.mktemp("new") / "deep", "one", **WORDS)


def test_every_form_is_written(files):
    assert [path.suffix[1:] for path in files] == list(FORMS)
    assert files[2].read_bytes().startswith(b"%PDF")


def test_an_svg_announces_its_title_and_its_alternative_text(files):
    image = ElementTree.parse(files[0]).getroot()

    assert image.get("role") == "img"
    assert image.findtext(f"{SVG}title") == WORDS["title"]
    assert image.findtext(f"{SVG}desc") == WORDS["alternative"]


def test_a_png_has_twice_the_screens_points_and_holds_its_words(files):
    with Image.open(files[1]) as image:
        assert image.width == round(INCHES["wide"] * 192)
        assert image.text["Title"] == WORDS["title"]
        assert image.text["Description"] == WORDS["alternative"]


def test_a_pdf_says_what_it_shows(files):
    content = files[2].read_bytes()

    assert b"What <it> says" in content
    assert b"Columns for <each>" in content


@pytest.mark.parametrize("width", INCHES)
def test_every_size_has_its_own_width_and_text_in_proportion(width):
    figure = judgements(width)

    assert figure.get_figwidth() == INCHES[width]
    assert style.width_of(figure) == width
    assert figure.axes[0].title.get_fontsize() == pytest.approx(font_points(width))


def test_print_keeps_the_arrangement_of_the_screen():
    wide, page = judgements("wide"), judgements("page")

    assert page.get_figheight() == pytest.approx(sized(wide.get_figheight(), "page"))


def test_what_a_slide_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    with house_style("slide"):
        figure = new_figure("slide", 20, keep_height=True)
    with pytest.raises(FigureError, match=r"tall: is .* a slide holds 6\.9\. Draw fewer rows"):
        save_figure(figure, tmp_path, "tall", **WORDS)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", TALLEST)
def test_what_may_be_lowered_fits_with_a_title_and_a_long_note(width):
    with house_style(width):
        figure = new_figure(width, 20)
    label_figure(figure, "A finding of some length " * 3, "A note of many words " * 20)

    assert figure.get_figheight() <= TALLEST[width]


@pytest.mark.parametrize("form", FORMS)
def test_any_letters_are_drawn_as_they_are_spelt(form):
    texts = ("Ынталы Ωμέγα", "$x^2$ a_b", "<script>&", "Ŵyddgrug ‘Caer’")
    with house_style("narrow"):
        figure = new_figure("narrow", 1)
        for place, text in enumerate(texts):
            figure.text(0.1, 0.2 * place, text)
    drawn = render(figure, form, texts[0])  # a letter without a shape would warn, and so fail

    if form == "svg":
        shown = {one.text for one in ElementTree.fromstring(drawn).iter(f"{SVG}text")}
        assert set(texts) <= shown


def test_without_the_guidances_fonts_the_one_that_matplotlib_brings_is_used(monkeypatch):
    monkeypatch.setattr(style, "FONTS", ())
    with house_style("wide"):
        figure = new_figure("wide", 1)
        family = figure.text(0, 0, "a").get_fontfamily()

    assert set(family) == {"DejaVu Sans"}
    assert "mpl-data" in findfont(family[0])


@pytest.mark.parametrize("form", ["svg", "png"])
def test_what_is_cut_out_of_a_copy_is_the_drawing_without_its_words(form, tmp_path):
    plain = judgements()
    labelled = judgements()
    above, below = label_figure(labelled, WORDS["title"], WORDS["note"])
    cut = crop(render(labelled, form, WORDS["title"], WORDS["alternative"]), form, above, below)

    if form == "svg":
        image = ElementTree.fromstring(cut)
        height = 72 * plain.get_figheight()
        assert float(image.get("height").removesuffix("pt")) == pytest.approx(height, abs=0.1)
        start, end = (float(number) for number in image.get("viewBox").split()[1::2])
        assert (start, end) == pytest.approx((72 * above, height), abs=0.1)
        assert image.findtext(f"{SVG}desc") == WORDS["alternative"]
    else:
        with Image.open(io.BytesIO(cut)) as image, Image.open(drawn(plain)) as other:
            assert image.text["Description"] == WORDS["alternative"]
            assert image.height == pytest.approx(other.height, abs=1)
            both = [np.asarray(one.convert("L"), dtype=float) for one in (image, other)]
        rows = min(len(one) for one in both)
        assert np.abs(both[0][:rows] - both[1][:rows]).mean() < 3  # of 255; a row's shift at most


def drawn(figure):
    return io.BytesIO(render(figure, "png", "A title"))
