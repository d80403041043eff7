"""Who is in the study: the rated authorities of a cut-off, and what there is to score them by."""

from datetime import date

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from data.dates import numpy_day
from data.panel import GRADES, PanelError


class Refused(Exception):
    """A choice cannot be made with the files there are; the message says why."""


def first_inspections(panel: xr.Dataset, cutoff: date) -> pd.Series:
    """Find each authority's first single inspection published by a day.

    Parameters
    ----------
    panel
        Of the authorities of the day, with the single inspections.
    cutoff
        Last day of publication that counts.

    Returns
    -------
    pd.Series
        Inspection ids indexed by authority, in the panel's order; only those that have one.

    Raises
    ------
    PanelError
        If there are fewer than ten.
    """
    given = (panel.judgement_grade.sel(judgement="overall") >= 0).to_numpy()
    reports = panel[["inspected_authority", "publication"]].to_dataframe()[given].reset_index()
    first = reports.sort_values(["publication", "inspection"]).drop_duplicates(
        "inspected_authority", keep="first"
    )
    known = first[first["publication"] <= numpy_day(cutoff)]
    rated = pd.Series(
        known["inspection"].to_numpy(), index=known["inspected_authority"].to_numpy()
    ).reindex(panel.authority.values)
    rated = rated.dropna()
    if len(rated) < 10:
        raise PanelError(
            f"unknown.cutoff = {cutoff.isoformat()}: {len(rated)} authorities had a first single "
            "inspection published by then; at least 10 are needed. Choose a later day "
            "(reports were published from February 2014 to August 2018)."
        )
    return rated


def ratings(panel: xr.Dataset, cutoff: date) -> NDArray[np.int64]:
    """Return each authority's first rating by a day, a position in ``GRADES``; -1 without one."""
    first = first_inspections(panel, cutoff)
    grade = panel.judgement_grade.sel(judgement="overall", inspection=first.to_numpy()).values
    found = np.full(panel.sizes["authority"], -1, dtype=np.int64)
    found[pd.Index(panel.authority.values).get_indexer(first.index)] = grade
    return found


def universe_rows(panel: xr.Dataset, cutoff: date) -> list[dict[str, object]]:
    """List every authority of the day with its rating by a cut-off, or without one."""
    first = first_inspections(panel, cutoff)
    published = panel.publication.to_series()
    rating = ratings(panel, cutoff)
    return [
        {
            "cutoff": cutoff.isoformat(),
            "authority": str(code),
            "name": str(name),
            "rating": GRADES[grade] if grade >= 0 else "",
            "publication": f"{published[first[code]]:%Y-%m-%d}" if grade >= 0 else "",
        }
        for code, name, grade in zip(
            panel.authority.values, panel.authority_name.values, rating, strict=True
        )
    ]


def require_figures(
    panel: xr.Dataset, name: str, indicators: tuple[str, ...], years: tuple[int, ...]
) -> None:
    """Refuse a set of which an indicator has no figure in any of the years.

    Raises
    ------
    Refused
        With the indicators that have none, and the years in which they have.
    """
    there = (panel.status == "observed").any("authority")
    empty = [
        one for one in indicators if not bool(there.sel(indicator=one, year=list(years)).any())
    ]
    if empty:
        raise Refused(
            f"Set {name} in {', '.join(map(str, years))}: no file has a figure for "
            f"{', '.join(empty)} in {'that year' if len(years) == 1 else 'those years'}. "
            "Nothing is put in their place."
            + (
                " The workforce files begin in 2017, after the report."
                if any(one.startswith("sw_") for one in empty)
                else ""
            )
        )
