r"""Whole regions left out: refits without each, from the integrated likelihood.

Authorities of a region share more than the model says, so leaving one out at a time can
flatter. As for an authority (:mod:`models.leave_out`) what the other regions say parts in two:

.. math:: \log p(y_R, g_R \mid D_{-R}) =
    \log p(y_R \mid D_{-R}) + \log p(g_R \mid y_R, D_{-R}).

A refit without the region's judgements, its indicators kept, predicts all its judgements together,

.. math:: \log p(g_R \mid y_R, D_{-R}) \approx
    \log \frac1S \sum_s \prod_{i \in R} P(g_i \mid y_i, \phi_s), \qquad
    \phi_s \sim p(\phi \mid y_R, D_{-R}),

and a refit without the region gives the sum of both scores, by the optimal bridge to the draws
that have seen it. Importance weights cannot take the place of these refits: a dozen authorities
move the posterior too far.
"""

import numpy as np
import xarray as xr

from data.panel import Progress, silent
from models.fit import CompiledStructure
from models.inputs import ModelInputs
from models.leave_out import UNKNOWN, bridged_or_unknown, leave_out
from models.left_out_weights import PARTS, Part
from models.spec import SamplerSpec, Variant

GROUP = "left_out_region"
_FEWEST = 2  # judged authorities that a refit needs


def with_region_refits(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: ModelInputs,
    fit: xr.DataTree,
    sampler: SamplerSpec,
    report: Progress = silent,
) -> xr.DataTree:
    """Add a group ``left_out_region`` to a fit: the scores of refits without each region.

    Parameters
    ----------
    compiled, variant, inputs, sampler
        What made the fit; refits take half its draws, and those whose chains disagree twice.
    fit
        A fit of the variant with its pointwise log likelihood.
    report
        Called after every refit.

    Returns
    -------
    xr.DataTree
        The fit with, over ``region``: ``judgement``, the log probability of its judgements
        together given its indicators; ``everything``, that of its indicators and judgements
        together; each with ``_mcse`` and the ``_rhat`` of its refit; and ``authorities`` judged.
        A refit whose chains disagree gives no score, only its R-hat, and one too far from the
        fit for a bridge gives none either. A region without a judged authority is passed over,
        and one beside which fewer than two are; no group if there is no other.
    """
    judgements = inputs.judgements
    judged = judgements.judged > 0
    shorter = sampler.model_copy(update={"draws": max(100, sampler.draws // 2)})
    inside = {
        region: members
        for place, region in enumerate(judgements.regions)
        if ((members := judgements.region == place) & judged).any()
        and (judged & ~members).sum() >= _FEWEST
    }
    if not inside:
        return fit
    whole = fit["log_likelihood"].to_dataset()
    what = f"refitting {variant.name} without a region"
    rows = []
    for number, members in enumerate(inside.values()):
        report(what, number, len(inside))
        position = np.flatnonzero(members)
        seen = whole.isel(authority=position)
        row = {"authorities": float((members & judged).sum())}
        for part in PARTS:
            row |= _score(compiled, variant, inputs, position, shorter, part, seen)
        rows.append(row)
    report(what, len(inside), len(inside))
    columns = {name: ("region", np.array([row[name] for row in rows])) for name in rows[0]}
    group = xr.Dataset(columns, coords={"region": list(inside)})
    fit[GROUP] = xr.DataTree(group.assign(authorities=group["authorities"].astype(int)))
    return fit


def _score(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: ModelInputs,
    position: np.ndarray,
    sampler: SamplerSpec,
    part: Part,
    seen: xr.Dataset,
) -> dict[str, float]:
    """Score one part of a region's data by a refit without it."""
    left = leave_out(compiled, variant, inputs, position, sampler, part)
    score, error = UNKNOWN
    if left.converged and part == "judgement":
        score, error = (float(one[0]) for one in left.judgements(together=True))
    elif left.converged:
        score, error = bridged_or_unknown(left, seen)
    return {part: score, f"{part}_mcse": error, f"{part}_rhat": left.rhat}
