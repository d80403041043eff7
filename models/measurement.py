r"""Indicators as the Gaussian engines see them: oriented, standardised, with known noise.

A count y of n enters by its empirical logit and that logit's sampling variance,

.. math::

    z = \log\frac{y + 1/2}{n - y + 1/2}, \qquad
    v = \frac{1}{y + 1/2} + \frac{1}{n - y + 1/2}

(Haldane 1956; Cox and Snell 1989, section 2.1.6). A suppressed count, known only to lie
in [l, u], enters by the mean of z over l..u, each value taken as equally likely, and by
the mean of v plus the variance of z: an approximation, by moments, to the interval
likelihood, which keeps what a suppressed cell says without pretending to a midpoint. A
rate without counts enters on the transform that its catalogue entry states, with no
known sampling variance; its noise is then part of what is particular to the year.

Each indicator is divided by the standard deviation between authorities within a year
(observed cells, pooled over years), centred on each year's mean, and turned so that
more is better. The standard deviation and means are constants, not estimates: they fix
the unit, and the model's own levels and variances do the rest.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import PanelError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """What the indicators say, ready for an engine.

    Attributes
    ----------
    y, variance, observed
        Oriented standardised values, their known sampling variances, and 1.0 where a
        cell enters or 0.0 where it does not, (indicator, year, authority). Cells that
        do not enter hold 0.0 and a variance of 1.0.
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
        If an indicator's direction is contested, if it has fewer than three observed
        authorities in every year, or if it does not vary.
    """
    contested = panel.indicator.values[panel.direction.values == "contested"]
    if contested.size:
        raise PanelError(
            f"panel: indicator {contested[0]} has a contested direction, so it cannot count "
            "towards effectiveness. Leave it out of `indicators`."
        )
    cells = panel.transpose("indicator", "year", "authority", ...)
    z, v, interval = _transformed(cells)
    enters = np.isfinite(z)
    if suppression == "complete_case":
        enters &= ~interval
    centre, scale = _units(panel, np.where(enters & ~interval, z, np.nan))
    sign = np.where(panel.direction.values == "higher", 1.0, -1.0)
    y = sign[:, None, None] * (z - centre[:, :, None]) / scale[:, None, None]
    variance = v / scale[:, None, None] ** 2
    return Measurements(
        y=np.where(enters, y, 0.0),
        variance=np.where(enters, variance, 1.0),
        observed=enters.astype(float),
        centre=centre,
        scale=scale,
        sign=sign,
        interval=interval & enters,
        coords={
            "indicator": panel.indicator.values.tolist(),
            "year": panel.year.values.tolist(),
            "authority": panel.authority.values.tolist(),
        },
    )


def empirical_logit(y: Array, n: Array) -> tuple[Array, Array]:
    """Give the empirical logit of y out of n, and its sampling variance."""
    success, failure = y + 0.5, n - y + 0.5
    return np.log(success / failure), 1.0 / success + 1.0 / failure


def interval_moments(low: Array, high: Array, n: Array) -> tuple[Array, Array]:
    """Give the mean of the empirical logit over whole numbers low..high, and its variance.

    Parameters
    ----------
    low, high, n
        Ends of the interval and denominator, all of one shape.

    Returns
    -------
    tuple
        Mean of z, and mean of v plus variance of z, each count taken as equally likely.
    """
    mean = np.empty(low.shape)
    variance = np.empty(low.shape)
    for at in np.ndindex(low.shape):
        counts = np.arange(float(low[at]), float(high[at]) + 1.0)
        z, v = empirical_logit(counts, np.full(counts.shape, n[at]))
        mean[at] = z.mean()
        variance[at] = v.mean() + z.var()
    return mean, variance


def _transformed(cells: xr.Dataset) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Give each cell's value and sampling variance on its scale, and which are intervals."""
    count = (cells.kind == "count").values[:, None, None]
    low, high = cells.numerator_low.values, cells.numerator_high.values
    n = cells.denominator.values
    known = count & np.isfinite(low) & np.isfinite(high) & (n > 0)
    interval = known & (high > low)
    z = np.full(known.shape, np.nan)
    v = np.zeros(known.shape)
    exact = known & ~interval
    z[exact], v[exact] = empirical_logit(low[exact], n[exact])
    z[interval], v[interval] = interval_moments(low[interval], high[interval], n[interval])
    scales = {"log": np.log, "sqrt": np.sqrt, "identity": np.positive}
    for k, transform in enumerate(cells["transform"].values):
        if transform in scales:
            z[k] = _rate(cells.isel(indicator=k), transform, scales[transform])
    return z, v, interval


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


def _units(panel: xr.Dataset, z: Array) -> tuple[Array, Array]:
    """Give each year's mean and each indicator's pooled standard deviation within years."""
    seen = np.isfinite(z)
    count = seen.sum(axis=2)
    total = np.where(seen, z, 0.0).sum(axis=2)
    centre = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    squares = (np.where(seen, z - centre[:, :, None], 0.0) ** 2).sum(axis=(1, 2))
    freedom = (count - (count > 0)).sum(axis=1)
    for k, name in enumerate(panel.indicator.values):
        if count[k].max() < 3:
            raise PanelError(
                f"panel: indicator {name} has {count[k].max()} observed authorities in its "
                "fullest year; at least 3 are needed. Leave it out, or choose other years."
            )
        if squares[k] == 0.0:
            raise PanelError(
                f"panel: indicator {name} is the same in every authority; it cannot tell "
                "authorities apart. Leave it out."
            )
    return centre, np.sqrt(squares / freedom)
