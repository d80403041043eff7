r"""What the simulated fits of a design say: power, misleading evidence, width, what is detectable.

Every probability k/n is a share of panels; its Monte Carlo error is the standard deviation of a
Beta(k + 1/2, n - k + 1/2), which is not zero where k is. Panels in which no approximation could
be made are counted apart and left out of the shares.

The ceiling is the largest Bayes factor for no link that a posterior of the usual width could
give, were it centred on 0: :math:`(\sqrt{2\pi}\,s)^{-1} / p(0)` with s the root mean square of
the posterior standard deviations at the smallest link simulated, and p the prior density of ρ.
The largest Bayes factor for no link of any panel stands beside it.

The smallest detectable link is where a curve through the probit of the power reaches the wanted
probability, straight between the links simulated; its error is the standard deviation of the
answer over resamples of the panels, all links of a panel together.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, norm

from analysis.design.config import DesignConfig
from analysis.record.thresholds import ROPE
from analysis.record.verdict import IntervalNull, counts_for_none
from models.priors import link_density

Array = NDArray[np.float64]

KEYS = ["authorities", "noise", "judgements", "sub_judgements", "reliability"]
_RESAMPLES = 400


def summarise_cells(panels: pd.DataFrame, config: DesignConfig) -> pd.DataFrame:
    """Summarise every cell of the grid.

    Parameters
    ----------
    panels
        A row for each fit, as :func:`analysis.design.simulate.simulate_block` writes them.
    config
        The odds.

    Returns
    -------
    pd.DataFrame
        A row for each of ``KEYS`` and link; probabilities with ``_mcse``.
    """
    rows = []
    for key, cell in panels.groupby([*KEYS, "link"], sort=True):
        labels = dict(zip([*KEYS, "link"], key, strict=True))
        rho = float(cell["correlation"].iloc[0])
        rows.append(labels | {"correlation": rho} | _summary(cell, rho, config))
    return pd.DataFrame(rows)


def _summary(rows: pd.DataFrame, rho: float, config: DesignConfig) -> dict[str, float]:
    """Summarise the fits at one true correlation."""
    fits = rows[rows["mean"].notna()]
    number = len(fits)
    found: dict[str, float] = {"panels": number, "failed": len(rows) - number}
    log_bf = fits["log_bf_independent_linked"].to_numpy(float)
    against_link = _against(fits, config.model.priors.link_concentration)
    mean = fits["mean"].to_numpy(float)
    right = np.sign(mean) == np.sign(rho) if rho else np.ones(number, bool)
    outside = ((fits["lower"] > 0.0) | (fits["upper"] < 0.0)).to_numpy()
    shares = {"interval_excludes_zero": outside & right}
    for odds in config.odds:
        name, bound = f"{odds:g}", np.log(odds)
        for_link, against = log_bf < -bound, against_link > bound
        shares[f"for_{name}"] = for_link & right
        shares[f"against_{name}"] = against
        shares[f"wrong_sign_{name}"] = for_link & ~right
        shares[f"inconclusive_{name}"] = ~for_link & ~against
        shares[f"misleading_{name}"] = (for_link & ~right) | against if rho else for_link
    shares["covered"] = ((fits["lower"] <= rho) & (fits["upper"] >= rho)).to_numpy()
    for name, share in shares.items():
        found |= proportion(name, int(share.sum()), number)
    width = (fits["upper"] - fits["lower"]).to_numpy(float)
    for name, values in (("estimate", mean), ("width", width), ("log_bf", log_bf)):
        found[name] = float(values.mean()) if number else np.nan
        found[f"{name}_mcse"] = float(values.std(ddof=1) / number**0.5) if number > 1 else np.nan
    found["estimate_sd"] = float(mean.std(ddof=1)) if number > 1 else np.nan
    found["posterior_sd"] = float(np.sqrt((fits["sd"] ** 2).mean()))
    found["largest_for_none"] = float(np.exp(log_bf.max())) if number else np.nan
    found["seconds"] = float(rows["seconds"].mean())
    return found


def _against(fits: pd.DataFrame, concentration: float) -> Array:
    """Return what counts for no link by the verdict's rule, as a log Bayes factor."""
    return np.array(
        [
            counts_for_none(value, 0.0, IntervalNull.of_probability(within, ROPE, concentration))
            for value, within in fits[["log_bf_independent_linked", "within"]].to_numpy(float)
        ]
    )


def proportion(name: str, count: int, number: int) -> dict[str, float]:
    """Return a share and its Monte Carlo standard error, as the module says."""
    return {
        name: count / number if number else np.nan,
        f"{name}_mcse": float(beta.std(count + 0.5, number - count + 0.5)),
    }


def detectable(panels: pd.DataFrame, config: DesignConfig) -> pd.DataFrame:
    """Find the smallest link that is detected with the wanted probability.

    Parameters
    ----------
    panels, config
        As in :func:`summarise_cells`.

    Returns
    -------
    pd.DataFrame
        A row for each of ``KEYS`` and criterion (``for_3`` and so on, and the interval):
        ``link`` and ``correlation`` with their errors, NaN where the grid does not reach that
        probability; and the ``ceiling`` of the Bayes factor for no link.
    """
    rows = []
    for key, cell in panels.groupby(KEYS, sort=True):
        labels = dict(zip(KEYS, key, strict=True))
        root = float(cell["reliability"].iloc[0]) ** 0.5
        ceiling = _ceiling(cell, config)
        for name in (*(f"for_{odds:g}" for odds in config.odds), "interval_excludes_zero"):
            link, error = _smallest(cell, name, config)
            rows.append(
                labels
                | {
                    "criterion": name,
                    "power": config.power,
                    "link": link,
                    "link_mcse": error,
                    "correlation": link * root,
                    "correlation_mcse": error * root,
                    "largest_link": float(cell["link"].max()),
                    "ceiling": ceiling,
                }
            )
    return pd.DataFrame(rows)


def _ceiling(cell: pd.DataFrame, config: DesignConfig) -> float:
    """Return the largest Bayes factor for no link that the usual width allows."""
    nearest = cell["link"].abs().min()
    spread = cell.loc[cell["link"].abs() == nearest, "sd"]
    prior = float(link_density(np.zeros(1), config.model.priors.link_concentration)[0])
    return float(1.0 / (np.sqrt(2.0 * np.pi) * np.sqrt((spread**2).mean()) * prior))


def _smallest(cell: pd.DataFrame, name: str, config: DesignConfig) -> tuple[float, float]:
    """Interpolate the smallest link, and its error over resamples of the panels."""
    positive = cell[cell["link"] >= 0.0]
    hits = positive.assign(hit=_hits(positive, name)).pivot_table(
        index="panel", columns="link", values="hit", aggfunc="first"
    )
    table, links = hits.to_numpy(float), hits.columns.to_numpy(float)
    found = crossing(links, table, config.power)
    rng = np.random.default_rng(config.seed)
    again = [
        crossing(links, table[rng.integers(0, len(table), len(table))], config.power)
        for _ in range(_RESAMPLES)
    ]
    reached = np.array(again)[np.isfinite(again)]
    # An error from resamples of which many do not reach the power would be too small.
    steady = reached.size >= 0.95 * _RESAMPLES
    return found, float(reached.std(ddof=1)) if np.isfinite(found) and steady else np.nan


def _hits(cell: pd.DataFrame, name: str) -> Array:
    """Return whether each fit detected a positive link; NaN where none was made."""
    if name == "interval_excludes_zero":
        hit = cell["lower"] > 0.0
    else:
        bound = -np.log(float(name.removeprefix("for_")))
        hit = (cell["mean"] > 0.0) & (cell["log_bf_independent_linked"] < bound)
    return np.asarray(hit.astype(float).where(cell["mean"].notna()), dtype=float)


def crossing(links: Array, hits: Array, power: float) -> float:
    """Return the smallest link at which the power is reached, NaN if the grid does not.

    Parameters
    ----------
    links
        Ascending.
    hits
        1.0, 0.0 or NaN, (panel, link).
    power
        Wanted probability.
    """
    number = np.isfinite(hits).sum(axis=0)
    share = (np.nansum(hits, axis=0) + 0.5) / (number + 1.0)
    # Power does not fall with the link; what falls is Monte Carlo noise.
    height = norm.ppf(np.maximum.accumulate(share))
    target = float(norm.ppf(power))
    above = np.flatnonzero(height >= target)
    if not above.size:
        return np.nan
    at = int(above[0])
    if at == 0:
        return float(links[0])
    part = (target - height[at - 1]) / (height[at] - height[at - 1])
    return float(links[at - 1] + part * (links[at] - links[at - 1]))
