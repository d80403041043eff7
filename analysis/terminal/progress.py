"""Progress on standard error: bars on a terminal; elsewhere lines, so that a log shows life."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from data.panel import Progress as Report

FIRST_AFTER, EVERY = 1.0, 15.0
"""Seconds until the first line, so that a refusal stands alone; and between lines at most."""


@contextmanager
def progress_bars() -> Iterator["Report"]:
    """Lend a function that shows each step that reports to it."""
    if not Console(stderr=True).is_terminal:
        with progress_lines("starting") as tell:
            yield lambda what, done, total: tell(f"{what}: {done} of {total}", what)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, object] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield report


@contextmanager
def progress_lines(first: str) -> Iterator[Callable[[str, str], None]]:
    """Lend a function that is told how far things are, and in which step.

    A line is written at each new step, and otherwise now and then, also while nobody reports.
    """
    lines = _Lines(first)
    thread = threading.Thread(target=lines.keep_writing, name="progress", daemon=True)
    thread.start()
    try:
        yield lines.tell
    finally:
        lines.over.set()
        thread.join()


class _Lines:
    """What was told last, and when it was written."""

    def __init__(self, first: str) -> None:
        self.over = threading.Event()
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._text, self._step = first, ""
        self._next = self._began + FIRST_AFTER

    def tell(self, text: str, step: str) -> None:
        """Take note; write at once where a step begins."""
        with self._lock:
            begins, self._text, self._step = step != self._step, text, step
            if begins and time.monotonic() - self._began >= FIRST_AFTER:
                self._write()

    def keep_writing(self) -> None:
        """Write whenever nothing was written for a while."""
        while not self.over.wait(max(self._next - time.monotonic(), 0.05)):
            with self._lock:
                if time.monotonic() >= self._next:
                    self._write()

    def _write(self) -> None:
        now = time.monotonic()
        self._next = now + EVERY
        sys.stderr.write(f"{timedelta(seconds=round(now - self._began))} {self._text}\n")
        sys.stderr.flush()
