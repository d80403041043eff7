"""Files that a server gives as it should: whole, once, several at a time."""

import threading

from data.fetch import PARTIAL, fetch_files
from data.sources import read_sources
from tests.fetching.loopback import holds_exactly, patient, serve


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
