"""What the steps of a run share: each thing prepared, fitted or worked out once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import xarray as xr

from analysis.dynamic.record import DynamicEvidence
from analysis.evidence.convergence import Convergence
from analysis.evidence.groups import Array, groups_of
from analysis.files.fits import FitStore
from analysis.files.spreadsheet import write_csv
from analysis.record.evidence import Evidence
from analysis.settings.config import RunConfig, catalogue_path
from data.catalogue import read_catalogue
from data.panel import Progress, silent
from models.inputs import ModelInputs, prepare
from models.spec import ModelSpec


class RunContext:
    """One run: what was asked for, and what is known of it so far.

    What is computed is an attribute, worked out when a step first asks for it.

    Parameters
    ----------
    config, panel
        What to compute, and from what.
    data_root
        Folder of the published files, if at hand.
    command
        The command line.
    report
        Called with every step's progress.

    Attributes
    ----------
    folder
        Where the run is written.
    store
        Where fits and evidence are kept.
    tables
        Those that were written, by name.
    """

    record: ClassVar[type[Evidence] | type[DynamicEvidence]]
    """Of what ``evidence.json`` is."""

    def __init__(
        self,
        config: RunConfig,
        panel: xr.Dataset,
        *,
        data_root: Path | None = None,
        command: str = "",
        report: Progress = silent,
    ) -> None:
        self.config, self.panel, self.report = config, panel, report
        self.data_root, self.command = data_root, command
        self.folder = Path()
        self.tables: dict[str, pd.DataFrame] = {}
        self._prepared: dict[tuple[int, str], tuple[xr.Dataset, ModelInputs]] = {}

    @cached_property
    def store(self) -> FitStore:
        """The user's store."""
        return FitStore(report=self.report)

    def prepare(self, panel: xr.Dataset, spec: ModelSpec) -> ModelInputs:
        """Prepare inputs (:func:`models.inputs.prepare`) unless that was done before."""
        wanted = id(panel), spec.model_dump_json()
        if wanted not in self._prepared:
            # The panel is held as well, so that no other one gets its number.
            self._prepared[wanted] = panel, prepare(panel, spec)
        return self._prepared[wanted][1]

    @cached_property
    def catalogue_sets(self) -> dict[str, tuple[str, ...]]:
        """The catalogue's sets of each indicator."""
        return {one.id: one.sets for one in read_catalogue(catalogue_path(self.config))}

    def groups(self, indicators: list[str], weight: Array) -> dict[str, Array]:
        """Return the groups of indicators that answer by themselves as well."""
        return groups_of(indicators, self.catalogue_sets, weight)

    def write(self, folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write tables, and remember them."""
        for name, table in tables.items():
            write_csv(table, folder / "tables" / f"{name}.csv")
        self.tables |= tables


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run.

    Attributes
    ----------
    run
        Computes what it is for and writes it into a folder.
    check
        Raises an error if that cannot be; called for every step before anything is compiled.
    asked
        Whether the configuration wants it.
    """

    run: Callable[[Any, Path], None]
    check: Callable[[Any], object] = lambda _: None
    asked: Callable[[RunConfig], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one kind of run, in three stages, each with an identity of its own."""

    fits: tuple[Step, ...]
    evidence: tuple[Step, ...]
    report: tuple[Step, ...]

    def asked(self, config: RunConfig) -> "Steps":
        """Leave out what a configuration does not want."""
        stages = (self.fits, self.evidence, self.report)
        return Steps(*(tuple(one for one in stage if one.asked(config)) for stage in stages))


def write_diagnostics(
    gates: Mapping[str, Convergence], fits: Mapping[str, xr.DataTree], folder: Path
) -> None:
    """Write ``diagnostics.json``: what the convergence gate says of every fit."""
    diagnostics = {
        name: {
            "converged": gate.converged,
            "reasons": gate.reasons,
            "divergences": gate.divergences,
            "seconds": fits[name].attrs["seconds"],
            "quantities": gate.table.to_dict("index"),
        }
        for name, gate in gates.items()
    }
    (folder / "diagnostics.json").write_text(json.dumps(diagnostics, indent=2), "utf-8")
