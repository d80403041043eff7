"""Whether the sampler may be believed: ranks of ρ by chain, energy, effective sample sizes.

These are the only figures that may be drawn of a fit that did not converge.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator
from numpy.typing import NDArray
from pandas import DataFrame
from scipy.stats import binom, gaussian_kde, rankdata

from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    DARK_BLUE,
    DARK_GREY,
    DARK_PINK,
    GREY,
    ORANGE,
    PALE_GREY,
    TURQUOISE,
    Width,
    house_style,
    is_broad,
    new_figure,
    sized,
)
from analysis.record.thresholds import ESS, R_HAT
from analysis.words.vocabulary import quantity

_BINS = 20
_CHAIN_COLOURS = (DARK_BLUE, ORANGE, DARK_PINK, TURQUOISE)
_SIZES = [4.0, 10, 40, 100, 400, 1_000, 4_000, 10_000, 40_000]
_STYLES = ("-", "--", "-.", ":")


def draw_chains(
    draws: NDArray[np.float64],
    energy: NDArray[np.float64] | None,
    table: DataFrame,
    *,
    name: str = "ρ",
    width: Width = "wide",
) -> Figure:
    """Draw rank plots, energy and effective sample sizes of one fit.

    The rank plot counts the ranks of each chain's draws among all draws (Vehtari et al.
    2021, doi:10.1214/20-BA1221); chains that agree stay in the grey band, which holds 95%
    of the bins of uniform ranks. Energy: the marginal distribution against that of its
    changes from draw to draw (Betancourt 2017, arXiv:1701.02434), with the Bayesian
    fraction of missing information; heavy tails that the sampler cannot follow part them.

    Parameters
    ----------
    draws
        Of one quantity, over chain and draw.
    energy
        Of the Hamiltonian, over chain and draw; None where the sampler leaves none.
    table
        Index ``quantity``; ``rhat``, ``ess_bulk`` and ``ess_tail``.
    name
        Of the quantity.
    width
        Panels side by side for a desk, one below the other for a telephone.
    """
    require_columns(table, ("rhat", "ess_bulk", "ess_tail"), "convergence")
    panels = 2 if energy is None else 3
    with house_style(width):
        broad = is_broad(width)
        height = max(3.2, 0.28 * len(table) + 1.3)
        figure = new_figure(width, height if broad else 2.5 * (panels - 1) + height, gap=0.06)
        layout = (1, panels) if broad else (panels, 1)
        heights = [1] if broad else [2.5] * (panels - 1) + [height]
        axes = figure.subplots(*layout, squeeze=False, height_ratios=heights).ravel()
        _draw_ranks(axes[0], draws, name)
        if energy is not None:
            _draw_energy(axes[1], energy, width)
        _draw_sizes(axes[-1], table, width)
        return figure


def _draw_ranks(axes: Axes, draws: NDArray[np.float64], name: str) -> None:
    """Draw how often each chain's draws had each rank."""
    chains, length = draws.shape
    ranks = rankdata(draws).reshape(draws.shape)
    edges = np.linspace(0, draws.size, _BINS + 1)
    low, high = binom.interval(0.95, length, 1 / _BINS)
    axes.axhspan(float(low), float(high), color=PALE_GREY, linewidth=0, zorder=0)
    for chain in range(chains):
        counts, _ = np.histogram(ranks[chain], edges)
        axes.stairs(
            counts,
            edges / draws.size,
            color=_CHAIN_COLOURS[chain % 4],
            linestyle=_STYLES[chain % 4],
            linewidth=1.4,
            baseline=None,
        )
    axes.set_ylim(0.5 * float(low), None)
    axes.set_xlim(0, 1)
    axes.set_title(f"Ranks of {name}, {chains} chains")
    axes.set_xlabel("Rank among all draws")
    axes.set_xticks([0, 0.5, 1], ["least", "middle", "greatest"])
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.grid(visible=False)


def _draw_energy(axes: Axes, energy: NDArray[np.float64], width: Width) -> None:
    """Draw the two distributions of energy, and the fraction of missing information."""
    centred = energy - energy.mean()
    changes = np.diff(energy, axis=1)
    missing = (changes**2).mean(axis=1) / energy.var(axis=1)
    reach = 4 * float(centred.std())
    grid = np.linspace(-reach, reach, 201)
    for values, colour, style, label, sign in (
        (centred, DARK_BLUE, "-", "energy", -1),
        (changes, ORANGE, "--", "its changes", 1),
    ):
        density = gaussian_kde(values.ravel())(grid)
        axes.plot(grid, density, color=colour, linestyle=style, linewidth=1.6)
        half = grid[density > 0.5 * density.max()]
        axes.annotate(
            label,
            (float(half[0] if sign < 0 else half[-1]), 0.5 * float(density.max())),
            xytext=(5 * sign, 0),
            textcoords="offset points",
            ha="right" if sign < 0 else "left",
            va="center",
            fontsize=sized(8.5 if is_broad(width) else 8, width),
        )
    axes.set_ylim(0, None)
    axes.set_yticks([])
    axes.set_title(f"Energy (BFMI ≥ {missing.min():.2f})")
    axes.set_xlabel("Energy less its mean")
    axes.grid(visible=False)


def _draw_sizes(axes: Axes, table: DataFrame, width: Width) -> None:
    """Draw the least effective sample sizes, with R-hat beside them."""
    rows = np.arange(len(table))
    for column, marker, fill in (("ess_bulk", "o", DARK_BLUE), ("ess_tail", "D", "white")):
        axes.plot(
            table[column],
            rows,
            marker,
            color=DARK_BLUE,
            markerfacecolor=fill,
            markersize=5,
            label={"ess_bulk": "bulk", "ess_tail": "tail"}[column],
        )
    axes.axvline(ESS, color=DARK_GREY, linestyle="--", linewidth=1.2)
    axes.set_xscale("log")
    least = float(np.nanmin(table[["ess_bulk", "ess_tail"]].to_numpy()))
    axes.set_xlim(min(0.7 * least, 250), 1.6 * float(table[["ess_bulk", "ess_tail"]].max().max()))
    axes.xaxis.set_major_locator(FixedLocator(_SIZES))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.minorticks_off()
    axes.set_yticks(rows, [quantity(str(one)) for one in table.index])
    axes.set_ylim(len(table) - 0.5, -0.5)
    small = sized(8.5 if is_broad(width) else 8, width)
    axes.tick_params(axis="y", left=False, labelsize=small)
    for row, rhat in enumerate(table["rhat"]):
        axes.annotate(
            f"{rhat:.3f}",
            (1, row),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=small,
            color=DARK_PINK if not rhat <= R_HAT else GREY,
            annotation_clip=False,
        )
    axes.annotate(
        "R-hat",
        (1, -0.5),
        xycoords=("axes fraction", "data"),
        xytext=(4, 3),
        textcoords="offset points",
        fontsize=small,
        annotation_clip=False,
    )
    axes.set_title("Effective sample size")
    axes.set_xlabel(f"● bulk  ◇ tail; wanted {ESS:.0f} (dashed)")
    axes.grid(axis="y", visible=False)
