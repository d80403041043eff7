"""What a design analysis found, as text for the terminal."""

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.design.config import DesignConfig


def describe(folder: Path, config: DesignConfig) -> str:
    """Put a finished design analysis into lines.

    Parameters
    ----------
    folder
        Where it stands.
    config
        What it was made from.
    """
    cells = pd.read_csv(folder / "tables" / "cells.csv")
    smallest = pd.read_csv(folder / "tables" / "detectable.csv")
    lines = [
        f"{config.title}: {config.estimand}, {config.panels} simulated panels a link.",
        "Shares of panels, Monte Carlo standard errors in brackets. rho: a judgement's "
        "correlation with effectiveness.",
    ]
    odds = config.odds[0]
    for (authorities, noise), rows in cells.groupby(["authorities", "noise"], sort=True):
        lines.append(f"\n{authorities} authorities, noise x {noise:g}")
        lines.append(
            f"{'rho':>6} {'for >' + f'{odds:g}':>12} {'no link >' + f'{odds:g}':>13} "
            f"{'neither':>12} {'misleading':>12} {'width':>12} {'fits':>6}"
        )
        lines += [
            _line(row, odds)
            for _, row in rows.drop_duplicates("correlation").sort_values("correlation").iterrows()
        ]
        own = smallest[(smallest["authorities"] == authorities) & (smallest["noise"] == noise)]
        lines += [_smallest(row) for _, row in own.iterrows()]
        lines.append(f"  Largest Bayes factor for no link: about {own['ceiling'].iloc[0]:.1f}.")
    return "\n".join(lines)


def _line(row: pd.Series, odds: float) -> str:
    """Put one true correlation on a line."""
    shares = [
        f"{row[f'{kind}_{odds:g}']:.2f} ({row[f'{kind}_{odds:g}_mcse']:.2f})"
        for kind in ("for", "against", "inconclusive", "misleading")
    ]
    width = f"{row['width']:.2f} ({row['width_mcse']:.3f})"
    return (
        f"{row['correlation']:6.3f} {shares[0]:>12} {shares[1]:>13} {shares[2]:>12} "
        f"{shares[3]:>12} {width:>12} {int(row['panels']):6d}"
    )


def _smallest(row: pd.Series) -> str:
    """Say what can be detected by one criterion."""
    what = str(row["criterion"])
    words = (
        "an interval beyond 0"
        if what.startswith("interval")
        else f"a Bayes factor above {what.removeprefix('for_')}"
    )
    wanted = f"  Detected with probability {row['power']:g} by {words}: "
    if np.isnan(row["correlation"]):
        return f"{wanted}no rho up to {row['largest_correlation']:.2f}."
    error = "" if np.isnan(row["correlation_mcse"]) else f" ({row['correlation_mcse']:.3f})"
    link = (
        f", a link of {row['link']:.2f} with quality at reliability {row['reliability']:g}"
        if np.isfinite(row["link"])
        else f", which no link with quality reaches at reliability {row['reliability']:g}"
    )
    return f"{wanted}rho = {row['correlation']:.2f}{error}{link}."
