"""How figures look: the Analysis Function's colours, fonts and two widths, and saving.

A figure is drawn twice: ``wide`` for a desk and for paper, ``narrow`` for a telephone,
so that text is never shrunk below the size at which it can be read. Titles and captions
belong to the page, as the guidance asks; :func:`label_figure` adds them to the copies
that travel alone.
"""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib.style
from afcharts.af_colours import get_af_colours
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Width = Literal["wide", "narrow"]
INCHES: dict[Width, float] = {"wide": 8.6, "narrow": 3.65}
FONT_POINTS: dict[Width, float] = {"wide": 10.5, "narrow": 9.0}

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
GRADE_INITIALS = {
    "Inadequate": "I",
    "Requires improvement": "RI",
    "Good": "G",
    "Outstanding": "O",
    "": "–",
}
ESTIMAND_COLOURS = {"concordance": DARK_BLUE, "adjusted": ORANGE}
ESTIMAND_MARKERS = {"concordance": "o", "adjusted": "D"}

_FONTS = ("Arial", "Liberation Sans", "Helvetica", "DejaVu Sans")


@contextmanager
def house_style(width: Width) -> Iterator[None]:
    """Apply the Analysis Function's style at one width; leave no trace afterwards.

    Names are drawn as they are spelt (no mathematics in dollar signs), and the same
    figure always gives the same bytes.
    """
    points = FONT_POINTS[width]
    settings: dict[Any, Any] = {
        "font.family": "sans-serif",
        "font.sans-serif": [_installed_font()],
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
        "svg.hashsalt": "effectiveness",
        "svg.fonttype": "none",
    }
    with matplotlib.style.context(["afcharts.afcharts", settings]):
        yield


def _installed_font() -> str:
    """Give the first of the guidance's fonts, or its metric twin, that this machine has."""
    there = set(fontManager.get_font_names())
    return next((name for name in _FONTS if name in there), "DejaVu Sans")


def new_figure(width: Width, height: float, gap: float = 0.02) -> Figure:
    """Give an empty figure, ``height`` in inches, that keeps its parts from overlapping.

    ``gap`` is the room between neighbouring panels, as a share of a panel's width.
    """
    layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.04, wspace=gap)
    return Figure(figsize=(INCHES[width], height), layout=layout)


def fold(text: str, characters: int) -> str:
    """Break a label into lines of at most so many characters; very long words too."""
    return "\n".join(textwrap.wrap(text, characters)) or text


def label_figure(figure: Figure, title: str, note: str) -> None:
    """Put a title above and a note below, making the figure taller by what they need."""
    width = _width_of(figure)
    large, small = 1.15 * FONT_POINTS[width], 0.85 * FONT_POINTS[width]
    heading = fold(title, 88 if width == "wide" else 42)
    footing = fold(note, 120 if width == "wide" else 56)
    above = (1.3 * (heading.count("\n") + 1) + 0.8) * large / 72
    below = (1.3 * (footing.count("\n") + 1) + 1.0) * small / 72
    with house_style(width):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # what is laid out stays as it is, and moves as one
        _make_room(figure, above, below)
        height = figure.get_figheight()
        figure.text(0.01, 1 - 0.05 / height, heading, va="top", fontsize=large, weight="bold")
        figure.text(0.01, 0.06 / height, footing, va="bottom", fontsize=small, color=DARK_GREY)


def _make_room(figure: Figure, above: float, below: float) -> None:
    """Make the figure taller, in inches, without changing the size of what is in it."""
    before = figure.get_figheight()
    height = before + above + below
    places = [(axes, axes.get_position()) for axes in figure.axes]
    figure.set_figheight(height)
    for axes, place in places:
        bottom = (place.y0 * before + below) / height
        axes.set_position((place.x0, bottom, place.width, place.height * before / height))
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0, below / height, 1, before / height), figure.transFigure)


def render(figure: Figure, kind: Literal["svg", "png"], title: str) -> bytes:
    """Give the figure as a file's bytes: SVG, or PNG at twice the screen's resolution."""
    buffer = io.BytesIO()
    with house_style(_width_of(figure)):
        if kind == "svg":
            figure.savefig(buffer, format="svg", metadata={"Title": title, "Date": None})
            return _with_every_font(buffer.getvalue().decode("utf-8")).encode("utf-8")
        figure.savefig(buffer, format="png", dpi=192, pil_kwargs={"compress_level": 1})
    return _with_fewer_colours(buffer, title)


def _with_fewer_colours(png: io.BytesIO, title: str) -> bytes:
    """Give the same image with a palette, a third of the size, and with its title."""
    told, small = PngInfo(), io.BytesIO()
    told.add_itxt("Title", title)
    with Image.open(png) as image:
        few = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(small, "PNG", pnginfo=told, dpi=(192, 192))
    return small.getvalue()


def _with_every_font(svg: str) -> str:
    """Let the reader's machine choose among the fonts of the guidance, which measure alike."""
    chosen = f"font-family: '{_installed_font()}', sans-serif"
    return svg.replace(chosen, "font-family: Arial, 'Liberation Sans', Helvetica, sans-serif")


def _width_of(figure: Figure) -> Width:
    """Say for which of the two widths the figure was drawn."""
    return "wide" if figure.get_figwidth() > 5 else "narrow"
