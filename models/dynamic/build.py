r"""The dynamic model, written down in PyMC with the paths integrated out; nothing is sampled.

Indicators
    As in :mod:`models.dynamic.kernel`. The factors share one persistence, the indicators' own
    effects another. Effectiveness :math:`\theta(s) = g^\top f(s) + \sum_k\omega_k d_k(s)` is
    the declared composite (:mod:`models.structures.composite`) of the authority's effects at
    the moment s, at unit variance: what is particular to a year is no part of it.
Quality
    :math:`q(s) = \beta\,\theta(s+\ell) + \sqrt{1-\beta^2}\,\delta(s)`, with the lag
    :math:`\ell` given and δ an independent path of unit variance with its own persistence.
Judgement
    Of inspection j at its date: :math:`u_j = \eta_j + \sqrt r\,q(s_j) + \sqrt{1-r}\,
    \epsilon_j`, graded by cutpoints, with cutpoints, drift and the slope on deprivation in
    :math:`\eta` for each framework. r is the reliability of one judgement, and
    :math:`\rho = \sqrt r\,\beta` the polyserial correlation of one judgement's scale with
    effectiveness at the lag, as in the static models. β is Beta(κ, κ) stretched to -1..1
    and independent of r, so that r bounds ρ. :mod:`models.dynamic.judged` has the likelihood.

Every inspection of the panel enters, under each of its frameworks. Regions are not known here.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from data.panel import GRADES
from models.dynamic.inputs import DynamicInputs
from models.dynamic.judged import followed, judgement_data, place_judgements
from models.dynamic.operation import integrate_paths
from models.dynamic.parameters import (
    IndicatorParameters,
    place_indicator_parameters,
    place_judgement_parameters,
)
from models.dynamic.paths import (
    Moments,
    krige,
    log_determinant,
    path_precision,
    place_moments,
    power,
)
from models.dynamic.spec import DynamicSpec
from models.spec import Estimand

_KERNEL = ("y", "variance", "observed", "deprivation", "span", "pattern", "slots")


@dataclass(frozen=True, slots=True, eq=False)
class WrittenDynamic:
    """The model, and expressions in its variables.

    Attributes
    ----------
    model
        The PyMC model.
    likelihood
        Log likelihood of an authority's indicators, paths integrated out, (authority,).
    mean, covariance
        h and S of effectiveness at the inspections given the indicators, (slot, authority)
        and (slot, slot, authority).
    judged
        What :func:`models.dynamic.judged.place_judgements` gives, (slot, authority).
    """

    model: pm.Model
    likelihood: TensorVariable
    mean: TensorVariable
    covariance: TensorVariable
    judged: TensorVariable


def model_data(
    inputs: DynamicInputs, estimand: Estimand, lag: float
) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """Return the arrays of the model's ``pm.Data``, for one question and one lag."""
    cells, moments = inputs.cells, place_moments(inputs, lag)
    seen = cells.observed.any(axis=2)
    first = seen.argmax(axis=1)
    last = seen.shape[1] - seen[:, ::-1].argmax(axis=1)
    judged = judgement_data(inputs, estimand == "adjusted")
    broken = {"crossed": moments.crossed, "pairs_crossed": moments.pairs_crossed}
    return {
        "y": cells.y,
        "variance": cells.variance,
        "observed": cells.observed,
        "deprivation": float(estimand == "adjusted") * inputs.deprivation,
        "span": np.column_stack([first, last]).astype(np.int64),
        "pattern": moments.pattern,
        "slots": judged["used"].sum(axis=0).astype(np.int64),
        "weight": cells.weight,
        "apart": moments.apart,
        **(broken if moments.breaks.any() else {}),
        **judged,
    }


def build_dynamic(
    spec: DynamicSpec, estimand: Estimand, inputs: DynamicInputs, lag: float = 0.0
) -> WrittenDynamic:
    """Write the model down.

    Parameters
    ----------
    spec, estimand
        Terms, priors and question.
    inputs
        What to condition on.
    lag
        Years from an inspection to the effectiveness that it is compared with; negative:
        before it. It enters as data, as everything else that has the inputs' shape.
    """
    moments = place_moments(inputs, lag)
    with pm.Model(coords=coordinates(inputs, spec)) as model:
        data = {
            name: pm.Data(name, values)
            for name, values in model_data(inputs, estimand, lag).items()
        }
        indicators = place_indicator_parameters(spec, inputs, data["weight"])
        likelihood, mean, covariance = given_indicators(data, indicators, moments)
        placed = place_judgement_parameters(spec)
        judged = place_judgements(data, placed, mean, covariance, moments.apart.shape[0])
        pm.Potential("indicators", likelihood.sum())
        pm.Potential("judgements", judged.sum())
    return WrittenDynamic(model, likelihood, mean, covariance, judged)


def coordinates(inputs: DynamicInputs, spec: DynamicSpec) -> dict[str, list[str] | list[int]]:
    """Name every dimension."""
    cells = inputs.cells
    seen = np.argwhere(cells.observed.any(axis=2))
    return {
        "indicator": cells.indicators,
        "year": cells.years,
        "authority": cells.authorities,
        "followed": [inputs.judgements.inspection[at] for at in followed(inputs)],
        "framework": inputs.judgements.frameworks,
        "cell_year": [f"{cells.indicators[k]} {cells.years[t]}" for k, t in seen],
        "factor": list(range(1, spec.factors + 1)),
        "cutpoint": [f"below {grade}" for grade in GRADES[1:]],
        "gap": list(GRADES[1:-1]),
    }


def given_indicators(
    data: dict[str, TensorVariable], placed: IndicatorParameters, moments: Moments
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Integrate the paths out; give the moments of effectiveness at the inspections.

    Parameters
    ----------
    data, placed
        The model's data by name, and the indicators' parameters.
    moments
        Read for the grid and the breaks between its points; the rest enters as data.

    Returns
    -------
    tuple
        Log likelihood of the indicators, (authority,); h, (slot, authority); S, (slot, slot,
        authority).
    """
    factor, own, across = placed.factor_persistence, placed.own_persistence, placed.across_break
    broken = bool(moments.breaks.any())
    used = (data["slots"][None, :] > pt.arange(moments.apart.shape[0])[:, None]).astype("float64")
    along = power(factor, data["apart"]) * used[:, None, :]
    faded = (power(own, data["apart"]) * used[:, None, :])[None]
    correlation = power(own, moments.between)[None]
    if broken:
        faded = faded * power(across, data["crossed"])
        correlation = correlation * power(across, moments.breaks)
    rows = krige(along, factor)
    likelihood, mean, spread = integrate_paths(
        tuple(data[name] for name in _KERNEL),
        (
            placed.level,
            placed.deprivation_slope,
            placed.year_variance,
            placed.own_variance,
            placed.loading,
            placed.on_factors,
            placed.on_own * placed.own_variance,
            path_precision(factor, moments.between),
            correlation,
            rows,
            faded,
        ),
    )
    # What the years' factors leave of the factors at the inspections, and the own paths there.
    pairs = data["inspections_apart"]
    unforeseen = power(factor, pairs) - (rows[:, None] * along[None, :]).sum(axis=2)
    prior = (placed.on_factors**2).sum() * unforeseen
    left = power(own, pairs)[None]
    if broken:
        left = left * power(across, data["pairs_crossed"])
    alike = pt.eq(data["pattern"][None, :], np.arange(moments.breaks.shape[0])[:, None])
    share = (placed.on_own**2 * placed.own_variance * alike).sum(axis=1)
    prior = prior + (share[:, None, None, None] * left).sum(axis=0)
    years = moments.between.shape[0]
    constant = 0.5 * placed.loading.shape[1] * log_determinant(factor, years)
    return likelihood + constant, mean, spread + prior
