"""The prior of ρ: a Beta(κ, κ) stretched to -1..1.

It stands apart so that what only weighs or writes need not import a sampling library.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def link_density(rho: NDArray[np.float64], concentration: float) -> NDArray[np.float64]:
    """Return the prior density of ρ."""
    density: NDArray[np.float64] = stats.beta.pdf((rho + 1.0) / 2.0, concentration, concentration)
    return density / 2.0


def link_log_odds(limit: float, concentration: float) -> float:
    """Return the prior log odds of |ρ| below a limit."""
    beyond = float(np.log(2.0) + stats.beta.logsf(0.5 + limit / 2.0, concentration, concentration))
    return float(np.log1p(-np.exp(beyond)) - beyond)


def link_median(concentration: float) -> float:
    """Return the prior median of |ρ|."""
    return float(2.0 * stats.beta.ppf(0.75, concentration, concentration) - 1.0)
