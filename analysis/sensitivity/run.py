"""Run a grid: plan, first pass, second pass, table, figures; or say what would be done.

The folder holds everything and grows: ``results/KEY`` (one folder a specification and pass),
``failures/``, ``panels/``, and, written anew each time, ``specifications.parquet``,
``screen_error.csv``, ``axes.csv``, ``shares.csv``, ``summary.json``, ``grid.toml`` and
``figures/``. Running the same file again, or a larger grid, computes what is not there.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import tomli_w

from analysis.execution.cluster import Cluster, Connection, connected
from analysis.execution.execute import execute
from analysis.execution.store import Store
from analysis.execution.task_counts import TaskCounts, Watch, unwatched
from analysis.execution.tasks import content_key
from analysis.sensitivity.confirm import choose
from analysis.sensitivity.fit import compute
from analysis.sensitivity.grid import Grid
from analysis.sensitivity.plan import Planned, Planner
from analysis.sensitivity.table import build_table, seconds_left, write_table
from data.folders import growing_folder
from data.panel import Progress, silent
from data.storage import write_file

KIND = "grid"

# CPU seconds, measured on England (docs/sensitivity.md), until the grid itself tells better.
_SECONDS = {"screen": 0.6, "nuts": 14.0}
_COMPILE_SECONDS = 26.0
# Taking a structure that is there is no compiling.
_COMPILED_ABOVE = 1.0


@dataclass(frozen=True, slots=True)
class Prospect:
    """What running a grid would do.

    Attributes
    ----------
    specifications, reused, failed
        All; those whose first pass is there, and those of which it failed before.
    confirmed, confirmed_reused
        The second pass: at most so many, and those of them that are there already.
    structures
        Shapes to compile in the first pass.
    cpu_seconds, compile_seconds
        Estimated, of the processor, for what is left of both passes; and what of that is
        loading libraries and compiling, once for each worker and structure.
    workers
        Over which it would be divided.
    """

    specifications: int
    reused: int
    failed: int
    confirmed: int
    confirmed_reused: int
    structures: int
    cpu_seconds: float
    compile_seconds: float
    workers: int


def prospect(grid: Grid, planner: Planner, folder: Path, cluster: Cluster) -> Prospect:
    """Return what a run would compute and what it would reuse; compute nothing."""
    store = Store(folder)
    planned = planner.plan()
    table = build_table(planned, {}, store)
    left = [one for one in planned if not store.finished(one.task.key)]
    failed = sum(store.failure(one.task.key) is not None for one in left)
    confirm = grid.file.confirm
    most = min(int(table["confirmable"].sum()), confirm.moving + confirm.random)
    again = second_pass(grid, planner, planned, table)
    there = sum(store.finished(task.task.key) for task, _ in again.values())
    structures = len({one.task.group for one in left})
    workers = cluster.workers
    seconds = _expected(table, "screen", len(left) - failed)
    seconds += _expected(table, "nuts", most - there)
    # What the first pass compiles serves the second one, which needs it on every worker.
    times = max(structures, min(workers, len(left) + most - there))
    compiling = times * _compile_seconds(table)
    return Prospect(
        specifications=len(planned),
        reused=len(planned) - len(left),
        failed=failed,
        confirmed=most,
        confirmed_reused=there,
        structures=structures,
        cpu_seconds=seconds + compiling,
        compile_seconds=compiling,
        workers=workers,
    )


def run_grid(
    grid: Grid,
    planner: Planner,
    folder: Path,
    *,
    cluster: Cluster | None = None,
    retry_failed: bool = False,
    watch: Watch = unwatched,
    report: Progress = silent,
) -> pd.DataFrame:
    """Compute both passes, as far as they are not there, and write what was found.

    Raises
    ------
    ConfigError, StoreError, StorageError, ClusterError, KeyboardInterrupt
        As :func:`analysis.execution.execute.execute` and the planner say; what is finished
        stays.

    Returns
    -------
    pandas.DataFrame
        :func:`analysis.sensitivity.table.build_table`'s.
    """
    first = planner.plan()
    text = tomli_w.dumps(grid.file.model_dump(mode="json", exclude_none=True))
    identity = content_key({"grid": text, "tasks": sorted(one.task.key for one in first)})
    with growing_folder(folder, KIND, identity):
        planner.save_panels()
        write_file(folder / "grid.toml", text.encode())
        return _both_passes(
            grid, planner, folder, first, cluster or Cluster(), retry_failed, watch, report
        )


def _both_passes(
    grid: Grid,
    planner: Planner,
    folder: Path,
    first: Sequence[Planned],
    cluster: Cluster,
    retry_failed: bool,
    watch: Watch,
    report: Progress,
) -> pd.DataFrame:
    """Compute what is not there and write the results anew."""
    from analysis.sensitivity.outputs import write_outputs

    store = Store(folder)
    # Both passes have the same workers, so that what one compiled serves the other.
    with _workers(first, store, cluster) as there:
        _pass(first, store, there, retry_failed, watch)
        table = build_table(_in_order(first, grid), {}, store)
        again = second_pass(grid, planner, first, table)
        if again:
            _pass([one for one, _ in again.values()], store, there, retry_failed, watch)
    table = build_table(_in_order(first, grid), again, store)
    write_table(table, folder)
    report("figures", 0, 1)
    write_outputs(table, grid.file.title, folder, grid.file.confirm.seed)
    report("figures", 1, 1)
    return table


def second_pass(
    grid: Grid, planner: Planner, first: Sequence[Planned], table: pd.DataFrame
) -> dict[str, tuple[Planned, str]]:
    """Plan the second pass, by the first pass's keys."""
    chosen = choose(table, grid.file.confirm)
    by_key = {one.task.key: one for one in first}
    specifications = [by_key[str(key)].specification for key in chosen.index]
    planned = planner.plan(specifications, grid.file.confirm)
    by_label = {one.specification.label: one for one in planned}
    return {
        str(key): (by_label[by_key[str(key)].specification.label], str(why))
        for key, why in chosen.items()
    }


def _workers(
    first: Sequence[Planned], store: Store, cluster: Cluster
) -> AbstractContextManager[Cluster | Connection]:
    """Connect for both passes, if the first has anything to compute."""
    if all(store.finished(one.task.key) for one in first):
        return nullcontext(cluster)
    return connected(cluster)


def _pass(
    planned: Sequence[Planned],
    store: Store,
    cluster: Cluster | Connection,
    retry_failed: bool,
    watch: Watch,
) -> TaskCounts:
    """Execute one pass."""
    tasks = [one.task for one in planned]
    return execute(tasks, compute, store, cluster=cluster, retry_failed=retry_failed, watch=watch)


def _in_order(planned: Sequence[Planned], grid: Grid) -> list[Planned]:
    """Put tasks back into the grid's order."""
    place = {one.label: position for position, one in enumerate(grid.specifications)}
    return sorted(planned, key=lambda one: place[one.specification.label])


def _compile_seconds(table: pd.DataFrame) -> float:
    """Return the mean of what compiling took in the finished ones, or what it took on England."""
    taken = table["screen_compile_seconds"]
    taken = taken[taken > _COMPILED_ABOVE]
    return float(taken.mean()) if len(taken) else _COMPILE_SECONDS


def _expected(table: pd.DataFrame, prefix: str, number: int) -> float:
    """Estimate the seconds of so many specifications, from the finished ones if there are."""
    found = seconds_left(table, number, prefix)
    return found if found == found else _SECONDS[prefix] * number
