"""What another process does with a folder, importable by processes."""

import multiprocessing
import time

from data.storage import whole_folder

PATIENCE = 120.0


def start(root, identity):
    """Start a process that fills a folder; wait until it, or another, is at it."""
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(root, identity))
    process.start()
    deadline = time.monotonic() + PATIENCE
    while not (root / "begun").exists():
        assert process.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def ended(process):
    """Wait for the end; give the exit code."""
    process.join(PATIENCE)
    return process.exitcode


def _work(root, identity):
    with whole_folder(root / "out", "run", identity, keeps="*.txt") as place:
        if place.finished:
            return
        (place.folder / "half.txt").touch()
        (root / "begun").touch()
        while not (root / "go").exists():
            time.sleep(0.01)
        with (root / "computed").open("a") as file:
            file.write(identity[0])
