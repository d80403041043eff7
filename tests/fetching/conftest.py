"""The server, and what it serves."""

import threading

import pytest

from data.sources import read_sources
from tests.fetching.loopback import LoopbackServer

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def bodies(published):
    return {one.address(""): (published / one.path).read_bytes() for one in read_sources()}


@pytest.fixture
def start_server(bodies):
    started = []

    def start():
        server = LoopbackServer(bodies)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture(scope="module")
def small():
    """Five small files, one with spaces in its name."""
    files = sorted(read_sources(), key=lambda source: source.bytes)
    spaced = next(source for source in files if " " in source.path)
    return (spaced, *[source for source in files if source is not spaced][:4])
