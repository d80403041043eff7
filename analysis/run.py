"""A run: one configuration and one panel in, one folder out, whole or not at all.

:mod:`data.storage` sees to that. A run's identity is a hash of the resolved configuration, the
panel and the code, so that the same run is not computed twice; a stopped run leaves its finished
fits in its hidden folder, and goes on from them.
"""

import hashlib
import importlib.metadata
import json
import platform
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.config import RunConfig, catalogue_path
from analysis.config_file import by_content, files_of
from analysis.evidence.parts import Forecasts
from analysis.figure_tables.map import write_map
from analysis.report.read_table import open_fit
from analysis.spreadsheet import write_csv
from data.dates import numpy_day
from data.netcdf import write_netcdf
from data.panel import Progress, save_panel, silent
from data.storage import is_finished, keep_intact, whole_folder, write_file

if TYPE_CHECKING:
    from analysis.dynamic.run import DynamicRun

_PACKAGES = ("arviz", "bambi", "numpy", "numba", "nutpie", "pandas", "pymc", "pytensor", "xarray")
KIND = "run"
_FLOAT32 = {"dtype": "float32", "zlib": True, "complevel": 1}


def run(
    config: RunConfig,
    panel: xr.Dataset,
    folder: Path | None = None,
    *,
    name: str = "run",
    command: str = "",
    data_root: Path | None = None,
    report: Progress = silent,
) -> Path:
    """Fit, weigh the evidence and write the report.

    Parameters
    ----------
    config, panel
        What to compute, and from what.
    folder
        Where the run's folder is to stand; ``runs/NAME-HASH`` if not given.
    name
        What to call the run in that default.
    command
        The command line, for the provenance.
    data_root
        Folder of the published files, if at hand, for the boundaries of the report's maps.
    report
        Called with every step's progress.

    Returns
    -------
    Path
        The finished folder. If it stood there already, nothing was computed.

    Raises
    ------
    data.storage.StorageError
        If the folder holds something else, or another process is making something else there.
    data.panel.PanelError
        If the panel cannot be fitted.
    """
    if config.evidence.cutoff:
        from analysis.evidence.prospective import prepare_ahead

        prepare_ahead(panel, numpy_day(config.evidence.cutoff), config.model)
    if config.evidence.predictive:
        from analysis.evidence.predictive import require_periods

        require_periods(panel, config.model, _groups(config, panel))
    paths = None
    if config.dynamic is not None:
        from analysis.dynamic.run import DynamicRun

        paths = DynamicRun(config, config.dynamic, panel)
    else:
        from models.requirements import require_fit

        require_fit(panel, config.model)
    identity = run_identity(config, panel)
    folder = folder or Path("runs") / f"{name}-{identity[:12]}"
    with whole_folder(folder, KIND, identity, keeps="fits/*.nc") as place:
        if not place.finished:
            _fill(place.folder, config, panel, paths, data_root, command, report)
    return folder


def _fill(
    partial: Path,
    config: RunConfig,
    panel: xr.Dataset,
    paths: "DynamicRun | None",
    data_root: Path | None,
    command: str,
    report: Progress,
) -> None:
    """Fit what is not there yet, weigh it and write everything."""
    if config.evidence.alternatives:
        _check_alternatives(config, panel)
    started = time.perf_counter()
    (partial / "fits").mkdir(exist_ok=True)
    keep_intact(partial, "fits/*.nc")
    if paths is None:
        write_map(panel, partial, data_root)
        fits = _fit(config, panel, partial, report)
        _write_results(config, panel, fits, partial, report)
    else:
        paths.write(partial, report)
    text = with_its_files(config, partial).to_toml()
    (partial / "run.toml").write_text(text, "utf-8")
    save_panel(panel, partial / "panel.nc")
    _write_provenance(config, text, panel, partial, command, time.perf_counter() - started)
    report("writing the report", 0, 1)
    if paths is None:
        from analysis.report.build import write_report

        write_report(partial)
    else:
        paths.write_page(partial)
    report("writing the report", 1, 1)


def finished_run(folder: Path, identity: str) -> bool:
    """Return whether a folder holds this very run, whole."""
    return is_finished(folder, KIND, identity)


class Resolved(Protocol):
    """A configuration of any form that can be written out with every default resolved."""

    def to_toml(self) -> str:
        """Write it out."""
        ...


def run_identity(config: Resolved, panel: xr.Dataset) -> str:
    """Hash everything that a result depends on: configuration, panel and code."""
    known = by_content(config) if isinstance(config, RunConfig) else config
    digest = hashlib.sha256(known.to_toml().encode())
    digest.update(panel_identity(panel).encode())
    digest.update(json.dumps({k: str(v) for k, v in panel.attrs.items()}, sort_keys=True).encode())
    digest.update(code_identity().encode())
    return digest.hexdigest()


def panel_identity(panel: xr.Dataset) -> str:
    """Hash a panel's values and coordinates, wherever they came from."""
    digest = hashlib.sha256()
    for name in sorted(map(str, panel.variables)):
        values = panel[name].values
        digest.update(name.encode() + str(values.dtype).encode() + values.tobytes())
    return digest.hexdigest()


def code_identity() -> str:
    """Hash the project's own source files, and name the release of the sampling stack."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for package in ("data", "models", "analysis"):
        for path in sorted((root / package).rglob("*")):
            if path.suffix in {".py", ".toml", ".csv", ".html", ".css", ".js"}:
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    versions = " ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    return f"{digest.hexdigest()} {versions}"


def with_its_files(config: RunConfig, partial: Path) -> RunConfig:
    """Copy the files that a configuration names into the run's folder, and name the copies."""
    update = {}
    for key, file in files_of(config).items():
        update[key] = f"inputs/{file.name}"
        write_file(partial / update[key], file.read_bytes())
    return config.model_copy(update={"panel": config.panel.model_copy(update=update)})


def _fit(
    config: RunConfig, panel: xr.Dataset, partial: Path, report: Progress
) -> dict[str, xr.DataTree]:
    """Fit what is not there yet, saving each fit as soon as it is finished."""
    from models.engine import fit_each
    from models.link import variants

    wanted = variants(config.model)
    files = {variant.name: partial / "fits" / f"{variant.name}.nc" for variant in wanted}
    missing = [variant for variant in wanted if not files[variant.name].is_file()]
    for name, fit in fit_each(panel, missing, config.model, config.sampler, report):
        save_fit(fit, files[name], partial)
    return load_fits(files.values())


def _check_alternatives(config: RunConfig, panel: xr.Dataset) -> None:
    """Refuse a panel that an alternative cannot be fitted to, before anything is compiled."""
    from analysis.evidence.alternatives import changed_model
    from models.inputs import prepare

    for name in config.evidence.alternatives:
        prepare(panel, changed_model(config.model, name))


def _fit_alternatives(
    config: RunConfig, panel: xr.Dataset, partial: Path, report: Progress
) -> dict[str, xr.DataTree]:
    """Fit the primary model under other assumptions, each as soon as wanted and kept as others."""
    from analysis.evidence.alternatives import changed_model, variant_of
    from models.engine import fit_each

    files: dict[str, Path] = {}
    plain = config.sampler.model_copy(update={"refits": False, "region_refits": False})
    for name in config.evidence.alternatives:
        variant = variant_of(config.model)
        files[name] = partial / "fits" / f"{variant.name}-{name}.nc"
        if not files[name].is_file():
            model = changed_model(config.model, name)
            for _, fit in fit_each(panel, [variant], model, plain, report):
                save_fit(fit, files[name], partial)
    loaded = load_fits(files.values())
    return {name: loaded[file.stem] for name, file in files.items()}


def save_fit(fit: xr.DataTree, file: Path, folder: Path) -> None:
    """Write one fit with its checksum; what is by authority in single precision."""
    encoding = {
        f"/{group}": {
            str(name): _FLOAT32
            for name, array in fit[group].data_vars.items()
            if "authority" in array.dims and array.dtype.kind == "f" and "draw" in array.dims
        }
        for group in ("posterior", "log_likelihood")
        if group in fit
    }
    write_netcdf(fit, file, folder, encoding)


def load_fits(files: Iterable[Path]) -> dict[str, xr.DataTree]:
    """Read fits back, by the names of their files."""
    fits = {}
    for file in files:
        with open_fit(file) as stored:
            fits[file.stem] = stored.load()
    return fits


def _write_results(
    config: RunConfig,
    panel: xr.Dataset,
    fits: dict[str, xr.DataTree],
    partial: Path,
    report: Progress,
) -> None:
    """Weigh the evidence and write everything that the report reads."""
    from analysis.check_tables import check_tables
    from analysis.dictionary import dictionary
    from analysis.evidence.convergence import examine
    from analysis.evidence.weigh import score_fits, weigh
    from analysis.figure_tables.build import figure_tables
    from analysis.tables import run_pairs, run_tables

    others = _fit_alternatives(config, panel, partial, report)
    further = _baselines(config, panel, report) if config.evidence.baselines else {}
    if config.evidence.predictive:
        further["predictive"] = _predictive(config, panel, report)
    report("weighing the evidence", 0, 1)
    gates = {name: examine(fit) for name, fit in fits.items()}
    scores = score_fits(fits)
    settled = {"cutoff", "baselines", "predictive", "alternatives", "pairs"}
    how = config.evidence.model_dump(exclude=settled)
    evidence = weigh(fits, gates=gates, scores=scores, alternatives=others, **how)
    if config.evidence.cutoff:
        forecasts = _write_prospective(config, panel, partial, report)
        evidence = evidence.model_copy(update={"forecasts": forecasts})
    (partial / "evidence.json").write_text(evidence.to_json(), "utf-8")
    tables = run_tables(fits, gates, evidence, panel, scores)
    tables |= check_tables(fits, scores, evidence, panel, report)
    tables |= figure_tables(
        fits,
        {name: gate.converged for name, gate in gates.items()},
        scores,
        panel,
        structure=config.model.structure,
        interval=config.evidence.interval,
    )
    tables |= further
    if config.evidence.pairs:
        write_csv(run_pairs(fits, evidence), partial / "tables" / "pairs.csv.gz")
    for name, table in {**tables, "data_dictionary": dictionary(tables)}.items():
        write_csv(table, partial / "tables" / f"{name}.csv")
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
    (partial / "diagnostics.json").write_text(json.dumps(diagnostics, indent=2), "utf-8")
    report("weighing the evidence", 1, 1)


def _baselines(config: RunConfig, panel: xr.Dataset, report: Progress) -> dict[str, pd.DataFrame]:
    """Fit the plain regressions; give their tables."""
    from analysis.evidence.baselines import fit_baselines

    found = fit_baselines(panel, config.model, config.sampler, config.evidence.interval, report)
    return {"indicator_links": found.links, "baselines": found.summary}


def _predictive(config: RunConfig, panel: xr.Dataset, report: Progress) -> pd.DataFrame:
    """Fit the estimand ``predictive``; give its table."""
    from analysis.evidence.predictive import predict

    groups, how = _groups(config, panel), config.evidence
    return predict(panel, config.model, config.sampler, groups, how.interval, report)


def _groups(config: RunConfig, panel: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """Give the groups of indicators that answer by themselves as well."""
    from analysis.evidence.groups import groups_of
    from data.catalogue import read_catalogue
    from models.inputs import declared_weights

    sets = {one.id: one.sets for one in read_catalogue(catalogue_path(config))}
    names = [str(name) for name in panel.indicator.values]
    return groups_of(names, sets, declared_weights(panel, config.model.weights))


def _write_prospective(
    config: RunConfig, panel: xr.Dataset, partial: Path, report: Progress
) -> Forecasts:
    """Fit what was known at the cut-off, write how the forecasts did and return it."""
    from analysis.evidence.prospective import look_ahead

    found = look_ahead(
        panel, numpy_day(config.evidence.cutoff), config.model, config.sampler, report
    )
    folder = partial / "tables"
    scores, cases, curves = found.without_numbers() if found.reasons else found.tables()
    scores = scores.assign(cutoff=config.evidence.cutoff, reasons="; ".join(found.reasons))
    write_csv(scores, folder / "prospective.csv")
    write_csv(cases, folder / "prospective_cases.csv")
    write_csv(curves, folder / "prospective_reliability.csv")
    return found.to_record(config.evidence.cutoff)


def _write_provenance(
    config: RunConfig,
    text: str,
    panel: xr.Dataset,
    partial: Path,
    command: str,
    seconds: float,
) -> None:
    """Say what made this run."""
    panel_file = partial / "panel.nc"
    record = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "command": command,
        "seed": config.sampler.seed,
        "code_version": importlib.metadata.version("authority-effectiveness"),
        "code_sha256": code_identity().split()[0],
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "configuration_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "panel_sha256": hashlib.sha256(panel_file.read_bytes()).hexdigest(),
        "sources": json.loads(panel.attrs["sources"]),
        "release": str(panel.attrs["release"]),
    }
    (partial / "provenance.json").write_text(json.dumps(record, indent=2), "utf-8")
