"""What happens on a worker: its surroundings, and one task from beginning to end."""

import errno
import os
import sys
import threading
import time
import traceback
from pathlib import Path

from distributed import Worker, WorkerPlugin, get_worker
from filelock import FileLock, Timeout

from analysis.execution.process import peak_memory
from analysis.execution.store import Failure, Store
from analysis.execution.tasks import Outcome, Task, Work
from data.storage import write_file
from models.compile_cache import compile_cache, use_cache

_ONE_AT_A_TIME = threading.Lock()
_FULL = {errno.ENOSPC, errno.EDQUOT}
_LOCKS: list[FileLock] = []


class Surroundings(WorkerPlugin):
    """Prepare a worker's process before its first task.

    Linear algebra gets one thread, since the workers are what runs at the same time. The
    compile cache becomes one that no other process uses, because two that compile into one
    folder can spoil it (https://github.com/numba/numba/issues/10128): it lies beside the common
    one, begins as a copy of it, and stays for later runs.
    """

    name = "surroundings"

    def setup(self, worker: Worker) -> None:
        """Set the process up; called by Dask wherever a worker starts, or starts again."""
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = "1"
        # Too late once PyTensor has read its flags, as in a worker inside the client's process.
        if "pytensor" not in sys.modules:
            use_cache(own_compile_cache(compile_cache()))


def own_compile_cache(common: Path) -> Path:
    """Claim a compile cache that no living process has, filled with what is compiled already.

    Parameters
    ----------
    common
        The cache of everybody.
    """
    folder = common / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        lock = FileLock(folder / f"{number}.lock")
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            number += 1
    _LOCKS.append(lock)  # held for the life of the process; the system frees it after a kill
    own = folder / str(number)
    _copy_missing(common / "numba", own / "numba")
    return own


def _copy_missing(common: Path, own: Path) -> None:
    """Copy compiled functions that are not there; their indices last."""
    own.mkdir(parents=True, exist_ok=True)
    there = {file.name for file in own.iterdir()}
    files = [file for file in common.glob("*.nb?") if file.name not in there]
    for file in sorted(files, key=lambda one: one.suffix == ".nbi"):
        write_file(own / file.name, file.read_bytes())


def run_task(work: Work, task: Task, folder: Path) -> Outcome:
    """Compute one task, unless its result is there, and store it or why it failed.

    Called on a worker. Running it twice is harmless: a result is written under a temporary
    name and renamed.
    """
    store = Store(folder)
    with _ONE_AT_A_TIME:
        started = time.process_time()
        status, error = "finished", ""
        try:
            if not store.finished(task.key):
                with store.writing(task.key) as place:
                    work(task.payload, place)
        except Exception as fault:  # whatever a task does wrong must not stop the others
            status, error = "failed", _one_line(fault)
            if _is_full(fault) or not _recorded(store, task, fault, error):
                status = "full"
        return Outcome(
            status=status,  # type: ignore[arg-type]  # one of the three, assigned above
            seconds=time.process_time() - started,
            peak_memory=peak_memory(),
            error=error,
            worker=_worker_name(),
        )


def _recorded(store: Store, task: Task, fault: Exception, error: str) -> bool:
    """Record a failure; say whether there was room for it."""
    where = "".join(traceback.format_exception(fault))
    try:
        store.record_failure(
            task.key, Failure(label=task.label or task.key, error=error, traceback=where)
        )
    except OSError:
        return False
    return True


def _is_full(fault: BaseException | None) -> bool:
    """Return whether the disk had no room, however deep in the chain of errors it is told."""
    while fault is not None:
        if isinstance(fault, OSError) and fault.errno in _FULL:
            return True
        fault = fault.__cause__ or fault.__context__
    return False


def _one_line(fault: BaseException) -> str:
    """Put an error on one line, its kind first."""
    return f"{type(fault).__name__}: {' '.join(str(fault).split())}".removesuffix(": ")


def _worker_name() -> str:
    """Return the worker's name; nothing outside Dask."""
    try:
        return str(get_worker().name)
    except ValueError:
        return ""
