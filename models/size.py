r"""Effects of unequal size: their standard deviations go with an authority's population.

With :math:`z_i` the logarithm of the population, standardised over authorities, lasting effects
have the variance

.. math::

    a_i \propto e^{2 \beta z_i}, \qquad \tfrac1n \sum_i a_i = 1

as a multiple of the common one, and what is particular to a year the same with a slope of its
own. Since the mean of :math:`a_i` is 1, effectiveness keeps its unit variance over the
authorities, and ρ is what it was: their correlation over all of them. A slope below 0 says that
small authorities lie further apart than large ones.
"""

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from data.panel import PanelError

Array = NDArray[np.float64]


def standardised_size(panel: xr.Dataset) -> Array:
    """Return the standardised logarithm of each authority's mean population.

    Raises
    ------
    PanelError
        If an authority has no population, or all have the same.
    """
    population = panel.population.mean("year", skipna=True)
    unknown = ~(population.values > 0.0)
    if unknown.any():
        name = panel.authority_name.values[unknown][0]
        raise PanelError(
            f"panel: no population of {name}; model.effect_spread = 'size' wants one of every "
            "authority. Add it, or say effect_spread = 'equal'."
        )
    size = np.log(population.values.astype(float))
    if np.ptp(size) == 0.0:
        raise PanelError(
            "panel: all authorities have the same population, so nothing can go with it. Say "
            "model.effect_spread = 'equal'."
        )
    return np.asarray((size - size.mean()) / size.std())


def variance_ratio(slope: TensorVariable, size: TensorVariable) -> TensorVariable:
    """Build each authority's variance as a multiple of the mean over authorities."""
    ratio = pt.exp(2.0 * slope * size)
    return ratio / ratio.mean()
