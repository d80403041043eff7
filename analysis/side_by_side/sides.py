"""The runs that a page compares, and which runs may not be compared.

Runs may differ in anything that a configuration says: that is what a comparison is for.
They must be about the same authorities, and their intervals must have the same probability,
or a reader would set side by side what does not belong together.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
import xarray as xr

from analysis.files.read_table import ReportError, open_fit, reading
from analysis.record.evidence import EstimandEvidence
from analysis.report.read import Inputs, read_inputs

MOST = 6
"""Runs that a page can hold and still be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the runs.

    Attributes
    ----------
    letter
        By which the page calls it.
    folder, inputs
        Where it is, and what it holds.
    configuration
        Its ``run.toml``, every default resolved.
    """

    letter: str
    folder: Path
    inputs: Inputs
    configuration: dict[str, Any]

    @property
    def label(self) -> str:
        """Its letter and its title; its folder's name where it has no title."""
        title = str(self.configuration.get("title", "")) or self.inputs.evidence.panel.title
        return f"{self.letter}. {title or self.folder.name}"

    @property
    def findings(self) -> dict[str, EstimandEvidence]:
        """The estimands that converged, by name."""
        return self.inputs.evidence.findings()

    def effectiveness(self, estimand: str) -> xr.DataArray:
        """Read the draws of every authority's effectiveness, over chain, draw and authority.

        Raises
        ------
        ReportError
            If the fit does not hold them.
        """
        structure = self.inputs.evidence.settings.structure
        path = self.folder / "fits" / f"{structure}-{estimand}-independent.nc"
        with open_fit(path) as tree:
            posterior = tree["posterior"].to_dataset()
            if "effectiveness" not in posterior:
                raise ReportError(f"{path}: no variable effectiveness in the group posterior.")
            drawn = posterior["effectiveness"].transpose("chain", "draw", "authority").load()
        return drawn.astype(np.float64)


def read_sides(folders: Sequence[Path]) -> tuple[Side, ...]:
    """Read the runs to compare, in the order given.

    Raises
    ------
    ReportError
        If a folder is no finished run, or the runs cannot be compared; the message says
        which, and what to do.
    """
    if not 2 <= len(folders) <= MOST:
        raise ReportError(f"{len(folders)} runs: a comparison takes 2 to {MOST}.")
    sides = tuple(
        Side(letter, folder, inputs, _configuration(folder, inputs))
        for letter, folder, inputs in zip(
            ascii_uppercase, folders, map(read_inputs, folders), strict=False
        )
    )
    for place, side in enumerate(sides):
        for other in sides[:place]:
            _refuse(other, side)
    return sides


def _configuration(folder: Path, inputs: Inputs) -> dict[str, Any]:
    """Read a run's configuration."""
    with reading(folder / "run.toml"):
        return tomllib.loads(inputs.configuration)


def _refuse(one: Side, other: Side) -> None:
    """Refuse two runs that do not belong on one page."""
    both = f"{one.folder} and {other.folder} cannot be compared"
    first, second = one.inputs.evidence, other.inputs.evidence
    if one.folder.resolve() == other.folder.resolve() or _digests(one) == _digests(other):
        raise ReportError(f"{both}: they are the same run. Name another.")
    if first.panel.simulated != second.panel.simulated:
        made = one if first.panel.simulated else other
        raise ReportError(
            f"{both}: the panel of {made.folder} is simulated, and the other is not. "
            "Compare runs whose authorities are the same."
        )
    if first.settings.interval != second.settings.interval:
        raise ReportError(
            f"{both}: their intervals have probabilities {first.settings.interval:g} and "
            f"{second.settings.interval:g}. Set evidence.interval alike and run one again."
        )
    _refuse_other_authorities(one, other, both)


def _refuse_other_authorities(one: Side, other: Side, both: str) -> None:
    """Refuse panels without a common authority, and simulated ones drawn apart."""
    first, second = (
        side.inputs.tables["authorities"].drop_duplicates("authority").set_index("authority")
        for side in (one, other)
    )
    shared = first.index.intersection(second.index)
    if not len(shared):
        raise ReportError(f"{both}: no authority is in both, by its code.")
    evidence = one.inputs.evidence
    if not evidence.panel.simulated:
        return
    apart = shared[(first["name"][shared] != second["name"][shared]).to_numpy()]
    if len(apart):
        code = apart[0]
        raise ReportError(
            f"{both}: their panels were simulated apart, since {code} is "
            f"{first['name'][code]!r} in one and {second['name'][code]!r} in the other. "
            "Fit both to one saved panel (panel.source = the panel.nc of either)."
        )
    if evidence.truth != other.inputs.evidence.truth:
        raise ReportError(
            f"{both}: their panels were simulated with different links. Fit both to one saved "
            "panel (panel.source = the panel.nc of either)."
        )


def _digests(side: Side) -> tuple[str, str, str]:
    """Return what tells a run from another: its configuration, when it was made, what it found."""
    provenance = side.inputs.provenance
    return (
        provenance.configuration_sha256,
        provenance.created,
        side.inputs.evidence.model_dump_json(),
    )
