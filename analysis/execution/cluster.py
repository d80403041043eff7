"""Where tasks run: processes of this machine, or a Dask cluster that is there already."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import dask
from dask.utils import parse_bytes
from distributed import Client, LocalCluster
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from analysis.execution.dispatch import Prepared
from analysis.execution.handshake import HandshakeError, check_dask
from analysis.execution.process import kill
from analysis.execution.worker import Surroundings

WORKERS = 2
MEMORY = "3GiB"
_CONNECT_SECONDS, _CLOSE_SECONDS = 20, 30

# Memory is bounded by what a worker keeps; nothing of use could be spilt to disk.
_SETTINGS = {
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    # The dispatcher knows better than Dask which worker has prepared what.
    "distributed.scheduler.work-stealing": False,
    # One thread each for linear algebra, as Dask sets it, but no trimming of memory at every call,
    # which costs a fit a seventh of its time.
    "distributed.nanny.pre-spawn-environ": {
        "OMP_NUM_THREADS": 1,
        "MKL_NUM_THREADS": 1,
        "OPENBLAS_NUM_THREADS": 1,
    },
    # A hundred looks a second at what a worker is doing, which nobody reads, take its processor.
    "distributed.worker.profile.enabled": False,
    # A killed worker is started again; on a busy machine that takes longer than Dask expects.
    "distributed.deploy.lost-worker-timeout": "15 minutes",
    "distributed.admin.large-graph-warning-threshold": "1GB",
    "logging": {"distributed": "error"},
}


class ClusterError(ValueError):
    """No cluster, or no longer one; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where to run.

    Attributes
    ----------
    scheduler
        Address of a running Dask scheduler, such as ``tcp://10.0.0.5:8786``. Its workers must
        see the store's folder under the same path and have one thread each. Empty for
        processes of this machine.
    workers
        Processes, on this machine.
    memory
        Each one's limit: a process beyond it is killed, and its task tried elsewhere.
    certificate, key, authority
        Files in PEM format, where the scheduler's address begins with ``tls://``: this client's
        certificate, its key, and the authority that signed the scheduler's.
    """

    scheduler: str = ""
    workers: int = WORKERS
    memory: str = MEMORY
    certificate: str = ""
    key: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """A cluster that is up, for one execution after another.

    Attributes
    ----------
    client
        Of Dask.
    prepared
        What its workers have prepared, by group of tasks.
    """

    client: Client
    prepared: dict[str, Prepared] = field(default_factory=dict)


@contextmanager
def connected(cluster: Cluster) -> Iterator[Connection]:
    """Connect; stop what was started when the block ends, at once if by an exception.

    Raises
    ------
    ClusterError
        If no scheduler answers, or the settings make no sense.
    """
    if cluster.scheduler:
        with _elsewhere(cluster.scheduler, _credentials(cluster)) as client:
            yield Connection(client)
        return
    _check(cluster)
    # Any user of the machine can reach its ports: without the credentials made here, for these
    # processes alone, nobody is heard.
    with dask.config.set(_SETTINGS), _processes(cluster) as client:
        yield Connection(client)


def _credentials(cluster: Cluster) -> Security | None:
    """Return what a scheduler elsewhere is shown, where its address wants it."""
    named = {
        "--tls-certificate": cluster.certificate,
        "--tls-key": cluster.key,
        "--tls-authority": cluster.authority,
    }
    if not cluster.scheduler.startswith("tls://"):
        given = [option for option, file in named.items() if file]
        if given:
            raise ClusterError(
                f"{given[0]}: is for a --scheduler at tls://; it is {cluster.scheduler!r}. "
                "Change either."
            )
        return None
    for option, file in named.items():
        if not Path(file).is_file():
            raise ClusterError(
                f"{option} {file!r}: no such file; a scheduler at tls:// wants a certificate, its "
                "key and the authority's certificate, in PEM format. Name all three."
            )
    return Security(
        require_encryption=True,
        tls_client_cert=cluster.certificate,
        tls_client_key=cluster.key,
        tls_ca_file=cluster.authority,
    )


def _check(cluster: Cluster) -> None:
    """Refuse numbers that cannot be, and options that would be without effect."""
    _credentials(cluster)
    if cluster.workers < 1:
        raise ClusterError(f"workers = {cluster.workers}: wanted at least one.")
    try:
        size = parse_bytes(cluster.memory)
    except ValueError as error:
        raise ClusterError(f"memory = {cluster.memory!r}: wanted a size such as 3GiB.") from error
    if size < 2**28:
        raise ClusterError(f"memory = {cluster.memory!r}: a worker needs 256 MiB at the least.")


@contextmanager
def _processes(cluster: Cluster) -> Iterator[Client]:
    """Start processes on this machine."""
    with _deaf_children():
        local = LocalCluster(
            n_workers=cluster.workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=cluster.memory,
            protocol="tls",
            security=Security.temporary(),
            # A port of its own for what cannot be turned off: others may use the usual one.
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs="CRITICAL",
        )
    finished = False
    try:
        with Client(local, set_as_default=False) as client:
            client.register_plugin(Surroundings())
            yield client
            finished = True
    finally:
        if not finished:
            _kill_workers(local)
        # On a busy machine its end may take long; nothing is lost by leaving it to itself.
        with suppress(TimeoutError):
            local.close(timeout=_CLOSE_SECONDS)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Leave Ctrl-C to this process: the terminal tells its children at the same time.

    Threads inherit the signals that are blocked where they are started, and processes those of
    the thread that starts them: also a worker that Dask's own thread starts again later, which
    would otherwise hear Ctrl-C before it can be told to ignore it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where Ctrl-C ends workers as well
        yield
        return
    from multiprocessing import resource_tracker  # which Windows has not

    # Starting its tracker, which the first child would do, unblocks the signal again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _kill_workers(local: LocalCluster) -> None:
    """End the workers' processes without waiting for what they are at."""
    for nanny in local.workers.values():
        nanny.auto_restart = False
        if nanny.pid is not None:
            kill(nanny.pid)


@contextmanager
def _elsewhere(address: str, security: Security | None) -> Iterator[Client]:
    """Join a cluster that is there already."""
    try:
        context = security.get_connection_args("client")["ssl_context"] if security else None
        check_dask(address, _CONNECT_SECONDS, context)
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, security=security)
    except (OSError, ValueError, TimeoutError, RuntimeError, HandshakeError) as error:
        raise ClusterError(
            f"--scheduler {address}: no Dask scheduler answers there ({error}). Start one with "
            "`dask scheduler`, or leave the option out to use this machine."
        ) from error
    # That a scheduler is lost is said in one line, without what Dask's client logs of it.
    with silence_logging_cmgr("CRITICAL"), client:
        client.register_plugin(Surroundings())
        yield client
