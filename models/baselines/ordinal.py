r"""One regressor at a time against the judgement: cumulative probits, all in one compiled model.

For each regressor k (an indicator's score, or the composite's), over the judged authorities that
have it,

.. math::

    P(\text{grade}_i \le g) = \Phi(c_{kg} - b_k z_{ik} - a_k x_i),

:math:`x` the standardised deprivation, left out where the estimand is ``concordance``. Cutpoints,
slopes and deprivation's slopes are each regressor's own, so that the posterior is that of separate
regressions, and only the compiling is shared; a slow test holds it to Bambi's model of one
regressor, ``grade ~ 0 + z + x`` of the family ``cumulative``. (Bambi compiles a model for each
formula, a quarter of a minute of the processor; and rows of all regressors under one formula
would share cutpoints, which draws large slopes towards 0.) The same judgements stand
behind every regressor: each slope is to be read by itself, and :mod:`models.baselines.pooling`
allows for that where it takes them together.

Priors: :math:`b_k, a_k \sim N(0, 2^2)`, so wide that the posterior is the likelihood; cutpoints as
:mod:`models.priors` has them.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from models.inspection import BEYOND, log_between
from models.prior_variables import place
from models.sampling import compile_model, draw
from models.spec import PriorScales, SamplerSpec

Array = NDArray[np.float64]

SLOPE_SD = 2.0


def fit_ordinal(
    scores: Array,
    names: list[str],
    grade: NDArray[np.int64],
    deprivation: Array | None,
    sampler: SamplerSpec,
) -> xr.Dataset:
    """Regress grades on each of several regressors.

    Parameters
    ----------
    scores
        Standardised, (regressor, authority); NaN leaves the authority out of that regression.
    names
        Of the regressors.
    grade
        Positions in ``GRADES``, (authority,).
    deprivation
        Held equal, (authority,); None leaves it out.
    sampler
        Chains, draws, cores and seed.

    Returns
    -------
    xr.Dataset
        ``slope``, over chain, draw and regressor; ``diverging``, over chain and draw.
    """
    model = _write(scores, names, grade, deprivation)
    seed = np.random.SeedSequence([sampler.seed, scores.shape[0], int(deprivation is not None)])
    tree = draw(compile_model(model), sampler, seed, "plain regressions")
    return xr.Dataset(
        {
            "slope": tree["posterior"]["slope"].transpose("chain", "draw", "regressor"),
            "diverging": tree["sample_stats"]["diverging"],
        }
    )


def _write(
    scores: Array, names: list[str], grade: NDArray[np.int64], deprivation: Array | None
) -> pm.Model:
    """Write the regressions down, each with parameters of its own."""
    scales = PriorScales()
    known = np.isfinite(scores)
    with pm.Model(coords={"regressor": names, "gap": [1, 2]}) as model:
        slope = pm.Normal("slope", 0.0, SLOPE_SD, dims="regressor")
        first = place("first_cutpoint", scales, dims=("regressor",))
        gaps = place("cutpoint_gap", scales, dims=("regressor", "gap"))
        centre = slope[:, None] * np.nan_to_num(scores)
        if deprivation is not None:
            across = pm.Normal("deprivation_slope", 0.0, SLOPE_SD, dims="regressor")
            centre = centre + across[:, None] * deprivation
        second = first + gaps[:, 0]
        cutpoints = pt.stack([first, second, second + gaps[:, 1]], axis=1)
        end = pt.full_like(first, BEYOND)[:, None]
        edges = pt.concatenate([-end, cutpoints, end], axis=1)
        logs = log_between(edges[:, grade] - centre, edges[:, grade + 1] - centre)
        pm.Potential("grades", (logs * known).sum())
    return model
