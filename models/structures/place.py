"""A structure by its name: the one place where names and modules meet."""

from typing import assert_never

import numpy as np
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.prior_variables import place
from models.spec import ModelSpec, Structure
from models.structures.composite import place_composite
from models.structures.correlation import free_own_effects
from models.structures.domain_factors import domain_loadings, place_domain_factors
from models.structures.loadings import loading_prior
from models.structures.one_factor import place_one_factor
from models.structures.placed import Effects, Placed
from models.traits import STRUCTURE_TRAITS


def place_structure(
    structure: Structure,
    spec: ModelSpec,
    own_sd: TensorVariable,
    weight: TensorVariable | None,
    domain: np.ndarray,
) -> Placed:
    """Place a structure's loadings in the model at hand, and say what θ is.

    Parameters
    ----------
    structure
        The structure, which may be the specification's challenger.
    spec
        Whether loadings are positive and the covariance unstructured, and the priors.
    own_sd
        Lasting standard deviation of each indicator's own effect, (indicator,).
    weight
        Declared weight of each indicator in the composite, (indicator,); the other
        structures have none.
    domain
        Position of each indicator's domain.
    """
    own_variance = own_sd**2
    match structure:
        case "composite":
            loose = spec.covariance == "unstructured"
            loading = pt.zeros((domain.size, 0)) if loose else place("loading", spec.priors)
            effects = Effects(loading, own_variance)
            return place_composite(_freed(effects, spec, domain.size), weight)
        case "one_factor":
            loading = place(loading_prior(structure, spec), spec.priors)
            return place_one_factor(_freed(Effects(loading, own_variance), spec, domain.size))
        case "domain_factors":
            size = place(loading_prior(structure, spec), spec.priors)[:, 0]
            effects, axes = domain_loadings(size, own_variance, domain, spec.priors)
            return place_domain_factors(_freed(effects, spec, domain.size), axes)
        case _:
            assert_never(structure)


def _freed(effects: Effects, spec: ModelSpec, indicators: int) -> Effects:
    """Correlate the own effects where the specification frees Σ."""
    if spec.covariance != "unstructured":
        return effects
    return free_own_effects(effects, indicators, spec.priors)


def columns_of(structure: Structure, factors: int) -> int:
    """Return how many columns of loadings a structure places."""
    return factors if STRUCTURE_TRAITS[structure].rotates else 1
