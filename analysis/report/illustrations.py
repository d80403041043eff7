"""The figures of a report: drawn for a desk and a telephone, as images that a page can hold."""

import base64
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from analysis.plots.saving import Form, render, save_figure
from analysis.plots.style import SCREENS, Width
from analysis.report.captions import Description
from analysis.report.drawings import draw_run
from analysis.report.read import Inputs

_MEDIA: dict[Form, str] = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True, eq=False)
class Illustration:
    """One figure, drawn for a desk and for a telephone, and what is said of it."""

    key: str
    description: Description
    drawn: dict[Width, Figure]
    images: dict[Width, str]

    @property
    def size(self) -> tuple[int, int]:
        """Pixels of the wide image, so that a page leaves room for it before it is there."""
        figure = self.drawn["wide"]
        return round(figure.get_figwidth() * 96), round(figure.get_figheight() * 96)


def illustrate(inputs: Inputs) -> dict[str, Illustration]:
    """Draw every figure for which there are findings or records."""
    return {
        key: illustration(
            key,
            {width: drawing.draw(width) for width in SCREENS},
            drawing.description,
            drawing.form,
        )
        for key, drawing in draw_run(inputs).items()
    }


def save_illustrations(illustrations: dict[str, Illustration], folder: Path) -> None:
    """Write each wide figure as SVG, PNG and PDF, with its words in it."""
    for one in illustrations.values():
        told = one.description
        save_figure(
            one.drawn["wide"],
            folder,
            one.key,
            title=told.title,
            note=told.note,
            alternative=told.alternative,
        )


def illustration(
    key: str, drawn: dict[Width, Figure], description: Description, form: Form = "svg"
) -> Illustration:
    """Turn drawings into images that a page can hold; as PNG where they have many points."""
    images = {
        width: f"data:{_MEDIA[form]};base64,"
        + base64.b64encode(
            render(figure, form, description.title, description.alternative)
        ).decode("ascii")
        for width, figure in drawn.items()
    }
    return Illustration(key, description, drawn, images)
