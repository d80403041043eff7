"""Fixtures that several test files use, and a compile cache for each test process."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from data.build import build_panel
from tests.fitted import small_config

VARIABLE = "EFFECTIVENESS_DATA"
TOGETHER = {
    **dict.fromkeys(("test_run.py", "test_run_again.py"), "small run"),
    **dict.fromkeys(
        (
            "test_browser.py",
            "test_origin.py",
            "test_report.py",
            "test_report_refusals.py",
            "test_report_regressions.py",
        ),
        "figures of reports",
    ),
}
"""Files of which one process runs all, by what they share."""


def pytest_configure(config):
    """Give each parallel test process a copy of the compile cache: they race on a shared one.

    It must happen before anything imports pytensor, which reads its flags once.
    """
    if not hasattr(config, "workerinput"):
        return
    flags = dict(
        flag.split("=", 1) for flag in os.environ.get("PYTENSOR_FLAGS", "").split(",") if flag
    )
    shared = Path(flags.get("base_compiledir", Path.home() / ".pytensor"))
    own = Path(tempfile.mkdtemp(prefix="pytensor-"))
    config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))
    if shared.is_dir():
        shutil.copytree(
            shared, own, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*lock*", "workers")
        )
    flags["base_compiledir"] = str(own)
    os.environ["PYTENSOR_FLAGS"] = ",".join(f"{name}={flag}" for name, flag in flags.items())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep the tests of a file in one process, and files that share what is costly together."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return TOGETHER.get(file.rsplit("/", 1)[-1], file)

    return Together(config, log)


@pytest.fixture(scope="session", autouse=True)
def one_core_each(request):
    """Let parallel test processes draw without an assistant: the cores are theirs already."""
    if not hasattr(request.config, "workerinput"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.assistant.cores", lambda: 1)
        yield


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of published files; in continuous integration it must be there."""
    named = os.environ.get(VARIABLE, "")
    if named and Path(named).is_dir():
        return Path(named)
    reason = f"{VARIABLE} is {named!r}; wanted the folder of published files."
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def panel_cache(tmp_path_factory):
    """Keep built panels apart from the user's own cache; parallel test processes share them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "cache"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EFFECTIVENESS_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def small_run(panel_cache):
    """One whole run of the small panel, its report with it. Not to be changed.

    Whichever process asks first computes it, and the others wait for it. What was fitted is in
    the session's store of fits.
    """
    from analysis.run.run import run
    from analysis.settings.sources import obtain_panel

    config = small_config()
    return run(config, obtain_panel(config), panel_cache / "runs" / "small", command="test")


@pytest.fixture(scope="session")
def real_panel(published):
    """The published panel: 18 indicators, 2021 to 2025. Not to be changed."""
    return build_panel(published, ("performance", "workforce"), (2021, 2022, 2023, 2024, 2025))


@pytest.fixture(scope="session")
def record(published):
    """The whole published record: every indicator and year. Not to be changed."""
    return build_panel(published, ("all",), tuple(range(2011, 2026)))


@pytest.fixture(scope="session")
def drawing_once():
    """Have reports written within its ``with`` take each figure as the first of them drew it."""
    drawn = {}

    @contextmanager
    def drawing():
        from analysis.pages.illustrations import illustrate

        def illustrate_once(key, drawing):
            if key not in drawn:
                drawn[key] = illustrate(key, drawing)
            return replace(drawn[key], description=drawing.description)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("analysis.report.build.illustrate", illustrate_once)
            yield

    return drawing


@pytest.fixture
def figures_drawn_once(drawing_once):
    """Write reports whose words are tested with each figure as another report has it."""
    with drawing_once():
        yield
