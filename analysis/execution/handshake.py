"""Whether a Dask scheduler listens at an address, asked without trusting who answers.

Dask's own client takes the first eight bytes that come for a length, and asks for so much memory:
an HTTP server's come to 3 EiB. It waits for ever for one that says nothing.
"""

import socket
import ssl
import struct
from urllib.parse import urlsplit

_LARGEST = 2**20


class HandshakeError(Exception):
    """Nothing at the address speaks as Dask does; the message says what came instead."""


def check_dask(address: str, seconds: float, context: ssl.SSLContext | None) -> None:
    """Read the first words of who listens at an address.

    Parameters
    ----------
    address
        Such as ``tcp://10.0.0.5:8786`` or ``tls://10.0.0.5:8786``.
    seconds
        To wait at most for each step.
    context
        For an address of TLS.

    Raises
    ------
    HandshakeError
        If what comes within that time is not the greeting of Dask.
    OSError
        If nobody answers, or TLS is refused.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise HandshakeError(str(error)) from error
    if parts.scheme not in ("tcp", "tls") or not host or not port:
        raise HandshakeError("wanted an address such as tcp://10.0.0.5:8786")
    with socket.create_connection((host, port), timeout=seconds) as plain:
        if context is None:
            _check_greeting(plain)
            return
        with context.wrap_socket(plain) as secured:
            _check_greeting(secured)


def _check_greeting(there: socket.socket) -> None:
    """Read a message: its length, then what a listener of Dask says of itself."""
    try:
        (length,) = struct.unpack("<Q", _read(there, 8))
        if length > _LARGEST:
            raise HandshakeError("something else answers there")
        greeting = _read(there, length)
    except TimeoutError as error:
        raise HandshakeError("something is there, and says nothing") from error
    if b"pickle-protocol" not in greeting:
        raise HandshakeError("something else answers there")


def _read(there: socket.socket, number: int) -> bytes:
    """Read so many bytes."""
    found = b""
    while len(found) < number:
        piece = there.recv(number - len(found))
        if not piece:
            raise HandshakeError("the connection is closed before a greeting")
        found += piece
    return found
