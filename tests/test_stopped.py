"""Small runs and grids that are killed at random moments, and two at once in one folder.

Whatever happens, the evidence is that of an undisturbed run to the last bit, and no fit that was
finished is made again. The random moments are drawn from the seed that is printed.
"""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from analysis.sensitivity.table import FILE, same_results
from tests.fitted import TINY

pytestmark = pytest.mark.slow

GRID = """
base = "run.toml"
[axes.weights]
equal = {}
domain_equal = { "model.weights" = "domain_equal" }
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
PATIENCE = 3600.0
KILLS = {"run": 15, "sensitivity": 8}
SECONDS = {}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Configurations, and an undisturbed result of each with the seconds that it took."""
    root = tmp_path_factory.mktemp("stopped")
    (root / "run.toml").write_text(TINY)
    (root / "sensitivity.toml").write_text(GRID)
    for command in KILLS:
        began = time.monotonic()
        told = finish(begin(root, command, f"{command}-whole"))
        assert "effectiveness:" not in told
        SECONDS[command] = time.monotonic() - began
    return root


def begin(root, command, out, *options):
    """Start a command in a process group of its own, as a terminal does.

    Each result has a cache of its own, so that no fit comes from that of another one.
    """
    name = "run.toml" if command == "run" else "sensitivity.toml"
    line = [
        sys.executable,
        "-m",
        "analysis.command_line.main",
        command,
        root / name,
        "--out",
        root / out,
    ]
    return subprocess.Popen(
        [*map(str, line), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "EFFECTIVENESS_CACHE": str(root / "caches" / out)},
    )


def finish(process, code=0):
    told, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, told
    return told


def pieces(root, out):
    """Say when each finished fit, or specification, was written, wherever it stands."""
    places = [root / out, *root.glob(f".{out}.*.partial")]
    found = [one for place in places for one in place.glob("fits/*.nc")]
    found += [one for place in places for one in place.glob("results/[!.]*/evidence.json")]
    return {one.parts[-2:]: one.stat().st_mtime_ns for one in found}


def same(root, command, out):
    if command == "run":
        return all(
            (root / out / name).read_bytes() == (root / "run-whole" / name).read_bytes()
            for name in ["evidence.json", *_tables(root / "run-whole")]
        )
    import pandas as pd

    one, other = (pd.read_parquet(root / name / FILE) for name in (out, "sensitivity-whole"))
    return same_results(one, other)


def _tables(folder):
    """Name the tables that hold no times taken."""
    timed = {"diagnostics.csv"}
    tables = [one for one in folder.glob("tables/*.csv") if one.name not in timed]
    return [str(one.relative_to(folder)) for one in tables]


@pytest.mark.parametrize("command", KILLS)
def test_kills_at_random_moments_change_no_evidence_and_repeat_no_fit(work, command):
    """Each kill falls into a run that goes on from what the one before left."""
    seed = random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"moments of {command}: seed {seed}\n")
    moments = random.Random(seed)
    out, round_ = f"{command}-killed-0", 0
    for kill in range(KILLS[command]):
        before = pieces(work, out)
        process = begin(work, command, out)
        time.sleep(moments.uniform(0.0, SECONDS[command]))
        ended = process.poll() is not None
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        now = pieces(work, out)
        assert before.items() <= now.items(), f"seed {seed}, kill {kill}: a fit was made again"
        sys.stdout.write(f"kill {kill}: {len(before)} pieces before, {len(now)} after\n")
        if ended:
            assert same(work, command, out)
            round_ += 1
            out = f"{command}-killed-{round_}"
    before = pieces(work, out)
    finish(begin(work, command, out))
    assert before.items() <= pieces(work, out).items()
    assert same(work, command, out)


def test_sigterm_says_what_is_kept_and_the_next_goes_on(work):
    process = begin(work, "run", "terminated")
    while not pieces(work, "terminated"):
        assert process.poll() is None
        time.sleep(0.05)
    process.terminate()
    told = finish(process, code=143)
    kept = pieces(work, "terminated")

    assert "effectiveness: terminated; finished and kept in " in told
    assert "Traceback" not in told
    finish(begin(work, "run", "terminated"))
    assert kept.items() <= pieces(work, "terminated").items()
    assert same(work, "run", "terminated")


@pytest.mark.parametrize("command", KILLS)
def test_the_same_twice_at_once_is_computed_once(work, command):
    first, second = (begin(work, command, f"{command}-twice") for _ in range(2))
    told = [finish(one) for one in (first, second)]

    assert sum("waiting for it" in one for one in told) == 1
    assert same(work, command, f"{command}-twice")
    assert not list(work.glob(f".{command}-twice*"))


def test_another_run_with_the_same_folder_is_refused_and_the_first_finishes(work):
    first = begin(work, "run", "contested")
    while not list(work.glob(".contested.lock")):
        assert first.poll() is None
        time.sleep(0.05)
    told = finish(begin(work, "run", "contested", "--seed", "8"), code=2)
    finish(first)

    assert "is at work there, and not on the same" in told
    assert "Traceback" not in told
    assert same(work, "run", "contested")
    assert not list(work.glob(".contested*"))
