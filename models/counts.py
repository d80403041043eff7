r"""Indicators as the exact engine sees them: whole numbers, intervals of them, and rates.

The Gaussian engines take a count by a normal site (:mod:`models.gaussian_sites`). The joint
engine takes the count itself: a numerator known to lie in [l, u] (l = u where it is known) out
of a denominator n. The logit of the proportion is then

.. math:: \eta = m_{kt} + s_k o_k z

with the mean m, standard deviation s and direction o that :func:`models.measurement.measure`
took off, so that z, and every parameter of z, means the same in both engines. Rates without
counts enter as they do there.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import PanelError
from models.measurement import Measurements

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What the indicators say, before any approximation.

    Attributes
    ----------
    low, high, denominator
        The numerator's closed interval and what it is out of, (indicator, year, authority);
        0 where no count enters.
    rate
        Oriented standardised values of rates without counts, same dimensions; 0.0 elsewhere.
    observed
        Whether a cell enters: the same cells as in ``Measurements``.
    kind
        ``count`` or ``rate``, (indicator,).
    centre, scale, sign
        The constants of ``Measurements``.
    coords
        Names along ``indicator``, ``year`` and ``authority``.
    """

    low: Whole
    high: Whole
    denominator: Whole
    rate: NDArray[np.float64]
    observed: NDArray[np.bool_]
    kind: NDArray[np.str_]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    sign: NDArray[np.float64]
    coords: dict[str, list[str] | list[int]]


def count(panel: xr.Dataset, measured: Measurements) -> Counts:
    """Take the counts behind a panel's measurements.

    Parameters
    ----------
    panel
        A valid panel.
    measured
        What :func:`models.measurement.measure` made of it: which cells enter, and the units.

    Raises
    ------
    PanelError
        If a count that enters is not a whole number; the message names the cell.
    """
    cells = panel.transpose("indicator", "year", "authority", ...)
    kind = cells.kind.values.astype(str)
    observed = measured.observed > 0
    counted = observed & (kind == "count")[:, None, None]
    return Counts(
        low=_whole(cells, "numerator_low", counted),
        high=_whole(cells, "numerator_high", counted),
        denominator=_whole(cells, "denominator", counted),
        rate=np.where(observed & ~counted, measured.y, 0.0),
        observed=observed,
        kind=kind,
        centre=measured.centre,
        scale=measured.scale,
        sign=measured.sign,
        coords=measured.coords,
    )


def _whole(cells: xr.Dataset, name: str, counted: NDArray[np.bool_]) -> Whole:
    """Return a variable as whole numbers, zero where no count enters."""
    values = np.where(counted, cells[name].values, 0.0)
    broken = values != np.round(values)
    if broken.any():
        indicator, year, authority = np.argwhere(broken)[0]
        where = cells.isel(indicator=indicator, year=year, authority=authority)
        raise PanelError(
            f"panel: {name} of {where.indicator.item()} for {where.authority.item()} in "
            f"{where.year.item()} is {where[name].item():g}; counts are whole numbers. "
            "Mend the file, or give the indicator the kind `rate`."
        )
    return values.astype(np.int64)
