"""Which servers are spoken to, and how: https, redirections, proxies."""

import pytest

from data.download import Server
from data.fetch import fetch_files
from data.panel import PanelError
from tests.fetching.loopback import fails, files_in, holds_exactly, patient, status


def test_redirection_to_http_is_not_followed(server, start_server, small, tmp_path):
    other = start_server()
    server.plan(small[0], status(302, Location=other.origin + small[0].address("")))

    failures = fails(small[:2], tmp_path, patient(server))

    assert "only https is followed" in failures[small[0].path]
    assert other.asked == []
    assert server.ranges(small[0]) == [None]
    assert holds_exactly(tmp_path, small[1:2])


def test_redirection_to_what_is_allowed_is_followed(server, small, tmp_path):
    address = small[0].address("")
    server.plan(small[0], status(302, Location=address))

    fetch_files(small[:1], tmp_path, server=patient(server))

    assert holds_exactly(tmp_path, small[:1])


@pytest.mark.parametrize("origin", ["http://example.org", "ftp://127.0.0.1", "127.0.0.1"])
def test_origin_without_https_is_refused(origin):
    with pytest.raises(PanelError, match="wanted https"):
        Server(origin)
    if "127" not in origin:
        with pytest.raises(PanelError, match="wanted https"):
            Server(origin, loopback=True)


def test_loopback_must_be_allowed(server):
    with pytest.raises(PanelError, match="wanted https"):
        Server(server.origin)


def test_session_speaks_nothing_but_https():
    with Server().session() as session:
        assert list(session.adapters) == ["https://"]


def test_proxy_variable_is_heeded(server, small, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.origin)
    unreachable = Server("http://127.0.0.1:1", waits=(), loopback=True)

    fetch_files(small[:1], tmp_path, server=unreachable)

    assert server.lines == [f"GET {small[0].address('http://127.0.0.1:1')} HTTP/1.1"]
    assert holds_exactly(tmp_path, small[:1])


def test_proxy_is_asked_for_a_tunnel_to_the_pinned_copies(server, small, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server.origin)

    failures = fails(small[:1], tmp_path, Server(waits=()))

    assert server.lines == ["CONNECT raw.githubusercontent.com:443 HTTP/1.1"]
    assert "ProxyError" in failures[small[0].path]
    assert files_in(tmp_path) == {}
