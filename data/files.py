"""Open the files that a user may damage: one door, and one line that says what is wrong.

Every published file, catalogue and register is read here, so that a file that is missing,
unreadable, of another kind, too large or not UTF-8 ends in a :class:`PanelError` with its
name. Text is cleaned here too, once, before anything compares it.
"""

import re
import tomllib
from pathlib import Path

from data.panel import PanelError

LARGEST = 256 * 2**20
"""Bytes of the largest file that is read; the largest published one has 8 million."""

TABLE = ("a table", "comma-separated UTF-8 text")
"""Kind of a CSV file, and what is wanted of it, for :func:`read_utf8`."""

_AGAIN = "Get the file again."
_STARTS = (
    (b"version https://git-lfs", "a Git LFS pointer", "Get the file it stands for: git lfs pull."),
    (b"<!doctype html", "an HTML page", "Download the file itself."),
    (b"<html", "an HTML page", "Download the file itself."),
    (b"pk\x03\x04", "a zip archive or a workbook", "Unpack or export it."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "Save it as .xlsx or .ods."),
    (b"%pdf", "a PDF document", _AGAIN),
    (b"\x1f\x8b", "a gzip archive", "Unpack it."),
    (b"\xff\xfe", "UTF-16 text", "Save it as UTF-8."),
    (b"\xfe\xff", "UTF-16 text", "Save it as UTF-8."),
)
"""How files of another kind begin, letters in lower case; what they are; what to do."""

_WORKBOOK = b"PK\x03\x04"
_INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF])
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def clean(text: str) -> str:
    """Return text without padding and invisible characters, with single spaces inside."""
    return _BLANK.sub(" ", text.translate(_INVISIBLE)).strip()


def read_bytes(path: Path, kind: str, wanted: str) -> bytes:
    """Read a file, and refuse one that is of another kind by how it begins.

    Parameters
    ----------
    path
        The file.
    kind
        What it should be, with its article.
    wanted
        What is wanted of it, for the message.

    Raises
    ------
    PanelError
        If the file is missing, cannot be opened, is empty, too large or of another kind.
    """
    if not path.is_file():
        raise missing_file(path)
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise unreadable(path, kind, _said(error), wanted, "Let it be read.") from error
    if size > LARGEST:
        raise unreadable(path, kind, f"{size:,} bytes, above {LARGEST:,}", wanted)
    begin = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not begin:
        raise unreadable(path, kind, "it is empty", wanted)
    if kind.startswith("a workbook") and content.startswith(_WORKBOOK):
        return content
    for start, what, advice in _STARTS:
        if begin.startswith(start):
            raise unreadable(path, kind, f"it is {what}", wanted, advice)
    return content


def read_utf8(path: Path, kind: str, wanted: str) -> str:
    """Read a text file as UTF-8, with or without a byte order mark.

    Raises
    ------
    PanelError
        As :func:`read_bytes`, or at the first line that is not UTF-8.
    """
    content = read_bytes(path, kind, wanted)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"line {line} has the byte 0x{content[error.start]:02x}, which is not UTF-8"
        raise unreadable(path, kind, what, wanted, "Save it as UTF-8, or get it again.") from error


def read_toml(path: Path, kind: str) -> dict[str, object]:
    """Read a TOML file.

    Raises
    ------
    PanelError
        As :func:`read_utf8`, or if it is not TOML.
    """
    if not path.exists():
        raise unreadable(path, kind, "no such file", "TOML", "Name one that is there.")
    text = read_utf8(path, kind, "TOML")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise unreadable(path, kind, str(error), "TOML", "Mend it.") from error


def unreadable(
    path: Path | str, kind: str, what: str, wanted: str, advice: str = _AGAIN
) -> PanelError:
    """Return the error that a file cannot be read, why, and what to do."""
    return PanelError(f"{path}: cannot be read as {kind} ({what}); wanted {wanted}. {advice}")


def same_figures(file: str, other: str) -> PanelError:
    """Return the error that two files of different years have the very same figures."""
    return PanelError(
        f"{file}: it has the very figures of {other}; wanted those of its own year. Get the file "
        "that bears this name."
    )


def missing_file(path: Path) -> PanelError:
    """Return the error that a published file is not there, or bears its name in other letters."""
    if path.is_dir():
        return PanelError(f"{path}: it is a folder; wanted a file. Get the file.")
    try:
        like = [one.name for one in path.parent.iterdir() if _same(one.name, path.name)]
    except OSError:
        like = []
    if like:
        return PanelError(
            f"{path}: no such file, but {like[0]!r}, which differs in capital letters only; "
            f"wanted {path.name!r}. Rename it."
        )
    return PanelError(
        f"{path}: no such file; wanted a published file. Get it, or name the folder that holds it."
    )


def _same(one: str, other: str) -> bool:
    """Whether two names differ in capital letters only."""
    return one != other and one.casefold() == other.casefold()


def _said(error: OSError) -> str:
    """Put an operating system's error in a few words."""
    return (error.strerror or type(error).__name__).lower()
