"""How quality and effectiveness hang together, and what each estimand adjusts for.

Estimands
    ``concordance`` sets judgement and indicators beside each other as they stand.
    ``adjusted`` does so at equal deprivation: deprivation enters on both sides, and
    the judgement may differ between regions.
Links
    ``linked`` leaves ρ free; ``independent`` sets it to zero under the same estimand;
    ``deprivation_only`` says that deprivation is all that judgement and indicators
    share: ρ is zero, deprivation enters on both sides, and regions do not. It is the
    same model under either estimand, and is fitted once.

One graph serves all of them. Three switches enter as data: the deprivation column (zeros
where it is left out), the regions and the link, so that a structure is compiled once.
"""

from dataclasses import dataclass

from models.spec import ModelSpec, Variant


@dataclass(frozen=True, slots=True)
class Switches:
    """Which parts of the common graph are on in one fit."""

    deprivation: bool
    region: bool
    link: bool

    @property
    def idle(self) -> set[str]:
        """Variables of the graph that the data do not touch in this fit."""
        names: set[str] = set()
        if not self.deprivation:
            names |= {"deprivation_slope", "judgement_deprivation"}
        if not self.region:
            names |= {"region_sd", "region_z", "region_effect"}
        return names


def switches(variant: Variant, spec: ModelSpec) -> Switches:
    """Say which parts of the graph a variant uses."""
    adjusted = variant.estimand == "adjusted"
    alone = variant.link == "deprivation_only"
    return Switches(
        deprivation=adjusted or alone,
        region=adjusted and spec.region and not alone,
        link=variant.link == "linked",
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
        Variant(structure=spec.structure, estimand="adjusted", link="deprivation_only"),
    ]
    if spec.challenger != "none" and spec.challenger != spec.structure:
        listed += [
            Variant(structure=spec.challenger, estimand="concordance", link="linked"),
            Variant(structure=spec.challenger, estimand="adjusted", link="linked"),
        ]
    return tuple(listed)
