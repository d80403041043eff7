"""The log marginal likelihood of a fit of the collapsed engine, by bridge sampling.

The sampler's own density in its own unconstrained coordinates, so nothing is compiled again.
Loadings that rotations leave free enter by a representative (:mod:`models.rotation`), which
has the same integral and one mode; a single factor with loadings of either sign does too.
"""

import json

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.bridge import BridgeError, BridgeEstimate, bridge
from models.density import Density
from models.rotation import RotationFree
from models.spec import ModelSpec, Structure
from models.traits import STRUCTURE_TRAITS, loadings_rotate

Array = NDArray[np.float64]

_REPEATS = 3
_NAME = "log_marginal_likelihood"


def marginal_likelihood(
    density: Density,
    posterior: xr.Dataset,
    spec: ModelSpec,
    structure: Structure,
    seed: np.random.SeedSequence,
) -> BridgeEstimate | BridgeError:
    """Estimate the log marginal likelihood of one fit, or say why not.

    Parameters
    ----------
    density, posterior
        The compiled model with its data, and the draws of its free variables.
    spec, structure
        What was fitted.
    seed
        Of the proposal draws.

    Returns
    -------
    BridgeEstimate or BridgeError
        The reason, where the bridge cannot be built from these draws, or the structure has
        several modes that no rotation joins: the fit itself stands without it.
    """
    try:
        turns = _turns(spec, structure)
        mirrored = "link_share" if STRUCTURE_TRAITS[structure].mirrors else None
        return _bridged(density, posterior, turns, mirrored, seed)
    except BridgeError as error:
        return error


def _bridged(
    density: Density,
    posterior: xr.Dataset,
    turns: bool,
    mirrored: str | None,
    seed: np.random.SeedSequence,
) -> BridgeEstimate:
    """Bridge in coordinates in which there is one mode."""
    points = density.unconstrain(posterior)
    if not turns:
        return bridge(lambda at: _values(density, at), points, repeats=_REPEATS, seed=seed)
    where, shape = density.places["loading"]
    flat = points.reshape(-1, density.dimension)
    free = RotationFree(density, _typical(flat[:, where].reshape(-1, *shape)), mirrored)
    reduced = free.reduce(flat).reshape(*points.shape[:2], free.dimension)
    return bridge(lambda at: _values(free, at), reduced, repeats=_REPEATS, seed=seed)


def store(fit: xr.DataTree, found: BridgeEstimate | BridgeError) -> None:
    """Keep an estimate, or why there is none, in a fit's ``attrs``."""
    if isinstance(found, BridgeError):
        fit.attrs[f"{_NAME}_refused"] = str(found)
        return
    fit.attrs[_NAME] = found.value
    fit.attrs[f"{_NAME}_error"] = found.error
    fit.attrs[f"{_NAME}_method"] = found.method
    fit.attrs[f"{_NAME}_repeats"] = json.dumps(found.repeats)


def stored(fit: xr.DataTree) -> BridgeEstimate | None:
    """Read it back; nothing if the fit's engine has none with a Monte Carlo error.

    Raises
    ------
    BridgeError
        If the bridge was tried and failed.
    """
    if f"{_NAME}_refused" in fit.attrs:
        raise BridgeError(fit.attrs[f"{_NAME}_refused"])
    if f"{_NAME}_error" not in fit.attrs:
        return None
    return BridgeEstimate(
        float(fit.attrs[_NAME]),
        float(fit.attrs[f"{_NAME}_error"]),
        fit.attrs[f"{_NAME}_method"],
        tuple(json.loads(fit.attrs[f"{_NAME}_repeats"])),
    )


def _turns(spec: ModelSpec, structure: Structure) -> bool:
    """Return whether loadings may be turned or reflected without changing the density."""
    traits = STRUCTURE_TRAITS[structure]
    if traits.rotates:
        return loadings_rotate(structure, spec)
    if spec.loadings == "positive":
        return False
    if traits.mirrors:
        return True
    raise BridgeError(
        "Loadings of either sign give every domain's factor two modes. Use loadings = "
        '"positive" for a marginal likelihood.'
    )


def _typical(loadings: Array) -> Array:
    """Choose the draw, (draw, indicator, factor), whose common covariance is nearest the mean."""
    common = np.einsum("sif,sjf->sij", loadings, loadings)
    distance = ((common - common.mean(axis=0)) ** 2).sum(axis=(1, 2))
    return np.asarray(loadings[int(distance.argmin())])


def _values(density: Density | RotationFree, points: Array) -> Array:
    """Evaluate a density at points, (point, dimension)."""
    return np.array([density.value_and_gradient(point)[0] for point in points])
