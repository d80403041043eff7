"""Run folders that were damaged: one line with the file's name, whatever was done to it."""

import shutil

import pytest

from analysis.files.read_table import ReportError, open_fit
from analysis.report.read import read_inputs
from analysis.side_by_side.sides import read_sides
from data.storage import seal
from tests.report_inputs import write_inputs

TABLE, FIT = "tables/authorities.csv", "fits/composite-adjusted-linked.nc"
DAMAGE = {
    "undecodable": (TABLE, lambda was: was[:50] + b"\xff\xfe" + was[50:]),
    "empty": (TABLE, lambda was: b""),
    "header alone, cut": (TABLE, lambda was: was[:20]),
    "stray quote": (TABLE, lambda was: was[:-10] + b'"' + was[-10:]),
    "nulls": (TABLE, lambda was: bytes(len(was))),
    "longer row": (TABLE, lambda was: was + b"a," * 100 + b"\n"),
    "figures without columns": ("tables/left_out.csv", lambda was: b"\n\n"),
    "undecodable record": ("evidence.json", lambda was: b"\xff" + was),
    "record cut": ("evidence.json", lambda was: was[: len(was) // 2]),
    "record of another kind": ("provenance.json", lambda was: b"[]"),
    "nested record": ("provenance.json", lambda was: b"[" * 100_000),
    "diagnostics as a list": ("diagnostics.json", lambda was: b"[1, 2]"),
    "diagnostics without figures": (
        "diagnostics.json", lambda was: b'{"composite-adjusted-linked": {}}'
    ),
    "map of nothing": ("map.geojson", lambda was: b"7"),
    "undecodable map": ("map.geojson", lambda was: b"\xff"),
    "configuration": ("run.toml", lambda was: b"\xff\xfe"),
    "fit cut": (FIT, lambda was: was[: len(was) // 2]),
    "fit of zeros": (FIT, lambda was: bytes(len(was))),
    "fit with nothing in it": (FIT, lambda was: b""),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    write_inputs(folder, authorities=12, indicators=3)
    return folder


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_one_line_with_its_name(whole, tmp_path, damage):
    name, change = DAMAGE[damage]
    folder = shutil.copytree(whole, tmp_path / "run")
    file = folder / name
    file.write_bytes(change(file.read_bytes() if file.exists() else b""))

    with pytest.raises(ReportError) as told:
        read_inputs(folder)

    assert str(told.value).startswith(str(file))
    assert "\n" not in str(told.value)
    with pytest.raises(ReportError):
        read_sides([whole, folder])


def test_a_fit_that_changed_since_it_was_listed_is_not_left_to_hdf5(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "run")
    seal(folder)
    with open_fit(folder / FIT) as fit:
        assert "posterior" in fit.children
    content = bytearray((folder / FIT).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / FIT).write_bytes(content)

    with pytest.raises(ReportError, match="its checksum is not"):
        read_inputs(folder)
