"""The report in a browser: it works, asks for nothing, and can be read by anyone."""

import json
from importlib.resources import files

import pytest
from pypdf import PdfReader

from analysis.pages.paper import pages_of_anchors
from analysis.report.build import write_report
from tests.browser import Opened, headless_chromium
from tests.report_inputs import HOSTILE, LONG, NON_LATIN, write_inputs

AXE = files("axe_playwright_python") / "axe.min.js"
TABLE = "table[data-choices]"


@pytest.fixture(scope="module")
def browser():
    with headless_chromium() as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory, browser, drawing_once):
    folder = write_inputs(tmp_path_factory.mktemp("run") / "demo", authorities=12, indicators=5)
    with drawing_once():
        return write_report(folder, pdf=True, authorities=(HOSTILE,))


@pytest.fixture
def opened(browser, report):
    contexts = []

    def open_it(**settings):
        one = Opened(browser, report, **settings)
        contexts.append(one.context)
        return one

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def page(opened):
    return opened().page


def unfold(page):
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def column(page, place):
    return page.evaluate(
        f"""[...document.querySelector('{TABLE}').tBodies[0].rows]
        .filter((row) => !row.hidden).map((row) => row.cells[{place}].textContent.trim())"""
    )


def test_it_complains_of_nothing_and_asks_for_nothing(opened):
    one = opened()
    unfold(one.page)
    one.page.wait_for_load_state("networkidle")

    assert one.complaints == []
    assert [url for url in one.requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(opened, width):
    page = opened(width=width).page
    unfold(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_desk_every_table_stands_whole_beside_the_contents(opened):
    page = opened(width=1280).page
    unfold(page)
    wide = page.evaluate(
        """[...document.querySelectorAll(".scroll")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1)
        .map((one) => `${one.ariaLabel}: ${one.scrollWidth} of ${one.clientWidth}`)"""
    )

    assert wide == []


def test_nothing_is_wider_than_a_sheet_for_then_a_browser_shrinks_every_page(opened):
    page = opened(width=673).page  # A4 less its margins, in pixels of CSS
    page.emulate_media(media="print")
    unfold(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 673


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_check_finds_nothing_serious(opened, scheme):
    page = opened(scheme=scheme).page
    unfold(page)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (rule["id"], rule["nodes"][0]["html"][:200], rule["nodes"][0]["failureSummary"])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]

    assert found["passes"]
    assert serious == [], json.dumps(serious, indent=1)


def test_a_table_sorts_by_numbers_and_by_names_both_ways(page):
    unfold(page)
    heads = page.locator(f"{TABLE} >> nth=0").locator("thead button")
    heads.nth(4).click()
    up = page.evaluate(
        f"""[...document.querySelector('{TABLE}').tBodies[0].rows]
        .map((row) => Number(row.cells[4].dataset.key))"""
    )
    heads.nth(0).click()
    names = column(page, 0)
    heads.nth(0).click()

    assert up == sorted(up)
    assert len(set(up)) == 12
    assert column(page, 0) == names[::-1] != names


def test_a_table_filters_by_name_and_by_choice_and_says_how_many_are_left(page):
    unfold(page)
    group = page.locator(".filter").first
    everyone = column(page, 0)
    group.get_by_label("Authority contains").fill("eastbrook")
    named = column(page, 0)
    group.get_by_label("Authority contains").fill("")
    group.get_by_label("Region").select_option("London")
    chosen = column(page, 1)
    group.get_by_label("Judgement").select_option("None")

    assert named == [name for name in everyone if "Eastbrook" in name]
    assert 0 < len(named) < len(everyone) == 12
    assert set(chosen) == {"London"}
    assert group.locator("output").inner_text() == f"{len(column(page, 0))} of 12 shown"


def test_a_link_to_an_authority_unfolds_its_part(page):
    unfold(page)
    page.evaluate(
        "document.querySelectorAll('.authority').forEach((one) => { one.open = false; })"
    )
    link = page.locator(f"{TABLE} tbody a").first
    target = link.get_attribute("href")
    link.click()

    part = page.locator(target)
    assert part.evaluate("(one) => one.open")
    assert part.locator("h3").inner_text() == link.inner_text()
    assert page.locator(".authority[open]").count() == 1


def test_every_anchor_leads_somewhere(page):
    lost = page.evaluate(
        """[...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href'))
        .filter((href) => !document.getElementById(href.slice(1)))"""
    )

    assert lost == []


def test_everything_can_be_reached_by_keyboard(page):
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    reached = page.evaluate("location.hash")
    summary = page.locator("#authorities summary").nth(1)
    summary.focus()
    page.keyboard.press("Enter")

    assert first == "Skip to the findings"
    assert reached == "#main"
    assert summary.evaluate("(one) => one.parentElement.open")


def test_hostile_names_are_shown_as_text(page):
    unfold(page)
    names = page.locator(".authority h3").all_text_contents()

    assert {HOSTILE, LONG, NON_LATIN} <= set(names)
    assert page.locator("script").count() == 1
    assert page.locator("main").evaluate("(one) => one.textContent.includes('<b>&amp;')")


def test_without_scripts_everything_is_there(opened):
    page = opened(script=False).page

    assert page.locator(".authority").count() == 12
    assert page.locator(f"{TABLE} >> nth=0").locator("tbody tr").count() == 12
    assert page.locator(".filter, thead button").count() == 0


# On paper


@pytest.fixture(scope="module")
def leaves(report):
    return PdfReader(report.with_suffix(".pdf")).pages


def text_of(leaf):
    return " ".join(leaf.extract_text().split())


def test_every_leaf_is_a4_and_says_its_number_and_that_the_panel_is_simulated(leaves):
    for number, leaf in enumerate(leaves, start=1):
        assert [round(float(one)) for one in leaf.mediabox[2:]] == [595, 842]
        assert f"{number} of {len(leaves)}" in text_of(leaf)
        assert "Simulated panel" in text_of(leaf)


def test_the_table_of_contents_tells_the_page_on_which_each_part_is(page, report, leaves):
    parts = page.locator("nav a").evaluate_all(
        "(links) => links.map((one) => [one.hash.slice(1), one.textContent])"
    )
    found = pages_of_anchors(report.with_suffix(".pdf"))
    contents = text_of(leaves[0]).split("Contents", 1)[1]

    assert len(parts) >= 12
    for anchor, name in parts:
        assert f"{name} {found[anchor]}" in contents
        assert name in text_of(leaves[found[anchor] - 1])


def test_paper_holds_folded_tables_and_of_the_authorities_those_asked_for(leaves):
    whole = " ".join(map(text_of, leaves))

    assert "This copy holds the parts of 1 of 12 authorities." in whole
    assert whole.count("latest published figures, each with") == 1
    assert HOSTILE.split()[0] in whole
    assert whole.count("Every authority. Ranks run from 1") == 2
