r"""Indicators as the Gaussian engines see them: oriented, standardised, with known noise.

A count enters as a normal site on the logit of its proportion, a value z and a variance v
chosen to do what the binomial likelihood does, or for a suppressed count the likelihood of
its whole interval, where that logit is likely to be (:mod:`models.gaussian_sites`). For large
counts that is the empirical logit with its sampling variance. A rate without counts enters on the
transform that its catalogue entry states, with no known sampling variance; its noise is then part
of what is particular to the year, and told from what lasts by authorities that have it in several
years (:func:`models.requirements.require_repeated_rates`).

Each indicator is divided by the standard deviation between authorities within a year (the
empirical logits of the cells whose count is known, or the rates, pooled over years), centred
on each year's level (for counts estimated from all cells, hidden ones included; for rates
the mean), and turned so that more is better. The standard deviation and levels are constants,
not estimates: they fix the unit, and the model's own levels and variances do the rest.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import PanelError
from models.gaussian_sites import empirical_logit, match_gaussian_sites
from models.requirements import require_variation

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """What the indicators say, ready for an engine.

    Attributes
    ----------
    y, variance, observed
        Oriented standardised values, their known sampling variances, and 1.0 where a
        cell enters or 0.0 where it does not, (indicator, year, authority). A cell that
        says next to nothing has a very large variance. Cells that do not enter hold 0.0
        and a variance of 1.0.
    centre, scale
        The constants that were taken off, (indicator, year), and divided by,
        (indicator,), on the transformed scale before orientation.
    sign
        +1.0 where higher is better, -1.0 where lower is, (indicator,).
    interval
        Whether a cell enters as an interval, (indicator, year, authority).
    coords
        Names along ``indicator``, ``year`` and ``authority``.
    """

    y: Array
    variance: Array
    observed: Array
    centre: Array
    scale: Array
    sign: Array
    interval: NDArray[np.bool_]
    coords: dict[str, list[str] | list[int]]


def measure(panel: xr.Dataset, suppression: str = "interval") -> Measurements:
    """Turn a panel's cells into measurements.

    Parameters
    ----------
    panel
        A valid panel.
    suppression
        ``interval`` or ``complete_case``, as in :class:`models.spec.ModelSpec`.

    Raises
    ------
    PanelError
        If an indicator's direction is contested, or
        :func:`models.requirements.require_variation` refuses it.
    """
    contested = panel.indicator.values[panel.direction.values == "contested"]
    if contested.size:
        raise PanelError(
            f"panel: indicator {contested[0]} has a contested direction, so it cannot count "
            "towards effectiveness. Leave it out of `indicators`."
        )
    require_variation(panel)
    cells = panel.transpose("indicator", "year", "authority", ...)
    found = _transformed(cells, suppression)
    z, enters = found.z, np.isfinite(found.z)
    scale = _unit(found.exact)
    centre = found.level
    sign = np.where(panel.direction.values == "higher", 1.0, -1.0)
    y = sign[:, None, None] * (z - centre[:, :, None]) / scale[:, None, None]
    variance = found.v / scale[:, None, None] ** 2
    return Measurements(
        y=np.where(enters, y, 0.0),
        variance=np.where(enters, variance, 1.0),
        observed=enters.astype(float),
        centre=centre,
        scale=scale,
        sign=sign,
        interval=found.interval,
        coords={
            "indicator": panel.indicator.values.tolist(),
            "year": panel.year.values.tolist(),
            "authority": panel.authority.values.tolist(),
        },
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Transformed:
    """Cells on their indicators' scales, (indicator, year, authority).

    Value and sampling variance (NaN where nothing enters), which are intervals, the values
    that are known without an interval (empirical logits and rates), and each year's level.
    """

    z: Array
    v: Array
    interval: NDArray[np.bool_]
    exact: Array
    level: Array


def _transformed(cells: xr.Dataset, suppression: str) -> _Transformed:
    """Put each cell on its scale."""
    count = (cells.kind == "count").values[:, None, None]
    low, high = cells.numerator_low.values, cells.numerator_high.values
    n = cells.denominator.values
    known = count & np.isfinite(low) & np.isfinite(high) & (n > 0)
    interval = known & (high > low)
    if suppression == "complete_case":
        known, interval = known & ~interval, np.zeros_like(interval)
    sites = match_gaussian_sites(low, high, n, known)
    z, v = np.where(known, sites.mean, np.nan), np.where(known, sites.variance, 0.0)
    exact = np.full(z.shape, np.nan)
    published = known & ~interval
    exact[published], _ = empirical_logit(low[published], n[published])
    level = sites.level.copy()
    scales = {"log": np.log, "sqrt": np.sqrt, "identity": np.positive}
    for k, transform in enumerate(cells["transform"].values):
        if transform in scales:
            z[k] = exact[k] = _rate(cells.isel(indicator=k), transform, scales[transform])
            level[k] = _year_means(exact[k])
    return _Transformed(z, v, interval, exact, level)


def _rate(cells: xr.Dataset, transform: str, scale: np.ufunc) -> Array:
    """Transform one rate, refusing values outside the transform's domain."""
    value = cells.value.values
    bad = (value < 0) if transform == "sqrt" else (value <= 0) if transform == "log" else None
    if bad is not None and bad.any():
        year, authority = np.argwhere(bad)[0]
        raise PanelError(
            f"panel: {cells.indicator.item()} of {cells.authority.values[authority]} in "
            f"{cells.year.values[year]} is {value[year, authority]:g}; the {transform} scale "
            "needs a positive rate. Mend the file, or give the indicator another transform."
        )
    return np.asarray(scale(value), dtype=float)


def _year_means(z: Array) -> Array:
    """Return the mean of what is known in each year, 0 where nothing is; (..., year)."""
    seen = np.isfinite(z)
    count = seen.sum(axis=-1)
    total = np.where(seen, z, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.zeros_like(total), where=count > 0))


def _unit(z: Array) -> Array:
    """Return each indicator's pooled standard deviation within years."""
    seen = np.isfinite(z)
    count = seen.sum(axis=2)
    deviation = np.where(seen, z - _year_means(z)[:, :, None], 0.0)
    squares = (deviation**2).sum(axis=(1, 2))
    freedom = (count - (count > 0)).sum(axis=1)
    return np.asarray(np.sqrt(squares / freedom))
