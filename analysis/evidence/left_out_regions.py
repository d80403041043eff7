"""How models predict the judgements of a region that they have not seen.

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
        ``model``, ``region``, judged ``authorities``, ``elpd`` of their judgements together and
        its ``elpd_mcse``, and ``rhat`` of the refit; no row of a fit without such refits.
    """
    parts = [
        fit[GROUP]
        .to_dataset()
        .to_dataframe()
        .reset_index()
        .rename(columns={"judgement": "elpd", "judgement_mcse": "elpd_mcse"})
        .assign(model=model)
        for model, fit in fits.items()
        if GROUP in fit
    ]
    columns = ["model", "region", "authorities", "elpd", "elpd_mcse", "rhat"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame()


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
    """Give the standard error of a sum over regions."""
    if pointwise.size < 2:
        return float("nan")
    return float(np.sqrt(pointwise.size * pointwise.var(ddof=1)))
