"""Servers that misbehave: what is left in the folder, and what is said."""

import socket
import time
from pathlib import Path

import pytest

from data.download import Server
from data.fetch import FetchError, fetch_files
from tests.fetching.loopback import (
    another_length,
    another_range,
    drip,
    endless,
    fails,
    files_in,
    holds_exactly,
    ignore_range,
    partial_of,
    patient,
    silence,
    status,
    truncate,
    truncate_unannounced,
    wrong_bytes,
)


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


def test_a_pause_that_is_no_number_is_no_pause(server, small, tmp_path):
    """To Python ``²`` is a digit."""
    server.plan(small[0], status(503, Retry_After="²"))

    fetch_files(small[:1], tmp_path, server=patient(server))

    assert holds_exactly(tmp_path, small[:1])


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
