"""Tables to print: HTML and LaTeX beside their CSV, escaped, and refusing what is refused."""

import re
import shutil
import subprocess

import pytest

from analysis.pages.tables import Cell, table_of
from analysis.publication.render import as_html, as_latex
from analysis.publication.sheets import Sheet, sheets
from analysis.publication.write import render_sheets, write_sheets
from analysis.report.build import report_context
from analysis.report.read import read_inputs
from tests.report_inputs import write_inputs
from tests.test_report import Page

AWKWARD = "<script>alert('x')</script> & 50% $a_b$ #1 {c} ~ ^ \\cmd"
DOCUMENT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{array,booktabs,caption,longtable}
\begin{document}
%s
\end{document}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = write_inputs(tmp_path_factory.mktemp("run") / "demo", authorities=20, indicators=3)
    inputs = read_inputs(folder)
    return sheets(inputs.evidence, report_context(inputs))


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "refused"
    write_inputs(folder, refused=("concordance", "adjusted"), authorities=5, indicators=2)
    inputs = read_inputs(folder)
    return sheets(inputs.evidence, report_context(inputs))


def sheet(*texts, rows=1):
    view = table_of(AWKWARD, texts, [(AWKWARD, Cell("−0.10 (−0.30 to 0.10)", -0.1))] * rows)
    return Sheet(AWKWARD, {AWKWARD: view}, (AWKWARD,))


def test_the_main_tables_are_there_with_whose_data_they_are(made):
    assert {"findings", "authorities", "model_comparison", "indicators"} <= set(made)
    for one in made.values():
        assert "Simulated panel: invented authorities. n = 153" in one.notes[-1]


def test_both_estimands_stand_in_one_table_under_their_names(made):
    page = Page(as_html(made["authorities"], "authorities"))

    assert page.text.count("As they stand") == page.text.count("At equal deprivation") == 1
    assert page.text.count("Eastbrook 4") == 2


def test_names_are_text_in_html():
    page = Page(as_html(sheet(AWKWARD, "ρ"), "awkward"))

    assert not page.all("script")
    assert page.text.count("<script>alert('x')</script> & 50%") == 6  # title twice


def test_names_are_text_in_latex_and_signs_are_mathematics():
    text = as_latex(sheet("Name", "ρ"), "awkward")

    assert r"\& 50\% \$a\_b\$ \#1 \{c\}" in text
    assert "$-$0.10~($-$0.30~to~0.10)" in text
    assert r"$\rho$" in text
    assert not re.search(r"(?<!\\)[%#&_](?![&])", text.split(r"\toprule")[0].split("}}")[-1])


def test_a_long_table_repeats_its_headings_and_not_its_title():
    text = as_latex(sheet("Name", "ρ", rows=40), "long")

    assert text.count(r"Name & $\rho$") == 2
    assert text.count(r"\caption*") == text.count(r"\endhead") == text.count(r"\endfirsthead") == 1


def test_the_same_sheet_gives_the_same_bytes(made):
    for render in (as_html, as_latex):
        assert render(made["findings"], "findings") == render(made["findings"], "findings")


def test_nothing_refused_is_printed(refused):
    table = refused["findings"].parts[""]

    assert [[cell.text for cell in row[1:]] for row in table.rows] == [
        ["No verdict", *["–"] * 5]
    ] * 2
    assert not {"authorities", "model_comparison", "decile_table", "indicators"} & set(refused)
    assert "0.12" not in as_html(refused["link"], "link")


def test_what_an_earlier_report_left_is_removed(tmp_path, made, refused):
    write_sheets(render_sheets({"indicators": made["indicators"]}), tmp_path)
    write_sheets(render_sheets({"link": refused["link"]}), tmp_path)

    assert not (tmp_path / "indicators.tex").exists()
    assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".tex"}


def test_findings_carry_errors_and_ceilings(made):
    row = [cell.text for cell in made["findings"].parts[""].rows[0]]

    assert row[2] == "0.12 (−0.06 to 0.30)"
    assert row[4:6] == ["1.22 (0.05)", "1.79"]


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="wants pdflatex (texlive)")
def test_latex_takes_every_table(tmp_path, made):
    body = "\n".join(as_latex(one, name) for name, one in made.items() if name != "authorities")
    (tmp_path / "all.tex").write_text(DOCUMENT % (body + as_latex(sheet("A", "B"), "a")), "utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )

    assert done.returncode == 0, done.stdout[-800:]
