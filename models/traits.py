"""What each structure, engine and likelihood can do: one row for each name.

Code that depends on such a capability reads it here and compares no names. A name of
:mod:`models.spec` without a row is an error when this module is imported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from models.spec import Engine, Likelihood, ModelSpec, Structure


@dataclass(frozen=True, slots=True)
class StructureTraits:
    """What a structure of effectiveness is made of.

    Attributes
    ----------
    single_link
        Whether effectiveness is one number with one link ρ; otherwise each domain has its own.
    weighted
        Whether effectiveness is a declared weighted sum of the indicators' effects.
    rotates
        Whether it has any number of factors, which rotations leave free where the covariance
        is by factors.
    mirrors
        Whether the sign of its one factor is free where loadings are, the link's sign with it.
    """

    single_link: bool
    weighted: bool = False
    rotates: bool = False
    mirrors: bool = False

    @property
    def can_be_screened(self) -> bool:
        """Whether there is a single coordinate of the link to screen along."""
        return self.single_link


@dataclass(frozen=True, slots=True)
class EngineTraits:
    """What an engine computes, and which parts of a model it knows.

    Attributes
    ----------
    exact_counts
        Whether it knows the exact likelihoods of counts, not only their Gaussian sites.
    integrated
        Whether its fits hold each authority's log likelihood with the latent variables
        integrated out, so that authorities can be left out.
    screens
        Whether it approximates along a single link, for screening: no verdict rests on it.
    refits
        Whether it fits again without an authority or a region.
    any_inspection
        Whether it knows repeated inspections, sub-judgements, the logit curve, lead inspectors
        and the link ``identical``; otherwise each authority's latest overall judgement alone.
    spline
        Whether deprivation may act along a spline.
    sizes
        Whether the spread of effects may go with an authority's size.
    neighbours
        Whether neighbouring authorities may share a part of their effectiveness.
    """

    exact_counts: bool = False
    integrated: bool = False
    screens: bool = False
    refits: bool = False
    any_inspection: bool = False
    spline: bool = False
    sizes: bool = False
    neighbours: bool = False


@dataclass(frozen=True, slots=True)
class LikelihoodTraits:
    """What a likelihood of the indicators' cells needs.

    Attributes
    ----------
    exact
        Whether it is of the counts themselves, not of their Gaussian sites.
    year_effects
        Whether what is particular to a year is a latent variable of each cell.
    """

    exact: bool
    year_effects: bool


STRUCTURE_TRAITS: Mapping[Structure, StructureTraits] = {
    "composite": StructureTraits(single_link=True, weighted=True, rotates=True),
    "one_factor": StructureTraits(single_link=True, mirrors=True),
    "domain_factors": StructureTraits(single_link=False),
}

ENGINE_TRAITS: Mapping[Engine, EngineTraits] = {
    "collapsed": EngineTraits(
        integrated=True,
        refits=True,
        any_inspection=True,
        spline=True,
        sizes=True,
        neighbours=True,
    ),
    "joint": EngineTraits(exact_counts=True),
    "laplace": EngineTraits(
        integrated=True, screens=True, any_inspection=True, spline=True, sizes=True
    ),
}

LIKELIHOOD_TRAITS: Mapping[Likelihood, LikelihoodTraits] = {
    "gaussian": LikelihoodTraits(exact=False, year_effects=True),
    "binomial": LikelihoodTraits(exact=True, year_effects=True),
    "beta_binomial": LikelihoodTraits(exact=True, year_effects=False),
}


def require_rows[Name: str](table: Mapping[Name, object], names: tuple[Name, ...]) -> None:
    """Raise an error unless a table has one row for each name."""
    if set(table) != set(names):
        raise TypeError(f"traits of {sorted(table)}; wanted a row for each of {sorted(names)}.")


require_rows(STRUCTURE_TRAITS, get_args(Structure))
require_rows(ENGINE_TRAITS, get_args(Engine))
require_rows(LIKELIHOOD_TRAITS, get_args(Likelihood))


def loadings_rotate(structure: Structure, spec: ModelSpec) -> bool:
    """Return whether rotations of a model's loadings leave its density as it is."""
    return STRUCTURE_TRAITS[structure].rotates and spec.covariance == "factors"


def structures_of(spec: ModelSpec) -> tuple[Structure, ...]:
    """Return the structures that a specification fits, the primary one first."""
    return (spec.structure,) if spec.challenger == "none" else (spec.structure, spec.challenger)
