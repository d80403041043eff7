r"""Every prior of the models, in one place.

Indicators are on a scale on which one unit is the standard deviation between authorities
within a year (:mod:`models.measurement`), judgements on a probit scale of unit variance
(:mod:`models.inspection`). Scales can be changed in the configuration
(:class:`models.spec.PriorScales`); the defaults, and why:

``level`` (indicator) and ``level_shift`` (indicator, year)
    :math:`N(0, 0.3^2)` and :math:`N(0, 0.1^2)`: the indicator's level about the observed
    means, and each year's about that. The means are known to about
    :math:`1/\sqrt{150} = 0.08`, and most of their error is the authorities' lasting
    effects, common to all years; apart, the slowest of them mixes more than twice as well.
    With one year there is only ``level``.
``deprivation_slope`` (indicator)
    :math:`N(0, 0.3^2)`: change for one standard deviation of deprivation; a slope of 0.6
    would make deprivation explain a third of an indicator's spread.
``deprivation_bend`` (indicator, bend), ``judgement_bend`` (bend)
    Normal about 0 with half the standard deviation of the slope on the same side: a bend that
    moves an authority by more than its deprivation does is not expected. Only with
    ``deprivation_form = "spline"``.
``loading`` (indicator, factor)
    :math:`N(0, 0.5^2)` each in the composite, none tied down: the prior of
    :math:`\Lambda\Lambda^\top` then depends neither on the order of the indicators nor on a
    choice of anchors. Λ is determined only up to rotation and sign and is not reported; Σ
    and θ do not change under either. (Tying down a triangle instead leaves the chains in
    separate modes of Σ on the real panel, R-hat 1.25.) Half-normal in ``one_factor`` and
    ``domain_factors``, unless the configuration frees their signs.
correlations of the domains' factors, and of own effects where Σ is unstructured
    LKJ(1), by independent partial correlations (:mod:`models.structures.correlation`); the
    key is ``correlation_concentration``.
``own_sd``, ``year_sd`` (indicator)
    Half-normal with scales 1 and 0.5: the lasting spread that an indicator shares with no
    other, and what is particular to one year, the unknown noise of a rate with it. The latter
    exists only with several years; rates without are refused
    (:func:`models.requirements.require_repeated_rates`).
``rho``
    Beta(2, 2) stretched to -1..1: density 3/4 at 0, zero at ±1 (Ly, Verhagen and
    Wagenmakers 2016, doi:10.1016/j.jmp.2015.06.004, with κ = 1/2).
``domain_link``
    In ``domain_factors`` the judgement's correlations with the standardised factors, b, have a
    density proportional to :math:`(1 - |b|^2)^{\nu/2 - 1}` with
    :math:`\nu = \max(2\kappa + 1 - D, 1)` for D domains: it favours no direction, and ρ along
    any of them is a stretched Beta of :math:`(\nu + D - 1)/2` twice, which is κ up to four
    domains at the default.
``cutpoints``
    The first :math:`N(-1.2, 0.6^2)`, the gaps half-normal with scale 1: ascending by
    construction. The prior shares of the four grades average .15, .22, .23 and .40, and
    90% of each lies within .01 and .41, .62, .58 and .88.
``drift``
    :math:`N(0, 0.2^2)` a year.
``region_effect`` (region)
    :math:`N(0, \sigma^2)`, σ half-normal with scale 0.5, non-centred.
``judgement_deprivation``
    :math:`N(0, 0.5^2)` for one standard deviation of deprivation.
``reliability``
    Beta(6, 4), cut off below ρ² (:mod:`models.readings.reliability`): centred on 0.6 with
    90% within .34 and .83. Only where readings are repeated, or the link is ``identical``.
``judgement_loading`` (judgement)
    Beta(6, 2): correlation of a sub-judgement's scale with what its inspection has in common,
    centred on 0.75. Cutpoints, gaps and drift have the priors above for each framework and
    each judgement.
``effect_size_slope``, ``year_size_slope``
    :math:`N(0, 0.3^2)` each: change of the logarithm of a standard deviation, of lasting
    effects and of what is particular to a year, for one standard deviation of log population
    (:mod:`models.size`). Only with ``effect_spread = "size"``.
``spatial_share``
    Beta(1, 2) of ς, the share of effectiveness's variance that follows the map: densest at 0,
    mean 1/3; its field has unit variance (:mod:`models.spatial`). Only with
    ``spatial = "bym2"``.
``inspector_effect`` (inspector)
    :math:`N(0, \sigma^2)`, σ half-normal with scale 0.3, non-centred.
``before``, ``after`` (indicator), of the estimand ``predictive``
    :math:`N(\mu, \sigma^2)` each, :math:`\mu \sim N(0, 0.15^2)`, σ half-normal with scale 0.15:
    on eighteen indicators as loosely correlated as England's, a coefficient of effectiveness of
    about 0 with a standard deviation of 0.5.
``persistence`` (indicator), ``carried``, ``change_sd``
    :math:`N(0.7, 0.3^2)`: an indicator's lasting part after the inspection on that before it;
    :math:`N(0, 0.25^2)`, half the loadings' scale, on each factor of all indicators before; and
    half-normal with scale 0.5. Loadings before and after have that of ``loading``.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.spec import PriorScales


def measurement_priors(
    scales: PriorScales, several_years: bool, bends: bool = False
) -> dict[str, TensorVariable]:
    """Place the priors of the indicators' levels, slopes and standard deviations."""
    level = pm.Normal("level", 0.0, scales.level, dims="indicator")
    if several_years:
        shift = pm.Normal("level_shift", 0.0, scales.level_shift, dims=("indicator", "year"))
        level = _each_year(level) + shift
    else:
        level = level[:, None]
    placed = {
        "level": level,
        "deprivation_slope": pm.Normal(
            "deprivation_slope", 0.0, scales.deprivation_slope, dims="indicator"
        ),
        "own_sd": pm.HalfNormal("own_sd", scales.own_sd, dims="indicator"),
    }
    if bends:
        placed["deprivation_bend"] = pm.Normal(
            "deprivation_bend",
            0.0,
            scales.deprivation_slope * scales.deprivation_bend,
            dims=("indicator", "bend"),
        )
    if several_years:
        placed["year_sd"] = pm.HalfNormal("year_sd", scales.year_sd, dims="indicator")
    return placed


def _each_year(level: TensorVariable) -> TensorVariable:
    """Repeat indicators' levels over the model's years, (indicator, year).

    Picked one by one rather than broadcast: the sum over years that broadcasting has for its
    derivative compiles for 5 s, and adding up what was picked is compiled for regions as it is.
    """
    coords = pm.modelcontext(None).coords
    size = len(coords["indicator"]), len(coords["year"])
    return level[np.repeat(np.arange(size[0], dtype=np.int32), size[1])].reshape(size)


def free_loadings(scales: PriorScales) -> TensorVariable:
    """Place loadings of either sign on every factor."""
    return pm.Normal("loading", 0.0, scales.loading, dims=("indicator", "factor"))


def positive_loadings(scales: PriorScales) -> TensorVariable:
    """Place loadings on one factor, none of them negative."""
    return pm.HalfNormal("loading", scales.loading, dims=("indicator", "factor"))


def single_link(scales: PriorScales) -> TensorVariable:
    """Place the prior of ρ."""
    share = pm.Beta("link_share", scales.link_concentration, scales.link_concentration)
    return 2.0 * share - 1.0


def domain_links(scales: PriorScales, domains: int) -> TensorVariable:
    """Place the prior of b, a vector in the unit ball, by its partial correlations."""
    freedom = max(2.0 * scales.link_concentration + 1.0 - domains, 1.0)
    shape = (freedom + domains - 1.0 - np.arange(domains)) / 2.0
    share = pm.Beta("domain_link_share", shape, shape, dims="domain")
    before = np.tril(np.ones((domains, domains)), -1)
    left = pt.log(4.0 * share * (1.0 - share))
    return (2.0 * share - 1.0) * pt.exp(0.5 * (before * left[None, :]).sum(axis=1))


def size_slopes(scales: PriorScales, several_years: bool) -> dict[str, TensorVariable]:
    """Place the slopes of standard deviations on the authorities' size."""
    names = ("effect_size_slope", *(("year_size_slope",) if several_years else ()))
    return {name: pm.Normal(name, 0.0, scales.size_slope) for name in names}


def judgement_bends(scales: PriorScales) -> TensorVariable:
    """Place the judgement's bends along deprivation."""
    return pm.Normal(
        "judgement_bend", 0.0, scales.judgement_deprivation * scales.deprivation_bend, dims="bend"
    )


def judgement_priors(scales: PriorScales, drift: bool) -> dict[str, TensorVariable]:
    """Place the priors of the cutpoints and of the judgement's predictor."""
    first = pm.Normal("first_cutpoint", scales.first_cutpoint_mean, scales.first_cutpoint_sd)
    gaps = pm.HalfNormal("cutpoint_gap", scales.cutpoint_gap, dims="gap")
    region_sd = pm.HalfNormal("region_sd", scales.region_sd)
    region_z = pm.Normal("region_z", dims="region")
    cutpoints = pt.stack([first, first + gaps[0], first + gaps[0] + gaps[1]])
    return {
        "cutpoints": cutpoints,
        "region_effect": region_sd * region_z,
        "judgement_deprivation": pm.Normal(
            "judgement_deprivation", 0.0, scales.judgement_deprivation
        ),
        "drift": pm.Normal("drift", 0.0, scales.drift) if drift else pt.constant(0.0),
    }


def reading_priors(
    scales: PriorScales, drift: bool, sub_judgements: bool, inspectors: bool
) -> dict[str, TensorVariable]:
    """Place the same for readings: cutpoints of each framework and judgement."""
    each = ("framework", "judgement")
    first = pm.Normal(
        "first_cutpoint", scales.first_cutpoint_mean, scales.first_cutpoint_sd, dims=each
    )
    gaps = pm.HalfNormal("cutpoint_gap", scales.cutpoint_gap, dims=(*each, "gap"))
    second = first + gaps[..., 0]
    placed = {
        "cutpoints": pt.stack([first, second, second + gaps[..., 1]], axis=-1),
        "region_effect": pm.HalfNormal("region_sd", scales.region_sd)
        * pm.Normal("region_z", dims="region"),
        "judgement_deprivation": pm.Normal(
            "judgement_deprivation", 0.0, scales.judgement_deprivation, dims="framework"
        ),
        "drift": pm.Normal("drift", 0.0, scales.drift, dims="framework") if drift else pt.zeros(1),
    }
    if sub_judgements:
        concentration = scales.judgement_loading_concentration
        a = scales.judgement_loading_mean * concentration
        placed["loading"] = pm.Beta("judgement_loading", a, concentration - a, dims="judgement")
    if inspectors:
        placed["inspector_effect"] = pm.HalfNormal(
            "inspector_sd", scales.inspector_sd
        ) * pm.Normal("inspector_z", dims="inspector")
    return placed


def predictive_priors(scales: PriorScales) -> dict[str, TensorVariable]:
    """Place the priors of the indicators after an inspection given those before it."""
    placed = {
        "persistence": pm.Normal(
            "persistence", scales.persistence_mean, scales.persistence_sd, dims="indicator"
        ),
        "change_sd": pm.HalfNormal("change_sd", scales.change_sd, dims="indicator"),
        "loading": free_loadings(scales),
        "carried": pm.Normal("carried", 0.0, scales.loading / 2.0, dims=("indicator", "factor")),
        "loading_after": pm.Normal(
            "loading_after", 0.0, scales.loading, dims=("indicator", "factor")
        ),
    }
    for name in ("before", "after"):
        common = pm.Normal(f"{name}_mean", 0.0, scales.judgement_coefficient)
        spread = pm.HalfNormal(f"{name}_sd", scales.judgement_coefficient)
        own = pm.Normal(f"{name}_z", dims="indicator")
        placed[name] = pm.Deterministic(name, common + spread * own, dims="indicator")
    return placed
