"""The steps of a run of what lasts: ``[model]``."""

from functools import cached_property
from pathlib import Path

import xarray as xr

from analysis.evidence.alternatives import changed_model, variant_of
from analysis.evidence.predictive import PredictivePart, parts_of, predict
from analysis.evidence.prospective import Ahead, Prospective, look_ahead, prepare_ahead
from analysis.evidence.summaries import FitSummaries
from analysis.evidence.weigh import weigh_summaries
from analysis.files.read_table import load_fits
from analysis.files.spreadsheet import write_csv
from analysis.record.evidence import Evidence
from analysis.run.context import RunContext, Step, Steps, write_diagnostics
from analysis.tables.checks import check_tables
from analysis.tables.dictionary import dictionary
from analysis.tables.for_figures import figure_tables
from analysis.tables.run_tables import run_pairs, run_tables
from data.dates import numpy_day
from data.storage import write_file
from models.inputs import ModelInputs
from models.link import variants
from models.spec import ModelSpec, SamplerSpec, Variant


class LastingRun(RunContext):
    """A run of what lasts, and what is known of it so far."""

    record = Evidence

    @property
    def inputs(self) -> ModelInputs:
        """What its own fits are conditioned on."""
        return self.prepare(self.panel, self.config.model)

    @cached_property
    def wanted(self) -> list[tuple[dict[Variant, str], ModelSpec, SamplerSpec]]:
        """Its own fits and its alternatives, by model; of each the name of its file."""
        model, sampler = self.config.model, self.config.sampler
        plain = sampler.model_copy(update={"refits": False, "region_refits": False})
        other = variant_of(model)
        return [
            ({one: one.name for one in variants(model)}, model, sampler),
            *(
                ({other: f"{other.name}-{name}"}, changed_model(model, name), plain)
                for name in self.config.evidence.alternatives
            ),
        ]

    def load(self, names: dict[Variant, str]) -> dict[str, xr.DataTree]:
        """Read fits of the run's folder."""
        return load_fits(self.folder / "fits" / f"{name}.nc" for name in names.values())

    @cached_property
    def alternatives(self) -> dict[str, xr.DataTree]:
        """The fits under other assumptions, by what these are called."""
        fits = [fit for names, _, _ in self.wanted[1:] for fit in self.load(names).values()]
        return dict(zip(self.config.evidence.alternatives, fits, strict=True))

    @cached_property
    def summaries(self) -> FitSummaries:
        """What is worked out of each of its own fits."""
        how = self.config.evidence
        fits = self.load(self.wanted[0][0])
        return FitSummaries(
            fits, self.config.sampler.seed, self.config.model, how.interval, how.rope
        )

    @cached_property
    def ahead(self) -> Ahead:
        """What the cut-off leaves to fit and to forecast."""
        cutoff = numpy_day(self.config.evidence.cutoff)
        return prepare_ahead(self.panel, cutoff, self.config.model, self.prepare)

    @cached_property
    def forecasts(self) -> Prospective:
        """How forecasts from the cut-off did."""
        return look_ahead(
            self.ahead, self.config.sampler, self.report, self.store.fits, self.prepare
        )

    @cached_property
    def parts(self) -> list[PredictivePart]:
        """What the estimand ``predictive`` is fitted to."""
        names = [str(name) for name in self.panel.indicator.values]
        groups = self.groups(names, self.inputs.weight)
        return parts_of(self.panel, self.config.model, groups)

    @cached_property
    def evidence(self) -> Evidence:
        """What was found."""
        how = self.config.evidence
        found = weigh_summaries(
            self.summaries,
            self.alternatives,
            top_share=how.top_share,
            simulated_panels=how.simulated_panels,
        )
        if not how.cutoff:
            return found
        return found.model_copy(update={"forecasts": self.forecasts.to_record(how.cutoff)})


def _prepare_models(run: LastingRun) -> None:
    for _, model, _ in run.wanted:
        run.prepare(run.panel, model)


def _gather_fits(run: LastingRun, folder: Path) -> None:
    for names, model, sampler in run.wanted:
        files = {one: folder / "fits" / f"{name}.nc" for one, name in names.items()}
        missing = [one for one, file in files.items() if not file.is_file()]
        found = run.store.files(run.panel, missing, model, sampler, run.report, run.prepare)
        for one, (_, file) in zip(missing, found, strict=True):
            write_file(files[one], file.read_bytes(), folder)


def _weigh(run: LastingRun, folder: Path) -> None:
    run.report("weighing the evidence", 0, 1)
    (folder / "evidence.json").write_text(run.evidence.to_json(), "utf-8")
    write_diagnostics(run.summaries.gates, run.summaries.trees, folder)
    run.report("weighing the evidence", 1, 1)


def _tabulate(run: LastingRun, folder: Path) -> None:
    run.write(folder, run_tables(run.summaries, run.evidence, run.panel))


def _check_fits(run: LastingRun, folder: Path) -> None:
    run.write(folder, check_tables(run.summaries, run.evidence, run.inputs, run.report))


def _tabulate_figures(run: LastingRun, folder: Path) -> None:
    run.write(folder, figure_tables(run.summaries, run.panel))


def _regress(run: LastingRun, folder: Path) -> None:
    from analysis.evidence.baselines import fit_baselines

    model, sampler, interval = run.config.model, run.config.sampler, run.config.evidence.interval
    found = fit_baselines(
        run.panel, model, sampler, interval, run.report, run.store.keep, run.prepare
    )
    links = {"indicator_links": found.links} if len(found.links) else {}
    run.write(folder, {**links, "baselines": found.summary})


def _prepare_parts(run: LastingRun) -> None:
    for part in run.parts:
        run.prepare(part.panel, part.spec)


def _predict(run: LastingRun, folder: Path) -> None:
    sampler, interval = run.config.sampler, run.config.evidence.interval
    table = predict(run.parts, sampler, interval, run.report, run.store.keep, run.prepare)
    run.write(folder, {"predictive": table})


def _forecast(run: LastingRun, folder: Path) -> None:
    found, cutoff = run.forecasts, run.config.evidence.cutoff
    scores, cases, curves = found.without_numbers() if found.reasons else found.tables()
    scores = scores.assign(cutoff=cutoff, reasons="; ".join(found.reasons))
    write_csv(scores, folder / "tables" / "prospective.csv")
    write_csv(cases, folder / "tables" / "prospective_cases.csv")
    write_csv(curves, folder / "tables" / "prospective_reliability.csv")


def _pair(run: LastingRun, folder: Path) -> None:
    pairs = run_pairs(run.summaries.trees, run.evidence)
    write_csv(pairs, folder / "tables" / "pairs.csv.gz")


def _write_report(_: LastingRun, folder: Path) -> None:
    from analysis.report.build import write_report

    write_report(folder)


def _explain(run: LastingRun, folder: Path) -> None:
    run.write(folder, {"data_dictionary": dictionary(run.tables)})


STEPS = Steps(
    fits=(Step(_gather_fits, _prepare_models),),
    evidence=(
        Step(_forecast, lambda run: run.ahead, lambda config: bool(config.evidence.cutoff)),
        Step(_weigh),
        Step(_tabulate),
        Step(_check_fits),
        Step(_tabulate_figures),
        Step(_regress, asked=lambda config: config.evidence.baselines),
        Step(_predict, _prepare_parts, lambda config: config.evidence.predictive),
        Step(_pair, asked=lambda config: config.evidence.pairs),
        Step(_explain),
    ),
    report=(Step(_write_report),),
)
