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
class _Group:
    """The tasks of one group that are left, and what its finished ones took."""

    left: deque[Task] = field(default_factory=deque)
    first: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)
    prepared_by: set[str] = field(default_factory=set)

    def worth_joining(self) -> bool:
        """Say whether another worker would save more than it spends on preparing."""
        if not self.later or not self.first:
            return len(self.left) > 1
        typical = sum(self.later) / len(self.later)
        preparing = max(sum(self.first) / len(self.first) - typical, 0.0)
        return len(self.left) * typical > 2.0 * preparing


class Dispatcher:
    """Hands out tasks to named workers."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._groups: dict[str, _Group] = {}
        for task in tasks:
            self._groups.setdefault(task.group, _Group()).left.append(task)
        self._current: dict[str, str] = {}

    @property
    def left(self) -> int:
        """Tasks that nobody has."""
        return sum(len(group.left) for group in self._groups.values())

    def take(self, worker: str) -> Task | None:
        """Give the worker a task; None if none is worth its while now."""
        name = self._choose(worker)
        if name is None:
            return None
        group = self._groups[name]
        group.prepared_by.add(worker)
        self._current[worker] = name
        return group.left.popleft()

    def put_back(self, task: Task) -> None:
        """Take back a task that could not be started."""
        self._groups[task.group].left.appendleft(task)

    def note(self, task: Task, seconds: float) -> None:
        """Learn what a finished task took."""
        group = self._groups[task.group]
        known = len(group.first) < len(group.prepared_by)
        (group.first if known else group.later).append(seconds)

    def forget(self, worker: str) -> None:
        """Forget a worker that is gone, with what it had prepared."""
        self._current.pop(worker, None)
        for group in self._groups.values():
            group.prepared_by.discard(worker)

    def _choose(self, worker: str) -> str | None:
        """Name the group that the worker should work on."""
        current = self._current.get(worker)
        if current is not None and self._groups[current].left:
            return current
        waiting = {name: group for name, group in self._groups.items() if group.left}
        prepared = [name for name, group in waiting.items() if worker in group.prepared_by]
        if prepared:
            return prepared[0]
        fresh = [name for name, group in waiting.items() if not group.prepared_by]
        if fresh:
            return max(fresh, key=lambda name: len(waiting[name].left))
        shared = [name for name, group in waiting.items() if group.worth_joining()]
        return max(shared, key=lambda name: len(waiting[name].left), default=None)
