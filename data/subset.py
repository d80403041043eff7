"""A part of a panel: without some authorities or spells of theirs, or near inspections alone."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import xarray as xr

from data.dates import numpy_day
from data.near import nearest
from data.panel import PanelError
from data.panel_queries import latest_inspections
from data.reference import overlaps, years_from

_CELL = ("numerator", "numerator_low", "numerator_high", "denominator", "value", "earlier_value")


def find_authority(
    known: Mapping[str, str],
    wanted: str,
    place: str,
    whose: str = "the panel",
    error: type[ValueError] = PanelError,
) -> str:
    """Find the code of an authority that is named by its code or its name.

    Parameters
    ----------
    known
        Names by code.
    wanted
        A code, or a name in any case.
    place, whose
        Where the user named it, and what should have it, for a message.
    error
        Class of the error.

    Raises
    ------
    ValueError
        Of that class: if there is none, with the nearest; or if several bear the name.
    """
    asked = wanted.strip()
    if asked in known:
        return asked
    names = {code: " ".join(name.split()).casefold() for code, name in known.items()}
    folded = " ".join(asked.split()).casefold()
    found = [code for code, name in names.items() if folded in (name, code.casefold())]
    if len(found) > 1:
        raise error(f"{place}: {wanted!r} is the name of {' and '.join(found)}. Name a code.")
    if not found:
        near = nearest(asked, [*known.values(), *known])
        hint = f"Did you mean {near!r}?" if near else f"There are {next(iter(known))} and others."
        raise error(f"{place}: {wanted!r}: {whose} has no such authority, by code or name. {hint}")
    return found[0]


def _names_by_code(panel: xr.Dataset) -> dict[str, str]:
    """Return the names of a panel's authorities."""
    codes, names = panel.authority.values, panel.authority_name.values
    return {str(code): str(name) for code, name in zip(codes, names, strict=True)}


def without_authorities(panel: xr.Dataset, wanted: Sequence[str]) -> xr.Dataset:
    """Leave authorities out; their inspections stay, as those of abolished ones do.

    Parameters
    ----------
    panel
        A valid panel.
    wanted
        ONS codes, or names.

    Raises
    ------
    PanelError
        If the panel has no such authority, or no other.
    """
    known = _names_by_code(panel)
    out = {find_authority(known, one, "panel.exclude") for one in wanted}
    if len(out) == len(known):
        raise PanelError("panel.exclude names every authority of the panel. Exclude fewer.")
    return panel.sel(authority=[code for code in known if code not in out])


def without_spell(panel: xr.Dataset, authority: str, start: date, end: date) -> xr.Dataset:
    """Leave out what an authority was and did between two days.

    Its inspections that began then (or were published, where the start is not known) go, and its
    figures of periods of which a day lies in between (:mod:`data.reference`), such as those in
    which a trust ran its services.

    Parameters
    ----------
    panel
        A valid panel.
    authority
        ONS code, or name.
    start, end
        First and last day.

    Raises
    ------
    PanelError
        If the panel has no such authority, or nothing of it lies in between.
    """
    code = find_authority(_names_by_code(panel), authority, "panel.drop.authority")
    first, last = numpy_day(start), numpy_day(end)
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
    """Return the day on which each inspection began, or its report's where that is not known."""
    return panel.inspection_start.where(panel.inspection_start.notnull(), panel.publication)


def dates_of_latest(panel: xr.Dataset) -> xr.DataArray:
    """Return the date of each authority's latest overall judgement, or NaT."""
    latest = latest_inspections(panel)
    inspected = latest.values != ""
    dates = np.full(latest.size, np.datetime64("NaT", "ns"))
    dates[inspected] = inspection_dates(panel).sel(inspection=latest.values[inspected]).values
    return xr.DataArray(dates, coords={"authority": panel.authority.values}, dims="authority")
