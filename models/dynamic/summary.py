r"""What follows from the draws of a dynamic model: ρ, reliability, and how long things last.

The correlation of quality with itself Δ years later is

.. math::

    \mathrm{cor}(q(s), q(s+\Delta)) = \beta^2 (a\varphi_f^\Delta + (1-a)\varphi_d^\Delta)
        + (1-\beta^2)\varphi_\delta^\Delta,

with a the factors' share in effectiveness; its half-life is where that is 1/2 (breaks in
definitions aside).
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

# Half-lives are looked for up to this many years.
LONGEST = 200.0

Parts = list[tuple[xr.DataArray, xr.DataArray]]


def quantities(drawn: xr.Dataset, weight: NDArray[np.float64]) -> xr.Dataset:
    """Compute the named quantities at every draw.

    Parameters
    ----------
    drawn
        The free variables over chain and draw.
    weight
        Declared, (indicator,).

    Returns
    -------
    xr.Dataset
        ``rho``; ``quality_link``, β; ``factor_share``, a; ``quality_half_life`` and
        ``effectiveness_half_life`` in years; ``quality_after_year`` and
        ``quality_after_three``, correlations of quality with itself one and three years later;
        ``cutpoints``; ``indicator_correlation`` of each indicator's effect with effectiveness.
    """
    link = 2.0 * drawn["link_share"] - 1.0
    loading, own = drawn["loading"], drawn["own_sd"] ** 2
    variance = (loading**2).sum("factor") + own
    standardised = xr.DataArray(weight, dims="indicator") / np.sqrt(variance)
    on_factors = (standardised * loading).sum("indicator")
    total = (on_factors**2).sum("factor") + (standardised**2 * own).sum("indicator")
    share = (on_factors**2).sum("factor") / total
    covariance = (loading * on_factors).sum("factor") + standardised * own
    quality, effectiveness = _parts(drawn, link, share)
    first, gap = drawn["first_cutpoint"], drawn["cutpoint_gap"].cumsum("gap")
    edges = [first, *(first + gap.isel(gap=at, drop=True) for at in range(gap.sizes["gap"]))]
    found = {
        "rho": np.sqrt(drawn["reliability"]) * link,
        "quality_link": link,
        "factor_share": share,
        "quality_half_life": _half_life(quality),
        "effectiveness_half_life": _half_life(effectiveness),
        "quality_after_year": _left(quality, 1.0),
        "quality_after_three": _left(quality, 3.0),
        "cutpoints": xr.concat(edges, "cutpoint").transpose(..., "framework", "cutpoint"),
        "indicator_correlation": covariance / np.sqrt(variance * total),
    }
    return xr.Dataset(found)


def fading(posterior: xr.Dataset, years: NDArray[np.float64]) -> xr.Dataset:
    """Return the correlations of quality and of effectiveness with themselves some years later.

    Parameters
    ----------
    posterior
        A fit's, over chain and draw.
    years
        How much later.

    Returns
    -------
    xr.Dataset
        ``quality`` and ``effectiveness`` over chain, draw and year.
    """
    later = xr.DataArray(years, dims="later", coords={"later": years})
    both = _parts(posterior, posterior["quality_link"], posterior["factor_share"])
    names = ("quality", "effectiveness")
    return xr.Dataset({name: _left(one, later) for name, one in zip(names, both, strict=True)})


def _parts(drawn: xr.Dataset, link: xr.DataArray, share: xr.DataArray) -> tuple[Parts, Parts]:
    """Return the shares of quality and of effectiveness, each with its persistence."""
    factor, lasting = drawn["factor_persistence"], drawn["own_persistence"]
    effectiveness = [(share, factor), (1.0 - share, lasting)]
    quality = [(link**2 * weight, rate) for weight, rate in effectiveness]
    return [*quality, (1.0 - link**2, drawn["quality_persistence"])], effectiveness


def _left(parts: Parts, years: float | xr.DataArray) -> xr.DataArray:
    """Add up fading parts after some years."""
    each = [weight * rate**years for weight, rate in parts]
    return sum(each[1:], each[0])


def _half_life(parts: Parts) -> xr.DataArray:
    """Find by bisection where a sum of fading parts, whose weights add up to 1, is 1/2."""
    low, high = xr.zeros_like(parts[0][1]), xr.full_like(parts[0][1], LONGEST)
    for _ in range(50):
        middle = 0.5 * (low + high)
        above = _left(parts, middle) > 0.5
        low, high = middle.where(above, low), high.where(above, middle)
    return 0.5 * (low + high)
