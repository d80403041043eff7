r"""Exact leave-one-authority-out scores where importance weights cannot be relied on.

Each authority whose Pareto k is too high (:mod:`models.left_out_weights`) is left out by fitting
again (:mod:`models.leave_out`). One unlike all others moves the posterior so far that the fits
with it and without it hardly overlap; there the way is taken in two steps, by a third fit that
has seen half of its values, :math:`y_i'`:

.. math:: \log p(y_i, g_i \mid D_{-i}) =
    \log p(y_i, g_i \mid y_i', D_{-i}) + \log p(y_i' \mid D_{-i}),

each a bridge between two fits, with :math:`L_i/p(y_i' \mid \phi)` and
:math:`p(y_i' \mid \phi)` for ratios of their densities. The halves of the third fit's chains serve
one bridge each, so that their errors are independent.
"""

import numpy as np
import xarray as xr

from data.panel import GRADES, Progress, silent
from models.bridge import BridgeError, bridge_between
from models.fit import CompiledStructure
from models.inputs import ModelInputs
from models.leave_out import (
    UNKNOWN,
    Array,
    LeftOut,
    Positions,
    bridged_or_unknown,
    leave_out,
    without,
)
from models.left_out_weights import PARTS, unreliable
from models.link import switches
from models.spec import SamplerSpec, Variant

# Monte Carlo standard error above which a bridge is made again with four times the draws, and
# then in two steps.
_PRECISE = 0.05


def with_refits(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: ModelInputs,
    fit: xr.DataTree,
    sampler: SamplerSpec,
    report: Progress = silent,
) -> xr.DataTree:
    """Add a group ``left_out`` to a fit: exact scores where importance weights are unreliable.

    Parameters
    ----------
    compiled, variant, inputs, sampler
        What made the fit; refits take as many draws, or more.
    fit
        A fit with its pointwise log likelihood.
    report
        Called after every refit.

    Returns
    -------
    xr.DataTree
        The fit with, over authorities, ``judgement``, the log probability of the judgement given
        the indicators, and ``everything``, the log probability of indicators and judgement
        together; each with ``_mcse`` and the ``_rhat`` of its refit; and ``grade_probability``.
        NaN where importance weights serve. A refit whose chains disagree gives no score, only
        its R-hat.
    """
    size = inputs.judgements.judged.size
    found = {
        f"{part}{kind}": np.full(size, np.nan) for part in PARTS for kind in ("", "_mcse", "_rhat")
    }
    grades = np.full((size, len(GRADES)), np.nan)
    wanted = [(part, int(one)) for part in PARTS for one in unreliable(fit, part)]
    what = f"refitting {variant.name} without an authority"
    for number, (part, one) in enumerate(wanted):
        report(what, number, len(wanted))
        at = np.array([one])
        if part == "everything":
            scored = score_everything(compiled, variant, inputs, fit, at, sampler)
        else:
            left = leave_out(compiled, variant, inputs, at, sampler, part)
            scored = UNKNOWN, left.rhat
            if left.converged:
                score, error = left.judgements()
                scored = (float(score[0]), float(error[0])), left.rhat
                grades[one] = left.grade[0]
        (found[part][one], found[f"{part}_mcse"][one]), found[f"{part}_rhat"][one] = scored
    if wanted:
        report(what, len(wanted), len(wanted))
    group = xr.Dataset(
        {
            **{name: ("authority", values) for name, values in found.items()},
            "grade_probability": (("authority", "grade"), grades),
        },
        coords={
            "authority": inputs.measurements.coords["authority"],
            "grade": list(GRADES),
        },
    )
    fit["left_out"] = xr.DataTree(group)
    return fit


def score_everything(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: ModelInputs,
    fit: xr.DataTree,
    authority: Positions,
    sampler: SamplerSpec,
) -> tuple[tuple[float, float], float]:
    """Score an authority's indicators and judgement together, by one bridge or by two.

    Parameters
    ----------
    compiled, variant, inputs, fit
        As :func:`with_refits`.
    authority
        Its position, an array of one.
    sampler
        Chains, draws and seed of the refits; a bridge whose Monte Carlo error is above 0.05 is
        made again with four times the draws, and if it still is, in two steps.

    Returns
    -------
    tuple
        The log probability with its Monte Carlo standard error, NaN where chains of the refit
        without the authority disagree or the posteriors hardly overlap, even in two steps; and
        the largest R-hat of the refits behind it.
    """
    seen = fit["log_likelihood"].to_dataset().isel(authority=authority)
    longer = sampler.model_copy(update={"draws": 4 * sampler.draws})
    scored = UNKNOWN
    for lengthened in (sampler, longer):
        left = leave_out(compiled, variant, inputs, authority, lengthened, "everything")
        if not left.converged:
            return UNKNOWN, left.rhat
        scored = bridged_or_unknown(left, seen)
        if scored[1] <= _PRECISE:
            return scored, left.rhat
    half = leave_out(compiled, variant, inputs, authority, longer, "half")
    if not half.converged:
        return scored, left.rhat
    try:
        stepped = _in_two_steps(compiled, variant, inputs, fit, authority, half, left)
    except BridgeError:
        return scored, left.rhat
    if scored[1] <= stepped[1]:
        return scored, left.rhat
    return stepped, max(left.rhat, half.rhat)


def _in_two_steps(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: ModelInputs,
    fit: xr.DataTree,
    authority: Positions,
    half: LeftOut,
    left: LeftOut,
) -> tuple[float, float]:
    """Bridge from the fit to the one that has seen half, and from there to the one without."""
    fewer = without(inputs, authority, "half")
    on = switches(variant, compiled.spec)

    def of_half(posterior: xr.Dataset) -> Array:
        # What the data do not touch was dropped from the fit: any value of it serves.
        idle = left.posterior.drop_vars(posterior.data_vars, errors="ignore").isel(chain=0, draw=0)
        sizes = {dim: posterior.sizes[dim] for dim in ("chain", "draw")}
        whole = posterior.assign(idle.drop_vars(("chain", "draw")).expand_dims(sizes))
        name = "indicator_log_likelihood"
        logs = compiled.derived.evaluate(whole, fewer, on, only=[name])[name]
        return np.asarray(
            logs.isel(authority=authority).sum("authority").transpose("chain", "draw").values
        )

    def of_everything(logs: xr.Dataset) -> Array:
        both = (logs["indicators"] + logs["judgement"]).isel(authority=0)
        return np.asarray(both.transpose("chain", "draw").values, dtype=float)

    seen = fit["log_likelihood"].to_dataset().isel(authority=authority)
    middle = of_half(half.posterior)
    cut = middle.shape[1] // 2
    first, first_error = bridge_between(
        of_everything(seen) - of_half(fit["posterior"].to_dataset()),
        (of_everything(half.logs) - middle)[:, :cut],
    )
    second, second_error = bridge_between(middle[:, cut:], of_half(left.posterior))
    return first + second, float(np.hypot(first_error, second_error))
