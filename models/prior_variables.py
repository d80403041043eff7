"""The PyMC variables of the priors in :mod:`models.priors`, placed in the model at hand."""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.priors import PRIORS, PriorError, family_of
from models.spec import PriorScales

_FAMILIES = {
    "norm": lambda law: (pm.Normal, {"mu": law.kwds["loc"], "sigma": law.kwds["scale"]}),
    "halfnorm": lambda law: (pm.HalfNormal, {"sigma": law.kwds["scale"]}),
    "beta": lambda law: (pm.Beta, {"alpha": law.kwds["a"], "beta": law.kwds["b"]}),
}


def place(
    name: str,
    scales: PriorScales,
    *,
    dims: tuple[str, ...] | None = None,
    size: int | None = None,
) -> TensorVariable:
    """Place a prior's variable in the model at hand.

    Parameters
    ----------
    name
        A name of :data:`models.priors.PRIORS`.
    scales
        The configuration's numbers.
    dims
        Dimensions, where they are not the table's.
    size
        Of the priors whose elements differ: the number of variables that they belong to.

    Returns
    -------
    TensorVariable
        The model's variable. That of a stretched Beta lies between 0 and 1.

    Raises
    ------
    PriorError
        If the law's family has no PyMC distribution here.
    """
    prior = PRIORS[name]
    law = prior.law(scales) if size is None else prior.law(scales, size=size)
    family = family_of(law)
    if family not in _FAMILIES:
        raise PriorError(f"prior {name!r}: no PyMC distribution for the family {family}. Add it.")
    distribution, numbers = _FAMILIES[family](law)
    shape: dict[str, Any] = {} if size is None else {"shape": np.size(numbers["alpha"])}
    return distribution(
        prior.variable, **numbers, **shape, dims=prior.dims if dims is None else dims
    )


def place_offsets(name: str, dims: str) -> TensorVariable:
    """Place standardised offsets: standard normals that a standard deviation scales."""
    return pm.Normal(name, dims=dims)


def measurement_priors(
    scales: PriorScales, several_years: bool, spline: bool = False
) -> dict[str, TensorVariable]:
    """Place the priors of the indicators' levels, slopes and standard deviations."""
    level = place("level", scales)
    by_year = _each_year(level) + place("level_shift", scales) if several_years else level[:, None]
    placed = {
        "level": by_year,
        "deprivation_slope": place("deprivation_slope", scales),
        "own_sd": place("own_sd", scales),
    }
    if spline:
        placed["deprivation_bend"] = place("deprivation_bend", scales)
    if several_years:
        placed["year_sd"] = place("year_sd", scales)
    return placed


def _each_year(level: TensorVariable) -> TensorVariable:
    """Repeat indicators' levels over the model's years, (indicator, year).

    Picked one by one rather than broadcast: the sum over years that broadcasting has for its
    derivative compiles for 5 s, and adding up what was picked is compiled for regions as it is.
    """
    coords = pm.modelcontext(None).coords
    size = len(coords["indicator"]), len(coords["year"])
    return level[np.repeat(np.arange(size[0], dtype=np.int32), size[1])].reshape(size)


def size_slopes(scales: PriorScales, several_years: bool) -> dict[str, TensorVariable]:
    """Place the slopes of standard deviations on the authorities' size."""
    names = ("effect_size_slope", *(("year_size_slope",) if several_years else ()))
    return {name: place(name, scales) for name in names}


def single_link(scales: PriorScales) -> TensorVariable:
    """Place the prior of ρ, and return ρ."""
    return 2.0 * place("rho", scales) - 1.0


def domain_links(scales: PriorScales, domains: int) -> TensorVariable:
    """Place the prior of b by its partial correlations, and return b, in the unit ball."""
    share = place("domain_link_share", scales, size=domains)
    before = np.tril(np.ones((domains, domains)), -1)
    left = pt.log(4.0 * share * (1.0 - share))
    return (2.0 * share - 1.0) * pt.exp(0.5 * (before * left[None, :]).sum(axis=1))


def judgement_priors(scales: PriorScales, drift: bool) -> dict[str, TensorVariable]:
    """Place the priors of the cutpoints and of the judgement's predictor."""
    first = place("first_cutpoint", scales)
    gaps = place("cutpoint_gap", scales)
    region_sd = place("region_sd", scales)
    region_z = place_offsets("region_z", "region")
    cutpoints = pt.stack([first, first + gaps[0], first + gaps[0] + gaps[1]])
    return {
        "cutpoints": cutpoints,
        "region_effect": region_sd * region_z,
        "judgement_deprivation": place("judgement_deprivation", scales),
        "drift": place("drift", scales) if drift else pt.constant(0.0),
    }


def repeated_judgement_priors(
    scales: PriorScales, drift: bool, sub_judgements: bool, inspectors: bool
) -> dict[str, TensorVariable]:
    """Place the same for repeated judgements: cutpoints of each framework and judgement."""
    each, framework = ("framework", "judgement"), ("framework",)
    first = place("first_cutpoint", scales, dims=each)
    gaps = place("cutpoint_gap", scales, dims=(*each, "gap"))
    second = first + gaps[..., 0]
    placed = {
        "cutpoints": pt.stack([first, second, second + gaps[..., 1]], axis=-1),
        "region_effect": place("region_sd", scales) * place_offsets("region_z", "region"),
        "judgement_deprivation": place("judgement_deprivation", scales, dims=framework),
        "drift": place("drift", scales, dims=framework) if drift else pt.zeros(1),
    }
    if sub_judgements:
        placed["loading"] = place("judgement_loading", scales)
    if inspectors:
        placed["inspector_effect"] = place("inspector_sd", scales) * place_offsets(
            "inspector_z", "inspector"
        )
    return placed


def predictive_priors(scales: PriorScales) -> dict[str, TensorVariable]:
    """Place the priors of the indicators after an inspection given those before it."""
    placed = {
        name: place(name, scales)
        for name in ("persistence", "change_sd", "loading", "carried", "loading_after")
    }
    for side in ("before", "after"):
        common, spread = place(f"{side}_mean", scales), place(f"{side}_sd", scales)
        own = place_offsets(f"{side}_z", "indicator")
        placed[side] = pm.Deterministic(side, common + spread * own, dims="indicator")
    return placed
