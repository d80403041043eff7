"""Folders of finished runs in, one page about their differences out."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.files.fits import code_identity
from analysis.files.spreadsheet import write_csv
from analysis.pages.illustrations import Illustration, illustration, save_illustrations
from analysis.pages.page import environment, page_part, write_page
from analysis.plots.style import GRADE_COLOURS, SCREENS
from analysis.report.words import banner
from analysis.side_by_side import dictionary, figures, tables, words
from analysis.side_by_side.agreement import Agreement, View, agreement
from analysis.side_by_side.configurations import differences_table
from analysis.side_by_side.sides import Side, read_sides
from analysis.words.numerals import interval_name
from analysis.words.vocabulary import ESTIMANDS
from data.folders import whole_folder

KIND = "comparison of runs"


def write_comparison(
    folders: Sequence[Path], folder: Path | None = None, *, pdf: bool = False
) -> Path:
    """Write a page that sets finished runs side by side, with its figures and tables.

    Parameters
    ----------
    folders
        Of the runs, two to six, in the order in which they are to stand; the first is what
        the others are compared with.
    folder
        Where ``comparison.html``, ``figures/`` and ``tables/`` are to stand;
        ``runs/comparison-HASH`` if not given. What this function wrote there before gives way.
    pdf
        Whether to print ``comparison.pdf`` as well.

    Returns
    -------
    Path
        The page: one file that loads nothing from anywhere.

    Raises
    ------
    analysis.report.read.ReportError
        If a folder is no finished run, or the runs cannot be compared; nothing is written then.
    data.storage.StorageError
        If the folder holds anything else.
    """
    sides = read_sides(folders)
    found = _identity(folders)
    folder = folder or Path("runs") / f"comparison-{found[:12]}"
    identity = hashlib.sha256(f"{found} {pdf} {code_identity()}".encode()).hexdigest()
    with whole_folder(folder, KIND, identity, replaces=True) as place:
        if not place.finished:
            _fill(place.folder, sides, pdf)
    return folder / "comparison.html"


def _fill(folder: Path, sides: tuple[Side, ...], pdf: bool) -> None:
    """Compare, draw and write every file."""
    groups = _groups(sides)
    drawn = _illustrate(sides, groups)
    context = _context(sides, groups)

    def render(pages: Mapping[str, int]) -> str:
        template = environment("analysis.side_by_side").get_template("page.html")
        parts = {"styles": page_part("style.css"), "script": "" if pages else page_part("page.js")}
        return template.render(**context, **parts, figures=drawn, pages=pages)

    save_illustrations(drawn, folder / "figures")
    _write_tables(sides, groups, folder / "tables")
    write_page(render({}), folder / "comparison.html")
    if pdf:
        from analysis.pages.paper import print_with_contents

        print_with_contents(render, folder / "comparison.pdf")


def _groups(sides: tuple[Side, ...]) -> dict[str, tuple[str, list[Agreement]]]:
    """Compare the first run with each other, then both estimands within each run."""
    first = sides[0]
    groups = {}
    for other in sides[1:]:
        both = [name for name in ESTIMANDS if name in first.findings and name in other.findings]
        groups[f"{first.letter}-{other.letter}"] = (
            f"{first.letter} against {other.letter}",
            [agreement(View(first, name), View(other, name)) for name in both],
        )
    for side in sides:
        whole = len(side.findings) == len(ESTIMANDS)
        views = [View(side, name) for name in ESTIMANDS]
        groups[side.letter] = (
            f"{side.letter}: as they stand against at equal deprivation",
            [agreement(*views)] if whole else [],
        )
    return groups


def _illustrate(
    sides: tuple[Side, ...], groups: dict[str, tuple[str, list[Agreement]]]
) -> dict[str, Illustration]:
    """Draw the links and every comparison for which there are findings."""
    drawn: dict[str, Illustration] = {}
    rope = sides[0].inputs.evidence.settings.rope
    if any(side.findings for side in sides):
        links = {width: figures.draw_links(sides, rope, width=width) for width in SCREENS}
        drawn["links"] = illustration("links", links, words.describe_links(sides))
    for key, (title, found) in groups.items():
        if found:
            draw = partial(figures.draw_agreements, found)
            drawn[key] = illustration(
                key,
                {width: draw(width=width) for width in SCREENS},
                words.describe_agreements(found, title),
            )
    return drawn


def _context(
    sides: tuple[Side, ...], groups: dict[str, tuple[str, list[Agreement]]]
) -> dict[str, Any]:
    """Gather all that the template names."""
    evidence = sides[0].inputs.evidence
    return {
        "panel": evidence.panel,
        "whose": evidence.panel.whose,
        "banner_text": banner(evidence),
        "interval": interval_name(evidence.settings),
        "grade_colours": GRADE_COLOURS,
        "sides": sides,
        "runs_table": tables.runs_table(sides),
        "differences_table": differences_table(sides),
        "found": [words.found_sentence(name, sides) for name in ESTIMANDS],
        "links_table": tables.links_table(sides),
        "bayes_table": tables.bayes_table(sides),
        "prediction_table": tables.prediction_table(sides),
        "groups": [
            {
                "key": key,
                "title": title,
                "parts": [
                    {
                        "told": words.agreement_sentences(one),
                        "movers": tables.movers_table(one),
                        "every": tables.movers_table(one, every=True),
                    }
                    for one in found
                ],
            }
            for key, (title, found) in groups.items()
        ],
    }


def _write_tables(
    sides: tuple[Side, ...], groups: dict[str, tuple[str, list[Agreement]]], folder: Path
) -> None:
    """Write the numbers as CSV, with the dictionary of their columns."""
    written = {
        "links": dictionary.links(sides),
        "authorities": pd.concat(
            [
                one.table.assign(
                    first=one.first.side.folder.name,
                    first_estimand=one.first.estimand,
                    second=one.second.side.folder.name,
                    second_estimand=one.second.estimand,
                )
                for _, found in groups.values()
                for one in found
            ]
            or [pd.DataFrame()]
        ),
    }
    for name, table in {**written, "data_dictionary": dictionary.dictionary(written)}.items():
        write_csv(table, folder / f"{name}.csv")


def _identity(folders: Sequence[Path]) -> str:
    """Tell one comparison from another by what its runs found."""
    digest = hashlib.sha256()
    for folder in folders:
        digest.update((folder / "evidence.json").read_bytes())
        digest.update((folder / "provenance.json").read_bytes())
    return digest.hexdigest()
