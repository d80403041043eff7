"""What a model is fitted to: a panel's measurements, judgements and deprivation together."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import GRADES, PanelError, validate_panel
from models.inspection import Judgements, latest_judgements
from models.link import Switches
from models.measurement import Measurements, measure
from models.spec import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything that a model conditions on.

    Attributes
    ----------
    measurements, judgements
        Both sides of the comparison, in the same order of authorities.
    deprivation
        The configured measure, standardised over authorities.
    labels
        Names, regions, titles and dates, for whoever reads the fit.
    facts
        What the panel is: ``simulated``, ``release``, counts and years.
    """

    measurements: Measurements
    judgements: Judgements
    deprivation: NDArray[np.float64]
    labels: xr.Dataset
    facts: dict[str, Any]

    def coords(self, factors: int) -> dict[str, list[str] | list[int]]:
        """Coordinates for ``pm.Model``: names a reader of the posterior knows."""
        return {
            **self.measurements.coords,
            "region": self.judgements.regions,
            "cutpoint": [f"below {grade}" for grade in GRADES[1:]],
            "gap": list(GRADES[1:-1]),
            "factor": list(range(1, factors + 1)),
        }

    def data(self, on: Switches) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """Arrays for the model's ``pm.Data``, with the switched-off parts set to zero."""
        return {
            "y": self.measurements.y,
            "variance": self.measurements.variance,
            "observed": self.measurements.observed,
            "deprivation": self.deprivation * float(on.deprivation),
            "judgement": self.judgements.grade,
            "judged": self.judgements.judged,
            "years_from_mean": self.judgements.years,
            "region_of_authority": self.judgements.region,
            "region_switch": np.asarray(float(on.region)),
            "link_switch": np.asarray(float(on.link)),
        }


def prepare(panel: xr.Dataset, spec: ModelSpec) -> Inputs:
    """Turn a panel into what models condition on.

    Raises
    ------
    PanelError
        If the panel breaks its contract, or lacks what the specification asks for.
    """
    validate_panel(panel)
    score = panel.deprivation.sel(measure=spec.deprivation).values
    if np.ptp(score) == 0.0:
        raise PanelError(
            f"panel: {spec.deprivation} is the same in every authority; it cannot be adjusted for."
        )
    measurements = measure(panel, spec.suppression)
    if spec.structure == "composite" and spec.factors > len(panel.indicator):
        raise PanelError(
            f"panel: {len(panel.indicator)} indicators cannot carry {spec.factors} factors. "
            "Lower model.factors or add indicators."
        )
    return Inputs(
        measurements=measurements,
        judgements=latest_judgements(panel),
        deprivation=(score - score.mean()) / score.std(),
        labels=_labels(panel),
        facts={
            "simulated": bool(panel.attrs["simulated"]),
            "release": str(panel.attrs["release"]),
            "title": str(panel.attrs.get("title", "")),
            "authorities": len(panel.authority),
            "indicators": len(panel.indicator),
            "years": panel.year.values.tolist(),
            "truth": json.loads(panel.attrs.get("truth", "null")),
        },
    )


def _labels(panel: xr.Dataset) -> xr.Dataset:
    """Keep what names the authorities and the indicators."""
    names = ["authority_name", "region", "indicator_title", "domain", "direction"]
    return panel[names].reset_coords()[names]
