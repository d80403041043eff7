"""The command line: quick where nothing is sampled, one line where the reader is at fault."""

import subprocess
import sys

import pytest

HEAVY = ("pymc", "arviz", "nutpie", "bambi", "pytensor", "matplotlib")


def effectiveness(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "analysis.command_line.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        timeout=120,
    )


def test_help_and_version_import_nothing_that_samples():
    code = (
        "import sys, analysis.command_line.main as c\n"
        "try: c.app(['--help'])\nexcept SystemExit: pass\n"
        f"print('loaded', [m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "loaded []" in done.stdout
    assert "run" in done.stdout
    assert "panel" in done.stdout


def test_version_is_printed():
    assert effectiveness("--version").stdout.strip() == "0.1.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[sampler]\ndraw = 1", "sampler.draw: there is no such key. Did you mean draws?"),
        ('[panel]\nindicators = ["rereferal_12m"]', "Did you mean rereferral_12m?"),
    ],
)
def test_a_readers_fault_is_one_line_and_exit_code_two(tmp_path, text, expected):
    (tmp_path / "run.toml").write_text(text, "utf-8")

    done = effectiveness("run", str(tmp_path / "run.toml"), "--out", str(tmp_path / "out"))

    lines = [line for line in done.stderr.splitlines() if line.startswith("effectiveness:")]
    assert done.returncode == 2
    assert len(lines) == 1
    assert expected in lines[0]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_ctrl_c_is_one_line_that_says_what_is_kept(tmp_path):
    (tmp_path / "run.toml").write_text("[sampler]\nseed = 1", "utf-8")
    code = (
        "import sys, analysis.command_line.main, analysis.settings.sources\n"
        "def stopped(*_): raise KeyboardInterrupt\n"
        "analysis.settings.sources.obtain_panel = stopped\n"
        f"sys.argv = ['effectiveness', 'run', {str(tmp_path / 'run.toml')!r}]\n"
        "analysis.command_line.main.main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 130
    assert "effectiveness: stopped; finished fits are kept and not repeated." in done.stderr
    assert "Traceback" not in done.stderr


def test_panel_says_what_a_simulated_panel_holds_and_writes_it(tmp_path):
    (tmp_path / "run.toml").write_text('[panel]\nindicators = ["workforce"]', "utf-8")

    done = effectiveness("panel", str(tmp_path / "run.toml"), "--out", str(tmp_path / "out"))

    assert done.returncode == 0, done.stderr
    assert "SIMULATED" in done.stdout
    assert "sw_caseload" in done.stdout
    for name in ("panel.nc", "summary.txt", "joins.csv", "statuses.csv"):
        assert (tmp_path / "out" / name).is_file()
