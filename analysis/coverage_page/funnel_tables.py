"""What the funnel plots show, as tables: every authority, and every indicator's limits."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from analysis.plots.funnel_limits import ALARM, WARNING, Funnel, fit_funnel
from data.coverage import USABLE

_COUNTS = ["numerator_low", "numerator_high", "denominator", "status"]


@dataclass(frozen=True, slots=True, eq=False)
class FunnelTables:
    """What the funnel plots show.

    Attributes
    ----------
    indicators
        By ``indicator``, with ``title``, ``domain`` and ``year``: how many authorities
        are ``observed``, ``suppressed`` and, of these, ``shown`` (their denominator is
        published); ``target``, ``dispersion`` and ``tau`` of the
        :class:`~analysis.plots.funnel_limits.Funnel`; ``target_low`` and
        ``target_high``, the pooled proportion if every suppressed count shown were at
        the lower, or the upper, end of its interval; ``spread_low`` and
        ``spread_high``, between which 95% of authorities would lie without chance;
        ``beyond_95`` and ``beyond_998``, how many observed lie outside the limits.
    authorities
        One row an indicator and authority shown: the interval of the numerator, the
        denominator, both ends as proportions, and the overdispersed ``z`` where observed.
    """

    indicators: pd.DataFrame
    authorities: pd.DataFrame

    def funnel(self, indicator: str) -> Funnel:
        """Return the funnel of one indicator."""
        rows = self.indicators[["target", "dispersion", "tau"]].astype(float).to_dict("index")
        return Funnel(**{str(name): number for name, number in rows[indicator].items()})


def funnel_tables(panel: xr.Dataset) -> FunnelTables:
    """Fit a funnel to the latest year of each indicator that is a count."""
    counts = [str(one) for one in panel["indicator"].values[(panel["kind"] == "count").values]]
    latest = ((one, _latest_year(panel, one)) for one in counts)
    found = [_one_indicator(panel, one, year) for one, year in latest if year is not None]
    return FunnelTables(
        _stacked((row for row, _ in found)).set_index("indicator")
        if found
        else pd.DataFrame(columns=["title", "domain"]),
        pd.concat([points for _, points in found]) if found else pd.DataFrame(),
    )


def _latest_year(panel: xr.Dataset, indicator: str) -> int | None:
    """Find the last year in which an authority has a count of some children."""
    cells = panel.sel(indicator=indicator)
    known = (cells["status"].isin(USABLE) & (cells["denominator"] > 0)).any("authority")
    years = panel["year"].values[known.values]
    return int(years.max()) if years.size else None


def _one_indicator(
    panel: xr.Dataset, indicator: str, year: int
) -> tuple[dict[str, object], pd.DataFrame]:
    """Fit one funnel: a row that says what it is, and the authorities in it."""
    cells = panel.sel(indicator=indicator, year=year)
    table = cells[_COUNTS].to_dataframe().reset_index()
    table = table.assign(name=cells["authority_name"].to_numpy())
    shown = table[(table["denominator"] > 0) & table["numerator_low"].notna()]
    observed = shown["status"].isin(USABLE)
    funnel = fit_funnel(
        shown.loc[observed, "numerator_low"].to_numpy(),
        shown.loc[observed, "denominator"].to_numpy(),
    )
    points = _points(shown, observed, funnel).assign(indicator=indicator, year=year)
    total = shown["denominator"].sum()
    spread = funnel.limits([np.inf], WARNING)
    distance = abs(points["z"])
    row = {
        "indicator": indicator,
        "title": str(cells["indicator_title"].values),
        "domain": str(cells["domain"].values),
        "year": year,
        "observed": int(observed.sum()),
        "suppressed": int((table["status"] == "suppressed").sum()),
        "shown": int((~observed).sum()),
        "target": funnel.target,
        "target_low": shown["numerator_low"].sum() / total,
        "target_high": shown["numerator_high"].sum() / total,
        "dispersion": funnel.dispersion,
        "tau": funnel.tau,
        "spread_low": float(spread[0][0]),
        "spread_high": float(spread[1][0]),
        "beyond_95": int((distance > WARNING).sum()),
        "beyond_998": int((distance > ALARM).sum()),
    }
    return row, points


def _points(shown: pd.DataFrame, observed: pd.Series, funnel: Funnel) -> pd.DataFrame:
    """Place each authority against its denominator."""
    low = shown["numerator_low"] / shown["denominator"]
    z = pd.Series(funnel.scores(low, shown["denominator"]), index=shown.index)
    return pd.DataFrame(
        {
            "indicator": "",
            "year": 0,
            "authority": shown["authority"],
            "name": shown["name"],
            "status": shown["status"],
            "numerator_low": shown["numerator_low"],
            "numerator_high": shown["numerator_high"],
            "denominator": shown["denominator"],
            "proportion_low": low,
            "proportion_high": shown["numerator_high"] / shown["denominator"],
            "z": z.where(observed),
        }
    )


def _stacked(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Set rows under each other."""
    return pd.DataFrame(list(rows))
