"""What other processes do with a folder: ``python -m tests.storage_works WORK ROOT IDENTITY``."""

import subprocess
import sys
import time
from pathlib import Path

from data.folders import whole_folder
from data.storage import keep_intact, note, write_file

PATIENCE = 120.0
FITS = 12


def start(work, root, identity):
    """Start a process that fills a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, work, str(root), identity],
        cwd=Path(__file__).parents[1],
        stderr=subprocess.PIPE,
        text=True,
    )


def until(there, process):
    """Wait for a file while a process is at work."""
    deadline = time.monotonic() + PATIENCE
    while not there.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ended(process):
    """Wait for the end; give the exit code and what was said."""
    told = process.communicate(timeout=PATIENCE)[1]
    return process.returncode, told


def wait_for_go(folder, root, identity):
    """Begin, and finish when told to."""
    (folder / "half.txt").touch()
    (root / "begun").touch()
    while not (root / "go").exists():
        time.sleep(0.01)
    with (root / "computed").open("a") as file:
        file.write(identity[0])


def fit(folder, root, _identity):
    """Make a row of fits, each where it is not there, as a run does."""
    (root / "begun").touch()
    keep_intact(folder, "fits/*.nc")
    for number in range(FITS):
        file = folder / "fits" / f"{number}.nc"
        if not file.exists():
            time.sleep(0.02)
            write_file(file, bytes([number]) * 300_000, folder)
            with (root / "made").open("a") as log:
                log.write(f"{number}\n")
    (folder / "evidence.json").write_text(str(sorted(one.name for one in folder.glob("fits/*"))))


def main(work, root, identity):
    with whole_folder(root / "out", "run", identity, keeps="fits/*.nc") as place:
        if place.finished:
            note("there before")
        else:
            {"wait": wait_for_go, "fit": fit}[work](place.folder, root, identity)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
