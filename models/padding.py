"""Inputs of a part of a panel in the shape of the whole, so that one compiled model serves both.

Indicators, years and authorities that a specification leaves out keep their places and hold
nothing: no cell is observed, no judgement is given, and the indicator's weight is zero. Every
parameter of such a place then has its prior as its posterior, independently of the rest, and
integrates out: the posterior of the link is that of the part alone. That holds for the composite
with factors and for one factor with positive loadings. It does not hold where places depend on
one another by their prior (unstructured covariances) or where effectiveness is summed over
domains (``domain_factors``); those are compiled for their own shape, and so are repeated
judgements, a spline of deprivation, effects that vary with size and a field of neighbours, whose
places are others.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.inputs import ModelInputs
from models.spec import ModelSpec
from models.traits import STRUCTURE_TRAITS


def can_pad(spec: ModelSpec) -> bool:
    """Return whether a specification's model is unmoved by places that hold nothing."""
    if spec.inspection.extended or spec.deprivation_form == "spline" or spec.spatial != "none":
        return False
    if spec.effect_spread != "equal":
        return False
    traits = STRUCTURE_TRAITS[spec.structure]
    if not traits.single_link or spec.covariance != "factors":
        return False
    return traits.rotates or spec.loadings == "positive"


def pad(inputs: ModelInputs, whole: ModelInputs) -> ModelInputs:
    """Put inputs into the places of a whole that holds all of their coordinates.

    Parameters
    ----------
    inputs
        Of a part of a panel, standardised by that part alone.
    whole
        Of the whole panel, from which names and places are taken and no value.
    """
    part, frame = inputs.measurements, whole.measurements
    places = [
        _positions(part.coords[name], frame.coords[name])
        for name in ("indicator", "year", "authority")
    ]
    indicator, year, authority = places
    measurements = replace(
        frame,
        y=_placed(part.y, places, frame.y.shape, 0.0),
        variance=_placed(part.variance, places, frame.y.shape, 1.0),
        observed=_placed(part.observed, places, frame.y.shape, 0.0),
        interval=_placed(part.interval, places, frame.y.shape, False),
        centre=_placed(part.centre, [indicator, year], frame.centre.shape, 0.0),
        scale=_placed(part.scale, [indicator], frame.scale.shape, 1.0),
    )
    judged, size = inputs.judgements, (len(frame.coords["authority"]),)
    identifiers = np.full(size, "", dtype=object)
    identifiers[authority] = judged.inspection
    judgements = replace(
        whole.judgements,
        grade=_placed(judged.grade, [authority], size, 0),
        judged=_placed(judged.judged, [authority], size, 0.0),
        years=_placed(judged.years, [authority], size, 0.0),
        date=_placed(judged.date, [authority], size, np.datetime64("NaT", "ns")),
        inspection=identifiers.tolist(),
    )
    return replace(
        whole,
        measurements=measurements,
        judgements=judgements,
        deprivation=_placed(inputs.deprivation, [authority], size, 0.0),
        weight=_placed(inputs.weight, [indicator], whole.weight.shape, 0.0),
        facts=inputs.facts,
    )


def _positions(part: list[str] | list[int], whole: list[str] | list[int]) -> NDArray[np.int64]:
    """Return where each name of a part stands in the whole."""
    place = {name: position for position, name in enumerate(whole)}
    return np.array([place[name] for name in part])


def _placed[Number: np.generic](
    values: NDArray[Number], places: list[NDArray[np.int64]], shape: tuple[int, ...], fill: object
) -> NDArray[Number]:
    """Put values at their places in an array of the fill."""
    whole = np.full(shape, fill, dtype=values.dtype)
    whole[np.ix_(*places)] = values
    return whole
