"""A panel as it was known on a day: for asking whether a model would have foreseen what came."""

import numpy as np
import xarray as xr

from data.panel import PanelError

# Counts of the year ending 31 March are published in October and November of the same year.
_PUBLISHED_BY = "12-01"


def as_known_on(panel: xr.Dataset, day: np.datetime64) -> xr.Dataset:
    """Leave out the reports and the years that were not yet published on a day.

    A year's indicators count as known from 1 December of the year in which it ends. Values
    are those of the newest release that the panel holds: later revisions are not undone.

    Parameters
    ----------
    panel
        A valid panel.
    day
        The last day on which something may have been published.

    Returns
    -------
    xr.Dataset
        A valid panel with fewer years and inspections.

    Raises
    ------
    PanelError
        If no year or no inspection would be left.
    """
    years = [int(y) for y in panel.year.values if np.datetime64(f"{y}-{_PUBLISHED_BY}") <= day]
    published = panel.publication.values <= day
    if not years or not published.any():
        what = "year of indicators" if not years else "inspection"
        raise PanelError(
            f"panel: no {what} was published by {day}. Its years are "
            f"{', '.join(map(str, panel.year.values))}, its reports of "
            f"{str(panel.publication.values.min())[:10]} to "
            f"{str(panel.publication.values.max())[:10]}. Choose a later day."
        )
    return panel.sel(year=years).isel(inspection=np.flatnonzero(published))
