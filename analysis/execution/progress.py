"""Progress of an execution on standard error: a bar on a terminal, else now and then a line."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from analysis.execution.tally import Tally, Watch

_LINE_EVERY = 30.0


def describe(tally: Tally) -> str:
    """Say in one line how far things are."""
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
    """Give a function that shows the tallies it is told.

    Parameters
    ----------
    what
        Name of the things that are counted.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(what, total=None, told="starting")

        def show(tally: Tally) -> None:
            bars.update(bar, total=tally.total, completed=tally.done, told=describe(tally))

        yield show


def _lines(what: str) -> Watch:
    """Give a function that writes a line every half minute, and at the end."""
    last = [time.monotonic()]

    def write(tally: Tally) -> None:
        now = time.monotonic()
        if now - last[0] >= _LINE_EVERY or tally.done == tally.total:
            last[0] = now
            sys.stderr.write(f"{what}: {describe(tally)}\n")
            sys.stderr.flush()

    return write
