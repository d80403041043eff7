"""Folders that are whole or absent: who may write where, what is kept, what is noticed."""

import random
import time

import pytest
import xarray as xr

from data.folders import check_folder, growing_folder, is_finished, whole_folder
from data.netcdf import write_netcdf
from data.storage import MARK, StorageError, damaged, is_intact, keep_intact, relist, write_file
from tests import storage_works as works

ONE, OTHER = "1" * 64, "2" * 64


def fill(folder, identity=ONE, kind="run", **more):
    """Make a small finished folder; return whether anything was computed."""
    with whole_folder(folder, kind, identity, **more) as place:
        if not place.finished:
            write_file(place.folder / "fits" / "a.nc", b"draws", place.folder)
            (place.folder / "table.csv").write_text("a\n1\n")
        return not place.finished


def hidden(folder):
    return sorted(one.name for one in folder.iterdir() if one.name.startswith("."))


def test_a_folder_appears_when_it_is_whole_and_is_not_made_twice(tmp_path):
    assert fill(tmp_path / "out")
    assert not fill(tmp_path / "out")
    assert is_finished(tmp_path / "out", "run", ONE)
    assert not is_finished(tmp_path / "out", "run", OTHER)
    assert hidden(tmp_path) == []


def test_an_empty_folder_is_filled_and_one_with_anything_else_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")

    assert fill(tmp_path / "empty")
    with pytest.raises(StorageError, match="stands already and is not this run"):
        fill(tmp_path / "full")
    with pytest.raises(StorageError, match="stands already and is not this run"):
        fill(tmp_path / "empty", OTHER)
    with pytest.raises(StorageError, match="stands already and is not this panel"):
        fill(tmp_path / "empty", kind="panel", replaces=True)
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"
    assert hidden(tmp_path) == []


def test_a_page_replaces_an_older_one_whole_but_no_file_of_anybody_else(tmp_path):
    fill(tmp_path / "page", kind="panel")
    (tmp_path / "page" / MARK).write_text(f"panel {OTHER}")

    with whole_folder(tmp_path / "page", "panel", ONE, replaces=True) as place:
        write_file(place.folder / "new.html", b"new")
    assert sorted(one.name for one in (tmp_path / "page").iterdir()) == [
        ".identity", ".sha256", "new.html"
    ]  # fmt: skip
    (tmp_path / "page" / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="stands already"):
        fill(tmp_path / "page", OTHER, "panel", replaces=True)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_stopped_process_leaves_what_was_finished_and_nothing_else(tmp_path, kept):
    with pytest.raises(KeyboardInterrupt) as stopped:
        _stop(tmp_path / "out", kept)

    partial = tmp_path / f".out.{ONE[:12]}.partial"
    assert hidden(tmp_path) == ([partial.name] if kept else [])
    assert ("1 of fits/*.nc" in str(getattr(stopped.value, "__notes__", ""))) is kept
    # Another run with the same place is not stopped by it, and does not touch it.
    assert fill(tmp_path / "out", OTHER)
    assert partial.exists() is kept


def test_a_hidden_folder_of_somebody_else_is_left_alone(tmp_path):
    foreign = tmp_path / f".out.{ONE[:12]}.partial"
    foreign.mkdir()
    (foreign / "precious").write_text("mine")

    with pytest.raises(StorageError, match="is in the way"):
        fill(tmp_path / "out")
    assert (foreign / "precious").read_text() == "mine"


def test_what_was_lost_or_damaged_is_noticed_and_made_again(tmp_path, capsys):
    out = tmp_path / "out"
    fill(out)
    (out / "fits" / "a.nc").write_bytes(b"drawn")
    (out / "table.csv").unlink()
    (out / "notes.txt").write_text("mine")

    assert damaged(out) == ["fits/a.nc", "table.csv"]
    assert not is_finished(out, "run", ONE)
    assert fill(out)
    assert "fits/a.nc, table.csv are missing or changed" in capsys.readouterr().err
    assert (out / "fits" / "a.nc").read_bytes() == b"draws"
    assert (out / "notes.txt").read_text() == "mine"


def test_kept_fits_are_verified_and_a_damaged_one_is_removed(tmp_path, capsys):
    for name in ("whole", "half"):
        write_file(tmp_path / "fits" / f"{name}.nc", b"0123456789", tmp_path)
    (tmp_path / "fits" / "half.nc").write_bytes(b"01234")
    (tmp_path / "fits" / "unknown.nc").write_bytes(b"0123456789")

    keep_intact(tmp_path, "fits/*.nc")

    assert [one.name for one in (tmp_path / "fits").iterdir()] == ["whole.nc"]
    assert is_intact(tmp_path / "fits" / "whole.nc", tmp_path)
    assert "half.nc: damaged; it is computed again" in capsys.readouterr().err


def test_what_is_written_again_leaves_nothing_of_before_and_spares_what_is_not_listed(tmp_path):
    old, mine = tmp_path / "figures" / "old.svg", tmp_path / "figures" / "mine.svg"
    relist(tmp_path, ("figures/*",), [_written(old)])
    _written(mine)

    relist(tmp_path, ("figures/*",), [_written(tmp_path / "figures" / "new.svg")])

    assert sorted(one.name for one in old.parent.iterdir()) == ["mine.svg", "new.svg"]


def test_places_that_cannot_be_written_are_refused_before_anything_is_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(StorageError, match="is a file; wanted a folder"):
            check_folder(place, "run")

    def refuse(dir):
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(StorageError, match=r"cannot be written to \(Permission denied\)"):
        check_folder(tmp_path / "new" / "out", "run")
    assert not (tmp_path / "new").exists()


def test_netcdf_is_written_without_hdf5_touching_the_disk(tmp_path, monkeypatch):
    """On a full disk HDF5 crashes; what fails here is an ordinary write."""

    def full(self, content):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_netcdf(xr.Dataset({"a": ("x", [1.0])}), tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


def test_two_of_the_same_at_once_make_it_once(tmp_path):
    first = works.start("wait", tmp_path, ONE)
    works.until(tmp_path / "begun", first)
    second = works.start("wait", tmp_path, ONE)
    assert second.stderr is not None
    told = second.stderr.readline()
    (tmp_path / "go").touch()

    assert f"process {first.pid} on " in told
    assert "is computing the same there; waiting for it" in told
    assert works.ended(first)[0] == 0
    assert works.ended(second) == (0, "effectiveness: there before\n")
    assert (tmp_path / "computed").read_text() == ONE[0]
    assert is_finished(tmp_path / "out", "run", ONE)
    assert hidden(tmp_path) == []


def test_another_is_refused_while_the_first_is_at_work_and_the_first_finishes(tmp_path):
    first = works.start("wait", tmp_path, ONE)
    works.until(tmp_path / "begun", first)
    with pytest.raises(StorageError, match=f"process {first.pid} on .* is at work there"):
        fill(tmp_path / "out", OTHER)
    (tmp_path / "go").touch()

    assert works.ended(first)[0] == 0
    assert is_finished(tmp_path / "out", "run", ONE)


def test_fifteen_kills_at_random_moments_lose_nothing_and_repeat_no_fit(tmp_path):
    """The real thing, with sampled fits, stands in `test_stopped.py`."""
    seed = random.SystemRandom().randrange(2**32)
    moments = random.Random(seed)
    for _ in range(15):
        (tmp_path / "begun").unlink(missing_ok=True)
        process = works.start("fit", tmp_path, ONE)
        if is_finished(tmp_path / "out", "run", ONE):
            assert works.ended(process) == (0, "effectiveness: there before\n"), seed
            continue
        works.until(tmp_path / "begun", process)
        time.sleep(moments.uniform(0.0, 0.08))
        process.kill()
        works.ended(process)
    code, told = works.ended(works.start("fit", tmp_path, ONE))

    assert (code, "damaged" in told) == (0, False), seed
    made = [int(line) for line in (tmp_path / "made").read_text().split()]
    assert sorted(made) == sorted(set(made)), seed
    assert len(list((tmp_path / "out" / "fits").glob("*.nc"))) == works.FITS
    assert is_finished(tmp_path / "out", "run", ONE), seed
    assert hidden(tmp_path) == []


def test_a_growing_folder_is_of_one_kind_and_one_process(tmp_path):
    with growing_folder(tmp_path / "grid", "grid", ONE) as folder:
        (folder / "results").mkdir()
        with (
            pytest.raises(StorageError, match="at work there"),
            growing_folder(tmp_path / "grid", "grid", OTHER),
        ):
            pass
    with growing_folder(tmp_path / "grid", "grid", OTHER):
        assert (tmp_path / "grid" / "results").is_dir()
    with pytest.raises(StorageError, match="is not this run"):
        fill(tmp_path / "grid")
    fill(tmp_path / "out")
    with (
        pytest.raises(StorageError, match="is not this grid"),
        growing_folder(tmp_path / "out", "grid", ONE),
    ):
        pass


def _stop(out, kept):
    with whole_folder(out, "run", ONE, keeps="fits/*.nc") as place:
        if kept:
            write_file(place.folder / "fits" / "a.nc", b"draws", place.folder)
        (place.folder / "table.csv").write_text("half")
        raise KeyboardInterrupt


def _written(path):
    write_file(path, b"x")
    return path
