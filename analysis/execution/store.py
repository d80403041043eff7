"""The folder of finished results: each whole or not at all, each computed once.

A result is a folder ``results/KEY``, filled under a temporary name and renamed when everything
is in it. A failure is ``failures/KEY.json``. Any number of workers may write at the same time,
on one machine or through a shared file system; one client at a time works in a store.
"""

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from data.storage import StorageError, damaged, note, seal, write_file


class StoreError(StorageError):
    """The store cannot be used as it stands; the message says why."""


class Failure(BaseModel):
    """Why a task has no result.

    Attributes
    ----------
    label, error
        The task, and its error in one line.
    kind
        ``error``: the work failed, and would fail again. ``killed``: its worker was killed
        again and again; the next run tries it once more.
    traceback
        Where it failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    error: str
    kind: Literal["error", "killed"] = "error"
    traceback: str = ""


class Store:
    """Results and failures under one folder.

    Parameters
    ----------
    folder
        Made when the first result comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._whole: set[str] = set()

    def place(self, key: str) -> Path:
        """Return where a result stands, or will."""
        return self.folder / "results" / key

    def finished(self, key: str) -> bool:
        """Return whether a result is there, with every file as it was written."""
        if key not in self._whole and self.place(key).is_dir():
            if damaged(self.place(key)):
                note(f"{self.place(key)}: damaged; it is computed again.")
                return False
            self._whole.add(key)
        return key in self._whole

    def failure(self, key: str) -> Failure | None:
        """Read why a task failed, if it did and has no result since."""
        try:
            return Failure.model_validate_json(self._failed(key).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, UnicodeDecodeError) as error:
            note(f"{self._failed(key)}: damaged ({type(error).__name__}); it counts for nothing.")
            return None

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """Return an empty folder to fill; it becomes the result if nothing is raised.

        Where the result came into being meanwhile, by another worker, that one stays.
        """
        place = self.place(key)
        partial = place.with_name(f".{key[:16]}-{uuid.uuid4().hex[:8]}.partial")
        partial.mkdir(parents=True)
        try:
            yield partial
            seal(partial)
            if not self.finished(key):
                shutil.rmtree(place, ignore_errors=True)
            try:
                partial.rename(place)
            except OSError:
                if not self.finished(key):
                    raise
            self._failed(key).unlink(missing_ok=True)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def record_failure(self, key: str, failure: Failure) -> None:
        """Keep why a task failed, whole or not at all."""
        file = self._failed(key)
        write_file(file, json.dumps(failure.model_dump(), indent=2).encode())

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep other clients out, and sweep away what killed workers left half written.

        Raises
        ------
        StoreError
            If another run is at work in the folder.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".store.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise StoreError(
                f"{self.folder}: another run is at work there. Wait for it, or stop it."
            ) from None
        try:
            self._sweep()
            yield
        finally:
            lock.release()

    def _sweep(self) -> None:
        """Remove unfinished results and records."""
        for left in self.folder.glob("results/.*.partial"):
            shutil.rmtree(left, ignore_errors=True)
        for record in self.folder.glob("failures/.*.part"):
            record.unlink(missing_ok=True)

    def _failed(self, key: str) -> Path:
        return self.folder / "failures" / f"{key}.json"
