r"""The estimand ``predictive``: the judgement's coefficient given the indicators before it.

For indicator k of authority i in year t, oriented and standardised as :mod:`models.measurement`
says, with :math:`s_i` the judgement of the inspection that parts the years
(:mod:`models.predictive.periods`) and :math:`x_i` standardised deprivation,

.. math::

    y_{ikt} &= \alpha_{kt} + \gamma_k x_i + e_{ikt} +
        \begin{cases}\phi_{ik} & \text{before}\\ \phi'_{ik} & \text{after,}\end{cases}
        \qquad e_{ikt} \sim N(0, \tau_k^2 + V_{ikt}),\\
    \phi_{ik} &= \kappa_k s_i + l_k^\top f_i + N(0, \sigma_k^2),\\
    \phi'_{ik} &= \beta_k\phi_{ik} + h_k^\top f_i + \delta_k s_i + m_k^\top g_i
        + N(0, \psi_k^2),

:math:`f_i, g_i` standard normal factors. What lasts after the inspection is regressed on what
lasted before it: by the indicator itself (β) and by all of them together through f (h). Both are
latent, so that noise in the years before does not leak into the judgement's coefficient δ, as it
would if observed figures were held equal; that the judgement goes with the years before is κ,
estimated beside it. κ and δ are pooled in part,
:math:`\delta_k \sim N(\bar\delta, \tau_\delta^2)`.

With weights v on standardised effects, effectiveness after is :math:`w^\top\phi'` of unit
variance, and its coefficient on the judgement :math:`w^\top\delta`: standard deviations of
effectiveness between authorities whose judgements differ by one standard deviation, equal in
their indicators before and in deprivation. Beside it stand :math:`w^\top(A\kappa + \delta)`,
:math:`A = \mathrm{diag}(\beta)`, with nothing held equal but deprivation, and the same before.

It is no effect of inspectors' insight alone: what follows a bad judgement (intervention, turnover,
changed thresholds, a trust) is part of δ, and so is whatever inspectors saw that the
indicators show only later.

φ and φ' are integrated out, indicator by indicator, given the factors. With P and P' the summed
precisions of the cells on either side, r and r' the sums of precision times what the cells
exceed their centre by, and :math:`D = (1 + \sigma^2 P)(1 + \psi^2 P') + \beta^2\sigma^2 P'`, the
cells' log density about their centres gains

.. math::

    -\tfrac12\log D + \frac{(\sigma^2 + \sigma^2\psi^2 P')r^2 + 2\beta\sigma^2 r r'
    + (\psi^2 + \beta^2\sigma^2 + \sigma^2\psi^2 P)r'^2}{2D},

sums of positive terms, exact however small a standard deviation is.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from models.inputs import Inputs
from models.predictive.periods import Periods
from models.priors import measurement_priors, predictive_priors
from models.spec import ModelSpec

Array = NDArray[np.float64]


def build_predictive(spec: ModelSpec, inputs: Inputs, parted: Periods) -> pm.Model:
    """Write the model down, for the authorities that have an inspection.

    Parameters
    ----------
    spec
        Factors and priors.
    inputs, parted
        Of the same panel.
    """
    judged = parted.grade >= 0
    seen = inputs.measurements
    several = len(seen.coords["year"]) > 1
    coords = {
        "indicator": seen.coords["indicator"],
        "year": seen.coords["year"],
        "authority": list(np.asarray(seen.coords["authority"])[judged]),
        "factor": list(range(1, spec.factors + 1)),
    }
    sides = [
        seen.observed[:, :, judged] * side[None, :, judged]
        for side in (parted.before, parted.after)
    ]
    judgement, deprivation = parted.judgement[judged], inputs.deprivation[judged]
    with pm.Model(coords=coords) as model:
        indicators = measurement_priors(spec.priors, several)
        placed = predictive_priors(spec.priors)
        at = indicators["level"][:, :, None] if several else indicators["level"][:, None]
        error = seen.y[:, :, judged] - at
        if spec.deprivation_form != "none":
            error = error - (indicators["deprivation_slope"][:, None] * deprivation)[:, None, :]
        tau2 = indicators["year_sd"] ** 2 if several else pt.zeros(len(seen.y))
        variance = seen.variance[:, :, judged] + tau2[:, None, None]
        before = placed["before"][:, None] * judgement + _through(
            placed["loading"], placed["factor_before"]
        )
        anew = (
            placed["after"][:, None] * judgement
            + _through(placed["carried"], placed["factor_before"])
            + _through(placed["loading_after"], placed["factor_after"])
        )
        likelihood = integrated(
            error,
            variance,
            (sides[0], sides[1]),
            (before, anew),
            placed["persistence"][:, None],
            (indicators["own_sd"][:, None] ** 2, placed["change_sd"][:, None] ** 2),
        )
        pm.Potential("indicators", likelihood.sum())
    return model


def integrated(
    error: TensorVariable,
    variance: TensorVariable,
    sides: tuple[Array, Array],
    centres: tuple[TensorVariable, TensorVariable],
    persistence: TensorVariable,
    spread: tuple[TensorVariable, TensorVariable],
) -> TensorVariable:
    """Give the log likelihood of each indicator and authority, φ and φ' integrated out.

    Parameters
    ----------
    error
        y less level and deprivation, (indicator, year, authority).
    variance
        Of each cell given the lasting part, of that shape.
    sides
        1.0 where a cell enters before, and after, of that shape.
    centres
        Means of φ, and of φ' less βφ, (indicator, authority).
    persistence
        β, (indicator, 1).
    spread
        σ² and ψ², (indicator, 1).
    """
    own, change = spread
    first = centres[0]
    about = [first, persistence * first + centres[1]]
    apart = pt.zeros_like(first)
    precision, pull = [], []
    for side, centre in zip(sides, about, strict=True):
        left = error - centre[:, None, :]
        apart = apart + (side * (left**2 / variance + pt.log(2.0 * np.pi * variance))).sum(axis=1)
        precision.append((side / variance).sum(axis=1))
        pull.append((side * left / variance).sum(axis=1))
    carried = persistence**2 * own
    determinant = (1.0 + own * precision[0]) * (1.0 + change * precision[1])
    determinant = determinant + carried * precision[1]
    gained = (
        (own + own * change * precision[1]) * pull[0] ** 2
        + 2.0 * persistence * own * pull[0] * pull[1]
        + (change + carried + own * change * precision[0]) * pull[1] ** 2
    ) / determinant
    return 0.5 * (gained - pt.log(determinant) - apart)


def _through(loading: TensorVariable, factor: TensorVariable) -> TensorVariable:
    """Give what factors do to indicators, (indicator, authority)."""
    # A sum of products: a matrix product would call BLAS, whose wrapper compiles for 30 s.
    return (loading[:, :, None] * factor[None, :, :]).sum(axis=1)
