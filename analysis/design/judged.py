r"""Judgements drawn forwards at a stated link and reliability.

The scale behind inspection j of an authority is

.. math:: z_j = \eta_j + \rho\theta + \sqrt{r - \rho^2}\,\xi + \sqrt{1 - r}\,\epsilon_j,
    \qquad \rho = \lambda\sqrt r,

with λ the link between quality itself, :math:`q = \lambda\theta + \sqrt{1-\lambda^2}\,\xi`, and
effectiveness θ. The predictor η holds drift, deprivation and region as the template's fit has
them. A grade is where z lies between the overall judgement's cutpoints; a sub-judgement's is
where :math:`l z_j + \sqrt{1 - l^2}\,\epsilon_{jm}` does, so that all four have the marginal shares
of the overall one. Written in NumPy a second time, apart from :mod:`models.repeated_judgements`.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.inputs import ModelInputs
from models.repeated_judgements.select import SUB_JUDGEMENTS, RepeatedJudgements

Array = NDArray[np.float64]

_BETWEEN = 3.0
"""Years between two inspections of an authority."""


@dataclass(frozen=True, slots=True, eq=False)
class Unexplained:
    """Standard normal parts of one panel's judgements, the same at every link.

    Attributes
    ----------
    lasting
        ξ, (authority,).
    passing
        ε, (authority, inspection).
    own
        Of each sub-judgement, (authority, inspection, judgement).
    """

    lasting: Array
    passing: Array
    own: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, authorities: int, most: int) -> "Unexplained":
        """Draw for as many inspections as any cell has."""
        return cls(
            rng.standard_normal(authorities),
            rng.standard_normal((authorities, most)),
            rng.standard_normal((authorities, most, len(SUB_JUDGEMENTS))),
        )


def inspection_years(inputs: ModelInputs, judgements: int) -> Array:
    """Return the years of each authority's inspections from their mean, (authority, inspection).

    The last is on the template's date, the others three years before each other.
    """
    before = _BETWEEN * np.arange(judgements - 1, -1, -1.0)
    years = inputs.judgements.years[:, None] - before
    return np.asarray(years - years.mean())


def scales(
    parameters: xr.Dataset,
    inputs: ModelInputs,
    effectiveness: Array,
    unexplained: Unexplained,
    years: Array,
    link: float,
    reliability: float,
    *,
    adjusted: bool,
    region: bool,
) -> Array:
    """Draw the scale behind each inspection, (authority, inspection).

    Parameters
    ----------
    parameters
        Free variables of the template's model over one chain and one draw.
    inputs
        Deprivation and regions.
    effectiveness
        θ, (authority,).
    unexplained
        The rest.
    years
        As :func:`inspection_years` gives them.
    link, reliability
        λ and r.
    adjusted, region
        Whether deprivation, and regions, act on judgements.
    """
    one = parameters.isel(chain=0, draw=0)
    predictor = float(one["drift"]) * years if "drift" in one else np.zeros_like(years)
    if adjusted:
        slope = float(one["judgement_deprivation"])
        predictor = predictor + slope * inputs.deprivation[:, None]
    if region:
        effect = float(one["region_sd"]) * one["region_z"].values
        predictor = predictor + effect[inputs.judgements.region][:, None]
    lasting = link * effectiveness + np.sqrt(1.0 - link**2) * unexplained.lasting
    passing = unexplained.passing[:, -years.shape[1] :]
    return np.asarray(
        predictor + np.sqrt(reliability) * lasting[:, None] + np.sqrt(1.0 - reliability) * passing
    )


def cutpoints(parameters: xr.Dataset) -> Array:
    """Return the three cutpoints of the overall judgement."""
    one = parameters.isel(chain=0, draw=0)
    gaps = np.cumsum(one["cutpoint_gap"].values)
    return float(one["first_cutpoint"]) + np.concatenate([[0.0], gaps])


def read(
    scale: Array,
    cuts: Array,
    years: Array,
    unexplained: Unexplained,
    sub_loading: float | None,
) -> RepeatedJudgements:
    """Cut scales into readings.

    Parameters
    ----------
    scale, years
        Of each inspection, (authority, inspection).
    cuts
        Cutpoints.
    unexplained
        Of the panel.
    sub_loading
        Correlation of a sub-judgement with z; None reads the overall judgement.
    """
    inspections = scale.shape[1]
    names: tuple[str, ...] = ("overall",)
    if sub_loading is None:
        judged = scale[:, :, None]
    else:
        own = unexplained.own[:, -inspections:]
        judged = sub_loading * scale[:, :, None] + np.sqrt(1.0 - sub_loading**2) * own
        names = SUB_JUDGEMENTS
    shape = scale.shape
    return RepeatedJudgements(
        judgements=names,
        frameworks=("ILACS",),
        grade=np.searchsorted(cuts, judged).astype(np.int64),
        given=np.ones(judged.shape),
        framework=np.zeros(shape, dtype=np.int64),
        years=years,
        inspection=np.full(shape, "simulated"),
        date=np.full(shape, np.datetime64("NaT", "ns")),
        inspector=np.zeros(shape, dtype=np.int64),
        inspectors=(),
        outside=(),
    )
