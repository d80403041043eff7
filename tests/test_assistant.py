"""The process that draws figures beside the first: what it draws, and its faults."""

import time

import pytest

from analysis.files.read_table import ReportError
from analysis.pages.illustrations import illustrate
from analysis.report import assistant
from analysis.report.assistant import Shared
from analysis.report.drawings import draw_run
from analysis.report.read import read_inputs
from tests.report_inputs import write_inputs

KEYS = ("judgements", "top_share")
PATIENCE = 120.0
"""Seconds within which an assistant has taken what waits, on a machine that is busy."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("run") / "run", authorities=12, indicators=5)


@pytest.fixture(scope="module")
def drawings(folder):
    return draw_run(read_inputs(folder))


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(assistant, "cores", lambda: 2)


def leave_all_to_it(shared):
    end = time.monotonic() + PATIENCE
    while shared._waiting and shared._assistant.fault is None:
        assert time.monotonic() < end, "the assistant took nothing"
        time.sleep(0.02)


def never(key):
    raise AssertionError(f"{key} was left to this process")


def test_the_assistant_draws_to_the_byte_what_this_process_would(folder, drawings):
    with Shared(KEYS, folder) as shared:
        leave_all_to_it(shared)
        drawn = shared.finish(never)

    assert tuple(drawn) == KEYS
    for key in KEYS:
        own = illustrate(key, drawings[key])
        assert drawn[key].files == own.files
        assert drawn[key].images == own.images
        assert drawn[key].description == own.description


def test_with_one_core_this_process_draws_all(folder, monkeypatch):
    monkeypatch.setattr(assistant, "cores", lambda: 1)
    monkeypatch.setattr(assistant.subprocess, "Popen", never)

    with Shared(KEYS, folder) as shared:
        assert shared.finish(str.upper) == {key: key.upper() for key in KEYS}


def test_a_figure_that_the_assistant_cannot_draw_fails_with_its_name_and_what_it_said(folder):
    with Shared(("no_such_figure", "nor_this"), folder) as shared:
        leave_all_to_it(shared)
        with pytest.raises(ReportError, match=r"(?s)figure no_such_figure: .*KeyError"):
            shared.finish(never)


def test_a_figure_that_this_process_cannot_draw_fails_and_the_assistant_ends(folder):
    def fail(key):
        raise ZeroDivisionError(key)

    shared = Shared(KEYS, folder)
    with pytest.raises(ZeroDivisionError), shared:
        shared.finish(fail)

    assert shared._assistant._process.poll() is not None


def test_an_assistant_that_never_begins_leaves_all_to_this_process(tmp_path):
    with Shared(KEYS, tmp_path / "nothing") as shared:
        shared._assistant._process.wait(PATIENCE)
        assert shared.finish(str.upper) == {key: key.upper() for key in KEYS}
