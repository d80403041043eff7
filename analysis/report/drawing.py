"""One figure of a run, with its words, ready to be drawn at any size."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.plots.saving import Form
from analysis.plots.style import Width
from analysis.report.captions import Description


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One figure of a run.

    Attributes
    ----------
    draw
        Draws it at a width.
    description
        Its title, caption, alternative text and note.
    form
        In which a page should hold it: ``png`` where an SVG of its points would be large.
    """

    draw: Callable[[Width], Figure]
    description: Description
    form: Form = "svg"
