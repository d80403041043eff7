"""Get the published files: from their pinned public copies, or from a folder.

A file comes into being under ``.partial`` in the folder that is being filled, and
pooch gives it its own name only when its sha256 is the registered one. So whatever
breaks, a published name never holds half a file; what has come is kept, and the next
run continues it. Which files there are is said in ``sources.toml``; whether a folder
holds them, by :func:`data.sources.check_folder`.
"""

import contextlib
import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import pooch

from data.cache import PUBLISHED, cache_folder
from data.download import Download, DownloadRefused, Server
from data.folders import growing_folder
from data.panel import PanelError, Progress, silent
from data.sources import PublishedFile, difference

PARTIAL = ".partial"
"""Folder of what is not yet complete, in the folder that is being filled."""

PINNED = Server()
"""The server of the pinned copies."""


class FetchError(PanelError):
    """Some files could not be got; ``failures`` says which and why, the others are there."""

    def __init__(self, into: Path, failures: Mapping[str, str], wanted: int) -> None:
        self.failures = dict(sorted(failures.items()))
        lines = "".join(f"\n  {path}: {why}" for path, why in self.failures.items())
        super().__init__(
            f"{into}: {len(failures)} of {wanted} files could not be got; wanted all. What "
            f"was got is kept. Run it again to try only these:{lines}"
        )


@dataclass(frozen=True, slots=True)
class Fetched:
    """The files of a folder that were got now, and those that were there already."""

    folder: Path
    got: tuple[str, ...]
    there: tuple[str, ...]


def default_folder() -> Path:
    """Name the folder of published files in the cache of :mod:`data.cache`."""
    return cache_folder() / PUBLISHED


def fetch_files(
    sources: Iterable[PublishedFile],
    into: Path,
    *,
    take_from: Path | None = None,
    server: Server = PINNED,
    replace: bool = False,
    threads: int = 4,
    report: Progress = silent,
) -> Fetched:
    """Fill a folder with published files, each checked against its sha256.

    Parameters
    ----------
    sources
        The files, as :func:`data.sources.choose_sources` gives them.
    into
        The folder to fill, made if need be. Files that are there as registered are
        left alone, and so is everything that is not registered.
    take_from
        A folder, laid out alike, to copy from; nothing is then downloaded.
    server
        Where to download from.
    replace
        Whether a file that is there with other bytes, perhaps a newer edition, gives
        way to the registered one.
    threads
        How many files to get at once.
    report
        Told, by the calling thread, how many files are done.

    Raises
    ------
    FetchError
        When every file has been tried, if some could not be got.
    PanelError, data.storage.StorageError
        If a folder cannot be used, or another process is filling it with other files.
    """
    wanted = tuple(sources)
    if take_from is not None and not take_from.is_dir():
        raise PanelError(
            f"{take_from}: no such folder; wanted one to copy from. Name one that is there."
        )
    pooch.get_logger().setLevel("WARNING")
    stop = threading.Event()
    asked = json.dumps([[one.path for one in wanted], str(take_from), replace])
    with _held(into, hashlib.sha256(asked.encode()).hexdigest()) as partial:
        bring = Download(server, stop) if take_from is None else _Copy(take_from)
        shelf = _Shelf(into, partial, bring, replace)
        new, failures = _run(wanted, shelf.place, stop, threads, report)
    if failures:
        raise FetchError(into, failures, len(wanted))
    paths = [source.path for source in wanted]
    return Fetched(
        into,
        tuple(path for path in paths if new[path]),
        tuple(path for path in paths if not new[path]),
    )


def _run(
    wanted: tuple[PublishedFile, ...],
    place: Callable[[PublishedFile], bool],
    stop: threading.Event,
    threads: int,
    report: Progress,
) -> tuple[dict[str, bool], dict[str, str]]:
    """Place the files in a few threads; say which are new, and which failed and why."""
    what = "fetching published files"
    new: dict[str, bool] = {}
    failures: dict[str, str] = {}
    report(what, 0, len(wanted))
    with ThreadPoolExecutor(threads, "fetch") as pool:
        jobs = {pool.submit(place, source): source.path for source in wanted}
        try:
            for done, job in enumerate(as_completed(jobs), 1):
                try:
                    new[jobs[job]] = job.result()
                except (DownloadRefused, OSError) as error:
                    failures[jobs[job]] = str(error)
                report(what, done, len(wanted))
        except BaseException:  # an interruption: let the threads stop, then pass it on
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return new, failures


@contextlib.contextmanager
def _held(into: Path, identity: str) -> Iterator[Path]:
    """Make the folder and hold it for this process alone; give its folder of partial files."""
    with growing_folder(into, "", identity) as folder:
        partial = folder / PARTIAL
        partial.mkdir(exist_ok=True)
        try:
            yield partial
        finally:
            with contextlib.suppress(OSError):  # what is not complete stays
                partial.rmdir()


@dataclass(frozen=True, slots=True)
class _Copy:
    """Complete partial files from a folder."""

    folder: Path

    def __call__(self, source: PublishedFile, part: Path) -> None:
        """Copy the file, if it is there as registered."""
        origin = self.folder / source.path
        if not origin.is_file():
            raise DownloadRefused(f"{self.folder} has no such file")
        fault = difference(origin, source)
        if fault is not None:
            raise DownloadRefused(f"{self.folder} has it with {fault}")
        shutil.copyfile(origin, part)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The folder being filled, and what completes its partial files."""

    into: Path
    partial: Path
    bring: Download | _Copy
    replace: bool

    def place(self, source: PublishedFile) -> bool:
        """Bring one file under its own name; give whether it was not there before."""
        path = self.into / source.path
        fault = difference(path, source) if path.exists() else "nothing"
        if fault is None:
            return False
        if path.exists() and not self.replace:
            raise DownloadRefused(f"already there with {fault}. Move it away, or allow replacing")
        path.parent.mkdir(parents=True, exist_ok=True)
        # pooch checks the sha256 of what is delivered, and gives it its name in one step.
        store = pooch.Pooch(
            self.into,
            base_url="",
            registry={source.path: f"sha256:{source.sha256}"},
            urls={source.path: source.address()},
        )
        store.fetch(source.path, downloader=self._delivering(source))
        return True

    def _delivering(self, source: PublishedFile) -> Callable[[str, str, object], None]:
        """Return a way for pooch to get the file: complete it, then hand it over in one step."""
        part = self.partial / source.path.replace("/", "+")

        def deliver(_address: str, output: str, _store: object) -> None:
            self.bring(source, part)
            part.replace(output)

        return deliver
