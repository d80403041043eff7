"""The primary model under other assumptions, each fitted beside the headline at equal deprivation.

``spline``
    Deprivation acts along a curve on either side (:mod:`models.deprivation`), not a line.
``size``
    Spreads of the authorities' effects and years go with their population (:mod:`models.size`).

They are sensitivities: no verdict rests on them. Each has one linked fit, its Bayes factor by
Savage-Dickey, and how much better it predicts authorities left out than the headline's model.
"""

from typing import Any, Literal

import numpy as np
import xarray as xr

from analysis.evidence import bayes_factor
from analysis.evidence.convergence import Convergence
from analysis.evidence.curves import link_curves
from analysis.evidence.prediction import (
    Prediction,
    indicator_difference,
    judgement_difference,
)
from analysis.evidence.ranks import summarise
from analysis.record import schema
from models.fitted import Fit
from models.spec import ModelSpec, Variant

Name = Literal["spline", "size"]

CHANGES: dict[Name, dict[str, str]] = {
    "spline": {"deprivation_form": "spline"},
    "size": {"effect_spread": "size"},
}
"""What each changes in the specification."""

_ASKED = {"spline": ("judgement_bend",), "size": ("effect_size_slope", "year_size_slope")}


def changed_model(spec: ModelSpec, name: Name) -> ModelSpec:
    """Return the specification of an alternative, which has no challenger."""
    return spec.model_copy(update={**CHANGES[name], "challenger": "none", "identical": False})


def variant_of(spec: ModelSpec) -> Variant:
    """Return the one fit that an alternative has."""
    return Variant(structure=spec.structure, estimand="adjusted", link="linked")


def weigh_alternative(
    name: str,
    fit: Fit,
    gate: Convergence,
    scores: tuple[Prediction, Prediction] | None,
    rho: schema.LinkPosterior,
    interval: float,
) -> schema.Alternative:
    """Summarise an alternative; no number of it unless it converged.

    Parameters
    ----------
    name
        Of the alternative.
    fit, gate
        Its linked fit, and whether that may be reported.
    scores
        The leave-one-out scores of it and of the headline's fit, where both converged.
    rho
        The posterior of ρ of the fit.
    interval
        Probability of the intervals.
    """
    told: dict[str, Any] = {"name": name, "converged": gate.converged, "reasons": gate.reasons}
    if not gate.converged:
        return schema.Alternative(**told)
    concentration = fit.specification.priors.link_concentration
    factor = bayes_factor.savage_dickey(link_curves(fit), concentration)
    if scores is not None:
        for side, compare in (
            ("indicator", indicator_difference),
            ("judgement", judgement_difference),
        ):
            difference, error = compare(*scores)
            told |= {f"{side}_elpd_difference": difference, f"{side}_elpd_difference_se": error}
    return schema.Alternative(
        **told,
        rho=rho,
        savage_dickey=schema.LogFactor(value=factor.value, mcse=factor.mcse),
        parameters=_parameters(name, fit.posterior, interval),
    )


def _parameters(name: str, posterior: xr.Dataset, interval: float) -> dict[str, schema.Quantity]:
    """Summarise the parameters that the alternative adds, one by one."""
    found = {}
    for key in _ASKED.get(name, ()):
        if key not in posterior:
            continue
        drawn = posterior[key].transpose("chain", "draw", ...).values.astype(float)
        for place, own in enumerate(np.moveaxis(drawn.reshape(*drawn.shape[:2], -1), -1, 0), 1):
            label = key if drawn.ndim == 2 else f"{key}_{place}"
            found[label] = schema.Quantity(**summarise(own, interval))
    return found
