r"""The dynamic model, written down in PyMC with the paths integrated out; nothing is sampled.

Indicators
    As in :mod:`models.dynamic.kernel`. The factors share one persistence, the indicators' own
    effects another (or last, as :attr:`models.dynamic.spec.DynamicSpec.own` says).
    Effectiveness :math:`\theta(s) = g^\top f(s) + \sum_k\omega_k d_k(s)` is the declared
    composite (:mod:`models.structures.composite`) of the authority's effects at the moment s,
    at unit variance: what is particular to a year is no part of it.
Quality
    :math:`q(s) = \beta\,\theta(s+\ell) + \sqrt{1-\beta^2}\,\delta(s)`, with the lag
    :math:`\ell` given and δ an independent path of unit variance with its own persistence.
Judgement
    Of inspection j at its date: :math:`u_j = \eta_j + \sqrt r\,q(s_j) + \sqrt{1-r}\,
    \epsilon_j`, graded by cutpoints, with cutpoints, drift and the slope on deprivation in
    :math:`\eta` for each framework. r is the reliability of one judgement, and
    :math:`\rho = \sqrt r\,\beta` the polyserial correlation of one judgement's scale with
    effectiveness at the lag, as in the static models. β is Beta(κ, κ) stretched to -1..1
    and independent of r, so that r bounds ρ.
Predictive
    Does a judgement say anything of the indicators after it that those before do not? With
    the horizon h, :math:`\nu(s) = (\theta(s+h) - E[\theta(s+h) \mid f, d \text{ up to }
    s])/sd` is what no indicator's path until s foresees of effectiveness, and

    .. math::

        q(s) = \beta\,\theta(s) + \sqrt{1-\beta^2}\,\bigl(\pi\,\nu(s) +
               \sqrt{1-\pi^2}\,\delta(s)\bigr).

    π has the prior of β. The partial correlation of a judgement's scale with
    :math:`\theta(s+h)`, given all paths until s and deprivation, is
    :math:`\sqrt{r(1-\beta^2)}\,\pi/\sqrt{1-r\beta^2}`. It measures foresight and
    consequence together: what follows a bad judgement (intervention, turnover, changed
    thresholds) is part of it.

Given the indicators, the qualities at one authority's inspections are normal; their exact
Cholesky factor turns standard normal variables, one an inspection, into them, and the ordinal
likelihood acts on those.
"""

from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from data.panel import GRADES
from models.dynamic.inputs import DynamicInputs
from models.dynamic.operation import integrate_paths
from models.dynamic.parameters import Parameters, place_parameters
from models.dynamic.paths import (
    Moments,
    krige,
    log_determinant,
    path_precision,
    place_moments,
    power,
)
from models.dynamic.spec import DynamicEstimand, DynamicSpec
from models.inspection import log_probability

_CELL = ("indicator", "year", "authority")


@dataclass(frozen=True, slots=True, eq=False)
class WrittenDynamic:
    """The model, and expressions in its variables.

    Attributes
    ----------
    model
        The PyMC model.
    likelihood
        Log likelihood of an authority's indicators, paths integrated out, (authority,).
    quality
        q at each inspection, (inspection,).
    """

    model: pm.Model
    likelihood: TensorVariable
    quality: TensorVariable


def moments_of(
    spec: DynamicSpec, estimand: DynamicEstimand, inputs: DynamicInputs, lag: float
) -> Moments:
    """Place the moments of effectiveness that an estimand sets beside a judgement."""
    lags = (lag, lag + spec.horizon) if estimand == "predictive" else (lag,)
    return place_moments(inputs, lags)


def model_data(
    inputs: DynamicInputs, moments: Moments, estimand: DynamicEstimand
) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """Give the arrays of the model's ``pm.Data``."""
    cells, judged = inputs.cells, inputs.judgements
    adjusted = float(estimand != "concordance")
    seen = cells.observed.any(axis=2)
    first = seen.argmax(axis=1)
    last = seen.shape[1] - seen[:, ::-1].argmax(axis=1)
    deprivation = adjusted * inputs.deprivation
    nearest = np.clip(np.rint(judged.when), 0, len(cells.years) - 1).astype(int)
    return {
        "y": cells.y,
        "variance": cells.variance,
        "observed": cells.observed,
        "deprivation": deprivation,
        "span": np.column_stack([first, last]).astype(np.int64),
        "pattern": moments.pattern,
        "slots": moments.used.sum(axis=0).astype(np.int64),
        "weight": cells.weight,
        "between": moments.between,
        "breaks": moments.breaks,
        "apart": moments.apart,
        "crossed": moments.crossed,
        "moments_apart": moments.moments_apart,
        "moments_crossed": moments.moments_crossed,
        "inspections_apart": moments.inspections_apart,
        "used": moments.used,
        "grade": judged.grade,
        "inspected": judged.authority,
        "slot": judged.slot,
        "framework_of": judged.framework,
        "years_from_mean": judged.years,
        "deprivation_then": deprivation[nearest, judged.authority],
    }


def build_dynamic(
    spec: DynamicSpec, estimand: DynamicEstimand, inputs: DynamicInputs, lag: float = 0.0
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
    moments = moments_of(spec, estimand, inputs, lag)
    with pm.Model(coords=coordinates(inputs, spec)) as model:
        data = {
            name: pm.Data(name, values)
            for name, values in model_data(inputs, moments, estimand).items()
        }
        placed = place_parameters(spec, estimand, inputs, data["weight"])
        likelihood, mean, spread = _given_indicators(data, placed, moments, inputs)
        standard = pm.Normal("standard_quality", dims="inspection")
        scale = _draw(data, placed, moments, mean, spread, standard)
        judged = _judgement_likelihood(data, placed, scale, len(inputs.judgements.frameworks))
        pm.Potential("indicators", likelihood.sum())
        pm.Potential("judgements", judged.sum())
    return WrittenDynamic(model, likelihood, scale / pt.sqrt(placed.reliability))


def coordinates(inputs: DynamicInputs, spec: DynamicSpec) -> dict[str, list[str] | list[int]]:
    """Name every dimension."""
    cells = inputs.cells
    seen = np.argwhere(cells.observed.any(axis=2))
    return {
        "indicator": cells.indicators,
        "year": cells.years,
        "authority": cells.authorities,
        "inspection": inputs.judgements.inspection,
        "framework": inputs.judgements.frameworks,
        "cell_year": [f"{cells.indicators[k]} {cells.years[t]}" for k, t in seen],
        "factor": list(range(1, spec.factors + 1)),
        "cutpoint": [f"below {grade}" for grade in GRADES[1:]],
        "gap": list(GRADES[1:-1]),
    }


def _given_indicators(
    data: dict[str, TensorVariable], placed: Parameters, moments: Moments, inputs: DynamicInputs
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Integrate the paths out; give the moments of √r·(q less δ's part) at inspections."""
    factor, own = placed.factor_persistence, placed.own_persistence
    used = data["used"]
    along_factor = power(factor, data["apart"]) * used[:, None, :]
    along_own = (
        power(own, data["apart"]) * power(placed.across_break, data["crossed"]) * used[:, None, :]
    )
    # Each moment's share in the judgement's scale: (moment,).
    on_factor, on_own = placed.on_factor_path, placed.on_own_path
    row = (on_factor[:, None, None, None] * krige(along_factor, factor)).sum(axis=0)
    whole = (on_factor[:, None, None, None] * along_factor).sum(axis=0)
    reach = (on_own[None, :, None, None, None] * along_own).sum(axis=1)
    correlation = power(own, data["between"]) * power(placed.across_break, data["breaks"])
    likelihood, mean, spread = integrate_paths(
        tuple(
            data[name]
            for name in ("y", "variance", "observed", "deprivation", "span", "pattern", "slots")
        ),
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
            row,
            reach,
        ),
    )
    # What the years' factors leave of the factors at the inspections, and the own paths there.
    factor_share = (placed.on_factors**2).sum()
    own_share = [
        (placed.on_own**2 * placed.own_variance * (moments.pattern == pattern)).sum()
        for pattern in range(moments.breaks.shape[0])
    ]
    pairs = data["moments_apart"]
    both = on_factor[:, None] * on_factor[None, :]
    prior = (both[:, :, None, None, None] * power(factor, pairs)).sum(axis=(0, 1))
    foreseen = (row[:, None] * whole[None, :]).sum(axis=2)
    prior = factor_share * (prior - foreseen)
    both = (on_own[:, None] * on_own[None, :])[:, :, None, None, None]
    faded = both * power(own, pairs)
    for pattern, share in enumerate(own_share):
        crossed = power(placed.across_break, data["moments_crossed"][pattern])
        prior = prior + share * (faded * crossed).sum(axis=(0, 1))
    years = len(inputs.cells.years)
    constant = 0.5 * placed.loading.shape[1] * log_determinant(factor, years)
    return likelihood + constant, mean, spread + prior


def _draw(
    data: dict[str, TensorVariable],
    placed: Parameters,
    moments: Moments,
    mean: TensorVariable,
    spread: TensorVariable,
    standard: TensorVariable,
) -> TensorVariable:
    """Turn standard normal variables into √r·q at the inspections, given the indicators."""
    used = data["used"]
    own = placed.quality_variance * power(placed.quality_persistence, data["inspections_apart"])
    covariance = (spread + own) * used[:, None] * used[None, :]
    z = pt.set_subtensor(pt.zeros_like(used)[data["slot"], data["inspected"]], standard)
    root: dict[tuple[int, int], TensorVariable] = {}
    drawn = []
    for j in range(len(moments.used)):
        total = mean[j]
        for n in range(j + 1):
            left = covariance[j, n] - sum(root[j, i] * root[n, i] for i in range(n))
            # An empty slot has no variance; 1 there keeps its root and derivative finite.
            root[j, n] = pt.sqrt(left + 1.0 - used[j]) if n == j else left / root[n, n]
            total = total + root[j, n] * z[n]
        drawn.append(total)
    return pt.stack(drawn)[data["slot"], data["inspected"]]


def _judgement_likelihood(
    data: dict[str, TensorVariable],
    placed: Parameters,
    scale: TensorVariable,
    frameworks: int,
) -> TensorVariable:
    """Give the log probability of every grade, given quality."""
    framework = data["framework_of"]
    centre = (
        placed.drift[framework] * data["years_from_mean"]
        + placed.judgement_deprivation[framework] * data["deprivation_then"]
        + scale
    )
    parts = []
    for number in range(frameworks):
        given = log_probability(
            data["grade"], placed.cutpoints[number], centre, 1.0 - placed.reliability
        )
        parts.append(pt.switch(pt.eq(framework, number), given, 0.0))
    return sum(parts[1:], parts[0])
