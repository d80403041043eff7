r"""Are ranks uniform? The chi-square test, and the ECDF with simultaneous bands.

If parameters come from the prior and data from the model, the rank of a true value among L
independent posterior draws is uniform on 0..L (Cook, Gelman and Rubin 2006; Talts, Betancourt,
Simpson, Vehtari and Gelman 2018, arXiv:1804.06788). With N ranks the number below i is
:math:`\mathrm{Binomial}(N, i/(L+1))` at every i. The graphical test of Säilynoja, Bürkner and
Vehtari (2022, doi:10.1007/s11222-022-10090-6) takes the least probable of these counts,

.. math::

    \gamma = 2 \min_i \min\{P(B_i \le n_i),\; P(B_i \ge n_i)\},

whose distribution under uniform ranks is simulated here: its 5% quantile gives bands that hold
a uniform ECDF whole with probability 0.95, and its place in that distribution a p-value.
(ArviZ has the bands for continuous values; ranks are whole numbers, and the table needs
p-values.)
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom, chisquare, norm

Array = NDArray[np.float64]
Ranks = NDArray[np.int64]

_SIMULATIONS = 20_000
_LEAST_EXPECTED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What uniform ranks do.

    Attributes
    ----------
    gamma
        Sorted γ of simulated sets of ranks.
    critical
        Its 5% quantile: an ECDF with a γ of this or less leaves its band.
    lower, upper
        Simultaneous 95% band of the number of ranks below 1..L.
    """

    gamma: Array
    critical: float
    lower: Array
    upper: Array


@lru_cache(maxsize=8)
def reference(replicates: int, draws: int) -> Reference:
    """Simulate γ for uniform ranks of ``replicates`` true values among ``draws`` draws."""
    rng = np.random.default_rng(20220101)
    share = np.full(draws + 1, 1.0 / (draws + 1))
    below = rng.multinomial(replicates, share, size=_SIMULATIONS).cumsum(axis=1)[:, :-1]
    gamma = np.sort(gamma_of(below, replicates, draws))
    level = np.quantile(gamma, 0.05)
    places = np.arange(1, draws + 1) / (draws + 1)
    return Reference(
        gamma=gamma,
        critical=float(level) * (1.0 - 1e-9),
        lower=np.asarray(binom.ppf(level / 2.0, replicates, places)),
        upper=np.asarray(binom.isf(level / 2.0, replicates, places)),
    )


def ecdf_counts(ranks: Ranks, draws: int) -> NDArray[np.int64]:
    """Count the ranks below each of 1..L."""
    return np.bincount(ranks, minlength=draws + 1).cumsum()[:-1]


def ecdf_p_value(ranks: Ranks, draws: int) -> float:
    """Return how often uniform ranks would leave the diagonal at least as far."""
    known = reference(ranks.size, draws)
    own = gamma_of(ecdf_counts(ranks, draws)[None], ranks.size, draws)[0]
    # The smallest p-value that the simulation can tell is one in its size.
    beyond = np.searchsorted(known.gamma, own * (1.0 + 1e-9), side="right")
    return float((beyond + 1) / (known.gamma.size + 1))


def chi_square_p_value(ranks: Ranks, draws: int) -> float:
    """Test equal numbers of ranks in bins, at least five expected in each."""
    bins = bins_for(ranks.size, draws)
    observed = np.bincount(ranks * bins // (draws + 1), minlength=bins)
    return float(chisquare(observed).pvalue)


def bins_for(replicates: int, draws: int) -> int:
    """Return the largest number of bins, at most 20, of equal width and enough ranks."""
    most = max(2, min(20, replicates // _LEAST_EXPECTED))
    return next(bins for bins in range(most, 0, -1) if (draws + 1) % bins == 0)


def uniformity(ranks: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Test each quantity's ranks.

    Parameters
    ----------
    ranks
        ``quantity`` and ``rank``, one row a quantity and replicate.
    draws
        L, the posterior draws among which the true value was ranked.

    Returns
    -------
    pandas.DataFrame
        By quantity: ``replicates``, ``ecdf_p``, ``chi_square_p``, the same ``adjusted`` for
        the number of quantities (Holm, of ``ecdf_p``), ``outside`` (the ECDF leaves its 95%
        band); ``bias``, the mean of Φ⁻¹ of the ranks in its standard errors (positive: truths
        lie high, estimates are too low); ``spread``, the variance of that (above 1:
        posteriors are too narrow).
    """
    rows = {}
    for quantity, own in ranks.groupby("quantity", sort=False)["rank"]:
        values = own.to_numpy(np.int64)
        z = norm.ppf((values + 0.5) / (draws + 1))
        rows[quantity] = {
            "replicates": values.size,
            "ecdf_p": ecdf_p_value(values, draws),
            "chi_square_p": chi_square_p_value(values, draws),
            "bias": z.mean() * np.sqrt(z.size),
            "spread": z.var(),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("quantity")
    table.insert(3, "adjusted", holm(table["ecdf_p"].to_numpy()))
    table.insert(4, "outside", table["ecdf_p"] < 0.05)
    return table.sort_values("ecdf_p")


def holm(p: Array) -> Array:
    """Adjust p-values for their number (Holm 1979)."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def gamma_of(below: NDArray[np.int64], replicates: int, draws: int) -> Array:
    """Return γ of each row of counts of ranks below 1..L."""
    tail = _smaller_tail(replicates, draws)
    return np.asarray(2.0 * tail[below, np.arange(draws)].min(axis=1))


@lru_cache(maxsize=8)
def _smaller_tail(replicates: int, draws: int) -> Array:
    """Return the smaller tail probability of each count below each of 1..L."""
    places = np.arange(1, draws + 1) / (draws + 1)
    numbers = np.arange(replicates + 1)[:, None]
    return np.minimum(
        binom.cdf(numbers, replicates, places), binom.sf(numbers - 1, replicates, places)
    )
