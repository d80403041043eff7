r"""What a count says of its proportion, as a normal: sites matched by moments.

A numerator known to lie in [l, u] (l = u where it is published) out of n says of the logit
η of the proportion

.. math::

    L(\eta) = \sum_{y=l}^{u} \binom{n}{y} \operatorname{logit}^{-1}(\eta)^y
        \bigl(1 - \operatorname{logit}^{-1}(\eta)\bigr)^{n-y},

the interval-censored likelihood. The Gaussian engines need a normal in its place. Expanding
log L at its own maximum (the empirical logit is nearly that) fails where it matters most: a
numerator of 0 has no maximum, one hidden among 1 to 5 is far from normal. So the normal is
chosen to do what L does *where η is likely to be*: with :math:`N(\eta; c, q)` what everything
else says of η (the cavity), the site :math:`N(z; \eta, v)` is the one for which

.. math:: N(\eta; c, q)\, N(z; \eta, v) \quad\text{and}\quad N(\eta; c, q)\, L(\eta)

have the same mean m and variance s²:

.. math:: \frac1v = \frac1{s^2} - \frac1q, \qquad \frac zv = \frac m{s^2} - \frac cq .

That is expectation propagation (Opper and Winther 2000, doi:10.1162/089976600300014881;
Minka 2001, arXiv:1301.2294). The cavity comes from each indicator alone,

.. math:: \eta_{ti} = \mu_t + \phi_i + e_{ti}, \quad \phi_i \sim N(0, a^2), \quad
    e_{ti} \sim N(0, b^2),

from the other years' sites of the same authority and from μ, a and b, which maximise the
approximate likelihood of all cells, hidden ones included (with one year, b = 0). Sites and
parameters are found in turn. L is log-concave in η (its second derivative is the variance of
a binomial kept within [l, u], less that of the binomial itself), so that :math:`s^2 < q` and
every site has a positive variance; it grows without bound where a cell says nothing. Where
counts are large the site is the empirical logit with its variance.

The sites stand for the likelihood while the model's own parameters move, as data do: they
are constants. What that costs is measured in ``docs/engines.md``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, roots_hermitenorm

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

# Rules of quadrature, as standardised nodes and log weights: Gauss-Hermite for known counts,
# whose likelihood is smooth; even spacing for intervals, whose may be a plateau with edges.
_HERMITE, _WEIGHT = roots_hermitenorm(15)
_SMOOTH = (_HERMITE, np.log(_WEIGHT) + 0.5 * _HERMITE**2)
_EVEN = (np.linspace(-6.0, 6.0, 49), np.zeros(49))
# A cell that tells less than this share of what is known without it has a site of this weight.
_LEAST_SHARE = 1e-4
_SMALLEST_VARIANCE = 1e-4
_ROUNDS = 40
_CLIMBS = 6
_SETTLED = 5e-3


@dataclass(frozen=True, slots=True, eq=False)
class GaussianSites:
    """Normal sites of a grid of counts, (indicator, year, authority), and their background.

    Attributes
    ----------
    mean, variance
        z and v of every cell on the logit scale; 0 and 1 where there is no count.
    level
        μ, (indicator, year); 0 where a year has no count.
    lasting, yearly
        a² and b², (indicator,).
    """

    mean: Array
    variance: Array
    level: Array
    lasting: Array
    yearly: Array


def empirical_logit(y: Array, n: Array) -> tuple[Array, Array]:
    r"""Return the empirical logit of y out of n, and its sampling variance.

    :math:`z = \log\frac{y + 1/2}{n - y + 1/2}` and
    :math:`v = \frac{1}{y + 1/2} + \frac{1}{n - y + 1/2}` (Haldane 1956; Cox and Snell 1989,
    section 2.1.6).
    """
    success, failure = y + 0.5, n - y + 0.5
    return np.log(success / failure), 1.0 / success + 1.0 / failure


def match_gaussian_sites(
    low: Array, high: Array, n: Array, known: NDArray[np.bool_]
) -> GaussianSites:
    """Find the sites of a grid of counts.

    Parameters
    ----------
    low, high, n
        The numerators' closed intervals and their denominators, whole numbers,
        (indicator, year, authority); not read where ``known`` is False.
    known
        Where there is a count, out of a positive denominator.
    """
    weight = known.astype(float)
    z, v = np.zeros(known.shape), np.ones(known.shape)
    likelihood = _Likelihood(low[known], high[known], n[known])
    z[known], v[known] = empirical_logit(0.5 * (low[known] + high[known]), n[known])
    background = _Background(z, v, weight)
    mean, spread = z[known], v[known]
    for number in range(_ROUNDS):
        background.climb(z, v, weight)
        centre, variance = background.cavity(z, v, weight)
        c, q = centre[known], variance[known]
        mean, spread = likelihood.tilt(c, q, mean, spread, passes=2 if number == 0 else 1)
        share = np.maximum(1.0 - spread / q, _LEAST_SHARE)
        site_v = spread / share
        site_z = (mean - c) / share + c
        moved = np.abs(site_z - z[known]) / np.sqrt(site_v)
        told = np.abs(np.log(site_v / v[known])) * share
        z[known], v[known] = site_z, site_v
        if moved.max(initial=0.0) < _SETTLED and told.max(initial=0.0) < _SETTLED:
            break
    return GaussianSites(z, v, background.level, background.lasting, background.yearly)


class _Background:
    """μ, a² and b² of every indicator, and what they with the sites say of each cell."""

    def __init__(self, z: Array, v: Array, weight: Array) -> None:
        self._several = weight.shape[1] > 1
        count = weight.sum(axis=2)
        self.level = np.divide(
            (weight * z).sum(axis=2), count, out=np.zeros_like(count), where=count > 0
        )
        squares = (weight * (z - self.level[:, :, None]) ** 2).sum(axis=(1, 2))
        noise = (weight * v).sum(axis=(1, 2))
        cells = np.maximum(count.sum(axis=1), 1.0)
        total = np.maximum(squares - noise, 0.2 * squares) / cells
        total = np.maximum(total, _SMALLEST_VARIANCE)
        self.lasting = 0.6 * total if self._several else total
        self.yearly = 0.4 * total if self._several else np.zeros_like(total)

    def climb(self, z: Array, v: Array, weight: Array) -> None:
        """Take a few steps towards the maximum of the Gaussian likelihood of the sites.

        Levels by generalised least squares, variances by the EM algorithm, in turn.
        """
        for _ in range(_CLIMBS):
            w = weight / (self.yearly[:, None, None] + v)
            self.level = self._levels(z, w)
            r = z - self.level[:, :, None]
            left = 1.0 / (1.0 / self.lasting[:, None] + w.sum(axis=1))
            phi = left * (w * r).sum(axis=1)
            seen = weight.any(axis=1)
            authorities = np.maximum(seen.sum(axis=1), 1)
            lasting = (np.where(seen, phi**2 + left, 0.0)).sum(axis=1) / authorities
            if self._several:
                gain = self.yearly[:, None, None] * w
                e = gain * (r - phi[:, None, :])
                second = e**2 + gain * v + gain**2 * left[:, None, :]
                cells = np.maximum(weight.sum(axis=(1, 2)), 1.0)
                yearly = (weight * second).sum(axis=(1, 2)) / cells
                self.yearly = np.maximum(yearly, _SMALLEST_VARIANCE)
            self.lasting = np.maximum(lasting, _SMALLEST_VARIANCE)

    def _levels(self, z: Array, w: Array) -> Array:
        """Return the levels that fit best at the present variances."""
        share = 1.0 / (1.0 / self.lasting[:, None] + w.sum(axis=1))
        years = w.shape[1]
        normal = -np.einsum("kti,ki,ksi->kts", w, share, w)
        normal[:, range(years), range(years)] += w.sum(axis=2)
        empty = w.sum(axis=2) == 0.0
        normal[:, range(years), range(years)] += empty
        pull = (w * (z - (share * (w * z).sum(axis=1))[:, None, :])).sum(axis=2)
        level = np.linalg.solve(normal, pull[:, :, None])[:, :, 0]
        return np.asarray(np.where(empty, 0.0, level))

    def cavity(self, z: Array, v: Array, weight: Array) -> tuple[Array, Array]:
        """Return the mean and variance of each cell's η without the cell's own site."""
        w = weight / (self.yearly[:, None, None] + v)
        r = z - self.level[:, :, None]
        pooled = w.sum(axis=1, keepdims=True) - w
        pull = (w * r).sum(axis=1, keepdims=True) - w * r
        left = 1.0 / (1.0 / self.lasting[:, None, None] + pooled)
        return self.level[:, :, None] + left * pull, left + self.yearly[:, None, None]


class _Likelihood:
    """L of cells in a row, its derivatives, and the moments of L times a normal."""

    def __init__(self, low: Array, high: Array, n: Array) -> None:
        self._low, self._n = low, n
        self._exact, self._wide = np.flatnonzero(high == low), np.flatnonzero(high > low)
        width = (high - low)[self._wide].astype(int) + 1
        self._start = np.cumsum(width) - width
        self._cell = np.repeat(np.arange(width.size), width)
        offset = np.arange(self._cell.size) - self._start[self._cell]
        self._number = low[self._wide][self._cell] + offset
        out_of = n[self._wide][self._cell]
        self._ways = -gammaln(self._number + 1.0) - gammaln(out_of - self._number + 1.0)

    def tilt(
        self, c: Array, q: Array, mean: Array, variance: Array, passes: int
    ) -> tuple[Array, Array]:
        """Return mean and variance of the normal (c, q) times L, by quadrature.

        For a known count the nodes lie about the maximum of the product, spread by its
        curvature there; for an interval, by the moments found before (the curvature at an
        edge of a plateau knows nothing of its width), in as many passes as asked for.
        """
        centre, curvature = self._peak(c, q, mean)
        exact, wide = self._exact, self._wide
        moments = mean.copy(), variance.copy()
        moments[0][exact], moments[1][exact] = centre[exact], 1.0 / curvature[exact]
        if passes > 1:
            moments = centre, 1.0 / curvature
        if exact.size:
            moments = self._moments(exact, _SMOOTH, c, q, *moments)
        if wide.size:
            for _ in range(passes):
                moments = self._moments(wide, _EVEN, c, q, *moments)
        return moments

    def _moments(
        self,
        at: Whole,
        rule: tuple[Array, Array],
        c: Array,
        q: Array,
        mean: Array,
        variance: Array,
    ) -> tuple[Array, Array]:
        """Replace the moments of some cells, by nodes placed by those that they had."""
        nodes, log_weights = rule
        place = mean[at, None] + np.sqrt(variance[at, None]) * nodes
        product = self._log(place, at) - 0.5 * (place - c[at, None]) ** 2 / q[at, None]
        product += log_weights
        share = np.exp(product - product.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        mean, variance = mean.copy(), variance.copy()
        mean[at] = (share * place).sum(axis=1)
        variance[at] = (share * (place - mean[at, None]) ** 2).sum(axis=1)
        return mean, variance

    def _peak(self, c: Array, q: Array, start: Array) -> tuple[Array, Array]:
        """Find the maximum of the product, and minus its second derivative there."""
        at = np.clip(start, c - 4.0 * np.sqrt(q), c + 4.0 * np.sqrt(q))
        for _ in range(50):
            slope, curvature = self._derivatives(at)
            curvature = curvature + 1.0 / q
            step = (slope - (at - c) / q) / curvature
            at = at + np.clip(step, -1.0, 1.0)
            if np.abs(step).max(initial=0.0) < 1e-3:
                break
        return at, self._derivatives(at)[1] + 1.0 / q

    def _derivatives(self, at: Array) -> tuple[Array, Array]:
        """Return the first derivative of log L, and minus the second."""
        p = expit(at)
        expected, spread = self._low.copy(), np.zeros_like(at)
        if self._wide.size:
            shares = self._shares(at[self._wide][:, None])[:, 0]
            first = np.add.reduceat(shares * self._number, self._start)
            away = self._number - first[self._cell]
            expected[self._wide] = first
            spread[self._wide] = np.add.reduceat(shares * away**2, self._start)
        return expected - self._n * p, self._n * p * (1.0 - p) - spread

    def _log(self, at: Array, cells: Whole) -> Array:
        """Return log L less a constant of each of some cells, all exact or all intervals."""
        beyond = self._n[cells, None] * np.logaddexp(0.0, at)
        if cells is not self._wide or not cells.size:
            return np.asarray(self._low[cells, None] * at - beyond)
        terms, top = self._terms(at)
        total = np.add.reduceat(np.exp(terms - top[self._cell]), self._start, axis=0)
        return np.asarray(top + np.log(total) - beyond)

    def _shares(self, at: Array) -> Array:
        """Return the probability of each number of an interval, given that it is one of them."""
        terms, top = self._terms(at)
        share = np.exp(terms - top[self._cell])
        return np.asarray(share / np.add.reduceat(share, self._start, axis=0)[self._cell])

    def _terms(self, at: Array) -> tuple[Array, Array]:
        """Return the log of each number's term, (number, node), and each interval's largest."""
        terms = self._ways[:, None] + self._number[:, None] * at[self._cell]
        return terms, np.maximum.reduceat(terms, self._start, axis=0)
