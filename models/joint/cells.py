"""Cells that enter the joint model, one after the other: no missing cell takes up room.

Flat vectors run in the order (indicator, year, authority). The cells of counts come with a
position in the grid, and an interval with every whole number that it holds, so that only
suppressed cells pay for the sum over what they may hide.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.counts import Counts, Whole
from models.measurement import Measurements

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Observed cells of one kind.

    Attributes
    ----------
    indicator, year, authority
        Positions of each cell.
    grid, effect, level
        Position in the flattened grid, in the flattened (indicator, authority) table of
        lasting effects, and in the flattened (indicator, year) table of levels.
    value, variance
        Oriented standardised value and its known sampling variance, as the Gaussian engine
        has them.
    low, high, denominator
        Of counts; zeros for rates.
    centre, scale
        Logit of the proportion = centre + scale · (oriented standardised value).
    """

    indicator: Whole
    year: Whole
    authority: Whole
    grid: Whole
    effect: Whole
    level: Whole
    value: Array
    variance: Array
    low: Whole
    high: Whole
    denominator: Whole
    centre: Array
    scale: Array

    @property
    def interval(self) -> Whole:
        """Positions of the cells known only to lie in an interval."""
        return np.flatnonzero(self.high > self.low)

    @property
    def exact(self) -> Whole:
        """Positions of the cells whose count is known."""
        return np.flatnonzero(self.high == self.low)


def flatten(counts: Counts, measured: Measurements, kind: str) -> Cells:
    """List the observed cells of the indicators of one kind, ``count`` or ``rate``."""
    wanted = counts.observed & (counts.kind == kind)[:, None, None]
    k, t, i = np.nonzero(wanted)
    _, years, authorities = wanted.shape
    return Cells(
        indicator=k,
        year=t,
        authority=i,
        grid=np.flatnonzero(wanted),
        effect=k * authorities + i,
        level=k * years + t,
        value=measured.y[wanted],
        variance=measured.variance[wanted],
        low=counts.low[wanted],
        high=counts.high[wanted],
        denominator=counts.denominator[wanted],
        centre=counts.centre[k, t],
        scale=(counts.scale * counts.sign)[k],
    )
