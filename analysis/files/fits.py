"""The store of fits: what was sampled once is not sampled again.

A fit's identity is a hash of what its draws depend on: the values of the panel, the resolved model
and sampler, the code of ``data`` and ``models``, and the releases of the sampling stack. Words,
figures, ``[evidence]`` and the code of ``analysis`` do not enter it, so that a changed caption or
interval needs no fit. Runs, forecasts, alternatives, plain regressions, paths and grids share the
store: the folder ``fits`` of the user's cache (:func:`data.cache.cache_folder`), one folder an
identity. It keeps what was weighed from a run's fits as well (:mod:`analysis.run.identity`).

One process writes an entry at a time (:func:`data.folders.whole_folder`); a second one that wants
it waits and reads it. Each entry is compared with its checksums before it is read; a damaged one
is computed again. The store can be deleted whenever no run is at work.
"""

import atexit
import hashlib
import importlib.metadata
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel

from data.cache import cache_folder
from data.folders import check_folder, whole_folder
from data.netcdf import read_dataset, read_tree, write_netcdf
from data.panel import Progress, silent
from data.storage import SUMS, StorageError, lock_of, locked, note
from models.dynamic.spec import DynamicSpec
from models.spec import ModelSpec, SamplerSpec, Variant

if TYPE_CHECKING:
    from models.inputs import Prepare

PACKAGES = ("arviz", "bambi", "numpy", "numba", "nutpie", "pandas", "pymc", "pytensor", "xarray")
"""The sampling stack, whose releases enter every identity."""

ROOT = Path(__file__).parents[2]
"""The folder of the packages."""

FITS = "fits"
MOST_BYTES = 10 * 2**30
"""What the store may hold; entries that were not used for longest are removed beyond it."""

_KIND, _FILE = "fit", "fit.nc"
_FLOAT32 = {"dtype": "float32", "zlib": True, "complevel": 1}
SUFFIXES = {".py", ".toml", ".csv", ".html", ".css", ".js"}
# Keys that say which fits are wanted, or where they are computed, and change no draw.
_NO_DRAW = {
    ModelSpec: {"challenger", "identical"},
    SamplerSpec: {"cores"},
    DynamicSpec: {"estimands", "lags"},
}


def panel_identity(panel: xr.Dataset) -> str:
    """Hash a panel's values and coordinates, wherever they came from."""
    digest = hashlib.sha256()
    for name in sorted(map(str, panel.variables)):
        values = panel[name].values
        digest.update(name.encode() + str(values.dtype).encode() + values.tobytes())
    return digest.hexdigest()


@cache
def code_identity(parts: tuple[str, ...] = ("data", "models", "analysis")) -> str:
    """Hash source files, and name the releases of the sampling stack.

    Parameters
    ----------
    parts
        Packages, packages within them and modules, such as ``analysis/evidence``.

    Raises
    ------
    ValueError
        If there is no source file in one of them: it has moved, and would count for nothing.
    """
    digest = hashlib.sha256()
    for part in parts:
        place = ROOT / part
        files = [place] if place.is_file() else sorted(place.rglob("*"))
        sources = [path for path in files if path.suffix in SUFFIXES]
        if not sources:
            raise ValueError(f"{place}: no source file; wanted a package or a module.")
        for path in sources:
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    versions = " ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return f"{digest.hexdigest()} {versions}"


def fit_code() -> str:
    """Hash what can change a fit: the code that makes it, the stack, and how it is written."""
    whole = f"{code_identity(('data', 'models'))} {_FLOAT32}"
    return hashlib.sha256(whole.encode()).hexdigest()


def fit_identity(*parts: object) -> str:
    """Hash what draws depend on, and the code that makes them.

    Parameters
    ----------
    parts
        Panels, arrays, tables, sections of a configuration, and plain values.
    """
    digest = hashlib.sha256(fit_code().encode())
    for part in parts:
        digest.update(b"\0" + type(part).__name__.encode() + b"\0" + _bytes_of(part))
    return digest.hexdigest()


def _bytes_of(part: object) -> bytes:
    """Put one part in bytes."""
    if isinstance(part, xr.Dataset):
        # What a fit keeps of its panel besides values.
        about = [str(part.attrs.get(name, "")) for name in ("simulated", "release")]
        return f"{panel_identity(part)} {about}".encode()
    if isinstance(part, BaseModel):
        return part.model_dump_json(exclude=_NO_DRAW.get(type(part))).encode()
    if isinstance(part, np.ndarray):
        return f"{part.dtype} {part.shape} ".encode() + np.ascontiguousarray(part).tobytes()
    if isinstance(part, pd.DataFrame):
        return pd.util.hash_pandas_object(part).to_numpy().tobytes() + repr([*part]).encode()
    if part is None or isinstance(part, (str, int, float, list, tuple)):
        return repr(part).encode()
    raise TypeError(f"{type(part).__name__} has no identity; wanted a panel or plain values.")


class FitStore:
    """Fits, and what was weighed from them, by identity, in a folder that processes share.

    Parameters
    ----------
    folder
        The store; ``fits`` of the user's cache if not given. Where that cannot be written, fits
        are kept for this process alone, and a note says so.
    most
        Bytes that it may hold.
    report
        Told of everything that is there already.
    """

    def __init__(
        self, folder: Path | None = None, most: int = MOST_BYTES, report: Progress = silent
    ) -> None:
        self.folder = folder or cache_folder() / FITS
        self._most, self._report = most, report
        try:
            check_folder(self.folder, inside=True)
        except StorageError as error:
            note(f"{error} Until then fits are not kept for other runs.")
            self.folder = Path(tempfile.mkdtemp(prefix="fits-"))
            atexit.register(shutil.rmtree, self.folder, ignore_errors=True)

    def fits(
        self,
        panel: xr.Dataset,
        wanted: Iterable[Variant],
        spec: ModelSpec,
        sampler: SamplerSpec,
        report: Progress = silent,
        prepare: "Prepare | None" = None,
    ) -> Iterator[tuple[str, xr.DataTree]]:
        """Yield named fits as :func:`models.engine.fit_each` does, from the store if there."""
        for name, file in self.files(panel, wanted, spec, sampler, report, prepare):
            yield name, read_tree(file)

    def files(
        self,
        panel: xr.Dataset,
        wanted: Iterable[Variant],
        spec: ModelSpec,
        sampler: SamplerSpec,
        report: Progress = silent,
        prepare: "Prepare | None" = None,
    ) -> Iterator[tuple[str, Path]]:
        """Yield the names and files of the same; nothing is compiled if all are there."""
        from models.engine import fitting

        named = {one: fit_identity(panel, one, spec, sampler) for one in wanted}
        own = {} if prepare is None else {"prepare": prepare}
        with ExitStack() as stack:

            @cache
            def start() -> Callable[[Variant], xr.DataTree]:
                left = [
                    one for one, identity in named.items() if not self._place(identity).exists()
                ]
                return stack.enter_context(fitting(panel, left, spec, sampler, report, **own))

            def sampled(variant: Variant) -> xr.DataTree:
                return start()(variant)

            for variant, identity in named.items():
                make = partial(sampled, variant)
                yield variant.name, self._file(identity, variant.name, make)

    def keep(
        self, what: str, parts: tuple[object, ...], make: Callable[[], xr.Dataset]
    ) -> xr.Dataset:
        """Return draws of another kind, computed unless they are there.

        Parameters
        ----------
        what
            Their name.
        parts
            All that they depend on but code.
        make
            Computes them.
        """
        return read_dataset(self.file(what, parts, make))

    def keep_tree(
        self, what: str, parts: tuple[object, ...], make: Callable[[], xr.DataTree]
    ) -> xr.DataTree:
        """Return a fit of another kind; parameters are those of :meth:`keep`."""
        return read_tree(self.file(what, parts, make))

    def file(
        self,
        what: str,
        parts: tuple[object, ...],
        make: Callable[[], xr.DataTree | xr.Dataset],
    ) -> Path:
        """Return the file of either; parameters are those of :meth:`keep`."""
        return self._file(fit_identity(what, *parts), what, make)

    def keep_folder(
        self, kind: str, identity: str, told: str, fill: Callable[[Path], None]
    ) -> Path:
        """Return a folder of files, whole and verified; it is filled unless it is there.

        Parameters
        ----------
        kind, identity
            What it holds, and a hash of all that it depends on, code among it.
        told
            What is reported of a folder that is there.
        fill
            Writes the files into an empty folder.
        """
        place = self._place(identity)
        with whole_folder(place, kind, identity) as entry:
            if entry.finished:
                self._report(told, 1, 1)
                (place / SUMS).touch()
            else:
                fill(entry.folder)
        self._prune(place)
        return place

    def _place(self, identity: str) -> Path:
        return self.folder / identity[:32]

    def _file(
        self, identity: str, name: str, make: Callable[[], xr.DataTree | xr.Dataset]
    ) -> Path:
        """Return the file of an entry that holds one fit."""
        told = f"{name}: from the store of fits"
        return (
            self.keep_folder(_KIND, identity, told, lambda to: save_fit(make(), to / _FILE))
            / _FILE
        )

    def _prune(self, used: Path) -> None:
        """Remove the entries that were not used for longest, if the store holds too much."""
        entries = []
        for sums in self.folder.glob(f"[!.]*/{SUMS}"):
            with suppress(OSError):  # removed by another process
                size = sum(file.stat().st_size for file in sums.parent.rglob("*"))
                entries.append((sums.stat().st_mtime, size, sums.parent))
        total = sum(size for _, size, _ in entries)
        for _, size, place in sorted(entries):
            if total <= self._most:
                return
            if place != used:
                # Nobody reads or fills an entry whose lock is free.
                with suppress(StorageError, OSError), locked(lock_of(place), place, "removed"):
                    shutil.rmtree(place)
                    total -= size


def save_fit(fit: xr.DataTree | xr.Dataset, file: Path) -> None:
    """Write one fit with its checksum; what is by authority in single precision."""
    encoding = {
        f"/{group}": {
            str(name): _FLOAT32
            for name, array in fit[group].data_vars.items()
            if "authority" in array.dims and array.dtype.kind == "f" and "draw" in array.dims
        }
        for group in ("posterior", "log_likelihood")
        if isinstance(fit, xr.DataTree) and group in fit
    }
    write_netcdf(fit, file, encoding=encoding)
