"""Run a list of tasks to the end, whatever happens to workers on the way.

Workers get one task to compute and one to follow it, so that none waits. A worker that dies
loses those two, and another one gets them, or the same one started again; Dask alone would leave
them waiting for an address that does not come back. Ctrl-C once lets what is in flight finish,
twice stops at once; what is finished stays either way, and the same call goes on from it.
"""

import queue
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import count

from distributed import Client, Future

from analysis.execution.cluster import Cluster, ClusterError, Connection, connected
from analysis.execution.dispatch import Dispatcher
from analysis.execution.store import Failure, Store, StoreError
from analysis.execution.task_counts import TaskCounts, Watch, unwatched
from analysis.execution.tasks import Outcome, Task, Work
from analysis.execution.worker import run_task

_AHEAD = 2
_TICK = 0.5
_LOOK_AT_WORKERS = 2.0
_LOST_AFTER = 5.0
_FETCH_SECONDS = 10.0
# A task whose worker died so often while computing it is not tried again in the same run.
_MOST_DEATHS = 4


def execute(
    tasks: Sequence[Task],
    work: Work,
    store: Store,
    *,
    cluster: Cluster | Connection | None = None,
    retry_failed: bool = False,
    watch: Watch = unwatched,
) -> TaskCounts:
    """Compute every task that has no result yet.

    Parameters
    ----------
    tasks
        What to compute; tasks of one key are one task.
    work
        A function of a module: ``work(payload, folder)``.
    store
        Where results stand, and failures with their errors.
    cluster
        Where to run: a cluster to connect to for this call, or a connection that stays, with
        what its workers have prepared; two processes of this machine if not given.
    retry_failed
        Whether to try again what failed by an error of its own. What was lost to killed workers
        is always tried again.
    watch
        Told how far things are, several times a second.

    Returns
    -------
    TaskCounts
        At the end. A task that failed is counted, and does not stop the others.

    Raises
    ------
    StoreError
        If the disk is full, or another run works in the store.
    ClusterError
        If the scheduler cannot be reached, or is lost on the way.
    KeyboardInterrupt
        After Ctrl-C.
    """
    wanted = {task.key: task for task in tasks}
    with store.claimed():
        outstanding, tally = _outstanding(wanted, store, retry_failed)
        if not outstanding:
            watch(tally)
            return tally
        with _patient_interrupt() as interrupted, _connection(cluster or Cluster()) as there:
            return _Execution(there, outstanding, work, store, tally, watch, interrupted).run()


def _connection(
    cluster: Cluster | Connection,
) -> AbstractContextManager[Connection]:
    """Connect, unless that is done already."""
    return nullcontext(cluster) if isinstance(cluster, Connection) else connected(cluster)


def _outstanding(
    wanted: dict[str, Task], store: Store, retry_failed: bool
) -> tuple[list[Task], TaskCounts]:
    """Leave out what is finished, and what would only fail again."""
    tally, outstanding = TaskCounts(total=len(wanted)), []
    for key, task in wanted.items():
        failure = store.failure(key)
        if store.finished(key):
            tally = replace(tally, reused=tally.reused + 1)
        elif failure and failure.kind == "error" and not retry_failed:
            tally = replace(tally, failed=tally.failed + 1, last_error=failure.error)
        else:
            outstanding.append(task)
    return outstanding, tally


@contextmanager
def _patient_interrupt() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event; the second one interrupts."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def answer(_number: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    signal.signal(signal.SIGINT, answer)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(slots=True, eq=False)
class _Execution:
    """The state of one call."""

    connection: Connection
    tasks: list[Task]
    work: Work
    store: Store
    tally: TaskCounts
    watch: Watch
    interrupted: threading.Event
    dispatcher: Dispatcher = field(init=False)
    running: dict["Future[Outcome]", tuple[Task, str]] = field(default_factory=dict)
    arrived: "queue.SimpleQueue[Future[Outcome]]" = field(default_factory=queue.SimpleQueue)
    workers: tuple[str, ...] = ()
    deaths: Counter[str] = field(default_factory=Counter)
    tries: Iterator[int] = field(default_factory=count)
    began: float = 0.0
    looked: float = -_LOOK_AT_WORKERS
    heard: float = 0.0

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(self.tasks, self.connection.prepared)
        self.began = self.heard = time.monotonic()

    @property
    def client(self) -> Client:
        """Dask's client."""
        return self.connection.client

    def run(self) -> TaskCounts:
        """Hand out and gather until nothing is left."""
        while self.running or (self.dispatcher.left and not self.interrupted.is_set()):
            self._look_at_workers()
            if not self.interrupted.is_set():
                self._hand_out()
            self._gather()
            self.tally = replace(
                self.tally,
                in_flight=len(self.running),
                workers=len(self.workers),
                seconds_left=self._seconds_left(),
                stopping=self.interrupted.is_set(),
            )
            self.watch(self.tally)
        if self.interrupted.is_set() and self.dispatcher.left:
            raise KeyboardInterrupt
        return self.tally

    def _look_at_workers(self) -> None:
        """Learn now and then who is there."""
        now = time.monotonic()
        if self.client.status == "running":
            self.heard = now
        elif now - self.heard > _LOST_AFTER:
            raise self._lost()
        if now - self.looked < _LOOK_AT_WORKERS and self.workers:
            return
        self.looked = now
        try:
            there = self.client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError, RuntimeError, ValueError):
            return  # the status above tells whether it is lost
        for gone in set(self.workers) - set(there):
            self._lose(gone)
        self.workers = tuple(there)

    def _lose(self, worker: str) -> None:
        """Take back what a dead worker had: the first it was computing, the other it was not."""
        self.dispatcher.forget(worker)
        had = [future for future, (_, at) in self.running.items() if at == worker]
        for place, future in enumerate(one for one in had if not one.done()):
            task, _ = self.running.pop(future)
            future.cancel()
            self.deaths[task.key] += place == 0
            if self.deaths[task.key] < _MOST_DEATHS:
                self.dispatcher.put_back(task)
            else:
                self._book(task, self._killed(task))

    def _hand_out(self) -> None:
        """Give every worker something to do and something to go on with."""
        for _ in range(_AHEAD):
            loads = [worker for _, worker in self.running.values()]
            for worker in self.workers:
                if loads.count(worker) < _AHEAD and self.client.status == "running":
                    task = self.dispatcher.take(worker)
                    if task is not None:
                        self._start(task, worker)

    def _start(self, task: Task, worker: str) -> None:
        """Submit one task, bound to its worker."""
        future = self.client.submit(
            run_task,
            self.work,
            task,
            self.store.folder,
            key=f"task-{task.key}-{next(self.tries)}",
            workers=[worker],
            pure=False,
        )
        self.running[future] = (task, worker)
        future.add_done_callback(self.arrived.put)

    def _gather(self) -> None:
        """Take what has arrived; wait a little if nothing has."""
        try:
            self._take(self.arrived.get(timeout=_TICK))
            while True:
                self._take(self.arrived.get_nowait())
        except queue.Empty:
            return

    def _take(self, future: "Future[Outcome]") -> None:
        """Book one task, unless it was taken back meanwhile."""
        if future not in self.running:
            return
        task, _ = self.running.pop(future)
        if future.status == "finished":
            try:
                self._book(task, future.result(timeout=_FETCH_SECONDS))
            except TimeoutError:  # its worker died with the word; the result is in the store
                self.dispatcher.put_back(task)
        elif future.status == "error":
            self._book(task, self._killed(task, future.exception()))
        else:
            raise self._lost()
        future.release()

    def _killed(self, task: Task, fault: BaseException | None = None) -> Outcome:
        """Record a task that never returned."""
        error = (
            "its worker was killed each time it was tried; it may need more memory than --memory"
            if fault is None
            else f"{type(fault).__name__}: {' '.join(str(fault).split())}"
        )
        failure = Failure(label=task.label or task.key, error=error, kind="killed")
        try:
            self.store.record_failure(task.key, failure)
        except OSError as full:
            raise self._full(str(full)) from full
        return Outcome("failed", error=error)

    def _book(self, task: Task, outcome: Outcome) -> None:
        """Count one outcome."""
        if outcome.status == "full":
            raise self._full(outcome.error)
        finished = outcome.status == "finished"
        self.dispatcher.note(task, outcome.seconds)
        self.tally = replace(
            self.tally,
            finished=self.tally.finished + finished,
            failed=self.tally.failed + (not finished),
            cpu_seconds=self.tally.cpu_seconds + outcome.seconds,
            peak_memory=max(self.tally.peak_memory, outcome.peak_memory),
            last_error=self.tally.last_error if finished else outcome.error,
        )

    def _seconds_left(self) -> float | None:
        """Expect the rest to go as fast as what was done now."""
        computed = len(self.tasks) - self.dispatcher.left - len(self.running)
        if not computed:
            return None
        left = len(self.tasks) - computed
        return (time.monotonic() - self.began) * left / computed

    def _kept(self) -> str:
        """State what is safe."""
        have = self.tally.reused + self.tally.finished
        return f"{have} of {self.tally.total} are finished and kept"

    def _full(self, error: str) -> StoreError:
        return StoreError(
            f"{self.store.folder}: no room left ({error}). {self._kept()}, nothing is half "
            "written. Make room, and give the same command again."
        )

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"The Dask scheduler is lost. {self._kept()}; give the same command again to go on."
        )
