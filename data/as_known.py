"""A panel as it was known on a day: for asking whether a model would have foreseen what came."""

import numpy as np
import xarray as xr

from data.panel import PanelError
from data.reference import known_on
from data.subset import keep_cells


def as_known_on(panel: xr.Dataset, day: np.datetime64) -> xr.Dataset:
    """Leave out the reports and the figures that were not yet published on a day.

    When an indicator's figures are published is a fact of the catalogue
    (:mod:`data.reference`). Values are those of the newest release that the panel holds: later
    revisions are not undone.

    Parameters
    ----------
    panel
        A valid panel.
    day
        The last day on which something may have been published.

    Returns
    -------
    xr.Dataset
        A valid panel with fewer years, figures and inspections.

    Raises
    ------
    PanelError
        If no year or no inspection would be left, or nothing of an indicator.
    """
    known = known_on(panel, day.astype("datetime64[D]").item())
    years = known.year.values[known.any("indicator").values]
    published = panel.publication.values <= day
    if not years.size or not published.any():
        what = "inspection" if years.size else "year of indicators"
        raise PanelError(
            f"panel: no {what} was published by {day}. Its years are "
            f"{', '.join(map(str, panel.year.values))}, its reports of "
            f"{str(panel.publication.values.min())[:10]} to "
            f"{str(panel.publication.values.max())[:10]}. Choose a later day."
        )
    unknown = ~known.any("year").values
    if unknown.any():
        raise PanelError(
            f"panel: no figure of {panel.indicator.values[unknown][0]} was published by {day}; "
            f"its years are {', '.join(map(str, panel.year.values))}. Choose a later day, add "
            "years, or leave the indicator out."
        )
    kept = keep_cells(panel, known).sel(year=years)
    return kept.isel(inspection=np.flatnonzero(published))
