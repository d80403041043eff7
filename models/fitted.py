"""A fit with what was fitted: read once from what is stored with the draws.

What is passed between users, and what is stored on disk, is the :class:`xarray.DataTree`, which
ArviZ reads without this project. Code that needs to know what was fitted takes a :class:`Fit`;
code that reads draws alone takes the tree.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, get_args

import xarray as xr
from pydantic import ValidationError

from models.spec import Engine, ModelSpec, Variant
from models.traits import ENGINE_TRAITS, STRUCTURE_TRAITS, EngineTraits, StructureTraits

_NEEDED = (*Variant.model_fields, "engine", "specification")


class FitError(ValueError):
    """A tree is not that of a fit."""


@dataclass(frozen=True, eq=False)
class Fit:
    """One fit: its tree, and what its attributes say.

    Attributes
    ----------
    tree
        The groups, as :mod:`models.fit` says.
    specification, variant, engine
        What was fitted, and by what.
    """

    tree: xr.DataTree
    specification: ModelSpec
    variant: Variant
    engine: Engine

    @classmethod
    def of(cls, tree: xr.DataTree) -> Self:
        """Read what was fitted.

        Raises
        ------
        FitError
            If the tree lacks an attribute, or holds one that this version does not know.
        """
        missing = [name for name in _NEEDED if name not in tree.attrs]
        if missing:
            raise FitError(
                f"fit: no attribute {missing[0]}; wanted {', '.join(_NEEDED)}. Give a fit of "
                "models.engine.fit_models, or one that a run has saved."
            )
        if tree.attrs["engine"] not in get_args(Engine):
            raise FitError(
                f"fit: engine = {tree.attrs['engine']!r}; wanted {', '.join(get_args(Engine))}."
            )
        try:
            return cls(
                tree,
                ModelSpec.model_validate_json(tree.attrs["specification"]),
                Variant.model_validate({name: tree.attrs[name] for name in Variant.model_fields}),
                tree.attrs["engine"],
            )
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            place = ".".join(map(str, fault["loc"]))
            raise FitError(
                f"fit: its specification or variant cannot be read ({place}: {fault['msg']}). Fit "
                "again with this version."
            ) from error

    @property
    def structure_traits(self) -> StructureTraits:
        """What the fitted structure can do."""
        return STRUCTURE_TRAITS[self.variant.structure]

    @property
    def engine_traits(self) -> EngineTraits:
        """What the engine can do."""
        return ENGINE_TRAITS[self.engine]

    @property
    def linked(self) -> bool:
        """Whether ρ is free."""
        return self.variant.link == "linked"

    @property
    def judged_once(self) -> bool:
        """Whether each authority has one overall judgement, on the probit scale."""
        return not self.specification.inspection.extended

    @property
    def integrated(self) -> bool:
        """Whether each authority's log likelihood is there, latent variables integrated out."""
        return "log_likelihood" in self.tree

    @cached_property
    def posterior(self) -> xr.Dataset:
        """The draws, over chain and draw."""
        return self.tree["posterior"].to_dataset()

    @cached_property
    def constant_data(self) -> xr.Dataset:
        """What was conditioned on, by authority and indicator."""
        return self.tree["constant_data"].to_dataset()

    @cached_property
    def log_likelihood(self) -> xr.Dataset:
        """Each authority's, over chain and draw: ``indicators`` and ``judgement``."""
        return self.tree["log_likelihood"].to_dataset()

    @cached_property
    def panel(self) -> dict[str, Any]:
        """Facts of the panel that was fitted to, the truth of a simulated one among them."""
        found: dict[str, Any] = json.loads(self.tree.attrs["panel"])
        return found

    @property
    def seconds(self) -> float:
        """How long the draws took."""
        return float(self.tree.attrs["seconds"])


def typed(trees: Mapping[str, xr.DataTree]) -> dict[str, Fit]:
    """Read what was fitted, for fits by name; the error names the fit at fault.

    Raises
    ------
    FitError
        As :meth:`Fit.of` says.
    """
    found = {}
    for name, tree in trees.items():
        try:
            found[name] = Fit.of(tree)
        except FitError as error:
            raise FitError(f"{name}: {error}") from error
    return found
