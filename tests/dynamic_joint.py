r"""The dynamic model with every state sampled: plain PyMC, the reference for the collapsed one.

Each path of an authority is written non-centred along its own sequence of moments, the years of
the grid and its inspections' moments in order of time: with :math:`\Delta` the years since the
moment before,

.. math:: x_n = \varphi^{\Delta_n} x_{n-1} + \sqrt{1 - \varphi^{2\Delta_n}}\,z_n .

Priors and data are those of :mod:`models.dynamic.build`; nothing else is shared with it. For
panels without breaks in definition, at lag 0.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from data.panel import PanelError
from models.dynamic.build import coordinates
from models.dynamic.inputs import DynamicInputs
from models.dynamic.parameters import place_indicator_parameters, place_judgement_parameters
from models.dynamic.spec import DynamicSpec
from models.inspection import log_probability
from models.spec import Estimand

Array = NDArray[np.float64]


def build_joint_dynamic(spec: DynamicSpec, estimand: Estimand, inputs: DynamicInputs) -> pm.Model:
    """Write the model down with every state.

    Raises
    ------
    PanelError
        If an indicator's definition breaks within the panel's years.
    """
    cells, judged = inputs.cells, inputs.judgements
    if cells.regime.any():
        raise PanelError("panel: a definition breaks; the reference model knows no breaks.")
    adjusted = float(estimand == "adjusted")
    order = _Order(inputs)
    with pm.Model(coords=coordinates(inputs, spec)) as model:
        placed = place_indicator_parameters(spec, inputs, pt.as_tensor_variable(cells.weight))
        steps, authorities = order.since.shape[0], len(cells.authorities)
        indicators = len(cells.indicators)
        z = pm.Normal("factor_z", shape=(steps, spec.factors, authorities))
        factor = _along(z, placed.factor_persistence, order.since)
        z = pm.Normal("own_z", shape=(steps, indicators, authorities))
        unit = _along(z, placed.own_persistence, order.since)
        own = unit * pt.sqrt(placed.own_variance)[None, :, None]
        effect = (placed.loading[None, :, :, None] * factor[:, None]).sum(axis=2) + own
        k, t, i = np.nonzero(cells.observed)
        expected = (
            placed.level[k, t]
            + adjusted * placed.deprivation_slope[k] * inputs.deprivation[t, i]
            + effect[order.of_year[t, i], k, i]
        )
        spread = pt.sqrt(placed.year_variance[k] + cells.variance[k, t, i])
        pm.Normal("y", expected, spread, observed=cells.y[k, t, i])
        theta = (placed.on_factors[None, :, None] * factor).sum(axis=1)
        theta = theta + (placed.on_own[None, :, None] * own).sum(axis=1)
        placed_judged = place_judgement_parameters(spec)
        z = pm.Normal("quality_z", shape=(steps, 1, authorities))
        beyond = _along(z, placed_judged.quality_persistence, order.since)[:, 0]
        link = placed_judged.link
        quality = link * theta + pt.sqrt(1.0 - link**2) * beyond
        nearest = np.clip(np.rint(judged.when), 0, len(cells.years) - 1).astype(int)
        framework = judged.framework
        centre = (
            placed_judged.drift[framework] * judged.years
            + adjusted
            * placed_judged.judgement_deprivation[framework]
            * inputs.deprivation[nearest, judged.authority]
            + pt.sqrt(placed_judged.reliability) * quality[order.of_inspection, judged.authority]
        )
        for number in range(len(judged.frameworks)):
            own_rows = np.flatnonzero(framework == number)
            given = log_probability(
                pt.as_tensor_variable(judged.grade[own_rows]),
                placed_judged.cutpoints[number],
                centre[own_rows],
                1.0 - placed_judged.reliability,
            )
            pm.Potential(f"judgements_{number}", given.sum())
    return model


class _Order:
    """Every authority's moments in order of time.

    Attributes
    ----------
    since
        Years since the moment before, (step, authority); infinite at the first.
    of_year
        Step of each year of the grid, (year, authority).
    of_inspection
        Step of each inspection, (inspection,).
    """

    def __init__(self, inputs: DynamicInputs) -> None:
        judged, years = inputs.judgements, len(inputs.cells.years)
        authorities = len(inputs.cells.authorities)
        most = int(judged.slot.max()) + 1
        # Unused places lie a year apart after all that is used, and touch nothing.
        unused = np.arange(years, years + most, dtype=float)[:, None] + 100.0
        grid = np.arange(years, dtype=float)[:, None]
        times = np.tile(np.concatenate([grid, unused]), authorities)
        times[years + judged.slot, judged.authority] = judged.when
        rank = times.argsort(axis=0, kind="stable").argsort(axis=0)
        ordered = np.sort(times, axis=0)
        self.since = np.full(ordered.shape, np.inf)
        self.since[1:] = np.maximum(np.diff(ordered, axis=0), 1e-4)
        self.of_year = rank[:years]
        self.of_inspection = rank[years + judged.slot, judged.authority]


def _along(z: TensorVariable, persistence: TensorVariable, since: Array) -> TensorVariable:
    """Turn deviates into paths of unit variance, (step, path, authority)."""
    steps = [z[0]]
    for step in range(1, len(since)):
        kept = pt.exp(pt.log(persistence) * since[step])[None, :]
        steps.append(kept * steps[-1] + pt.sqrt(1.0 - kept**2) * z[step])
    return pt.stack(steps)
