r"""A posterior density without the rotations that its loadings leave free.

Loadings Λ, (indicator, factor), with independent normal priors of one scale enter only
through :math:`\Lambda\Lambda^\top`, so that the density is the same at Λ and ΛQ for every
orthogonal Q. A normal approximation needs one representative. Let M be F chosen rows of Λ;
:math:`M = TQ` with T lower triangular and positive on the diagonal, and the representative is
:math:`\Lambda Q^\top`, whose chosen rows are T. By the change of variables

.. math::

    dM = \prod_{a=1}^{F} T_{aa}^{F-a}\, dT\, dQ, \qquad
    \mathrm{vol}\,O(F) = \prod_{a=1}^{F} \frac{2\pi^{a/2}}{\Gamma(a/2)}

(Muirhead 1982, theorems 2.1.13 and 2.1.15), the density of the representative is the density
at Λ times both factors: exact, with the same integral. The diagonal enters by its logarithm.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.special import gammaln

from models.density import Density

Array = NDArray[np.float64]


class RotationFree:
    """A density in coordinates that no rotation moves.

    Attributes
    ----------
    dimension
        Length of the reduced vector.
    """

    def __init__(self, density: Density, loading: Array, mirrored: str | None = None) -> None:
        """Choose the rows by ``loading``, a typical Λ: the most independent ones.

        ``mirrored`` names a variable of one coordinate whose sign goes with that of a single
        factor, so that the density is the same only where both are reflected.
        """
        self._density = density
        nothing = np.empty(0, dtype=np.int64)
        self._mirrored = nothing if mirrored is None else density.coordinates(mirrored)
        where, (indicators, factors) = density.places["loading"]
        cells = np.arange(where.start, where.stop).reshape(indicators, factors)
        _, _, order = qr(loading.T, mode="economic", pivoting=True)
        self._rows = cells[order[:factors]]
        self._cells = cells
        self._diagonal = self._rows[np.arange(factors), np.arange(factors)]
        above = self._rows[np.triu_indices(factors, 1)]
        self._kept = np.setdiff1d(np.arange(density.dimension), above)
        self._at_diagonal = np.searchsorted(self._kept, self._diagonal)
        # T_aa to the power F - a, and one more for its logarithm.
        self._powers = factors - np.arange(factors, dtype=float)
        ranks = np.arange(1, factors + 1)
        self._log_volume = float(
            (np.log(2.0) + 0.5 * ranks * np.log(np.pi) - gammaln(0.5 * ranks)).sum()
        )
        self.dimension = self._kept.size

    def value_and_gradient(self, at: Array) -> tuple[float, Array]:
        """Return the log density of the representative, and its gradient."""
        full = self.full(at[None, :])[0]
        value, gradient = self._density.value_and_gradient(full)
        reduced = gradient[self._kept]
        logs = at[self._at_diagonal]
        reduced[self._at_diagonal] = (
            reduced[self._at_diagonal] * full[self._diagonal] + self._powers
        )
        return value + float((self._powers * logs).sum()) + self._log_volume, reduced

    def coordinates(self, name: str) -> NDArray[np.int64]:
        """Return where a free variable, other than the loadings, stands in the reduced vector."""
        return np.asarray(np.searchsorted(self._kept, self._density.coordinates(name)))

    def full(self, points: Array) -> Array:
        """Return the unconstrained vectors of representatives, (draw, dimension)."""
        full = np.zeros((len(points), self._density.dimension))
        full[:, self._kept] = points
        full[:, self._diagonal] = np.exp(points[:, self._at_diagonal])
        return full

    def reduce(self, points: Array) -> Array:
        """Turn unconstrained vectors, (draw, dimension), to their representatives."""
        turned = points.copy()
        for row in turned:
            # The lower triangle of M = TQ is the transposed upper one of its transpose.
            rotation, triangle = np.linalg.qr(row[self._rows].T)
            rotation *= np.where(np.diag(triangle) < 0.0, -1.0, 1.0)
            row[self._cells] = row[self._cells] @ rotation
            row[self._mirrored] *= rotation[0, 0]
        turned[:, self._diagonal] = np.log(turned[:, self._diagonal])
        return np.asarray(turned[:, self._kept])
