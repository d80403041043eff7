"""The steps of a run of paths over the years: ``[dynamic]``."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr

from analysis.dynamic.record import DynamicEvidence, DynamicFinding, DynamicSettings, LagLink
from analysis.dynamic.sweep import sweep_lags
from analysis.dynamic.tables import DICTIONARY, path_tables
from analysis.dynamic.weigh import examine_paths, weigh_paths
from analysis.evidence.convergence import Convergence
from analysis.files.read_table import load_fits
from analysis.record.schema import PanelFacts
from analysis.run.context import RunContext, Step, Steps, write_diagnostics
from analysis.tables.dictionary import dictionary
from data.storage import write_file
from models.dynamic.fit import CompiledDynamic
from models.dynamic.given import JudgedPaths
from models.dynamic.inputs import DynamicInputs, prepare_dynamic
from models.dynamic.spec import DynamicSpec
from models.spec import Estimand


class PathsRun(RunContext):
    """A run of paths, and what is known of it so far."""

    record = DynamicEvidence

    @property
    def spec(self) -> DynamicSpec:
        """What ``[dynamic]`` asks for."""
        assert self.config.dynamic is not None
        return self.config.dynamic

    @cached_property
    def inputs(self) -> DynamicInputs:
        """What is conditioned on."""
        return prepare_dynamic(self.panel, self.spec)

    @cached_property
    def compiled(self) -> CompiledDynamic:
        """The model, compiled as far as was needed."""
        self.report("compiling dynamic", 0, 1)
        compiled = CompiledDynamic(self.spec, self.inputs)
        self.report("compiling dynamic", 1, 1)
        return compiled

    @cached_property
    def judged(self) -> JudgedPaths:
        """The judgements' part, compiled for the sweep over lags."""
        return JudgedPaths(self.spec, self.inputs)

    @cached_property
    def fits(self) -> dict[str, xr.DataTree]:
        """The fits by estimand, read."""
        found = load_fits(_file(self.folder, one) for one in self.spec.estimands)
        return dict(zip(self.spec.estimands, found.values(), strict=True))

    @cached_property
    def gates(self) -> dict[str, Convergence]:
        """What the convergence gate says of each."""
        return {name: examine_paths(fit) for name, fit in self.fits.items()}

    @cached_property
    def evidence(self) -> DynamicEvidence:
        """What was found."""
        how, spec, inputs = self.config.evidence, self.spec, self.inputs
        facts = {name: one for name, one in inputs.facts.items() if name != "truth"}
        judged = len(set(inputs.judgements.authority.tolist()))
        return DynamicEvidence(
            panel=PanelFacts(**facts, judged=judged),
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
            estimands={name: self._finding(name) for name in self.fits},
        )

    def fitted(self, estimand: str) -> tuple[object, ...]:
        """Name what the draws of a fit depend on."""
        return self.panel, self.spec, self.config.sampler, estimand

    def _finding(self, estimand: str) -> DynamicFinding:
        """Sweep the lags and weigh one estimand."""
        how, inputs = self.config.evidence, self.inputs
        fit, gate = self.fits[estimand], self.gates[estimand]
        lags: tuple[LagLink, ...] = ()
        if self.spec.lags and gate.converged:

            def keep(
                what: str, parts: tuple[object, ...], draw: Callable[[], xr.DataTree]
            ) -> xr.DataTree:
                return self.store.keep_tree(what, (*self.fitted(estimand), *parts), draw)

            lags = sweep_lags(
                self.compiled,
                lambda: self.judged,
                fit,
                inputs,
                self.groups(inputs.cells.indicators, inputs.cells.weight),
                self.config.sampler,
                how.interval,
                self.report,
                keep,
            )
        return weigh_paths(self.compiled, fit, gate, inputs, lags, how.interval, how.rope)

    def _inspections(self) -> dict[str, int]:
        """Count the inspections that enter, by framework."""
        judged = self.inputs.judgements
        counts = pd.Series(judged.framework).value_counts()
        return {name: int(counts[at]) for at, name in enumerate(judged.frameworks)}


def _file(folder: Path, estimand: str) -> Path:
    return folder / "fits" / f"dynamic-{estimand}.nc"


def _gather_fits(run: PathsRun, folder: Path) -> None:
    for estimand in run.spec.estimands:
        if not _file(folder, estimand).is_file():

            def sample(estimand: Estimand = estimand) -> xr.DataTree:
                return run.compiled.sample(estimand, run.inputs, run.config.sampler, run.report)

            kept = run.store.file(f"dynamic-{estimand}", run.fitted(estimand), sample)
            write_file(_file(folder, estimand), kept.read_bytes(), folder)


def _weigh(run: PathsRun, folder: Path) -> None:
    run.report("weighing the evidence", 0, 1)
    (folder / "evidence.json").write_text(run.evidence.to_json(), "utf-8")
    named = {f"dynamic-{name}": gate for name, gate in run.gates.items()}
    write_diagnostics(named, {f"dynamic-{name}": fit for name, fit in run.fits.items()}, folder)
    run.report("weighing the evidence", 1, 1)


def _tabulate(run: PathsRun, folder: Path) -> None:
    tables = path_tables(run.evidence, run.fits, run.gates, run.inputs)
    # A table without rows, where no fit converged, has no columns either.
    run.write(folder, {name: table for name, table in tables.items() if not table.empty})
    run.write(folder, {"data_dictionary": dictionary(run.tables, DICTIONARY)})


def _write_page(run: PathsRun, folder: Path) -> None:
    from analysis.dynamic.page import write_paths_page

    evidence = DynamicEvidence.model_validate_json((folder / "evidence.json").read_text("utf-8"))
    tables = {
        file.stem: pd.read_csv(file, float_precision="round_trip")
        for file in (folder / "tables").glob("*.csv")
    }
    write_paths_page(folder, run.config, run.spec, evidence, tables, run.panel)


STEPS = Steps(
    fits=(Step(_gather_fits, lambda run: run.inputs),),
    evidence=(Step(_weigh), Step(_tabulate)),
    report=(Step(_write_page),),
)
