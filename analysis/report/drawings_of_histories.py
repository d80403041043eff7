"""Figures of what happened over time: the grades held, and the figures around inspections."""

import pandas as pd

from analysis.pages.drawing import Drawing
from analysis.plots.around_inspection import draw_around_inspection
from analysis.plots.paths import draw_paths
from analysis.report import captions_of_histories as captions
from analysis.report.read import Inputs


def draw_histories(inputs: Inputs) -> dict[str, Drawing]:
    """List them; they need no fit."""
    drawings = {}
    paths = judgement_paths(inputs.tables["inspections"])
    if len(paths):
        end = pd.to_datetime(paths["inspection_start"]).max()
        drawings["paths"] = Drawing(
            lambda width: draw_paths(paths, end=end, width=width),
            captions.describe_paths(paths, inputs.evidence),
            form="png",
        )
    around = inputs.figures.of("around_inspection")
    if around is not None:
        drawings["around_inspection"] = Drawing(
            lambda width: draw_around_inspection(around, width=width),
            captions.describe_around_inspection(around, inputs.evidence),
        )
    return drawings


def judgement_paths(inspections: pd.DataFrame) -> pd.DataFrame:
    """Keep the inspections that gave an overall grade, by the day they began or were published."""
    began = inspections["inspection_start"].where(
        inspections["inspection_start"] != "", inspections["publication"]
    )
    table = pd.DataFrame(
        {
            "authority": inspections["authority"],
            "inspection_start": began,
            "judgement": inspections["overall"],
        }
    )
    held = (table["judgement"] != "") & (table["inspection_start"] != "")
    return table[held].sort_values(["authority", "inspection_start"], ignore_index=True)
