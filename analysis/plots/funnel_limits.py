r"""Funnel limits that allow for overdispersion (Spiegelhalter 2005).

An authority's proportion :math:`r_i / n_i` is compared with the pooled proportion
:math:`\theta` on the scale :math:`y = \arcsin\sqrt{r / n}`, on which its sampling
standard deviation is :math:`s_i = 1 / (2 \sqrt{n_i})` whatever the proportion, so that
limits stay between 0 and 1. Authorities differ by more than chance; the additive random
effects model gives each its own centre, with variance :math:`\tau^2` about the target,
estimated by the method of moments from the z scores, winsorised so that those far out
do not widen the limits that they are held against.

References
----------
Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance.
Statistics in Medicine 24, 1185-1202. doi:10.1002/sim.1970
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

WINSORISED = 0.1
"""Share of the z scores that is drawn in at each end."""
WARNING, ALARM = 1.959964, 3.090232
"""Normal quantiles of 95% and 99.8% limits."""

type Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Funnel:
    """The target and spread of one indicator in one year.

    Attributes
    ----------
    target
        Pooled proportion of the authorities with a published count.
    dispersion
        Mean square of the winsorised z scores.
    tau
        Standard deviation between authorities beyond chance, on the arcsine scale in
        radians; 0 where they differ by no more than chance.
    """

    target: float
    dispersion: float
    tau: float

    def limits(self, denominators: ArrayLike, quantile: float) -> tuple[Numbers, Numbers]:
        """Return the lower and upper limit, as proportions, at each denominator."""
        half = quantile * self._spread(denominators)
        centre = _angle(self.target)
        lower, upper = (np.clip(centre + sign * half, 0, np.pi / 2) for sign in (-1, 1))
        return np.sin(lower) ** 2, np.sin(upper) ** 2

    def scores(self, proportions: ArrayLike, denominators: ArrayLike) -> Numbers:
        """Return each authority's distance from the target, in standard deviations."""
        return (_angle(proportions) - _angle(self.target)) / self._spread(denominators)

    def _spread(self, denominators: ArrayLike) -> Numbers:
        """Return the standard deviation by chance and between authorities together."""
        return np.sqrt(1 / (4 * np.asarray(denominators, float)) + self.tau**2)


def fit_funnel(numerators: ArrayLike, denominators: ArrayLike) -> Funnel:
    r"""Estimate the target and the spread beyond chance.

    With weights :math:`w_i = 1 / s_i^2`, winsorised scores :math:`z_i` and their mean
    square :math:`\phi` over :math:`I` authorities,

    .. math:: \tau^2 = \max\left(0, \frac{I \phi - (I - 1)}
              {\sum w_i - \sum w_i^2 / \sum w_i}\right).

    Winsorising shrinks :math:`\phi` even where there is nothing to draw in, so
    :math:`\tau^2` rather errs towards 0.

    Parameters
    ----------
    numerators, denominators
        Counts of each authority, all published; denominators above 0, at least one.
    """
    count, total = np.asarray(numerators, float), np.asarray(denominators, float)
    target = float(count.sum() / total.sum())
    scores = Funnel(target, 1.0, 0.0).scores(count / total, total)
    drawn_in = np.clip(scores, *np.quantile(scores, [WINSORISED, 1 - WINSORISED]))
    dispersion = float(np.mean(drawn_in**2))
    weights = 4 * total
    room = weights.sum() - (weights**2).sum() / weights.sum()
    excess = len(total) * dispersion - (len(total) - 1)
    tau2 = max(0.0, excess / room) if room > 0 else 0.0
    return Funnel(target, dispersion, float(np.sqrt(tau2)))


def _angle(proportions: ArrayLike) -> Numbers:
    """Turn proportions into angles of one sampling variance."""
    return np.arcsin(np.sqrt(np.asarray(proportions, float)))
