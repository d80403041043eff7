"""Figures with a row for each authority: their order, and their parts."""

import numpy as np
import pandas as pd
import pytest

from analysis.plots.authorities import draw_authorities, order_authorities
from analysis.plots.pagination import ROWS, paginate_rows
from analysis.plots.rank_intervals import draw_rank_intervals
from analysis.plots.saving import label_figure
from analysis.plots.style import TALLEST
from tests.report_inputs import authorities_table

TABLE = pd.DataFrame(
    {
        "name": ["Low", "high", "Middle", "None"],
        "region": ["North", "South", "North", "South"],
        "judgement": ["Good", "Inadequate", "Outstanding", ""],
        "effectiveness": [-1.0, 1.0, 0.0, 0.5],
        "effectiveness_lower": [-2.0, 0.5, -0.5, 0.0],
        "effectiveness_upper": [0.0, 1.5, 0.5, 1.0],
    }
)
ENGLAND = authorities_table(np.random.default_rng(3), 153).query("estimand == 'adjusted'")


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("effectiveness", ["high", "None", "Middle", "Low"]),
        ("name", ["high", "Low", "Middle", "None"]),
        ("region", ["Middle", "Low", "high", "None"]),
        ("judgement", ["Middle", "Low", "high", "None"]),
    ],
)
def test_authorities_can_be_put_in_any_order(order, names):
    assert order_authorities(TABLE, order)["name"].tolist() == names


@pytest.mark.parametrize(
    ("order", "headings"),
    [
        ("region", ["North", "South"]),
        ("judgement", ["Outstanding", "Good", "Inadequate", "No judgement"]),
    ],
)
def test_groups_stand_under_their_headings(order, headings):
    figure = draw_authorities(TABLE, order=order, width="narrow")
    labels = figure.axes[0].get_yticklabels()

    assert [one.get_text() for one in labels if one.get_fontweight() == "bold"] == headings
    assert len(labels) == len(TABLE) + len(headings)


@pytest.mark.parametrize("width", ROWS)
def test_parts_hold_every_row_once_and_no_more_than_there_is_room_for(width):
    parts = paginate_rows(ENGLAND, width)

    assert pd.concat(parts)["authority"].tolist() == ENGLAND["authority"].tolist()
    assert max(map(len, parts)) <= ROWS[width]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("width", TALLEST)
@pytest.mark.parametrize("draw", [draw_authorities, draw_rank_intervals])
def test_a_part_fits_its_sheet_in_text_of_six_points_or_more(draw, width):
    part = paginate_rows(ENGLAND, width)[0]
    how = {"share": 0.1, "count": 153} if draw is draw_rank_intervals else {}
    figure = draw(part, width=width, **how)
    names = {str(name)[:10] for name in part["name"]}
    sizes = [
        text.get_fontsize()
        for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize"))
        if text.get_text()[:10] in names
    ]
    label_figure(figure, "A finding of some length, in one line", "A note of many words " * 16)

    assert len(sizes) >= len(part)
    assert min(sizes) >= 6
    assert figure.get_figheight() <= TALLEST[width]
