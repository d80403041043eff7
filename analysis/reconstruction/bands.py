"""Top, middle and bottom: who holds a place, and the table of ratings by band.

Authorities that tie for the last places of a band share them equally, so that the table does
not depend on the order of the alphabet; its counts then need not be whole.
"""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.reconstruction.config import Places
from data.panel import GRADES

Array = NDArray[np.float64]

BANDS = ("bottom", "middle", "top")


def places_for(number: int, share: float, rule: Places) -> int:
    """Return how many places a share of so many authorities is; halves go to the even number."""
    exact = share * number
    # 0.1 * 30 is a little above 3 in binary: no place more for that.
    rounded = round(exact, 9)
    if rule == "nearest":
        return round(rounded)
    return math.floor(rounded) if rule == "floor" else math.ceil(rounded)


def membership(score: Array, places: int) -> Array:
    """Return each authority's part of a place among the highest: 1, 0, or a share in a tie."""
    if places <= 0:
        return np.zeros(score.size)
    if places >= score.size:
        return np.ones(score.size)
    last = np.sort(score)[::-1][places - 1]
    above, tied = score > last, score == last
    return above + tied * (places - above.sum()) / tied.sum()


def band_rows(rating: NDArray[np.int64], bottom: Array, top: Array) -> list[dict[str, object]]:
    """Count ratings by band.

    Parameters
    ----------
    rating
        Of each rated and scored authority, a position in ``GRADES``.
    bottom, top
        Its part of a place in each band.

    Returns
    -------
    list
        For each rating: ``rating``, ``bottom``, ``middle``, ``top`` and ``authorities``.
    """
    rows: list[dict[str, object]] = []
    for grade, name in enumerate(GRADES):
        own = rating == grade
        held = {"bottom": float(bottom[own].sum()), "top": float(top[own].sum())}
        number = int(own.sum())
        middle = number - held["bottom"] - held["top"]
        rows.append(
            {
                "rating": name,
                "bottom": held["bottom"],
                "middle": middle,
                "top": held["top"],
                "authorities": number,
            }
        )
    return rows
