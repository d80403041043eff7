"""The posterior of the link beside its prior."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import beta, gaussian_kde

from analysis.plots.intervals import draw_intervals
from analysis.plots.style import (
    ESTIMAND_COLOURS,
    ESTIMAND_MARKERS,
    GREY,
    INK,
    PALE_GREY,
    Width,
    house_style,
    new_figure,
)
from analysis.words.vocabulary import ESTIMANDS

_GRID = np.linspace(-1.0, 1.0, 401)
_HEADROOM = 1.36
_NEAR = 0.12
"""Of ρ: half of what the name of a posterior takes on a telephone."""
_PLATE = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
"""Behind words that lines may run under."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkDraws:
    """Draws of ρ, with the mean and the interval that the evidence gives for them."""

    draws: NDArray[np.float64]
    mean: float
    lower: float
    upper: float


def draw_link(
    posteriors: Mapping[str, LinkDraws],
    *,
    concentration: float,
    rope: float,
    truths: Mapping[str, float] | None = None,
    width: Width = "wide",
) -> Figure:
    """Draw each estimand's posterior of ρ over the same prior.

    Parameters
    ----------
    posteriors
        By estimand, in the order of the panels.
    concentration
        κ of the prior, a Beta(κ, κ) stretched to -1..1.
    rope
        Half the width of the region of practically no link.
    truths
        The link that a simulated panel was made with, for the estimands that it is of.
    width
        For a desk or for a telephone.

    Returns
    -------
    Figure
        One panel for each estimand, on one axis from -1 to 1.
    """
    with house_style(width):
        figure = new_figure(width, 2.5 * len(posteriors) + 0.4)
        panels = figure.subplots(len(posteriors), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (estimand, posterior) in zip(panels, posteriors.items(), strict=True):
            _draw_panel(axes, estimand, posterior, concentration, rope)
            _label_posterior(axes, posterior, (truths or {}).get(estimand))
            if truths and estimand in truths:
                _mark_truth(axes, truths[estimand])
        panels[-1].set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−0.5", "0", "0.5", "1"])
        panels[-1].set_xlabel("Link ρ: 0 is none, 1 is perfect agreement")
        return figure


def prior_density(link: NDArray[np.float64], concentration: float) -> NDArray[np.float64]:
    """Return the density of a Beta(κ, κ) stretched to -1..1."""
    density: NDArray[np.float64] = beta(concentration, concentration).pdf((link + 1) / 2) / 2
    return density


def _draw_panel(
    axes: Axes, estimand: str, posterior: LinkDraws, concentration: float, rope: float
) -> None:
    """Draw one posterior, its prior, its interval and the region of practically no link."""
    colour = ESTIMAND_COLOURS[estimand]
    density = gaussian_kde(posterior.draws)(_GRID)
    prior = prior_density(_GRID, concentration)
    top = float(max(density.max(), prior.max()))
    axes.axvspan(-rope, rope, color=PALE_GREY, linewidth=0, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=1)
    axes.fill_between(_GRID, density, color=colour, alpha=0.18, linewidth=0)
    axes.plot(_GRID, density, color=colour)
    axes.plot(_GRID, prior, color=INK, linestyle="--", linewidth=1.2)
    numbers = np.array([[posterior.mean, posterior.lower, posterior.upper]])
    draw_intervals(axes, [-0.13 * top], numbers, colour, ESTIMAND_MARKERS[estimand], 7)
    _label_prior(axes, posterior, top, rope)
    axes.set_title(ESTIMANDS[estimand], loc="left")
    axes.set_ylim(-0.26 * top, _HEADROOM * top)
    axes.set_xlim(-1, 1)
    axes.set_yticks([])
    axes.grid(visible=False)


def _label_prior(axes: Axes, posterior: LinkDraws, top: float, rope: float) -> None:
    """Name the prior and the grey band on the side that the posterior leaves free."""
    sign = -1 if posterior.mean > -0.2 else 1
    axes.text(sign * 0.62, 0.14 * top, "Prior", ha="center", va="bottom")
    band = f"Grey band: practically\nno link (−{rope:g} to {rope:g})"
    side = "left" if sign < 0 else "right"
    axes.text(sign * 0.98, 1.2 * top, band, ha=side, va="top", color=GREY)


def _label_posterior(axes: Axes, posterior: LinkDraws, truth: float | None) -> None:
    """Name the posterior above its peak, or beside it if the truth is near; give its numbers."""
    top = axes.get_ylim()[1] / _HEADROOM
    middle, side = float(np.median(posterior.draws)), "center"
    if truth is not None and abs(truth - middle) < _NEAR:
        # The line of the truth would run through the word.
        side = "right" if truth > middle else "left"
        middle = min(middle, truth - 0.01) if truth > middle else max(middle, truth + 0.01)
    axes.text(
        middle,
        1.05 * top,
        "Posterior",
        ha=side,
        weight="bold",
        bbox=_PLATE,
    )
    numbers = f"{posterior.mean:.2f} ({posterior.lower:.2f} to {posterior.upper:.2f})"
    after = 1 - posterior.upper > 1 + posterior.lower
    axes.annotate(
        numbers.replace("-", "−"),
        (posterior.upper if after else posterior.lower, -0.13 * top),
        xytext=(8 if after else -8, 0),
        textcoords="offset points",
        ha="left" if after else "right",
        va="center",
        bbox=_PLATE,
    )


def _mark_truth(axes: Axes, truth: float) -> None:
    """Mark the link that the simulated panel was made with."""
    axes.axvline(truth, color=INK, linewidth=1.4, linestyle=":", zorder=1)
    right = truth < 0.5
    axes.annotate(
        f"Link put in: {truth:.2f}".replace("-", "−"),
        (truth, 0.97),
        xycoords=("data", "axes fraction"),
        xytext=(5 if right else -5, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
    )
