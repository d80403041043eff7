"""The posterior of the link, summarised."""

import arviz as az
import numpy as np
import xarray as xr

from analysis.evidence.ranks import summarise
from analysis.record.schema import LinkPosterior
from analysis.record.thresholds import INTERVAL, ROPE


def summarise_link(
    fit: xr.DataTree, interval: float = INTERVAL, rope: float = ROPE
) -> LinkPosterior:
    """Summarise the posterior of ρ of a ``linked`` fit."""
    rho = fit["posterior"]["rho"].transpose("chain", "draw")
    dataset = rho.to_dataset(name="rho")
    draws = np.asarray(rho.values, dtype=float)
    return LinkPosterior(
        **summarise(draws, interval),
        sd=float(draws.std(ddof=1)),
        probability=float((draws > 0).mean()),
        probability_rope=float((np.abs(draws) < rope).mean()),
        ess_bulk=float(az.ess(dataset, method="bulk")["rho"]),
        ess_tail=float(az.ess(dataset, method="tail")["rho"]),
        rhat=float(az.rhat(dataset)["rho"]),
    )
