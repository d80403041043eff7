"""The density of every prior, taken from the model's own random variables.

Nothing is written down a second time: each density is what PyMC gives for the variable that
the engines sample, so that the page cannot differ from the model. (An elicitation library is
not needed for that, and costs five seconds to import.)
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor
from numpy.typing import NDArray

from models.collapsed.build import build_model
from models.inputs import Inputs
from models.link import Switches
from models.link_prior import link_density
from models.spec import ModelSpec, PriorScales

Array = NDArray[np.float64]

_POINTS = 201
_MODE = "FAST_COMPILE"


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one prior.

    Attributes
    ----------
    label
        What it is of, for a reader.
    keys
        The configuration's keys, under ``[model.priors]``, that change it.
    law
        The distribution, with ``{key}`` for what the configuration says.
    unit
        What one unit is.
    """

    label: str
    keys: tuple[str, ...]
    law: str
    unit: str


_SPREAD = "SDs between authorities"
_PROBIT = "SDs of the judgement’s scale"
_LOG_SD = "log SD, for one SD of log population"

WORDS: dict[str, Words] = {
    "level": Words("Level of an indicator", ("level",), "Normal(0, {level})", _SPREAD),
    "level_shift": Words(
        "Shift of a year’s level", ("level_shift",), "Normal(0, {level_shift})", _SPREAD
    ),
    "deprivation_slope": Words(
        "Indicator on deprivation",
        ("deprivation_slope",),
        "Normal(0, {deprivation_slope})",
        f"{_SPREAD}, for one SD of deprivation",
    ),
    "deprivation_bend": Words(
        "Bend of an indicator along deprivation",
        ("deprivation_slope", "deprivation_bend"),
        "Normal(0, {deprivation_slope} × {deprivation_bend})",
        f"{_SPREAD}, for one SD of the bend",
    ),
    "effect_size_slope": Words(
        "Spread of lasting effects by size", ("size_slope",), "Normal(0, {size_slope})", _LOG_SD
    ),
    "year_size_slope": Words(
        "Spread within years by size", ("size_slope",), "Normal(0, {size_slope})", _LOG_SD
    ),
    "spatial_share": Words(
        "Share of effectiveness that follows the map",
        ("spatial_share_b",),
        "Beta(1, {spatial_share_b})",
        "a share",
    ),
    "loading": Words("Loading on a factor", ("loading",), "Normal(0, {loading})", _SPREAD),
    "own_sd": Words("Lasting SD of its own", ("own_sd",), "half-normal({own_sd})", _SPREAD),
    "year_sd": Words("SD particular to a year", ("year_sd",), "half-normal({year_sd})", _SPREAD),
    "own_partial_share": Words(
        "Partial correlation of own effects",
        ("correlation_concentration",),
        "LKJ({correlation_concentration}), by partial correlations",
        "(p + 1)/2",
    ),
    "factor_partial_share": Words(
        "Partial correlation of factors",
        ("correlation_concentration",),
        "LKJ({correlation_concentration}), by partial correlations",
        "(p + 1)/2",
    ),
    "rho": Words(
        "Link ρ",
        ("link_concentration",),
        "Beta({link_concentration}, {link_concentration}) stretched to −1 to 1",
        "correlation",
    ),
    "domain_link_share": Words(
        "Partial link with a domain",
        ("link_concentration",),
        "Beta of κ = {link_concentration} and the domains",
        "(p + 1)/2",
    ),
    "first_cutpoint": Words(
        "Lowest cutpoint",
        ("first_cutpoint_mean", "first_cutpoint_sd"),
        "Normal({first_cutpoint_mean}, {first_cutpoint_sd})",
        _PROBIT,
    ),
    "cutpoint_gap": Words(
        "Gap between cutpoints", ("cutpoint_gap",), "half-normal({cutpoint_gap})", _PROBIT
    ),
    "drift": Words("Judgements’ drift", ("drift",), "Normal(0, {drift})", f"{_PROBIT}, a year"),
    "region_sd": Words("SD between regions", ("region_sd",), "half-normal({region_sd})", _PROBIT),
    "judgement_deprivation": Words(
        "Judgement on deprivation",
        ("judgement_deprivation",),
        "Normal(0, {judgement_deprivation})",
        f"{_PROBIT}, for one SD of deprivation",
    ),
    "judgement_bend": Words(
        "Bend of the judgement along deprivation",
        ("judgement_deprivation", "deprivation_bend"),
        "Normal(0, {judgement_deprivation} × {deprivation_bend})",
        f"{_PROBIT}, for one SD of the bend",
    ),
}
"""Every prior by the name of its variable, in the order of the page."""

_STEPS = {"region_z", "spatial_z"}


@dataclass(frozen=True, slots=True, eq=False)
class PriorDensity:
    """One prior and its density.

    Attributes
    ----------
    name
        Of the variable.
    words
        What is said of it.
    law
        The distribution with the configuration's numbers.
    changed
        Whether a number is not the default.
    at, density
        Points and density at each.
    """

    name: str
    words: Words
    law: str
    changed: bool
    at: Array
    density: Array


def prior_densities(spec: ModelSpec, inputs: Inputs) -> list[PriorDensity]:
    """Give the density of each prior that the specification's primary structure has.

    Of a vector's elements, which have one prior, the first is taken.

    Raises
    ------
    KeyError
        If the model has a variable of which :data:`WORDS` says nothing.
    """
    everything = Switches(deprivation=True, region=True, link=True)
    model = build_model(spec, spec.structure, inputs, everything).model
    found = {}
    for variable in model.free_RVs:
        if variable.name in _STEPS:
            continue
        at, density = _density(variable)
        name = variable.name
        if name == "link_share":
            name, at = "rho", np.linspace(-1.0, 1.0, _POINTS)
            density = link_density(at, spec.priors.link_concentration)
        found[name] = _prior(name, spec.priors, at, density)
    order = list(WORDS)
    return sorted(found.values(), key=lambda one: order.index(one.name))


def _prior(name: str, scales: PriorScales, at: Array, density: Array) -> PriorDensity:
    """Put words and density together."""
    words, values = WORDS[name], scales.model_dump()
    usual = PriorScales().model_dump()
    written = {key: f"{value:g}".replace("-", "−") for key, value in values.items()}
    law = words.law if at.min() < 0.0 else words.law.replace("Normal(0, ", "half-normal(")
    return PriorDensity(
        name=name,
        words=words,
        law=law.format(**written),
        changed=any(values[key] != usual[key] for key in words.keys),
        at=at,
        density=density,
    )


def _density(variable: pm.model.core.TensorVariable) -> tuple[Array, Array]:
    """Evaluate a variable's density over the range that nearly all of it lies in."""
    sample = np.asarray(pm.draw(variable, draws=400, random_seed=1, mode=_MODE))
    first = sample.reshape(400, -1)[:, 0]
    reach = 1.15 * np.abs(first - np.median(first)).max()
    low, high = np.median(first) - reach, np.median(first) + reach
    if first.min() > 0.0:
        low = 0.0
    if first.min() > 0.0 and first.max() < 1.0 and "share" in variable.name:
        high = 1.0
    at = np.linspace(low, high, _POINTS)
    value = variable.type("value")
    log_density = pytensor.function([value], pm.logp(variable, value), mode=_MODE)
    shape = sample.shape[1:]
    density = [np.exp(np.ravel(log_density(np.full(shape, one)))[0]) for one in at]
    return at, np.array(density)
