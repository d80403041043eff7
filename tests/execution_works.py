"""Tiny work functions for tests of the execution layer, importable by workers."""

import errno
import os
import signal
import time
from pathlib import Path

from analysis.execution.tasks import Task, content_key
from analysis.execution.worker_cache import cached


def tasks(log, numbers, groups=3, **more):
    """One task a number; every so many of one group; a log of what was really computed."""
    return [
        Task(
            content_key({"number": number}),
            f"group {number % groups}",
            {"number": number, "group": number % groups, "log": str(log), **more},
            f"number {number}",
        )
        for number in numbers
    ]


def write_square(payload, folder):
    """Write the square of a number, having prepared its group once a process."""
    cached("prepared", payload["group"], lambda: _log(payload, f"prepared {payload['group']}"))
    time.sleep(payload.get("sleep", 0.0))
    if payload["number"] in payload.get("faulty", ()):
        raise ValueError(f"{payload['number']} has no square\nof this kind")
    (folder / "square.txt").write_text(str(payload["number"] ** 2))
    _log(payload, f"computed {payload['number']}")


def find_no_room(payload, folder):
    """Write half of the result, and find the disk full from the third number on."""
    (folder / "half.txt").write_text("half")
    if payload["number"] >= 2 and not (Path(payload["log"]) / "room").exists():
        raise OSError(errno.ENOSPC, "No space left on device")
    write_square(payload, folder)


def die_once(payload, folder):
    """Kill the worker the first time that the number 3 comes."""
    mark = Path(payload["log"]) / "died"
    if payload["number"] == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    write_square(payload, folder)


def always_die(payload, folder):
    """Kill the worker whenever the number 1 comes."""
    if payload["number"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    write_square(payload, folder)


def logged(folder):
    """Read the log's lines, sorted."""
    file = Path(folder) / "log.txt"
    return sorted(file.read_text().splitlines()) if file.exists() else []


def _log(payload, line):
    with (Path(payload["log"]) / "log.txt").open("a") as file:
        file.write(f"{line}\n")
