"""Files that come into being whole or not at all, and are checked when read.

``.sha256`` in a folder lists its files as ``sha256sum`` does, so that a file that was lost or
damaged is noticed when the folder is used again. A lock is the operating system's, which frees
it when the process dies. What makes a folder whole is in :mod:`data.folders`.
"""

import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

MARK, SUMS = ".identity", ".sha256"
LOCK = ".lock"
_LOOK_AGAIN, _PATIENCE = 0.2, 5


class StorageError(ValueError):
    """A folder or a file cannot be used as it stands; the message says why and what to do."""


def note(text: str) -> None:
    """Write one line for the user to standard error."""
    sys.stderr.write(f"effectiveness: {text}\n")
    sys.stderr.flush()


@contextmanager
def locked(file: Path, what: Path, label: str) -> Iterator[None]:
    """Hold a lock that dies with the process; wait for a holder of the same label.

    Raises
    ------
    StorageError
        If the holder has another label: it is making something else.
    """
    lock = FileLock(file, thread_local=False)
    waited = strange = 0
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            # A holder that has just begun has not said yet who it is.
            who, theirs = _holder(file)
            strange = strange + 1 if theirs != label else 0
            if strange > _PATIENCE:
                raise StorageError(
                    f"{what}: {who} is at work there, and not on the same. Wait for it, stop it, "
                    "or name another folder."
                ) from None
            if not waited and not strange:
                waited = 1
                note(f"{what}: {who} is computing the same there; waiting for it.")
            time.sleep(_LOOK_AGAIN)
    try:
        with suppress(OSError):  # Windows lets nobody write to a locked file
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            about = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
            file.write_text(json.dumps({**about, "label": label}), "utf-8")
        yield
    finally:
        with suppress(OSError):  # while it is held, so that nobody else's is removed
            file.unlink()
        lock.release()


def write_file(path: Path, content: bytes, folder: Path | None = None) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path, content
        What to write.
    folder
        The folder in whose list of checksums the file is entered, before it has its name: a
        file that is there and not listed, or listed otherwise, is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if folder is not None:
        now = {_name(path, folder): hashlib.sha256(content).hexdigest()}
        _list(folder, _sums(folder) | now)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def is_intact(path: Path, folder: Path) -> bool:
    """Return whether a file is there as it was entered in its folder's list of checksums."""
    return path.is_file() and _sums(folder).get(_name(path, folder)) == _digest(path)


def is_changed(path: Path, folder: Path) -> bool:
    """Return whether a file is on its folder's list of checksums with another one."""
    return _sums(folder).get(_name(path, folder), "") not in ("", _digest(path))


def keep_intact(folder: Path, pattern: str) -> None:
    """Remove the files of a pattern that are not as they were written, and say so."""
    for path in sorted(folder.glob(pattern)):
        if path.is_file() and not is_intact(path, folder):
            note(f"{path}: damaged; it is computed again.")
            path.unlink()


def damaged(folder: Path) -> list[str]:
    """List the files of a finished folder that are missing or other than they were written."""
    listed = _sums(folder)
    if not listed:
        return [SUMS]
    return [
        name
        for name, digest in listed.items()
        if not (folder / name).is_file() or _digest(folder / name) != digest
    ]


def all_listed(folder: Path) -> bool:
    """Return whether every file of a folder is on its list of checksums."""
    listed = {*_sums(folder), SUMS, MARK}
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    return all(_name(path, folder) in listed for path in files)


def seal(folder: Path) -> None:
    """List every file of a folder with its checksum."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [path for path in files if path.name not in (SUMS, MARK, LOCK, f".store{LOCK}")]
    _list(folder, {_name(path, folder): _digest(path) for path in files})


def relist(folder: Path, patterns: tuple[str, ...], written: Iterable[Path]) -> None:
    """Enter files that were written again, and remove those of before that were not.

    Parameters
    ----------
    folder
        With a list of checksums.
    patterns
        Of what is written together, such as ``figures/*``. Of the files that fit, those that are
        listed and not in ``written`` are left from before; those not listed are somebody else's.
    written
        The files.
    """
    listed = _sums(folder)
    now = {_name(path, folder): _digest(path) for path in written}
    for pattern in patterns:
        for path in folder.glob(pattern):
            name = _name(path, folder)
            if name in listed and name not in now:
                del listed[name]
                path.unlink()
    _list(folder, listed | now)


def lock_of(place: Path) -> Path:
    """Name the file that is locked while a folder is made."""
    return place.with_name(f".{place.name}{LOCK}")


def _holder(file: Path) -> tuple[str, str]:
    """Read who holds a lock, and for what."""
    try:
        told = json.loads(file.read_text("utf-8"))
        if told["process"] == os.getpid() and told["host"] == socket.gethostname():
            return "this process", ""  # which would wait for itself
        who = f"process {told['process']} on {told['host']}, since {told['since']},"
        return who, str(told["label"])
    except (OSError, ValueError, KeyError, TypeError):
        return "another process", ""


def _digest(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sums(folder: Path) -> dict[str, str]:
    """Read a folder's list of checksums; a line that is none lists no file."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    parts = [line.partition("  ") for line in lines]
    return {name: digest for digest, _, name in parts if name and len(digest) == 64}


def _list(folder: Path, digests: dict[str, str]) -> None:
    """Write a folder's list of checksums."""
    lines = [f"{digest}  {name}\n" for name, digest in sorted(digests.items())]
    write_file(folder / SUMS, "".join(lines).encode())


def _name(path: Path, folder: Path) -> str:
    """Name a file as its folder's list does."""
    return path.relative_to(folder).as_posix()
