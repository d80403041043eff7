"""Abolished authorities beside those of April 2023, for the years in which they existed.

Five authorities of 2013 to 2023 covered areas that no authority of today covers alone:
Bournemouth, Poole and the old Dorset (to March 2019), Northamptonshire (to March 2021) and Cumbria
(to March 2023). Their figures and judgements are their own and pass to no successor
(:mod:`data.geography`). Here they have rows of their own: cells and residents of the years that
ended before they did (``not_applicable`` after), and the inspections that the panel has under
their codes. Authorities that were only renumbered (Buckinghamshire, North Yorkshire, Somerset)
are in a panel already, whole.

The indices of deprivation of a later day do not have them. Of an index without them the score is
the mean of their successors', weighted by the residents aged 0 to 17 of the panel's last year:
exact for Northamptonshire and Cumbria, whose successors cover just their areas, near it for the
others, between whom Christchurch moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from data import layout, population, vintages
from data.catalogue import Indicator
from data.editions import read_indicators
from data.geography import read_register
from data.joins import Join
from data.panel import MEASURES, silent

_EARLIEST = date(2013, 4, 1)
_EMPTY = {"status": "not_applicable", "suppression": "", "authority_name": "", "region": ""}


@dataclass(frozen=True, slots=True)
class Abolished:
    """One authority that is no more.

    Attributes
    ----------
    code, name, region
        As the register has them.
    last
        The last day on which it existed.
    successors
        Codes of the panel's authorities that have parts of its area.
    """

    code: str
    name: str
    region: str
    last: date
    successors: tuple[str, ...]


def abolished_authorities() -> tuple[Abolished, ...]:
    """List the authorities that were merged or split since April 2013, by code."""
    register = read_register().sort_index()
    gone = register[register["change"].isin(["merge", "split"])]
    return tuple(
        Abolished(
            str(code),
            row["name"],
            row["region"],
            date.fromisoformat(row["end"]) - timedelta(days=1),
            tuple(row["stands_for"].split()),
        )
        for code, row in gone.iterrows()
        if date.fromisoformat(row["end"]) > _EARLIEST
    )


def with_abolished(
    panel: xr.Dataset,
    root: Path,
    chosen: Sequence[Indicator],
    years: tuple[int, ...],
    largest: int,
) -> tuple[xr.Dataset, list[Join]]:
    """Add the abolished authorities to a panel of those of April 2023.

    Parameters
    ----------
    panel
        As :func:`data.build.build_panel` lays it out.
    root, chosen, years, largest
        As for :func:`data.editions.read_indicators`.

    Returns
    -------
    tuple
        The panel, sorted by code, and a record of the scores that were averaged.

    Raises
    ------
    PanelError
        If a file has not what the catalogue says.
    """
    gone = abolished_authorities()
    codes = [one.code for one in gone]
    whole = panel.reindex(
        authority=[*map(str, panel.authority.values), *codes],
        fill_value={name: empty for name, empty in _EMPTY.items() if name in panel.variables},
    )
    for dim, attribute in (("authority_name", "name"), ("region", "region")):
        names = whole[dim].values.astype(object)
        names[-len(gone) :] = [getattr(one, attribute) for one in gone]
        whole = whole.assign_coords({dim: ("authority", names.astype(str))})
    for one in gone:
        there = tuple(year for year in years if date(year, 3, 31) <= one.last)
        if there:
            _fill(whole, root, chosen, there, largest, one)
    joins = _fill_deprivation(whole, root, gone)
    text = {name: whole[name].astype(str) for name in ("status", "suppression") if name in whole}
    return whole.assign(text).sortby("authority"), joins


def _fill(
    panel: xr.Dataset,
    root: Path,
    chosen: Sequence[Indicator],
    years: tuple[int, ...],
    largest: int,
    one: Abolished,
) -> None:
    """Put the cells and residents of one authority into its rows."""
    row = pd.DataFrame({"name": [one.name], "region": [one.region]}, index=[one.code])
    readings = read_indicators(
        root, chosen, years, largest=largest, report=silent, on=one.last, only=one.code
    )
    at = {"authority": one.code, "year": list(years)}
    for name, (_, values) in layout.cell_variables(readings, years, row).items():
        panel[name].loc[at] = values[0]
    residents, _ = population.read_population(root, years, one.last)
    panel["population"].loc[at] = layout.grid(residents, years, row)[0].astype(float)


def _fill_deprivation(panel: xr.Dataset, root: Path, gone: Sequence[Abolished]) -> list[Join]:
    """Return the scores of abolished authorities: their own, or the mean of their successors'."""
    joins = []
    for vintage in map(int, panel.vintage.values):
        own = vintages.own_scores(root, vintage, [one.code for one in gone])
        scores = panel["deprivation_vintage"].sel(vintage=vintage)
        for one in gone:
            if one.code in own.index:
                found = own.loc[one.code, list(MEASURES)].to_numpy(float)
            else:
                found = _mean_of(one, scores, panel["population"].isel(year=-1))
                how = f"Mean of {' and '.join(one.successors)}, weighted by residents of 0 to 17."
                file = vintages.file_of(vintage)
                joins.append(Join(file, one.code, one.name, (vintage,), "averaged", how))
            panel["deprivation_vintage"].loc[{"authority": one.code, "vintage": vintage}] = found
            if vintage == int(panel.vintage.values.max()):
                panel["deprivation"].loc[{"authority": one.code}] = found
    return joins


def _mean_of(one: Abolished, scores: xr.DataArray, residents: xr.DataArray) -> np.ndarray:
    """Average the successors' scores by their residents."""
    parts = list(one.successors)
    weight = residents.sel(authority=parts).values
    return np.asarray((scores.sel(authority=parts).values * weight[:, None]).sum(0) / weight.sum())
