"""How many rows of authorities a figure can hold at each size, and a long table in such parts.

Shrunk until all of England fits a sheet of A4, names would be under 5 points tall. So what is
too long is parted, and text keeps its size.
"""

import itertools
import math

from pandas import DataFrame

from analysis.plots.style import Width

COLUMNS: dict[Width, int] = {"wide": 2, "narrow": 1, "column": 1, "page": 2, "slide": 2}
"""Columns of rows that stand side by side."""
ROWS: dict[Width, int] = {"wide": 78, "narrow": 78, "column": 48, "page": 78, "slide": 26}
"""Rows of all columns together; on A4 and on a slide with room for a title and a note."""


def paginate_rows(table: DataFrame, width: Width) -> list[DataFrame]:
    """Part an ordered table into as few figures as can hold it, about equally long.

    Parameters
    ----------
    table
        A row for each row of the figure, in the order in which they are to stand.
    width
        The size at which each part will be drawn.

    Returns
    -------
    list of DataFrame
        None longer than :data:`ROWS`; the first are the longer where they differ.
    """
    parts = max(math.ceil(len(table) / ROWS[width]), 1)
    ends = [math.ceil(len(table) * part / parts) for part in range(parts + 1)]
    return [table.iloc[start:end] for start, end in itertools.pairwise(ends)]
