r"""Leave-one-authority-out prediction from the integrated likelihood.

Each authority's likelihood of its indicators and its judgement has its latent variables
integrated out (the conditional likelihood would answer another question and flatter every
model). Two scores, which add up to that of the whole authority
(:mod:`models.left_out_weights` has the formulas): the judgement's log probability given the
authority's own indicators and all other authorities, which is what models are compared by, and
the indicators' given all other authorities, to compare structures. Pareto-smoothed weights and
their diagnostic k are ArviZ's; where a fit holds the scores of refits, they are used. To first
order the Monte Carlo error of a weighted score :math:`\log \bar L`,
:math:`\bar L = \sum_s w_s L_s`, is that of the mean of :math:`S w_s (L_s / \bar L - 1)` over the S
draws.
"""

import warnings
from copy import copy
from dataclasses import dataclass

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.utils import ELPDData
from numpy.typing import NDArray

from models.left_out_weights import LeftOutWeights, left_out_weights


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Leave-one-authority-out scores of one fit.

    Attributes
    ----------
    judgement, indicators
        ArviZ's results, pointwise over authorities.
    indicators_mcse
        Monte Carlo standard error of each score of indicators.
    pareto_k, indicators_pareto_k
        The diagnostic of the weights of either, over authorities; NaN where a refit took their
        place, minus infinity where there was nothing to leave out.
    threshold
        Above it a weight is not to be relied on at this number of draws.
    weights
        Smoothed importance weights that leave the judgement out, over chain, draw and authority,
        summing to one over draws.
    whole_weights
        The same, the authority left out whole.
    """

    judgement: ELPDData
    indicators: ELPDData
    indicators_mcse: xr.DataArray
    pareto_k: xr.DataArray
    indicators_pareto_k: xr.DataArray
    threshold: float
    weights: xr.DataArray
    whole_weights: xr.DataArray


def leave_one_out(fit: xr.DataTree) -> Prediction:
    """Score a fit with each authority's judgement, and each authority whole, left out."""
    judged = np.flatnonzero(fit["constant_data"].to_dataset()["judged"].values > 0)
    alone, whole = left_out_weights(fit, "judgement"), left_out_weights(fit, "everything")
    judgement = _scored(fit, "judgement", alone, judged)
    indicators = _scored(fit, "indicators", whole, np.arange(alone.pareto_k.size))
    k, whole_k = alone.pareto_k, whole.pareto_k
    shares, whole_shares = (_shares(each.log_weights) for each in (alone, whole))
    error = _errors(fit, "indicators", whole_shares)
    if "left_out" in fit:
        exact = fit["left_out"].to_dataset()
        k = k.where(np.isnan(exact["judgement"]), np.nan)
        whole_k = whole_k.where(np.isnan(exact["everything"]), np.nan)
        judgement = _with_exact(judgement, exact["judgement"])
        given = judgement.elpd_i.reindex_like(exact["everything"], fill_value=0.0)
        indicators = _with_exact(indicators, exact["everything"] - given)
        of_given = exact["judgement_mcse"].combine_first(_errors(fit, "judgement", shares))
        error = xr.ufuncs.hypot(exact["everything_mcse"], of_given).combine_first(error)
    return Prediction(
        *(judgement, indicators, error, k, whole_k, alone.threshold, shares, whole_shares)
    )


def _scored(fit: xr.DataTree, name: str, left: LeftOutWeights, keep: NDArray[np.intp]) -> ELPDData:
    """Score some authorities' judgements or indicators by weights."""
    likelihood = fit["log_likelihood"].to_dataset()[[name]].astype(float)
    tree = xr.DataTree.from_dict(
        {
            "posterior": fit["posterior"].to_dataset()[["cutpoints"]],
            "log_likelihood": likelihood.isel(authority=keep),
        }
    )
    with warnings.catch_warnings():
        # Pareto k is kept and reported by authority; ArviZ's warning would say it once more.
        warnings.filterwarnings("ignore", "Estimated shape parameter of Pareto")
        return az.loo(
            tree,
            pointwise=True,
            var_name=name,
            reff=1.0,
            log_weights=left.log_weights.isel(authority=keep),
            pareto_k=left.pareto_k.isel(authority=keep),
        )


def _shares(log_weights: xr.DataArray) -> xr.DataArray:
    """Return weights that sum to one over draws."""
    share = xr.ufuncs.exp(log_weights - log_weights.max(("chain", "draw")))
    return share / share.sum(("chain", "draw"))


def _errors(fit: xr.DataTree, name: str, shares: xr.DataArray) -> xr.DataArray:
    """Return the Monte Carlo standard error of each weighted score; 0 of what was not seen."""
    logs = fit["log_likelihood"][name].astype(float)
    top = logs.max(("chain", "draw"))
    scaled = xr.ufuncs.exp(logs - top)
    mean = (shares * scaled).sum(("chain", "draw"))
    moved = shares * shares.sizes["chain"] * shares.sizes["draw"] * (scaled / mean - 1.0)
    seen = np.flatnonzero(top > logs.min(("chain", "draw")))
    found = az.mcse(moved.isel(authority=seen).to_dataset(name="error"))["error"]
    return found.reindex(authority=logs["authority"], fill_value=0.0)


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
    """Return how much better ``one`` predicts the indicators, and the standard error."""
    difference = one.indicators.elpd_i.values - other.indicators.elpd_i.values
    return float(difference.sum()), _standard_error(difference)


def judgement_difference(one: Prediction, other: Prediction) -> tuple[float, float]:
    """Return how much better ``one`` predicts the judgements, and the standard error."""
    difference = one.judgement.elpd_i.values - other.judgement.elpd_i.values
    return float(difference.sum()), _standard_error(difference)


def _with_exact(scored: ELPDData, exact: xr.DataArray) -> ELPDData:
    """Put the scores of refits (:mod:`models.refits`) in the place of weighted ones."""
    exact = exact.sel(authority=scored.elpd_i.authority)
    scored = copy(scored)
    scored.elpd_i = exact.combine_first(scored.elpd_i)
    scored.elpd = float(scored.elpd_i.sum())
    scored.se = _standard_error(scored.elpd_i.values)
    return scored


def _standard_error(pointwise: np.ndarray) -> float:
    """Return the standard error of a sum over authorities."""
    return float(np.sqrt(pointwise.size * pointwise.var(ddof=1)))
