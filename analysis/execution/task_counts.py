"""How far an execution has come, for whoever watches it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How far an execution has come.

    Attributes
    ----------
    total, reused, finished, failed
        Tasks in all; of them those whose result was there, those computed now, and those that
        failed, now or before.
    in_flight, workers
        Tasks handed out, and workers that live.
    cpu_seconds
        Of the processor, over the tasks computed now.
    peak_memory
        Largest of any worker, in bytes.
    seconds_left
        Estimated from what was computed now; None until something was.
    stopping
        Whether Ctrl-C was pressed.
    last_error
        Of the task that failed last.
    """

    total: int
    reused: int = 0
    finished: int = 0
    failed: int = 0
    in_flight: int = 0
    workers: int = 0
    cpu_seconds: float = 0.0
    peak_memory: int = 0
    seconds_left: float | None = None
    stopping: bool = False
    last_error: str = ""

    @property
    def done(self) -> int:
        """Tasks of which nothing more will come."""
        return self.reused + self.finished + self.failed


Watch = Callable[[TaskCounts], None]


def unwatched(_tally: TaskCounts) -> None:
    """Tell nobody."""
