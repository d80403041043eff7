"""Built panels are kept by content."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr

from data import cache
from data.build import build_panel
from data.cache import cache_folder, cached_panel, panel_key
from tests.fitted import small_panel

YEARS = (2024, 2025)


@pytest.fixture(scope="module")
def kept(published, tmp_path_factory):
    """A cache that holds the small panel."""
    folder = tmp_path_factory.mktemp("kept")
    build_panel(published, ("sw_vacancy",), YEARS, cache=folder, context=False)
    return folder


@pytest.fixture
def asked(published, kept, tmp_path):
    """Build a small panel with a copy of that cache, counting the files that are read."""
    shutil.copytree(kept / "panels", tmp_path / "panels")

    def ask(*indicators, years=YEARS, **more):
        told = []
        panel = build_panel(
            published,
            indicators or ("sw_vacancy",),
            years,
            cache=tmp_path,
            context=False,
            report=lambda *step: told.append(step),
            **more,
        )
        return panel, bool(told)

    return ask


def test_second_time_nothing_is_read_and_the_panel_is_the_same(asked, tmp_path):
    shutil.rmtree(tmp_path / "panels")
    first, read = asked()
    again, read_again = asked()

    assert read
    assert not read_again
    xr.testing.assert_identical(first, again)
    for name in first.variables:
        assert first[name].dtype == again[name].dtype, name


@pytest.mark.parametrize(
    "change",
    [
        {"years": (2025,)},
        {"largest_suppressed": 9},
    ],
)
def test_another_question_is_another_panel(asked, change):
    assert not asked()[1]

    assert asked(**change)[1]


def test_another_file_is_another_panel(published, tmp_path, asked):
    assert not asked()[1]
    root = tmp_path / "root"
    root.mkdir()
    for folder in published.iterdir():
        (root / folder.name).symlink_to(folder)
    workforce = "dfe_social_work_workforce"
    (root / workforce).unlink()
    (root / workforce).mkdir()
    for path in (published / workforce).iterdir():
        (root / workforce / path.name).write_bytes(path.read_bytes() + b"\n")
    told = []

    build_panel(
        root,
        ("sw_vacancy",),
        YEARS,
        cache=tmp_path,
        context=False,
        report=lambda *step: told.append(step),
    )

    assert told


def test_other_loaders_make_another_panel(asked, monkeypatch):
    assert not asked()[1]
    monkeypatch.setattr(cache, "loaders_digest", lambda: "other")

    assert asked()[1]


def test_damaged_entry_is_built_again(asked, tmp_path):
    first, _ = asked()
    entry = next((tmp_path / "panels").iterdir())
    entry.write_bytes(entry.read_bytes()[:1000])

    again, read = asked()

    assert read
    xr.testing.assert_identical(first, again)


@pytest.mark.parametrize(
    "damaged",
    [
        lambda whole: b"",
        lambda whole: whole[:40],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: bytes(len(whole)),
        lambda whole: whole.replace(b"'descr'", b"'de\\ncr"),
        lambda whole: whole.replace(b"(", b"[", 3),
        lambda whole: b"not an archive",
    ],
)
def test_any_failure_to_read_an_entry_builds_it_again(tmp_path, damaged):
    panel = small_panel()
    cached_panel(tmp_path, "key", lambda: panel)
    entry = tmp_path / "panels" / "key.npz"
    whole = entry.read_bytes()
    entry.write_bytes(damaged(whole))

    xr.testing.assert_identical(cached_panel(tmp_path, "key", lambda: panel), panel)
    assert entry.read_bytes() == whole


def test_cache_that_cannot_be_written_is_no_error(tmp_path, real_panel):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")

    assert cached_panel(blocked, "key", lambda: real_panel) is real_panel


def test_nothing_half_written_stays(tmp_path, real_panel):
    cached_panel(tmp_path, "key", lambda: real_panel)

    assert [path.name for path in (tmp_path / "panels").iterdir()] == ["key.npz"]


def test_warm_build_imports_no_compiler_and_no_schemas(published, real_panel):
    code = (
        "import sys, pathlib\n"
        "from data.build import build_panel\n"
        f"root, told = pathlib.Path({str(published)!r}), []\n"
        "build_panel(root, ('performance', 'workforce'), (2021, 2022, 2023, 2024, 2025),\n"
        "            report=lambda *step: told.append(step))\n"
        "assert not told, 'not from the cache'\n"
        "loaded = {'numba', 'sparse', 'pandera', 'shapely', 'pymc'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "import sparse\n"
    )

    assert real_panel is not None  # the cache has it
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_folder_is_that_named_then_that_of_the_environment_then_the_users(monkeypatch):
    monkeypatch.setenv("EFFECTIVENESS_CACHE", "/elsewhere")
    assert cache_folder(Path("/here")) == Path("/here")
    assert cache_folder() == Path("/elsewhere")
    monkeypatch.delenv("EFFECTIVENESS_CACHE")
    assert cache_folder().name == "authority-effectiveness"


def test_key_depends_on_every_part():
    assert panel_key({"years": [1]}) != panel_key({"years": [2]})
    assert panel_key({"years": [1]}) == panel_key({"years": [1]})


def test_warm_build_of_the_whole_record_takes_a_second_at_most(published, record):
    start = time.perf_counter()
    again = build_panel(published, ("all",), tuple(range(2011, 2026)))
    took = time.perf_counter() - start

    xr.testing.assert_identical(again, record)
    assert took <= 1.0
