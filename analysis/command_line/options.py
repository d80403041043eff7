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
        Address of a Dask scheduler to use in their place, such as tcp://10.0.0.5:8786. Who can
        reach it can run code there, unless it is at tls://.
    tls_certificate, tls_key, tls_authority
        For a scheduler at tls://: files in PEM format with this client's certificate, its key,
        and the certificate of the authority that signed both sides'.
    retry_failed
        Try again what failed before.
    """

    dry_run: Switch = False
    workers: int = 2
    memory: str = "3GiB"
    scheduler: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    tls_authority: str = ""
    retry_failed: Switch = False

    def cluster(self) -> Cluster:
        """Return where to run; Dask is imported here, by the commands that use it."""
        from analysis.execution.cluster import Cluster

        return Cluster(
            scheduler=self.scheduler,
            workers=self.workers,
            memory=self.memory,
            certificate=self.tls_certificate,
            key=self.tls_key,
            authority=self.tls_authority,
        )


IN_PROCESSES = Execution()
"""Two processes of this machine, unless the command line says otherwise."""


def command_line() -> str:
    """Return the command line as typed, the program by its name, the user's own folder as ~."""
    home = str(Path.home())
    typed = [one.replace(home, "~") if len(home) > 1 else one for one in sys.argv[1:]]
    return " ".join(["effectiveness", *typed])


def check_places(
    out: Path | None, kind: str, *, inside: bool = False, samples: bool = True
) -> None:
    """Raise an error, before anything is computed, if a folder of a command cannot be written.

    Parameters
    ----------
    out
        Where the results are to stand; in ``runs`` if not given.
    kind, inside
        As :func:`data.folders.check_folder` explains them.
    samples
        Whether the command compiles models.
    """
    from data.folders import check_folder
    from data.storage import StorageError

    if out is None:
        check_folder(Path("runs"), inside=True)
    else:
        check_folder(out, kind, inside=inside)
    if samples:
        from models.compile_cache import compile_cache

        try:
            check_folder(compile_cache(), inside=True)
        except StorageError as error:
            raise StorageError(
                f"{error} PyTensor keeps there what it compiles; "
                "PYTENSOR_FLAGS=base_compiledir=DIR names another."
            ) from error
