"""What was published, suppressed or missing, by indicator and year."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray
from pandas import DataFrame

from analysis.plots.coverage import label_grid
from analysis.plots.style import DARK_BLUE, INK, ORANGE, Width, house_style, is_broad, new_figure

STATUS_COLOURS = {"observed": DARK_BLUE, "suppressed": ORANGE, "missing": "#E9ECEF"}
STATUS_LABELS = {"observed": "Published", "suppressed": "Suppressed", "missing": "Missing"}
_STEPS = 40
"""Into how many strips a cell is parted."""


def draw_statuses(table: DataFrame, *, width: Width = "wide") -> Figure:
    """Draw a grid of cells, each parted by the shares of its authorities.

    Parameters
    ----------
    table
        ``title``, ``domain``, ``year`` and the counts ``observed``, ``suppressed`` and
        ``missing``, in the order in which indicators should stand; ``broken`` marks a
        year that may not be compared with the one published before it.
    width
        For a desk or for a telephone.

    Returns
    -------
    Figure
        Indicators below their domain's name. Whatever is above zero has at least one
        strip of a cell's forty; a black bar parts years that may not be compared.
    """
    rows = _rows(table)
    years = sorted(int(year) for year in table["year"].unique())
    with house_style(width):
        row = 0.3 if is_broad(width) else 0.42
        figure = new_figure(width, row * len(rows) + 0.7)
        axes = figure.subplots()
        image = np.full((len(rows), len(years) * _STEPS), np.nan)
        for one in table.to_dict("records"):
            line, start = rows.index((one["domain"], one["title"])), years.index(one["year"])
            image[line, start * _STEPS : (start + 1) * _STEPS] = _strips(one)
            if one["broken"]:
                axes.plot([start - 0.5] * 2, [line - 0.5, line + 0.5], color=INK, linewidth=2.5)
        extent = (-0.5, len(years) - 0.5, len(rows) - 0.5, -0.5)
        axes.imshow(
            image,
            cmap=ListedColormap([STATUS_COLOURS[name] for name in STATUS_LABELS]),
            vmin=0,
            vmax=2,
            aspect="auto",
            interpolation="nearest",
            extent=extent,
        )
        names = [title or domain_name(domain) for domain, title in rows]
        label_grid(axes, DataFrame(index=names, columns=years), width)
        _set_domains_in_bold(axes, rows)
        keys = [
            Patch(color=STATUS_COLOURS[one], label=STATUS_LABELS[one]) for one in STATUS_LABELS
        ]
        figure.legend(handles=keys, loc="outside upper left", ncols=3, frameon=False)
        return figure


def _rows(table: DataFrame) -> list[tuple[str, str]]:
    """Return the lines: a domain's name by itself, then its indicators."""
    pairs = list(dict.fromkeys(zip(table["domain"], table["title"], strict=True)))
    rows: list[tuple[str, str]] = []
    for domain, title in pairs:
        if (domain, "") not in rows:
            rows.append((domain, ""))
        rows.append((domain, title))
    return rows


def _strips(cell: Mapping[Any, Any]) -> NDArray[np.float64]:
    """Part one cell: 0 observed, 1 suppressed, 2 missing."""
    counts = np.array([cell[name] for name in STATUS_LABELS], float)
    strips = np.round(_STEPS * counts / max(counts.sum(), 1)).astype(int)
    strips[(strips == 0) & (counts > 0)] = 1
    strips[np.argmax(strips)] += _STEPS - strips.sum()
    return np.repeat([0.0, 1.0, 2.0], strips)


def _set_domains_in_bold(axes: Axes, rows: list[tuple[str, str]]) -> None:
    """Tell the domains' names from the indicators'."""
    for label, (_, title) in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_fontweight("normal" if title else "bold")


def domain_name(domain: str) -> str:
    """Write a domain's identifier as words."""
    return domain.replace("_", " ").capitalize()
