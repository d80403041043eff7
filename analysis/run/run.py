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
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import xarray as xr

from analysis.files.fits import PACKAGES, FitStore, code_identity, fit_code, panel_identity
from analysis.files.read_table import load_fits
from analysis.files.spreadsheet import write_csv
from analysis.run.further import (
    check_alternatives,
    fit_after_inspection,
    fit_alternatives,
    fit_regressions,
    groups_of_run,
    write_prospective,
)
from analysis.settings.config import RunConfig
from analysis.settings.config_file import by_content, files_of
from analysis.tables.map import NAME as MAP_NAME
from analysis.tables.map import write_map
from data.dates import numpy_day
from data.folders import is_finished, whole_folder
from data.panel import Progress, silent
from data.panel_files import save_panel
from data.storage import is_intact, keep_intact, note, write_file

if TYPE_CHECKING:
    from analysis.dynamic.run import DynamicRun

KIND = "run"
CODE = "fit_code_sha256"
"""Key of the provenance: what can change a fit (:func:`analysis.files.fits.fit_code`)."""


def run(
    config: RunConfig,
    panel: xr.Dataset,
    folder: Path | None = None,
    *,
    name: str = "run",
    command: str = "",
    data_root: Path | None = None,
    report: Progress = silent,
    fits_of: Path | None = None,
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
    fits_of
        A finished run whose fits are these (:mod:`analysis.run.again`); if it is the folder
        itself, that run gives way to this one.

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

        require_periods(panel, config.model, groups_of_run(config, panel))
    paths = None
    if config.dynamic is not None:
        from analysis.dynamic.run import DynamicRun

        paths = DynamicRun(config, config.dynamic, panel)
    else:
        from models.requirements import require_fit

        require_fit(panel, config.model)
    identity = run_identity(config, panel)
    folder = folder or Path("runs") / f"{name}-{identity[:12]}"
    replaces = fits_of is not None and fits_of.resolve() == folder.resolve()
    with whole_folder(folder, KIND, identity, keeps="fits/*.nc", replaces=replaces) as place:
        if not place.finished:
            if fits_of is not None:
                _take_fits(fits_of, place.folder)
            _fill(place.folder, config, panel, paths, data_root, command, report)
    return folder


def _take_fits(folder: Path, partial: Path) -> None:
    """Take the fits of a finished run, and its map, that are as they were written."""
    for file in (*sorted((folder / "fits").glob("*.nc")), *folder.glob(MAP_NAME)):
        if is_intact(file, folder):
            write_file(partial / file.relative_to(folder), file.read_bytes(), partial)
        else:
            note(f"{file}: damaged; it is taken from the store of fits, or computed again.")


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
        check_alternatives(config, panel)
    started = time.perf_counter()
    (partial / "fits").mkdir(exist_ok=True)
    keep_intact(partial, "fits/*.nc")
    if paths is None:
        write_map(panel, partial, data_root)
        store = FitStore()
        fits = _fit(config, panel, partial, store, report)
        _write_results(config, panel, fits, partial, store, report)
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


def with_its_files(config: RunConfig, partial: Path) -> RunConfig:
    """Copy the files that a configuration names into the run's folder, and name the copies."""
    update = {}
    for key, file in files_of(config).items():
        update[key] = f"inputs/{file.name}"
        write_file(partial / update[key], file.read_bytes())
    return config.model_copy(update={"panel": config.panel.model_copy(update=update)})


def _fit(
    config: RunConfig, panel: xr.Dataset, partial: Path, store: FitStore, report: Progress
) -> dict[str, xr.DataTree]:
    """Gather the run's fits in its folder, those that are not in the store fitted first."""
    from models.link import variants

    wanted = variants(config.model)
    files = {variant.name: partial / "fits" / f"{variant.name}.nc" for variant in wanted}
    missing = [variant for variant in wanted if not files[variant.name].is_file()]
    for name, file in store.files(panel, missing, config.model, config.sampler, report):
        write_file(files[name], file.read_bytes(), partial)
    return load_fits(files.values())


def _write_results(
    config: RunConfig,
    panel: xr.Dataset,
    fits: dict[str, xr.DataTree],
    partial: Path,
    store: FitStore,
    report: Progress,
) -> None:
    """Weigh the evidence and write everything that the report reads."""
    from analysis.evidence.convergence import examine
    from analysis.evidence.weigh import score_fits, weigh
    from analysis.tables.checks import check_tables
    from analysis.tables.dictionary import dictionary
    from analysis.tables.for_figures import figure_tables
    from analysis.tables.run_tables import run_pairs, run_tables

    others = fit_alternatives(config, panel, partial, store, report)
    further = fit_regressions(config, panel, store, report) if config.evidence.baselines else {}
    if config.evidence.predictive:
        further["predictive"] = fit_after_inspection(config, panel, store, report)
    report("weighing the evidence", 0, 1)
    gates = {name: examine(fit) for name, fit in fits.items()}
    scores = score_fits(fits)
    settled = {"cutoff", "baselines", "predictive", "alternatives", "pairs"}
    how = config.evidence.model_dump(exclude=settled)
    evidence = weigh(fits, gates=gates, scores=scores, alternatives=others, **how)
    if config.evidence.cutoff:
        forecasts = write_prospective(config, panel, partial, store, report)
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
        CODE: fit_code(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "configuration_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "panel_sha256": hashlib.sha256(panel_file.read_bytes()).hexdigest(),
        "sources": json.loads(panel.attrs["sources"]),
        "release": str(panel.attrs["release"]),
    }
    (partial / "provenance.json").write_text(json.dumps(record, indent=2), "utf-8")
