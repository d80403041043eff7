r"""How far two fits agree about each authority's effectiveness.

Two correlations say it from two sides. That of the posterior means,
:math:`r(\bar\theta, \bar\theta')`, can be too high, since both fits shrink alike. That of
effectiveness itself, :math:`r(\theta^{(t)}, \theta'^{(t)})` over pairs of draws, takes the two
posteriors as independent; where fits of one panel share errors, it is too low.

Runs of one seed share random numbers, so their draws of equal number are not independent. Draws
are therefore paired at random, and Monte Carlo errors taken over batches of consecutive draws of
all chains, the same batches of both fits: by batch means for a shift, and by the jackknife
(Quenouille 1956, doi:10.1093/biomet/43.3-4.353) for the correlation of means. That error is right
where the means are well known, and some 10% too large where their own errors reach a quarter of
the spread between authorities.

A difference between two posterior means has no interval here: what two fits of one panel make
of an authority is not independent, and no draw holds both.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.side_by_side.sides import Side

Array = NDArray[np.float64]

BATCHES = 20
_PAIRING = 20260101
FEWEST = 3
"""Authorities below which no correlation is given."""
_COLUMNS = [
    f"{quantity}{end}"
    for quantity in ("effectiveness", "rank")
    for end in ("", "_lower", "_upper")
]


@dataclass(frozen=True, slots=True)
class View:
    """One estimand of one run."""

    side: Side
    estimand: str


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """Two views of the same authorities.

    Attributes
    ----------
    first, second
        What is compared.
    table
        A row for each authority in both: ``name``, ``region``, effectiveness and rank in
        each with intervals (suffixes ``_first`` and ``_second``), ``shift`` (second less
        first, in standard deviations across authorities), ``shift_mcse``, and ``apart``:
        whether the two intervals of effectiveness do not overlap. Largest shift first.
    correlation, correlation_mcse
        Pearson's, of the posterior means, with its Monte Carlo standard error.
    drawn, drawn_lower, drawn_upper
        Mean and central interval of the correlation over pairs of draws.
    """

    first: View
    second: View
    table: pd.DataFrame
    correlation: float
    correlation_mcse: float
    drawn: float
    drawn_lower: float
    drawn_upper: float


def agreement(first: View, second: View) -> Agreement:
    """Compare two views.

    Raises
    ------
    analysis.report.read.ReportError
        If a fit lacks the draws.
    """
    table = _joined(first, second)
    codes = table["authority"].tolist()
    one, two = (_draws(view, codes) for view in (first, second))
    table["shift"] = table["effectiveness_second"] - table["effectiveness_first"]
    table["shift_mcse"] = _shift_mcse(one, two)
    table["apart"] = (table["effectiveness_upper_first"] < table["effectiveness_lower_second"]) | (
        table["effectiveness_upper_second"] < table["effectiveness_lower_first"]
    )
    order = table["shift"].abs().sort_values(ascending=False, kind="stable").index
    numbers = [float("nan")] * 5
    if len(codes) >= FEWEST:
        interval = first.side.inputs.evidence.settings.interval
        numbers = [*correlation_of_means(one, two), *correlation_of_draws(one, two, interval)]
    return Agreement(first, second, table.loc[order].reset_index(drop=True), *numbers)


def correlation_of_means(one: Array, two: Array) -> tuple[float, float]:
    """Return the correlation of the means over draws, and its Monte Carlo standard error.

    Parameters
    ----------
    one, two
        Draws over chain, draw and authority.
    """
    whole = _correlation(one.mean((0, 1)), two.mean((0, 1)))
    pairs = zip(*map(_means_without_a_batch, _batches(one, two)), strict=True)
    without = np.array([_correlation(left, right) for left, right in pairs])
    share = (len(without) - 1) / len(without)
    return whole, float(np.sqrt(share * ((without - without.mean()) ** 2).sum()))


def correlation_of_draws(one: Array, two: Array, interval: float) -> tuple[float, float, float]:
    """Return mean and central interval of the correlation over random pairs of draws."""
    pairs = min(one.shape[0] * one.shape[1], two.shape[0] * two.shape[1])
    random = np.random.default_rng(_PAIRING)
    left, right = (
        random.permutation(drawn.reshape(-1, drawn.shape[-1]))[:pairs] for drawn in (one, two)
    )
    left, right = (part - part.mean(1, keepdims=True) for part in (left, right))
    scale = np.sqrt((left**2).sum(1) * (right**2).sum(1))
    found = (left * right).sum(1) / scale
    lower, upper = np.quantile(found, [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0])
    return float(found.mean()), float(lower), float(upper)


def _joined(first: View, second: View) -> pd.DataFrame:
    """Set each authority's numbers in both views beside each other."""
    one, two = (_own(view) for view in (first, second))
    return one[["authority", "name", "region", *_COLUMNS]].merge(
        two[["authority", *_COLUMNS]], on="authority", suffixes=("_first", "_second")
    )


def _own(view: View) -> pd.DataFrame:
    """Take the authorities' rows of one estimand."""
    table = view.side.inputs.tables["authorities"]
    return table[table["estimand"] == view.estimand]


def _draws(view: View, codes: list[str]) -> Array:
    """Return the draws of these authorities, in this order."""
    drawn: xr.DataArray = view.side.effectiveness(view.estimand)
    return np.asarray(drawn.sel(authority=codes).values)


def _batches(one: Array, two: Array) -> tuple[Array, Array]:
    """Return the means of batches of consecutive draws of all chains: batch by authority."""
    count = min(BATCHES, one.shape[1], two.shape[1])
    first, second = (
        np.stack([part.mean((0, 1)) for part in np.array_split(drawn, count, axis=1)])
        for drawn in (one, two)
    )
    return first, second


def _means_without_a_batch(batches: Array) -> Array:
    """Return the means with each batch left out in turn."""
    return np.asarray((batches.sum(0) - batches) / (len(batches) - 1))


def _shift_mcse(one: Array, two: Array) -> Array:
    """Return the Monte Carlo standard error of each authority's shift."""
    first, second = _batches(one, two)
    return np.asarray((second - first).std(axis=0, ddof=1) / np.sqrt(len(first)))


def _correlation(one: Array, two: Array) -> float:
    """Return Pearson's correlation."""
    return float(np.corrcoef(one, two)[0, 1])
