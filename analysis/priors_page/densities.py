"""The density of every prior that a model has, from the one table of priors."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.collapsed.build import build_model
from models.inputs import ModelInputs
from models.link import Switches
from models.priors import PRIORS, Prior
from models.spec import ModelSpec, PriorScales
from models.structures.loadings import loading_prior

Array = NDArray[np.float64]

_POINTS = 201
_TAIL = 0.002


@dataclass(frozen=True, slots=True, eq=False)
class PriorDensity:
    """One prior and its density.

    Attributes
    ----------
    prior
        Its row in the table.
    law
        The distribution with the configuration's numbers.
    changed
        Whether a number is not the default.
    at, density
        Points and density at each.
    """

    prior: Prior
    law: str
    changed: bool
    at: Array
    density: Array

    @property
    def name(self) -> str:
        """Name of the quantity."""
        return self.prior.name


def prior_densities(spec: ModelSpec, inputs: ModelInputs) -> list[PriorDensity]:
    """Return the density of each prior that the specification's primary structure has.

    Of a vector whose elements have priors of their own, the first is taken. Standardised offsets,
    which a standard deviation scales, are left out.
    """
    everything = Switches(deprivation=True, region=True, link=True)
    model = build_model(spec, spec.structure, inputs, everything).model
    variables = {str(one.name) for one in model.free_RVs}
    loading = loading_prior(spec.structure, spec)
    wanted = [
        prior
        for prior in PRIORS.values()
        if prior.variable in variables and (prior.variable != "loading" or prior.name == loading)
    ]
    lengths = {dim: len(labels or ()) for dim, labels in model.coords.items()}
    return [_density(prior, spec.priors, lengths) for prior in wanted]


def _density(prior: Prior, scales: PriorScales, lengths: Mapping[str, int]) -> PriorDensity:
    """Evaluate a prior over all but its tails."""
    law = prior.frozen(scales, lengths[prior.dims[-1]] if prior.dims else 1)
    low, high = (_first(end) for end in law.ppf(np.array([[_TAIL], [1.0 - _TAIL]])))
    start, stop = (_first(end) for end in law.support())
    at = np.linspace(
        start if np.isfinite(start) else low, stop if np.isfinite(stop) else high, _POINTS
    )
    usual = PriorScales()
    return PriorDensity(
        prior=prior,
        law=prior.written(scales),
        changed=any(getattr(scales, key) != getattr(usual, key) for key in prior.keys),
        at=at,
        density=np.asarray(law.pdf(at[:, None]))[:, 0],
    )


def _first(values: Array) -> float:
    """Return the first element of a number or a vector."""
    return float(np.ravel(values)[0])
