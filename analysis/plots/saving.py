"""Figures as files: SVG, PNG at twice the screen's resolution and PDF, each with its words.

Every form carries title and alternative text within it: SVG as ``title`` and ``desc``,
which screen readers announce; PNG as ``Title`` and ``Description``; PDF as title and
subject.
"""

import io
import xml.sax.saxutils
from pathlib import Path
from typing import Literal

from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from analysis.plots.style import (
    DARK_GREY,
    TALLEST,
    fold,
    font_points,
    house_style,
    installed_font,
    is_broad,
    width_of,
)

Form = Literal["svg", "png", "pdf"]
FORMS: tuple[Form, ...] = ("svg", "png", "pdf")
DOTS = 192
"""Dots of a PNG for each inch: twice a screen's."""
_COLOURS = 256
_CLOSEST = Image.Quantize.MAXCOVERAGE
"""Moves no colour by more than a few of 255; the median cut does, and is slower."""


class FigureError(ValueError):
    """A figure cannot be drawn or saved as asked; the message says why, and what to do."""


def save_figure(
    figure: Figure,
    folder: Path,
    key: str,
    *,
    title: str,
    note: str,
    alternative: str,
    forms: tuple[Form, ...] = FORMS,
) -> list[Path]:
    """Write a figure with its title above and its note below, in every form asked for.

    Parameters
    ----------
    figure
        Drawn at any width; title and note are added to it.
    folder
        Made if it is not there.
    key
        The files' name without its ending.
    title, note, alternative
        The finding in one line; data, estimand, interval and n; what a reader who cannot
        see the figure would miss.
    forms
        Of :data:`FORMS`.

    Returns
    -------
    list of Path
        A file for each form, in their order.

    Raises
    ------
    FigureError
        If the figure is taller than a sheet or a slide; nothing is written then.
    """
    label_figure(figure, title, note)
    _refuse_too_tall(figure, key)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for form in forms:
        files.append(folder / f"{key}.{form}")
        files[-1].write_bytes(render(figure, form, title, alternative))
    return files


def _refuse_too_tall(figure: Figure, key: str) -> None:
    """Refuse a figure that its sheet or slide cannot hold.

    Raises
    ------
    FigureError
        Naming the figure, its height and what there is room for.
    """
    width = width_of(figure)
    tallest = TALLEST.get(width, float("inf"))
    if figure.get_figheight() > tallest:
        raise FigureError(
            f"{key}: is {figure.get_figheight():.1f} inches tall with its title and note; a "
            f"{width} holds {tallest:g}. Draw fewer rows, such as one region or a part of them "
            "(analysis.plots.pagination), or another size."
        )


def label_figure(figure: Figure, title: str, note: str) -> tuple[float, float]:
    """Put a title above and a note below; give the inches by which each makes it taller."""
    width = width_of(figure)
    broad, points = is_broad(width), font_points(width)
    large, small = 1.15 * points, 0.85 * points
    heading = fold(title, 84 if broad else 40)
    footing = fold(note, 120 if broad else 56)
    above = (1.3 * (heading.count("\n") + 1) + 0.8) * large / 72
    below = (1.3 * (footing.count("\n") + 1) + 1.0) * small / 72
    with house_style(width):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # what is laid out stays as it is, and moves as one
        _make_room(figure, above, below)
        height = figure.get_figheight()
        figure.text(0.01, 1 - 0.05 / height, heading, va="top", fontsize=large, weight="bold")
        figure.text(0.01, 0.06 / height, footing, va="bottom", fontsize=small, color=DARK_GREY)
    return above, below


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


def render(figure: Figure, form: Form, title: str, alternative: str = "") -> bytes:
    """Return the figure as a file's bytes, with its title and its alternative text in it."""
    buffer = io.BytesIO()
    with house_style(width_of(figure)):
        if form == "svg":
            figure.savefig(buffer, format="svg", metadata={"Title": title, "Date": None})
            return _announced(buffer.getvalue().decode("utf-8"), alternative).encode("utf-8")
        if form == "pdf":
            told = {"Title": title, "Subject": alternative, "CreationDate": None}
            figure.savefig(buffer, format="pdf", metadata=told)
            return buffer.getvalue()
        figure.savefig(buffer, format="rgba", dpi=DOTS)
        across, tall = (int(inches * DOTS) for inches in figure.get_size_inches())
    image = Image.frombytes("RGBA", (across, tall), buffer.getvalue())
    few = image.convert("RGB").quantize(_COLOURS, _CLOSEST, dither=Image.Dither.NONE)
    return png_bytes(few, title, alternative)


def _announced(svg: str, alternative: str) -> str:
    """Put the description into an SVG; let the reader's machine choose among the like fonts."""
    chosen = f"font-family: '{installed_font()}', 'DejaVu Sans'"
    svg = svg.replace(chosen, "font-family: Arial, 'Liberation Sans', Helvetica, sans-serif")
    if not alternative:
        return svg
    told = f"</title>\n <desc>{xml.sax.saxutils.escape(alternative)}</desc>"
    return svg.replace("</title>", told, 1).replace("<svg ", '<svg role="img" ', 1)


def png_bytes(image: Image.Image, title: str, alternative: str) -> bytes:
    """Return an image of few colours as a PNG's bytes, with its words in it."""
    told, buffer = PngInfo(), io.BytesIO()
    told.add_itxt("Title", title)
    if alternative:
        told.add_itxt("Description", alternative)
    image.save(buffer, "PNG", pnginfo=told, dpi=(DOTS, DOTS))
    return buffer.getvalue()
