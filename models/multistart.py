"""The maxima of a posterior that climbs from several points reach."""

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from data.seeds import child_seed
from models.density import Density
from models.posterior_mode import climb_roughly

Array = NDArray[np.float64]

# On England's panel the higher of two maxima is reached by two climbs of five with one factor or
# four, and by two of nine with positive loadings; a climb takes some 0.02 seconds.
_CLIMBS = 10
# At zero loadings have no slope: every direction is the same.
_SPREAD = 0.3
# Of positive ones' logarithms, so that a few of them lead: at 0.3 none of forty climbs, and at 1
# one of ten, reached the higher maximum.
_SPREAD_OF_LOGARITHMS = 2.0


def climb_from_several(density: Density, seed: int) -> list[tuple[Array, float]]:
    """Climb from several points.

    Parameters
    ----------
    density
        What to climb.
    seed
        Of the points: the sampler's own starts, with loadings drawn about them with a standard
        deviation of 0.3, or of 2 on the logarithmic scale where they are positive.

    Returns
    -------
    list
        For each climb the point reached, (dimension,), and the log density there, the highest
        first; below -1e299 where the density is not finite where the climb began.
    """
    loading = density.coordinates("loading") if "loading" in density.places else np.arange(0)
    positive = np.isin(loading, density.logarithms)
    spread = np.where(positive, _SPREAD_OF_LOGARITHMS, _SPREAD)
    reached = []
    # Threads of linear algebra would take ten times the processor here.
    with threadpool_limits(1):
        for number in range(_CLIMBS):
            own = child_seed(seed, f"start {number}")
            start = density.initial(own)
            start[loading] += np.random.default_rng([seed, number]).normal(0.0, spread)
            reached.append(climb_roughly(density, start))
    return sorted(reached, key=lambda climbed: -climbed[1])
