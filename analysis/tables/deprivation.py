"""Deprivation against effectiveness and the judgement: points, curves, observed shares."""

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr

from analysis.evidence.ranks import grades_of
from analysis.tables.draws import Array, thinned

_GRID = 41
_MOST = 500
_FIFTHS = 5
QUANTITIES = {"good_or_better": (1, True), "inadequate": (0, False)}
"""For each probability, the cutpoint that bounds it, and whether it lies above."""


def deprivation_points(fit: xr.DataTree, deprivation: Array) -> pd.DataFrame:
    """Return each authority's ``deprivation`` (standard deviations), beside its code."""
    codes = fit["constant_data"]["authority"].values
    return pd.DataFrame({"authority": codes, "deprivation": deprivation})


def deprivation_curves(
    fit: xr.DataTree,
    deprivation_only: xr.DataTree | None,
    deprivation: Array,
    interval: float,
    seed: int,
) -> pd.DataFrame:
    r"""Fit curves of effectiveness and of the judgement over deprivation.

    Effectiveness: in each draw, a parabola through the authorities, its coefficients drawn
    from their posterior under a flat prior given the residual variance,
    :math:`N(\hat\beta, s^2 (X^\top X)^{-1})`, so that the band carries both the
    uncertainty of the authorities and that of the curve. The judgement: the
    probability that the model of deprivation alone gives, averaged over the authorities
    with each at the given deprivation and its date of inspection as it is.

    Parameters
    ----------
    fit
        The fit of concordance whose effectiveness is meant; deprivation is not adjusted for.
    deprivation_only
        The fit in which the judgement depends on deprivation alone, if there is one.
    deprivation
        Of the fits' authorities, in standard deviations; NaN where it is not known.
    interval
        Probability of the bands.
    seed
        Of the coefficients drawn.

    Returns
    -------
    pandas.DataFrame
        ``quantity`` (effectiveness, good_or_better or inadequate), ``deprivation``, and
        ``mean``, ``lower`` and ``upper`` there. ``change``, ``change_lower`` and
        ``change_upper``, the same in every row of a quantity, are of the last point less
        the first: of a straight line through the authorities for effectiveness, whose
        parabola may turn, and of the curve itself for a probability.
    """
    known = np.isfinite(deprivation)
    x = deprivation[known]
    grid = np.linspace(x.min(), x.max(), _GRID)
    effectiveness = thinned(fit, "effectiveness", _MOST)[:, known]
    parabola, line = (_regress(effectiveness, x, grid, terms, seed) for terms in (3, 2))
    change = line[:, -1] - line[:, 0]
    tables = [_band("effectiveness", grid, parabola, change, interval)]
    if deprivation_only is not None:
        for quantity, (cutpoint, above) in QUANTITIES.items():
            below = _below(deprivation_only, deprivation, grid, cutpoint)
            probability = 1.0 - below if above else below
            change = probability[:, -1] - probability[:, 0]
            tables.append(_band(quantity, grid, probability, change, interval))
    return pd.concat(tables, ignore_index=True)


def judgement_shares(fit: xr.DataTree, deprivation: Array) -> pd.DataFrame:
    """Return the observed shares of judgements in each fifth of deprivation.

    Returns
    -------
    pandas.DataFrame
        ``quantity``, ``deprivation`` (mean of the fifth), ``share`` and ``authorities``.
    """
    grade = grades_of(fit)
    judged = (grade >= 0) & np.isfinite(deprivation)
    grade, x = grade[judged], deprivation[judged]
    fifths = pd.qcut(x, _FIFTHS, labels=False, duplicates="drop")
    rows = []
    for quantity, (cutpoint, above) in QUANTITIES.items():
        held = (grade > cutpoint) if above else (grade <= cutpoint)
        for fifth in np.unique(fifths):
            inside = fifths == fifth
            rows.append(
                {
                    "quantity": quantity,
                    "deprivation": float(x[inside].mean()),
                    "share": float(held[inside].mean()),
                    "authorities": int(inside.sum()),
                }
            )
    return pd.DataFrame(rows)


def _regress(outcome: Array, x: Array, grid: Array, terms: int, seed: int) -> Array:
    """Draw a polynomial of x for each draw of an outcome (draw, authority), over a grid."""
    design = np.vander(x, terms)
    inverse = np.linalg.inv(design.T @ design)
    fitted = outcome @ design @ inverse
    residual = outcome - fitted @ design.T
    sd = np.sqrt((residual**2).sum(axis=1, keepdims=True) / (x.size - terms))
    noise = np.random.default_rng(seed).normal(size=fitted.shape) @ np.linalg.cholesky(inverse).T
    return np.asarray((fitted + sd * noise) @ np.vander(grid, terms).T)


def _below(fit: xr.DataTree, deprivation: Array, grid: Array, cutpoint: int) -> Array:
    """Return the probability of a grade below a cutpoint at each deprivation, by draw."""
    use = (grades_of(fit) >= 0) & np.isfinite(deprivation)
    slope = thinned(fit, "judgement_deprivation", _MOST)[:, None]
    predictor = thinned(fit, "judgement_predictor", _MOST)[:, use]
    rest = predictor - slope * deprivation[use]
    edge = thinned(fit, "cutpoints", _MOST)[:, cutpoint, None]
    return np.stack([ndtr(edge - rest - slope * at).mean(axis=1) for at in grid], axis=1)


def _band(
    quantity: str, grid: Array, curves: Array, change: Array, interval: float
) -> pd.DataFrame:
    """Summarise curves (draw, point) and changes (draw) by their means and central intervals."""
    ends = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    low, high = np.quantile(curves, ends, axis=0)
    change_low, change_high = np.quantile(change, ends)
    return pd.DataFrame(
        {
            "quantity": quantity,
            "deprivation": grid,
            "mean": curves.mean(axis=0),
            "lower": low,
            "upper": high,
            "change": float(change.mean()),
            "change_lower": float(change_low),
            "change_upper": float(change_high),
        }
    )
