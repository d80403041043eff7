"""Tests of each indicator against the ratings, as a study of its day would have run them.

Kruskal and Wallis's test and the analysis of variance over the ratings, χ² of the indicator's
thirds by rating, and Spearman's correlation, which alone has a direction; each unadjusted and by
Holm's method over the indicators of the set. With so few authorities in some cells χ² is rough;
the smallest expected count stands beside it.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, f_oneway, kruskal, rankdata, spearmanr

Array = NDArray[np.float64]

TESTS = ("kruskal_wallis", "anova", "chi_squared", "spearman")


def associate(
    values: Array, names: list[str], rating: NDArray[np.int64], alpha: float
) -> pd.DataFrame:
    """Test each indicator against the ratings.

    Parameters
    ----------
    values
        On a scale on which more is better, (authority, indicator); NaN where there is no figure.
    names
        Of the indicators.
    rating
        Of each authority, a position in ``GRADES``.
    alpha
        Level.

    Returns
    -------
    pd.DataFrame
        A row for each indicator and test: ``authorities``, ``statistic`` (of Spearman's the
        correlation, positive where better-rated authorities do better), ``p``, ``p_holm``,
        ``significant``, ``significant_holm`` and, for χ², ``smallest_expected``. NaN where a
        test cannot be made.
    """
    rows = []
    for name, column in zip(names, values.T, strict=True):
        held = np.isfinite(column)
        for test in TESTS:
            statistic, p, expected = _test(test, column[held], rating[held])
            rows.append(
                {
                    "indicator": name,
                    "test": test,
                    "authorities": int(held.sum()),
                    "statistic": statistic,
                    "p": p,
                    "smallest_expected": expected,
                }
            )
    table = pd.DataFrame(rows)
    table["p_holm"] = table.groupby("test")["p"].transform(lambda p: holm(p.to_numpy()))
    table["significant"] = table["p"] < alpha
    table["significant_holm"] = table["p_holm"] < alpha
    return table


def holm(p: Array) -> Array:
    """Adjust p for the number of tests by Holm's step-down method; NaN stays NaN."""
    adjusted = np.full(p.size, np.nan)
    held = np.flatnonzero(np.isfinite(p))
    order = held[np.argsort(p[held])]
    steps = p[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _test(test: str, values: Array, rating: NDArray[np.int64]) -> tuple[float, float, float]:
    """Run one test: statistic, p, and the smallest expected count."""
    present, group = np.unique(rating, return_inverse=True)
    if present.size < 2 or values.size <= present.size + 1 or np.ptp(values) == 0.0:
        return np.nan, np.nan, np.nan
    groups = [values[group == one] for one in range(present.size)]
    if test == "chi_squared":
        thirds = np.ceil(3.0 * rankdata(values) / values.size).clip(1, 3).astype(int)
        counts = np.zeros((present.size, 3))
        np.add.at(counts, (group, thirds - 1), 1.0)
        counts = counts[:, counts.sum(axis=0) > 0]
        if counts.shape[1] < 2:
            return np.nan, np.nan, np.nan
        found = chi2_contingency(counts)
        return float(found.statistic), float(found.pvalue), float(found.expected_freq.min())
    tested: Any
    if test == "spearman":
        tested = spearmanr(rating, values)
    else:
        tested = kruskal(*groups) if test == "kruskal_wallis" else f_oneway(*groups)
    return float(tested.statistic), float(tested.pvalue), np.nan
