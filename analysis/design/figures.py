"""A design's figures as files: power by link, and what the evidence would say."""

from pathlib import Path

import pandas as pd

from analysis.design.config import DesignConfig
from analysis.plots.design import draw_power, draw_shares
from analysis.plots.saving import save_figure
from analysis.plots.style import Width

_WIDTHS: dict[Width, str] = {"wide": "", "narrow": "-narrow"}


def write_figures(cells: pd.DataFrame, config: DesignConfig, folder: Path) -> None:
    """Draw both figures for a desk and for a telephone, as SVG, PNG and PDF.

    Parameters
    ----------
    cells
        As :func:`analysis.design.summarise.summarise_cells` gives them.
    config
        The design.
    folder
        Where the files are to stand.
    """
    odds = config.odds[0]
    note = (
        f"{config.panels} simulated panels a link. Estimand: {config.estimand}. Fitted by the "
        "screening approximation."
    )
    titles = {
        "power": f"{config.title}: probability of a Bayes factor above {odds:g} for a link, by "
        "its true size",
        "shares": f"{config.title}: what the evidence would say, at a Bayes factor of {odds:g}",
    }
    bars = " Bars are 2 Monte Carlo standard errors."
    drawn = {"power": (draw_power, note + bars), "shares": (draw_shares, note)}
    for name, (draw, words) in drawn.items():
        for width, suffix in _WIDTHS.items():
            save_figure(
                draw(cells, odds=odds, power=config.power, width=width),
                folder,
                name + suffix,
                title=titles[name],
                note=words,
                alternative=_alternative(cells, odds),
            )


def _alternative(cells: pd.DataFrame, odds: float) -> str:
    """Say in words what the figures show."""
    rows = cells.drop_duplicates(["authorities", "noise", "correlation"])
    return " ".join(
        f"{row['authorities']:.0f} authorities, noise {row['noise']:g}, rho "
        f"{row['correlation']:.2f}: {row[f'for_{odds:g}']:.0%} for a link, "
        f"{row[f'against_{odds:g}']:.0%} for no link."
        for _, row in rows.iterrows()
    )
