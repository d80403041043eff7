"""Write a panel as netCDF and read it back, without loss."""

from pathlib import Path

import xarray as xr

from data.netcdf import DamagedFileError, read_dataset, write_netcdf
from data.panel import PanelError, validate_panel


def save_panel(panel: xr.Dataset, path: Path | str) -> None:
    """Write a validated panel as netCDF, whole or not at all.

    Raises
    ------
    PanelError
        If the panel breaks the contract or holds what netCDF cannot; nothing is written then.
    """
    path = Path(path)
    validate_panel(panel, str(path))
    try:
        write_netcdf(panel, path)
    except (TypeError, ValueError) as error:
        raise PanelError(
            f"{path}: the panel cannot be written as netCDF ({' '.join(str(error).split())}). "
            "Leave out what the contract does not name, or make it plain numbers and text."
        ) from error


def load_panel(path: Path | str) -> xr.Dataset:
    """Read a panel that :func:`save_panel` wrote, without loss.

    Raises
    ------
    PanelError
        If there is no such file, if it is damaged or no netCDF file, or if what it holds breaks
        the contract.
    """
    path = Path(path)
    if not path.is_file():
        raise PanelError(f"{path}: no such file. Write one with `effectiveness panel CONFIG`.")
    try:
        panel = read_dataset(path)
    except DamagedFileError as error:
        raise PanelError(f"{error} Write it again with `effectiveness panel CONFIG`.") from error
    return validate_panel(_with_fixed_width_text(panel), str(path))


def _with_fixed_width_text(panel: xr.Dataset) -> xr.Dataset:
    """Turn the object arrays that netCDF text is read as back into unicode arrays."""
    text = {
        name: panel[name].astype(str) for name in panel.variables if panel[name].dtype.kind == "O"
    }
    return panel.assign(
        {name: array for name, array in text.items() if name in panel}
    ).assign_coords({name: array for name, array in text.items() if name in panel.coords})
