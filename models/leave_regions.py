r"""Whole regions left out: refits without each, from the integrated likelihood.

Authorities of a region share more than the model says, so leaving one out at a time can
flatter. Each region's indicators and judgements are taken out together, the compiled model is
sampled again, and its judgements are predicted together from its own indicators,

.. math:: \log p(g_R \mid y_R, D_{-R}) \approx
    \log \frac1S \sum_s \prod_{i \in R} P(g_i \mid y_i, \phi_s).

The region's own effect is then drawn from its prior. Importance weights cannot take the place of
these refits: a dozen authorities move the posterior too far.
"""

import numpy as np
import xarray as xr

from data.panel import Progress, silent
from models.fit import CompiledStructure
from models.inputs import Inputs
from models.leave_out import leave_out
from models.spec import SamplerSpec, Variant

GROUP = "left_out_region"


def with_region_refits(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: Inputs,
    fit: xr.DataTree,
    sampler: SamplerSpec,
    report: Progress = silent,
) -> xr.DataTree:
    """Give a fit a group ``left_out_region``: the scores of refits without each region.

    Parameters
    ----------
    compiled, variant, inputs, sampler
        What made the fit; refits take half its draws.
    fit
        Any fit of the variant.
    report
        Called after every refit.

    Returns
    -------
    xr.DataTree
        The fit with, over ``region``: ``judgement`` (log predictive density of its judgements
        together), ``judgement_mcse``, ``authorities`` judged, and ``rhat`` of the refit. A
        refit whose chains disagree gives no score, only its ``rhat``; a region without a
        judged authority is passed over.
    """
    judgements = inputs.judgements
    judged = judgements.judged > 0
    shorter = sampler.model_copy(update={"draws": max(100, sampler.draws // 2)})
    what = f"refitting {variant.name} without a region"
    rows = []
    for place, region in enumerate(judgements.regions):
        report(what, place, len(judgements.regions))
        inside = judgements.region == place
        if (inside & judged).any():
            left = leave_out(compiled, variant, inputs, np.flatnonzero(inside), shorter)
            found = (left.together, left.together_mcse) if left.converged else (np.nan, np.nan)
            rows.append((region, *found, int((inside & judged).sum()), left.rhat))
    report(what, len(judgements.regions), len(judgements.regions))
    names, score, error, authorities, rhat = zip(*rows, strict=True)
    fit[GROUP] = xr.DataTree(
        xr.Dataset(
            {
                "judgement": ("region", np.array(score)),
                "judgement_mcse": ("region", np.array(error)),
                "authorities": ("region", np.array(authorities)),
                "rhat": ("region", np.array(rhat)),
            },
            coords={"region": list(names)},
        )
    )
    return fit
