"""Download one published file over https, in as many pieces as the connection takes.

An attempt asks for what is still wanting of a partial file and puts it behind what is
there. Failures that may pass (no answer, broken off, too slow, a server's own error)
are tried again after a wait; the others are not. Nothing here names a finished file:
that is done in :mod:`data.fetch`, which also says which files there are.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError as BodyError

from data.panel import PanelError
from data.sources import ORIGIN, PublishedFile, difference

_PASSING = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_NUMBER = 16  # digits of a header's number
_LONGEST_WAIT = 60.0  # seconds, whatever a server asks for
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class DownloadRefused(Exception):
    """A file cannot be got; trying again at once would not help."""


class _Passing(Exception):
    """An attempt failed; another, after ``wait`` seconds at least, may not."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the pinned copies are, and how long to be patient with it.

    Attributes
    ----------
    origin
        Scheme and host; https, unless ``loopback`` allows otherwise.
    timeout
        Seconds to wait for a connection or for more bytes, and over which
        ``slowest`` is judged.
    slowest
        Bytes a second below which a download is broken off and continued.
    waits
        Seconds before the second and each later attempt.
    loopback
        Allow this origin, and no other, to be http on this very computer; for tests.

    Raises
    ------
    PanelError
        If the origin is not allowed.
    """

    origin: str = ORIGIN
    timeout: float = 30.0
    slowest: float = 512.0
    waits: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    loopback: bool = False

    def __post_init__(self) -> None:
        """Refuse an origin without https."""
        address = urlsplit(self.origin)
        if address.scheme != "https" and not (self.loopback and address.hostname in _LOOPBACK):
            raise PanelError(
                f"{self.origin}: not https; wanted https. Name a server that speaks it."
            )

    def session(self) -> requests.Session:
        """Open a session that heeds the proxy variables and can speak only what is allowed.

        A redirection to http finds nothing that could follow it.
        """
        session = requests.Session()
        session.headers["Accept-Encoding"] = "identity"
        plain = session.adapters.pop("http://")
        if self.loopback:
            session.mount(f"{self.origin}/", plain)
        return session


@dataclass(frozen=True, slots=True)
class Download:
    """Complete partial files from a server, from several threads if wished.

    Attributes
    ----------
    server
        Whom to ask.
    stop
        Set by the caller to have every download end at its next piece.
    """

    server: Server
    stop: threading.Event
    _reached: threading.Event = field(default_factory=threading.Event)
    _lost: threading.Event = field(default_factory=threading.Event)

    def __call__(self, source: PublishedFile, part: Path) -> None:
        """Complete the partial file, beginning it if it is not there.

        Raises
        ------
        Refused
            If it cannot be completed; what has come stays, unless it is wrong.
        """
        attempts = len(self.server.waits) + 1
        for attempt, wait in enumerate((*self.server.waits, 0.0), 1):
            self._refuse_the_hopeless()
            try:
                self._attempt(source, part)
                return
            except _Passing as fault:
                if attempt == attempts:
                    if not self._reached.is_set():
                        self._lost.set()
                    raise DownloadRefused(
                        f"{fault}, at the last of {attempts} attempts"
                    ) from fault
                self.stop.wait(max(wait, fault.wait))

    def _refuse_the_hopeless(self) -> None:
        """Try no more when interrupted, or when the server has answered for no file."""
        if self.stop.is_set():
            raise DownloadRefused("interrupted")
        if self._lost.is_set() and not self._reached.is_set():
            raise DownloadRefused(
                f"not tried, since {self.server.origin} answered for no other file"
            )

    def _attempt(self, source: PublishedFile, part: Path) -> None:
        """Get what is still wanting of a file, and see whether it is now the right one."""
        start = part.stat().st_size if part.exists() else 0
        if start < source.bytes:
            with self.server.session() as session:
                self._get(session, source, part, start)
        fault = difference(part, source)
        if fault is None:
            return
        if part.stat().st_size < source.bytes:
            raise _Passing(f"broke off: {fault}")
        part.unlink()
        if start:
            raise _Passing(f"wrong when continued: {fault}")
        raise DownloadRefused(f"wrong file: {fault}")

    def _get(
        self, session: requests.Session, source: PublishedFile, part: Path, start: int
    ) -> None:
        """Ask for the file from ``start`` on and put what comes behind what is there."""
        address = source.address(self.server.origin)
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with session.get(
                address, headers=headers, stream=True, timeout=self.server.timeout
            ) as response:
                self._reached.set()
                append = _continues(response, source, part, start)
                with part.open("ab" if append else "wb") as sink:
                    self._pour(response.raw, sink, source.bytes)
        except requests.exceptions.InvalidSchema as error:
            raise DownloadRefused(f"{address}: only https is followed ({error})") from error
        except requests.exceptions.SSLError as error:
            raise DownloadRefused(f"{address}: no trust in the server ({error})") from error
        except (requests.ConnectionError, requests.Timeout, BodyError) as error:
            raise _Passing(f"{address}: {type(error).__name__}: {error}") from error
        except requests.RequestException as error:
            raise DownloadRefused(f"{address}: {type(error).__name__}: {error}") from error

    def _pour(self, body: Any, sink: BinaryIO, size: int) -> None:
        """Write what comes as it comes, no more than one read too much and not too slowly."""
        since, come = monotonic(), 0
        while sink.tell() <= size and (piece := body.read1(1 << 16, True)):
            if self.stop.is_set():
                raise DownloadRefused("interrupted")
            sink.write(piece)
            sink.flush()  # kept even if this run is killed
            come += len(piece)
            elapsed = monotonic() - since
            if elapsed > self.server.timeout:
                if come < self.server.slowest * elapsed:
                    raise _Passing(f"too slow: {come} bytes in {elapsed:.0f} seconds")
                since, come = monotonic(), 0


def _continues(response: requests.Response, source: PublishedFile, part: Path, start: int) -> bool:
    """Whether the answer continues the partial file; refuse an answer that cannot serve."""
    status, where = response.status_code, response.url
    if status == 416 or (status == 206 and _range(response)[0] != start):
        part.unlink(missing_ok=True)
        raise _Passing(f"{where}: does not continue at byte {start}")
    if status in _PASSING:
        asked = response.headers.get("Retry-After", "")
        wait = float(asked) if _is_digits(asked) else 0.0
        raise _Passing(f"{where}: HTTP {status} {response.reason}", min(wait, _LONGEST_WAIT))
    if status not in {200, 206}:
        raise DownloadRefused(f"{where}: HTTP {status} {response.reason}")
    size = _range(response)[1] if status == 206 else response.headers.get("Content-Length", "")
    if (
        _is_digits(size)
        and int(size) != source.bytes
        and "Content-Encoding" not in response.headers
    ):
        raise DownloadRefused(f"{where}: wrong file: {size} bytes; wanted {source.bytes}")
    return status == 206


def _range(response: requests.Response) -> tuple[int, str]:
    """Return the first byte and the whole size that the server says it sends; -1 for neither."""
    given = response.headers.get("Content-Range", "")
    first, _, rest = given.removeprefix("bytes ").partition("-")
    return (int(first) if _is_digits(first) else -1), rest.rpartition("/")[2]


def _is_digits(text: str) -> bool:
    """Return whether a header holds a number: ``²`` is a digit to Python, and no number."""
    return text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER
