r"""Leave-one-authority-out prediction from the integrated likelihood.

Each authority's likelihood of its indicators and its judgement has its latent variables
integrated out, so importance weights 1/L_i leave the whole authority out (Merkle, Furr
and Rabe-Hesketh 2019, doi:10.1007/s11336-019-09679-0); the conditional likelihood would
answer another question and flatter every model. Pareto smoothing and its diagnostic k
are ArviZ's (Vehtari, Gelman and Gabry 2017, doi:10.1007/s11222-016-9696-4); where a fit holds
the scores of refits (:mod:`models.leave_out`), they are used. The score is
the judgement's log probability given the authority's own indicators and all other
authorities; the indicators' own score is kept beside it, to compare structures.
"""

import warnings
from copy import copy
from dataclasses import dataclass

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.utils import ELPDData

from models.leave_out import left_out_weights

INDISTINGUISHABLE = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Leave-one-authority-out scores of one fit.

    Attributes
    ----------
    judgement, indicators
        ArviZ's results, pointwise over authorities.
    pareto_k
        The diagnostic of the weights, over authorities; NaN where a refit took their place,
        minus infinity where nothing of an authority was seen.
    threshold
        Above it a weight is not to be relied on at this number of draws.
    weights
        Smoothed importance weights over chain, draw and authority, summing to one over draws.
    """

    judgement: ELPDData
    indicators: ELPDData
    pareto_k: xr.DataArray
    threshold: float
    weights: xr.DataArray


def leave_one_out(fit: xr.DataTree) -> Prediction:
    """Score a fit with each authority left out whole."""
    likelihood = fit["log_likelihood"].to_dataset()
    judged = fit["constant_data"].to_dataset()["judged"].values > 0
    tree = xr.DataTree.from_dict({"posterior": fit["posterior"].to_dataset()[["cutpoints"]]})
    tree["log_likelihood"] = xr.DataTree(likelihood.astype(float))
    left = left_out_weights(fit)
    weights, k = left.log_weights, left.pareto_k
    with warnings.catch_warnings():
        # Pareto k is kept and reported by authority; ArviZ's warning would say it once more.
        warnings.filterwarnings("ignore", "Estimated shape parameter of Pareto")
        scored = {
            name: az.loo(
                _restricted(tree, keep),
                pointwise=True,
                var_name=name,
                reff=1.0,
                log_weights=weights.isel(authority=keep),
                pareto_k=k.isel(authority=keep),
            )
            for name, keep in {
                "judgement": np.flatnonzero(judged),
                "indicators": np.arange(judged.size),
            }.items()
        }
    if "left_out" in fit:
        left_out = fit["left_out"].to_dataset()
        k = k.where(np.isnan(left_out["judgement"]), np.nan)
        scored = {name: _with_exact(one, left_out[name]) for name, one in scored.items()}
    share = xr.ufuncs.exp(weights - weights.max(("chain", "draw")))
    share = share / share.sum(("chain", "draw"))
    return Prediction(scored["judgement"], scored["indicators"], k, left.threshold, share)


def compare_models(predictions: dict[str, Prediction]) -> pd.DataFrame:
    """Compare models by how they predict the judgement, best first.

    Returns
    -------
    pandas.DataFrame
        Index ``model``; elpd and its standard error, difference from the best and its
        standard error, stacking weight, largest Pareto k and how many are too high.
    """
    compared = az.compare(
        {name: one.judgement for name, one in predictions.items()}, method="stacking"
    )
    table = pd.DataFrame(index=pd.Index(compared.index, name="model"))
    for name in table.index:
        row, one = compared.loc[name], predictions[str(name)]
        pointwise = one.judgement.elpd_i.values
        best = predictions[str(table.index[0])].judgement.elpd_i.values
        table.loc[name, "elpd"] = float(pointwise.sum())
        table.loc[name, "se"] = _standard_error(pointwise)
        table.loc[name, "difference"] = float((pointwise - best).sum())
        table.loc[name, "difference_se"] = _standard_error(pointwise - best)
        table.loc[name, "weight"] = float(row["weight"])
        table.loc[name, "pareto_k_max"] = float(one.pareto_k.max())
        table.loc[name, "pareto_k_high"] = int((one.pareto_k > one.threshold).sum())
    return table.reset_index()


def indicator_difference(one: Prediction, other: Prediction) -> tuple[float, float]:
    """Give how much better ``one`` predicts the indicators, and the standard error."""
    difference = one.indicators.elpd_i.values - other.indicators.elpd_i.values
    return float(difference.sum()), _standard_error(difference)


def _restricted(tree: xr.DataTree, keep: np.ndarray) -> xr.DataTree:
    """Keep some authorities of the log likelihood."""
    return xr.DataTree.from_dict(
        {
            "posterior": tree["posterior"].to_dataset(),
            "log_likelihood": tree["log_likelihood"].to_dataset().isel(authority=keep),
        }
    )


def _with_exact(scored: ELPDData, exact: xr.DataArray) -> ELPDData:
    """Put the scores of refits (:mod:`models.leave_out`) in the place of weighted ones."""
    exact = exact.sel(authority=scored.elpd_i.authority)
    scored = copy(scored)
    scored.elpd_i = exact.combine_first(scored.elpd_i)
    scored.elpd = float(scored.elpd_i.sum())
    scored.se = _standard_error(scored.elpd_i.values)
    return scored


def _standard_error(pointwise: np.ndarray) -> float:
    """Give the standard error of a sum over authorities."""
    return float(np.sqrt(pointwise.size * pointwise.var(ddof=1)))
