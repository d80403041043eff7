"""The figures of the coverage page, drawn at both widths from the tables behind them."""

from collections.abc import Mapping

import pandas as pd
import shapely

from analysis.coverage_page import captions
from analysis.coverage_page.funnel_tables import FunnelTables
from analysis.pages.illustrations import Illustration, illustration
from analysis.plots.funnels import draw_funnels
from analysis.plots.maps import draw_fifths
from analysis.plots.statuses import domain_name, draw_statuses
from analysis.plots.style import SCREENS
from analysis.plots.transitions import draw_transitions
from data.characters import file_stem


def illustrate_statuses(table: pd.DataFrame, whose: str) -> Illustration:
    """Draw what was published, suppressed or missing."""
    drawn = {width: draw_statuses(table, width=width) for width in SCREENS}
    return illustration("coverage", drawn, captions.describe_statuses(table, whose))


def illustrate_funnels(tables: FunnelTables, whose: str) -> dict[str, Illustration]:
    """Draw a figure of small funnel plots for each domain that has counts."""
    found = {}
    for domain, own in tables.indicators.groupby("domain", sort=False):
        funnels = {str(one): tables.funnel(str(one)) for one in own.index}
        titles = {
            str(one): f"{title}, {year}"
            for one, title, year in zip(own.index, own["title"], own["year"], strict=True)
        }
        drawn = {
            width: draw_funnels(tables.authorities, funnels, titles, width=width)
            for width in SCREENS
        }
        told = captions.describe_funnels(own, domain_name(str(domain)), whose)
        key = funnels_key(str(domain))
        found[key] = illustration(key, drawn, told, "png")
    return found


def funnels_key(domain: str) -> str:
    """Name the figure of a domain; its file bears the name."""
    return f"funnels_{file_stem(domain)}"


def illustrate_transitions(table: pd.DataFrame, whose: str) -> Illustration:
    """Draw the flow of judgements."""
    drawn = {width: draw_transitions(table, width=width) for width in SCREENS}
    return illustration("transitions", drawn, captions.describe_transitions(table, whose))


def illustrate_maps(
    table: pd.DataFrame, shapes: Mapping[str, shapely.Geometry], whose: str
) -> Illustration:
    """Draw the maps of deprivation."""
    drawn = {width: draw_fifths(table, shapes, width=width) for width in SCREENS}
    return illustration("deprivation", drawn, captions.describe_maps(table, whose), "png")
