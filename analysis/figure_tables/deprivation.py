"""Deprivation against effectiveness and the judgement: points, curves, observed shares."""

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.figure_tables.grades import observed_grades

Array = NDArray[np.float64]

_GRID = 41
_MOST = 500
_FIFTHS = 5
QUANTITIES = {"good_or_better": (1, True), "inadequate": (0, False)}
"""For each probability, the cutpoint that bounds it, and whether it lies above."""


def deprivation_points(fit: xr.DataTree) -> pd.DataFrame:
    """Give each authority's ``deprivation`` (standard deviations), beside its code."""
    data = fit["constant_data"].to_dataset()
    return pd.DataFrame(
        {"authority": data["authority"].values, "deprivation": data["deprivation"].values}
    )


def deprivation_curves(
    linked: xr.DataTree, deprivation_only: xr.DataTree | None, interval: float
) -> pd.DataFrame:
    """Fit curves of effectiveness and of the judgement over deprivation.

    Effectiveness: in each draw, a parabola by least squares through the authorities, so that
    the band carries their uncertainty and not that of the form. The judgement: the
    probability that the model of deprivation alone gives, averaged over the authorities
    with each at the given deprivation and all else (its date of inspection) as it is.

    Parameters
    ----------
    linked
        The ``linked`` fit of concordance, in which deprivation is not adjusted for.
    deprivation_only
        The fit in which the judgement depends on deprivation alone, if there is one.
    interval
        Probability of the bands.

    Returns
    -------
    pandas.DataFrame
        ``quantity`` (effectiveness, good_or_better or inadequate), ``deprivation``,
        ``mean``, ``lower`` and ``upper``.
    """
    x = linked["constant_data"]["deprivation"].values
    known = np.isfinite(x)
    grid = np.linspace(x[known].min(), x[known].max(), _GRID)
    effectiveness = _thinned(linked, "effectiveness")[:, known]
    hat = np.vander(grid, 3) @ np.linalg.pinv(np.vander(x[known], 3))
    tables = [_band("effectiveness", grid, effectiveness @ hat.T, interval)]
    if deprivation_only is not None:
        for quantity, (cutpoint, above) in QUANTITIES.items():
            below = _below(deprivation_only, grid, cutpoint)
            probability = 1.0 - below if above else below
            tables.append(_band(quantity, grid, probability, interval))
    return pd.concat(tables, ignore_index=True)


def judgement_shares(fit: xr.DataTree) -> pd.DataFrame:
    """Give the observed shares of judgements in each fifth of deprivation.

    Returns
    -------
    pandas.DataFrame
        ``quantity``, ``deprivation`` (mean of the fifth), ``share`` and ``authorities``.
    """
    grade = observed_grades(fit)
    x = fit["constant_data"]["deprivation"].values
    judged = (grade >= 0) & np.isfinite(x)
    fifths = pd.qcut(x[judged], _FIFTHS, labels=False, duplicates="drop")
    rows = []
    for quantity, (cutpoint, above) in QUANTITIES.items():
        held = (grade > cutpoint) if above else (grade <= cutpoint)
        for fifth in np.unique(fifths):
            inside = fifths == fifth
            rows.append(
                {
                    "quantity": quantity,
                    "deprivation": float(x[judged][inside].mean()),
                    "share": float(held[judged][inside].mean()),
                    "authorities": int(inside.sum()),
                }
            )
    return pd.DataFrame(rows)


def _below(fit: xr.DataTree, grid: Array, cutpoint: int) -> Array:
    """Give the probability of a grade below a cutpoint at each deprivation, by draw."""
    grade = observed_grades(fit)
    x = fit["constant_data"]["deprivation"].values
    use = (grade >= 0) & np.isfinite(x)
    slope = _thinned(fit, "judgement_deprivation")[:, None]
    rest = _thinned(fit, "judgement_predictor")[:, use] - slope * x[use]
    edge = _thinned(fit, "cutpoints")[:, cutpoint, None]
    return np.stack([ndtr(edge - rest - slope * at).mean(axis=1) for at in grid], axis=1)


def _thinned(fit: xr.DataTree, name: str) -> Array:
    """Give at most ``_MOST`` draws of a variable, evenly spaced, chains one after another."""
    array = fit["posterior"][name].transpose("chain", "draw", ...)
    draws = np.asarray(array.values, dtype=float)
    draws = draws.reshape(-1, *draws.shape[2:])
    return np.asarray(draws[:: -(-len(draws) // _MOST)])


def _band(quantity: str, grid: Array, curves: Array, interval: float) -> pd.DataFrame:
    """Summarise curves (draw, point) by their mean and central interval."""
    tail = (1.0 - interval) / 2.0
    low, high = np.quantile(curves, [tail, 1.0 - tail], axis=0)
    return pd.DataFrame(
        {
            "quantity": quantity,
            "deprivation": grid,
            "mean": curves.mean(axis=0),
            "lower": low,
            "upper": high,
        }
    )
