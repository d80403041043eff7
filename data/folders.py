"""Folders that come into being whole or not at all, and are checked when they are used again.

A folder is filled under a hidden name beside its place, ``.NAME.IDENTITY.partial``, and renamed
when everything is in it. Meanwhile ``.NAME.lock`` is locked. ``.identity`` in the folder says
what made it and from what; its files and their checksums are in :mod:`data.storage`.
"""

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data.storage import (
    LOCK,
    MARK,
    StorageError,
    all_listed,
    damaged,
    lock_of,
    locked,
    note,
    seal,
    write_file,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to fill, or one that is finished already."""

    folder: Path
    finished: bool


def check_folder(folder: Path, kind: str = "", *, inside: bool = False) -> Path:
    """Raise an error, before anything is computed, if a folder cannot be written.

    Parameters
    ----------
    folder
        To be made, or to go on with.
    kind
        What it is to hold, such as ``run``; a folder that holds anything else is refused. Empty
        for a folder that may hold other files.
    inside
        Whether it is enough that the folder itself can be written to, where it is there;
        otherwise a folder beside it must be made.

    Returns
    -------
    Path
        The folder as an absolute path, links resolved.

    Raises
    ------
    StorageError
        If it is a file, lies in one, cannot be written to, or holds something else.
    """
    place = Path(os.path.realpath(folder))
    nearest = place if inside else place.parent
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    for one in (place, nearest):
        if one.exists() and not one.is_dir():
            raise StorageError(f"{folder}: {one} is a file; wanted a folder. Name another.")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise StorageError(
            f"{folder}: {nearest} cannot be written to ({error.strerror}). Name another folder, "
            "or change its permissions."
        ) from error
    if kind and _entries(place) and _mark(place).split(" ")[0] != kind.replace(" ", "_"):
        raise _occupied(folder, kind)
    return place


def is_finished(folder: Path, kind: str, identity: str) -> bool:
    """Return whether a folder holds this very result, with every file as it was written."""
    return _mark(folder) == _label(kind, identity) and not damaged(folder)


def folder_so_far(folder: Path, identity: str) -> Path:
    """Return the folder of a result: the finished one, or the hidden one that is being filled."""
    place = Path(os.path.realpath(folder))
    hidden = _hidden(place, identity)
    return hidden if hidden.exists() else place


@contextmanager
def whole_folder(
    folder: Path, kind: str, identity: str, *, keeps: str = "", replaces: bool = False
) -> Iterator[Place]:
    """Lend a folder to fill; it gets its name when the block ends without an error.

    A second process with the same identity waits, and is then given the finished folder. One
    with another identity is refused.

    Parameters
    ----------
    folder
        Where the result is to stand.
    kind, identity
        What is made, such as ``run``, and a hash of everything that it depends on.
    keeps
        Pattern of the files, such as ``fits/*.nc``, for whose sake the hidden folder of a
        stopped process stays; the next one with this identity goes on from it.
    replaces
        Whether a finished folder of the same kind and another identity gives way. It must not
        hold a file of anybody else's.

    Raises
    ------
    StorageError
        As :func:`check_folder` says; if another process is making something else there, or the
        folder holds another result that does not give way.
    """
    place = check_folder(folder, kind)
    place.parent.mkdir(parents=True, exist_ok=True)
    label = _label(kind, identity)
    partial = _hidden(place, identity)
    with locked(lock_of(place), folder, label):
        finished = _mark(place) == label
        if finished and not damaged(place):
            yield Place(place, True)
            return
        if not finished and _entries(place) and not (replaces and all_listed(place)):
            raise _occupied(folder, kind)
        _look_around(place, partial, label)
        if finished or not keeps:
            shutil.rmtree(partial, ignore_errors=True)
        if finished:
            _take_back(place, partial)
        _begin(partial, label)
        try:
            yield Place(partial, False)
        except BaseException as error:
            _leave(partial, keeps, error)
            raise
        _publish(partial, place, label)


@contextmanager
def growing_folder(folder: Path, kind: str, identity: str) -> Iterator[Path]:
    """Lend a folder that grows from one call to the next, to one process at a time.

    Parameters
    ----------
    folder
        Where the results stand.
    kind
        What it holds; empty where it may hold other files as well.
    identity
        Of what this process adds: one that adds the same waits, another one is refused.

    Raises
    ------
    StorageError
        As :func:`check_folder` says, or if another process is at work there.
    """
    place = check_folder(folder, kind, inside=True)
    place.mkdir(parents=True, exist_ok=True)
    with locked(place / LOCK, folder, _label(kind or "files", identity)):
        if kind:
            write_file(place / MARK, _label(kind, "").encode())
        yield place


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a finished folder while files in it are written again.

    Raises
    ------
    StorageError
        If another process holds it.
    """
    place = Path(os.path.realpath(folder))
    if not place.is_dir():
        yield  # nothing to hold: the caller says what is missing
        return
    with locked(lock_of(place), folder, "written again"):
        yield


def _hidden(place: Path, identity: str) -> Path:
    """Name the folder that is filled until it gets its place's name."""
    return place.with_name(f".{place.name}.{identity[:12]}.partial")


def _label(kind: str, identity: str) -> str:
    """Put what makes a folder on one line."""
    return f"{kind.replace(' ', '_')} {identity}".strip()


def _mark(folder: Path) -> str:
    """Read what made a folder; empty where that is not known."""
    try:
        return (folder / MARK).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _entries(folder: Path) -> list[str]:
    """List what stands in a folder, a lock left by a killed process aside."""
    return [one.name for one in folder.iterdir() if one.name != LOCK] if folder.is_dir() else []


def _occupied(folder: Path, kind: str) -> StorageError:
    return StorageError(
        f"{folder}: stands already and is not this {kind}. Name another --out, or remove it."
    )


def _look_around(place: Path, partial: Path, label: str) -> None:
    """Refuse to touch a hidden folder that is not this one's, and name those of others."""
    if partial.exists() and _mark(partial) != label:
        raise StorageError(
            f"{partial}: is in the way, and was not written for this. Move it elsewhere."
        )
    for other in place.parent.glob(f".{glob.escape(place.name)}.*.partial"):
        if other != partial and _mark(other):
            note(f"{other}: left by something else that was stopped. Remove it if you can.")


def _take_back(place: Path, partial: Path) -> None:
    """Make a finished folder that lost something the hidden one again, without what is damaged."""
    lost = damaged(place)
    note(
        f"{place}: {_listed(lost)} missing or changed since it was finished; what depends on it "
        "is computed again."
    )
    place.rename(partial)
    for name in lost:
        (partial / name).unlink(missing_ok=True)


def _begin(partial: Path, label: str) -> None:
    """Make the hidden folder, or go on with what one of the same identity left in it."""
    partial.mkdir(exist_ok=True)
    for left in partial.rglob(".*.part"):
        left.unlink()
    write_file(partial / MARK, label.encode())


def _leave(partial: Path, keeps: str, error: BaseException) -> None:
    """Keep what a stopped process can go on from, and say so; remove everything else."""
    kept = len(list(partial.glob(keeps))) if keeps else 0
    if not kept:
        shutil.rmtree(partial, ignore_errors=True)
        return
    error.add_note(
        f"finished and kept in {partial}: {kept} of {keeps}. Give the same command again to go "
        "on from there."
    )


def _publish(partial: Path, place: Path, label: str) -> None:
    """Give a filled folder its name."""
    if _mark(partial) != label:
        raise StorageError(f"{partial}: its {MARK} was changed. Give the same command again.")
    seal(partial)
    aside = place.with_name(f"{partial.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if _entries(place):
        place.rename(aside)
    elif place.is_dir():
        shutil.rmtree(place)
    partial.rename(place)
    shutil.rmtree(aside, ignore_errors=True)


def _listed(names: list[str]) -> str:
    """Name up to three files."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more} {'is' if len(names) == 1 else 'are'}"
