"""The figures of a report: drawn for a desk and a telephone, as images that a page can hold."""

import base64
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from analysis.pages.captions import Description
from analysis.pages.drawing import Drawing
from analysis.plots.cropping import crop
from analysis.plots.saving import FORMS, Form, label_figure, render
from analysis.plots.style import SCREENS, Width
from data.storage import write_file

_MEDIA: dict[Form, str] = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True, slots=True, eq=False)
class Illustration:
    """One figure, drawn for a desk and for a telephone, and what is said of it.

    Attributes
    ----------
    key
        Its name in files and anchors.
    description
        What is said of it.
    files
        By form, the wide figure with its title and its note, as copies that travel alone have
        them.
    images
        By width, without title and note, as addresses that hold all of the image: SVG, or PNG
        where it has many points.
    size
        Pixels of the wide image, so that a page leaves room for it before it is there.
    """

    key: str
    description: Description
    files: dict[Form, bytes]
    images: dict[Width, str]
    size: tuple[int, int]


def illustrate(key: str, drawing: Drawing) -> Illustration:
    """Draw one figure of a run for a desk and for a telephone."""
    drawn = {width: drawing.draw(width) for width in SCREENS}
    return illustration(key, drawn, drawing.description, drawing.form)


def save_illustrations(illustrations: dict[str, Illustration], folder: Path) -> list[Path]:
    """Write each wide figure as SVG, PNG and PDF, with its words in it; return the files."""
    written = []
    for one in illustrations.values():
        for form, image in one.files.items():
            written.append(folder / f"{one.key}.{form}")
            write_file(written[-1], image)
    return written


def illustration(
    key: str,
    drawn: dict[Width, Figure],
    description: Description,
    form: Form = "svg",
    *,
    forms: tuple[Form, ...] = FORMS,
) -> Illustration:
    """Turn drawings into images that a page can hold; as PNG where they have many points.

    The wide one is labelled; the page's image is cut out of its rendering.
    """
    title, told = description.title, description.alternative
    wide = drawn["wide"]
    across, tall = wide.get_figwidth(), wide.get_figheight()
    above, below = label_figure(wide, title, description.note)
    files = {one: render(wide, one, title, told) for one in forms}
    shown: dict[Width, bytes] = {"wide": crop(files[form], form, above, below)}
    for width, figure in drawn.items():
        if width != "wide":
            shown[width] = render(figure, form, title, told)
    images = {
        width: f"data:{_MEDIA[form]};base64,{base64.b64encode(image).decode('ascii')}"
        for width, image in shown.items()
    }
    size = round(across * 96), round(tall * 96)
    return Illustration(key, description, files, images, size)
