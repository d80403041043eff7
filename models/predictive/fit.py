"""Fit the estimand ``predictive``, and make coefficients of its draws."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import Progress, silent
from models.inputs import ModelInputs
from models.predictive.build import build_predictive
from models.predictive.periods import Periods
from models.sampling import compile_model, draw
from models.spec import ModelSpec, SamplerSpec

Array = NDArray[np.float64]

# What a fit keeps; factors and loadings are determined only up to rotation.
_KEPT = ("before", "after", "persistence", "own_sd", "change_sd", "year_sd", "deprivation_slope")


def fit_parted(
    inputs: ModelInputs,
    parted: Periods,
    spec: ModelSpec,
    sampler: SamplerSpec,
    report: Progress = silent,
) -> xr.Dataset:
    """Draw from the posterior.

    Returns
    -------
    xarray.Dataset
        Over chain and draw: by indicator κ (``before``), δ (``after``), β (``persistence``) and
        the standard deviations; ``effectiveness_before``, ``effectiveness_after`` and
        ``effectiveness_given_before``, the judgement's coefficient on effectiveness before the
        inspection, after it, and after it given the indicators before; ``carried_over``, the
        correlation of effectiveness before and after; and ``diverging``.
    """
    compiled = compile_model(build_predictive(spec, inputs, parted))
    seed = np.random.SeedSequence([sampler.seed, *b"predictive"])
    tree = draw(compiled, sampler, seed, "sampling predictive", report)
    drawn = tree["posterior"].to_dataset()
    kept = drawn[[name for name in _KEPT if name in drawn]]
    found = coefficients(drawn, inputs.weight)
    return kept.assign({**found, "diverging": tree["sample_stats"]["diverging"]})


def coefficients(drawn: xr.Dataset, weight: Array) -> dict[str, xr.DataArray]:
    """Make coefficients of effectiveness from those of the indicators.

    Parameters
    ----------
    drawn
        Draws of the model's free variables.
    weight
        Declared weights on standardised effects, (indicator,).
    """
    weights = xr.DataArray(weight, dims="indicator", coords={"indicator": drawn["indicator"]})
    beta, before, after = drawn["persistence"], drawn["before"], drawn["after"]
    own, change = drawn["own_sd"] ** 2, drawn["change_sd"] ** 2
    loading, carried = drawn["loading"], drawn["carried"]
    along = beta * loading + carried
    total = beta * before + after
    variance = before**2 + (loading**2).sum("factor") + own
    variance_after = (
        total**2
        + (along**2).sum("factor")
        + beta**2 * own
        + (drawn["loading_after"] ** 2).sum("factor")
        + change
    )
    first, last = weights / np.sqrt(variance), weights / np.sqrt(variance_after)

    def onto(by: xr.DataArray, effect: xr.DataArray) -> xr.DataArray:
        return (by * effect).sum("indicator")

    spread = np.sqrt(
        onto(first, before) ** 2 + (onto(first, loading) ** 2).sum("factor") + onto(first**2, own)
    )
    spread_after = np.sqrt(
        onto(last, total) ** 2
        + (onto(last, along) ** 2).sum("factor")
        + onto(last**2, beta**2 * own + change)
        + (onto(last, drawn["loading_after"]) ** 2).sum("factor")
    )
    shared = (
        onto(first, before) * onto(last, total)
        + (onto(first, loading) * onto(last, along)).sum("factor")
        + onto(first * last, beta * own)
    )
    return {
        "effectiveness_before": onto(first, before) / spread,
        "effectiveness_after": onto(last, total) / spread_after,
        "effectiveness_given_before": onto(last, after) / spread_after,
        "carried_over": shared / (spread * spread_after),
    }
