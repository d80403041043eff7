"""A maximum of a log density over some of its coordinates, and the curvature there.

Climbs go by Newton's steps. The negative Hessian is of differences of the gradient, whole or in
the rows of a block, and the log integral over the coordinates is Laplace's: that of the normal
with this height and curvature (Tierney and Kadane 1986, doi:10.1080/01621459.1986.10478240).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, solve_triangular
from scipy.optimize import minimize

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_DIFFERENCE = 1e-5
_NEWTON_STEPS = 48
_NEGLIGIBLE_GAIN = 1e-5
# In standard deviations: a curvature serves for points as near as this.
_NEARBY = 0.1


class LaplaceError(RuntimeError):
    """No approximation could be made; the message says why."""


class SmoothDensity(Protocol):
    """What an approximation needs to know of a posterior."""

    dimension: int

    def value_and_gradient(self, at: Array) -> tuple[float, Array]:
        """Return the log density and its gradient."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PosteriorMode:
    """A maximum over some coordinates, the others held.

    Attributes
    ----------
    at
        The point, (dimension,).
    free
        Coordinates that were not held.
    root
        Lower Cholesky factor of the negative Hessian in the free coordinates.
    log_integral
        Laplace's approximation to the log integral over the free coordinates.
    """

    at: Array
    free: Indices
    root: Array
    log_integral: float

    def draw(self, draws: int, rng: np.random.Generator) -> Array:
        """Draw the free coordinates from the normal at the mode, less its centre."""
        noise = rng.standard_normal((self.free.size, draws))
        return np.asarray(solve_triangular(self.root.T, noise, lower=False).T)


def climb_roughly(density: SmoothDensity, start: Array) -> tuple[Array, float]:
    """Climb to the neighbourhood of a maximum by L-BFGS; give the point and the log density."""

    def downhill(at: Array) -> tuple[float, Array]:
        value, gradient = density.value_and_gradient(at)
        return (-value, -gradient) if np.isfinite(value) else (1e300, np.zeros_like(at))

    found = minimize(
        downhill, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "maxcor": 30}
    )
    return np.asarray(found.x), -float(found.fun)


def climb_to_mode(
    density: SmoothDensity, start: Array, free: Indices, hessian: Array
) -> PosteriorMode:
    """Find the maximum over the free coordinates, with its own whole curvature.

    ``hessian`` is the start's negative one, and serves where the maximum is next to it.

    Raises
    ------
    LaplaceError
        If there is none.
    """
    root = root_of(hessian)
    at, log_density = newton(density, start, free, root)
    if float(np.linalg.norm(root.T @ (at - start)[free])) > _NEARBY:
        root = root_of(negative_hessian(density, at, free))
    return PosteriorMode(at, free, root, log_integral_of(log_density, root))


def newton(
    density: SmoothDensity, start: Array, free: Indices, guide: Array
) -> tuple[Array, float]:
    """Climb by Newton's steps, the curvature held while that serves.

    Parameters
    ----------
    density
        What to climb.
    start
        Where from; its coordinates that are not free stay.
    free
        Coordinates to move along.
    guide
        Lower Cholesky factor of the negative Hessian near the start, in the free coordinates.

    Returns
    -------
    tuple
        The maximum and the log density there.

    Raises
    ------
    LaplaceError
        If there is none within reach.
    """
    at = start.copy()
    value, gradient = density.value_and_gradient(at)
    root = guide
    for step in range(_NEWTON_STEPS):
        move = cho_solve((root, True), gradient[free])
        if float(move @ gradient[free]) < _NEGLIGIBLE_GAIN:
            return at, value
        at, value, gradient = _ascend(density, at, value, move, free)
        if step % 16 == 15:
            root = root_of(negative_hessian(density, at, free))
    raise LaplaceError(
        f"No maximum after {_NEWTON_STEPS} Newton steps: the posterior may have several modes "
        "or a flat direction. Use NUTS."
    )


def _ascend(
    density: SmoothDensity, at: Array, value: float, move: Array, free: Indices
) -> tuple[Array, float, Array]:
    """Take a step that does not lower the density, halving it until it does not."""
    size = 1.0
    for _ in range(30):
        trial = at.copy()
        trial[free] += size * move
        new, gradient = density.value_and_gradient(trial)
        if new >= value - 1e-9:
            return trial, new, gradient
        size *= 0.5
    raise LaplaceError("The density does not rise in the direction of its gradient. Use NUTS.")


def negative_hessian(density: SmoothDensity, at: Array, free: Indices) -> Array:
    """Return the negative Hessian in the free coordinates."""
    hessian = _hessian_rows(density, at, free, free)
    return 0.5 * (hessian + hessian.T)


def renew_rows(
    hessian: Array, density: SmoothDensity, at: Array, block: Indices, free: Indices
) -> None:
    """Compute a block's rows and columns of a negative Hessian anew, in place.

    ``block`` holds positions in the whole vector, all of them free.
    """
    rows = _hessian_rows(density, at, block, free)
    places = np.searchsorted(free, block)
    hessian[places] = rows
    hessian[:, places] = rows.T


def _hessian_rows(density: SmoothDensity, at: Array, rows: Indices, free: Indices) -> Array:
    """Return some rows of the negative Hessian by differences of the gradient."""
    hessian = np.empty((rows.size, free.size))
    point = at.copy()
    _, here = density.value_and_gradient(at)
    for row, position in enumerate(rows):
        kept = point[position]
        point[position] = kept + _DIFFERENCE
        _, beyond = density.value_and_gradient(point)
        point[position] = kept
        hessian[row] = (here[free] - beyond[free]) / _DIFFERENCE
    return hessian


def root_of(hessian: Array) -> Array:
    """Return the lower Cholesky factor of a negative Hessian.

    Raises
    ------
    LaplaceError
        If it is not positive definite, so that there is no maximum.
    """
    try:
        return np.linalg.cholesky(hessian)
    except (LinAlgError, np.linalg.LinAlgError) as error:
        raise LaplaceError(
            "The posterior is not curved downwards in every direction: it has a flat direction "
            "or several modes. Use NUTS."
        ) from error


def log_integral_of(log_density: float, root: Array) -> float:
    """Return the log integral of the normal with this height and root of the negative Hessian."""
    size = root.shape[0]
    return float(log_density + 0.5 * size * np.log(2.0 * np.pi) - np.log(np.diag(root)).sum())
