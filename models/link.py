r"""How quality and effectiveness hang together, and what each estimand adjusts for.

Estimands
    ``concordance`` sets judgement and indicators beside each other as they stand.
    ``adjusted`` does so at equal deprivation: deprivation enters on both sides, and
    the judgement may differ between regions.
Links
    ``linked`` leaves ρ free; ``independent`` sets it to zero under the same estimand;
    ``deprivation_only`` says that deprivation is all that judgement and indicators
    share: ρ is zero, deprivation enters on both sides, and regions do not. It is the
    same model under either estimand, and is fitted once. ``identical`` says that judgement
    and indicators measure the same thing apart from the noise of one judgement:
    :math:`\rho = \sqrt r`, with r the judgement's reliability
    (:mod:`models.repeated_judgements.reliability`).

The judgement's scale is :math:`u = \eta + b^\top f + c^\top\delta + \epsilon` with unit
variance given η. With a single link the explained part is ρθ; in ``domain_factors`` b is free,
:math:`\rho_d` is its correlation with each domain's factor, and ρ that with their sum θ.

One graph serves all of them. Three switches enter as data: the deprivation column (zeros
where it is left out), the regions and the link, so that a structure is compiled once.
"""

from dataclasses import dataclass, replace

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.prior_variables import domain_links, single_link
from models.spec import ESTIMANDS, ModelSpec, PriorScales, Variant
from models.structures.placed import Placed


@dataclass(frozen=True, slots=True)
class Switches:
    """Which parts of the common graph are on in one fit.

    Attributes
    ----------
    deprivation, region
        On either side, and of the judgement.
    link
        Whether ρ is free.
    identical
        Whether ρ is the root of the judgement's reliability.
    reliability
        Whether the data touch it: judgements are repeated, or the link is ``identical``.
    """

    deprivation: bool
    region: bool
    link: bool
    identical: bool = False
    reliability: bool = False

    @property
    def idle(self) -> set[str]:
        """Variables of the graph that the data do not touch in this fit."""
        names: set[str] = set()
        if not self.deprivation:
            names |= {"deprivation_slope", "judgement_deprivation"}
            names |= {"deprivation_bend", "judgement_bend"}
        if not self.region:
            names |= {"region_sd", "region_z", "region_effect"}
        if not self.link and not self.identical:
            names |= {"rho", "domain_link", "quality_link"}
        if self.identical:
            # 1 by definition.
            names |= {"quality_link"}
        if not self.reliability:
            names |= {"reliability", "quality_link"}
        return names


def switches(variant: Variant, spec: ModelSpec) -> Switches:
    """Return which parts of the graph a variant uses."""
    adjusted = variant.estimand == "adjusted"
    alone = variant.link == "deprivation_only"
    return Switches(
        deprivation=(adjusted or alone) and spec.deprivation_form != "none",
        region=adjusted and spec.region and not alone,
        link=variant.link == "linked",
        identical=variant.link == "identical",
        reliability=spec.inspection.scope == "repeats" or variant.link == "identical",
    )


def variants(spec: ModelSpec) -> tuple[Variant, ...]:
    """List the fits of a run, the primary structure's first.

    ``deprivation_only`` is listed under ``adjusted``. The challenger is fitted under the
    free link only: its question is what effectiveness is made of and whether the link
    depends on it, not a verdict of its own.
    """
    listed = [
        Variant(structure=spec.structure, estimand="concordance", link="linked"),
        Variant(structure=spec.structure, estimand="adjusted", link="linked"),
        Variant(structure=spec.structure, estimand="concordance", link="independent"),
        Variant(structure=spec.structure, estimand="adjusted", link="independent"),
    ]
    if spec.deprivation_form != "none":
        listed.append(
            Variant(structure=spec.structure, estimand="adjusted", link="deprivation_only")
        )
    if spec.identical:
        listed += [
            Variant(structure=spec.structure, estimand=estimand, link="identical")
            for estimand in ESTIMANDS
        ]
    if spec.challenger != "none" and spec.challenger != spec.structure:
        listed += [
            Variant(structure=spec.challenger, estimand="concordance", link="linked"),
            Variant(structure=spec.challenger, estimand="adjusted", link="linked"),
        ]
    return tuple(listed)


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The part of the judgement's scale that the authority's effects explain.

    Attributes
    ----------
    on_factors, on_own
        b and c, its coefficients on the factors and on the indicators' own effects.
    share
        Its variance before the indicators are seen; the rest, to 1, is unexplained.
    rho
        Correlation of the scale with θ.
    by_domain
        Correlation with each domain's factor, where each has its own link.
    """

    on_factors: TensorVariable
    on_own: TensorVariable
    share: TensorVariable
    rho: TensorVariable
    by_domain: TensorVariable | None


def place_link(placed: Placed, scales: PriorScales, switch: TensorVariable) -> Explained:
    """Link the judgement with a structure; ``switch`` at 0 takes the link away."""
    if placed.axes is None:
        link = switch * single_link(scales)
        # The prior is the same for either sign. Sampled as the link with the factor as it is
        # loaded, the density has no jump where a weak factor's sign changes.
        rho = link if placed.sign is None else placed.sign * link
        return Explained(rho * placed.on_factors, rho * placed.on_own, rho**2, rho, None)
    domains = placed.axes.type.shape[0]
    if domains is None:
        raise TypeError("A structure's axes need a known number of domains.")
    onto = switch * domain_links(scales, domains)
    columns = pt.zeros_like(placed.on_factors)
    on_factors = pt.set_subtensor(columns[:domains], onto)
    return Explained(
        on_factors=on_factors,
        on_own=pt.zeros_like(placed.on_own),
        share=(onto**2).sum(),
        rho=(on_factors * placed.on_factors).sum(),
        by_domain=(placed.axes * on_factors).sum(axis=1),
    )


def made_identical(
    explained: Explained, placed: Placed, reliability: TensorVariable, switch: TensorVariable
) -> Explained:
    """Where ``switch`` is 1, let all of the judgement that lasts be effectiveness.

    The free link is 0 there, so that what is added is all there is.
    """
    rho = switch * pt.sqrt(reliability)
    on_factors = explained.on_factors + rho * placed.on_factors
    axes = placed.axes
    return replace(
        explained,
        on_factors=on_factors,
        on_own=explained.on_own + rho * placed.on_own,
        share=explained.share + rho**2,
        rho=explained.rho + rho,
        by_domain=None if axes is None else (axes * on_factors).sum(axis=1),
    )
