"""The register of published files, and whether the files at hand are those.

``sources.toml`` says of each file who published it, under what licence, and the
sha256 of the copy that the loaders were verified against. Publishers revise files,
so another sha256 is noted in the panel and is no error. :mod:`data.fetch` gets the
files; nothing here reaches the network.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from data.files import missing_file, read_toml, unreadable
from data.near import nearest
from data.panel import PanelError

REGISTER = Path(__file__).with_name("sources.toml")
ORIGIN = "https://raw.githubusercontent.com"
"""Where the pinned copies are downloaded from."""

ALL = "all"
"""The set of every registered file."""


def _below(path: str) -> str:
    """Refuse a path that leads out of the folder of published files."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or pure.as_posix() != path:
        raise ValueError("wanted a plain path below the folder of published files")
    return path


class PublishedFile(BaseModel):
    """One published file.

    Attributes
    ----------
    path
        Below the folder of published files.
    publisher, publication, landing_page, period
        Who published it, in what, the page where that is found, and the time that
        the file covers.
    licence, attribution
        SPDX name of the licence, and the words that it asks for.
    repository, repository_path, commit
        The pinned public copy, owner/name, from which it was taken.
    bytes, sha256
        Of the copy that the loaders were verified against.
    sets
        Sets, besides the folders that it is in, with which it is fetched.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Annotated[str, AfterValidator(_below)]
    publisher: str
    publication: str
    landing_page: Annotated[str, Field(pattern=r"^https://")] | None = None
    period: str
    licence: str
    attribution: str
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    repository_path: Annotated[str, AfterValidator(_below)]
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    bytes: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    sets: tuple[str, ...] = ()

    def address(self, origin: str = ORIGIN) -> str:
        """Return the address of the pinned copy: its repository, commit and path there."""
        return f"{origin}/{self.repository}/{self.commit}/{quote(self.repository_path)}"


@dataclass(frozen=True, slots=True)
class FolderCheck:
    """How a folder of published files differs from the register.

    Attributes
    ----------
    folder, wanted
        What was examined, and how many files it should hold.
    missing
        Registered files that are not there.
    changed
        Files with other bytes, and what they have instead.
    extra
        Files that no entry names. Hidden ones are not looked at.
    """

    folder: Path
    wanted: int
    missing: tuple[str, ...]
    changed: Mapping[str, str]
    extra: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every wanted file is there as registered; extra files do no harm."""
        return not self.missing and not self.changed

    def text(self) -> str:
        """Return lines: a summary, then one line a file."""
        right = self.wanted - len(self.missing) - len(self.changed)
        return "\n".join(
            [
                f"{self.folder}: {right} of {self.wanted} files are as registered, "
                f"{len(self.missing)} missing, {len(self.changed)} with other bytes, "
                f"{len(self.extra)} not registered.",
                *(f"  missing: {path}" for path in self.missing),
                *(f"  other bytes: {path}: {got}" for path, got in self.changed.items()),
                *(f"  not registered: {path}" for path in self.extra),
            ]
        )


@cache
def read_sources(path: Path = REGISTER) -> tuple[PublishedFile, ...]:
    """Read the register, in the file's order.

    Raises
    ------
    PanelError
        If it cannot be read, an entry is faulty or a path stands twice.
    """
    kind, wanted = "a register of sources", "entries under [[source]]"
    entries = read_toml(path, kind).get("source", [])
    if not isinstance(entries, list):
        raise unreadable(path, kind, "source is no list of entries", wanted, "Mend it.")
    try:
        sources = tuple(PublishedFile.model_validate(entry) for entry in entries)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "entry"
        what = f"{place}: {fault['msg']}; got {fault['input']!r}"
        raise unreadable(path, kind, what, wanted, "Mend it.") from error
    seen: set[str] = set()
    for source in sources:
        if source.path in seen:
            raise PanelError(f"{path}: {source.path} stands twice; wanted once. Remove one entry.")
        seen.add(source.path)
    return sources


def choose_sources(
    name: str = ALL, sources: Iterable[PublishedFile] | None = None
) -> tuple[PublishedFile, ...]:
    """Choose the files of one set.

    Parameters
    ----------
    name
        ``all``, a set that entries name, or a folder of published files.
    sources
        What to choose from, the register if not given.

    Raises
    ------
    PanelError
        If no file belongs to a set of this name; the message has the nearest.
    """
    there = tuple(read_sources() if sources is None else sources)
    wanted = name.rstrip("/")
    chosen = tuple(source for source in there if wanted in _sets_of(source))
    if not chosen:
        known = sorted({one for source in there for one in _sets_of(source)})
        near = nearest(wanted, known)
        hint = f"the nearest is {near!r}" if near else "none is near"
        raise PanelError(f"sources: no set {name!r}; {hint}. Name one of: {', '.join(known)}.")
    return chosen


def _sets_of(source: PublishedFile) -> tuple[str, ...]:
    """Name the sets that a file belongs to."""
    folders = (parent.as_posix() for parent in PurePosixPath(source.path).parents)
    return (ALL, *source.sets, *(folder for folder in folders if folder != "."))


def examine_source(root: Path, file: str) -> dict[str, object]:
    """Return a file's sha256, and whether it is the registered one.

    Returns
    -------
    dict
        ``file``, ``sha256`` and ``matches_register``: false where the file differs
        from the registered one, and where none is registered.

    Raises
    ------
    PanelError
        If the file is missing or cannot be read, or is another registered file under
        this one's name.
    """
    path = root / file
    if not path.is_file():
        raise missing_file(path)
    sha256 = _sha256(path)
    registered = {source.path: source.sha256 for source in read_sources()}
    matches = registered.get(file) == sha256
    if file in registered and not matches:
        others = [other for other, one in registered.items() if one == sha256]
        if others:
            raise PanelError(
                f"{path}: it is {others[0]}, byte for byte; wanted the file that bears this name. "
                "Get it again."
            )
    return {"file": file, "sha256": sha256, "matches_register": matches}


def difference(path: Path, source: PublishedFile) -> str | None:
    """State how a file differs from the registered one; None where it does not."""
    size = path.stat().st_size
    if size != source.bytes:
        return f"{size} bytes; wanted {source.bytes}"
    try:
        sha256 = _sha256(path)
    except PanelError:
        return "it cannot be read"
    return None if sha256 == source.sha256 else f"sha256 {sha256}; wanted {source.sha256}"


def check_folder(folder: Path, sources: Iterable[PublishedFile] | None = None) -> FolderCheck:
    """Compare a folder that somebody has with the register.

    Parameters
    ----------
    folder
        Laid out as ``sources.toml`` names the files.
    sources
        The files that it should hold, all registered ones if not given.

    Raises
    ------
    PanelError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise PanelError(
            f"{folder}: no such folder; wanted one of published files. Name one that is there."
        )
    wanted = tuple(read_sources() if sources is None else sources)
    there = set(_files_below(folder))
    registered = {source.path for source in (*read_sources(), *wanted)}
    found = {
        source.path: difference(folder / source.path, source)
        for source in wanted
        if source.path in there
    }
    return FolderCheck(
        folder,
        len(wanted),
        tuple(source.path for source in wanted if source.path not in there),
        {path: got for path, got in found.items() if got is not None},
        tuple(sorted(there - registered)),
    )


def _files_below(folder: Path) -> Iterable[str]:
    """List the files, at any depth, that are not hidden and in no hidden folder."""
    for path in folder.rglob("*"):
        below = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in below.parts):
            yield below.as_posix()


def _sha256(path: Path) -> str:
    """Return the sha256 of a file without holding all of it."""
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        what = (error.strerror or type(error).__name__).lower()
        raise unreadable(path, "a file", what, "its bytes", "Let it be read.") from error
