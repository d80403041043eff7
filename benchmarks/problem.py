"""The data that the benchmarks share, and the processor time that they measure."""

import os
import resource

import arviz as az
import xarray as xr

from data.simulate import simulate_panel
from data.simulate_inspections import SimulatedTruth

# Eight counts beside the fourteen of `performance`, so that there are 22 in one year.
_MORE = (
    "cpp_2y_plus",
    "cpp_1y_plus",
    "cpp_ended_2y_plus",
    "cla_3plus_placements_2y",
    "cl_suitable_acc_17_18",
    "cl_staying_put_18",
    "cla_missing",
    "cla_midyear_school_move",
)


def one_year(structure: str, seed: int = 1) -> xr.Dataset:
    """Simulate 153 authorities, 22 indicators and one year."""
    truth = SimulatedTruth(rho=0.3, structure=structure)
    return simulate_panel(truth, indicators=("performance", *_MORE), years=(2024,), seed=seed)


def five_years(structure: str, seed: int = 1) -> xr.Dataset:
    """Simulate 153 authorities, 18 indicators and five years."""
    return simulate_panel(SimulatedTruth(rho=0.3, structure=structure), seed=seed)


def processor_seconds(who: int = resource.RUSAGE_SELF) -> float:
    """Give the processor time so far, of this process or of its finished children."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def least_ess(posterior: xr.Dataset, names: tuple[str, ...]) -> tuple[float, str]:
    """Give the smallest bulk effective sample size of any element, and its variable."""
    sizes = {name: float(az.ess(posterior[[name]], method="bulk")[name].min()) for name in names}
    least = min(sizes, key=lambda name: sizes[name])
    return sizes[least], least


def machine() -> str:
    """Say what the machine is: cores, and how busy it is with other work."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
