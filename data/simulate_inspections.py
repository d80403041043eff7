"""The inspections of a simulated panel: dates, repeats and noisy grades of a lasting quality.

The model is written down in :mod:`data.simulate`; this is its inspection side.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from data.panel import JUDGEMENTS

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SimulatedTruth:
    """What a simulated panel was drawn from; kept in its ``truth`` attribute.

    Attributes
    ----------
    rho
        The link at equal deprivation and region, drift aside.
    reliability
        Share of the underlying scale's variance that lasts between inspections.
    structure
        What effectiveness is: ``composite`` or ``one_factor``.
    deprivation_slope
        Typical size of an indicator's slope on standardised deprivation.
    judgement_deprivation
        Slope of the judgement on standardised deprivation.
    region_sd
        Standard deviation of the judgement between regions.
    drift
        Drift of the judgement a year.
    year_sd
        Standard deviation of what is particular to a year, where the lasting effects
        have 1.
    """

    rho: float = 0.3
    reliability: float = 0.6
    structure: str = "composite"
    deprivation_slope: float = 0.2
    judgement_deprivation: float = -0.2
    region_sd: float = 0.2
    drift: float = 0.15
    year_sd: float = 0.5


def simulate_inspections(
    rng: np.random.Generator,
    truth: SimulatedTruth,
    theta: Array,
    x: Array,
    region: NDArray[np.str_],
    authority: NDArray[np.str_],
    schedule: pd.DataFrame | None = None,
) -> xr.Dataset:
    """Draw each authority's inspections, in order of date within authority.

    Parameters
    ----------
    rng
        Where the random numbers come from.
    truth
        Link, reliability, drift and what acts on the judgement.
    theta, x
        Effectiveness and standardised deprivation of each authority.
    region, authority
        Region and code of each authority.
    schedule
        When inspections started, in the place of drawn dates: ``who``, the position of the
        authority, and ``inspection_start``, one row an inspection.

    Returns
    -------
    xr.Dataset
        The panel's variables over ``inspection``.
    """
    lasting_share = np.sqrt(truth.reliability)
    towards = truth.rho / lasting_share
    quality = towards * theta + np.sqrt(1.0 - towards**2) * rng.normal(size=theta.size)
    names, position = np.unique(region, return_inverse=True)
    predictor = (
        truth.judgement_deprivation * x + rng.normal(0, truth.region_sd, names.size)[position]
    )
    rows = _drawn_schedule(rng, theta.size) if schedule is None else schedule
    rows = rows.sort_values(["who", "inspection_start"], ignore_index=True)
    rows["inspected_authority"] = authority[rows["who"]]
    who = rows["who"].to_numpy()
    years = (rows["inspection_start"] - pd.Timestamp("2023-07-01")).dt.days.to_numpy() / 365.25
    noise = rng.normal(size=len(rows))
    scale = (
        predictor[who]
        + truth.drift * years
        + lasting_share * quality[who]
        + np.sqrt(1.0 - truth.reliability) * noise
    )
    starts = rows["inspection_start"]
    ids = rows["inspected_authority"] + "-" + starts.dt.strftime("%Y-%m-%d")
    previous = rows.duplicated("who").to_numpy()
    publication = starts + pd.to_timedelta(rng.integers(43, 61, len(rows)), unit="D")
    return xr.Dataset(
        {
            "judgement_grade": (
                ("inspection", "judgement"),
                _grades(rng, scale, starts >= pd.Timestamp("2023-01-16")),
            ),
            "inspected_authority": ("inspection", rows["inspected_authority"].to_numpy(str)),
            "inspection_start": ("inspection", starts.to_numpy("datetime64[ns]")),
            "publication": ("inspection", publication.to_numpy("datetime64[ns]")),
        },
        coords={
            "inspection": ids.to_numpy(str),
            "judgement": list(JUDGEMENTS),
            "framework": ("inspection", np.full(len(rows), "ILACS")),
            "inspection_type": ("inspection", np.where(previous, "Short", "Standard")),
        },
    )


def _drawn_schedule(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Draw when each authority is inspected: most of them twice, none in the pandemic."""
    repeated = rng.uniform(size=size) < 0.75
    first = _dates(rng, "2018-01-08", "2020-03-09", size)
    latest = _dates(rng, "2021-10-04", "2025-03-24", size)
    return pd.DataFrame(
        {
            "who": np.concatenate([np.flatnonzero(repeated), np.arange(size)]),
            "inspection_start": np.concatenate([first[repeated], latest]),
        }
    )


def _dates(rng: np.random.Generator, start: str, end: str, size: int) -> NDArray[np.datetime64]:
    """Draw Mondays between two Mondays."""
    weeks = (np.datetime64(end) - np.datetime64(start)) // np.timedelta64(7, "D")
    drawn = np.datetime64(start) + rng.integers(0, weeks + 1, size) * np.timedelta64(7, "D")
    return drawn.astype("datetime64[ns]")


def _grades(
    rng: np.random.Generator, scale: Array, leavers: "pd.Series[bool]"
) -> NDArray[np.int8]:
    """Cut the underlying scale into grades; sub-judgements are noisy readings of the same."""
    cutpoints = stats.norm.ppf([0.12, 0.38, 0.78])
    grades = np.full((scale.size, len(JUDGEMENTS)), -1, dtype=np.int8)
    grades[:, 0] = np.searchsorted(cutpoints, scale)
    for column in range(1, len(JUDGEMENTS)):
        own = 0.9 * scale + np.sqrt(1.0 - 0.9**2) * rng.normal(size=scale.size)
        grades[:, column] = np.searchsorted(cutpoints, own)
    grades[~leavers.to_numpy(), JUDGEMENTS.index("care_leavers")] = -1
    return grades
