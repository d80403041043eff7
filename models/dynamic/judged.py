r"""The judgements' likelihood, given what the indicators say of effectiveness at inspections.

Given the indicators, effectiveness at the moments of an authority's inspections is
:math:`N(h, S)`, so that with quality :math:`q_j = \beta\,\theta_j + \sqrt{1-\beta^2}\,\delta_j`
the judgements' scales are normal,

.. math::

    u \sim N\bigl(\eta + \sqrt r\beta h,\; T\bigr), \qquad
    T = r\bigl(\beta^2 S + (1 - \beta^2)\varphi_\delta^{|s_j - s_l|}\bigr) + (1 - r) I ,

and the grades say between which cutpoints each lies. With C the Cholesky factor of T and
:math:`u = \text{mean} + Cz`, the inspections are taken in turn: given the deviates before it,
:math:`z_j` is a standard normal between two bounds, :math:`a_j < z_j < b_j`. For all but an
authority's last inspection it is drawn through its share :math:`v_j`, uniform on 0..1, of a
logistic distribution L between the bounds,

.. math::

    z_j = L^{-1}\bigl(L(a_j) + v_j (L(b_j) - L(a_j))\bigr), \qquad
    \text{with the weight}\quad \frac{\varphi(z_j)}{L'(z_j)}\,(L(b_j) - L(a_j)),

which is exact for any L (the change of variables of Genz 1992, doi:10.1080/10618600.1992.10477010,
with a distribution whose inverse is elementary, :math:`L(x) = 1/(1 + e^{-1.702x})`). The last is
integrated out: :math:`\Phi(b_j) - \Phi(a_j)`. The shares are sampled: one for each inspection that
another follows. They depend little on r and β, where quality itself, sampled, would hold
them fast.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from models.dynamic.inputs import DynamicInputs
from models.dynamic.parameters import JudgementParameters
from models.dynamic.paths import power
from models.inspection import BEYOND, log_between

Data = dict[str, TensorVariable]

STEEP = 1.702
"""Of the logistic distribution that is nearest to the standard normal."""
_EDGE = 1e-12
_LOG_ROOT_2PI = 0.5 * float(np.log(2.0 * np.pi))


def judgement_data(
    inputs: DynamicInputs, adjusted: bool
) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """Return the arrays that the judgements' likelihood reads besides h and S.

    Those over (slot, authority) hold zeros in empty slots. ``counted`` is 1.0 for every
    inspection; 0.0 sets one aside.
    """
    judged, cells = inputs.judgements, inputs.cells
    shape = int(judged.slot.max()) + 1, len(cells.authorities)
    nearest = np.clip(np.rint(judged.when), 0, len(cells.years) - 1).astype(int)

    def placed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        into = np.zeros(shape)
        into[judged.slot, judged.authority] = values
        return into

    when = placed(judged.when)
    return {
        "inspections_apart": np.abs(when[:, None] - when[None]),
        "used": placed(np.ones(len(judged.grade))),
        "counted": placed(np.ones(len(judged.grade))),
        "grade": placed(judged.grade.astype(float)).astype(np.int64),
        "framework_of": placed(judged.framework.astype(float)).astype(np.int64),
        "years_from_mean": placed(judged.years),
        "deprivation_then": float(adjusted)
        * placed(inputs.deprivation[nearest, judged.authority]),
        "inspected": judged.authority[followed(inputs)],
        "slot": judged.slot[followed(inputs)],
    }


def followed(inputs: DynamicInputs) -> NDArray[np.int64]:
    """Return the positions of the inspections that another of the same authority follows."""
    judged = inputs.judgements
    return np.flatnonzero(np.append(judged.authority[1:] == judged.authority[:-1], False))


def place_judgements(
    data: Data,
    placed: JudgementParameters,
    mean: TensorVariable,
    covariance: TensorVariable,
    slots: int,
) -> TensorVariable:
    """Write the judgements' likelihood down.

    Parameters
    ----------
    data, placed
        What :func:`judgement_data` gives, as variables; and the parameters.
    mean, covariance
        h, (slot, authority), and S, (slot, slot, authority); anything in empty slots.
    slots
        The most inspections that an authority has.

    Returns
    -------
    TensorVariable
        Log probability of the grades with their shares' weights, (slot, authority).
    """
    used, framework, grade = data["used"], data["framework_of"], data["grade"]
    link, reliability = placed.link, placed.reliability
    drawn = pm.Uniform("reading_share", dims="followed")
    middle = 0.5 * pt.ones_like(used)
    share = pt.set_subtensor(middle[data["slot"], data["inspected"]], drawn)
    centre = (
        placed.drift[framework] * data["years_from_mean"]
        + placed.judgement_deprivation[framework] * data["deprivation_then"]
        + pt.sqrt(reliability) * link * mean
    )
    end = pt.full_like(placed.cutpoints[:, :1], BEYOND)
    edges = pt.concatenate([-end, placed.cutpoints, end], axis=1)
    lower, upper = edges[framework, grade] - centre, edges[framework, grade + 1] - centre
    beyond = (1.0 - link**2) * power(placed.quality_persistence, data["inspections_apart"])
    lasting = reliability * (link**2 * covariance + beyond) * used[:, None] * used[None, :]
    root: dict[tuple[int, int], TensorVariable] = {}
    deviates: list[TensorVariable] = []
    logs = []
    for j in range(slots):
        for n in range(j + 1):
            left = lasting[j, n] - sum(root[j, i] * root[n, i] for i in range(n))
            root[j, n] = pt.sqrt(left + 1.0 - reliability) if n == j else left / root[n, n]
        shift = sum(root[j, n] * deviates[n] for n in range(j))
        low, high = (lower[j] - shift) / root[j, j], (upper[j] - shift) / root[j, j]
        last = log_between(low, high)
        if j + 1 < slots:
            below, above = pt.sigmoid(STEEP * low), pt.sigmoid(STEEP * high)
            p = pt.clip(below + share[j] * (above - below), _EDGE, 1.0 - _EDGE)
            z = pt.log(p / (1.0 - p)) / STEEP
            weight = pt.log(above - below) - 0.5 * z**2 - pt.log(STEEP * p * (1.0 - p))
            last = pt.switch(used[j + 1] > 0.0, weight - _LOG_ROOT_2PI, last)
            deviates.append(z)
        logs.append(last)
    return pt.stack(logs) * used * data["counted"]
