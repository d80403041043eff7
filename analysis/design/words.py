"""What a design analysis will compute, and what it found, as text for the terminal."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from analysis.design.config import DesignConfig
from analysis.design.summarise import KEYS

# CPU seconds, measured on the presets: docs/design.md.
PREPARE, PANEL, SINGLE, REPEATED, SUB = 20.0, 0.05, 0.01, 0.15, 2.0


def describe_plan(config: DesignConfig, blocks: int, finished: int) -> str:
    """State what would be computed, what is there, and how much processor time it would take.

    Parameters
    ----------
    config
        The design.
    blocks, finished
        Blocks in all, and of them those whose result is there.
    """
    grid = config.grid
    axes = {name: values for name, values in grid if isinstance(values, tuple) and values}
    if grid.sub_panels:
        axes["sub_panels"] = (grid.sub_panels,)
    settings = len(grid.authorities) * len(grid.noise)
    all_panels, cells = PANEL * config.panels, 0
    for judgements in grid.judgements:
        for sub in grid.sub_judgements:
            cost = SUB if sub else SINGLE if judgements == 1 else REPEATED
            own = len(grid.links_of(sub)) * len(grid.reliability)
            all_panels += cost * own * grid.panels_of(sub, config.panels)
            cells += own * settings
    left = all_panels * settings * (blocks - finished) / max(blocks, 1)
    total = timedelta(seconds=round(left + PREPARE * (1 + len(grid.authorities))))
    return "\n".join(
        [
            f"{config.title}: {cells} cells of {config.panels} panels, {blocks} blocks, "
            f"{finished} finished.",
            *(f"  {name}: {', '.join(map(str, values))}" for name, values in axes.items()),
            f"About {total} of processor time, divided by the number of workers.",
        ]
    )


def describe(tables: Mapping[str, pd.DataFrame], config: DesignConfig) -> str:
    """Put a finished design analysis into lines.

    Parameters
    ----------
    tables
        ``cells`` and ``detectable``, as :mod:`analysis.design.summarise` gives them.
    config
        What they were made from.
    """
    cells, smallest = tables["cells"], tables["detectable"]
    lines = [
        f"{config.title}: {config.estimand}, {config.panels} simulated panels a link unless the "
        "last column says otherwise, fitted by the screening approximation.",
        "Shares of panels, Monte Carlo standard errors in brackets. link: of quality itself with "
        "effectiveness; rho: of one judgement.",
    ]
    odds = config.odds[0]
    for key, rows in cells.groupby(KEYS, sort=True):
        labels = dict(zip(KEYS, key, strict=True))
        lines += ["", describe_cell(labels)]
        lines.append(
            f"{'link':>6} {'rho':>6} {'for >' + f'{odds:g}':>12} {'no link >' + f'{odds:g}':>13} "
            f"{'neither':>12} {'misleading':>12} {'width':>13} {'fits':>6}"
        )
        lines += [_line(row, odds) for row in rows.to_dict("records")]
        own = smallest[(smallest[KEYS] == pd.Series(labels)).all(axis=1)].to_dict("records")
        lines += [_smallest(row) for row in own]
        lines.append(
            f"  Largest Bayes factor for no link: about {own[0]['ceiling']:.1f}; the largest "
            f"found {rows['largest_for_none'].max():.1f}."
        )
    return "\n".join(lines)


def describe_cell(labels: Mapping[Any, Any]) -> str:
    """Name a cell of the grid, but for the link."""
    several = labels["judgements"] > 1
    each = f"{labels['judgements']} inspections each" if several else "one inspection each"
    what = "four sub-judgements" if labels["sub_judgements"] else "overall judgement"
    noise = "" if labels["noise"] == 1 else f", noise × {labels['noise']:g}"
    return (
        f"{labels['authorities']} authorities, {each}, {what}, reliability "
        f"{labels['reliability']:g}{noise}"
    )


def _line(row: Mapping[Any, Any], odds: float) -> str:
    """Put one true link on a line."""
    shares = [
        f"{row[f'{kind}_{odds:g}']:.2f} ({row[f'{kind}_{odds:g}_mcse']:.2f})"
        for kind in ("for", "against", "inconclusive", "misleading")
    ]
    width = f"{row['width']:.2f} ({row['width_mcse']:.3f})"
    return (
        f"{row['link']:6.2f} {row['correlation']:6.2f} {shares[0]:>12} {shares[1]:>13} "
        f"{shares[2]:>12} {shares[3]:>12} {width:>13} {int(row['panels']):6d}"
    )


def _smallest(row: Mapping[Any, Any]) -> str:
    """State what can be detected by one criterion."""
    what = str(row["criterion"])
    words = (
        "an interval beyond 0"
        if what.startswith("interval")
        else f"a Bayes factor above {what.removeprefix('for_')}"
    )
    wanted = f"  Detected with probability {row['power']:g} by {words}: "
    if np.isnan(row["link"]):
        return f"{wanted}no link up to {row['largest_link']:g}."
    error = "" if np.isnan(row["link_mcse"]) else f" ({row['link_mcse']:.3f})"
    return f"{wanted}a link of {row['link']:.2f}{error}, rho {row['correlation']:.2f}."
