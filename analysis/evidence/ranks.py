"""Ranks with their uncertainty, and the 2016 study's table as a posterior quantity.

Ranks are computed within each posterior draw, so every count and probability carries
the uncertainty of all authorities together (Goldstein and Spiegelhalter 1996,
doi:10.2307/2983325). The top and bottom are the stated share of authorities, rounded to a
whole number of them; rank 1 is the most effective.

Counts by judgement are of effectiveness drawn from the indicators alone, the ``independent`` fit,
and stand beside what judgements without a link would give (:mod:`analysis.evidence.no_link`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import rankdata

from analysis.evidence.no_link import reference, replicate_grades
from data.panel import GRADES

_RATIO_DRAWS = 500
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
    """Return the number of authorities in the top band, and in the bottom one."""
    return max(1, round(share * size))


def _inside(fit: xr.DataTree, share: float) -> NDArray[np.bool_]:
    """Return whether each authority is in each band, (chain, draw, authority, band)."""
    rank = ranks(fit)
    size = rank.sizes["authority"]
    edge = band_edge(share, size)
    return np.stack(
        [rank > size - edge, (rank > edge) & (rank <= size - edge), rank <= edge], axis=-1
    )


def _counts(inside: NDArray[np.bool_], grade: NDArray[np.int64]) -> xr.DataArray:
    """Count by grade."""
    counts = np.stack([inside[:, :, grade == g].sum(axis=2) for g in range(len(GRADES))], axis=2)
    return xr.DataArray(
        counts.astype(float),
        dims=("chain", "draw", "judgement", "band"),
        coords={"judgement": list(GRADES), "band": list(BANDS)},
        name="count",
    )


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """The counts of a fit by grade and band, in the data and in replicates without a link.

    Attributes
    ----------
    counts
        In the data, over chain, draw, judgement and band.
    inside
        Whether each authority is in the band, (draw, authority, band).
    grade, replicated
        Positions of the grades, (authority,) and (replicate, authority).
    interval
        Probability of the intervals.
    """

    counts: xr.DataArray
    inside: NDArray[np.float64]
    grade: NDArray[np.int64]
    replicated: NDArray[np.int64]
    interval: float

    @classmethod
    def of(cls, independent: xr.DataTree, share: float, interval: float, seed: int) -> "Bands":
        """Count in the ``independent`` fit, and replicate its judgements."""
        grade = grades_of(independent)
        inside = _inside(independent, share)
        return cls(
            _counts(inside, grade),
            inside.reshape(-1, *inside.shape[2:]).astype(float),
            grade,
            replicate_grades(independent, grade, seed),
            interval,
        )

    def expected(self, positions: Sequence[int], band: str) -> NDArray[np.float64]:
        """Return the posterior mean count of some grades in a band, (replicate,)."""
        mean = self.inside[..., BANDS.index(band)].mean(axis=0)
        return np.asarray(np.isin(self.replicated, positions) @ mean)


def decile_table(bands: Bands) -> pd.DataFrame:
    """Tabulate judgement by bottom, middle and top of effectiveness.

    Returns
    -------
    pandas.DataFrame
        judgement, band, posterior mean, interval and Monte Carlo error of the count, the count
        expected without a link (``independent``), and what
        :func:`analysis.evidence.no_link.reference` says of it.
    """
    rows = []
    for g, name in enumerate(GRADES):
        for band in BANDS:
            counted = summarise(bands.counts.sel(judgement=name, band=band).values, bands.interval)
            replicated = bands.expected([g], band)
            rows.append(
                {
                    "judgement": name,
                    "band": band,
                    **counted,
                    "independent": float(replicated.mean()),
                    **reference(counted["mean"], replicated, interval=bands.interval),
                }
            )
    return pd.DataFrame(rows)


def top_by_judgement(bands: Bands) -> pd.DataFrame:
    """Return P(top | judgement), for each grade and for the two halves of the scale."""
    top = bands.counts.sel(band="top")
    members = {name: [g] for g, name in enumerate(GRADES)} | {NOT_GOOD: [0, 1], GOOD: [2, 3]}
    rows = []
    for name, positions in members.items():
        authorities = int(np.isin(bands.grade, positions).sum())
        if authorities:
            share_in_top = top.isel(judgement=positions).sum("judgement").values / authorities
            summary = summarise(share_in_top, bands.interval)
            replicated = bands.expected(positions, "top") / authorities
            beside = reference(summary["mean"], replicated, bands.interval)
            rows.append(
                {
                    "judgement": name,
                    "authorities": authorities,
                    "probability": summary.pop("mean"),
                    **summary,
                    **beside,
                }
            )
    return pd.DataFrame(rows)


def inadequate_ratio(bands: Bands) -> dict[str, float] | None:
    """Return P(top | Inadequate) over P(top | Good or better), or nothing if a group is empty."""
    top = bands.counts.sel(band="top")
    inadequate, good = int((bands.grade == 0).sum()), int((bands.grade >= 2).sum())
    if not inadequate or not good:
        return None
    above = top.isel(judgement=[2, 3]).sum("judgement").values / good
    if (above == 0).any():
        return None
    found = summarise(top.isel(judgement=0).values / inadequate / above, bands.interval)
    every = -(-len(bands.inside) // _RATIO_DRAWS)
    inside = bands.inside[::every, :, BANDS.index("top")]
    low, high = ((bands.replicated == 0) @ inside.T, (bands.replicated >= 2) @ inside.T)
    # Where no Good authority of a replicate is at the top, in any draw, it has no ratio.
    with np.errstate(divide="ignore", invalid="ignore"):
        replicated = (low / inadequate / (high / good)).mean(axis=1)
    return found | reference(found["mean"], replicated, bands.interval)


def summarise(draws: NDArray[np.float64], interval: float) -> dict[str, float]:
    """Return mean, central interval and Monte Carlo error of (chain, draw) values."""
    low, high = np.quantile(draws, [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0])
    constant = np.ptp(draws) == 0.0
    return {
        "mean": float(draws.mean()),
        "lower": float(low),
        "upper": float(high),
        "mcse": 0.0 if constant else float(np.asarray(az.mcse(draws))),
    }


def grades_of(fit: xr.DataTree) -> NDArray[np.int64]:
    """Return each authority's grade, -1 where it has none."""
    data = fit["constant_data"].to_dataset()
    grade: NDArray[np.int64] = np.where(data["judged"].values > 0, data["grade"].values, -1)
    return grade
