"""How evidence, fits and runs show themselves, and the article that is made of them."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from analysis.evidence.convergence import Convergence
from analysis.files.read_table import ReportError
from analysis.notebook.fits import Fits, fits_html
from analysis.notebook.opened import open_run
from tests.report_inputs import write_inputs
from tests.test_evidence_record import evidence
from tests.test_report import Page

RENDER = Path(__file__).parents[1] / "docs" / "article" / "render.py"


@pytest.fixture(scope="module")
def article():
    found = importlib.util.spec_from_file_location("article_render", RENDER)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("run") / "demo", authorities=6, indicators=2)


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "refused"
    both = ("concordance", "adjusted")
    return write_inputs(folder, simulated=False, refused=both, authorities=6, indicators=2)


def text_of(shown):
    return Page(shown).text


def made_up_fit(rho, link="linked"):
    draws = np.random.default_rng(20260101).normal(rho, 0.1, (4, 400))
    fit = xr.DataTree.from_dict(
        {"posterior": xr.Dataset({"rho": (("chain", "draw"), draws)}), "sample_stats": None}
    )
    fit.attrs = {"link": link, "engine": "collapsed"}
    return fit


def gate(*reasons):
    table = pd.DataFrame({"rhat": [1.003], "ess_bulk": [900.0], "ess_tail": [800.0]}, ["rho"])
    return Convergence(not reasons, reasons, table, len(reasons))


# Evidence and fits


def test_evidence_shows_both_estimands_with_their_diagnostics():
    told = text_of(evidence()._repr_html_())

    assert "0.12 (−0.06 to 0.30)" in told
    assert "0.16 (−0.01 to 0.33)" in told
    assert "1.22 (0.05)" in told
    assert "R-hat 1.002, effective draws 2,100 (bulk) and 1,800 (tail)" in told


def test_refused_evidence_shows_reasons_and_no_number():
    verdict = {"code": "refused", "sentence": "No verdict: why.", "cause": "diagnostics"}
    told = text_of(
        evidence(converged=False, reasons=["<b>R-hat</b> is bad"], verdict=verdict)._repr_html_()
    )

    assert "At equal deprivation: <b>R-hat</b> is bad" in told
    assert "0.12" not in told
    assert "1.22" not in told


def test_fits_show_diagnostics_and_no_link_of_what_did_not_converge():
    fits = Fits(
        {"good": made_up_fit(0.4), "bad": made_up_fit(-0.7), "none": made_up_fit(0.0, "x")}
    )
    gates = {"good": gate(), "bad": gate("R-hat of rho is 1.2, above 1.01"), "none": gate()}

    told = text_of(fits_html(fits, gates))

    assert "4 × 400" in told
    assert "0.40 (0.2" in told
    assert "−0.7" not in told
    assert told.count("No") == 1
    assert "bad did not converge, and no number of it is shown: R-hat of rho is 1.2" in told


# A finished run


def test_a_run_shows_its_evidence_tables_and_figures(run):
    opened = open_run(run)

    assert "0.12 (−0.06 to 0.30)" in text_of(opened._repr_html_())
    assert "0.12 (−0.06 to 0.30)" in text_of(opened.table("findings").as_raw_html())
    picture = Page(opened.picture("judgements")._repr_html_())
    assert picture.all("img")[0]["src"].startswith("data:image/svg+xml;base64,")
    assert len(picture.all("img")[0]["alt"]) > 60


@pytest.mark.parametrize("part", ["table", "picture"])
def test_what_is_refused_is_not_given(refused, part):
    with pytest.raises(ReportError, match=r"what has no verdict is not|no figure 'link'"):
        getattr(open_run(refused), part)({"table": "decile_table", "picture": "link"}[part])


# The article


def test_the_article_is_rendered_without_quarto(article, run):
    page = Page(article.render(run))

    assert "153 authorities, of which 151 have a judgement" in page.text
    assert "link ρ 0.12, 95% credible interval −0.06 to 0.30" in page.text
    assert "Simulated panel. No authority" in page.text
    assert len(page.all("img")) == len(page.all("table")) == 1
    assert "{python}" not in page.text
    assert not page.all("script")
    assert all(one["src"].startswith("data:") for one in page.all("img"))


def test_the_article_about_what_is_refused_has_no_number_of_it(article, refused):
    page = Page(article.render(refused))

    assert page.text.count("there is no answer: the computation did not pass its checks") == 2
    assert "Open Government Licence" in page.text
    assert not page.all("img")
    for number in ("0.12", "0.16", "3.4"):
        assert number not in page.text


def test_values_in_the_article_are_text(article, tmp_path, run):
    source = tmp_path / "own.qmd"
    awkward = "<script>x</script> *a* _b_ [c](d) `e` | # & \\\\"
    source.write_text(
        '---\ntitle: "A & B"\n---\n\n'
        f'```{{python}}\n#| include: false\nname = "{awkward}"\n```\n\n'
        "So: `{python} name`\n\n```{python}\nprint('<b>')\n[1]\n```\n",
        "utf-8",
    )

    page = Page(article.render(run, source))

    assert awkward.replace("\\\\", "\\") in page.text
    assert "<b>" in page.text
    assert not {"script", "em", "b", "a"} & {name for name, _ in page.elements}


def test_a_folder_that_is_no_run_is_named(article, tmp_path):
    with pytest.raises(ReportError, match=r"provenance.json: no such file"):
        article.render(tmp_path)
