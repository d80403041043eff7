r"""A panel with a known truth: England-like, invented, labelled as simulated everywhere.

Authorities have invented names in nine regions. What is drawn is the generative model
that :mod:`models` fits, written down here a second time and independently:

lasting effects
    :math:`\phi_i \sim N(0, \Sigma)`, :math:`\Sigma = \Lambda\Lambda^\top + \mathrm{diag}(\psi^2)`
    with two factors and correlations between indicators that average about 0.1, as in the
    published record. Effectiveness :math:`\theta` is the standardised sum of standardised
    effects, or the first factor where the truth says ``one_factor``.
cells
    logit of the proportion = level + year + scale·(direction·(φ + e) + γ·deprivation), e
    particular to the year; numerators binomial; numerators of 1 to 5 suppressed.
judgements
    underlying scale :math:`u = \beta\,\mathrm{deprivation} + \mathrm{region} +
    \mathrm{drift}\cdot\mathrm{years} + \rho\theta + \sqrt{1-\rho^2}\,\epsilon`. Of the last
    term and :math:`\rho\theta` together, a share r lasts from one inspection of an
    authority to the next, so that repeats agree as published ones do, and each single
    judgement has correlation ρ with θ.
inspections
    two for most authorities, the first 2018 to 2020, none in the pandemic, the latest
    late 2021 to early 2025; a care leavers judgement only from 2023.
reorganisation
    six authorities exist only from the third year on; before, their cells are
    ``not_applicable``.
"""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from data.catalogue import Indicator, choose_indicators, read_catalogue
from data.panel import MEASURES, validate_panel
from data.reference import coordinates_of
from data.simulate_inspections import SimulatedTruth, simulate_inspections

Array = NDArray[np.float64]

LOADER_VERSION = "simulated-2"

_REGIONS = (
    "North East",
    "North West",
    "Yorkshire and The Humber",
    "East Midlands",
    "West Midlands",
    "East of England",
    "London",
    "South East",
    "South West",
)
_REGION_SIZES = (12, 24, 15, 10, 14, 11, 33, 19, 15)
_FIRST = "Ash Birch Cedar Dell Elm Fern Glen Haw Iver Juniper Kel Lark Moss Nor Oak Pen"
_LAST = "bury combe dale field ford ham hurst ley mere stead stone ton wick wood worth"

# Typical denominator and proportion, and standard deviation between authorities on the
# logit scale, by indicator; rates: typical value and spread on their transformed scale.
_TYPICAL: dict[str, tuple[float, float, float]] = {
    "rereferral_12m": (3386, 0.205, 0.30),
    "cpp_second_plan": (344, 0.238, 0.30),
    "icpc_15_days": (426, 0.817, 0.70),
    "cla_3plus_placements": (459, 0.104, 0.28),
    "cla_same_carer_2y": (151, 0.682, 0.30),
    "new_placement_far": (486, 0.170, 0.50),
    "cla_health_assessment": (330, 0.910, 0.95),
    "cla_dental": (330, 0.815, 0.75),
    "cla_sdq_completed": (241, 0.799, 1.20),
    "cl_eet_17_18": (76, 0.651, 0.42),
    "cl_eet_19_21": (209, 0.547, 0.34),
    "cl_suitable_acc_19_21": (209, 0.895, 0.65),
    "cla_persistent_absence": (178, 0.211, 0.27),
    "cin_persistent_absence": (672, 0.463, 0.19),
    "sw_turnover": (0, 3.55, 0.75),
    "sw_agency": (0, 3.55, 1.25),
    "sw_caseload": (0, 2.72, 0.14),
    "sw_vacancy": (0, 3.70, 1.15),
}
_OTHERWISE = (300.0, 0.3, 0.4)
# Largest share of an indicator's lasting variance that the factors take.
_MOST_COMMON = 0.9
_NUMBERS = ("numerator", "denominator", "numerator_low", "numerator_high", "value")


def simulate_panel(
    truth: SimulatedTruth | None = None,
    indicators: tuple[str, ...] = ("performance", "workforce"),
    years: tuple[int, ...] = (2021, 2022, 2023, 2024, 2025),
    *,
    seed: int,
    schedule: pd.DataFrame | None = None,
) -> xr.Dataset:
    """Draw a panel; the same seed gives the same panel.

    Parameters
    ----------
    truth
        What to draw from.
    indicators
        Catalogue ids or sets.
    years
        Years by their labels.
    seed
        Seed of every random number.
    schedule
        When inspections started, as :func:`data.simulate_inspections.simulate_inspections`
        takes it, such as a real record's; drawn if not given.

    Returns
    -------
    xr.Dataset
        A valid panel with ``simulated`` 1 and the truth in its attributes.
    """
    truth = truth or SimulatedTruth()
    chosen = choose_indicators(indicators, read_catalogue())
    rng = np.random.default_rng(seed)
    region = np.repeat(_REGIONS, _REGION_SIZES)
    size = region.size
    shared = rng.normal(size=size)
    deprivation = 22.0 + 8.0 * shared
    x = (shared - shared.mean()) / shared.std()
    effects, theta = _effects(rng, truth, size, len(chosen))
    children = np.exp(rng.normal(np.log(60_000), 0.6, size))
    children[rng.choice(size, 3, replace=False)] /= 25.0  # a City, an island, a small shire
    panel = xr.Dataset(
        {
            **_cells(rng, truth, chosen, years, effects, x, children / 60_000),
            "deprivation": (
                ("authority", "measure"),
                np.stack(
                    [deprivation, 0.16 + 0.07 * (0.9 * shared + rng.normal(0, 0.4, size))], 1
                ),
            ),
            "population": (
                ("authority", "year"),
                np.round(np.repeat(children[:, None], len(years), axis=1)),
            ),
        },
        coords={
            "authority": [f"S{number:08d}" for number in range(1, size + 1)],
            "authority_name": ("authority", _names(rng, size)),
            "region": ("authority", region),
            "year": list(years),
            "measure": list(MEASURES),
            **_labels(chosen),
        },
        attrs={
            "title": "Simulated panel: invented authorities with a known link",
            "simulated": 1,
            "release": f"simulated, seed {seed}",
            "loader_version": LOADER_VERSION,
            "sources": "[]",
            "joins": "[]",
            "truth": json.dumps({**asdict(truth), "seed": seed}),
        },
    )
    return validate_panel(
        panel.merge(
            simulate_inspections(rng, truth, theta, x, region, panel.authority.values, schedule)
        ).assign_attrs(panel.attrs),
        f"simulated panel, seed {seed}",
    )


def _labels(
    chosen: tuple[Indicator, ...],
) -> dict[str, tuple[str, list[str] | np.ndarray] | list[str]]:
    """Name the indicators as the catalogue does."""
    return {
        "indicator": [one.id for one in chosen],
        "indicator_title": ("indicator", [one.title for one in chosen]),
        "domain": ("indicator", [one.domain for one in chosen]),
        "aspect": ("indicator", [one.aspect for one in chosen]),
        "direction": ("indicator", [one.direction for one in chosen]),
        "kind": ("indicator", [one.kind for one in chosen]),
        "unit": ("indicator", [one.unit for one in chosen]),
        "transform": ("indicator", [one.transform for one in chosen]),
        **coordinates_of(one.reference for one in chosen),
    }


def _names(rng: np.random.Generator, size: int) -> list[str]:
    """Invent distinct names."""
    every = np.array([first + last for first in _FIRST.split() for last in _LAST.split()])
    return rng.permutation(every)[:size].tolist()


def _effects(
    rng: np.random.Generator, truth: SimulatedTruth, size: int, indicators: int
) -> tuple[Array, Array]:
    """Draw lasting effects of unit variance, (authority, indicator), and effectiveness."""
    loading = np.column_stack(
        [rng.uniform(0.15, 0.55, indicators), rng.normal(0.0, 0.25, indicators)]
    )
    # A rare draw would leave an indicator nothing of its own, or less.
    common = (loading**2).sum(axis=1)
    loading *= np.sqrt(np.minimum(1.0, _MOST_COMMON / common))[:, None]
    own = 1.0 - (loading**2).sum(axis=1)
    factors = rng.normal(size=(size, 2))
    effects = factors @ loading.T + np.sqrt(own) * rng.normal(size=(size, indicators))
    if truth.structure == "one_factor":
        return effects, factors[:, 0]
    covariance = loading @ loading.T + np.diag(own)
    return effects, effects.sum(axis=1) / np.sqrt(covariance.sum())


def _cells(
    rng: np.random.Generator,
    truth: SimulatedTruth,
    chosen: tuple[Indicator, ...],
    years: tuple[int, ...],
    effects: Array,
    x: Array,
    relative_size: Array,
) -> dict[str, tuple[tuple[str, str, str], NDArray[np.float64] | NDArray[np.str_]]]:
    """Draw every cell: counts with suppression, rates, and cells that do not exist."""
    shape = (effects.shape[0], len(chosen), len(years))
    cells = {name: np.full(shape, np.nan) for name in _NUMBERS}
    slope = rng.normal(0.0, truth.deprivation_slope, len(chosen))
    for k, indicator in enumerate(chosen):
        typical, level, spread = _TYPICAL.get(indicator.id, _OTHERWISE)
        sign = 1.0 if indicator.direction == "higher" else -1.0
        yearly = rng.normal(0.0, truth.year_sd, (shape[0], len(years)))
        good = effects[:, k, None] + yearly + (slope[k] * x)[:, None]
        moved = spread * (sign * good + rng.normal(0.0, 0.1, len(years)))
        if indicator.kind == "rate":
            cells["value"][:, k] = _rates(indicator, level + moved)
        else:
            drawn = _counts(rng, typical * relative_size, stats.logistic.ppf(level) + moved)
            for name, values in drawn.items():
                cells[name][:, k] = values
    status = np.where(np.isnan(cells["value"]), "suppressed", "observed").astype("<U14")
    late = rng.choice(shape[0], 6, replace=False)
    status[late, :, : min(2, len(years) - 1)] = "not_applicable"
    for values in cells.values():
        values[status == "not_applicable"] = np.nan
    dims = ("authority", "indicator", "year")
    return {name: (dims, values) for name, values in cells.items()} | {"status": (dims, status)}


def _counts(rng: np.random.Generator, expected: Array, logit: Array) -> dict[str, Array]:
    """Draw numerators and denominators, (authority, year), and suppress 1 to 5."""
    yearly = np.exp(rng.normal(0.0, 0.15, logit.shape))
    denominator = np.maximum(6.0, np.round(expected[:, None] * yearly))
    numerator = rng.binomial(denominator.astype(int), stats.logistic.cdf(logit)).astype(float)
    hidden = (numerator >= 1) & (numerator <= 5)
    return {
        "numerator": np.where(hidden, np.nan, numerator),
        "denominator": denominator,
        "numerator_low": np.where(hidden, 1.0, numerator),
        "numerator_high": np.where(hidden, 5.0, numerator),
        "value": np.where(hidden, np.nan, numerator / denominator),
    }


def _rates(indicator: Indicator, scaled: Array) -> Array:
    """Take a rate back from its transformed scale, rounded as published."""
    if indicator.transform == "sqrt":
        scaled = np.maximum(scaled, 0.0) ** 2
    elif indicator.transform == "log":
        scaled = np.exp(scaled)
    return np.round(scaled, 1)
