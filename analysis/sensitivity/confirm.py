"""The second pass: which specifications NUTS fits again, and how far off the screen was.

Half are chosen because they move the answer most: their ρ is farthest from the median of their
estimand. Half are drawn at random from the rest, whatever they showed; the screen's error is
estimated from them without a choice that favours large or small ones, and shown for both.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.sensitivity.grid import ConfirmSection

MOVING, RANDOM = "moving", "random"


def choose(table: pd.DataFrame, confirm: ConfirmSection) -> pd.Series:
    """Choose specifications for the second pass.

    Parameters
    ----------
    table
        The screened specifications, with ``estimand``, ``rho_mean``, ``status`` and whether
        NUTS could fit them (``confirmable``).
    confirm
        How many of each kind, and the seed.

    Returns
    -------
    pandas.Series
        ``moving`` or ``random``, by the table's index; the chosen ones alone.
    """
    screened = table[(table["status"] == "screened") & table["confirmable"]]
    middle = screened.groupby("estimand")["rho_mean"].transform("median")
    distance = (screened["rho_mean"] - middle).abs()
    moving = distance.sort_values(ascending=False, kind="stable").index[: confirm.moving]
    rest = screened.index.difference(moving, sort=False)
    rng = np.random.default_rng(confirm.seed)
    drawn = rng.permutation(len(rest))[: confirm.random]
    chosen = pd.Series(MOVING, index=moving, dtype=object)
    return pd.concat([chosen, pd.Series(RANDOM, index=rest[np.sort(drawn)], dtype=object)])


@dataclass(frozen=True, slots=True)
class ScreenError:
    """How far ρ by the screen was from ρ by NUTS, in one group.

    Attributes
    ----------
    group
        Why they were fitted again, or an estimand or structure.
    number
        Specifications that converged.
    mean, mean_error
        Mean of screen less NUTS, and its standard error over specifications.
    largest
        Largest distance.
    noise
        Root mean square of the Monte Carlo errors of NUTS, which are part of the distances.
    sd_ratio
        Mean of the posterior standard deviations' ratio.
    log_bf
        Largest distance of the log Bayes factors.
    """

    group: str
    number: int
    mean: float
    mean_error: float
    largest: float
    noise: float
    sd_ratio: float
    log_bf: float


def screen_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Compare both passes over what was fitted twice and converged.

    Returns
    -------
    pandas.DataFrame
        A row a group (:class:`ScreenError`): all, by reason of choice, by estimand.
    """
    columns = list(ScreenError.__dataclass_fields__)
    twice = table[table["nuts_converged"].eq(True) & table["screen_rho_mean"].notna()]
    groups = {"all": twice}
    groups |= {f"chosen as {name}": one for name, one in twice.groupby("confirmed_as")}
    groups |= {str(name): one for name, one in twice.groupby("estimand")}
    rows = [_screen_error(name, one) for name, one in groups.items() if len(one)]
    return pd.DataFrame(rows, columns=columns)


def _screen_error(group: str, rows: pd.DataFrame) -> ScreenError:
    """Summarise one group."""
    distance = (rows["screen_rho_mean"] - rows["nuts_rho_mean"]).to_numpy(float)
    count = len(distance)
    return ScreenError(
        group=group,
        number=count,
        mean=float(distance.mean()),
        mean_error=float(distance.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan"),
        largest=float(np.abs(distance).max()),
        noise=float(np.sqrt((rows["nuts_rho_mcse"].to_numpy(float) ** 2).mean())),
        sd_ratio=float((rows["screen_rho_sd"] / rows["nuts_rho_sd"]).mean()),
        log_bf=float((rows["screen_log_bf"] - rows["nuts_log_bf"]).abs().max()),
    )
