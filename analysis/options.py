"""What the commands have in common."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from analysis.execution.cluster import Cluster

Folder = Annotated[Path | None, Parameter(negative="")]
Switch = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How a command executes many tasks.

    Parameters
    ----------
    dry_run
        Say what would be computed and reused, and how long it would take.
    workers
        Processes of this machine.
    memory
        What each of them may use.
    scheduler
        Address of a Dask scheduler to use in their place, such as tcp://10.0.0.5:8786.
    retry_failed
        Try again what failed before.
    """

    dry_run: Switch = False
    workers: int = 2
    memory: str = "3GiB"
    scheduler: str = ""
    retry_failed: Switch = False

    def cluster(self) -> Cluster:
        """Say where to run; Dask is imported here, by the commands that use it."""
        from analysis.execution.cluster import Cluster

        return Cluster(scheduler=self.scheduler, workers=self.workers, memory=self.memory)


IN_PROCESSES = Execution()
"""Two processes of this machine, unless the command line says otherwise."""


def command_line() -> str:
    """Give the command line as typed, the program by its name."""
    return " ".join(["effectiveness", *sys.argv[1:]])
