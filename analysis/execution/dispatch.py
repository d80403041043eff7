"""Which task a worker gets next, so that what a group shares is prepared as rarely as possible.

A worker stays with the groups that it has prepared; then it takes a group that nobody has begun,
the largest first; then it helps with the group that has most left, if that is worth preparing
it again. No result depends on the choice.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.execution.tasks import Task


@dataclass(slots=True)
class Prepared:
    """Which workers have prepared a group, and what the first task of each took, in seconds."""

    by: set[str] = field(default_factory=set)
    first: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """The tasks of one group that are left, and what its finished ones took."""

    prepared: Prepared
    left: deque[Task] = field(default_factory=deque)
    later: list[float] = field(default_factory=list)

    def worth_joining(self) -> bool:
        """Return whether another worker would save more than it spends on preparing."""
        first = self.prepared.first
        if not self.later or not first:
            return len(self.left) > 1
        typical = sum(self.later) / len(self.later)
        preparing = max(sum(first) / len(first) - typical, 0.0)
        return len(self.left) * typical > 2.0 * preparing


class Dispatcher:
    """Hands out tasks to named workers.

    Parameters
    ----------
    tasks
        What to hand out.
    prepared
        What these workers prepared for earlier tasks, by group; it is kept up to date.
    """

    def __init__(self, tasks: Iterable[Task], prepared: dict[str, Prepared] | None = None) -> None:
        self._prepared = {} if prepared is None else prepared
        self._groups: dict[str, _Group] = {}
        for task in tasks:
            if task.group not in self._groups:
                shared = self._prepared.setdefault(task.group, Prepared())
                self._groups[task.group] = _Group(shared)
            self._groups[task.group].left.append(task)
        self._current: dict[str, str] = {}

    @property
    def left(self) -> int:
        """Tasks that nobody has."""
        return sum(len(group.left) for group in self._groups.values())

    def take(self, worker: str) -> Task | None:
        """Return a task for the worker; None if none is worth its while now."""
        name = self._choose(worker)
        if name is None:
            return None
        group = self._groups[name]
        group.prepared.by.add(worker)
        self._current[worker] = name
        return group.left.popleft()

    def put_back(self, task: Task) -> None:
        """Take back a task that could not be started."""
        self._groups[task.group].left.appendleft(task)

    def note(self, task: Task, seconds: float) -> None:
        """Learn what a finished task took."""
        group = self._groups[task.group]
        preparing = len(group.prepared.first) < len(group.prepared.by)
        (group.prepared.first if preparing else group.later).append(seconds)

    def forget(self, worker: str) -> None:
        """Forget a worker that is gone, with what it had prepared."""
        self._current.pop(worker, None)
        for prepared in self._prepared.values():
            prepared.by.discard(worker)

    def _choose(self, worker: str) -> str | None:
        """Name the group that the worker should work on."""
        current = self._current.get(worker)
        if current is not None and self._groups[current].left:
            return current
        waiting = {name: group for name, group in self._groups.items() if group.left}
        prepared = [name for name, group in waiting.items() if worker in group.prepared.by]
        if prepared:
            return prepared[0]
        fresh = [name for name, group in waiting.items() if not group.prepared.by]
        if fresh:
            return max(fresh, key=lambda name: len(waiting[name].left))
        shared = [name for name, group in waiting.items() if group.worth_joining()]
        return max(shared, key=lambda name: len(waiting[name].left), default=None)
