"""One figure of a run, with its words, ready to be drawn at any size; or its parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from analysis.pages.captions import Description
from analysis.plots.saving import Form
from analysis.plots.style import Width


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


def paginated(
    key: str, told: Description, draws: Sequence[Callable[[Width], Figure]]
) -> dict[str, Drawing]:
    """Return one figure by its key, or its parts by key and number, with their number told."""
    count = len(draws)
    if count == 1:
        return {key: Drawing(draws[0], told)}
    return {
        f"{key}_{at}": Drawing(draw, replace(told, title=_of_parts(told.title, at, count)))
        for at, draw in enumerate(draws, 1)
    }


def _of_parts(title: str, at: int, count: int) -> str:
    """Add to a title, within its closing bracket, which part it is."""
    return f"{title.removesuffix(')')}, {at} of {count})"
