"""A server on the loopback address that serves the published files, or misbehaves as told."""

import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from data.download import Server
from data.fetch import PARTIAL, FetchError, fetch_files
from data.sources import check_folder


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
