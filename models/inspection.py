r"""Judgements given quality: a cumulative probit on an underlying scale of unit variance.

For an authority whose indicators have posterior :math:`\theta \sim N(h, s^2)`,

.. math::

    u = \eta + \rho\theta + \sqrt{1 - \rho^2}\,\epsilon, \qquad
    P(\text{grade} \le g) = \Phi\!\left(
        \frac{c_g - \eta - \rho h}{\sqrt{1 - \rho^2 + \rho^2 s^2}}\right),

so that ρ is the polyserial correlation of the underlying scale with effectiveness, at
equal :math:`\eta` (Olsson, Drasgow and Dorans 1982, doi:10.1007/BF02294164). The
predictor :math:`\eta` holds the drift with the date of inspection (grades rose from half
Good or better in 2018-19 to four fifths in 2024-25), deprivation, and the region.

An authority's latest inspection that gave the judgement enters; an authority without one
contributes nothing to the judgements and everything to the indicators.
"""

from dataclasses import dataclass

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from data.panel import GRADES, PanelError
from data.panel_queries import latest_inspections

# Stands for an infinite cutpoint: its tail is zero in double precision, its derivative too.
BEYOND = 100.0
# The standard logistic's standard deviation.
LOGISTIC = float(np.pi / np.sqrt(3.0))


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """The judgement of each authority that enters a model.

    Attributes
    ----------
    grade
        Position in ``GRADES``; 0 where there is none.
    judged
        1.0 where there is a judgement, otherwise 0.0.
    years
        Years from the mean date of these inspections; 0.0 where there is none.
    inspection, date
        Id and date of the inspection, empty text and NaT where there is none.
    region
        Position of the authority's region in ``regions``.
    regions
        Names of the regions, sorted.
    """

    grade: NDArray[np.int64]
    judged: NDArray[np.float64]
    years: NDArray[np.float64]
    inspection: list[str]
    date: NDArray[np.datetime64]
    region: NDArray[np.int64]
    regions: list[str]


def latest_judgements(panel: xr.Dataset, judgement: str = "overall") -> Judgements:
    """Take each authority's latest judgement from a panel.

    The date is the inspection's start, or the report's publication where a framework
    publishes only that.

    Raises
    ------
    PanelError
        If fewer than ten authorities have the judgement, or all have the same grade.
    """
    inspection = latest_inspections(panel, judgement).values
    judged = inspection != ""
    rows = panel.sel(inspection=inspection[judged])
    grade = np.zeros(inspection.size, dtype=np.int64)
    grade[judged] = rows.judgement_grade.sel(judgement=judgement).values
    if judged.sum() < 10 or np.unique(grade[judged]).size < 2:
        raise PanelError(
            f"panel: {judged.sum()} authorities have a judgement of {judgement}, with "
            f"{np.unique(grade[judged]).size} grades; at least 10 and 2 are needed."
        )
    date = rows.inspection_start.where(rows.inspection_start.notnull(), rows.publication).values
    days = (date - date.min()) / np.timedelta64(1, "D")
    dates = np.full(inspection.size, np.datetime64("NaT", "ns"))
    dates[judged] = date
    years = np.zeros(inspection.size)
    years[judged] = (days - days.mean()) / 365.25
    regions, region = np.unique(panel.region.values, return_inverse=True)
    return Judgements(
        grade=grade,
        judged=judged.astype(float),
        years=years,
        inspection=inspection.tolist(),
        date=dates,
        region=region.astype(np.int64),
        regions=regions.tolist(),
    )


def log_probability(
    grade: TensorVariable,
    cutpoints: TensorVariable,
    centre: TensorVariable,
    variance: TensorVariable,
) -> TensorVariable:
    """Return the log probability of each grade, with the authority's effects integrated out.

    Parameters
    ----------
    grade
        Positions in ``GRADES``.
    cutpoints
        Ascending, one fewer than there are grades.
    centre, variance
        Mean and variance of the underlying scale given the indicators.

    Returns
    -------
    TensorVariable
        Of the shape of ``grade``.
    """
    # Put in the middle rather than joined: the derivative of a join takes a second to compile.
    ends = np.zeros(len(GRADES) + 1)
    ends[0], ends[-1] = -BEYOND, BEYOND
    edges = pt.set_subtensor(pt.constant(ends)[1:-1], cutpoints)
    spread = pt.sqrt(variance)
    lower = (edges[grade] - centre) / spread
    upper = (edges[grade + 1] - centre) / spread
    return log_between(lower, upper)


def log_between(lower: TensorVariable, upper: TensorVariable) -> TensorVariable:
    """Return the log of the standard normal's probability between two bounds."""
    # Reflected to the side where both tails are small, so that their difference is exact.
    reflected = lower + upper > 0.0
    low = pt.switch(reflected, -upper, lower)
    high = pt.switch(reflected, -lower, upper)
    root2 = float(np.sqrt(2.0))
    return pt.log(0.5 * (pt.erfc(-high / root2) - pt.erfc(-low / root2)))
