r"""What follows from the draws of a dynamic model: ρ, reliability, and how long things last.

The correlation of quality with itself Δ years later is

.. math::

    \mathrm{cor}(q(s), q(s+\Delta)) = \beta^2 (a\varphi_f^\Delta + (1-a)\varphi_d^\Delta)
        + (1-\beta^2)\varphi_\delta^\Delta,

with a the factors' share in effectiveness; its half-life is where that is 1/2 (breaks in
definitions aside). In ``predictive`` quality has a further part, the foreseen one, which is
left out of the half-life.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.dynamic.inputs import DynamicInputs
from models.dynamic.spec import DynamicEstimand, DynamicSpec

Array = NDArray[np.float64]

# Half-lives are looked for up to this many years.
LONGEST = 200.0


def quantities(
    drawn: xr.Dataset, spec: DynamicSpec, estimand: DynamicEstimand, inputs: DynamicInputs
) -> xr.Dataset:
    """Compute the named quantities at every draw.

    Parameters
    ----------
    drawn
        The free variables over chain and draw.
    spec, estimand, inputs
        What was fitted.

    Returns
    -------
    xr.Dataset
        ``rho``; ``quality_link``, β; ``factor_share``, a; ``quality_half_life`` and
        ``effectiveness_half_life`` in years; ``cutpoints``; ``indicator_correlation`` of each
        indicator's effect with effectiveness; ``predictive``, the partial correlation of that
        estimand.
    """
    link = 2.0 * drawn["link_share"] - 1.0
    reliability = drawn["reliability"]
    loading, own = drawn["loading"], drawn["own_sd"] ** 2
    variance = (loading**2).sum("factor") + own
    weight = xr.DataArray(inputs.cells.weight, dims="indicator") / np.sqrt(variance)
    on_factors = (weight * loading).sum("indicator")
    total = (on_factors**2).sum("factor") + (weight**2 * own).sum("indicator")
    share = (on_factors**2).sum("factor") / total
    covariance = (loading * on_factors).sum("factor") + weight * own
    one = xr.ones_like(reliability)
    factor = drawn["factor_persistence"]
    lasting = drawn["own_persistence"] if spec.own == "drifting" else one
    beyond = drawn["quality_persistence"]
    first, gap = drawn["first_cutpoint"], drawn["cutpoint_gap"].cumsum("gap")
    edges = [first, *(first + gap.isel(gap=at, drop=True) for at in range(gap.sizes["gap"]))]
    found = {
        "rho": np.sqrt(reliability) * link,
        "quality_link": link,
        "factor_share": share,
        "quality_half_life": _half_life(
            [
                (link**2 * share, factor),
                (link**2 * (1.0 - share), lasting),
                (1.0 - link**2, beyond),
            ]
        ),
        "effectiveness_half_life": _half_life([(share, factor), (1.0 - share, lasting)]),
        "cutpoints": xr.concat(edges, "cutpoint").transpose(..., "framework", "cutpoint"),
        "indicator_correlation": covariance / np.sqrt(variance * total),
    }
    if estimand == "predictive":
        partial = 2.0 * drawn["predictive_share"] - 1.0
        unexplained = 1.0 - reliability * link**2
        found["predictive"] = partial * np.sqrt(reliability * (1.0 - link**2) / unexplained)
    return xr.Dataset(found)


def _half_life(parts: list[tuple[xr.DataArray, xr.DataArray]]) -> xr.DataArray:
    """Find by bisection where a sum of fading parts, whose weights add up to 1, is 1/2."""
    low, high = xr.zeros_like(parts[0][1]), xr.full_like(parts[0][1], LONGEST)
    for _ in range(50):
        middle = 0.5 * (low + high)
        left = sum(weight * rate**middle for weight, rate in parts)
        above = left > 0.5
        low, high = xr.where(above, middle, low), xr.where(above, high, middle)
    return 0.5 * (low + high)
