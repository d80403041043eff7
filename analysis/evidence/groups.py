"""The groups of indicators by which an answer is given beside that for all of them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EVERY = "all"
"""The group of all indicators, at their declared weights."""


def groups_of(
    indicators: list[str], sets: Mapping[str, tuple[str, ...]], declared: Array
) -> dict[str, Array]:
    """Return the composites of all indicators, and of outcomes, process and workforce.

    Parameters
    ----------
    indicators
        Names in the model's order.
    sets
        The catalogue's sets of each indicator.
    declared
        Weights of all, (indicator,); within a group they stand to each other as declared.

    Returns
    -------
    dict
        Weights by the group's name, (indicator,); no group that has none.
    """
    found = {EVERY: declared}
    for group in ("outcomes", "process", "workforce"):
        weight = declared * np.array([group in sets.get(name, ()) for name in indicators])
        if weight.any():
            found[group] = weight
    return found
