"""Residents aged 0 to 17 of each authority, from the mid-year estimates."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from data.catalogue import Facts
from data.cells import keyed_rows, published_cells
from data.ees import read_table
from data.integrity import REGION, REGION_NAME, require_totals, require_whole
from data.joins import Join, join_cells
from data.validate_table import validate_table

FILE = "ons_population/ons_mid-year_population_estimates_2012_to_2024.csv"

FACTS = Facts(years=(2012, 2024), authorities="06-30", totals=1)
"""What the file has: the authorities at each mid-year, and regions that are their exact sums."""

_COUNT = "population_estimate"


def read_population(
    root: Path, years: Iterable[int], on: date | None = None
) -> tuple[pd.Series, list[Join]]:
    """Read the population at the mid-year before the end of each year.

    Parameters
    ----------
    root
        Folder of published files.
    years
        Years ending 31 March: 2025 takes the estimate of mid-2024.
    on
        Join to the authorities that were there on this day, in place of the panel's.

    Returns
    -------
    tuple
        Residents, indexed by ``authority`` and ``year`` (NaN where not published),
        and a record of codes that were not joined directly.
    """
    table = read_table(root, FILE, ["age_group", _COUNT, REGION_NAME])
    validate_table(table.frame, "population", FILE)
    keyed = keyed_rows(table, table.frame)
    require_whole(table.frame, FILE, FACTS)
    cells = published_cells(table, keyed, _COUNT, whole=True)
    cells = cells.join(keyed[["name", "line", REGION]])
    require_totals(FILE, _COUNT, cells, table.regions.assign(figure=table.regions[_COUNT]), FACTS)
    cells.index = pd.MultiIndex.from_arrays(
        [cells.index.get_level_values("code"), cells.index.get_level_values("year") + 1],
        names=["code", "year"],
    )
    joined, joins = join_cells(cells, FILE, years, shareable=False, on=on)
    return joined["number"], joins
