"""A part of a panel: without some authorities or spells of theirs, or near inspections alone."""

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches

import numpy as np
import xarray as xr

from data.panel import PanelError, latest_inspections
from data.reference import overlaps, years_from

_CELL = ("numerator", "numerator_low", "numerator_high", "denominator", "value", "earlier_value")


def without_authorities(panel: xr.Dataset, codes: Sequence[str]) -> xr.Dataset:
    """Leave authorities out; their inspections stay, as those of abolished ones do.

    Parameters
    ----------
    panel
        A valid panel.
    codes
        ONS codes.

    Raises
    ------
    PanelError
        If a code is not in the panel; names are offered where one was given for a code.
    """
    known = [str(code) for code in panel.authority.values]
    names = dict(zip((str(name) for name in panel.authority_name.values), known, strict=True))
    for code in codes:
        if code not in known:
            near = get_close_matches(code, known, n=1) or [
                names[name] for name in get_close_matches(code, list(names), n=1)
            ]
            hint = f"Did you mean {near[0]!r}?" if near else f"It has {known[0]} and others."
            raise PanelError(f"panel.exclude = {code!r}: the panel has no such authority. {hint}")
    return panel.sel(authority=[code for code in known if code not in set(codes)])


def without_spell(panel: xr.Dataset, code: str, start: date, end: date) -> xr.Dataset:
    """Leave out what an authority was and did between two days.

    Its inspections that began then (or were published, where the start is not known) go, and its
    figures of periods of which a day lies in between (:mod:`data.reference`), such as those in
    which a trust ran its services.

    Parameters
    ----------
    panel
        A valid panel.
    code
        ONS code.
    start, end
        First and last day.

    Raises
    ------
    PanelError
        If the panel has no such authority, or nothing of it lies in between.
    """
    if code not in panel.authority.values:
        without_authorities(panel, (code,))
    first, last = np.datetime64(start, "ns"), np.datetime64(end, "ns")
    dates = inspection_dates(panel)
    out = (panel.inspected_authority == code) & (dates >= first) & (dates <= last)
    within = overlaps(panel, start, end)
    if not out.any() and not within.any():
        raise PanelError(
            f"panel.drop: {code} has neither an inspection nor a figure of the panel from "
            f"{start.isoformat()} to {end.isoformat()}. Mend the days, or leave the entry out."
        )
    kept = keep_cells(panel, ~(within & (panel.authority == code)))
    return kept.isel(inspection=np.flatnonzero(~out.values))


def within_lag(panel: xr.Dataset, first: int, last: int) -> xr.Dataset:
    """Keep the figures whose periods lie so far from the authority's latest inspection.

    Parameters
    ----------
    panel
        A valid panel.
    first, last
        Years from the day on which the latest inspection that gave an overall judgement
        began, or was published where the start is not known, to a figure's period
        (:func:`data.reference.years_from`): 0 is the period that holds the day, 1 the next.
        Both ends count.

    Returns
    -------
    xr.Dataset
        Other cells hold nothing, with the status ``no_data``. Authorities without such an
        inspection keep every cell.

    Raises
    ------
    PanelError
        If nothing is left of an indicator.
    """
    lag = years_from(panel, dates_of_latest(panel))
    kept = keep_cells(panel, ((lag >= first) & (lag <= last)) | lag.isnull())
    left = np.isfinite(kept.value) | np.isfinite(kept.numerator_low)
    empty = ~left.any(("authority", "year"))
    if empty.any():
        raise PanelError(
            f"panel.lag = [{first}, {last}]: no figure of {panel.indicator.values[empty][0]} lies "
            "so far from an inspection. Widen the lag, or add years."
        )
    return kept


def keep_cells(panel: xr.Dataset, keep: xr.DataArray) -> xr.Dataset:
    """Empty the cells that are not to be kept; the others stay as they are."""
    empty = dict.fromkeys(_CELL, np.nan) | {"status": "no_data", "suppression": ""}
    return panel.assign(
        {
            name: panel[name]
            .where(keep, nothing)
            .astype(panel[name].dtype)
            .transpose(*panel[name].dims)
            for name, nothing in empty.items()
            if name in panel
        }
    )


def inspection_dates(panel: xr.Dataset) -> xr.DataArray:
    """Give the day on which each inspection began, or its report's where that is not known."""
    return panel.inspection_start.where(panel.inspection_start.notnull(), panel.publication)


def dates_of_latest(panel: xr.Dataset) -> xr.DataArray:
    """Give the date of each authority's latest overall judgement, or NaT."""
    latest = latest_inspections(panel)
    inspected = latest.values != ""
    dates = np.full(latest.size, np.datetime64("NaT", "ns"))
    dates[inspected] = inspection_dates(panel).sel(inspection=latest.values[inspected]).values
    return xr.DataArray(dates, coords={"authority": panel.authority.values}, dims="authority")
