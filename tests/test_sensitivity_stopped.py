"""A grid that is killed, starved and interrupted while real processes work on it.

Whatever happens, the same command goes on: the table is that of an undisturbed run to the last
bit, screened and sampled figures alike, and what was finished is not touched again.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import psutil
import pytest
from pandas.testing import assert_frame_equal

from analysis.sensitivity.table import FILE, TIMES

pytestmark = pytest.mark.slow

BASE = """
[panel]
indicators = ["rereferral_12m", "cla_dental", "cl_eet_17_18", "cl_eet_19_21"]
years = [2024, 2025]
simulation = { seed = 3 }
[model]
factors = 1
"""
GRID = """
base = "base.toml"
[axes.weights]
equal = {}
domain_equal = { "model.weights" = "domain_equal" }
[axes.lag]
any = {}
before = { "panel.lag" = [-9, 0] }
[axes.without]
none = {}
first = { "panel.exclude" = ["S00000001"] }
second = { "panel.exclude" = ["S00000002"] }
[axes.prior]
default = {}
uniform = { "model.priors.link_concentration" = 1.0 }
[confirm]
moving = 1
random = 1
chains = 2
tune = 100
draws = 100
"""
SPECIFICATIONS = 48
RESULTS = SPECIFICATIONS + 2
PATIENCE = 900.0


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    (folder / "base.toml").write_text(BASE)
    (folder / "grid.toml").write_text(GRID)
    return folder / "grid.toml"


@pytest.fixture(scope="module")
def undisturbed(grid, tmp_path_factory):
    """The folder of a run on two workers that nothing befell."""
    folder = tmp_path_factory.mktemp("undisturbed")
    told = _finish(_begin(grid, folder))
    assert f"{SPECIFICATIONS} specifications: " in told
    return folder


@pytest.fixture
def small_disk(tmp_path):
    """A file system in memory, which can be filled."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    allowed = shutil.which("mount") and os.geteuid() == 0
    if not allowed or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a file system in memory wants root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _begin(grid, folder, *options):
    """Start the command in a process group of its own, as a terminal does."""
    command = [
        sys.executable,
        "-m",
        "analysis.command_line.main",
        "sensitivity",
        grid,
        "--out",
        folder,
    ]
    # Each folder has a store of fits of its own: otherwise the first would have computed all.
    store = grid.parent / str(folder).replace(os.sep, "-")
    return subprocess.Popen(
        [*map(str, command), *options],
        env={**os.environ, "EFFECTIVENESS_CACHE": str(store)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _finish(process, code=0):
    """Wait for the end; give what was said."""
    told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, told
    return told


def _finished(folder):
    """Say when each finished specification was written."""
    results = folder / "results"
    there = [] if not results.is_dir() else [one for one in results.iterdir() if one.suffix == ""]
    return {one.name: (one / "evidence.json").stat().st_mtime_ns for one in there}


def _until(folder, process, number):
    """Wait until so many specifications are finished; say when each was written."""
    deadline = time.monotonic() + PATIENCE
    while len(found := _finished(folder)) < number:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(found) < SPECIFICATIONS
    return found


def _workers(process):
    """Find the processes that fit."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [one for one in children if "spawn_main" in " ".join(one.cmdline())]


def _table(folder):
    """Read a table without the times taken."""
    table = pd.read_parquet(folder / FILE)
    return table[[name for name in table if not name.endswith(TIMES)]]


def _same(folder, undisturbed, before):
    """Hold that the table is that of the undisturbed run, and nothing kept was computed again."""
    assert_frame_equal(_table(folder), _table(undisturbed), check_exact=True)
    now = _finished(folder)
    assert len(now) == RESULTS
    assert before.items() <= now.items()
    assert not list((folder / "results").glob(".*.partial"))
    assert not (folder / "failures").is_dir() or not list((folder / "failures").iterdir())


def test_one_worker_and_two_give_the_same_table(grid, undisturbed, tmp_path):
    _finish(_begin(grid, tmp_path, "--workers", "1"))

    _same(tmp_path, undisturbed, {})


def test_one_mishap_after_another_loses_nothing_but_what_was_in_flight(
    grid, undisturbed, small_disk
):
    """A worker killed, Ctrl-C twice, the command killed, the disk full: in one folder, in turn."""
    process = _begin(grid, small_disk)
    _until(small_disk, process, 4)
    os.kill(_workers(process)[0].pid, signal.SIGKILL)
    _until(small_disk, process, 10)
    workers = _workers(process)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    told = _finish(process, code=130)
    assert "effectiveness: stopped" in told
    assert "Traceback" not in told
    assert not psutil.wait_procs(workers, timeout=30)[1]
    interrupted = _finished(small_disk)

    process = _begin(grid, small_disk)
    _until(small_disk, process, len(interrupted) + 6)
    workers = _workers(process)
    process.kill()  # its scheduler lives in the same process
    process.communicate(timeout=60)
    assert not psutil.wait_procs(workers, timeout=60)[1]
    killed = _finished(small_disk)
    assert interrupted.items() <= killed.items()

    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 2**17))
    told = _finish(_begin(grid, small_disk), code=2)
    assert "no room left" in told
    assert "Traceback" not in told
    full = _finished(small_disk)
    assert killed.items() < full.items()
    assert len(full) < SPECIFICATIONS
    ballast.unlink()

    told = _finish(_begin(grid, small_disk))
    assert f"{len(full)} there before" in told
    _same(small_disk, undisturbed, full)


def test_a_killed_scheduler_elsewhere_is_one_line(grid, undisturbed, tmp_path):
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    at = ["--scheduler-file", str(file), "--no-dashboard"]
    scheduler = subprocess.Popen([*dask, "scheduler", "--port", "0", *at], **quiet)
    worker = subprocess.Popen([*dask, "worker", "--nthreads", "1", "--no-nanny", *at], **quiet)
    try:
        while not file.is_file() or not file.stat().st_size:
            time.sleep(0.1)
        address = pd.read_json(file, typ="series")["address"]
        folder = tmp_path / "out"
        process = _begin(grid, folder, "--scheduler", address)
        _until(folder, process, 6)
        scheduler.kill()
        told = _finish(process, code=2)
    finally:
        scheduler.kill()
        worker.kill()
        worker.wait()
        scheduler.wait()
    before = _finished(folder)

    assert "effectiveness: The Dask scheduler is lost" in told
    assert "Traceback" not in told
    _finish(_begin(grid, folder))
    _same(folder, undisturbed, before)
