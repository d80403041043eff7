"""A part of a panel: without some authorities, or with the years about an inspection alone."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import xarray as xr

from data.panel import PanelError, latest_inspections

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


def within_lag(panel: xr.Dataset, first: int, last: int) -> xr.Dataset:
    """Keep the cells of the years that lie so far from the authority's latest inspection.

    Parameters
    ----------
    panel
        A valid panel.
    first, last
        Years since the year (ending 31 March) in which the latest inspection that gave an
        overall judgement began, or was published where the start is not known: 0 is that
        year, 1 the next. Both ends count.

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
    lag = panel.year - years_of_inspection(panel)
    keep = ((lag >= first) & (lag <= last)) | lag.isnull()
    cells = {name: panel[name].where(keep) for name in _CELL if name in panel}
    status = panel.status.where(keep, "no_data").astype(panel.status.dtype)
    kept = panel.assign({**cells, "status": status.transpose(*panel.status.dims)})
    if "suppression" in panel:
        kind = panel.suppression.where(keep, "").astype(panel.suppression.dtype)
        kept = kept.assign(suppression=kind.transpose(*panel.suppression.dims))
    left = np.isfinite(kept.value) | np.isfinite(kept.numerator_low)
    empty = ~left.any(("authority", "year"))
    if empty.any():
        raise PanelError(
            f"panel.lag = [{first}, {last}]: no year of {panel.indicator.values[empty][0]} lies "
            "so far from an inspection. Widen the lag, or add years."
        )
    for name, before in ((name, panel[name].dims) for name in cells):
        kept[name] = kept[name].transpose(*before)
    return kept


def years_of_inspection(panel: xr.Dataset) -> xr.DataArray:
    """Give the year ending 31 March of each authority's latest overall judgement, or NaN."""
    latest = latest_inspections(panel)
    inspected = latest.values != ""
    rows = panel.sel(inspection=latest.values[inspected])
    date = rows.inspection_start.where(rows.inspection_start.notnull(), rows.publication)
    year = np.full(latest.size, np.nan)
    year[inspected] = date.dt.year.values + (date.dt.month.values >= 4)
    return xr.DataArray(year, coords={"authority": panel.authority})
