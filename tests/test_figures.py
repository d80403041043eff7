"""Every figure of a run: what it looks like, what is said of it, and where it stands.

Images are compared with those in ``tests/figures``, in the font that matplotlib brings, so
that they are the same on every machine. After a change that is meant, look at the new images
and write them there: ``WRITE_FIGURES=1 pytest tests/test_figures.py``.
"""

import os
import re
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images
from PIL import Image

from analysis.files.read_table import ReportError
from analysis.pages.illustrations import Illustration
from analysis.plots import style
from analysis.plots.saving import save_figure
from analysis.plots.style import INCHES, SCREENS, house_style
from analysis.report import (
    assistant,
    build,
    drawings_of_checks,
    drawings_of_findings,
    drawings_of_histories,
)
from analysis.report import drawings as drawings_of_all
from analysis.report.drawings import draw_run
from analysis.report.read import read_inputs
from tests.report_figures import write_figure_tables
from tests.report_inputs import write_inputs

ROOT = Path(__file__).parents[1]
BASELINES = ROOT / "tests" / "figures"
COMPARED = (
    *("link", "bayes_widths", "indicators", "authorities_adjusted", "ranks_adjusted"),
    *("by_judgement", "deciles", "top_share", "deprivation", "coverage", "judgements"),
    *("map_adjusted", "paths", "around_inspection", "indicator_links"),
    *("left_out_adjusted", "predictive_adjusted", "prior_posterior_adjusted", "chains_adjusted"),
)
TOLERANCE = 6.0
"""Root mean square of the difference of colours, of 255: what anti-aliasing may change."""


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "simulated"
    write_inputs(folder, authorities=24, indicators=5)
    write_figure_tables(folder)
    return folder


@pytest.fixture(scope="module")
def drawings(run_folder):
    return draw_run(read_inputs(run_folder))


@pytest.fixture
def same_font(monkeypatch):
    monkeypatch.setattr(style, "FONTS", ())


@pytest.mark.usefixtures("same_font")
@pytest.mark.parametrize("key", COMPARED)
def test_a_figure_looks_as_it_did(key, drawings, tmp_path):
    drawn = tmp_path / f"{key}.png"
    figure = drawings[key].draw("narrow")
    with house_style("narrow"):
        figure.savefig(drawn, dpi=60)
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(32, dither=Image.Dither.NONE).save(drawn)
    kept = BASELINES / drawn.name
    if os.environ.get("WRITE_FIGURES"):
        kept.write_bytes(drawn.read_bytes())

    assert compare_images(str(kept), str(drawn), TOLERANCE) is None


def test_every_kind_of_figure_is_compared(drawings):
    kinds = {key.removesuffix("_concordance").removesuffix("_adjusted") for key in drawings}

    assert kinds == {key.removesuffix("_adjusted") for key in COMPARED}


class Entered(Exception):
    """A function that draws was called."""


def test_no_figure_is_left_undrawn(run_folder, monkeypatch):
    entered, wanted = set(), set()

    def enter(name, *_, **__):
        entered.add(name)
        raise Entered

    for module in (
        drawings_of_all,
        drawings_of_checks,
        drawings_of_findings,
        drawings_of_histories,
    ):
        for name, function in list(vars(module).items()):
            if getattr(function, "__module__", "").startswith("analysis.plots.") and (
                name.startswith("draw_")
            ):
                wanted.add(name)
                monkeypatch.setattr(module, name, partial(enter, name))
    for drawing in draw_run(read_inputs(run_folder)).values():
        with suppress(Entered):
            drawing.draw("narrow")

    assert entered == wanted


def test_every_function_that_draws_is_used():
    sources = {path: path.read_text("utf-8") for path in sorted(ROOT.glob("analysis/**/*.py"))}
    unused = {
        name
        for path in sources
        for name in re.findall(r"^def (draw_\w+)\(", sources[path], re.MULTILINE)
        if sum(len(re.findall(rf"\b{name}\b", text)) for text in sources.values()) == 1
    }

    assert not unused


def test_a_title_is_one_line_and_a_caption_says_how_many(drawings):
    for key, drawing in drawings.items():
        told = drawing.description
        assert len(told.title) <= 84, key
        assert "\n" not in told.title
        assert "Simulated panel: invented authorities. n = " in told.caption, key
        assert len(told.alternative) > 60, key


def test_every_figure_has_its_place_on_the_page(run_folder, drawings, monkeypatch):
    def stand_in(key, drawing):
        images = dict.fromkeys(SCREENS, "data:,")
        return Illustration(key, drawing.description, {}, images, (10, 10))

    monkeypatch.setattr(assistant, "cores", lambda: 1)
    monkeypatch.setattr(build, "illustrate", stand_in)
    page = build.write_report(run_folder).read_text("utf-8")

    assert [key for key in drawings if f'<figure id="figure-{key}">' not in page] == []


def test_a_table_behind_a_figure_must_have_its_columns(tmp_path):
    folder = write_inputs(tmp_path / "run", authorities=12, indicators=5)
    write_figure_tables(folder)
    path = folder / "tables" / "left_out.csv"
    path.write_text(path.read_text("utf-8").replace("pareto_k", "k", 1), "utf-8")

    with pytest.raises(
        ReportError,
        match=r"left_out\.csv: no column pareto_k; it has estimand.*Another version of this "
        r"project wrote them: run the configuration again \(effectiveness run .*run\.toml\)\.",
    ):
        read_inputs(folder)


@pytest.mark.slow
@pytest.mark.parametrize("width", INCHES)
def test_every_figure_can_be_drawn_and_saved_at_every_size(width, drawings, tmp_path):
    for key, drawing in drawings.items():
        told = drawing.description
        written = save_figure(
            drawing.draw(width),
            tmp_path,
            key,
            title=told.title,
            note=told.note,
            alternative=told.alternative,
        )
        assert all(path.stat().st_size > 1000 for path in written), key
