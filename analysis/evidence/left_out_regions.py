"""How models predict the judgements and indicators of a region that they have not seen.

The scores of refits without each region (:mod:`models.leave_regions`), from the integrated
likelihood. Nine regions are few: the standard error of a difference is over regions, and is
itself known to about a quarter.
"""

import numpy as np
import pandas as pd
import xarray as xr

from models.leave_regions import GROUP


def region_scores(fits: dict[str, xr.DataTree]) -> pd.DataFrame:
    """Tabulate the scores region by region.

    Parameters
    ----------
    fits
        Of one estimand, by model.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``region``, judged ``authorities``; ``elpd`` of their judgements together, given
        their indicators, with ``elpd_mcse`` and ``rhat`` of the refit; and ``indicators_elpd`` of
        their indicators together with its ``_mcse`` and ``_rhat``. No row of a fit without such
        refits.
    """
    parts = [_of(fit[GROUP].to_dataset(), model) for model, fit in fits.items() if GROUP in fit]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _of(scores: xr.Dataset, model: str) -> pd.DataFrame:
    """Tabulate one model's; the indicators' score is what the judgements' leaves of the whole."""
    columns = {
        "authorities": scores["authorities"],
        "elpd": scores["judgement"],
        "elpd_mcse": scores["judgement_mcse"],
        "rhat": scores["judgement_rhat"],
        "indicators_elpd": scores["everything"] - scores["judgement"],
        "indicators_elpd_mcse": xr.ufuncs.hypot(
            scores["everything_mcse"], scores["judgement_mcse"]
        ),
        "indicators_rhat": scores["everything_rhat"],
    }
    table = pd.DataFrame({name: column.values for name, column in columns.items()})
    table.insert(0, "region", scores["region"].values)
    table.insert(0, "model", model)
    return table


def compare_regions(scores: pd.DataFrame) -> pd.DataFrame:
    """Compare models by their scores over regions, best first.

    Parameters
    ----------
    scores
        As :func:`region_scores` gives them.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``regions`` (those that every model has a score of), ``elpd`` with ``se`` and
        ``mcse``, and ``difference`` from the best with ``difference_se``. Empty without scores.
    """
    if scores.empty:
        return pd.DataFrame()
    wide = scores.pivot_table("elpd", "region", "model", dropna=False).dropna()
    errors = scores.pivot_table("elpd_mcse", "region", "model").loc[wide.index]
    best = wide.sum().idxmax()
    rows = [
        {
            "model": str(model),
            "regions": len(wide),
            "elpd": float(wide[model].sum()),
            "se": _standard_error(wide[model].to_numpy()),
            "mcse": float(np.hypot.reduce(errors[model].to_numpy())),
            "difference": float((wide[model] - wide[best]).sum()),
            "difference_se": _standard_error((wide[model] - wide[best]).to_numpy()),
        }
        for model in wide.sum().sort_values(ascending=False).index
    ]
    return pd.DataFrame(rows)


def _standard_error(pointwise: np.ndarray) -> float:
    """Return the standard error of a sum over regions."""
    if pointwise.size < 2:
        return float("nan")
    return float(np.sqrt(pointwise.size * pointwise.var(ddof=1)))
