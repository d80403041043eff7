"""Counts known only to lie in an interval: the probability of any number that it holds."""

from dataclasses import dataclass

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import disconnected_grad
from pytensor.tensor.variable import TensorVariable

from models.counts import Whole
from models.joint.cells import Cells


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Interval cells, and every whole number that they may hide, one after the other.

    Attributes
    ----------
    low, high, denominator
        Of each interval cell.
    cell, number
        Of each number: the position of its interval cell, and the number.
    start
        Of each interval cell: the position of its first number.
    """

    low: Whole
    high: Whole
    denominator: Whole
    cell: Whole
    number: Whole
    start: Whole

    def log_sum(self, terms: TensorVariable, logit: TensorVariable) -> TensorVariable:
        """Return the log of each interval's sum of probabilities.

        Parameters
        ----------
        terms
            Log probability of each number, up to a constant of its cell.
        logit
            Of each interval cell's proportion. The most probable number, or one near it, is
            taken off before the sum, so that nothing overflows and not all of it vanishes.
        """
        likely = pt.floor((self.denominator + 1) * pt.sigmoid(logit))
        likely = pt.clip(likely, self.low, self.high).astype("int64")
        largest = disconnected_grad(terms[self.start + likely - self.low])
        shares = pt.exp(terms - largest[self.cell])
        return largest + pt.log(pt.inc_subtensor(pt.zeros(self.low.size)[self.cell], shares))


def intervals_of(cells: Cells) -> Intervals:
    """List the numbers low..high of every interval cell."""
    at = cells.interval
    low, high = cells.low[at], cells.high[at]
    width = high - low + 1
    cell = np.repeat(np.arange(width.size), width)
    start = np.cumsum(width) - width
    number = low[cell] + np.arange(cell.size) - start[cell]
    return Intervals(low, high, cells.denominator[at], cell, number, start)
