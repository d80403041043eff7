"""Answer questions about a valid panel: aspects, latest inspections, comparable years."""

import numpy as np
import xarray as xr


def aspects(panel: xr.Dataset) -> list[str]:
    """Return each indicator's aspect, or its domain where the panel names no aspects."""
    return [str(name) for name in panel["aspect" if "aspect" in panel else "domain"].values]


def latest_inspections(
    panel: xr.Dataset, judgement: str = "overall", published_by: np.datetime64 | None = None
) -> xr.DataArray:
    """Name each authority's latest inspection that gave the judgement.

    A judgement under a framework by which the authority is inspected no longer is not
    its latest: care leavers were judged in 2014 to 2018, and again from 2023 only.

    Parameters
    ----------
    panel
        A valid panel.
    judgement
        The judgement that must have been given.
    published_by
        Leave out reports published after this date.

    Returns
    -------
    xr.DataArray
        Inspection ids over ``authority``, empty text where there is none.
    """
    reports = panel[["inspected_authority", "publication", "framework"]].to_dataframe()
    reports["given"] = (panel.judgement_grade.sel(judgement=judgement) >= 0).to_numpy()
    if published_by is not None:
        reports = reports[reports["publication"] <= published_by]
    reports = reports.reset_index().sort_values("publication", kind="stable")
    newest = reports.groupby("inspected_authority")["framework"].transform("last")
    rows = (
        reports[reports["given"] & (reports["framework"] == newest)]
        .drop_duplicates("inspected_authority", keep="last")
        .set_index("inspected_authority")["inspection"]
    )
    latest = rows.reindex(panel.authority.values).fillna("").to_numpy(str)
    return xr.DataArray(latest, coords={"authority": panel.authority}, name="inspection")


def comparable_years(panel: xr.Dataset, indicator: str, year: int) -> list[int]:
    """List the years of an indicator that follow the same series as the year given.

    A panel without ``series`` has one definition for every year that it holds.
    """
    if "series" not in panel:
        return [int(one) for one in panel.year.values]
    series = panel.series.sel(indicator=indicator)
    own = str(series.sel(year=year).values)
    if not own:
        return []
    return [int(one) for one in panel.year.values[(series == own).values]]
