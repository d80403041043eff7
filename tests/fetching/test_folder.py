"""The folder that is filled: interrupted, killed, filled before, or from another."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from data.cache import cache_folder
from data.download import Server
from data.fetch import PARTIAL, FetchError, default_folder, fetch_files
from data.panel import PanelError
from data.sources import check_folder, choose_sources
from data.storage import StorageError
from tests.fetching.loopback import (
    drip,
    fails,
    files_in,
    holds_exactly,
    partial_of,
    patient,
    put_partial,
    wrong_bytes,
)

ROOT = Path(__file__).parents[2]


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
    with pytest.raises(StorageError, match="is a file; wanted a folder"):
        fetch_files(small, tmp_path / "file", take_from=tmp_path)


def test_second_run_in_the_same_folder_is_refused(server, small, tmp_path):
    refused = []

    def again(_what, done, _total):
        if done == 0:
            with pytest.raises(StorageError, match="this process is at work there"):
                fetch_files(small, tmp_path, server=patient(server))
            refused.append(done)

    fetch_files(small, tmp_path, server=patient(server), report=again)

    assert refused == [0]
    assert holds_exactly(tmp_path, small)


def test_fetched_files_and_built_panels_share_one_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("EFFECTIVENESS_CACHE", str(tmp_path))

    assert default_folder() == cache_folder() / "published" == tmp_path / "published"
