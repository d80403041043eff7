"""What a run fits besides its own models.

Alternatives, plain regressions, ``predictive`` and forecasts from a cut-off: each is asked for
under ``[evidence]``, and takes its fits from the store where they are there.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.files.fits import FitStore
from analysis.files.read_table import load_fits
from analysis.files.spreadsheet import write_csv
from analysis.record.parts import Forecasts
from analysis.settings.config import RunConfig, catalogue_path
from data.dates import numpy_day
from data.panel import Progress
from data.storage import write_file


def check_alternatives(config: RunConfig, panel: xr.Dataset) -> None:
    """Refuse a panel that an alternative cannot be fitted to, before anything is compiled."""
    from analysis.evidence.alternatives import changed_model
    from models.inputs import prepare

    for name in config.evidence.alternatives:
        prepare(panel, changed_model(config.model, name))


def fit_alternatives(
    config: RunConfig, panel: xr.Dataset, partial: Path, store: FitStore, report: Progress
) -> dict[str, xr.DataTree]:
    """Gather fits of the primary model under other assumptions in the same way."""
    from analysis.evidence.alternatives import changed_model, variant_of

    files: dict[str, Path] = {}
    plain = config.sampler.model_copy(update={"refits": False, "region_refits": False})
    for name in config.evidence.alternatives:
        variant = variant_of(config.model)
        files[name] = partial / "fits" / f"{variant.name}-{name}.nc"
        if not files[name].is_file():
            model = changed_model(config.model, name)
            for _, file in store.files(panel, [variant], model, plain, report):
                write_file(files[name], file.read_bytes(), partial)
    loaded = load_fits(files.values())
    return {name: loaded[file.stem] for name, file in files.items()}


def fit_regressions(
    config: RunConfig, panel: xr.Dataset, store: FitStore, report: Progress
) -> dict[str, pd.DataFrame]:
    """Fit the plain regressions; give their tables."""
    from analysis.evidence.baselines import fit_baselines

    model, sampler, interval = config.model, config.sampler, config.evidence.interval
    found = fit_baselines(panel, model, sampler, interval, report, store.keep)
    links = {"indicator_links": found.links} if len(found.links) else {}
    return {**links, "baselines": found.summary}


def fit_after_inspection(
    config: RunConfig, panel: xr.Dataset, store: FitStore, report: Progress
) -> pd.DataFrame:
    """Fit the estimand ``predictive``; give its table."""
    from analysis.evidence.predictive import predict

    groups, how = groups_of_run(config, panel), config.evidence
    return predict(panel, config.model, config.sampler, groups, how.interval, report, store.keep)


def groups_of_run(config: RunConfig, panel: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """Give the groups of indicators that answer by themselves as well."""
    from analysis.evidence.groups import groups_of
    from data.catalogue import read_catalogue
    from models.inputs import declared_weights

    sets = {one.id: one.sets for one in read_catalogue(catalogue_path(config))}
    names = [str(name) for name in panel.indicator.values]
    return groups_of(names, sets, declared_weights(panel, config.model.weights))


def write_prospective(
    config: RunConfig, panel: xr.Dataset, partial: Path, store: FitStore, report: Progress
) -> Forecasts:
    """Fit what was known at the cut-off, write how the forecasts did and return it."""
    from analysis.evidence.prospective import look_ahead

    cutoff = numpy_day(config.evidence.cutoff)
    found = look_ahead(panel, cutoff, config.model, config.sampler, report, store.fits)
    folder = partial / "tables"
    scores, cases, curves = found.without_numbers() if found.reasons else found.tables()
    scores = scores.assign(cutoff=config.evidence.cutoff, reasons="; ".join(found.reasons))
    write_csv(scores, folder / "prospective.csv")
    write_csv(cases, folder / "prospective_cases.csv")
    write_csv(curves, folder / "prospective_reliability.csv")
    return found.to_record(config.evidence.cutoff)
