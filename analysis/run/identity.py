"""What a run's parts are known by: fits, evidence and report each have an identity of their own.

Each hashes the one below it, what it is asked for besides, and the code that makes it. So a
changed caption repeats no fit and weighs nothing again, and a changed key of ``[evidence]``
repeats no fit. Those of fits are :func:`analysis.files.fits.fit_identity`'s.
"""

import hashlib
import json
from typing import Protocol

import xarray as xr

from analysis.files.fits import code_identity, fit_identity, panel_identity
from analysis.settings.config import RunConfig
from analysis.settings.config_file import by_content

EVIDENCE_CODE = (
    *("analysis/record", "analysis/evidence", "analysis/tables", "analysis/files"),
    "analysis/words/vocabulary.py",
    *(f"analysis/run/{name}.py" for name in ("context", "identity", "lasting", "paths")),
    *(f"analysis/dynamic/{name}.py" for name in ("curves", "record", "sweep", "tables", "weigh")),
)
"""Of ``analysis``, what computes evidence and tables; ``data`` and ``models`` are the fits'."""

REPORT_CODE = (
    *("analysis/words", "analysis/plots", "analysis/pages", "analysis/report"),
    *("analysis/publication", "analysis/run", "analysis/dynamic"),
)
"""What else makes a report."""


class Resolved(Protocol):
    """A configuration of any form that can be written out with every default resolved."""

    def to_toml(self) -> str:
        """Write it out."""
        ...


def evidence_identity(config: RunConfig, panel: xr.Dataset) -> str:
    """Hash all that the evidence of a run and its tables depend on, its title aside."""
    known = by_content(config)
    fitted = (panel, known.sampler, known.model.model_dump_json())
    paths = None if known.dynamic is None else known.dynamic.model_dump_json()
    asked = known.evidence.model_dump_json(), str(known.panel.catalogue)
    about = {name: str(one) for name, one in panel.attrs.items() if name != "title"}
    words = (json.dumps(about, sort_keys=True), code_identity(EVIDENCE_CODE))
    return fit_identity("evidence", *fitted, paths, *asked, *words)


def report_identity(config: RunConfig, panel: xr.Dataset) -> str:
    """Hash all that a run's folder depends on."""
    parts = (
        evidence_identity(config, panel),
        by_content(config).to_toml(),
        str(panel.attrs.get("title", "")),
        code_identity(REPORT_CODE),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def whole_identity(config: Resolved, panel: xr.Dataset) -> str:
    """Hash configuration, panel and all code: what a result of any other command depends on."""
    known = by_content(config) if isinstance(config, RunConfig) else config
    digest = hashlib.sha256(known.to_toml().encode())
    digest.update(panel_identity(panel).encode())
    digest.update(json.dumps({k: str(v) for k, v in panel.attrs.items()}, sort_keys=True).encode())
    digest.update(code_identity().encode())
    return digest.hexdigest()
