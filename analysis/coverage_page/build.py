"""A panel in, its coverage page out, with the figures and the tables behind them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from analysis.coverage_page import figures, views
from analysis.coverage_page.captions import FUNNEL_METHOD
from analysis.coverage_page.dictionary import write_dictionary
from analysis.coverage_page.funnel_tables import FunnelTables, funnel_tables
from analysis.coverage_page.records import (
    cells_by_series,
    count_transitions,
    deprivation_table,
)
from analysis.files.spreadsheet import write_csv
from analysis.pages.illustrations import Illustration, save_illustrations
from analysis.pages.page import environment, page_part, write_page
from analysis.plots.statuses import domain_name
from analysis.plots.style import GRADE_COLOURS
from analysis.words.numerals import plural
from analysis.words.panels import size_sentence, whose_data
from analysis.words.whose import whose
from data.adjacency import FILE, read_boundaries
from data.origin import is_england


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """The tables behind the figures."""

    coverage: pd.DataFrame
    funnels: FunnelTables
    transitions: pd.DataFrame
    deprivation: pd.DataFrame

    def save(self, folder: Path) -> None:
        """Write each table that has rows."""
        named = {
            "coverage": self.coverage,
            "funnels": self.funnels.indicators.reset_index(),
            "funnel_authorities": self.funnels.authorities,
            "transitions": self.transitions,
            "deprivation": self.deprivation,
        }
        for name, table in named.items():
            if len(table):
                write_csv(table, folder / f"{name}.csv")


def write_coverage_page(panel: xr.Dataset, folder: Path, data_root: Path | None = None) -> Path:
    """Write ``coverage.html``, ``figures/``, a CSV behind each figure and their dictionary.

    Parameters
    ----------
    panel
        A valid panel, published or simulated.
    folder
        Where they are to stand.
    data_root
        Folder of the published files, for the boundaries of the maps; without it, and
        for a simulated panel, the page says why it has no map.

    Returns
    -------
    Path
        The page: one file that loads nothing from anywhere.

    Raises
    ------
    data.panel.PanelError
        If the boundary file is there and cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = _Tables(
        cells_by_series(panel),
        funnel_tables(panel),
        count_transitions(panel),
        deprivation_table(panel),
    )
    no_map = _why_no_map(panel, data_root)
    whose = whose_data(panel)
    drawn = _illustrate(tables, whose, None if no_map else data_root)
    page = (
        environment("analysis.coverage_page")
        .get_template("page.html")
        .render(
            **_context(panel, tables, no_map),
            figures=drawn,
            grade_colours=GRADE_COLOURS,
            styles=page_part("style.css"),
            script=page_part("page.js"),
        )
    )
    tables.save(folder)
    write_dictionary(folder)
    save_illustrations(drawn, folder / "figures")
    return write_page(page, folder / "coverage.html")


def _why_no_map(panel: xr.Dataset, data_root: Path | None) -> str:
    """State why there can be no map, or nothing where there can be."""
    if panel.attrs["simulated"]:
        return "The panel is simulated: its authorities are invented and lie nowhere."
    if not is_england(panel):
        return "No boundaries are known of this panel’s authorities."
    if "deprivation_vintage" not in panel:
        return "The panel does not hold the vintages of the index of deprivation."
    if data_root is None:
        return "The folder of published files was not named, so there are no boundaries to draw."
    if not (data_root / FILE).is_file():
        return "The folder of published files has no file of boundaries."
    return ""


def _illustrate(tables: _Tables, whose: str, data_root: Path | None) -> dict[str, Illustration]:
    """Draw every figure that there is something to show in."""
    drawn = {"coverage": figures.illustrate_statuses(tables.coverage, whose)}
    drawn |= figures.illustrate_funnels(tables.funnels, whose)
    if len(tables.transitions):
        drawn["transitions"] = figures.illustrate_transitions(tables.transitions, whose)
    if data_root is not None:
        shapes = read_boundaries(data_root)
        drawn["deprivation"] = figures.illustrate_maps(tables.deprivation, shapes, whose)
    return drawn


def _context(panel: xr.Dataset, tables: _Tables, no_map: str) -> dict[str, Any]:
    """Gather all that the template names."""
    simulated = bool(panel.attrs["simulated"])
    of_whom = whose(simulated=simulated, england=is_england(panel))
    domains = tables.funnels.indicators["domain"].value_counts(sort=False)
    return {
        "simulated": simulated,
        "whose": of_whom,
        "banner_text": of_whom.banner,
        "title": panel.attrs.get("title", ""),
        "told": size_sentence(panel),
        "release": panel.attrs["release"],
        "funnels": [
            (
                figures.funnels_key(str(domain)),
                f"{domain_name(str(domain))}, {plural(count, 'indicator')}",
            )
            for domain, count in domains.items()
        ],
        "funnel_method": FUNNEL_METHOD,
        "rates": views.rates_sentence(panel),
        "coverage_table": views.coverage_view(tables.coverage),
        "breaks_table": views.breaks_view(tables.coverage),
        "funnels_table": views.funnels_view(tables.funnels.indicators),
        "transitions_table": views.transitions_view(tables.transitions),
        "no_map": no_map,
    }
