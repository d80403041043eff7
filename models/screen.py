r"""The screening tier: a structure's posterior by nested Laplace, in about a second.

The coordinate of interest is the link's, :math:`r = \mathrm{logit}((1 + \rho)/2)`; the outer
one, where regions are in the model, the logarithm of the standard deviation between regions,
whose posterior may reach down to zero. Loadings that are determined up to rotation enter by a
representative (:mod:`models.rotation`). A structure with a link for each domain has no single
coordinate of the link, and is refused: one normal at its maximum gave ρ = 0.32 on the published
panel where sampling gave 0.37.

Climbs from several starting points find the maxima; the highest is used, and their number is
kept. The approximation screens: its error against NUTS is in ``docs/engines.md``, a fit by it
has one chain and passes no convergence gate, and so no verdict rests on it.
"""

import time
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import beta

from models.density import Density
from models.fit import CompiledStructure
from models.inputs import ModelInputs
from models.laplace import NestedLaplace, nested_laplace
from models.link import Switches, switches
from models.multistart import climb_from_several
from models.posterior_mode import LaplaceError, SmoothDensity, climb_roughly
from models.rotation import RotationFree
from models.spec import Estimand, ModelSpec, Variant
from models.traits import STRUCTURE_TRAITS, loadings_rotate

Array = NDArray[np.float64]

_SAME = 0.05
_REGION_SD = np.log(np.geomspace(0.02, 1.65, 7))
_JUDGEMENT = (
    "first_cutpoint",
    "cutpoint_gap",
    "region_sd",
    "region_z",
    "judgement_deprivation",
    "judgement_bend",
    "drift",
)


def screen(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: ModelInputs,
    *,
    draws: int = 1000,
    seed: int,
    rope: float | None = None,
) -> xr.DataTree:
    """Approximate the posterior of one variant.

    Parameters
    ----------
    compiled
        The variant's structure, compiled for data of this shape.
    variant, inputs
        What to approximate, and what to condition on.
    draws
        Draws from the approximation, from which everything but ρ is summarised.
    seed
        Of the starting points and the draws.
    rope
        A limit of |ρ| whose posterior probability is wanted as well.

    Returns
    -------
    xr.DataTree
        As :meth:`models.fit.CompiledStructure.sample` gives it, in one chain. ``attrs`` say
        ``engine = "laplace"``, ``modes`` found, ``log_marginal_likelihood``, and where the
        link is free ``rho_mean``, ``rho_sd``, ``rho_lower``, ``rho_upper`` (95%) and
        ``log_bf_independent_linked``, without sampling error; ``rho_within`` is the probability of
        |ρ| below ``rope``.

    Raises
    ------
    LaplaceError
        If the posterior has no maximum that a normal could approximate, or the structure
        has a link for each domain.
    """
    started = time.perf_counter()
    on = switches(variant, compiled.spec)
    rng = np.random.default_rng(seed)
    density, reduced, start, modes = _reduced(compiled, variant, inputs, seed)
    nested = _nested(reduced, start, density, on)
    points = nested.draw(draws, rng)
    found = _summary(nested, reduced, compiled.spec, on, rope)
    whole = reduced.full(points) if isinstance(reduced, RotationFree) else points
    posterior = density.constrain(whole)
    seconds = time.perf_counter() - started
    stats = xr.Dataset(
        {"diverging": (("chain", "draw"), np.zeros((1, draws), dtype=bool))},
        coords={"chain": posterior.chain, "draw": posterior.draw},
    )
    fit = compiled.finish(posterior, stats, variant, inputs, rng, seconds)
    fit.attrs.update(engine="laplace", modes=modes, **found)
    return fit


def screen_link(
    compiled: CompiledStructure, variant: Variant, inputs: ModelInputs, *, seed: int
) -> dict[str, float]:
    """Summarise ρ and weigh ρ = 0 against it without drawing anything; for simulations.

    Parameters
    ----------
    compiled, variant, inputs
        As for :func:`screen`, of a structure with a single link, which is free.
    seed
        Of the starting points.

    Returns
    -------
    dict
        What ``attrs`` of a screened fit say of ρ.

    Raises
    ------
    LaplaceError
        If the posterior has no maximum that a normal could approximate.
    """
    on = switches(variant, compiled.spec)
    density, reduced, start, _ = _reduced(compiled, variant, inputs, seed)
    return _summary(_nested(reduced, start, density, on), reduced, compiled.spec, on)


def draw_parameters(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: ModelInputs,
    *,
    draws: int,
    seed: int,
) -> xr.Dataset:
    """Draw the free variables from the approximation, over one chain and the draws.

    Parameters and errors are those of :func:`screen`, of a structure with a single link.
    """
    on = switches(variant, compiled.spec)
    density, reduced, start, _ = _reduced(compiled, variant, inputs, seed)
    points = _nested(reduced, start, density, on).draw(draws, np.random.default_rng(seed))
    return density.constrain(reduced.full(points) if isinstance(reduced, RotationFree) else points)


def effectiveness_alone(
    compiled: CompiledStructure, estimand: Estimand, inputs: ModelInputs, start: xr.Dataset
) -> tuple[Array, Array]:
    r"""Return what the indicators alone say of effectiveness, at the maximum of their posterior.

    For simulations whose indicators serve many sets of judgements
    (:mod:`models.judgement_laplace`). At the maximum, standard deviations between authorities
    lie below their posterior means, and the scale of :math:`\theta_i \sim N(h_i, s_i^2)` is too
    large; it is set so that :math:`\mathrm{var}(h) + \mathrm{mean}(s^2) = 1`, the variance that
    effectiveness has by definition.

    Parameters
    ----------
    compiled, inputs
        A structure with a single link, compiled for data of this shape; the judgements in the
        inputs are not used.
    estimand
        Which decides whether deprivation is adjusted for.
    start
        The free variables over one chain and one draw, near the maximum: in a simulation the
        true ones.

    Returns
    -------
    tuple
        h and s², (authority,).

    Raises
    ------
    LaplaceError
        If the density has no finite maximum near the start.
    """
    variant = Variant(structure=compiled.structure, estimand=estimand, link="independent")
    on = switches(variant, compiled.spec)
    nobody = np.zeros_like(inputs.judgements.judged)
    alone = replace(inputs, judgements=replace(inputs.judgements, judged=nobody))
    density = Density(compiled.with_data(alone, on))
    at, height = climb_roughly(density, density.unconstrain(start)[0, 0])
    if not np.isfinite(height) or height < -1e299:
        raise LaplaceError("The indicators' density has no finite maximum near the start.")
    found = compiled.derived.evaluate(density.constrain(at[None, :]), alone, on)
    mean = found["effectiveness_mean"].values[0, 0].astype(float)
    variance = found["effectiveness_sd"].values[0, 0].astype(float) ** 2
    total = mean.var() + variance.mean()
    return mean / np.sqrt(total), variance / total


def _reduced(
    compiled: CompiledStructure, variant: Variant, inputs: ModelInputs, seed: int
) -> tuple[Density, Density | RotationFree, Array, int]:
    """Return the density, the same without free rotations, its highest point, and the maxima."""
    if not STRUCTURE_TRAITS[variant.structure].can_be_screened:
        raise LaplaceError(
            f"{variant.structure} has a link for each domain and no single coordinate to screen "
            "along. Sample it: sampler.engine = 'collapsed'."
        )
    on = switches(variant, compiled.spec)
    density = Density(compiled.with_data(inputs, on))
    start, modes = _highest(density, seed)
    if loadings_rotate(variant.structure, compiled.spec):
        where, shape = density.places["loading"]
        reduced = RotationFree(density, start[where].reshape(shape))
        return density, reduced, reduced.reduce(start[None, :])[0], modes
    return density, density, _oriented(compiled, density, start, inputs, on), modes


def _oriented(
    compiled: CompiledStructure, density: Density, at: Array, inputs: ModelInputs, on: Switches
) -> Array:
    """Take the mirror image of a factor that is loaded downwards, whose link is sampled as -ρ."""
    mirrors = STRUCTURE_TRAITS[compiled.structure].mirrors and compiled.spec.loadings == "free"
    if not mirrors or not on.link:
        return at
    drawn = density.constrain(at[None, :])
    rho = compiled.derived.evaluate(drawn, inputs, on)["rho"].item()
    link = 2.0 * drawn["link_share"].item() - 1.0
    if rho * link >= 0.0:
        return at
    mirrored = at.copy()
    for name in ("loading", "link_share"):
        mirrored[density.coordinates(name)] *= -1.0
    return mirrored


def _highest(density: Density, seed: int) -> tuple[Array, int]:
    """Climb from several points; give the highest one reached, and how many maxima there were."""
    reached = climb_from_several(density, seed)
    heights = np.array([height for _, height in reached])
    if not np.isfinite(heights[0]) or heights[0] < -1e299:
        raise LaplaceError("The density is not finite at any starting point. Use NUTS.")
    modes = 1 + int((np.diff(heights) < -_SAME).sum())
    return reached[0][0], modes


def _nested(
    reduced: Density | RotationFree, start: Array, density: Density, on: Switches
) -> NestedLaplace:
    """Approximate along the link, and along the spread of regions where they count."""
    block = np.concatenate(
        [reduced.coordinates(name) for name in _JUDGEMENT if name in density.places]
    )
    outer = (int(reduced.coordinates("region_sd")[0]), _REGION_SD) if on.region else None
    return nested_laplace(reduced, start, int(reduced.coordinates("link_share")[0]), block, outer)


def _summary(
    nested: NestedLaplace,
    density: Density | RotationFree,
    spec: ModelSpec,
    on: Switches,
    rope: float | None = None,
) -> dict[str, float]:
    """Summarise the posterior of ρ where the link is free; give the marginal likelihood."""
    if not on.link:
        return {"log_marginal_likelihood": nested.density()[2]}
    return summarise_link(nested, density, spec.priors.link_concentration, rope)


def summarise_link(
    nested: NestedLaplace,
    density: SmoothDensity,
    concentration: float,
    rope: float | None = None,
) -> dict[str, float]:
    """Summarise the posterior of ρ and weigh ρ = 0 against it.

    Parameters
    ----------
    nested, density
        The approximation along the coordinate of ``link_share``, and of which density.
    concentration
        κ of the prior of ρ.
    rope
        As for :func:`screen`.
    """
    r, posterior, log_marginal_likelihood = nested.density()
    rho = 2.0 * expit(r) - 1.0
    mean = float(np.trapezoid(rho * posterior, r))
    share = np.concatenate([[0.0], np.cumsum(0.5 * (posterior[1:] + posterior[:-1]) * np.diff(r))])
    # The prior density of r at 0 is that of the share at one half times its slope there.
    prior = float(beta.logpdf(0.5, concentration, concentration) + np.log(0.25))
    found = {
        "log_marginal_likelihood": log_marginal_likelihood,
        "rho_mean": mean,
        "rho_sd": float(np.sqrt(np.trapezoid((rho - mean) ** 2 * posterior, r))),
        "rho_lower": float(np.interp(0.025, share, rho)),
        "rho_upper": float(np.interp(0.975, share, rho)),
        "log_bf_independent_linked": nested.density_at(density, 0.0)
        - prior
        - log_marginal_likelihood,
    }
    if rope is not None:
        found["rho_within"] = float(np.diff(np.interp([-rope, rope], rho, share))[0])
    return found
