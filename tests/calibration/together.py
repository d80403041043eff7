"""Whether more quantities are out of their bands than chance puts there.

The true values of one replicate go together (an indicator's loading, its own spread and its
correlation with effectiveness share an error), so the quantities outside their 95% bands are
no independent twentieth. How many there may be is simulated with normal scores that have the
ranks' own correlations between quantities: uniform each, and dependent as they are.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.evidence.uniformity import ecdf_counts, gamma_of, reference

_SIMULATIONS = 2_000
_RIDGE = 1e-6


def outside_p_value(ranks: pd.DataFrame, draws: int) -> float:
    """Say how often as many quantities or more would be outside their bands by chance.

    Parameters
    ----------
    ranks
        ``replicate``, ``quantity`` and ``rank``.
    draws
        Posterior draws among which each true value was ranked.

    Returns
    -------
    float
        At least one in the number of simulations and one.
    """
    wide = ranks.pivot_table(index="replicate", columns="quantity", values="rank").to_numpy()
    scores = norm.ppf((wide + 0.5) / (draws + 1))
    replicates, quantities = scores.shape
    correlation = np.corrcoef(scores.T) + _RIDGE * np.eye(quantities)
    root = np.linalg.cholesky(correlation).T
    rng = np.random.default_rng(20220102)
    seen = _outside(wide.astype(np.int64), draws)
    reached = 0
    for _ in range(_SIMULATIONS):
        drawn = norm.cdf(rng.normal(size=(replicates, quantities)) @ root / np.sqrt(1.0 + _RIDGE))
        reached += _outside(np.floor(drawn * (draws + 1)).astype(np.int64), draws) >= seen
    return (reached + 1) / (_SIMULATIONS + 1)


def _outside(ranks: NDArray[np.int64], draws: int) -> int:
    """Count the columns whose ECDF leaves its 95% band."""
    below = np.stack([ecdf_counts(column, draws) for column in ranks.T])
    critical = reference(len(ranks), draws).critical
    return int((gamma_of(below, len(ranks), draws) <= critical).sum())
