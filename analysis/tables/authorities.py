"""What is known of each authority by itself: its published figures, its inspections.

The interval of a figure made from counts is the central interval of the proportion behind
them under Jeffreys' prior (Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286): what
chance alone leaves open when so few or so many are counted. Of a suppressed count only
an interval is known, so the interval runs from the lower end for its least value to the
upper end for its largest. A rate that is published without its counts has no interval.
"""

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import beta

from data.panel import GRADES

_SPREAD = {"tenth": 0.1, "median": 0.5, "ninetieth": 0.9}


def authority_indicators(panel: xr.Dataset, interval: float) -> pd.DataFrame:
    """List each authority's figures, with what chance leaves open and how others lie.

    Parameters
    ----------
    panel
        A valid panel.
    interval
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        A row for each authority, indicator and year: ``status``, ``value`` in the
        indicator's ``unit`` with ``value_lower`` and ``value_upper``, and the
        authorities' ``tenth``, ``median`` and ``ninetieth`` percentile that year.
    """
    low, high = jeffreys_interval(panel, interval)
    cells = panel[["status", "value"]].assign(
        value_lower=(panel["value"].dims, low), value_upper=(panel["value"].dims, high)
    )
    for name, share in _SPREAD.items():
        cells[name] = panel["value"].quantile(share, "authority").drop_vars("quantile")
    table = cells.to_dataframe().reset_index()
    columns = [
        *("authority", "indicator", "indicator_title", "domain", "direction", "unit", "year"),
        *("status", "value", "value_lower", "value_upper", *_SPREAD),
    ]
    return table[columns].rename(columns={"indicator_title": "title"})


def jeffreys_interval(
    panel: xr.Dataset, interval: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of each cell's interval, in the order of the cells' dimensions.

    What has no denominator has none. An end at which nobody or everybody is counted is
    0 or 1 itself.
    """
    order = panel["value"].dims
    low, high, n = (
        panel[name].transpose(*order).values.astype(float)
        for name in ("numerator_low", "numerator_high", "denominator")
    )
    known = np.isfinite(low) & np.isfinite(high) & (n > 0)
    low, high, n = (np.where(known, one, np.nan) for one in (low, high, n))
    tail = (1.0 - interval) / 2.0
    lower = np.where(low == 0, 0.0, beta.ppf(tail, low + 0.5, n - low + 0.5))
    upper = np.where(high == n, 1.0, beta.isf(tail, high + 0.5, n - high + 0.5))
    return np.where(known, lower, np.nan), np.where(known, upper, np.nan)


def authority_inspections(panel: xr.Dataset) -> pd.DataFrame:
    """List the inspections of the panel's authorities, oldest first, with every judgement.

    Returns
    -------
    pandas.DataFrame
        ``authority``, ``inspection_start`` and ``publication`` (ISO 8601; the start may
        be empty), ``framework``, ``inspection_type``, and a column for each judgement
        with its grade, empty where none was given.
    """
    grade = panel["judgement_grade"].transpose("inspection", "judgement")
    words = np.array(["", *GRADES])[grade.values.astype(int) + 1]
    table = pd.DataFrame(words, columns=[str(one) for one in grade["judgement"].values])
    for name in ("inspection_type", "framework"):
        table.insert(0, name, panel[name].values)
    for name in ("publication", "inspection_start"):
        days = pd.Series(panel[name].values).dt.strftime("%Y-%m-%d").fillna("")
        table.insert(0, name, days.to_numpy())
    table.insert(0, "authority", panel["inspected_authority"].values)
    own = table[table["authority"].isin(panel["authority"].values)]
    return own.sort_values(["authority", "publication"], kind="stable", ignore_index=True)
