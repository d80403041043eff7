"""A run: one configuration and one panel in, one folder out, whole or not at all.

A run is a list of steps over one context, all of them checked before anything is compiled. They
stand in three stages: fits, evidence, report. Each stage has an identity
(:mod:`analysis.run.identity`). What has the identity of a fit or of evidence that the store knows
is not computed again; a folder that has the identity of the whole is left as it is. A stopped run
leaves its finished fits in its hidden folder, and goes on from them.
"""

import hashlib
import importlib.metadata
import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import xarray as xr

from analysis.files.fits import PACKAGES, code_identity, fit_code
from analysis.run.context import RunContext, Step, Steps
from analysis.run.identity import evidence_identity, report_identity
from analysis.settings.config import RunConfig
from analysis.settings.config_file import files_of
from analysis.tables.map import NAME as MAP_NAME
from analysis.tables.map import write_map
from data.folders import whole_folder
from data.panel import Progress, silent
from data.panel_files import save_panel
from data.storage import MARK, SUMS, is_intact, keep_intact, note, write_file
from models.inputs import panel_facts

KIND = "run"
CODE, EVIDENCE = "fit_code_sha256", "evidence_identity"
"""Keys of the provenance: what can change a fit, and the identity of the evidence."""


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
        Where the run's folder is to stand; ``runs/NAME-HASH`` if not given. A finished run there
        that has the same evidence gets the new report.
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
        If a step cannot be taken with this panel; nothing was compiled then.
    """
    context, steps = _begin(config, panel, data_root, command, report)
    for step in (*steps.fits, *steps.evidence, *steps.report):
        step.check(context)
    evidence, identity = evidence_identity(config, panel), report_identity(config, panel)
    folder = folder or Path("runs") / f"{name}-{identity[:12]}"
    again = fits_of is not None and fits_of.resolve() == folder.resolve()
    replaces = again or evidence == _evidence_of(folder)
    with whole_folder(folder, KIND, identity, keeps="fits/*.nc", replaces=replaces) as place:
        if not place.finished:
            old = fits_of or (folder if replaces else None)
            _fill(context, steps, place.folder, evidence, old)
    return folder


def _begin(
    config: RunConfig, panel: xr.Dataset, data_root: Path | None, command: str, report: Progress
) -> tuple[RunContext, Steps]:
    """Return the context and the steps of the kind of run that a configuration asks for."""
    kind: type[RunContext]
    if config.dynamic is None:
        from analysis.run import lasting

        kind, steps = lasting.LastingRun, lasting.STEPS
    else:
        from analysis.run import paths

        kind, steps = paths.PathsRun, paths.STEPS
    context = kind(config, panel, data_root=data_root, command=command, report=report)
    return context, steps.asked(config)


def _evidence_of(folder: Path) -> str:
    """Read the identity of a finished run's evidence; empty where there is none."""
    try:
        return str(json.loads((folder / "provenance.json").read_text("utf-8"))[EVIDENCE])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _take_fits(folder: Path, partial: Path) -> None:
    """Take the fits of a finished run, and its map, that are as they were written."""
    for file in (*sorted((folder / "fits").glob("*.nc")), *folder.glob(MAP_NAME)):
        if is_intact(file, folder):
            write_file(partial / file.relative_to(folder), file.read_bytes(), partial)
        else:
            note(f"{file}: damaged; it is taken from the store of fits, or computed again.")


def _fill(
    context: RunContext, steps: Steps, folder: Path, evidence: str, fits_of: Path | None
) -> None:
    """Take the steps of each stage whose result is not there."""
    started = time.perf_counter()
    context.folder = folder
    (folder / "fits").mkdir(exist_ok=True)
    if fits_of is not None:
        _take_fits(fits_of, folder)
    keep_intact(folder, "fits/*.nc")
    _take(steps.fits, context, folder)
    told = "evidence: unchanged, from the store; not weighed again"
    weighed = context.store.keep_folder(
        "evidence", evidence, told, lambda to: _take(steps.evidence, context, to)
    )
    for file in sorted(path for path in weighed.rglob("*") if path.is_file()):
        if file.name not in (MARK, SUMS):
            write_file(folder / file.relative_to(weighed), file.read_bytes())
    _entitle(context, folder / "evidence.json")
    write_map(context.panel, folder, context.data_root)
    text = with_its_files(context.config, folder).to_toml()
    (folder / "run.toml").write_text(text, "utf-8")
    save_panel(context.panel, folder / "panel.nc")
    _write_provenance(context, text, evidence, time.perf_counter() - started)
    context.report("writing the report", 0, 1)
    _take(steps.report, context, folder)
    context.report("writing the report", 1, 1)


def _take(steps: tuple[Step, ...], context: RunContext, folder: Path) -> None:
    for step in steps:
        step.run(context, folder)


def _entitle(context: RunContext, file: Path) -> None:
    """Put the run's title and origin into its evidence, which may be of another run's fits."""
    found = context.record.model_validate_json(file.read_text("utf-8"))
    facts = panel_facts(context.panel)
    panel = found.panel.model_copy(update={name: facts[name] for name in ("title", "england")})
    file.write_text(found.model_copy(update={"panel": panel}).to_json(), "utf-8")


def with_its_files(config: RunConfig, partial: Path) -> RunConfig:
    """Copy the files that a configuration names into the run's folder, and name the copies."""
    update = {}
    for key, file in files_of(config).items():
        update[key] = f"inputs/{file.name}"
        write_file(partial / update[key], file.read_bytes())
    return config.model_copy(update={"panel": config.panel.model_copy(update=update)})


def _write_provenance(context: RunContext, text: str, evidence: str, seconds: float) -> None:
    """Say what made this run."""
    panel = context.panel
    record = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "command": context.command,
        "seed": context.config.sampler.seed,
        "code_version": importlib.metadata.version("authority-effectiveness"),
        "code_sha256": code_identity().split()[0],
        CODE: fit_code(),
        EVIDENCE: evidence,
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "configuration_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "panel_sha256": hashlib.sha256((context.folder / "panel.nc").read_bytes()).hexdigest(),
        "sources": json.loads(panel.attrs["sources"]),
        "release": str(panel.attrs["release"]),
    }
    (context.folder / "provenance.json").write_text(json.dumps(record, indent=2), "utf-8")
