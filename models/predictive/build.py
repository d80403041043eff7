r"""The estimand ``predictive``: the judgement's coefficient given the indicators before it.

For indicator k of authority i in year t, oriented and standardised as :mod:`models.measurement`
says, with :math:`s_i` the judgement of the inspection that parts the figures
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

φ, φ' and the factors are integrated out. With P and P' the summed precisions of the cells on
either side, r the two sums of precision times what the cells exceed their centre by (factors at
0), and :math:`D = (1 + \sigma^2 P)(1 + \psi^2 P') + \beta^2\sigma^2 P'`, the own parts have given
the cells the posterior covariance

.. math::

    S = \frac1D\begin{pmatrix}\sigma^2 + \sigma^2\psi^2 P' & \beta\sigma^2\\
    \beta\sigma^2 & \psi^2 + \beta^2\sigma^2 + \sigma^2\psi^2 P\end{pmatrix}

(sums of positive terms, exact however small a standard deviation is), and the cells' log density
about their centres gains :math:`-\tfrac12\log D + \tfrac12 r^\top S r`. Shifted by factors z
through the rows :math:`J_k = (l_k, 0;\ \beta_k l_k + h_k, m_k)`, it is quadratic in z with

.. math::

    h_i = \sum_k J_k^\top(I - \mathrm{diag}(P, P') S) r, \quad
    M_i = I + \sum_k J_k^\top(\mathrm{diag}(P, P') - \mathrm{diag}(P, P') S
    \,\mathrm{diag}(P, P'))J_k,

so that integrating them gives :math:`\tfrac12 h^\top M^{-1}h - \tfrac12\log|M|` more: exact, and
about a hundred parameters are left to sample.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from models.inputs import ModelInputs
from models.predictive.periods import Periods
from models.prior_variables import measurement_priors, predictive_priors
from models.spec import ModelSpec

Array = NDArray[np.float64]


def build_predictive(spec: ModelSpec, inputs: ModelInputs, parted: Periods) -> pm.Model:
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
        seen.observed[:, :, judged] * side[:, :, judged] for side in (parted.before, parted.after)
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
        beta = placed["persistence"][:, None]
        along = beta * placed["loading"] + placed["carried"]
        none = pt.zeros_like(along)
        likelihood = integrated(
            error,
            variance,
            (sides[0], sides[1]),
            (placed["before"][:, None] * judgement, placed["after"][:, None] * judgement),
            beta,
            (indicators["own_sd"][:, None] ** 2, placed["change_sd"][:, None] ** 2),
            (
                pt.concatenate([placed["loading"], none], axis=1),
                pt.concatenate([along, placed["loading_after"]], axis=1),
            ),
            2 * spec.factors,
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
    onto: tuple[TensorVariable, TensorVariable],
    factors: int,
) -> TensorVariable:
    """Return the log likelihood of each authority, φ, φ' and the factors integrated out.

    Parameters
    ----------
    error
        y less level and deprivation, (indicator, year, authority).
    variance
        Of each cell given the lasting part, of that shape.
    sides
        1.0 where a cell enters before, and after, of that shape.
    centres
        Means of φ, and of φ' less βφ, factors at 0, (indicator, authority).
    persistence
        β, (indicator, 1).
    spread
        σ² and ψ², (indicator, 1).
    onto
        Rows of J: loadings of φ and of φ' on every factor, (indicator, factor).
    factors
        How many there are, before and after together.
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
    before = (own + own * change * precision[1]) / determinant
    across = persistence * own / determinant
    after = (change + carried + own * change * precision[0]) / determinant
    moved = (before * pull[0] + across * pull[1], across * pull[0] + after * pull[1])
    gained = moved[0] * pull[0] + moved[1] * pull[1]
    likelihood = 0.5 * (gained - pt.log(determinant) - apart).sum(axis=0)
    rest = [pull[side] - precision[side] * moved[side] for side in (0, 1)]
    weight = (
        precision[0] * (1.0 - precision[0] * before),
        -precision[0] * precision[1] * across,
        precision[1] * (1.0 - precision[1] * after),
    )
    return likelihood + _factors_integrated(rest, weight, onto, factors)


def _factors_integrated(
    rest: list[TensorVariable],
    weight: tuple[TensorVariable, TensorVariable, TensorVariable],
    onto: tuple[TensorVariable, TensorVariable],
    size: int,
) -> TensorVariable:
    """Return what integrating the factors adds, by authority.

    The Cholesky factor of M is written out element by element, each a vector over authorities:
    there are few factors, and a call of LAPACK for each authority would cost more.
    """
    at = [[onto[side][:, [f]] for f in range(size)] for side in (0, 1)]
    h = [(at[0][f] * rest[0] + at[1][f] * rest[1]).sum(axis=0) for f in range(size)]
    root: dict[tuple[int, int], TensorVariable] = {}
    solved: list[TensorVariable] = []
    total = pt.zeros_like(h[0])
    for a in range(size):
        for b in range(a + 1):
            entry = (
                at[0][a] * at[0][b] * weight[0]
                + (at[0][a] * at[1][b] + at[1][a] * at[0][b]) * weight[1]
                + at[1][a] * at[1][b] * weight[2]
            ).sum(axis=0)
            for c in range(b):
                entry = entry - root[a, c] * root[b, c]
            root[a, b] = pt.sqrt(1.0 + entry) if a == b else entry / root[b, b]
        step = h[a]
        for c in range(a):
            step = step - root[a, c] * solved[c]
        solved.append(step / root[a, a])
        total = total + 0.5 * solved[a] ** 2 - pt.log(root[a, a])
    return total
