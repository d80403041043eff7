"""Commands and their surroundings: encodings, pipes, signals, disks, progress without a screen."""

import errno
import io
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from analysis.command_line.options import command_line
from analysis.files.spreadsheet import read_cell, write_cell, write_csv
from analysis.terminal import progress

SCRIPT = """
import os, signal, sys
from analysis.terminal.answer import answer
def work():
{work}
sys.exit(answer(work))
"""


def answered(work, **environment):
    """Have a small program answered for; give its exit code and what it wrote."""
    code = SCRIPT.format(work="\n".join(f"    {line}" for line in work.splitlines()))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        timeout=120,
        env={"PATH": "", "PYTHONPATH": ".", **environment},
    )
    return done.returncode, done.stdout, done.stderr


def test_a_stream_that_lacks_a_sign_has_it_spelled_and_the_command_succeeds():
    work = "print('ρ = 0.33 × 2 − “one” ☃')"

    assert answered(work, PYTHONIOENCODING="cp1252")[:2] == (
        0, "rho = 0.33 × 2 - “one” ?\n".encode("cp1252")
    )  # fmt: skip
    assert answered(work, PYTHONIOENCODING="ascii")[:2] == (0, b'rho = 0.33 x 2 - "one" ?\n')
    assert answered(work, PYTHONIOENCODING="utf-8")[1].decode() == "ρ = 0.33 × 2 − “one” ☃\n"


def test_sigterm_is_one_line_that_says_what_is_kept():
    work = (
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "except BaseException as stopped:\n"
        "    stopped.add_note('finished and kept in .a.partial: 2 of fits/*.nc.')\n"
        "    raise"
    )
    code, _, told = answered(work)

    assert code == 128 + signal.SIGTERM
    assert told == b"effectiveness: terminated; finished and kept in .a.partial: 2 of fits/*.nc.\n"


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_while_an_object_is_removed_is_not_lost(name, code):
    """What is raised there Python ignores."""
    work = (
        "import time\n"
        "class Object:\n"
        f"    def __del__(self): os.kill(os.getpid(), signal.{name}); time.sleep(0)\n"
        "Object()\n"
        "time.sleep(600)"
    )
    found, _, told = answered(work)

    assert found == code
    assert b"ignored" not in told


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.EACCES, b"effectiveness: out: Permission denied. Check the permissions"),
        (errno.EROFS, b"effectiveness: out: Read-only file system. Check the permissions"),
        (errno.ENOSPC, b"effectiveness: out: No space left on device. Make room"),
    ],
)
def test_what_the_machine_refuses_is_one_line(number, told):
    code, _, said = answered(f"raise OSError({number}, os.strerror({number}), 'out')")

    assert code == 2
    assert said.startswith(told)
    assert said.count(b"\n") == 1


def test_a_mistake_of_ours_keeps_its_traceback():
    assert b"Traceback" in answered("open('/no/such/file')")[2]


def test_nobody_reading_the_output_is_no_traceback():
    code = SCRIPT.format(work="    print('x' * 10_000_000)")
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()

    assert (process.wait(60), told) == (141, b"")


def test_without_a_terminal_progress_is_lines_at_once_and_then_regularly(monkeypatch):
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    monkeypatch.setattr(progress, "FIRST_AFTER", 0.1)
    monkeypatch.setattr(progress, "EVERY", 0.2)

    with progress.progress_lines("starting") as tell:
        time.sleep(0.15)
        for done in range(100):
            tell(f"sampling: {done} of 100", "sampling")
        time.sleep(0.5)

    lines = [re.sub(r"^\S+ ", "", line) for line in told.getvalue().splitlines()]
    assert lines[:2] == ["starting", "sampling: 0 of 100"]
    assert 2 <= lines.count("sampling: 99 of 100") <= 3


def test_a_refusal_within_a_second_stands_alone(monkeypatch):
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)

    with progress.progress_bars() as report:
        report("reading", 0, 2)

    assert told.getvalue() == ""


def test_the_command_line_names_no_user(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setattr(sys, "argv", ["x", "run", "/home/someone/a.toml", "--out=/data/out"])

    assert command_line() == "effectiveness run ~/a.toml --out=/data/out"


@pytest.mark.parametrize("cell", ["=1+1", "@sum", "+a", "-x", "\t=1", "\r=1", "'=1", "''-a"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text_and_reads_back(cell):
    assert write_cell(cell) == f"'{cell}"
    assert read_cell(f"'{cell}") == cell


@pytest.mark.parametrize("cell", ["-0.5", "+3", "-1e-5", "a=b", "'quoted'", "", "E09000001", "−"])
def test_numbers_stay_numbers_and_other_text_as_it_is(cell):
    assert write_cell(cell) == cell
    assert read_cell(cell) == cell


def test_tables_are_written_as_text_and_numbers(tmp_path):
    table = pd.DataFrame(
        {"name": ["=cmd|x", "Kent", None], "rho": [-0.5, 1.0, None], "@n": ["-a", "-1", "a"]}
    )

    write_csv(table, tmp_path / "a.csv")
    write_csv(table, tmp_path / "a.csv.gz")

    lines = ["name,rho,'@n", "'=cmd|x,-0.5,'-a", "Kent,1.0,-1", ",,a"]
    assert (tmp_path / "a.csv").read_text().splitlines() == lines
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "a.csv"), pd.read_csv(tmp_path / "a.csv.gz")
    )
