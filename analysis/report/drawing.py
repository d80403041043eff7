"""One figure of a run, with its words, ready to be drawn at any size."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
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


def figure_table(folder: Path, name: str, estimand: str = "") -> pd.DataFrame | None:
    """Read a table behind a figure, of one estimand if one is named; None where it is not there.

    Text that is empty stays text, so that an authority without a judgement keeps its mark.
    """
    path = folder / "tables" / f"{name}.csv"
    if not path.is_file():
        return None
    table = pd.read_csv(path, keep_default_na=False, na_values={"pareto_k": ["", "nan"]})
    if estimand:
        table = table[table["estimand"] == estimand].reset_index(drop=True)
    return table if len(table) else None
