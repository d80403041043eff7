"""Deprivation against effectiveness and against the judgement, with fitted curves."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from pandas import DataFrame

from analysis.plots.authorities import key_grades
from analysis.plots.refusal import require_columns
from analysis.plots.style import (
    DARK_BLUE,
    DARK_PINK,
    GRADE_COLOURS,
    GRADE_MARKERS,
    GRADE_SIZES,
    GREY,
    INK,
    Width,
    house_style,
    is_broad,
    new_figure,
    sized,
)

_POINTS = ("deprivation", "effectiveness", "judgement")
_CURVES = ("quantity", "deprivation", "mean", "lower", "upper")
_SHARES = ("quantity", "deprivation", "share", "authorities")
_FIGURE = "deprivation"
QUANTITIES = {
    "good_or_better": ("Good or better", DARK_BLUE, "o"),
    "inadequate": ("Inadequate", DARK_PINK, "v"),
}
"""Probabilities of a judgement that are drawn: label, colour and mark of each."""


def draw_deprivation(
    points: DataFrame, curves: DataFrame, shares: DataFrame, *, width: Width = "wide"
) -> Figure:
    """Draw effectiveness and judgements over deprivation.

    Parameters
    ----------
    points
        ``deprivation`` (standard deviations; more is more deprived), ``effectiveness``
        (posterior mean) and ``judgement``, a row an authority.
    curves
        ``quantity`` (``effectiveness``, or a key of :data:`QUANTITIES`), ``deprivation``,
        ``mean``, ``lower`` and ``upper``.
    shares
        Observed shares of judgements by fifth: ``quantity``, ``deprivation`` (the fifth's
        mean), ``share`` and ``authorities``.
    width
        Panels side by side for a desk, one below the other for a telephone.

    Returns
    -------
    Figure
        Two panels over the same deprivation.

    Raises
    ------
    FigureError
        If a table is empty or lacks a column.
    """
    require_columns(points, _POINTS, _FIGURE)
    require_columns(curves, _CURVES, _FIGURE)
    require_columns(shares, _SHARES, _FIGURE)
    with house_style(width):
        broad = is_broad(width)
        figure = new_figure(width, 4.0 if broad else 6.6, gap=0.04)
        one, other = figure.subplots(*((1, 2) if broad else (2, 1)), sharex=True).ravel()
        _draw_effectiveness(one, points, curves[curves["quantity"] == "effectiveness"], width)
        _draw_judgements(other, curves, shares, width)
        for axes in (one, other):
            axes.set_xlabel("Deprivation (more deprived →)")
            axes.tick_params(labelbottom=True)
        key_grades(figure, width, set(points["judgement"]), lines=False)
        return figure


def _draw_effectiveness(axes: Axes, points: DataFrame, curve: DataFrame, width: Width) -> None:
    """Draw each authority's mean, and the curve with its band."""
    for grade, colour in GRADE_COLOURS.items():
        own = points[points["judgement"] == grade]
        axes.plot(
            own["deprivation"],
            own["effectiveness"],
            GRADE_MARKERS[grade],
            color=colour,
            markersize=sized(4 * GRADE_SIZES.get(grade, 1), width),
            alpha=0.75,
            markeredgewidth=0 if grade else 1,
        )
    axes.fill_between(
        curve["deprivation"], curve["lower"], curve["upper"], color=INK, alpha=0.15, linewidth=0
    )
    axes.plot(curve["deprivation"], curve["mean"], color=INK, linewidth=1.8)
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=0)
    axes.set_title("Effectiveness (0 = average)")
    axes.grid(axis="x", visible=False)


def _draw_judgements(axes: Axes, curves: DataFrame, shares: DataFrame, width: Width) -> None:
    """Draw the probability of a good and of the worst judgement, each named at its end."""
    for quantity, (label, colour, marker) in QUANTITIES.items():
        own = curves[curves["quantity"] == quantity]
        if own.empty:
            continue
        axes.fill_between(
            own["deprivation"], own["lower"], own["upper"], color=colour, alpha=0.18, linewidth=0
        )
        axes.plot(own["deprivation"], own["mean"], color=colour, linewidth=1.8)
        seen = shares[shares["quantity"] == quantity]
        axes.plot(
            seen["deprivation"],
            seen["share"],
            marker,
            color=colour,
            markersize=sized(6, width),
            markerfacecolor="white",
        )
        start = own.sort_values("deprivation").iloc[0]
        axes.annotate(
            label,
            (float(start["deprivation"]), float(start["upper"])),
            xytext=(0, 4),
            textcoords="offset points",
            color=colour,
            weight="bold",
        )
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_title("Probability of the judgement")
    axes.grid(axis="x", visible=False)
