r"""Draws of effectiveness and of lasting quality given an authority's indicators and judgements.

Given the indicators, effectiveness is :math:`N(h, s^2)`, the lasting part a of the judgement's
scale :math:`N(\mu, L)`, and their covariance c. With a drawn given the judgements
(:func:`models.repeated_judgements.given.draw_deviates`),

.. math:: \theta \mid a \sim N\!\left(h + \tfrac{c}{L}(a - \mu),\; s^2 - \tfrac{c^2}{L}\right).

Quality is :math:`a/\sqrt r`, of unit variance over authorities, at the predictor's level (it
holds neither drift nor deprivation). With a single judgement an authority there is no telling
lasting from passing, and no quality is drawn.
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.repeated_judgements.given import GivenRepeatedJudgements, draw_deviates
from models.spec import InspectionSpec

Array = NDArray[np.float64]

_TINY = 1e-12


def draw_quality(
    posterior: xr.Dataset, data: xr.Dataset, spec: InspectionSpec, rng: np.random.Generator
) -> dict[str, xr.DataArray]:
    """Draw effectiveness, and with repeated judgements quality, over chain, draw and authority.

    Parameters
    ----------
    posterior
        With the derived quantities of :mod:`models.collapsed.build`.
    data
        What was conditioned on, as :meth:`models.inputs.ModelInputs.constants` gives it.
    spec
        How judgements are read.
    rng
        Source of random numbers.
    """
    template = posterior["effectiveness_mean"].transpose("chain", "draw", "authority")
    names = ("effectiveness_sd", "judgement_mean", "judgement_variance", "judgement_covariance")
    mean = _rows(template)
    sd, centre, variance, covariance = (
        _rows(posterior[name].transpose("chain", "draw", "authority")) for name in names
    )
    residual = posterior["residual_variance"].transpose("chain", "draw").values.ravel()
    given = GivenRepeatedJudgements.of(posterior, data, spec.curve)
    root = np.sqrt(variance + _TINY)
    deviates = draw_deviates(given, centre, root**2, residual, rng)
    onto = covariance / root
    left = np.sqrt(np.maximum(sd**2 - onto**2, 0.0))
    theta = mean + onto * deviates + left * rng.standard_normal(mean.shape)
    drawn = {"effectiveness": template.copy(data=theta.reshape(template.shape))}
    if spec.scope == "repeats":
        lasting = (centre + root * deviates).reshape(template.shape)
        scale = np.sqrt(posterior["reliability"].transpose("chain", "draw").values)
        drawn["quality"] = template.copy(data=lasting / scale[..., None])
    return drawn


def _rows(values: xr.DataArray) -> Array:
    """Return one row for each draw, (draw, authority)."""
    array = values.values.astype(float)
    return np.asarray(array.reshape(-1, array.shape[-1]))
