r"""Data sets drawn from a model's own prior, in the shape of given inputs.

The priors and the structure are those that the engines fit (:mod:`models.priors`,
:mod:`models.structures.place`, :mod:`models.link`), drawn forwards. What follows from them is
written down here a second time, forwards and in NumPy, so that a fault of an engine's
likelihood cannot hide in the data that should show it:

.. math::

    \phi = \Lambda f + \delta, \quad
    z_{kt} = \alpha_{kt} + \gamma_k x + \phi_k + e_{kt}, \quad
    u = \eta + b^\top f + c^\top \delta + \epsilon

with an indicator's value :math:`y \sim N(z, V)` at the inputs' own variances V, or a count
:math:`\mathrm{Binomial}(n, \mathrm{logit}^{-1}(m + s\,o\,z))` at their denominators n, hidden
where it is small, and a grade where u lies between cutpoints.

What is taken from the inputs: which cells and judgements there are, deprivation, regions,
dates, V or n, and the unit of each indicator (its centre and standard deviation,
:class:`models.measurement.Measurements`). The unit is a constant of the model, so it stays as
it is: nothing is standardised again by the data drawn.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from pytensor.compile.mode import Mode
from pytensor.tensor.variable import TensorVariable
from scipy.special import expit

from data.panel import PanelError
from models.counts import Counts
from models.gaussian_sites import match_gaussian_sites
from models.inputs import ModelInputs
from models.link import Switches, place_link
from models.measurement import Measurements
from models.prior_variables import judgement_priors, measurement_priors
from models.spec import ModelSpec, Structure
from models.structures.place import columns_of, place_structure

Array = NDArray[np.float64]
Cells = Literal["gaussian", "binomial"]
Hidden = tuple[int, int] | None

# What publishers hide: numerators of 1 to 5.
SMALL: Hidden = (1, 5)


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """One data set and the truth behind it.

    Attributes
    ----------
    parameters
        The model's free variables by the names that its engines give them, over one chain
        and one draw, as if they were a posterior.
    effects
        φ, (indicator, authority).
    effectiveness
        θ, (authority,).
    rho
        The link.
    inputs
        The given inputs with measurements and grades drawn.
    counts
        The counts drawn, with what is hidden as intervals; None where cells are Gaussian.
    """

    parameters: xr.Dataset
    effects: Array
    effectiveness: Array
    rho: float
    inputs: ModelInputs
    counts: Counts | None


class Generator:
    """Draws data sets for one structure under one set of switches.

    Attributes
    ----------
    model, wanted
        The priors alone, and the expressions in their variables that a data set is drawn from.
    """

    def __init__(
        self, spec: ModelSpec, structure: Structure, inputs: ModelInputs, on: Switches
    ) -> None:
        unusual = inputs.repeated_judgements is not None or inputs.identical
        if unusual or inputs.bends is not None or inputs.size is not None:
            raise PanelError(
                "generate: data sets are drawn of each authority's latest judgement, with "
                "deprivation linear and effects of one spread. Leave model.inspection, "
                "model.identical, model.deprivation_form and model.effect_spread as they are by "
                "default."
            )
        self._inputs = inputs
        self._fixed = inputs.data(on, structure)
        self.model, self.wanted = _forwards(spec, structure, inputs, self._fixed)
        self._evaluate: Any = None

    def draw(
        self,
        draws: int,
        seed: int,
        *,
        cells: Cells = "gaussian",
        counts: Counts | None = None,
        hidden: Hidden = SMALL,
    ) -> list[Generated]:
        """Draw independent data sets, each with parameters of its own.

        Parameters
        ----------
        draws
            Data sets.
        seed
            Of every random number; the same seed gives the same data sets.
        cells
            ``gaussian``: values about their expectation with the inputs' sampling variances,
            exactly what the collapsed engine fits. ``binomial``: counts, exactly what the joint
            engine fits; the collapsed engine sees them through its approximation.
        counts
            The counts behind the inputs, for ``binomial``: whose denominators are kept.
        hidden
            Smallest and largest numerator of those that are known only to lie between the
            two; None hides none.

        Raises
        ------
        PanelError
            If binomial cells are wanted and no counts given.
        """
        if cells == "binomial" and counts is None:
            raise PanelError(
                "generate: cells are 'binomial' and no counts were given; the denominators of "
                "a panel are wanted. Pass counts=count(panel, inputs.measurements)."
            )
        first, second = np.random.SeedSequence(seed).spawn(2)
        names = [*(one.name for one in self.model.free_RVs), *self.wanted]
        drawn = pm.draw(
            [*self.model.free_RVs, *self.wanted.values()],
            draws=draws,
            random_seed=int(first.generate_state(1)[0]),
            mode="FAST_COMPILE",
        )
        values = {
            name: np.asarray(one).reshape(draws, *np.shape(one)[draws > 1 :])
            for name, one in zip(names, drawn, strict=True)
        }
        return [
            self.one(
                {name: value[number] for name, value in values.items()},
                np.random.default_rng(own),
                counts if cells == "binomial" else None,
                hidden,
            )
            for number, own in enumerate(second.spawn(draws))
        ]

    def draw_at(self, parameters: xr.Dataset, seed: int) -> Generated:
        """Draw one data set, with Gaussian cells, at given parameters.

        Parameters
        ----------
        parameters
            The model's free variables over one chain and one draw, by the names that its
            engines give them, as in :attr:`Generated.parameters`.
        seed
            Of every random number.

        Raises
        ------
        KeyError
            If a free variable is missing; the message names it.
        """
        free = self.model.free_RVs
        if self._evaluate is None:
            self._evaluate = pytensor.function(
                free,
                list(self.wanted.values()),
                mode=Mode(linker="py", optimizer="fast_compile"),
                on_unused_input="ignore",
            )
        values = [np.asarray(parameters[one.name].values[0, 0]) for one in free]
        found = self._evaluate(*values)
        at = dict(zip([one.name for one in free], values, strict=True))
        at |= dict(zip(self.wanted, map(np.asarray, found), strict=True))
        return self.one(at, np.random.default_rng(seed), None, None)

    def one(
        self, at: dict[str, Any], rng: np.random.Generator, counts: Counts | None, hidden: Hidden
    ) -> Generated:
        """Draw one data set at given values of ``wanted`` and of the free variables."""
        inputs, fixed = self._inputs, self._fixed
        size = len(fixed["deprivation"])
        factors = rng.normal(size=(at["loading_used"].shape[1], size))
        own = np.sqrt(at["own_variance"])[:, None] * rng.normal(
            size=(at["own_variance"].size, size)
        )
        effects = at["loading_used"] @ factors + own
        lasting = at["slope"][:, None] * fixed["deprivation"] + effects
        expected = at["level_used"][:, :, None] + lasting[:, None, :]
        if "year_sd" in at:
            expected = expected + at["year_sd"][:, None, None] * rng.normal(size=expected.shape)
        if counts is None:
            measured = _gaussian(rng, expected, inputs.measurements)
        else:
            counts = _counts(rng, expected, counts, hidden)
            measured = remeasure(counts, inputs.measurements)
        unexplained = np.sqrt(1.0 - at["share"]) * rng.normal(size=size)
        scale = _predictor(at, fixed) + at["b"] @ factors + at["c"] @ own + unexplained
        grade = np.searchsorted(at["cutpoints"], scale) * (inputs.judgements.judged > 0)
        return Generated(
            parameters=self._as_posterior(at),
            effects=effects,
            effectiveness=at["on_factors"] @ factors + at["on_own"] @ own,
            rho=float(at["rho"]),
            inputs=replace(
                inputs,
                measurements=measured,
                judgements=replace(inputs.judgements, grade=grade.astype(np.int64)),
            ),
            counts=counts,
        )

    def _as_posterior(self, at: dict[str, Any]) -> xr.Dataset:
        """Return the free variables the form of a posterior of one draw."""
        dims = self.model.named_vars_to_dims
        return xr.Dataset(
            {
                one.name: (
                    ("chain", "draw", *dims.get(one.name, ())),
                    np.asarray(at[one.name])[None, None],
                )
                for one in self.model.free_RVs
            },
            coords=self._coordinates,
        )

    @cached_property
    def _coordinates(self) -> xr.Coordinates:
        """Return the coordinates of the free variables, built once for every data set."""
        dims = self.model.named_vars_to_dims
        used = {str(dim) for one in self.model.free_RVs for dim in dims.get(one.name, ())}
        known = {dim: self.model.coords.get(dim) for dim in used}
        names = {dim: list(labels) for dim, labels in known.items() if labels is not None}
        return xr.Dataset(coords={"chain": [0], "draw": [0], **names}).coords


def remeasure(counts: Counts, measured: Measurements) -> Measurements:
    """Take counts as the Gaussian engines do, in the units of ``measured``.

    The same approximation as :func:`models.measurement.measure`, with its constants kept:
    the sites of :mod:`models.gaussian_sites`, found from these counts.
    """
    counted = counts.observed & (counts.kind == "count")[:, None, None]
    low, high, n = (one.astype(float) for one in (counts.low, counts.high, counts.denominator))
    sites = match_gaussian_sites(low, high, n, counted)
    scale = counts.scale[:, None, None]
    y = counts.sign[:, None, None] * (sites.mean - counts.centre[:, :, None]) / scale
    return replace(
        measured,
        y=np.where(counted, y, counts.rate),
        variance=np.where(counted, sites.variance / scale**2, measured.variance),
        interval=counted & (counts.high > counts.low),
    )


def _forwards(
    spec: ModelSpec, structure: Structure, inputs: ModelInputs, fixed: dict[str, NDArray[Any]]
) -> tuple[pm.Model, dict[str, TensorVariable]]:
    """Place the priors alone; name what a data set is drawn from."""
    with pm.Model(coords=inputs.coords(columns_of(structure, spec.factors))) as model:
        years = len(inputs.measurements.coords["year"])
        indicators = measurement_priors(spec.priors, years > 1)
        weight = pt.as_tensor_variable(fixed["weight"]) if "weight" in fixed else None
        placed = place_structure(structure, spec, indicators["own_sd"], weight, inputs.domain)
        explained = place_link(placed, spec.priors, pt.as_tensor_variable(fixed["link_switch"]))
        judgement = judgement_priors(spec.priors, spec.drift)
    wanted = {
        "level_used": indicators["level"] + pt.zeros((1, years)),
        "slope": indicators["deprivation_slope"],
        "loading_used": placed.effects.loading,
        "own_variance": placed.effects.own_variance,
        "on_factors": placed.on_factors,
        "on_own": placed.on_own,
        "b": explained.on_factors,
        "c": explained.on_own,
        "share": explained.share,
        "rho": explained.rho,
        "cutpoints": judgement["cutpoints"],
        "region_effect": judgement["region_effect"],
        "slope_of_judgement": judgement["judgement_deprivation"],
        "drift_used": judgement["drift"],
    }
    return model, wanted


def _predictor(at: dict[str, Any], fixed: dict[str, NDArray[Any]]) -> Array:
    """Return η of each authority's judgement."""
    regions = at["region_effect"][fixed["region_of_authority"]]
    return np.asarray(
        at["drift_used"] * fixed["years_from_mean"]
        + at["slope_of_judgement"] * fixed["deprivation"]
        + float(fixed["region_switch"]) * regions
    )


def _gaussian(rng: np.random.Generator, expected: Array, measured: Measurements) -> Measurements:
    """Add each cell's known sampling noise to what is expected of it."""
    noisy = expected + np.sqrt(measured.variance) * rng.normal(size=expected.shape)
    return replace(measured, y=np.where(measured.observed > 0, noisy, 0.0))


def _counts(rng: np.random.Generator, expected: Array, counts: Counts, hidden: Hidden) -> Counts:
    """Draw numerators at the given denominators, hide small ones, and draw rates."""
    counted = counts.observed & (counts.kind == "count")[:, None, None]
    unit = (counts.scale * counts.sign)[:, None, None]
    share = expit(counts.centre[:, :, None] + unit * expected)
    low = rng.binomial(counts.denominator, share)
    high = low.copy()
    if hidden is not None:
        small = counted & (low >= hidden[0]) & (low <= hidden[1])
        low = np.where(small, hidden[0], low)
        high = np.where(small, np.minimum(hidden[1], counts.denominator), high)
    return replace(
        counts,
        low=np.where(counted, low, 0),
        high=np.where(counted, high, 0),
        rate=np.where(counts.observed & ~counted, expected, 0.0),
    )
