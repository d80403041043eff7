"""A design's figure as files, with its words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.design.config import DesignConfig
from analysis.design.summarise import KEYS
from analysis.design.words import describe_cell
from analysis.plots.design import draw_design
from analysis.plots.saving import save_figure
from analysis.plots.style import Width

_WIDTHS: dict[Width, str] = {"wide": "", "narrow": "-narrow"}
_MOST = 6


def write_figures(cells: pd.DataFrame, config: DesignConfig, folder: Path) -> None:
    """Draw the figure for a desk and for a telephone, as SVG, PNG and PDF.

    Parameters
    ----------
    cells
        As :func:`analysis.design.summarise.summarise_cells` gives them; of more than six
        cells the figure shows six, spread over the list, and its note says so.
    config
        The design.
    folder
        Where the files are to stand.
    """
    odds = config.odds[0]
    keys = cells[KEYS].drop_duplicates().to_dict("records")
    chosen = keys if len(keys) <= _MOST else [keys[at * len(keys) // _MOST] for at in range(_MOST)]
    shown = cells.merge(pd.DataFrame(chosen).assign(cell=range(len(chosen))), on=KEYS)
    titles = [_title(key, keys) for key in chosen]
    left_out = f" {_MOST} of {len(keys)} cells are shown; the table has all." * (len(keys) > _MOST)
    fewest, most = (int(end) for end in (shown["panels"].min(), shown["panels"].max()))
    panels = f"{most}" if fewest == most else f"{fewest} to {most}"
    note = (
        f"{config.title}. Evidence is a Bayes factor above {odds:g}. {panels} simulated panels a "
        f"point; bars are two Monte Carlo standard errors. Dashed: {config.power:.0%}. Estimand: "
        f"{config.estimand}. Fitted by the screening approximation.{left_out}"
    )
    for width, suffix in _WIDTHS.items():
        save_figure(
            draw_design(shown, titles, odds=odds, power=config.power, width=width),
            folder,
            f"design{suffix}",
            title=_finding(shown, odds, config.power),
            note=note,
            alternative=_alternative(shown, titles, odds),
        )


def _finding(cells: pd.DataFrame, odds: float, power: float) -> str:
    """State which of the links simulated is large enough to be found with the wanted power."""
    count = cells["cell"].nunique()
    strong = cells[(cells["link"] > 0) & (cells[f"for_{odds:g}"] >= power)]
    least = strong.groupby("cell")["link"].min()
    if least.empty:
        return f"None of the links simulated is found with a probability of {power:.0%}"
    first, last = float(least.min()), float(least.max())
    ends = f"{first:g} to {last:g}" if last > first else f"{first:g}"
    none = f"; none in {count - len(least)} of {count} cells" if len(least) < count else ""
    found = f"found with a probability of {power:.0%}"
    return f"Of the links simulated, the smallest {found} is {ends}{none}"


def _title(key: Mapping[Any, Any], keys: Sequence[Mapping[Any, Any]]) -> str:
    """Name a cell by what differs between cells; whole if nothing does."""
    words = describe_cell(key)
    parts = words.split(", ")
    common = [set(describe_cell(other).split(", ")) for other in keys]
    own = [part for part in parts if not all(part in other for other in common)]
    title = ", ".join(own) or words
    return title[0].upper() + title[1:]


def _alternative(cells: pd.DataFrame, titles: list[str], odds: float) -> str:
    """State in words what the figure shows."""
    return " ".join(
        f"{titles[int(row['cell'])]}, link {row['link']:g}: {row[f'for_{odds:g}']:.0%} for a "
        f"link, {row[f'against_{odds:g}']:.0%} for none."
        for row in cells.to_dict("records")
    )
