r"""A demonstration of why the conditional likelihood must not be used; nothing else calls it.

Given its effectiveness θ an authority's judgement and indicators are independent. Leave-one-out
by the *conditional* likelihood takes each draw of θ, which has seen the authority's own data, and
weighs it by one over the likelihood at that very draw:

.. math::

    \log p(g_i \mid \theta_i, \phi) = \log\left[\Phi\Big(\tfrac{c_g - \eta_i - \rho\theta_i}
        {\sqrt{1 - \rho^2}}\Big) - \Phi(\ldots)\right], \qquad
    p(y_i \mid \theta_i, \phi) = p(y_i \mid \phi)\,
        \frac{N(\theta_i; h_i, s_i^2)}{N(\theta_i; 0, 1)} .

The second is Bayes' rule on the collapsed likelihood, exact for a single link. In the limit of
endless draws the weights would undo what θ has seen; at any number there is, they have a heavy
tail, Pareto k says so, and the score is too high, by more the more the data tell of θ (Merkle,
Furr and Rabe-Hesketh 2019, doi:10.1007/s11336-019-09679-0; Millar 2018,
doi:10.1007/s11222-017-9736-8). Every score that the project reports is of the integrated
likelihood (:mod:`analysis.evidence.prediction`).
"""

import warnings

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.utils import ELPDData
from scipy.stats import norm

from analysis.evidence.prediction import leave_one_out
from models.forecast import grade_probabilities

_DIMS = ("chain", "draw", "authority")


def demonstrate_conditional(fit: xr.DataTree) -> pd.DataFrame:
    """Set the conditional leave-one-out scores beside the integrated ones.

    Parameters
    ----------
    fit
        A ``linked`` fit of a structure with a single link, one judgement an authority.

    Returns
    -------
    pandas.DataFrame
        One row for ``judgement`` and one for ``indicators``: ``integrated`` and
        ``conditional_wrong`` (sums over authorities), ``flattery`` (how much higher the second
        is) with its standard error over authorities, and for each how many Pareto k are above
        the threshold.
    """
    right = leave_one_out(fit)
    judged = np.flatnonzero(fit["constant_data"].to_dataset()["judged"].values > 0)
    likelihood = conditional_log_likelihood(fit)
    rows = []
    everyone = np.arange(right.pareto_k.size)
    for name, scored, k, keep in (
        ("judgement", right.judgement, right.pareto_k, judged),
        ("indicators", right.indicators, right.indicators_pareto_k, everyone),
    ):
        wrong = _leave_out(fit, likelihood[name].isel(authority=keep))
        gap = wrong.elpd_i.values - scored.elpd_i.values
        rows.append(
            {
                "of": name,
                "integrated": float(scored.elpd_i.sum()),
                "conditional_wrong": float(wrong.elpd_i.sum()),
                "flattery": float(gap.sum()),
                "flattery_se": float(np.sqrt(gap.size * gap.var(ddof=1))),
                "integrated_k_high": int((k[keep] > right.threshold).sum()),
                "conditional_k_high": int((wrong.pareto_k > wrong.good_k).sum()),
            }
        )
    return pd.DataFrame(rows)


def conditional_log_likelihood(fit: xr.DataTree) -> xr.Dataset:
    """Evaluate both likelihoods given the draws of effectiveness, over chain, draw, authority."""
    posterior = fit["posterior"].to_dataset()
    effectiveness, mean, sd, predictor = (
        posterior[name].transpose(*_DIMS).values.astype(float)
        for name in (
            "effectiveness",
            "effectiveness_mean",
            "effectiveness_sd",
            "judgement_predictor",
        )
    )
    rho = posterior["rho"].transpose("chain", "draw").values[..., None]
    cutpoints = posterior["cutpoints"].transpose("chain", "draw", "cutpoint").values
    spread = np.broadcast_to(1.0 - rho**2, predictor.shape)
    said = grade_probabilities(cutpoints, predictor + rho * effectiveness, spread)
    grade = np.broadcast_to(fit["constant_data"].to_dataset()["grade"].values, predictor.shape)
    judgement = np.log(np.take_along_axis(said, grade[..., None], axis=-1)[..., 0])
    marginal = fit["log_likelihood"]["indicators"].transpose(*_DIMS).values.astype(float)
    indicators = marginal + norm.logpdf(effectiveness, mean, sd) - norm.logpdf(effectiveness)
    coords = {"authority": posterior["authority"].values}
    return xr.Dataset(
        {"judgement": (_DIMS, judgement), "indicators": (_DIMS, indicators)}, coords=coords
    )


def _leave_out(fit: xr.DataTree, likelihood: xr.DataArray) -> ELPDData:
    """Leave each authority out by a likelihood's own weights."""
    tree = xr.DataTree.from_dict(
        {
            "posterior": fit["posterior"].to_dataset()[["cutpoints"]],
            "log_likelihood": likelihood.to_dataset(name="one"),
        }
    )
    with warnings.catch_warnings():
        # That the weights are bad is what is to be shown.
        warnings.filterwarnings("ignore", "Estimated shape parameter of Pareto")
        return az.loo(tree, pointwise=True, var_name="one", reff=1.0)
