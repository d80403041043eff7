"""Write and read netCDF files so that damage is noticed before a value is used.

Each numeric array carries HDF5's own checksums (``fletcher32``), which any reader of the format
verifies. They do not cover text and the file's own tables, whose damage can make the library read
without end: so the sha256 of all bytes stands behind the end of the HDF5 file, where other
readers do not look, and is compared before the library sees the file. A file without it, such as
one of an earlier version, is read as it is.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from data.storage import write_file

_NAME = b"\nauthority-effectiveness sha256 "
_HEX = 64
_ENGINE: Any = "h5netcdf"

Encoding = Mapping[str, Mapping[str, object]]


class DamagedFileError(ValueError):
    """A netCDF file cannot be read, or is not as it was written."""


def write_netcdf(
    stored: xr.Dataset | xr.DataTree,
    path: Path,
    folder: Path | None = None,
    encoding: Mapping[str, Encoding] | None = None,
) -> None:
    """Write a dataset or a tree with checksums, whole or not at all.

    The file is made in memory: HDF5 itself crashes where the disk is full.

    Parameters
    ----------
    stored
        What to write.
    path
        The file.
    folder
        The folder in whose list of checksums it is entered (:func:`data.storage.write_file`).
    encoding
        By group (``/`` of a dataset) and variable, what the file format is to do besides.
    """
    asked = encoding or {}
    if isinstance(stored, xr.DataTree):
        groups = {
            node.path: _checked(node.to_dataset(inherit=False), asked.get(node.path, {}))
            for node in stored.subtree
        }
        content = bytes(stored.to_netcdf(None, engine=_ENGINE, encoding=groups))
    else:
        whole = _checked(stored, asked.get("/", {}))
        content = bytes(stored.to_netcdf(None, engine=_ENGINE, encoding=whole))
    digest = hashlib.sha256(content).hexdigest()
    write_file(path, content + _NAME + digest.encode() + b"\n", folder)


def read_dataset(path: Path) -> xr.Dataset:
    """Read a dataset whole.

    Raises
    ------
    DamagedFileError
        If the file is damaged or no netCDF file.
    """

    def load() -> xr.Dataset:
        with xr.open_dataset(path, engine=_ENGINE) as stored:
            return stored.load()

    return _read(path, load)


def read_tree(path: Path) -> xr.DataTree:
    """Read a tree whole.

    Raises
    ------
    DamagedFileError
        If the file is damaged or no netCDF file.
    """

    def load() -> xr.DataTree:
        with xr.open_datatree(path, engine=_ENGINE) as stored:
            return stored.load()

    return _read(path, load)


@contextmanager
def open_tree(path: Path) -> Iterator[xr.DataTree]:
    """Open a tree, verified, of which only parts are to be read.

    Raises
    ------
    DamagedFileError
        If the file is damaged or no netCDF file.
    """
    tree = _read(path, lambda: xr.open_datatree(path, engine=_ENGINE))
    try:
        with tree:
            yield tree
    except OSError as error:
        raise _damaged(path, error) from error


def _checked(dataset: xr.Dataset, asked: Encoding) -> dict[str, dict[str, object]]:
    """Ask for checksums wherever HDF5 can hold them: not of text, single values and nothing."""
    return {
        str(name): {
            **asked.get(str(name), {}),
            **({"fletcher32": True} if array.dtype.kind not in "OUS" and array.ndim else {}),
        }
        for name, array in dataset.variables.items()
        if array.size
    }


def _read[Stored](path: Path, load: Callable[[], Stored]) -> Stored:
    """Verify and load, with any fault of the file as one line."""
    try:
        _verify(path)
        return load()
    except DamagedFileError:
        raise
    except Exception as error:  # whatever the format's library meets in damaged bytes
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DamagedFileError:
    """Return the error that a file cannot be read."""
    said = " ".join(str(error).split())[:120] or type(error).__name__
    return DamagedFileError(f"{path}: cannot be read as netCDF ({said}); wanted a whole file.")


def _verify(path: Path) -> None:
    """Compare a file's bytes with the sha256 that stands behind them, if one does."""
    mark = len(_NAME) + _HEX + 1
    size = path.stat().st_size - mark
    if size <= 0:
        return
    with path.open("rb") as file:
        file.seek(size)
        written = file.read(mark)
    if not written.startswith(_NAME):
        return
    if _digest(path, size).encode() != written[len(_NAME) : -1]:
        raise DamagedFileError(
            f"{path}: is damaged: its bytes are not those that were written (sha256)."
        )


def _digest(path: Path, size: int) -> str:
    """Hash the first bytes of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0:
            block = file.read(min(size, 1 << 20))
            if not block:
                break
            digest.update(block)
            size -= len(block)
    return digest.hexdigest()
