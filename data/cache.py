"""Keep built panels by content, so that the same files are not read twice.

A panel's name in the cache is a hash of everything that it is made of: the sha256 of
each input, the catalogue, what was asked for, and the loaders themselves. A cache can
be deleted at any time; a damaged entry is built again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pooch
import xarray as xr

from data.panel import PanelError, load_panel, save_panel

VARIABLE = "EFFECTIVENESS_CACHE"
PROGRAM = "authority-effectiveness"
"""The user's cache folder of this program bears its name."""
PUBLISHED, PANELS = "published", "panels"
"""What stands in it: the files that were fetched, and the panels that were built."""

_PACKAGE = Path(__file__).parent


def cache_folder(named: Path | None = None) -> Path:
    """Give the folder named, or that of the environment, or the user's own cache."""
    if named is not None:
        return named
    from_environment = os.environ.get(VARIABLE, "")
    return Path(from_environment) if from_environment else Path(pooch.os_cache(PROGRAM))


def panel_key(parts: Mapping[str, object]) -> str:
    """Hash what a panel is made of, and the loaders that make it."""
    whole = json.dumps({**parts, "loaders": loaders_digest()}, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


@cache
def loaders_digest() -> str:
    """Hash the files of this package: another loader may give another panel."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.iterdir()):
        if path.suffix in (".py", ".csv", ".toml"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def cached_panel(folder: Path, key: str, build: Callable[[], xr.Dataset]) -> xr.Dataset:
    """Load a panel from the cache, or build it and keep it there.

    Parameters
    ----------
    folder
        The cache; made if it is not there. A folder that cannot be written is no error:
        the panel is built and not kept.
    key
        The panel's name, from :func:`panel_key`.
    build
        Makes the panel.
    """
    path = folder / PANELS / f"{key}.nc"
    if path.is_file():
        try:
            return load_panel(path)
        except PanelError:
            path.unlink(missing_ok=True)
    panel = build()
    try:
        save_panel(panel, path)
    except OSError:
        return panel
    return panel
