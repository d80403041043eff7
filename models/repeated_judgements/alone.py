r"""The posterior of ρ from repeated judgements, given what indicators alone say of effectiveness.

As :mod:`models.judgement_laplace`, for judgements that are repeated or given by their
sub-judgements: with :math:`\theta_i \sim N(h_i, s_i^2)` fixed, the judgements' likelihood and
priors are those of a whole model (:mod:`models.repeated_judgements.place`), and only cutpoints,
drift, slope on deprivation, loadings, the reliability and ρ are left. They are approximated by
:mod:`models.laplace` along ρ; what the data do not touch is held at 0. For simulations that
compile once and weigh many sets of judgements. Regions are not known here.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from models.density import Density
from models.laplace import nested_laplace
from models.link import Explained
from models.posterior_mode import Indices, LaplaceError, climb_roughly
from models.prior_variables import single_link
from models.repeated_judgements.likelihood import FINE, Rule
from models.repeated_judgements.place import REPEATED_JUDGEMENT_DIMS, place_repeated_judgements
from models.repeated_judgements.reliability import ReliabilityPrior
from models.repeated_judgements.select import RepeatedJudgements
from models.sampling import compile_model
from models.screen import summarise_link
from models.spec import ModelSpec

Array = NDArray[np.float64]

_BY_AUTHORITY = ("effectiveness_mean", "effectiveness_variance", "deprivation")


class RepeatedJudgementsAlone:
    """The judgements' part of a model, compiled for judgements of one shape.

    Parameters
    ----------
    spec
        Priors, and how judgements are read; ``inspection.scope`` is ``repeats``, or its
        judgements are ``sub_judgements``.
    repeated_judgements
        Judgements of the shape for which to compile.
    rule
        By which sub-judgements are integrated.
    """

    def __init__(
        self, spec: ModelSpec, repeated_judgements: RepeatedJudgements, rule: Rule = FINE
    ) -> None:
        self._spec = spec
        authorities = repeated_judgements.grade.shape[0]
        blank = np.zeros(authorities)
        given = {**dict.fromkeys(_BY_AUTHORITY, blank), **repeated_judgements.data}
        repeats = spec.inspection.scope == "repeats"
        coords = {**repeated_judgements.coords, "authority": list(range(authorities))}
        coords |= {"gap": [1, 2], "region": ["none"]}
        with pm.Model(coords=coords) as model:
            data = {
                name: pm.Data(name, values, dims=REPEATED_JUDGEMENT_DIMS.get(name, ("authority",)))
                for name, values in given.items()
            }
            data["region_of_authority"] = pt.zeros(authorities, dtype="int64")
            data["region_switch"] = pt.zeros(())
            rho = single_link(spec.priors)
            # Only the share and ρ are asked for: the effects are integrated out already.
            explained = Explained(pt.zeros(1), pt.zeros(1), rho**2, rho, None)
            reliability = ReliabilityPrior.of(spec.priors).place(rho**2) if repeats else None
            moments = (
                rho * data["effectiveness_mean"],
                rho**2 * data["effectiveness_variance"],
            )
            placed = place_repeated_judgements(
                spec, repeated_judgements, data, explained, moments, reliability, rule
            )
            pm.Potential("judgements", placed.log_likelihood.sum())
        self._compiled = compile_model(model)

    def summarise(
        self,
        moments: tuple[Array, Array],
        deprivation: Array | None,
        repeated_judgements: RepeatedJudgements,
        rope: float,
    ) -> dict[str, float]:
        """Approximate the posterior of ρ, and weigh ρ = 0 against it.

        Parameters
        ----------
        moments
            h and s², (authority,).
        deprivation
            Standardised, (authority,); None where it is not adjusted for.
        repeated_judgements
            Of the shape compiled for.
        rope
            A limit of |ρ| whose posterior probability is wanted as well.

        Returns
        -------
        dict
            As :func:`models.screen.summarise_link` gives it.

        Raises
        ------
        LaplaceError
            If the posterior has no maximum that a normal could approximate.
        """
        mean, variance = moments
        compiled = self._compiled.with_data(
            effectiveness_mean=mean,
            effectiveness_variance=variance,
            deprivation=np.zeros_like(mean) if deprivation is None else deprivation,
            **repeated_judgements.data,
        )
        whole = Density(compiled)
        idle = {"region_sd", "region_z"}
        if deprivation is None:
            idle.add("judgement_deprivation")
        held = np.concatenate([whole.coordinates(name) for name in sorted(idle)])
        density = _Touched(whole, np.setdiff1d(np.arange(whole.dimension), held))
        at, height = climb_roughly(density, np.zeros(density.dimension))
        if not np.isfinite(height) or height < -1e299:
            raise LaplaceError("The judgements' density is not finite at its starting point.")
        inner = int(np.searchsorted(density.free, whole.coordinates("link_share")[0]))
        nested = nested_laplace(density, at, inner, np.arange(density.dimension))
        return summarise_link(nested, density, self._spec.priors.link_concentration, rope)


class _Touched:
    """A density in the coordinates that the data touch, the others held at 0."""

    def __init__(self, whole: Density, free: Indices) -> None:
        self._whole = whole
        self.free = free
        self.dimension = int(free.size)

    def value_and_gradient(self, at: Array) -> tuple[float, Array]:
        """Return the log density and its gradient."""
        full = np.zeros(self._whole.dimension)
        full[self.free] = at
        value, gradient = self._whole.value_and_gradient(full)
        return value, gradient[self.free]
