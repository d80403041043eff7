"""How the judgement goes with deprivation, by framework, from the fit at equal deprivation."""

import pandas as pd
import xarray as xr

from analysis.evidence.convergence import Convergence
from analysis.evidence.ranks import summarise
from models.fitted import Fit

COLUMNS = ("framework", "quantity", "mean", "lower", "upper", "mcse", "readings")


def deprivation_gradients(fit: Fit, gate: Convergence, interval: float) -> pd.DataFrame:
    """Tabulate the judgement's slope on deprivation.

    Parameters
    ----------
    fit
        A ``linked`` fit of the estimand ``adjusted``.
    gate
        What the convergence gate said of it.
    interval
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        A row for each framework: change of the judgement's underlying scale, of unit variance,
        for one standard deviation of deprivation at equal effectiveness, region and date
        (``slope``), and how many ``readings`` of it entered; then the bends of a spline, which
        the frameworks share. Empty where the fit did not converge or holds no deprivation.
    """
    posterior, inspection = fit.posterior, fit.specification.inspection
    if not gate.converged or "judgement_deprivation" not in posterior:
        return pd.DataFrame(columns=list(COLUMNS))
    slope = posterior["judgement_deprivation"]
    if "framework" not in slope.dims:
        slope = slope.expand_dims(framework=list(inspection.frameworks))
    rows = [
        {
            "framework": str(name),
            "quantity": "slope",
            **_told(slope.sel(framework=name), interval),
            "readings": _readings(fit, place),
        }
        for place, name in enumerate(slope["framework"].values)
    ]
    if "judgement_bend" in posterior:
        bend = posterior["judgement_bend"]
        entered = sum(_readings(fit, place) for place in range(len(rows)))
        rows += [
            {
                "framework": ", ".join(inspection.frameworks),
                "quantity": f"bend {name}",
                **_told(bend.sel(bend=name), interval),
                "readings": entered,
            }
            for name in bend["bend"].values
        ]
    return pd.DataFrame(rows)[list(COLUMNS)]


def _told(drawn: xr.DataArray, interval: float) -> dict[str, float]:
    """Summarise draws."""
    return summarise(drawn.transpose("chain", "draw").values, interval)


def _readings(fit: Fit, place: int) -> int:
    """Count the inspections of one framework that entered."""
    data = fit.constant_data
    if fit.judged_once:
        return int((data["judged"] > 0).sum())
    given = (data["reading_grade"] >= 0).any("judgement")
    return int((given & (data["reading_framework"] == place)).sum())
