"""Ranks with their uncertainty, and the 2016 study's table as a posterior quantity.

Ranks are computed within each posterior draw, so every count and probability carries
the uncertainty of all authorities together (Goldstein and Spiegelhalter 1996,
doi:10.2307/2983325). The top and bottom are the stated share of authorities, rounded to a
whole number of them; rank 1 is the most effective.
"""

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import rankdata

from data.panel import GRADES

BANDS = ("bottom", "middle", "top")
GOOD = "Good or better"
NOT_GOOD = "Requires improvement or worse"


def ranks(fit: xr.DataTree) -> xr.DataArray:
    """Rank the authorities in each draw; 1 is the most effective."""
    effectiveness = (
        fit["posterior"].to_dataset()["effectiveness"].transpose("chain", "draw", "authority")
    )
    return effectiveness.copy(data=rankdata(-effectiveness.values, axis=-1)).rename("rank")


def band_edge(share: float, size: int) -> int:
    """Give the number of authorities in the top band, and in the bottom one."""
    return max(1, round(share * size))


def band_counts(fit: xr.DataTree, share: float) -> xr.DataArray:
    """Count, in each draw, the authorities of each grade in each band.

    Returns
    -------
    xr.DataArray
        Over chain, draw, judgement (the grades) and band.
    """
    rank = ranks(fit)
    size = rank.sizes["authority"]
    edge = band_edge(share, size)
    inside = np.stack(
        [rank > size - edge, (rank > edge) & (rank <= size - edge), rank <= edge], axis=-1
    )
    grade = grades_of(fit)
    counts = np.stack([inside[:, :, grade == g].sum(axis=2) for g in range(len(GRADES))], axis=2)
    return xr.DataArray(
        counts.astype(float),
        dims=("chain", "draw", "judgement", "band"),
        coords={"judgement": list(GRADES), "band": list(BANDS)},
        name="count",
    )


def decile_table(fit: xr.DataTree, share: float, interval: float) -> pd.DataFrame:
    """Tabulate judgement by bottom, middle and top of effectiveness.

    Returns
    -------
    pandas.DataFrame
        judgement, band, posterior mean, interval and Monte Carlo error of the count,
        and the count that no link would give (``independent``).
    """
    counts = band_counts(fit, share)
    size = fit["posterior"].sizes["authority"]
    edge = band_edge(share, size)
    part = dict(zip(BANDS, (edge / size, 1.0 - 2.0 * edge / size, edge / size), strict=True))
    grade = grades_of(fit)
    rows = [
        {
            "judgement": name,
            "band": band,
            **summarise(counts.sel(judgement=name, band=band).values, interval),
            "independent": float((grade == g).sum() * part[band]),
        }
        for g, name in enumerate(GRADES)
        for band in BANDS
    ]
    return pd.DataFrame(rows)


def top_by_judgement(fit: xr.DataTree, share: float, interval: float) -> pd.DataFrame:
    """Give P(top | judgement), for each grade and for the two halves of the scale."""
    top = band_counts(fit, share).sel(band="top")
    grade = grades_of(fit)
    members = {name: [g] for g, name in enumerate(GRADES)} | {NOT_GOOD: [0, 1], GOOD: [2, 3]}
    rows = []
    for name, positions in members.items():
        authorities = int(np.isin(grade, positions).sum())
        if authorities:
            share_in_top = top.isel(judgement=positions).sum("judgement").values / authorities
            summary = summarise(share_in_top, interval)
            rows.append(
                {
                    "judgement": name,
                    "authorities": authorities,
                    "probability": summary.pop("mean"),
                    **summary,
                }
            )
    return pd.DataFrame(rows)


def inadequate_ratio(fit: xr.DataTree, share: float, interval: float) -> dict[str, float] | None:
    """Give P(top | Inadequate) over P(top | Good or better), or nothing if a group is empty."""
    top = band_counts(fit, share).sel(band="top")
    grade = grades_of(fit)
    inadequate, good = int((grade == 0).sum()), int((grade >= 2).sum())
    if not inadequate or not good:
        return None
    above = top.isel(judgement=[2, 3]).sum("judgement").values / good
    if (above == 0).any():
        return None
    return summarise(top.isel(judgement=0).values / inadequate / above, interval)


def summarise(draws: NDArray[np.float64], interval: float) -> dict[str, float]:
    """Give mean, central interval and Monte Carlo error of (chain, draw) values."""
    low, high = np.quantile(draws, [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0])
    constant = np.ptp(draws) == 0.0
    return {
        "mean": float(draws.mean()),
        "lower": float(low),
        "upper": float(high),
        "mcse": 0.0 if constant else float(np.asarray(az.mcse(draws))),
    }


def grades_of(fit: xr.DataTree) -> NDArray[np.int64]:
    """Give each authority's grade, -1 where it has none."""
    data = fit["constant_data"].to_dataset()
    grade: NDArray[np.int64] = np.where(data["judged"].values > 0, data["grade"].values, -1)
    return grade
