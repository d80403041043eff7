r"""Which figures come before an authority's inspection, which after it, and what was judged.

A figure lies before an inspection if its period had ended when the inspection began (was
published, where the start is not known), and after it if its period began later
(:func:`data.reference.years_from`); one whose period holds the day is on neither side.

An authority may have been inspected several times within the panel's years. The inspection that
enters is the one with the most even number of figures on its two sides (the smaller of the two
counts is the largest), and of equals the latest. Whether a figure was published does not count.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import norm

from data.panel import GRADES, PanelError
from data.reference import years_from
from models.repeated_judgements.select import gather_repeated_judgements, restrict
from models.spec import InspectionSpec

Array = NDArray[np.float64]

_FEWEST = 10


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """The figures about each authority's inspection.

    Attributes
    ----------
    before, after
        1.0 where a figure lies on that side, (indicator, year, authority); zeros where an
        authority has no inspection.
    grade
        Position in ``GRADES``, -1 where an authority has no inspection.
    judgement
        The grade as a normal score of mean 0 and unit variance over the inspections that enter,
        0 where there is none.
    inspection
        Ids, empty text where there is none.
    """

    before: Array
    after: Array
    grade: NDArray[np.int64]
    judgement: Array
    inspection: NDArray[np.str_]

    @property
    def both(self) -> NDArray[np.bool_]:
        """Return which authorities have figures of an indicator on both sides."""
        sides = self.before.any(axis=1) & self.after.any(axis=1)
        return np.asarray(sides.any(axis=0))


def periods(panel: xr.Dataset, spec: InspectionSpec) -> Periods:
    """Choose each authority's inspection and part the figures by it.

    Parameters
    ----------
    panel
        A valid panel.
    spec
        Frameworks and window of the inspections; their overall judgements enter.

    Raises
    ------
    PanelError
        If fewer than ten authorities have figures on both sides, or all have the same grade.
    """
    every = spec.model_copy(
        update={"scope": "repeats", "judgements": "overall", "lead_inspector": False}
    )
    gathered = gather_repeated_judgements(restrict(panel, every), every)
    given = gathered.given[..., 0] > 0
    lag = years_from(panel, xr.DataArray(gathered.date, dims=("authority", "reading"))).values
    sides = np.minimum((lag < 0).sum(axis=(0, 1)), (lag > 0).sum(axis=(0, 1)))
    # Of equals the latest, which stands last: inspections are in order of publication.
    order = np.where(given, sides * given.shape[1] + np.arange(given.shape[1]), -1)
    chosen = np.arange(len(given)), order.argmax(axis=1)
    there = given.any(axis=1)
    grade = np.where(there, gathered.grade[..., 0][chosen], -1)
    found = Periods(
        before=((lag < 0)[:, :, *chosen] & there).astype(float),
        after=((lag > 0)[:, :, *chosen] & there).astype(float),
        grade=grade,
        judgement=_scores(grade),
        inspection=np.where(there, gathered.inspection[chosen], ""),
    )
    entering = found.grade[found.both]
    if entering.size < _FEWEST or np.unique(entering).size < 2:
        raise PanelError(
            f"panel: {entering.size} authorities have figures before and after an inspection, "
            f"with {np.unique(entering).size} grades; at least {_FEWEST} and 2 are needed. Add "
            "years, or leave evidence.predictive out."
        )
    return found


def _scores(grade: NDArray[np.int64]) -> Array:
    """Return for each grade the standard normal mean over its share, scaled to unit variance."""
    there = grade >= 0
    shares = np.bincount(grade[there], minlength=len(GRADES)) / max(int(there.sum()), 1)
    edges = norm.ppf(np.concatenate([[0.0], np.cumsum(shares)]).clip(0.0, 1.0))
    mass = -np.diff(norm.pdf(edges))
    means = np.divide(mass, shares, out=np.zeros_like(mass), where=shares > 0)
    scores = np.where(there, means[np.maximum(grade, 0)], 0.0)
    spread = scores[there].std()
    return np.asarray(scores / spread if spread > 0 else scores)
