r"""The posterior of the link alone, as cheaply as simulations of hundreds of panels want it.

The nested Laplace approximation of :mod:`models.screen` with three savings: one climb, from
given parameters (in a simulation, the true ones); the curvature of what is not in the
judgements' block is taken at the maximum and kept along ρ; nothing but ρ is worked out. Beyond
the grid, 3.6 conditional standard deviations from the maximum, the log density goes on as a
parabola: a Bayes factor that rests on it is beyond 1/100 in any case, and its size is not to be
read. Regions' effects, which need an outer grid, are not known here.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import beta

from models.density import Density
from models.fit import CompiledStructure
from models.inputs import Inputs
from models.laplace import LaplaceError, NestedLaplace, climb_roughly, nested_laplace
from models.link import switches
from models.rotation import RotationFree
from models.spec import Variant

Array = NDArray[np.float64]

_MIDDLE = (3,)
_JUDGEMENT = ("first_cutpoint", "cutpoint_gap", "judgement_deprivation", "drift")


@dataclass(frozen=True, slots=True)
class LinkPosterior:
    """The posterior of ρ.

    Attributes
    ----------
    mean, sd, lower, upper
        Mean, standard deviation and central interval.
    log_bf_independent_linked
        Log Bayes factor for ρ = 0, by Savage and Dickey's ratio of densities.
    probability
        P(ρ > 0).
    """

    mean: float
    sd: float
    lower: float
    upper: float
    log_bf_independent_linked: float
    probability: float


def screen_link(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: Inputs,
    start: xr.Dataset,
    interval: float = 0.95,
) -> LinkPosterior:
    """Approximate the posterior of ρ.

    Parameters
    ----------
    compiled
        The variant's structure, compiled for data of this shape.
    variant, inputs
        What to approximate, with the link free and without regions, and what to condition on.
    start
        Where to climb from: the free variables over one chain and one draw.
    interval
        Probability of the central interval.

    Raises
    ------
    LaplaceError
        If the posterior has no maximum that a normal could approximate, or the variant is none
        of which ρ alone can be screened.
    """
    nested = _approximate(compiled, variant, inputs, start)[0]
    return summarise(nested, compiled.spec.priors.link_concentration, interval)


def draw_parameters(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: Inputs,
    start: xr.Dataset,
    draws: int,
    seed: int,
) -> xr.Dataset:
    """Draw the free variables from the approximation, over one chain and the draws.

    Parameters and errors are those of :func:`screen_link`.
    """
    nested, reduced, density = _approximate(compiled, variant, inputs, start)
    points = nested.draw(draws, np.random.default_rng(seed))
    return density.constrain(reduced.full(points) if isinstance(reduced, RotationFree) else points)


def starting_parameters(
    compiled: CompiledStructure, variant: Variant, inputs: Inputs, seed: int
) -> xr.Dataset:
    """Give a point to start from where nothing is known, as the sampler draws its own."""
    on = switches(variant, compiled.spec)
    density = Density(compiled.with_data(inputs, on))
    start = density.initial(seed)
    if "loading" in density.places:
        at = density.coordinates("loading")
        # At zero the loadings have no slope: every direction is the same.
        start[at] += np.random.default_rng(seed).normal(0.0, 0.3, at.size)
    return density.constrain(start[None, :])


def summarise(nested: NestedLaplace, concentration: float, interval: float) -> LinkPosterior:
    """Summarise ρ, and weigh ρ = 0 against it.

    Parameters
    ----------
    nested
        The approximation along the link's coordinate r.
    concentration
        κ of ρ's prior.
    interval
        Probability of the central interval.
    """
    r, density, _ = nested.density()
    rho = 2.0 * expit(r) - 1.0
    mean = float(np.trapezoid(rho * density, r))
    share = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(r))])
    tail = 0.5 * (1.0 - interval)
    # The prior density of r at 0 is that of the share at one half times its slope there.
    prior = float(beta.logpdf(0.5, concentration, concentration) + np.log(0.25))
    return LinkPosterior(
        mean=mean,
        sd=float(np.sqrt(np.trapezoid((rho - mean) ** 2 * density, r))),
        lower=float(np.interp(tail, share, rho)),
        upper=float(np.interp(1.0 - tail, share, rho)),
        log_bf_independent_linked=_log_density_at_zero(r, density) - prior,
        probability=float(1.0 - np.interp(0.0, r, share)),
    )


def _log_density_at_zero(r: Array, density: Array) -> float:
    """Give the log density at r = 0; beyond the grid, by the parabola through its end."""
    logs = np.log(np.maximum(density, 1e-300))
    if r[0] <= 0.0 <= r[-1]:
        return float(np.interp(0.0, r, logs))
    end = slice(None, 60) if r[0] > 0.0 else slice(-60, None)
    return float(np.polyval(np.polyfit(r[end], logs[end], 2), 0.0))


def _approximate(
    compiled: CompiledStructure, variant: Variant, inputs: Inputs, start: xr.Dataset
) -> tuple[NestedLaplace, Density | RotationFree, Density]:
    """Climb from a starting point, and approximate about the maximum."""
    on = switches(variant, compiled.spec)
    if on.region or not on.link or variant.structure == "domain_factors":
        raise LaplaceError(
            f"{variant.name}: the link alone is screened with a single, free link and without "
            "regions. Say model.region = false, or use models.screen.screen."
        )
    density = Density(compiled.with_data(inputs, on))
    at, height = climb_roughly(density, density.unconstrain(start)[0, 0])
    if not np.isfinite(height) or height < -1e299:
        raise LaplaceError("The density is not finite at the starting point.")
    reduced: Density | RotationFree = density
    if variant.structure == "composite" and compiled.spec.covariance == "factors":
        where, shape = density.places["loading"]
        reduced = RotationFree(density, at[where].reshape(shape))
        at = reduced.reduce(at[None, :])[0]
    block = np.concatenate(
        [reduced.coordinates(name) for name in _JUDGEMENT if name in density.places]
    )
    inner = int(reduced.coordinates("link_share")[0])
    return nested_laplace(reduced, at, inner, block, anchors=_MIDDLE), reduced, density
