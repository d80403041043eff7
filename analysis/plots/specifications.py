"""A grid of specifications in pictures: the curve with its choices, what moves it, the evidence.

One curve for each estimand: estimands are never pooled. Each figure is drawn for a desk, and
with the ending ``_narrow`` for a telephone.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.plots.saving import save_figure
from analysis.plots.style import (
    DARK_BLUE,
    DARK_PINK,
    ESTIMAND_COLOURS,
    GREY,
    INK,
    PALE_GREY,
    SCREENS,
    TURQUOISE,
    Width,
    house_style,
    is_broad,
    new_figure,
)
from analysis.record.thresholds import MODERATE
from analysis.words.vocabulary import AGAINST, NOT_ENOUGH

AXIS = "axis: "
"""Begins the names of columns that hold the option on an axis."""
_EVIDENCE_COLOURS = {"for": DARK_BLUE, "inconclusive": GREY, "against": DARK_PINK}
_EVIDENCE_WORDS = {
    "for": "speaks for a link",
    "inconclusive": NOT_ENOUGH,
    "against": f"speaks {AGAINST}",
}
_SAMPLED = {"sampled": ("o", "sampled by NUTS"), "unconverged": ("x", "NUTS did not converge")}
_MODERATE = math.log(MODERATE)
_ROW_INCHES = 0.19


def axes_of(table: pd.DataFrame) -> list[str]:
    """Name the table's axes, the estimand left out."""
    names = [str(name).removeprefix(AXIS) for name in table if str(name).startswith(AXIS)]
    return [name for name in names if name != "estimand"]


def write_figures(
    table: pd.DataFrame,
    axes: pd.DataFrame,
    shares: pd.DataFrame,
    summary: Mapping[str, Mapping[str, Any]],
    title: str,
    folder: Path,
) -> None:
    """Draw and save every figure of a grid at both widths, as SVG and PNG.

    Parameters
    ----------
    table
        The grid's table with the column ``evidence``.
    axes, shares, summary
        :mod:`analysis.sensitivity.axes` and :mod:`analysis.sensitivity.shares`.
    title
        Of what was analysed.
    folder
        Made if it is not there.
    """
    for estimand, own in table.groupby("estimand"):
        name, told = str(estimand), summary[str(estimand)]["sentence"]
        if own["rho_mean"].notna().any():
            note = (
                f"{title}. Each column is one specification, ordered by ρ; its interval is the "
                "posterior's. Dots alone are screened by a Laplace approximation; where NUTS did "
                "not converge the screen's value is shown. Below, grey: Bayes factors under 3 "
                "either way; line: the largest for no link that was possible."
            )
            _save(
                partial(draw_curve, own),
                folder,
                f"curve_{name}",
                title=f"{_speaking(summary[name])} specifications speak for a link ({name})",
                note=note,
                alternative=told,
            )
    if len(axes):
        _save(
            partial(draw_axis_shares, axes),
            folder,
            "axes",
            title=_title_of_axes(summary),
            note=f"{title}. Share of the variance of ρ over specifications; lines are 95% over "
            "resamples of the specifications.",
            alternative="; ".join(
                f"{row.estimand}, {row.axis}: {row.share:.0%}" for row in axes.itertuples()
            ),
        )
    _save(
        partial(draw_evidence, shares),
        folder,
        "evidence",
        title="Specifications for a link: "
        + ", ".join(f"{_speaking(one)} ({name})" for name, one in summary.items()),
        note=f"{title}. Bayes factors of 3 or more either way, errors allowed for. Numbers are of "
        "specifications; in brackets, how many of them failed the convergence gate of NUTS.",
        alternative="; ".join(
            f"{row.estimand}, {row.evidence}: {row.specifications}" for row in shares.itertuples()
        ),
    )


def _speaking(summary: Mapping[str, Any]) -> str:
    """Count the specifications that speak for a link."""
    return f"{summary['counts']['for']} of {summary['answered']}"


def _title_of_axes(summary: Mapping[str, Mapping[str, Any]]) -> str:
    """Name the choice that moves the link most, for each estimand where they differ."""
    moved = {name: str(one["most_moved_by"]).replace("_", " ") for name, one in summary.items()}
    if len(set(moved.values())) == 1:
        return f"The choice that moves the link most: {next(iter(moved.values()))}"
    return "Most moved by " + ", ".join(f"{one} ({name})" for name, one in moved.items())


def _save(draw: Callable[[Width], Figure], folder: Path, key: str, **words: str) -> None:
    """Save a figure at both widths."""
    for width in SCREENS:
        name = key if is_broad(width) else f"{key}_{width}"
        save_figure(
            draw(width), folder, name, title=words["title"], note=words["note"],
            alternative=words["alternative"], forms=("svg", "png"),
        )  # fmt: skip


def draw_curve(own: pd.DataFrame, width: Width = "wide") -> Figure:
    """Draw one estimand's specifications in the order of ρ, their Bayes factors, their choices.

    Parameters
    ----------
    own
        Rows of one estimand, with ``evidence``.
    width
        For a desk or for a telephone.
    """
    rows = own.dropna(subset="rho_mean").sort_values("rho_mean", kind="stable")
    axes = [name for name in axes_of(rows) if rows[AXIS + name].unique().size > 1]
    options = {name: list(dict.fromkeys(own[AXIS + name])) for name in axes}
    lines = len(axes) + sum(map(len, options.values()))
    place = np.arange(len(rows))
    with house_style(width):
        heights = [2.3, 1.1, max(_ROW_INCHES * lines, 0.4)]
        figure = new_figure(width, sum(heights) + 0.6)
        curve, factors, choices = figure.subplots(3, 1, sharex=True, height_ratios=heights)
        _draw_links(curve, place, rows, columns=2 if is_broad(width) else 1)
        _draw_factors(factors, place, rows)
        _draw_choices(choices, place, rows, options)
        beyond = max(1.0, len(rows) / 100)
        choices.set_xlim(-beyond, len(rows) - 1 + beyond)
        return figure


def _draw_links(axes: Axes, place: np.ndarray, rows: pd.DataFrame, columns: int) -> None:
    """Draw ρ with its intervals, coloured by what it speaks for."""
    axes.axhline(0, color=INK, linewidth=0.8)
    for kind, colour in _EVIDENCE_COLOURS.items():
        at = (rows["evidence"] == kind).to_numpy()
        if not at.any():
            continue
        low, high = rows["rho_lower"].to_numpy(float), rows["rho_upper"].to_numpy(float)
        axes.vlines(place[at], low[at], high[at], color=colour, alpha=0.3, linewidth=1)
        label = _EVIDENCE_WORDS[kind]
        axes.plot(place[at], rows["rho_mean"][at], ".", color=colour, markersize=3, label=label)
    for status, (marker, label) in _SAMPLED.items():
        at = (rows["status"] == status).to_numpy()
        if not at.any():
            continue
        axes.plot(
            place[at],
            rows["rho_mean"][at],
            marker,
            color=INK,
            markerfacecolor="none",
            markersize=5,
            label=label,
        )
    axes.set_ylabel("Link ρ")
    legend = axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False)
    for handle in legend.legend_handles:
        if isinstance(handle, Line2D):
            handle.set_markersize(7)


def _draw_factors(axes: Axes, place: np.ndarray, rows: pd.DataFrame) -> None:
    """Draw log Bayes factors for no link under their ceilings."""
    axes.axhspan(-_MODERATE, _MODERATE, color=PALE_GREY, linewidth=0, zorder=0)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.plot(place, rows["log_bf_ceiling"], color=TURQUOISE, linewidth=1.2)
    axes.plot(place, rows["log_bf"], ".", color=INK, markersize=3)
    axes.set_ylabel("Log Bayes factor\nfor no link")


def _draw_choices(
    axes: Axes, place: np.ndarray, rows: pd.DataFrame, options: dict[str, list[str]]
) -> None:
    """Mark below each specification what was chosen for it."""
    labels, height = [], 0.0
    for name, own in options.items():
        labels.append((height, f"{name.replace('_', ' ')}:", True))
        for option in own:
            height -= 1.0
            at = (rows[AXIS + name] == option).to_numpy()
            axes.plot(place[at], np.full(at.sum(), height), "|", color=INK, markersize=5)
            labels.append((height, option.replace("_", " "), False))
        height -= 1.0
    axes.set_yticks([at for at, _, _ in labels], [text for _, text, _ in labels])
    for tick, (_, _, heading) in zip(axes.get_yticklabels(), labels, strict=True):
        tick.set_fontsize("small")
        tick.set_fontweight("bold" if heading else "normal")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(height + 0.4, 0.8)
    axes.grid(visible=False)
    axes.set_xlabel("Specifications in the order of ρ")


def draw_axis_shares(shares: pd.DataFrame, width: Width = "wide") -> Figure:
    """Draw each axis's share of the variance of ρ, a panel an estimand."""
    estimands = list(dict.fromkeys(shares["estimand"]))
    beside = is_broad(width)
    with house_style(width):
        most = int(shares.groupby("estimand").size().max())
        rows, columns = (1, len(estimands)) if beside else (len(estimands), 1)
        figure = new_figure(width, rows * (0.3 * most + 1.0))
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, estimand in zip(panels, estimands, strict=True):
            own = shares[shares["estimand"] == estimand].iloc[::-1]
            at = np.arange(len(own))
            colour = ESTIMAND_COLOURS.get(str(estimand), DARK_BLUE)
            axes.hlines(at, own["lower"], own["upper"], color=colour, linewidth=1.5)
            axes.plot(own["share"], at, "o", color=colour)
            axes.set_yticks(at, [str(name).replace("_", " ") for name in own["axis"]])
            axes.set_title(str(estimand).capitalize())
            axes.set_xlabel("Share of the variance of ρ")
            axes.set_xlim(-0.02, 1.02)
            axes.tick_params(axis="x", labelbottom=True)
        return figure


def draw_evidence(shares: pd.DataFrame, width: Width = "wide") -> Figure:
    """Draw what share of specifications speaks for, against or for neither, a bar an estimand."""
    estimands = list(dict.fromkeys(shares["estimand"]))[::-1]
    columns = 3 if is_broad(width) else 1
    with house_style(width):
        figure = new_figure(width, 0.55 * len(estimands) + 1.2)
        axes = figure.subplots()
        for at, estimand in enumerate(estimands):
            own = shares[shares["estimand"] == estimand].set_index("evidence")
            left = 0.0
            for kind, colour in _EVIDENCE_COLOURS.items():
                row = own.loc[kind]
                number, share = int(row["specifications"]), float(np.nan_to_num(row["share"]))
                axes.barh(
                    at, share, left=left, color=colour, height=0.6,
                    label=_EVIDENCE_WORDS[kind] if at == 0 else None,
                )  # fmt: skip
                if number:
                    text = f"{number} ({int(row['unconverged'])})"
                    axes.text(left + share / 2, at, text, ha="center", va="center", color="white")
                left += share
        axes.set_yticks(range(len(estimands)), [str(one).capitalize() for one in estimands])
        axes.set_xlabel("Share of the specifications")
        axes.set_xlim(0, 1)
        axes.grid(visible=False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False)
        return figure
