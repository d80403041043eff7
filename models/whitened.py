r"""A compiled model in coordinates in which its posterior is nearly a standard normal.

NUTS adapts one step for each coordinate, and correlations between them make its paths long: a
level and its shifts from year to year, slopes of indicators that share factors, and loadings that
are determined only up to a rotation, which a path goes round without end. With the coordinates v
of :mod:`models.affine`, in which what is positive has no long tail at zero, effects are as wide
whatever their standard deviation is and nothing rotates, and :math:`v = c + Lz`, c the highest
point of the density and :math:`LL^\top` its inverse negative Hessian there, z has none of these.
The density of z is that of the model's own unconstrained vector x times the Jacobian, so that
draws of x are of the same posterior, but for the rotation of loadings, of which each draw has one.

The highest point is that of several climbs (:mod:`models.multistart`). Each distinct mode has
coordinates of its own and a share of the posterior by Laplace's approximation, and the mode with
the largest share gives the coordinates. Where nothing rotates, chains begin where the sampler's
own would: on England's panel most climbs of ``one_factor`` with positive loadings reach the care
leavers' pattern, and ten may all miss that there is the workforce's, which chains find. Where
loadings rotate, a chain begins near a mode drawn by the shares, at a draw of its normal with 1.5
times the standard deviation: begun anywhere, three chains of five first climb the lower of the two
modes of England's four factors, which has less than a hundredth of the posterior, and some stay
there for as long as they are drawn. A pattern that no climb reaches is then found by no chain
either (docs/sensitivity.md).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import log_ndtr, softmax
from threadpoolctl import threadpool_limits

from models import affine
from models.density import Density
from models.multistart import climb_from_several
from models.posterior_mode import climb_roughly, negative_hessian
from models.sampler import Compiled

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Tops nearer to each other than a standard deviation in all are one.
_SAME = 1.0
_SPREAD = 1.5
# Where the density is flat or curved upwards at its highest point: a standard deviation of 2.
_LEAST_CURVATURE = 0.25
# Of T's diagonal, on the scale of standardised indicators: a factor may vanish at a mode.
_LEAST_SIZE = 0.1
# Of its size: below it a factor is as good as not there, and climbs that end there have one mode.
_NO_SIZE = 0.01
# Newton's steps from below towards a concave function's value never pass it; twenty suffice from
# e-300 to e30 times the scale.
_NEWTON_STEPS = 30


def whitened(compiled: Compiled, rotating: bool, seed: int) -> Compiled:
    """Put a compiled model with its data in place into whitened coordinates.

    Parameters
    ----------
    compiled
        What :func:`models.sampling.compile_model` made.
    rotating
        Whether its ``loading``, (indicator, factor), is determined up to a rotation.
    seed
        Of the points from which the density is climbed.

    Returns
    -------
    Compiled
        For the sampler; its draws are of the same variables.
    """
    density = Density(compiled)
    loading = np.zeros((0, 0), dtype=np.int64)
    if rotating:
        loading = density.coordinates("loading").reshape(density.places["loading"][1])
    with threadpool_limits(1):
        modes = _modes(compiled, density, loading, seed)
    shares = softmax([mode.log_integral for mode in modes])
    best = modes[int(np.argmax(shares))].coordinates

    def start(seed: Any) -> Array:
        if not rotating:
            return best.to_standard(compiled.initial(seed))
        rng = np.random.default_rng(seed)
        near = modes[int(rng.choice(len(modes), p=shares))].coordinates
        z = _SPREAD * rng.standard_normal(best.centre.size)
        return best.to_standard(near.from_standard(z))

    return _in_coordinates(compiled, best, start)


@dataclass(frozen=True, slots=True, eq=False)
class Coordinates:
    """The coordinates z of x.

    Attributes
    ----------
    centre, root
        c and L.
    rest, loading
        Places in x of what is no loading, and of loadings, (indicator, factor).
    axes, sizes
        [U, U'], and the sizes of T's diagonal, (factor,).
    scale
        Of each coordinate that is the logarithm of a positive variable; 0 for the others.
    effects, spreads
        Places in x of effects and of the logarithms of their standard deviations, (effect,).
    information, pull
        Of each effect, by the data at the point, and that times its estimate, (effect,).
    """

    centre: Array
    root: Array
    rest: Indices
    loading: Indices
    axes: Array
    sizes: Array
    scale: Array
    effects: Indices
    spreads: Indices
    information: Array
    pull: Array

    @classmethod
    def flat(cls, density: Density, loading: Indices, at: Array) -> "Coordinates":
        """Return coordinates that are v itself, with the scales and sizes of a point."""
        scale = np.zeros(density.dimension)
        scale[density.logarithms] = np.exp(at[density.logarithms])
        axes, sizes, _ = np.linalg.svd(at[loading])
        rest = np.setdiff1d(np.arange(density.dimension), loading)
        size = rest.size + np.tril(np.ones(loading.shape, dtype=int)).sum()
        effects, spreads = _effects(density)
        information, pull = _known(density, at, effects, spreads)
        return cls(
            centre=np.zeros(size),
            root=np.eye(size),
            rest=rest,
            loading=loading,
            axes=axes,
            sizes=np.maximum(sizes, _LEAST_SIZE),
            scale=scale,
            effects=effects,
            spreads=spreads,
            information=information,
            pull=pull,
        )

    def to_standard(self, x: Array) -> Array:
        """Return z at x."""
        sd = np.exp(x[self.spreads])
        share = 1.0 / (1.0 + sd**2 * self.information)
        even = x.copy()
        even[self.effects] = (x[self.effects] - sd * self.pull * share) / np.sqrt(share)
        u = _straighten(even, self.scale)
        factors = np.arange(self.loading.shape[1])
        held = self.axes.T @ u[self.loading]
        if factors.size:
            rotation, triangle = np.linalg.qr(held[factors].T)
            held = held @ np.where(np.diag(triangle) < 0.0, -rotation, rotation)
            # A factor that is not there has no direction, and as good as no size.
            each = np.maximum(held[factors, factors], _NO_SIZE * self.sizes)
            held[factors, factors] = _straighten(np.log(each), self.sizes)
        v = np.concatenate([u[self.rest], held[np.tril(np.ones(held.shape, dtype=bool))]])
        return np.asarray(solve_triangular(self.root, v - self.centre, lower=True))

    def from_standard(self, z: Array) -> Array:
        """Return x at z."""
        x = np.empty(self.scale.size)
        loading = np.zeros(self.loading.shape)
        v = self.centre + self.root @ z
        affine.unfold(v, self.rest, self.axes, self.sizes, loading, x)
        x[self.loading] = loading
        affine.stretch(x, self.scale, np.empty(x.size), np.empty(x.size))
        known = self.effects, self.spreads, self.information, self.pull
        affine.narrow(x, *known, np.empty(self.effects.size), np.empty(self.effects.size))
        return x


@dataclass(frozen=True, slots=True, eq=False)
class _Mode:
    """A maximum's coordinates, where in them it was found, and Laplace's log integral about it."""

    coordinates: Coordinates
    found: Array
    log_integral: float

    def is_at(self, x: Array) -> bool:
        """Return whether a point is this maximum, found again."""
        return bool(np.linalg.norm(self.coordinates.to_standard(x) - self.found) < _SAME)


def _modes(compiled: Compiled, density: Density, loading: Indices, seed: int) -> list[_Mode]:
    """Climb from several points; give each mode that is reached once, the highest first."""
    modes: list[_Mode] = []
    for at, _ in climb_from_several(density, seed):
        if not any(mode.is_at(at) for mode in modes):
            modes.append(_mode(compiled, Coordinates.flat(density, loading, at), at))
    return modes


def _mode(compiled: Compiled, flat: Coordinates, at: Array) -> _Mode:
    """Climb the rest of the way in the coordinates v, and take the curvature there."""
    density = Density(_in_coordinates(compiled, flat))
    centre, height = climb_roughly(density, flat.to_standard(at))
    hessian = negative_hessian(density, centre, np.arange(density.dimension))
    values, vectors = np.linalg.eigh(hessian)
    root = np.linalg.cholesky((vectors / np.maximum(values, _LEAST_CURVATURE)) @ vectors.T)
    log_volume = 0.5 * centre.size * np.log(2.0 * np.pi) + np.log(np.diag(root)).sum()
    coordinates = replace(flat, centre=centre, root=root)
    return _Mode(coordinates, coordinates.to_standard(at), height + float(log_volume))


def _effects(density: Density) -> tuple[Indices, Indices]:
    """Return where effects stand that one standard deviation multiplies, and where its logarithm.

    By their names, ``region_z`` and ``region_sd``; any other pair of such names costs only time.
    """
    effects, spreads = [np.arange(0)], [np.arange(0)]
    for name in density.places:
        spread = f"{name.removesuffix('_z')}_sd"
        if name.endswith("_z") and spread in density.places:
            at, by = density.coordinates(name), density.coordinates(spread)
            if by.size == 1:
                effects.append(at)
                spreads.append(np.repeat(by, at.size))
    return np.concatenate(effects), np.concatenate(spreads)


def _known(density: Density, at: Array, effects: Indices, spreads: Indices) -> tuple[Array, Array]:
    """Return the information that the data have of each effect, and that times its estimate.

    Of the curvature and the slope by the standardised effect, of which the prior's are taken away.
    """
    if not effects.size:
        return np.zeros(0), np.zeros(0)
    sd = np.exp(at[spreads])
    _, gradient = density.value_and_gradient(at)
    curvature = np.diag(negative_hessian(density, at, effects)) - 1.0
    information = np.maximum(curvature, 0.0) / sd**2
    slope = gradient[effects] + at[effects]
    return information, slope / sd + information * sd * at[effects]


def _straighten(x: Array, scale: Array) -> Array:
    """Return u at x: the third step of :mod:`models.affine` the other way round."""
    u = x.copy()
    positive = scale > 0.0
    wanted = x[positive] - np.log(scale[positive])
    at = np.full(wanted.shape, -30.0)
    for _ in range(_NEWTON_STEPS):
        below = log_ndtr(at)
        beyond = at + np.exp(-0.5 * at**2 - below) / np.sqrt(2.0 * np.pi)
        at += (wanted - below - np.log(beyond)) * beyond
    u[positive] = at
    return u


def _in_coordinates(
    compiled: Compiled, to: Coordinates, start: Callable[[Any], Array] | None = None
) -> Compiled:
    """Give the compiled model as a function of z, with chains that begin where ``start`` says."""
    arrays = {
        "centre": to.centre,
        "columns": np.ascontiguousarray(to.root.T),
        "rows": np.ascontiguousarray(to.root),
        "rest": to.rest,
        "axes": np.ascontiguousarray(to.axes),
        "sizes": to.sizes,
        "scale": to.scale,
        "effects": to.effects,
        "spreads": to.spreads,
        "information": to.information,
        "pull": to.pull,
    }
    numbers = {
        **asdict(compiled.addresses),
        "whole": to.scale.size,
        "loading_at": int(to.loading[0, 0]) if to.loading.size else 0,
        "indicators": to.loading.shape[0],
        "factors": to.loading.shape[1],
        "effect_count": to.effects.size,
    }
    return compiled.replaced(
        dimension=to.centre.size,
        log_density=affine.log_density(),
        expand=affine.expand(),
        data=affine.header(arrays, numbers),
        points_at=tuple(arrays.values()),
        start=start or (lambda _: np.zeros(to.centre.size)),
    )
