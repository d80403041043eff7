"""What surrounds the services: low income, spending, need, and who the residents are.

None of it says how well an authority works. A model may adjust for it. Shares and
amounts for each child take the residents of 0 to 17 that :mod:`data.population` gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data import census, low_income, spending
from data.catalogue import Indicator
from data.editions import read_indicators
from data.joins import Join
from data.panel import silent

SPENDING = ("spend_per_child_outturn", "spend_per_child_s251")
LOW_INCOME = "low_income_under_16"


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What was read.

    Attributes
    ----------
    by_measure
        By name, figures indexed by ``authority`` and ``year``: NaN where not known.
    ethnicity
        Shares of residents, by ``authority`` and broad group.
    joins
        What was not joined directly.
    """

    by_measure: dict[str, pd.Series]
    ethnicity: pd.DataFrame
    joins: list[Join]


def read_context(
    root: Path,
    entries: Sequence[Indicator],
    years: tuple[int, ...],
    residents: pd.Series,
) -> Context:
    """Read everything that surrounds the services.

    Parameters
    ----------
    root
        Folder of published files.
    entries
        The catalogue's entries under ``context``.
    years
        Years ending 31 March.
    residents
        Residents aged 0 to 17, indexed by ``authority`` and ``year``.

    Returns
    -------
    Context
        ``low_income_under_16``, a share; ``spend_per_child_outturn`` and
        ``spend_per_child_s251``, pounds for each resident of 0 to 17, two publications
        that are no one series; and the value of each entry, by its id.

    Raises
    ------
    PanelError
        If a file has not what is wanted of it.
    """
    poor, joins = low_income.read_low_income(root, residents, years)
    outturn, more = spending.read_outturn(root, years)
    section, other = spending.read_section_251(root, years)
    readings = read_indicators(root, entries, years, largest=0, report=silent)
    return Context(
        {
            LOW_INCOME: poor,
            SPENDING[0]: outturn / residents.reindex(outturn.index),
            SPENDING[1]: section / residents.reindex(section.index),
            **{name: reading.cells["value"] for name, reading in readings.items()},
        },
        census.read_ethnicity(root),
        [*joins, *more, *other, *(join for one in readings.values() for join in one.joins)],
    )


def context_files(entries: Sequence[Indicator], years: tuple[int, ...]) -> list[str]:
    """List the files that :func:`read_context` reads."""
    spent = {**spending.OUTTURN, **spending.SECTION_251}
    editions = [one for entry in entries for one in entry.wanted(years)]
    return [
        *low_income.FILES,
        *(spent[year][0] for year in sorted(spent) if year in years),
        *dict.fromkeys(file for edition in editions for file in edition.files),
        census.FILE,
    ]
