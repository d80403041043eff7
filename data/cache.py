"""Keep built panels by content, so that the same files are not read twice.

A panel's name in the cache is a hash of everything that it is made of: the sha256 of
each input, the catalogue, what was asked for, and the loaders themselves. A cache can
be deleted at any time; a damaged entry is built again.

An entry holds the panel's arrays as numpy writes them, which is the quickest to read.
What a user keeps is written as netCDF, by :func:`data.panel_files.save_panel`.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pooch
import xarray as xr

from data.panel import validate_panel

VARIABLE = "EFFECTIVENESS_CACHE"
PROGRAM = "authority-effectiveness"
"""The user's cache folder of this program bears its name."""
PUBLISHED, PANELS = "published", "panels"
"""What stands in it: the files that were fetched, and the panels that were built."""

_ABOUT = "about"
_PACKAGE = Path(__file__).parent


def cache_folder(named: Path | None = None) -> Path:
    """Return the folder named, or that of the environment, or the user's own cache."""
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
    path = folder / PANELS / f"{key}.npz"
    if path.is_file():
        try:
            return _load(path)
        except Exception:  # whatever numpy meets in damaged bytes: the entry is built again
            with suppress(OSError):
                path.unlink()
    panel = build()
    try:
        _save(panel, path)
    except OSError:
        return panel
    return panel


def _save(panel: xr.Dataset, path: Path) -> None:
    """Write a panel's arrays, whole or not at all."""
    about = {
        "dims": {str(name): panel[name].dims for name in panel.variables},
        "coords": list(map(str, panel.coords)),
        "attrs": panel.attrs,
    }
    arrays = {str(name): panel[name].to_numpy() for name in panel.variables}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_ABOUT: np.array(json.dumps(about))}, **arrays)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _load(path: Path) -> xr.Dataset:
    """Read what :func:`_save` wrote; a panel that breaks the contract is refused."""
    _spare_sparse()
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        about = json.loads(str(arrays[_ABOUT]))
        named = {name: (dims, arrays[name]) for name, dims in about["dims"].items()}
    coords = {name: named.pop(name) for name in about["coords"]}
    return validate_panel(xr.Dataset(named, coords, about["attrs"]), str(path))


def _spare_sparse() -> None:
    """Let xarray find that no array is sparse, without importing the library to ask.

    The first index that it makes imports ``sparse``, if that is installed (Bambi wants
    it), and a compiler with it: half of a warm build. No panel holds such an array. For
    everybody but xarray the library can be imported as before.
    """
    if "sparse" in sys.modules:
        return
    sys.modules["sparse"] = None  # type: ignore[assignment]  # how Python says "not there"
    try:
        xr.Dataset(coords={"one": [1]})
    finally:
        del sys.modules["sparse"]
