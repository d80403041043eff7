"""What a model is fitted to: a panel's measurements, judgements and deprivation together."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.origin import is_england
from data.panel import GRADES, PanelError, validate_panel
from models.deprivation import BENDS, bends
from models.inspection import Judgements, latest_judgements
from models.link import Switches
from models.measurement import Measurements, measure
from models.repeated_judgements.select import (
    RepeatedJudgements,
    gather_repeated_judgements,
    restrict,
)
from models.requirements import require_fit
from models.size import standardised_size
from models.spatial import neighbours_of, scaled_axes
from models.spec import ModelSpec, Structure
from models.traits import STRUCTURE_TRAITS, loadings_rotate, structures_of


@dataclass(frozen=True, slots=True, eq=False)
class ModelInputs:
    """Everything that a model conditions on.

    Attributes
    ----------
    measurements, judgements
        Both sides of the comparison, in the same order of authorities.
    deprivation
        The configured measure, standardised over authorities.
    weight
        Declared weight of each indicator in the composite, summing to the number of
        indicators.
    domain
        Position of each indicator's domain in ``domains``.
    domains
        Names of the domains, in the order of the indicators.
    labels
        Names, regions, titles and dates, for whoever reads the fit.
    facts
        What the panel is: ``simulated``, ``release``, counts and years.
    repeated_judgements
        Every inspection that enters, where the specification wants more than one closed
        probability for each authority.
    identical
        Whether the link ``identical`` is among those to fit.
    bends
        Of deprivation, (bend, authority), where its form is a spline.
    spatial_axes
        Of the field of neighbours, (axis, authority), where there is one.
    size
        Standardised logarithm of the population, (authority,), where effects vary with it.
    """

    measurements: Measurements
    judgements: Judgements
    deprivation: NDArray[np.float64]
    weight: NDArray[np.float64]
    domain: NDArray[np.int64]
    domains: list[str]
    labels: xr.Dataset
    facts: dict[str, Any]
    repeated_judgements: RepeatedJudgements | None = None
    identical: bool = False
    bends: NDArray[np.float64] | None = None
    spatial_axes: NDArray[np.float64] | None = None
    size: NDArray[np.float64] | None = None

    def coords(self, factors: int) -> dict[str, list[str] | list[int]]:
        """Coordinates for ``pm.Model``: names a reader of the posterior knows."""
        indicators = [str(name) for name in self.measurements.coords["indicator"]]
        return {
            **(self.repeated_judgements.coords if self.repeated_judgements else {}),
            **self.measurements.coords,
            "region": self.judgements.regions,
            "cutpoint": [f"below {grade}" for grade in GRADES[1:]],
            "gap": list(GRADES[1:-1]),
            "factor": list(range(1, factors + 1)),
            **({"bend": list(BENDS)} if self.bends is not None else {}),
            **self._along_axes(),
            "domain": self.domains,
            "domain_pair": _pairs(self.domains),
            "indicator_pair": _pairs(indicators),
        }

    def data(
        self, on: Switches, structure: Structure
    ) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """Arrays for a structure's ``pm.Data``, with the switched-off parts set to zero."""
        weights = {"weight": self.weight} if STRUCTURE_TRAITS[structure].weighted else {}
        return {
            **weights,
            **({"identical_switch": np.asarray(float(on.identical))} if self.identical else {}),
            "y": self.measurements.y,
            "variance": self.measurements.variance,
            "observed": self.measurements.observed,
            "deprivation": self.deprivation * float(on.deprivation),
            **self._bent(on),
            **({} if self.spatial_axes is None else {"spatial_axes": self.spatial_axes}),
            **({} if self.size is None else {"size": self.size}),
            **self._judged(),
            "region_of_authority": self.judgements.region,
            "region_switch": np.asarray(float(on.region)),
            "link_switch": np.asarray(float(on.link)),
        }

    def _along_axes(self) -> dict[str, list[int]]:
        """Return numbers as labels of the axes of the field of neighbours."""
        if self.spatial_axes is None:
            return {}
        return {"spatial_axis": list(range(1, len(self.spatial_axes) + 1))}

    def _bent(self, on: Switches) -> dict[str, NDArray[np.float64]]:
        """Return deprivation's bends where a model has them."""
        if self.bends is None:
            return {}
        return {"deprivation_bends": self.bends * float(on.deprivation)}

    def _judged(self) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """Give the repeated judgements where a model has them, otherwise the latest judgements."""
        if self.repeated_judgements:
            return self.repeated_judgements.data
        return {
            "judgement": self.judgements.grade,
            "judged": self.judgements.judged,
            "years_from_mean": self.judgements.years,
        }

    def constants(self, on: Switches) -> xr.Dataset:
        """Return what a fit was conditioned on, by authority and indicator, for keeping in it."""
        measured = self.measurements
        cells = measured.observed.sum(axis=(1, 2))
        # Of a cell of average information: one that says nothing adds nothing to it.
        with np.errstate(divide="ignore"):
            noise = cells / (measured.observed / measured.variance).sum(axis=(1, 2))
        labels = (
            self.repeated_judgements.label(self.labels)
            if self.repeated_judgements
            else self.labels
        )
        if self.bends is not None:
            labels = labels.assign(
                deprivation_bends=(("bend", "authority"), self.bends * float(on.deprivation))
            )
        return labels.assign(
            grade=("authority", self.judgements.grade),
            judged=("authority", self.judgements.judged),
            inspection_date=("authority", self.judgements.date),
            deprivation=("authority", self.deprivation * float(on.deprivation)),
            cells=("authority", measured.observed.sum(axis=(0, 1)).astype(int)),
            sampling_variance=("indicator", noise),
        )


Prepare = Callable[[xr.Dataset, ModelSpec], ModelInputs]
"""What prepares inputs as :func:`prepare` does; a run's, which does so once."""


def panel_facts(panel: xr.Dataset) -> dict[str, Any]:
    """Return what a result says of the panel that it is of: plain values, for the record."""
    return {
        "simulated": bool(panel.attrs["simulated"]),
        "england": is_england(panel),
        "release": str(panel.attrs["release"]),
        "title": str(panel.attrs.get("title", "")),
        "authorities": len(panel.authority),
        "indicators": len(panel.indicator),
        "years": panel.year.values.tolist(),
        "truth": json.loads(panel.attrs.get("truth", "null")),
    }


def prepare(panel: xr.Dataset, spec: ModelSpec) -> ModelInputs:
    """Turn a panel into what models condition on.

    Raises
    ------
    PanelError
        If the panel breaks its contract, or lacks what the specification asks for.
    """
    validate_panel(panel)
    inspected = restrict(panel, spec.inspection)
    require_fit(panel, spec)
    score = panel.deprivation.sel(measure=spec.deprivation).values
    measurements = measure(panel, spec.suppression)
    rotating = any(loadings_rotate(one, spec) for one in structures_of(spec))
    if rotating and spec.factors > len(panel.indicator):
        raise PanelError(
            f"panel: {len(panel.indicator)} indicators cannot carry {spec.factors} factors. "
            "Lower model.factors or add indicators."
        )
    domains, domain = _domains(panel)
    for structure in structures_of(spec):
        if not STRUCTURE_TRAITS[structure].single_link and len(domains) < 2:
            raise PanelError(
                f"panel: all indicators are of the domain {domains[0]}; {structure} needs two "
                "domains or more. Use one_factor, or add indicators of another domain."
            )
    x = (score - score.mean()) / score.std()
    return ModelInputs(
        measurements=measurements,
        judgements=latest_judgements(inspected),
        deprivation=x,
        weight=declared_weights(panel, spec.weights),
        domain=domain,
        domains=domains,
        labels=_labels(panel),
        facts=panel_facts(panel),
        repeated_judgements=(
            gather_repeated_judgements(inspected, spec.inspection)
            if spec.inspection.extended
            else None
        ),
        identical=spec.identical,
        bends=bends(x) if spec.deprivation_form == "spline" else None,
        spatial_axes=scaled_axes(neighbours_of(panel)) if spec.spatial == "bym2" else None,
        size=standardised_size(panel) if spec.effect_spread == "size" else None,
    )


def _labels(panel: xr.Dataset) -> xr.Dataset:
    """Keep what names the authorities and the indicators."""
    names = ["authority_name", "region", "indicator_title", "domain", "direction"]
    return panel[names].reset_coords()[names]


def _domains(panel: xr.Dataset) -> tuple[list[str], NDArray[np.int64]]:
    """Return the domains in the order of the indicators, and each indicator's position."""
    names = [str(name) for name in panel.domain.values]
    domains = list(dict.fromkeys(names))
    return domains, np.array([domains.index(name) for name in names])


def declared_weights(
    panel: xr.Dataset, weights: str | Mapping[str, float], key: str = "model.weights"
) -> NDArray[np.float64]:
    """Return each indicator's declared weight, summing to the number of indicators.

    Parameters
    ----------
    panel
        Whose indicators are weighed.
    weights
        ``equal``, ``domain_equal``, or a weight for each indicator by its id.
    key
        Where the configuration has them.

    Raises
    ------
    PanelError
        If named weights lack an indicator, name one that the panel does not have, or are all 0.
    """
    names = [str(name) for name in panel.indicator.values]
    if isinstance(weights, Mapping):
        missing = [name for name in names if name not in weights]
        strange = [name for name in weights if name not in names]
        if missing or strange:
            fault = f"has none for {missing[0]}" if missing else f"names {strange[0]}"
            wanted = "give one for each" if missing else "the panel has no such indicator"
            raise PanelError(f"{key} {fault}; {wanted}. Indicators: {', '.join(names)}.")
        weight = np.array([weights[name] for name in names])
        if not weight.any():
            raise PanelError(f"{key} are all 0; at least one indicator must count.")
    elif weights == "domain_equal":
        _, domain = _domains(panel)
        weight = 1.0 / np.bincount(domain)[domain]
    else:
        weight = np.ones(len(names))
    return np.asarray(weight * len(names) / weight.sum())


def _pairs(names: list[str]) -> list[str]:
    """Name the pairs below the diagonal, row after row."""
    return [f"{one} & {other}" for i, one in enumerate(names) for other in names[:i]]
