r"""The probability of finished draws' judgements at given lasting parts, and draws from it.

The formulas of :mod:`models.repeated_judgements.likelihood` in NumPy, for what is wanted of each
draw after sampling: an authority's quality given its judgements, and the likelihood as a function
of ρ.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from models.inspection import LOGISTIC
from models.repeated_judgements.likelihood import GRID, Curve

Array = NDArray[np.float64]

# Standard normal deviates at which the density of the lasting part is tabulated.
_DEVIATES = np.linspace(-6.0, 6.0, 73)


@dataclass(frozen=True, slots=True, eq=False)
class GivenRepeatedJudgements:
    """Repeated judgements beside draws of their parameters, one row a draw.

    Attributes
    ----------
    grade
        (authority, reading, judgement), -1 where none was given.
    framework
        (authority, reading).
    cutpoints
        (draw, framework, judgement, cutpoint).
    predictor
        (draw, authority, reading).
    loading
        (draw, judgement); None where the overall judgement is read.
    curve
        Of one judgement given what it reads.
    """

    grade: NDArray[np.int64]
    framework: NDArray[np.int64]
    cutpoints: Array
    predictor: Array
    loading: Array | None
    curve: Curve

    @classmethod
    def of(
        cls, posterior: xr.Dataset, data: xr.Dataset, curve: Curve
    ) -> "GivenRepeatedJudgements":
        """Take them from a posterior over chain and draw and a fit's constant data."""

        def rows(name: str, *dims: str) -> Array:
            values = posterior[name].transpose("chain", "draw", *dims).values.astype(float)
            return np.asarray(values.reshape(-1, *values.shape[2:]))

        return cls(
            grade=data["reading_grade"].values.astype(np.int64),
            framework=data["reading_framework"].values.astype(np.int64),
            cutpoints=rows("cutpoints", "framework", "judgement", "cutpoint"),
            predictor=rows("reading_predictor", "authority", "reading"),
            loading=rows("judgement_loading", "judgement")
            if "judgement_loading" in posterior
            else None,
            curve=curve,
        )

    def probability(
        self, draw: int, lasting: Array, residual: float, table: Array | None = None
    ) -> Array:
        """Return the probability of each authority's judgements; see :meth:`log_probability`."""
        return np.exp(self.log_probability(draw, lasting, residual, table))

    def log_probability(
        self, draw: int, lasting: Array, residual: float, table: Array | None = None
    ) -> Array:
        """Return the log probability of each authority's judgements at its lasting parts.

        A sum over judgements, since a product of several can be too small for a number.

        Parameters
        ----------
        draw
            Row of the draws.
        lasting
            Values of a, (authority, value).
        residual
            Variance of one judgement's scale given a.
        table
            What :meth:`table` gave for this draw, to spare doing it again.
        """
        if self.loading is not None:
            known = self.table(draw) if table is None else table
            return self._by_common(known, lasting, residual)
        together = np.zeros_like(lasting)
        for place in range(self.grade.shape[1]):
            for who, lower, upper in self._cells(draw, place, 0):
                shift = self.predictor[draw, who, place][:, None] + lasting[who]
                spread = np.sqrt(residual)
                together[who] += _log(
                    self._between(
                        (lower[:, None] - shift) / spread, (upper[:, None] - shift) / spread
                    )
                )
        return together

    def _by_common(self, table: Array, lasting: Array, residual: float) -> Array:
        """Integrate what each inspection has in common over the tabulated grid."""
        step = float(GRID[1] - GRID[0])
        kernel = np.exp(-0.5 * (GRID - lasting[:, :, None]) ** 2 / residual)
        kernel *= step / np.sqrt(2.0 * np.pi * residual)
        together = np.zeros_like(lasting)
        for place in range(self.grade.shape[1]):
            who = np.flatnonzero((self.grade[:, place] >= 0).any(axis=1))
            together[who] += _log(np.einsum("naz,nz->na", kernel[who], table[who, place]))
        return together

    def table(self, draw: int) -> Array:
        """Tabulate each inspection's sub-judgements over z, (authority, reading, grid).

        Raises
        ------
        TypeError
            If the overall judgement is read, which needs no table.
        """
        if self.loading is None:
            raise TypeError("Only sub-judgements have a table.")
        common = self.predictor[draw][:, :, None] + GRID
        table = np.ones_like(common)
        for m, loading in enumerate(self.loading[draw]):
            spread = np.sqrt(1.0 - loading**2)
            for place in range(self.grade.shape[1]):
                for who, lower, upper in self._cells(draw, place, m):
                    shift = loading * common[who, place]
                    table[who, place] *= self._between(
                        (lower[:, None] - shift) / spread, (upper[:, None] - shift) / spread
                    )
        return table

    def _cells(
        self, draw: int, place: int, judgement: int
    ) -> list[tuple[NDArray[np.int64], Array, Array]]:
        """Return the authorities that have a judgement, and its cutpoints below and above."""
        who = np.flatnonzero(self.grade[:, place, judgement] >= 0)
        if not who.size:
            return []
        cut = self.cutpoints[draw, :, judgement]
        edges = np.column_stack([np.full(len(cut), -np.inf), cut, np.full(len(cut), np.inf)])
        framework, grade = self.framework[who, place], self.grade[who, place, judgement]
        return [(who, edges[framework, grade], edges[framework, grade + 1])]

    def _between(self, lower: Array, upper: Array) -> Array:
        """Return the curve's probability between standardised bounds."""
        reflected = lower > -upper
        low = np.where(reflected, -upper, lower)
        high = np.where(reflected, -lower, upper)
        if self.curve == "logit":
            return np.asarray(expit(LOGISTIC * high) - expit(LOGISTIC * low))
        return np.asarray(ndtr(high) - ndtr(low))


def _log(probability: Array) -> Array:
    """Take logs of probabilities, of which some are 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probability))


def draw_deviates(
    given: GivenRepeatedJudgements,
    mean: Array,
    variance: Array,
    residual: Array,
    rng: np.random.Generator,
) -> Array:
    r"""Draw each authority's lasting part given its judgements, as a standard deviate.

    The density of x, where :math:`a = \mu + \sqrt{L}\,x`, is tabulated and taken as linear
    between its points, 1/6 apart: no chain, and no error worth a name beside the draws'.

    Parameters
    ----------
    given
        The judgements, one row a draw.
    mean, variance
        μ and L, (draw, authority).
    residual
        Variance of one judgement given a, (draw,).
    rng
        Source of random numbers.

    Returns
    -------
    numpy.ndarray
        x, (draw, authority).
    """
    drawn = np.empty_like(mean)
    prior = np.exp(-0.5 * _DEVIATES**2)
    step = float(_DEVIATES[1] - _DEVIATES[0])
    for row in range(len(mean)):
        at = mean[row][:, None] + np.sqrt(variance[row])[:, None] * _DEVIATES
        density = prior * given.probability(row, at, float(residual[row]))
        mass = 0.5 * (density[:, 1:] + density[:, :-1])
        below = np.cumsum(mass, axis=1)
        share = rng.uniform(size=len(at)) * below[:, -1]
        cell = np.minimum((below < share[:, None]).sum(axis=1), mass.shape[1] - 1)
        pick = np.arange(len(at))
        left, right = density[pick, cell], density[pick, cell + 1]
        # A linear density is a mixture of one that falls to 0 and one that rises from it.
        root = np.sqrt(rng.uniform(size=len(at)))
        falls = rng.uniform(size=len(at)) * (left + right) < left
        drawn[row] = _DEVIATES[cell] + step * np.where(falls, 1.0 - root, root)
    return drawn
