"""A design's figures as files: power by link, and what the evidence would say."""

from pathlib import Path
from typing import get_args

import pandas as pd

from analysis.design.config import DesignConfig
from analysis.plots.design import draw_power, draw_shares
from analysis.plots.style import Width, label_figure, render


def write_figures(cells: pd.DataFrame, config: DesignConfig, folder: Path) -> None:
    """Draw both figures at both widths, as SVG and PNG.

    Parameters
    ----------
    cells
        As :func:`analysis.design.summarise.summarise_cells` gives them.
    config
        The design.
    folder
        Where the files are to stand.
    """
    folder.mkdir(exist_ok=True)
    odds = config.odds[0]
    note = (
        f"{config.panels} simulated panels a link; bars are 2 Monte Carlo standard errors. "
        f"Estimand: {config.estimand}. Fitted by the screening approximation."
    )
    drawn = {
        "power": (
            draw_power,
            f"Probability of a Bayes factor above {odds:g} for a link, by its true size",
        ),
        "shares": (draw_shares, f"What the evidence would say, at a Bayes factor of {odds:g}"),
    }
    for name, (draw, title) in drawn.items():
        for width in get_args(Width):
            figure = draw(cells, odds=odds, power=config.power, width=width)
            label_figure(figure, f"{config.title}: {title[0].lower()}{title[1:]}", note)
            suffix = "" if width == "wide" else "-narrow"
            for kind in ("svg", "png"):
                (folder / f"{name}{suffix}.{kind}").write_bytes(render(figure, kind, title))
