"""How figures look: the Analysis Function's colours and fonts, and the sizes.

A page shows a figure in one of two arrangements: ``wide`` for a desk, ``narrow`` for a
telephone, so that text is never shrunk below the size at which it can be read. Print and
projection have the same two arrangements at sizes of their own: ``column`` (one of two on
A4) is arranged as ``narrow``; ``page`` (the width of A4's text) and ``slide`` (16 to 9) are
arranged as ``wide``. Titles and captions belong to the page, as the guidance asks;
:mod:`analysis.plots.saving` adds them to the copies that travel alone.
"""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib.style
from afcharts.af_colours import get_af_colours
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine

Width = Literal["wide", "narrow", "column", "page", "slide"]
INCHES: dict[Width, float] = {
    "wide": 8.6,
    "narrow": 3.65,
    "column": 3.35,
    "page": 6.69,
    "slide": 12.3,
}
SCREENS: tuple[Width, ...] = ("wide", "narrow")
"""The two that a page chooses between."""
TALLEST: dict[Width, float] = {"column": 9.7, "page": 9.7, "slide": 6.9}
"""Inches, with title and note, that a sheet of A4 or a slide can hold."""
_WORDS: dict[Width, float] = {"column": 1.9, "page": 1.5, "slide": 1.9}
"""Inches of these that title and note take where they are long."""

DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE, DARK_GREY, PURPLE = map(
    str, get_af_colours("categorical")
)
NAVY, _, MID_BLUE, LIGHT_BLUE, PALE_BLUE = map(str, get_af_colours("sequential"))
GREY = "#767676"
PALE_GREY = "#E6E6E6"
INK = "#1A1A1A"

GRADE_COLOURS = {
    "Inadequate": DARK_PINK,
    "Requires improvement": ORANGE,
    "Good": MID_BLUE,
    "Outstanding": DARK_BLUE,
    "": GREY,
}
"""Warm to cool in the order of the grades. Shape and initials say the same without colour."""
GRADE_MARKERS = {
    "Inadequate": "v",
    "Requires improvement": "D",
    "Good": "o",
    "Outstanding": "^",
    "": "x",
}
GRADE_SIZES = {"Requires improvement": 0.8}
"""Of the marks whose shape would look larger than the others', the size that looks alike."""
GRADE_INITIALS = {
    "Inadequate": "I",
    "Requires improvement": "RI",
    "Good": "G",
    "Outstanding": "O",
    "": "–",
}
ESTIMAND_COLOURS = {"concordance": DARK_BLUE, "adjusted": ORANGE}
ESTIMAND_MARKERS = {"concordance": "o", "adjusted": "D"}

FONTS = ("Arial", "Liberation Sans", "Helvetica")
"""The guidance's font and what measures like it; DejaVu Sans, which matplotlib brings, is last."""


def is_broad(width: Width) -> bool:
    """Return whether panels stand side by side at this width."""
    return width in ("wide", "page", "slide")


def sized(points: float, width: Width) -> float:
    """Scale what was chosen for a screen to the size at hand: points, or inches."""
    return points * INCHES[width] / INCHES["wide" if is_broad(width) else "narrow"]


def font_points(width: Width) -> float:
    """Return the size of plain text."""
    return sized(10.5 if is_broad(width) else 9.0, width)


def width_of(figure: Figure) -> Width:
    """Return for which of the widths a figure was drawn."""
    return min(INCHES, key=lambda width: abs(INCHES[width] - figure.get_figwidth()))


@contextmanager
def house_style(width: Width) -> Iterator[None]:
    """Apply the Analysis Function's style at one width; leave no trace afterwards.

    Names are drawn as they are spelt (no mathematics in dollar signs), letters that the
    font lacks are taken from DejaVu Sans, and the same figure always gives the same bytes.
    """
    points = font_points(width)
    settings: dict[Any, Any] = {
        "font.family": [installed_font(), "DejaVu Sans"],
        "font.size": points,
        "axes.titlesize": points,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": points,
        "axes.edgecolor": GREY,
        "axes.linewidth": 0.8,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "text.color": INK,
        "text.parse_math": False,
        "grid.color": PALE_GREY,
        "figure.facecolor": "white",
        "pdf.fonttype": 42,  # text that can be searched and copied
        "svg.hashsalt": "effectiveness",
        "svg.fonttype": "none",
    }
    with matplotlib.style.context(["afcharts.afcharts", settings]):
        yield


def installed_font() -> str:
    """Return the first of the guidance's fonts, or its metric twin, that this machine has."""
    there = set(fontManager.get_font_names())
    return next((name for name in FONTS if name in there), "DejaVu Sans")


def new_figure(
    width: Width, height: float, gap: float = 0.02, *, keep_height: bool = False
) -> Figure:
    """Return an empty figure that keeps its parts from overlapping.

    Parameters
    ----------
    width
        The size at hand.
    height
        In inches of the screen's arrangement, ``wide`` or ``narrow``; scaled to the others,
        and lowered to what a sheet or a slide has room for beside a title and a note.
    gap
        Room between neighbouring panels, as a share of a panel's width.
    keep_height
        Whether it may not be lowered, since rows of text would lie over each other.
    """
    tall = sized(height, width)
    if not keep_height:
        tall = min(tall, TALLEST.get(width, float("inf")) - _WORDS.get(width, 0.0))
    layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.04, wspace=gap)
    return Figure(figsize=(INCHES[width], tall), layout=layout)


def lowered(figure: Figure, height: float) -> float:
    """Return the share of a height asked for that a figure has, for text that follows it."""
    return float(figure.get_figheight()) / sized(height, width_of(figure))


def fold(text: str, characters: int) -> str:
    """Break a label into lines of at most so many characters; very long words too."""
    return "\n".join(textwrap.wrap(text, characters)) or text
