"""Getting the published files: what is left in the folder, whatever the server does."""

import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from data.download import Server
from data.fetch import PARTIAL, FetchError, default_folder, fetch_files
from data.panel import PanelError
from data.sources import check_folder, choose_sources, read_sources

ROOT = Path(__file__).parents[1]
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Handler(BaseHTTPRequestHandler):
    """Serve the published files, or misbehave as the server has been told."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = urlsplit(self.path).path  # a proxy is asked for the whole address
        self.server.asked.append((path, self.headers.get("Range")))
        self.server.lines.append(self.requestline)
        planned = self.server.plans[path]
        (planned.pop(0) if planned else serve)(self, self.server.bodies[path])

    def do_CONNECT(self):
        self.server.lines.append(self.requestline)
        self.send_error(502)

    def start(self, status, length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_):
        pass


class LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, bodies):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.plans = bodies, defaultdict(list)
        self.asked, self.lines = [], []
        self.origin = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        pass  # clients hang up

    def plan(self, source, *behaviours):
        """Say how the next requests for a file are answered; then it is served."""
        self.plans[source.address("")] += behaviours

    def ranges(self, source):
        """Give what was asked of a file, in order: None for all, otherwise the range."""
        return [given for path, given in self.asked if path == source.address("")]


def serve(handler, body):
    given = handler.headers.get("Range")
    if given is None:
        handler.start(200, len(body))
        handler.wfile.write(body)
        return
    first = int(given.removeprefix("bytes=").removesuffix("-"))
    where = f"bytes {first}-{len(body) - 1}/{len(body)}"
    handler.start(206, len(body) - first, Content_Range=where)
    handler.wfile.write(body[first:])


def ignore_range(handler, body):
    handler.start(200, len(body))
    handler.wfile.write(body)


def wrong_bytes(handler, body):
    handler.start(200, len(body))
    handler.wfile.write(bytes(byte ^ 1 for byte in body))


def another_length(handler, body):
    handler.start(200, len(body) // 2)
    handler.wfile.write(body[: len(body) // 2])


def truncate(handler, body):
    """Promise everything and give half; when asked to continue, give nothing more."""
    given = handler.headers.get("Range")
    first = int(given.removeprefix("bytes=").removesuffix("-")) if given else 0
    if first:
        where = f"bytes {first}-{len(body) - 1}/{len(body)}"
        handler.start(206, len(body) - first, Content_Range=where)
    else:
        handler.start(200, len(body))
        handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def truncate_unannounced(handler, body):
    handler.start(200)
    handler.wfile.write(body[: len(body) // 2])


def endless(handler, body):
    handler.start(200)
    for _ in range(10_000):
        handler.wfile.write(body)
    handler.server.lines.append("wrote everything")


def status(code, **headers):
    def answer(handler, _body):
        handler.start(code, 0, **headers)

    return answer


def another_range(handler, body):
    handler.start(206, len(body), Content_Range=f"bytes 0-{len(body) - 1}/{len(body)}")
    handler.wfile.write(body)


def drip(handler, body):
    handler.start(200, len(body))
    for byte in body:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.02)


def silence(handler, _body):
    time.sleep(2.0)
    handler.close_connection = True


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


def patient(server, waits=(0.0, 0.0), timeout=5.0, **more):
    return Server(server.origin, timeout=timeout, waits=waits, loopback=True, **more)


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def partial_of(source, folder):
    return folder / PARTIAL / source.path.replace("/", "+")


def put_partial(source, folder, body):
    partial_of(source, folder).parent.mkdir(parents=True)
    partial_of(source, folder).write_bytes(body)


def holds_exactly(folder, sources):
    """Whether these files are there as registered, and nothing else, hidden or not."""
    return files_in(folder) == {source.path: source.bytes for source in sources} and (
        not sources or check_folder(folder, sources).complete
    )


def fails(sources, folder, server):
    with pytest.raises(FetchError) as caught:
        fetch_files(sources, folder, server=server)
    return caught.value.failures


def test_every_registered_file_arrives_whole(server, tmp_path):
    everything = read_sources()

    fetched = fetch_files(everything, tmp_path, server=patient(server), threads=8)

    assert len(fetched.got) == len(everything) == 95
    assert not (tmp_path / PARTIAL).exists()
    assert holds_exactly(tmp_path, everything)


def test_finished_file_is_never_fetched_again(server, small, tmp_path):
    fetch_files(small[:2], tmp_path, server=patient(server))

    fetched = fetch_files(small, tmp_path, server=patient(server))

    assert set(fetched.there) == {source.path for source in small[:2]}
    assert all(len(server.ranges(source)) == 1 for source in small)


def test_files_come_several_at_once(server, small, tmp_path):
    together = threading.Barrier(3, timeout=5)

    def meet(handler, body):
        together.wait()
        serve(handler, body)

    for source in small[:3]:
        server.plan(source, meet)

    fetch_files(small[:3], tmp_path, server=patient(server), threads=3)

    assert holds_exactly(tmp_path, small[:3])


def test_progress_is_told_by_the_calling_thread(server, small, tmp_path):
    told, threads = [], set()

    def report(_what, done, total):
        told.append((done, total))
        threads.add(threading.current_thread())

    fetch_files(small, tmp_path, server=patient(server), report=report)

    assert told == [(done, 5) for done in range(6)]
    assert threads == {threading.current_thread()}


def test_wrong_bytes_are_thrown_away_and_the_other_files_kept(server, small, tmp_path):
    server.plan(small[0], wrong_bytes)

    failures = fails(small, tmp_path, patient(server))

    assert list(failures) == [small[0].path]
    assert "wrong file: sha256" in failures[small[0].path]
    assert server.ranges(small[0]) == [None]
    assert holds_exactly(tmp_path, small[1:])


def test_error_lists_every_file_that_failed_and_why(server, small, tmp_path):
    server.plan(small[0], wrong_bytes)
    server.plan(small[1], status(404))

    with pytest.raises(FetchError) as caught:
        fetch_files(small, tmp_path, server=patient(server))

    first, *lines = str(caught.value).split("\n")
    assert "2 of 5 files could not be got" in first
    assert {line.strip().partition(":")[0] for line in lines} == {one.path for one in small[:2]}
    assert "HTTP 404" in str(caught.value)


def test_truncated_body_is_kept_aside_and_continued_by_the_next_run(server, small, tmp_path):
    server.plan(small[0], truncate, truncate, truncate)
    half = small[0].bytes // 2

    failures = fails(small[:1], tmp_path, patient(server))

    assert "at the last of 3 attempts" in failures[small[0].path]
    assert files_in(tmp_path) == {partial_of(small[0], Path()).as_posix(): half}
    fetch_files(small[:1], tmp_path, server=patient(server))
    assert server.ranges(small[0])[-1] == f"bytes={half}-"
    assert holds_exactly(tmp_path, small[:1])


def test_body_that_ends_early_without_saying_so_is_continued(server, small, tmp_path):
    server.plan(small[0], truncate_unannounced)

    fetch_files(small[:1], tmp_path, server=patient(server))

    assert server.ranges(small[0]) == [None, f"bytes={small[0].bytes // 2}-"]
    assert holds_exactly(tmp_path, small[:1])


def test_file_of_another_length_is_refused_before_it_is_read(server, small, tmp_path):
    server.plan(small[0], another_length)

    failures = fails(small[:1], tmp_path, patient(server))

    assert f"{small[0].bytes // 2} bytes; wanted {small[0].bytes}" in failures[small[0].path]
    assert len(server.ranges(small[0])) == 1
    assert files_in(tmp_path) == {}


def test_endless_body_is_cut_off(server, small, tmp_path):
    server.plan(small[0], endless)

    failures = fails(small[:1], tmp_path, patient(server))

    assert f"wanted {small[0].bytes}" in failures[small[0].path]
    assert "wrote everything" not in server.lines
    assert files_in(tmp_path) == {}


def test_missing_file_is_asked_for_once(server, small, tmp_path):
    server.plan(small[0], status(404))

    failures = fails(small, tmp_path, patient(server))

    assert "HTTP 404" in failures[small[0].path]
    assert server.ranges(small[0]) == [None]
    assert holds_exactly(tmp_path, small[1:])


@pytest.mark.parametrize("code", [429, 500, 503])
def test_passing_error_is_tried_again(server, small, tmp_path, code):
    server.plan(small[0], status(code), status(code))

    fetch_files(small[:1], tmp_path, server=patient(server))

    assert len(server.ranges(small[0])) == 3
    assert holds_exactly(tmp_path, small[:1])


def test_lasting_error_ends_after_the_last_attempt(server, small, tmp_path):
    server.plan(small[0], *[status(500)] * 3)

    failures = fails(small[:1], tmp_path, patient(server))

    assert "HTTP 500" in failures[small[0].path]
    assert len(server.ranges(small[0])) == 3
    assert files_in(tmp_path) == {}


def test_server_that_asks_for_a_pause_gets_it(server, small, tmp_path):
    server.plan(small[0], status(503, Retry_After="1"))
    began = time.monotonic()

    fetch_files(small[:1], tmp_path, server=patient(server))

    assert time.monotonic() - began >= 1.0


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


def test_slow_drip_is_broken_off_and_what_came_is_kept(server, small, tmp_path):
    server.plan(small[0], drip)
    server.plan(small[1], drip)
    began = time.monotonic()

    failures = fails(small[:1], tmp_path, patient(server, (), timeout=0.3, slowest=1000))

    assert "too slow" in failures[small[0].path]
    assert time.monotonic() - began < 3
    (kept,) = files_in(tmp_path).values()
    assert 0 < kept < small[0].bytes
    fetch_files(small[:2], tmp_path, server=patient(server, timeout=0.3, slowest=1000))
    assert server.ranges(small[0]) == [None, f"bytes={kept}-"]
    assert holds_exactly(tmp_path, small[:2])


def test_silent_server_is_asked_again(server, small, tmp_path):
    server.plan(small[0], silence)
    began = time.monotonic()

    fetch_files(small[:1], tmp_path, server=patient(server, timeout=0.2))

    assert time.monotonic() - began < 1.5
    assert server.ranges(small[0]) == [None, None]
    assert holds_exactly(tmp_path, small[:1])


def test_disconnection_in_the_middle_is_continued_where_it_was(server, small, tmp_path):
    server.plan(small[0], truncate)

    fetch_files(small[:1], tmp_path, server=patient(server))

    assert server.ranges(small[0]) == [None, f"bytes={small[0].bytes // 2}-"]
    assert holds_exactly(tmp_path, small[:1])


@pytest.mark.parametrize(
    ("answer", "again"), [(ignore_range, []), (status(416), [None]), (another_range, [None])]
)
def test_download_that_cannot_be_continued_begins_again(server, small, tmp_path, answer, again):
    server.plan(small[0], truncate, answer)

    fetch_files(small[:1], tmp_path, server=patient(server))

    assert server.ranges(small[0]) == [None, f"bytes={small[0].bytes // 2}-", *again]
    assert holds_exactly(tmp_path, small[:1])


@pytest.mark.parametrize("surplus", [-10, 0, 10])
def test_partial_file_of_something_else_does_no_harm(server, small, tmp_path, surplus):
    put_partial(small[0], tmp_path, b"\0" * (small[0].bytes + surplus))

    fetch_files(small[:1], tmp_path, server=patient(server))

    assert server.ranges(small[0])[-1] is None
    assert holds_exactly(tmp_path, small[:1])


def test_complete_partial_file_needs_no_server(bodies, small, tmp_path):
    put_partial(small[0], tmp_path, bodies[small[0].address("")])

    fetch_files(small[:1], tmp_path, server=Server("http://127.0.0.1:1", loopback=True))

    assert holds_exactly(tmp_path, small[:1])


def test_server_that_answers_for_no_file_is_not_asked_for_each(small, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
    nowhere = Server(origin, waits=(0.1,), loopback=True)

    with pytest.raises(FetchError) as caught:
        fetch_files(small, tmp_path, server=nowhere, threads=1)

    tried, *others = [caught.value.failures[source.path] for source in small]
    assert "ConnectionError" in tried
    assert all("not tried" in why for why in others)
    assert files_in(tmp_path) == {}


def test_interruption_leaves_only_whole_files(server, small, tmp_path):
    server.plan(small[0], drip)
    began = time.monotonic()

    def interrupt(_what, done, _total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_files(small, tmp_path, server=patient(server), report=interrupt, threads=2)

    assert time.monotonic() - began < 3  # the drip would last minutes
    whole = {path for path in files_in(tmp_path) if not path.startswith(PARTIAL)}
    assert not check_folder(tmp_path, [one for one in small if one.path in whole]).changed
    assert small[0].path not in whole
    assert not [one for one in threading.enumerate() if one.name.startswith("fetch")]


def test_killed_run_is_continued(server, small, tmp_path):
    server.plan(small[0], drip)
    run = (
        "from pathlib import Path; import sys\n"
        "from data.download import Server; from data.fetch import fetch_files\n"
        "from data.sources import choose_sources\n"
        "file = [one for one in choose_sources() if one.path == sys.argv[3]]\n"
        "fetch_files(file, Path(sys.argv[1]), server=Server(sys.argv[2], loopback=True))\n"
    )
    part = partial_of(small[0], tmp_path)

    with subprocess.Popen(
        [sys.executable, "-c", run, str(tmp_path), server.origin, small[0].path], cwd=ROOT
    ) as process:
        while process.poll() is None and not (part.exists() and part.stat().st_size):
            time.sleep(0.02)
        process.kill()

    kept = part.stat().st_size
    assert not (tmp_path / small[0].path).exists()
    fetch_files(small[:1], tmp_path, server=patient(server))
    assert server.ranges(small[0]) == [None, f"bytes={kept}-"]
    assert check_folder(tmp_path, small[:1]).complete


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


def test_file_with_other_bytes_gives_way_only_if_allowed(server, small, tmp_path):
    own = tmp_path / small[0].path
    own.parent.mkdir(parents=True)
    own.write_bytes(b"a newer edition")

    failures = fails(small, tmp_path, patient(server))

    assert "already there with 15 bytes" in failures[small[0].path]
    assert own.read_bytes() == b"a newer edition"
    assert server.ranges(small[0]) == []
    fetched = fetch_files(small, tmp_path, server=patient(server), replace=True)
    assert fetched.got == (small[0].path,)
    assert holds_exactly(tmp_path, small)


def test_file_gives_way_only_to_the_right_one(server, small, tmp_path):
    own = tmp_path / small[0].path
    own.parent.mkdir(parents=True)
    own.write_bytes(b"a newer edition")
    server.plan(small[0], wrong_bytes)

    with pytest.raises(FetchError):
        fetch_files(small[:1], tmp_path, server=patient(server), replace=True)

    assert own.read_bytes() == b"a newer edition"


def test_files_are_taken_from_a_folder(published, tmp_path):
    chosen = choose_sources("release-2025")

    fetched = fetch_files(chosen, tmp_path, take_from=published)

    assert len(fetched.got) == len(chosen)
    assert holds_exactly(tmp_path, chosen)
    assert fetch_files(chosen, tmp_path, take_from=published).got == ()


def test_folder_gives_only_what_is_as_registered(small, tmp_path, bodies):
    have, into = tmp_path / "have", tmp_path / "into"
    for source in small[1:]:
        (have / source.path).parent.mkdir(parents=True, exist_ok=True)
        (have / source.path).write_bytes(bodies[source.address("")])
    (have / small[1].path).write_bytes(b"short")

    with pytest.raises(FetchError) as caught:
        fetch_files(small, into, take_from=have)

    assert "no such file" in caught.value.failures[small[0].path]
    assert "has it with 5 bytes" in caught.value.failures[small[1].path]
    assert holds_exactly(into, small[2:])


def test_folders_that_cannot_be_used_are_refused(small, tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(PanelError, match="no such folder"):
        fetch_files(small, tmp_path, take_from=tmp_path / "none")
    with pytest.raises(PanelError, match="cannot be written to"):
        fetch_files(small, tmp_path / "file", take_from=tmp_path)


def test_second_run_in_the_same_folder_is_refused(server, small, tmp_path):
    refused = []

    def again(_what, done, _total):
        if done == 0:
            with pytest.raises(PanelError, match="another run is filling it"):
                fetch_files(small, tmp_path, server=patient(server))
            refused.append(done)

    fetch_files(small, tmp_path, server=patient(server), report=again)

    assert refused == [0]
    assert holds_exactly(tmp_path, small)


def test_default_folder_is_a_cache_of_this_program():
    assert default_folder().name == "authority-effectiveness"
