"""The judgements' part of a collapsed model: predictors, likelihood and what follows from them."""

from dataclasses import dataclass

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from models.inspection import BEYOND
from models.link import Explained
from models.prior_variables import place, repeated_judgement_priors
from models.repeated_judgements.likelihood import (
    FINE,
    Rule,
    common_log_likelihood,
    overall_log_likelihood,
)
from models.repeated_judgements.select import RepeatedJudgements
from models.spec import ModelSpec, PriorScales

Dims = tuple[str, ...]

REPEATED_JUDGEMENT_DIMS: dict[str, Dims] = {
    "reading_grade": ("authority", "reading", "judgement"),
    "reading_given": ("authority", "reading", "judgement"),
    "reading_framework": ("authority", "reading"),
    "reading_years": ("authority", "reading"),
    "reading_inspector": ("authority", "reading"),
    "identical_switch": (),
}


@dataclass(frozen=True, slots=True, eq=False)
class PlacedJudgements:
    """The judgements' side of a model.

    Attributes
    ----------
    log_likelihood
        By authority, its lasting quality integrated out.
    derived
        Named expressions with their dimensions.
    """

    log_likelihood: TensorVariable
    derived: dict[str, tuple[TensorVariable, Dims]]


def place_repeated_judgements(
    spec: ModelSpec,
    repeated_judgements: RepeatedJudgements,
    data: dict[str, TensorVariable],
    explained: Explained,
    moments: tuple[TensorVariable, TensorVariable],
    reliability: TensorVariable | None,
    rule: Rule = FINE,
) -> PlacedJudgements:
    """Place the priors of the judgements and write their likelihood down.

    Parameters
    ----------
    spec, repeated_judgements
        What is asked for, and the judgements that enter.
    data
        The model's data by name.
    explained
        The part of the judgement's scale that the authority's effects explain.
    moments
        Mean and variance of that part given the indicators, (authority,).
    reliability
        r, where judgements are repeated; None where an authority has one.
    rule
        By which sub-judgements are integrated.
    """
    asked = spec.inspection
    sub = asked.judgements == "sub_judgements"
    placed = repeated_judgement_priors(
        spec.priors, spec.drift, sub, bool(repeated_judgements.inspectors)
    )
    predictor = _predictor(placed, data, bool(repeated_judgements.inspectors))
    predictor = predictor + bent(spec.priors, data)[:, None]
    mean, variance = moments
    repeats = reliability if asked.scope == "repeats" else None
    lasting = variance if repeats is None else variance + repeats - explained.share
    residual = 1.0 - (explained.share if repeats is None else repeats)
    cells = _cells(placed["cutpoints"], data)
    if sub:
        whole = lasting if repeats is not None else lasting + residual
        inner = residual if repeats is not None else None
        log_likelihood = common_log_likelihood(
            cells,
            data["reading_given"],
            predictor,
            placed["loading"],
            mean,
            whole,
            inner,
            asked.curve,
            rule,
        )
    else:
        less = (cells[0][:, :, 0] - predictor, cells[1][:, :, 0] - predictor)
        log_likelihood = overall_log_likelihood(
            less, data["reading_given"][:, :, 0], mean, lasting, residual, asked.curve
        )
    derived: dict[str, tuple[TensorVariable, Dims]] = {
        "cutpoints": (placed["cutpoints"], ("framework", "judgement", "cutpoint")),
        "region_effect": (placed["region_effect"], ("region",)),
        "reading_predictor": (predictor, ("authority", "reading")),
        "judgement_mean": (mean, ("authority",)),
        "judgement_variance": (lasting, ("authority",)),
        "residual_variance": (residual, ()),
    }
    return PlacedJudgements(log_likelihood, derived)


def bent(scales: PriorScales, data: dict[str, TensorVariable]) -> TensorVariable:
    """Return what deprivation's bends add to the judgement's predictor, (authority,)."""
    if "deprivation_bends" not in data:
        return pt.zeros_like(data["deprivation"])
    return (place("judgement_bend", scales)[:, None] * data["deprivation_bends"]).sum(axis=0)


def _predictor(
    placed: dict[str, TensorVariable], data: dict[str, TensorVariable], inspectors: bool
) -> TensorVariable:
    """Return η of every inspection, (authority, reading)."""
    framework = data["reading_framework"]
    drift = placed["drift"] + pt.zeros(placed["cutpoints"].shape[0])
    predictor = (
        drift[framework] * data["reading_years"]
        + placed["judgement_deprivation"][framework] * data["deprivation"][:, None]
        + data["region_switch"] * placed["region_effect"][data["region_of_authority"]][:, None]
    )
    if inspectors:
        predictor = predictor + placed["inspector_effect"][data["reading_inspector"]]
    return predictor


def _cells(
    cutpoints: TensorVariable, data: dict[str, TensorVariable]
) -> tuple[TensorVariable, TensorVariable]:
    """Return the cutpoints below and above each grade, (authority, reading, judgement)."""
    end = pt.full_like(cutpoints[..., :1], BEYOND)
    edges = pt.concatenate([-end, cutpoints, end], axis=-1)
    framework = data["reading_framework"][:, :, None]
    judgement = pt.arange(cutpoints.shape[1])[None, None, :]
    grade = data["reading_grade"]
    return edges[framework, judgement, grade], edges[framework, judgement, grade + 1]
