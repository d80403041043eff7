r"""Which axis moves ρ most: the variance of the specification curve, taken apart.

For each estimand ρ of every specification is regressed on the options (one indicator variable
for each option but the first of every axis). The share of an axis is what the sum of squares
loses when its options are left out, over the total,

.. math:: \frac{RSS_{-a} - RSS}{SS},

which in a full product is its main effect's :math:`\eta^2`; what no axis takes is how options
act together, :math:`RSS/SS`. Intervals are percentiles over resamples of the specifications
(Efron and Tibshirani 1993, chapter 13): the specifications are the population here, so they say
how much the shares hang on single ones, and nothing of sampling error in the data.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.plots.specifications import AXIS, axes_of

Array = NDArray[np.float64]

TOGETHER = "options together"
_RESAMPLES = 400
_INTERVAL = (0.025, 0.975)
_FLAT = 1e-12


def axis_shares(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Take the variance of ρ over specifications apart.

    Parameters
    ----------
    table
        :func:`analysis.sensitivity.table.build_table`'s; rows without an answer are left out.
    seed
        Of the resamples.

    Returns
    -------
    pandas.DataFrame
        ``estimand``, ``axis``, ``share`` with ``lower`` and ``upper`` (95%), ``range`` (largest
        less smallest mean of ρ over its options) and ``specifications``; the largest share first,
        and last what options do together. Axes with one option are left out.
    """
    rows = []
    for number, (estimand, own) in enumerate(table.dropna(subset="rho_mean").groupby("estimand")):
        axes = [name for name in axes_of(own) if own[AXIS + name].unique().size > 1]
        rho = own["rho_mean"].to_numpy(float)
        if not axes or np.ptp(rho) < _FLAT:
            continue
        columns = [_indicators(own[AXIS + name]) for name in axes]
        rng = np.random.default_rng([seed, number])
        resampled = np.array(
            [
                _shares(rho[pick], [one[pick] for one in columns])
                for pick in rng.integers(rho.size, size=(_RESAMPLES, rho.size))
            ]
        )
        lower, upper = np.nanquantile(resampled, _INTERVAL, axis=0)
        found = pd.DataFrame(
            {
                "estimand": estimand,
                "axis": [*axes, TOGETHER],
                "share": _shares(rho, columns),
                "lower": lower,
                "upper": upper,
                "range": [*(_range(own, name) for name in axes), np.nan],
                "specifications": rho.size,
            }
        )
        main = found.iloc[:-1].sort_values("share", ascending=False, kind="stable")
        rows.append(pd.concat([main, found.iloc[-1:]]))
    names = ["estimand", "axis", "share", "lower", "upper", "range", "specifications"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=names)


def _range(own: pd.DataFrame, axis: str) -> float:
    """Return the distance between the means of the options that differ most."""
    means = own.groupby(AXIS + axis, observed=True)["rho_mean"].mean()
    return float(means.max() - means.min())


def _indicators(options: pd.Series) -> Array:
    """Code an axis by indicator variables, the first option left out."""
    names = list(dict.fromkeys(options))
    return np.column_stack([(options == name).to_numpy(float) for name in names[1:]])


def _shares(rho: Array, columns: list[Array]) -> Array:
    """Return each axis's share of the sum of squares, and that of the residuals."""
    total = float(((rho - rho.mean()) ** 2).sum())
    if total < _FLAT:
        return np.full(len(columns) + 1, np.nan)
    whole = _residual(rho, columns)
    without = [
        _residual(rho, columns[:position] + columns[position + 1 :])
        for position in range(len(columns))
    ]
    return np.array([*(one - whole for one in without), whole]) / total


def _residual(rho: Array, columns: list[Array]) -> float:
    """Return the residual sum of squares of a least squares fit."""
    design = np.column_stack([np.ones(rho.size), *columns])
    coefficients = np.linalg.lstsq(design, rho, rcond=None)[0]
    return float(((rho - design @ coefficients) ** 2).sum())
