"""Files of panels and fits notice damage before a value is used."""

import h5py
import numpy as np
import pytest
import xarray as xr

from data.netcdf import DamagedFileError, open_tree, read_dataset, read_tree, write_netcdf
from data.panel import PanelError
from data.panel_files import load_panel, save_panel
from tests.fitted import small_panel


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "panel.nc"
    save_panel(small_panel(), path)
    return path


@pytest.fixture
def tree():
    drawn = np.random.default_rng(1).normal(size=(2, 50))
    posterior = xr.Dataset({"rho": (("chain", "draw"), drawn)}, attrs={"engine": "collapsed"})
    return xr.DataTree.from_dict({"posterior": posterior}, name="fit")


def test_a_block_of_zeros_anywhere_is_one_line_with_the_files_name(saved, tmp_path):
    whole = saved.read_bytes()
    path = tmp_path / "panel.nc"
    for place in np.linspace(0, len(whole) - 700, 60).astype(int):
        damaged = whole[:place] + bytes(512) + whole[place + 512 :]
        if damaged == whole:
            continue
        path.write_bytes(damaged)

        with pytest.raises(PanelError, match=r"panel.nc: (is damaged|cannot be read)") as caught:
            load_panel(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_cut_file_is_refused(saved, tmp_path, share):
    whole = saved.read_bytes()
    path = tmp_path / "panel.nc"
    path.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(PanelError, match="cannot be read as netCDF"):
        load_panel(path)


def test_numbers_carry_the_formats_own_checksums(saved):
    with h5py.File(saved) as file:
        assert all(file[name].fletcher32 for name in ("numerator", "value", "judgement_grade"))


def test_a_file_of_an_earlier_version_still_loads(tmp_path):
    panel = small_panel()
    panel.to_netcdf(tmp_path / "panel.nc", engine="h5netcdf")

    xr.testing.assert_identical(load_panel(str(tmp_path / "panel.nc")), panel)


def test_a_tree_comes_back_whole_and_by_parts(tree, tmp_path):
    write_netcdf(tree, tmp_path / "fit.nc", encoding={"/posterior": {"rho": {"zlib": True}}})

    xr.testing.assert_identical(read_tree(tmp_path / "fit.nc")["posterior"], tree["posterior"])
    with open_tree(tmp_path / "fit.nc") as part:
        np.testing.assert_array_equal(part["posterior"]["rho"], tree["posterior"]["rho"])
    assert [path.name for path in tmp_path.iterdir()] == ["fit.nc"]


def test_damage_is_found_where_only_parts_are_read(tree, tmp_path):
    path = tmp_path / "fit.nc"
    write_netcdf(tree, path)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)

    for read in (read_tree, read_dataset):
        with pytest.raises(DamagedFileError, match=r"fit.nc: is damaged"):
            read(path)
    with pytest.raises(DamagedFileError, match=r"fit.nc: is damaged"), open_tree(path):
        pass
