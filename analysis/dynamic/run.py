"""The fits and the results of a dynamic run, written into the run's folder."""

import json
from pathlib import Path

import pandas as pd
import xarray as xr

from analysis.dynamic.record import DynamicEvidence, DynamicFinding, DynamicSettings, LagLink
from analysis.dynamic.sweep import sweep_lags
from analysis.dynamic.tables import DICTIONARY, path_tables
from analysis.dynamic.weigh import examine_paths, weigh_paths
from analysis.evidence.convergence import Convergence
from analysis.evidence.groups import groups_of
from analysis.files.spreadsheet import write_csv
from analysis.record.parts import PanelFacts
from analysis.settings.config import RunConfig, catalogue_path
from analysis.tables.dictionary import dictionary
from data.catalogue import read_catalogue
from data.netcdf import read_tree, write_netcdf
from data.panel import Progress
from models.dynamic.fit import CompiledDynamic
from models.dynamic.given import JudgedPaths
from models.dynamic.inputs import DynamicInputs, prepare_dynamic
from models.dynamic.spec import DynamicSpec


class DynamicRun:
    """A run of the dynamic model: what it fits, and what it writes.

    Parameters
    ----------
    config, spec
        The run's configuration and its ``[dynamic]`` section.
    panel
        A valid panel.

    Raises
    ------
    data.panel.PanelError
        If the panel cannot be fitted; nothing is compiled then.
    """

    def __init__(self, config: RunConfig, spec: DynamicSpec, panel: xr.Dataset) -> None:
        self.config, self.spec, self.panel = config, spec, panel
        self.inputs: DynamicInputs = prepare_dynamic(panel, spec)

    def fit(
        self, folder: Path, report: Progress
    ) -> tuple[CompiledDynamic, dict[str, xr.DataTree]]:
        """Fit what is not there yet, saving each fit as soon as it is finished."""
        report("compiling dynamic", 0, 1)
        compiled = CompiledDynamic(self.spec, self.inputs)
        report("compiling dynamic", 1, 1)
        fits: dict[str, xr.DataTree] = {}
        for estimand in self.spec.estimands:
            file = folder / "fits" / f"dynamic-{estimand}.nc"
            if not file.is_file():
                fit = compiled.sample(estimand, self.inputs, self.config.sampler, report)
                write_netcdf(fit, file, folder)
            fits[estimand] = read_tree(file)
        return compiled, fits

    def weigh(
        self,
        compiled: CompiledDynamic,
        fits: dict[str, xr.DataTree],
        gates: dict[str, Convergence],
        report: Progress,
    ) -> DynamicEvidence:
        """Sweep the lags and weigh the evidence."""
        how, spec, inputs = self.config.evidence, self.spec, self.inputs
        findings: dict[str, DynamicFinding] = {}
        judged = JudgedPaths(spec, inputs) if spec.lags else None
        groups = groups_of(inputs.cells.indicators, self._sets(), inputs.cells.weight)
        for name, fit in fits.items():
            lags: tuple[LagLink, ...] = ()
            if judged is not None and gates[name].converged:
                lags = sweep_lags(
                    compiled,
                    judged,
                    fit,
                    inputs,
                    groups,
                    self.config.sampler,
                    how.interval,
                    report,
                )
            findings[name] = weigh_paths(
                compiled, fit, gates[name], inputs, lags, how.interval, how.rope
            )
        return DynamicEvidence(
            panel=self._facts(),
            inspections=self._inspections(),
            truth=inputs.facts["truth"],
            settings=DynamicSettings(
                interval=how.interval,
                rope=how.rope,
                structure="dynamic",
                factors=spec.factors,
                deprivation=spec.deprivation,
                link_prior=spec.priors.link_concentration,
                suppression=spec.suppression,
            ),
            estimands=findings,
        )

    def write(self, folder: Path, report: Progress) -> None:
        """Fit, weigh, and write evidence, diagnostics and tables; the page is written later."""
        compiled, fits = self.fit(folder, report)
        gates = {name: examine_paths(fit) for name, fit in fits.items()}
        evidence = self.weigh(compiled, fits, gates, report)
        (folder / "evidence.json").write_text(evidence.to_json(), "utf-8")
        tables = path_tables(evidence, fits, gates, self.inputs)
        # A table without rows, where no fit converged, has no columns either.
        written = {name: table for name, table in tables.items() if not table.empty}
        written["data_dictionary"] = dictionary(written, DICTIONARY)
        for name, table in written.items():
            write_csv(table, folder / "tables" / f"{name}.csv")
        diagnostics = {
            f"dynamic-{name}": {
                "converged": gate.converged,
                "reasons": gate.reasons,
                "divergences": gate.divergences,
                "seconds": fits[name].attrs["seconds"],
                "quantities": gate.table.to_dict("index"),
            }
            for name, gate in gates.items()
        }
        (folder / "diagnostics.json").write_text(json.dumps(diagnostics, indent=2), "utf-8")
        self._found = evidence, tables

    def write_page(self, folder: Path) -> None:
        """Write the page of what :meth:`write` found, once the provenance is there."""
        from analysis.dynamic.page import write_paths_page

        evidence, tables = self._found
        write_paths_page(folder, self.config, self.spec, evidence, tables, self.panel)

    def _sets(self) -> dict[str, tuple[str, ...]]:
        """Give the catalogue's sets of each indicator."""
        return {one.id: one.sets for one in read_catalogue(catalogue_path(self.config))}

    def _inspections(self) -> dict[str, int]:
        """Count the inspections that enter, by framework."""
        judged = self.inputs.judgements
        counts = pd.Series(judged.framework).value_counts()
        return {name: int(counts[at]) for at, name in enumerate(judged.frameworks)}

    def _facts(self) -> PanelFacts:
        """Say what was analysed."""
        facts = {k: v for k, v in self.inputs.facts.items() if k != "truth"}
        judged = len(set(self.inputs.judgements.authority.tolist()))
        return PanelFacts(**facts, title=str(self.panel.attrs.get("title", "")), judged=judged)
