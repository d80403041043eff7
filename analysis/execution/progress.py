"""Progress of an execution on standard error: a bar on a terminal, else now and then a line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from analysis.execution.task_counts import TaskCounts, Watch
from analysis.terminal.progress import progress_lines


def describe(tally: TaskCounts) -> str:
    """State in one line how far things are."""
    parts = [f"{tally.done} of {tally.total}", f"{tally.failed} failed"]
    if tally.reused:
        parts.append(f"{tally.reused} there before")
    if tally.stopping:
        parts.append(f"stopping when {tally.in_flight} are finished; Ctrl-C again stops at once")
    elif not tally.workers:
        parts.append("waiting for a worker")
    elif tally.seconds_left is not None:
        parts.append(f"{timedelta(seconds=round(tally.seconds_left))} left")
    return ", ".join(parts)


@contextmanager
def shown(what: str) -> Iterator[Watch]:
    """Return a function that shows the tallies it is told.

    Parameters
    ----------
    what
        Name of the things that are counted.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        with progress_lines(f"{what}: starting") as tell:
            # The last one begins a step of its own, so that it is written.
            yield lambda tally: tell(
                f"{what}: {describe(tally)}", "done" if tally.done == tally.total else "under way"
            )
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(what, total=None, told="starting")

        def show(tally: TaskCounts) -> None:
            bars.update(bar, total=tally.total, completed=tally.done, told=describe(tally))

        yield show
