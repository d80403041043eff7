"""The execution layer with tiny tasks: what is computed, kept, refused and gone on from."""

import os
import signal
import socket
import sys
import threading
import types

import pytest
from distributed import LocalCluster
from distributed.security import Security

from analysis.execution.cluster import Cluster, ClusterError, connected
from analysis.execution.dispatch import Dispatcher
from analysis.execution.execute import execute
from analysis.execution.handshake import HandshakeError, check_dask
from analysis.execution.process import peak_memory
from analysis.execution.store import Store, StoreError
from analysis.execution.tasks import Task, content_key
from analysis.execution.worker import own_compile_cache
from analysis.execution.worker_cache import cached, forget
from data.folders import growing_folder
from tests import execution_works as works


@pytest.fixture(scope="module")
def scheduler():
    """The address of a cluster of threads in this process: one worker, as a user's own."""
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        silence_logs="CRITICAL",
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def go(scheduler, tmp_path):
    """Execute on that cluster, in this test's folder."""

    def run(tasks, work=works.write_square, **more):
        forget()
        cluster = Cluster(scheduler=scheduler)
        return execute(tasks, work, Store(tmp_path / "store"), cluster=cluster, **more)

    return run


def test_every_task_is_computed_once_and_a_group_prepared_once(go, tmp_path):
    told = []

    tally = go(works.tasks(tmp_path, range(9)), watch=told.append)

    assert (tally.total, tally.finished, tally.failed, tally.reused) == (9, 9, 0, 0)
    assert told[-1].done == 9
    assert tally.peak_memory > 10**7
    computed = [f"computed {number}" for number in range(9)]
    assert works.logged(tmp_path) == computed + [f"prepared {group}" for group in range(3)]
    written = Store(tmp_path / "store").place(content_key({"number": 4})) / "square.txt"
    assert written.read_text() == "16"


def test_what_is_finished_is_not_computed_again(go, tmp_path):
    go(works.tasks(tmp_path, range(3)))
    before = works.logged(tmp_path)

    tally = go(works.tasks(tmp_path, range(5)))

    assert (tally.reused, tally.finished) == (3, 2)
    new = [line for line in works.logged(tmp_path) if line not in before and "prep" not in line]
    assert new == ["computed 3", "computed 4"]


def test_a_failure_is_recorded_and_stops_nothing(go, tmp_path):
    tasks = works.tasks(tmp_path, range(4), faulty=(1,))

    tally = go(tasks)

    assert (tally.finished, tally.failed) == (3, 1)
    assert tally.last_error == "ValueError: 1 has no square of this kind"
    store = Store(tmp_path / "store")
    failure = store.failure(tasks[1].key)
    assert failure is not None
    assert (failure.label, failure.kind) == ("number 1", "error")
    assert "write_square" in failure.traceback
    assert not store.finished(tasks[1].key)
    # It would fail again, so it is not tried again, unless that is asked for.
    assert go(tasks).failed == 1
    assert len(works.logged(tmp_path)) == 6
    mended = go(works.tasks(tmp_path, range(4)), retry_failed=True)
    assert (mended.finished, mended.failed) == (1, 0)
    assert store.failure(tasks[1].key) is None


def test_a_full_disk_stops_with_nothing_half_written(go, tmp_path):
    tasks = works.tasks(tmp_path, range(4), groups=1)

    with pytest.raises(StoreError, match=r"no room left .* 2 of 4 are finished and kept"):
        go(tasks, works.find_no_room)

    results = tmp_path / "store" / "results"
    assert {one.name for one in results.iterdir()} == {one.key for one in tasks[:2]}
    (tmp_path / "room").touch()
    tally = go(tasks, works.find_no_room)
    assert (tally.reused, tally.finished) == (2, 2)


def test_one_run_at_a_time_works_in_a_store(tmp_path):
    store = Store(tmp_path)
    with store.claimed(), pytest.raises(StoreError, match="another run"):
        execute(works.tasks(tmp_path, [1]), works.write_square, Store(tmp_path))


def test_a_store_may_stand_in_a_folder_that_is_held(tmp_path):
    """As that of a grid does, whose command holds the folder for both passes."""
    with growing_folder(tmp_path / "grid", "grid", "1"), Store(tmp_path / "grid").claimed():
        assert (tmp_path / "grid" / ".lock").exists()


def test_what_a_killed_worker_left_is_swept_away(tmp_path):
    store = Store(tmp_path)
    left = tmp_path / "results" / ".0123-4567.partial"
    left.mkdir(parents=True)

    with store.claimed():
        assert not left.exists()


def test_a_result_that_came_meanwhile_stays(tmp_path):
    store = Store(tmp_path)

    with store.writing("key") as mine:
        with store.writing("key") as other:
            (other / "who").write_text("other")
        (mine / "who").write_text("me")

    assert (store.place("key") / "who").read_text() == "other"
    assert [one.name for one in (tmp_path / "results").iterdir()] == ["key"]


def test_interrupting_once_finishes_what_is_in_flight(go, tmp_path):
    tasks = works.tasks(tmp_path, range(8), sleep=0.2)

    def press(tally):
        if tally.finished == 2 and not tally.stopping:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        go(tasks, watch=press)

    store = Store(tmp_path / "store")
    finished = sum(store.finished(task.key) for task in tasks)
    assert 2 < finished < 8
    tally = go(tasks)
    assert (tally.reused, tally.finished) == (finished, 8 - finished)
    lines = [line for line in works.logged(tmp_path) if line.startswith("computed")]
    assert len(lines) == len(set(lines)) == 8


def test_no_scheduler_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.execution.cluster._CONNECT_SECONDS", 0.2)
    with pytest.raises(ClusterError, match=r"--scheduler tcp://127.0.0.1:1: no Dask scheduler"):
        execute(
            works.tasks(tmp_path, [1]),
            works.write_square,
            Store(tmp_path),
            cluster=Cluster(scheduler="tcp://127.0.0.1:1"),
        )


@pytest.fixture
def listener():
    """Listen on a port, and say something to whoever comes; give the address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        greeted = []

        def listen(greeting):
            there, _ = server.accept()
            greeted.append(there)
            if greeting is not None:
                there.sendall(greeting)
            else:
                there.close()

        def start(greeting):
            threading.Thread(target=listen, args=(greeting,), daemon=True).start()
            return f"tcp://127.0.0.1:{server.getsockname()[1]}"

        yield start
        for there in greeted:
            there.close()


@pytest.mark.parametrize(
    ("greeting", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "something else answers"),  # 3 EiB as a length
        (b"", "says nothing"),
        (b"\x10", "says nothing"),
        (b"\x05" + bytes(7) + b"hello", "something else answers"),
        (None, "closed before"),
    ],
)
def test_a_port_that_is_no_scheduler_is_one_line_soon(
    tmp_path, monkeypatch, listener, greeting, told
):
    monkeypatch.setattr("analysis.execution.cluster._CONNECT_SECONDS", 0.3)
    address = listener(greeting)

    with pytest.raises(ClusterError, match=f"--scheduler {address}: no Dask scheduler .*{told}"):
        execute(
            works.tasks(tmp_path, [1]),
            works.write_square,
            Store(tmp_path),
            cluster=Cluster(scheduler=address),
        )


def test_a_damaged_result_is_computed_again(go, tmp_path, capsys):
    tasks = works.tasks(tmp_path, range(3))
    go(tasks)
    (Store(tmp_path / "store").place(tasks[1].key) / "square.txt").write_text("half")

    tally = go(tasks)

    assert (tally.reused, tally.finished) == (2, 1)
    assert "damaged; it is computed again" in capsys.readouterr().err
    assert (Store(tmp_path / "store").place(tasks[1].key) / "square.txt").read_text() == "1"


def test_memory_is_known_where_there_is_no_module_resource(monkeypatch):
    """Windows: psutil knows the peak there."""

    class Process:
        def memory_info(self):
            return types.SimpleNamespace(peak_wset=123)

    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr("psutil.Process", Process)

    assert peak_memory() == 123


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        (Cluster(scheduler="tls://127.0.0.1:1"), "--tls-certificate '': no such file"),
        (Cluster(scheduler="tcp://127.0.0.1:1", key="a.pem"), "--tls-key: is for a --scheduler"),
        (Cluster(authority="a.pem"), "--tls-authority: is for a --scheduler"),
        (Cluster(scheduler="http://127.0.0.1:1"), "wanted an address such as"),
        (Cluster(scheduler="tcp://127.0.0.1:many"), "no Dask scheduler"),
        (Cluster(workers=0), "workers = 0"),
        (Cluster(memory="much"), "memory = 'much'"),
        (Cluster(memory="1MB"), "256 MiB"),
    ],
)
def test_impossible_clusters_are_refused(tmp_path, cluster, message):
    with pytest.raises(ClusterError, match=message):
        execute(works.tasks(tmp_path, [1]), works.write_square, Store(tmp_path), cluster=cluster)


def _grouped(**sizes):
    return [
        Task(f"{group}{number}", group, None)
        for group, size in sizes.items()
        for number in range(size)
    ]


def test_a_worker_stays_with_its_group_and_others_take_fresh_ones():
    dispatcher = Dispatcher(_grouped(small=2, large=3))

    assert dispatcher.take("one").group == "large"
    assert dispatcher.take("two").group == "small"
    assert [dispatcher.take("one").group for _ in range(2)] == ["large", "large"]


def test_a_worker_joins_a_group_only_if_that_saves_time():
    dispatcher = Dispatcher(_grouped(only=10))
    handed = [dispatcher.take("one") for _ in range(3)]
    dispatcher.note(handed[0], 20.0)
    dispatcher.note(handed[1], 1.0)

    # Seven tasks of a second are not worth another 19 of preparing; seven of nine are.
    assert dispatcher.take("two") is None
    dispatcher.note(handed[2], 17.0)
    assert dispatcher.take("two").group == "only"


def test_what_a_dead_worker_prepared_is_taken_over():
    dispatcher = Dispatcher(_grouped(only=3))
    task = dispatcher.take("one")
    dispatcher.note(task, 50.0)
    dispatcher.forget("one")

    assert dispatcher.take("two").group == "only"


def test_the_latest_used_are_kept():
    forget()
    made = []

    def make(name):
        return cached("things", name, lambda: made.append(name) or name, most=2)

    for name in ("a", "b", "a", "c", "a", "b"):
        make(name)

    assert made == ["a", "b", "c", "b"]
    forget()


def test_keys_do_not_depend_on_the_order_of_parts():
    key = content_key({"one": 1, "two": [2]})

    assert key == content_key({"two": [2], "one": 1})
    assert key != content_key({"one": 1, "two": [3]})


def test_each_process_gets_a_compile_cache_of_its_own(tmp_path):
    common = tmp_path / "numba"
    common.mkdir()
    (common / "f.nbi").write_bytes(b"index")
    (common / "f.1.nbc").write_bytes(b"code")

    one, two = own_compile_cache(tmp_path), own_compile_cache(tmp_path)

    assert one != two
    assert sorted(file.name for file in (two / "numba").iterdir()) == ["f.1.nbc", "f.nbi"]


def test_execution_from_another_thread_leaves_signals_alone(go, tmp_path):
    found = []
    thread = threading.Thread(target=lambda: found.append(go(works.tasks(tmp_path, range(2)))))
    thread.start()
    thread.join(60)

    assert found[0].finished == 2


def test_processes_leave_ctrl_c_to_the_client_and_hear_nobody_else():
    """Another user of the machine, without the credentials of this run or with his own."""
    with connected(Cluster(workers=1)) as there:
        address = there.client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        stranger = Security.temporary().get_connection_args("client")["ssl_context"]
        for scheme, context in (("tcp", None), ("tls", stranger)):
            with pytest.raises((HandshakeError, OSError)):
                check_dask(address.replace("tls", scheme), 5.0, context)
        own = there.client.security.get_connection_args("client")["ssl_context"]
        check_dask(address, 20.0, own)
        blocked = there.client.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result()

    assert signal.SIGINT in blocked
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.slow
def test_a_killed_workers_task_is_tried_elsewhere_and_nothing_else_again(tmp_path):
    """Real processes: the worker of the number 3 kills itself; another computes it."""
    tasks = works.tasks(tmp_path, range(12), sleep=0.3)

    tally = execute(tasks, works.die_once, Store(tmp_path / "store"), cluster=Cluster(workers=2))

    assert (tally.finished, tally.failed) == (12, 0)
    assert (tmp_path / "died").exists()
    computed = [line for line in works.logged(tmp_path) if line.startswith("computed")]
    assert sorted(computed) == sorted(f"computed {number}" for number in range(12))


@pytest.mark.slow
def test_a_task_that_kills_every_worker_fails_alone_and_is_tried_by_the_next_run(tmp_path):
    tasks = works.tasks(tmp_path, range(4), groups=1)
    store = Store(tmp_path / "store")

    tally = execute(tasks, works.always_die, store, cluster=Cluster(workers=2))

    assert (tally.finished, tally.failed) == (3, 1)
    failure = store.failure(tasks[1].key)
    assert failure is not None
    assert failure.kind == "killed"
    assert "killed each time" in failure.error
    mended = execute(tasks, works.write_square, store, cluster=Cluster(workers=1))
    assert (mended.reused, mended.finished, mended.failed) == (3, 1, 0)
