"""A task and what became of it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Work = Callable[[Any, Path], None]
"""Compute a payload and write the results into an empty folder, which exists. A function of
a module, so that workers find it; deterministic, whichever tasks its process ran before."""

Status = Literal["finished", "failed", "full"]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to compute.

    Attributes
    ----------
    key
        Names the result: a hash of everything that it depends on (:func:`content_key`).
    group
        Tasks of one group share what is dear to prepare; a worker gets them one after another.
    payload
        What the work function is given; it is pickled.
    label
        What messages call the task.
    """

    key: str
    group: str
    payload: Any
    label: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one task.

    Attributes
    ----------
    status
        ``finished``; ``failed``, with the error recorded in the store; or ``full``, where the
        disk had no room for the result.
    seconds
        Of the processor.
    peak_memory
        Largest resident size of the worker so far, in bytes.
    error
        One line, if there was one.
    worker
        Name of the worker.
    """

    status: Status
    seconds: float = 0.0
    peak_memory: int = 0
    error: str = ""
    worker: str = ""


def content_key(parts: Mapping[str, Any]) -> str:
    """Hash what a result depends on; ``parts`` must be writable as JSON."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
