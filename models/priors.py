r"""The one table of priors: law, dimensions, keys, unit and meaning of each.

Indicators are on a scale on which one unit is the standard deviation between authorities within
a year (:mod:`models.measurement`). Judgements are on a probit scale of unit variance
(:mod:`models.inspection`). Everything else reads this table: the variables of the models
(:mod:`models.prior_variables`), the log densities for power scaling (:mod:`models.log_prior`),
the priors page, and the figures of prior and posterior. The numbers are keys of the
configuration (:class:`models.spec.PriorScales`), where the defaults stand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.spec import PriorScales

Array = NDArray[np.float64]
Law = Any  # one of SciPy's frozen distributions, whose annotations lack the densities
Part = Literal["indicators", "structure", "judgement", "link", "reliability"]

SPREAD = "SDs between authorities"
PROBIT = "SDs of the judgement’s scale"
CORRELATION = "correlation"
PARTIAL = "(p + 1)/2"
SHARE = "a share"


class PriorError(ValueError):
    """A prior has a law for which the caller has no formula."""


@dataclass(frozen=True, slots=True)
class Prior:
    """One prior.

    Attributes
    ----------
    name
        Name of the quantity, by which a reader knows it.
    law
        Its distribution, frozen, given the configuration's numbers. Where the elements of a
        vector have laws of their own, it also takes ``size``, the number of variables that the
        vector belongs to.
    keys
        Keys under ``[model.priors]`` that set it.
    unit
        What one unit is.
    label
        What it is of, in a few words.
    meaning
        What it says, and why the default is what it is.
    part
        The group in which power scaling raises it.
    dims
        Dimensions of the model's variable. Where frameworks or judgements each have their own,
        the model names further ones.
    variable
        Name of the model's variable, where it is not that of the quantity.
    size_of
        ``size`` for a number of elements, where elements have laws of their own.
    text
        The law in words, where its family and numbers do not say it.
    """

    name: str
    law: Callable[..., Law]
    keys: tuple[str, ...]
    unit: str
    label: str
    meaning: str
    part: Part
    dims: tuple[str, ...] = ()
    variable: str = ""
    size_of: Callable[[int], int] | None = None
    text: Callable[[PriorScales], str] | None = None

    def __post_init__(self) -> None:
        """Name the variable as the quantity, if nothing else is said."""
        if not self.variable:
            object.__setattr__(self, "variable", self.name)

    def written(self, scales: PriorScales) -> str:
        """Return the law in words, with the configuration's numbers."""
        return self.text(scales) if self.text else write_law(self.law(scales))

    def frozen(self, scales: PriorScales, elements: int) -> Law:
        """Return the law of a vector of so many elements, over its last dimension."""
        if self.size_of is None:
            return self.law(scales)
        return self.law(scales, size=self.size_of(elements))

    def log_density(self, scales: PriorScales, at: Array) -> Array:
        """Return the log density of each element at values of the quantity."""
        return np.asarray(self.frozen(scales, at.shape[-1]).logpdf(at))


def normal(mean: float, sd: float) -> Law:
    """Return a normal distribution."""
    return stats.norm(loc=mean, scale=sd)


def half_normal(scale: float) -> Law:
    """Return a half-normal distribution: the size of a normal about 0."""
    return stats.halfnorm(scale=scale)


def beta(a: Any, b: Any) -> Law:
    """Return a Beta distribution; ``a`` and ``b`` may be vectors."""
    return stats.beta(a=a, b=b)


def stretched_beta(concentration: float) -> Law:
    """Return a Beta(κ, κ) stretched to -1..1."""
    return stats.beta(a=concentration, b=concentration, loc=-1.0, scale=2.0)


def beta_of_mean(mean: float, concentration: float) -> Law:
    """Return the Beta with a mean and a concentration a + b."""
    a = mean * concentration
    return beta(a, concentration - a)


def partial_shapes(size: int, concentration: float) -> Array:
    """Return α of each partial correlation under LKJ(η), in the order of its root.

    See :mod:`models.structures.correlation`.
    """
    return np.asarray(concentration + (size - 2.0 - np.tril_indices(size, -1)[1]) / 2.0)


def partial_correlations(scales: PriorScales, *, size: int = 2) -> Law:
    """Return the law of (p + 1)/2 for each partial correlation of ``size`` variables."""
    shapes = partial_shapes(size, scales.correlation_concentration)
    return beta(shapes, shapes)


def variables_of(pairs: int) -> int:
    """Return how many variables have so many pairs."""
    return round((1.0 + (1.0 + 8.0 * pairs) ** 0.5) / 2.0)


def domain_links(scales: PriorScales, *, size: int = 1) -> Law:
    r"""Return the law of (p + 1)/2 for each partial link with ``size`` domains.

    The judgement's correlations with the standardised factors, b, then have a density
    proportional to :math:`(1 - |b|^2)^{\nu/2 - 1}` with
    :math:`\nu = \max(2\kappa + 1 - D, 1)` for D domains.
    """
    freedom = max(2.0 * scales.link_concentration + 1.0 - size, 1.0)
    shapes = (freedom + size - 1.0 - np.arange(size)) / 2.0
    return beta(shapes, shapes)


def write_law(law: Law) -> str:
    """Return a law in words with its numbers.

    Raises
    ------
    PriorError
        If its family has no words here.
    """
    numbers = law.kwds
    match family_of(law):
        case "norm":
            return f"Normal({_number(numbers['loc'])}, {_number(numbers['scale'])})"
        case "halfnorm":
            return f"half-normal({_number(numbers['scale'])})"
        case "beta":
            said = f"Beta({_number(numbers['a'])}, {_number(numbers['b'])})"
            return f"{said} stretched to −1 to 1" if "scale" in numbers else said
        case family:
            raise PriorError(f"write_law: no words for the family {family}. Add them.")


def family_of(law: Law) -> str:
    """Return SciPy's name of a law's family."""
    return str(law.dist.name)


def centred_sd(name: str, scales: PriorScales) -> float:
    """Return the standard deviation of a prior that is normal about 0.

    Raises
    ------
    PriorError
        If the prior is another law: the caller's formula then does not hold.
    """
    law = PRIORS[name].law(scales)
    if family_of(law) != "norm" or law.kwds["loc"] != 0.0:
        raise PriorError(
            f"prior {name!r} is {write_law(law)}; a normal about 0 was expected. Extend the "
            "formula that reads it."
        )
    return float(law.kwds["scale"])


def normal_numbers(name: str, scales: PriorScales) -> tuple[float, float]:
    """Return mean and standard deviation of a normal prior.

    Raises
    ------
    PriorError
        If the prior is another law.
    """
    law = PRIORS[name].law(scales)
    if family_of(law) != "norm":
        raise PriorError(f"prior {name!r} is {write_law(law)}; a normal was expected.")
    return float(law.kwds["loc"]), float(law.kwds["scale"])


def half_normal_scale(name: str, scales: PriorScales) -> float:
    """Return the scale of a half-normal prior.

    Raises
    ------
    PriorError
        If the prior is another law.
    """
    law = PRIORS[name].law(scales)
    if family_of(law) != "halfnorm":
        raise PriorError(f"prior {name!r} is {write_law(law)}; a half-normal was expected.")
    return float(law.kwds["scale"])


def _number(value: float) -> str:
    """Write a number with a proper minus sign."""
    return f"{value:g}".replace("-", "−")


def _lkj(scales: PriorScales) -> str:
    """Write the law of partial correlations."""
    return f"LKJ({_number(scales.correlation_concentration)}), by partial correlations"


_BY_INDICATOR = ("indicator",)

PRIORS: dict[str, Prior] = {
    prior.name: prior
    for prior in (
        Prior(
            name="level",
            law=lambda scales: normal(0.0, scales.level),
            dims=_BY_INDICATOR,
            keys=("level",),
            unit=SPREAD,
            label="Level of an indicator",
            meaning=(
                "An indicator’s level about the observed means, which are known to about "
                "1/√150 = 0.08."
            ),
            part="indicators",
        ),
        Prior(
            name="level_shift",
            law=lambda scales: normal(0.0, scales.level_shift),
            dims=("indicator", "year"),
            keys=("level_shift",),
            unit=SPREAD,
            label="Shift of a year’s level",
            meaning=(
                "Each year’s level about the indicator’s. Most of the error of the means is the "
                "authorities’ lasting effects, common to all years; placed apart, the slowest "
                "level mixes more than twice as well. Only with several years."
            ),
            part="indicators",
        ),
        Prior(
            name="deprivation_slope",
            law=lambda scales: normal(0.0, scales.deprivation_slope),
            dims=_BY_INDICATOR,
            keys=("deprivation_slope",),
            unit=f"{SPREAD}, for one SD of deprivation",
            label="Indicator on deprivation",
            meaning="A slope of 0.6 would make deprivation explain a third of the spread.",
            part="indicators",
        ),
        Prior(
            name="deprivation_bend",
            law=lambda scales: normal(0.0, scales.deprivation_slope * scales.deprivation_bend),
            dims=("indicator", "bend"),
            keys=("deprivation_slope", "deprivation_bend"),
            unit=f"{SPREAD}, for one SD of the bend",
            label="Spline coefficient of an indicator on deprivation",
            meaning=(
                "Half of the slope’s standard deviation: a bend that moves an authority by more "
                "than its deprivation does is not expected. Only with a spline."
            ),
            part="indicators",
        ),
        *(
            Prior(
                name=f"{what}_size_slope",
                law=lambda scales: normal(0.0, scales.size_slope),
                keys=("size_slope",),
                unit="log SD, for one SD of log population",
                label=label,
                meaning=(
                    "Change of the logarithm of a standard deviation with the population "
                    "(models.size). Only with effect_spread = 'size'."
                ),
                part="indicators",
            )
            for what, label in (
                ("effect", "Spread of lasting effects by size"),
                ("year", "Spread within years by size"),
            )
        ),
        Prior(
            name="spatial_share",
            law=lambda scales: beta(1.0, scales.spatial_share_b),
            keys=("spatial_share_b",),
            unit=SHARE,
            label="Share of effectiveness that follows the map",
            meaning=(
                "Densest at 0, mean 1/3; the field has unit variance (models.spatial). Only with "
                "spatial = 'bym2'."
            ),
            part="structure",
        ),
        Prior(
            name="loading",
            law=lambda scales: normal(0.0, scales.loading),
            dims=("indicator", "factor"),
            keys=("loading",),
            unit=SPREAD,
            label="Loading on a factor",
            meaning=(
                "No loading is tied down, so the prior of ΛΛᵀ depends neither on the order of the "
                "indicators nor on a choice of anchors. Λ is determined up to rotation and sign "
                "and is not reported; Σ and θ do not change under either. (A triangle tied down "
                "leaves chains in separate modes of Σ on the real panel, R-hat 1.25.)"
            ),
            part="structure",
        ),
        Prior(
            name="positive_loading",
            variable="loading",
            law=lambda scales: half_normal(scales.loading),
            dims=("indicator", "factor"),
            keys=("loading",),
            unit=SPREAD,
            label="Loading on a factor",
            meaning="The same in one_factor and domain_factors, unless their signs are free.",
            part="structure",
        ),
        Prior(
            name="own_sd",
            law=lambda scales: half_normal(scales.own_sd),
            dims=_BY_INDICATOR,
            keys=("own_sd",),
            unit=SPREAD,
            label="Lasting SD of its own",
            meaning="The lasting spread that an indicator shares with no other.",
            part="structure",
        ),
        Prior(
            name="year_sd",
            law=lambda scales: half_normal(scales.year_sd),
            dims=_BY_INDICATOR,
            keys=("year_sd",),
            unit=SPREAD,
            label="SD particular to a year",
            meaning=(
                "What is particular to one year, the unknown noise of a rate with it. Only with "
                "several years; a rate without them is refused "
                "(models.requirements.require_repeated_rates)."
            ),
            part="indicators",
        ),
        Prior(
            name="own_partial_share",
            law=partial_correlations,
            dims=("indicator_pair",),
            keys=("correlation_concentration",),
            unit=PARTIAL,
            label="Partial correlation of own effects",
            meaning="Of own effects where Σ is unstructured; 1 is uniform over correlations.",
            part="structure",
            size_of=variables_of,
            text=_lkj,
        ),
        Prior(
            name="factor_partial_share",
            law=partial_correlations,
            dims=("domain_pair",),
            keys=("correlation_concentration",),
            unit=PARTIAL,
            label="Partial correlation of factors",
            meaning="Of the factors of domain_factors; 1 is uniform over correlation matrices.",
            part="structure",
            size_of=variables_of,
            text=_lkj,
        ),
        Prior(
            name="rho",
            variable="link_share",
            law=lambda scales: stretched_beta(scales.link_concentration),
            keys=("link_concentration",),
            unit=CORRELATION,
            label="Link ρ",
            meaning=(
                "Density 3/4 at 0 and none at ±1 by default (Ly, Verhagen and Wagenmakers 2016, "
                "doi:10.1016/j.jmp.2015.06.004, with κ = 1/2). The variable is (ρ + 1)/2."
            ),
            part="link",
        ),
        Prior(
            name="domain_link_share",
            law=domain_links,
            dims=("domain",),
            keys=("link_concentration",),
            unit=PARTIAL,
            label="Partial link with a domain",
            meaning=(
                "Favours no direction; ρ along any is a stretched Beta(κ, κ) up to four domains "
                "at the default."
            ),
            part="link",
            size_of=int,
            text=lambda scales: f"Beta, κ = {_number(scales.link_concentration)}, by domains",
        ),
        Prior(
            name="first_cutpoint",
            law=lambda scales: normal(scales.first_cutpoint_mean, scales.first_cutpoint_sd),
            keys=("first_cutpoint_mean", "first_cutpoint_sd"),
            unit=PROBIT,
            label="Lowest cutpoint",
            meaning=(
                "With the gaps: prior shares of the four grades average .15, .22, .23 and .40, "
                "and 90% of each lies within .01 and .41, .62, .58 and .88."
            ),
            part="judgement",
        ),
        Prior(
            name="cutpoint_gap",
            law=lambda scales: half_normal(scales.cutpoint_gap),
            dims=("gap",),
            keys=("cutpoint_gap",),
            unit=PROBIT,
            label="Gap between cutpoints",
            meaning="Cutpoints are ascending by construction.",
            part="judgement",
        ),
        Prior(
            name="drift",
            law=lambda scales: normal(0.0, scales.drift),
            keys=("drift",),
            unit=f"{PROBIT}, a year",
            label="Judgements’ drift",
            meaning="Change of the judgements with the date of inspection.",
            part="judgement",
        ),
        Prior(
            name="region_sd",
            law=lambda scales: half_normal(scales.region_sd),
            keys=("region_sd",),
            unit=PROBIT,
            label="SD between regions",
            meaning="Standard deviation of the judgement between regions.",
            part="judgement",
        ),
        Prior(
            name="judgement_deprivation",
            law=lambda scales: normal(0.0, scales.judgement_deprivation),
            keys=("judgement_deprivation",),
            unit=f"{PROBIT}, for one SD of deprivation",
            label="Judgement on deprivation",
            meaning="Slope of the judgement on deprivation.",
            part="judgement",
        ),
        Prior(
            name="judgement_bend",
            law=lambda scales: normal(0.0, scales.judgement_deprivation * scales.deprivation_bend),
            dims=("bend",),
            keys=("judgement_deprivation", "deprivation_bend"),
            unit=f"{PROBIT}, for one SD of the bend",
            label="Spline coefficient of the judgement on deprivation",
            meaning="As for the indicators. Only with a spline.",
            part="judgement",
        ),
        Prior(
            name="reliability",
            variable="reliability_share",
            law=lambda scales: beta_of_mean(
                scales.reliability_mean, scales.reliability_concentration
            ),
            keys=("reliability_mean", "reliability_concentration"),
            unit=SHARE,
            label="Reliability of one judgement",
            meaning=(
                "Centred on 0.6 with 90% within .34 and .83; cut off below ρ² "
                "(models.repeated_judgements.reliability). Only where judgements are repeated, or "
                "the link is identical."
            ),
            part="reliability",
        ),
        Prior(
            name="judgement_loading",
            law=lambda scales: beta_of_mean(
                scales.judgement_loading_mean, scales.judgement_loading_concentration
            ),
            dims=("judgement",),
            keys=("judgement_loading_mean", "judgement_loading_concentration"),
            unit=CORRELATION,
            label="Loading of a sub-judgement",
            meaning=(
                "Correlation of a sub-judgement’s scale with what its inspection has in common, "
                "centred on 0.75."
            ),
            part="judgement",
        ),
        Prior(
            name="inspector_sd",
            law=lambda scales: half_normal(scales.inspector_sd),
            keys=("inspector_sd",),
            unit=PROBIT,
            label="SD between lead inspectors",
            meaning="Standard deviation of the judgement between lead inspectors.",
            part="judgement",
        ),
        Prior(
            name="persistence",
            law=lambda scales: normal(scales.persistence_mean, scales.persistence_sd),
            dims=_BY_INDICATOR,
            keys=("persistence_mean", "persistence_sd"),
            unit="of the lasting part before the inspection",
            label="Indicator after the inspection on itself before",
            meaning="Estimand predictive: an indicator’s lasting part on that before.",
            part="structure",
        ),
        Prior(
            name="change_sd",
            law=lambda scales: half_normal(scales.change_sd),
            dims=_BY_INDICATOR,
            keys=("change_sd",),
            unit=SPREAD,
            label="SD of what changed",
            meaning="Estimand predictive: what is new after the inspection.",
            part="structure",
        ),
        Prior(
            name="carried",
            law=lambda scales: normal(0.0, scales.loading / 2.0),
            dims=("indicator", "factor"),
            keys=("loading",),
            unit=SPREAD,
            label="Indicator after the inspection on a factor before",
            meaning="Estimand predictive: half of the loadings’ scale.",
            part="structure",
        ),
        Prior(
            name="loading_after",
            law=lambda scales: normal(0.0, scales.loading),
            dims=("indicator", "factor"),
            keys=("loading",),
            unit=SPREAD,
            label="Loading after the inspection",
            meaning="Estimand predictive: as the loadings before it.",
            part="structure",
        ),
        *(
            prior
            for side in ("before", "after")
            for prior in (
                Prior(
                    name=f"{side}_mean",
                    law=lambda scales: normal(0.0, scales.judgement_coefficient),
                    keys=("judgement_coefficient",),
                    unit=f"{SPREAD}, for one SD of the judgement",
                    label=f"Mean coefficient of the judgement, indicators {side}",
                    meaning=(
                        "Estimand predictive: on eighteen indicators as loosely correlated as "
                        "England’s, a coefficient of effectiveness of about 0 with a standard "
                        "deviation of 0.5."
                    ),
                    part="link",
                ),
                Prior(
                    name=f"{side}_sd",
                    law=lambda scales: half_normal(scales.judgement_coefficient),
                    keys=("judgement_coefficient",),
                    unit=f"{SPREAD}, for one SD of the judgement",
                    label=f"SD of the judgement’s coefficients, indicators {side}",
                    meaning="Estimand predictive: how far indicators differ.",
                    part="link",
                ),
            )
        ),
    )
}
"""Every prior by its name, in the order of the priors page."""


def link_density(rho: Array, concentration: float) -> Array:
    """Return the prior density of ρ for a concentration κ."""
    return np.asarray(stretched_beta(concentration).pdf(rho))


@cache
def link_log_odds(limit: float, concentration: float) -> float:
    """Return the prior log odds of |ρ| below a limit."""
    beyond = float(np.log(2.0) + stretched_beta(concentration).logsf(limit))
    return float(np.log1p(-np.exp(beyond)) - beyond)


def link_median(concentration: float) -> float:
    """Return the prior median of |ρ|."""
    return float(stretched_beta(concentration).ppf(0.75))
