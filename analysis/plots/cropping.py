"""A labelled figure's image without its title and its note, as a page holds it.

A page writes title and caption as text of its own, and a copy that travels alone bears them.
Both are one drawing: what the page shows is cut out of the copy, which is several times
faster than drawing it again.
"""

import io
import re

from PIL import Image

from analysis.plots.saving import DOTS, Form, png_bytes

_POINTS = 72
_SIZE = re.compile(r'(width="[\d.]+pt") height="[\d.]+pt" viewBox="0 0 ([\d.]+) ([\d.]+)"')


def crop(image: bytes, form: Form, above: float, below: float) -> bytes:
    """Cut away what :func:`analysis.plots.saving.label_figure` added.

    Parameters
    ----------
    image
        A labelled figure, rendered.
    form
        In which: SVG or PNG.
    above, below
        Inches to take away at the top and at the bottom.

    Raises
    ------
    ValueError
        If it is an SVG without the size that matplotlib gives, or is of another form.
    """
    if form == "svg":
        return _crop_svg(image.decode("utf-8"), above, below).encode("utf-8")
    if form == "png":
        return _crop_png(image, above, below)
    raise ValueError(f"form {form!r}: only an SVG or a PNG can be cut to a page.")


def _crop_svg(svg: str, above: float, below: float) -> str:
    """Move the window through which the drawing is seen."""
    size = _SIZE.search(svg)
    if size is None:
        raise ValueError(
            f"the SVG begins {svg[:80]!r}; wanted width, height and viewBox in points."
        )
    across, tall = float(size[2]), float(size[3]) - _POINTS * (above + below)
    window = f'{size[1]} height="{tall:g}pt" viewBox="0 {_POINTS * above:g} {across:g} {tall:g}"'
    return svg[: size.start()] + window + svg[size.end() :]


def _crop_png(png: bytes, above: float, below: float) -> bytes:
    """Keep the rows between, and the words in the file."""
    with Image.open(io.BytesIO(png)) as whole:
        told = {str(name): str(text) for name, text in whole.info.items() if isinstance(text, str)}
        top, bottom = round(DOTS * above), whole.height - round(DOTS * below)
        cut = whole.crop((0, top, whole.width, bottom))
    return png_bytes(cut, told.get("Title", ""), told.get("Description", ""))
