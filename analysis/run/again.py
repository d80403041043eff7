"""Weigh a finished run again: evidence and report from its own fits, no model fitted."""

import json
from pathlib import Path

from analysis.files.fits import fit_code
from analysis.files.read_table import ReportError, again, reading
from analysis.run.run import CODE, run
from analysis.settings.config import RunConfig
from analysis.settings.config_file import ConfigError, by_content, read_lasting
from data.panel import PanelError, Progress, silent
from data.panel_files import load_panel


def weigh_again(
    folder: Path,
    config: RunConfig | None = None,
    out: Path | None = None,
    *,
    command: str = "",
    report: Progress = silent,
) -> Path:
    """Weigh the evidence of a finished run again, from its own fits, and write its report.

    Forecasts, plain regressions and ``predictive``, whose draws a run's folder does not hold, come
    from the store of fits, and are fitted where they are not there.

    Parameters
    ----------
    folder
        Of the run.
    config
        Its configuration with another ``[evidence]`` or title; as it was, if not given.
    out
        Where the result is to stand; in the place of the run if not given.
    command, report
        As for :func:`run`.

    Returns
    -------
    Path
        The finished folder.

    Raises
    ------
    analysis.settings.config_file.ConfigError
        If the configuration needs other fits, or the run is one of ``[dynamic]``.
    analysis.report.read.ReportError
        If a file of the run is missing, or another version of ``data`` or ``models`` fitted it.
    data.storage.StorageError
        As for :func:`run`.
    """
    with reading(folder / "run.toml", but=(ConfigError,)):
        stored = read_lasting(folder / "run.toml")
    with reading(folder / "panel.nc", but=(PanelError,)):
        panel = load_panel(folder / "panel.nc")
    with reading(folder / "provenance.json"):
        made_by = json.loads((folder / "provenance.json").read_text("utf-8")).get(CODE)
    if made_by != fit_code():
        raise ReportError(f"{folder}: its fits are not those of this version. {again(folder)}")
    wanted = stored if config is None else config
    for section in ("panel", "model", "sampler"):
        if getattr(by_content(wanted), section) != getattr(by_content(stored), section):
            raise ConfigError(
                f"[{section}] is not that of {folder}, whose fits are to be weighed. Give the "
                "configuration to `effectiveness run`."
            )
    changed = stored.model_copy(update={"evidence": wanted.evidence, "title": wanted.title})
    return run(changed, panel, out or folder, command=command, report=report, fits_of=folder)
