r"""One regressor at a time against the judgement: cumulative probits, by Bambi.

For each regressor k (an indicator's score, or the composite's), over the judged authorities,

.. math::

    P(\text{grade}_i \le g) = \Phi(c_g - b_k z_{ik} - a_k x_i),

:math:`x` the standardised deprivation, left out where the estimand is ``concordance``. All of them
stand in one formula, ``grade ~ 0 + z:regressor + x:regressor``, over rows of authority by
regressor: compiling one model a regressor costs more than the fits. The cutpoints are shared,
and so known better than one regressor could tell; a slope and the cutpoints hardly depend on
each other, and ``tests/test_baselines.py`` holds a slope to the one of a model of its own. Each
slope's posterior is to be read by itself: the same judgements stand behind every regressor, and
:mod:`models.baselines.pooling` allows for that where it takes them together.

Priors: :math:`b_k, a_k \sim N(0, 2^2)`, so wide that the posterior is the likelihood; cutpoints
Bambi's ordered normals of means from -2 to 2 and standard deviation 1 (Capretto and others 2022,
doi:10.18637/jss.v103.i15).
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from models.spec import SamplerSpec

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
    import bambi

    regressor, authority = np.nonzero(np.isfinite(scores))
    frame = pd.DataFrame(
        {
            "grade": pd.Categorical(grade[authority], ordered=True),
            "regressor": pd.Categorical.from_codes(regressor, categories=pd.Index(names)),
            "z": scores[regressor, authority],
        }
    )
    terms = ["z"]
    if deprivation is not None:
        frame["x"] = deprivation[authority]
        terms.append("x")
    prior = bambi.Prior("Normal", mu=0.0, sigma=SLOPE_SD)
    model = bambi.Model(
        "grade ~ 0 + " + " + ".join(f"{term}:regressor" for term in terms),
        frame,
        family="cumulative",
        link="probit",
        priors={f"{term}:regressor": prior for term in terms},
        center_predictors=False,
    )
    fit = sample(model, sampler)
    slope = fit["posterior"]["z:regressor"].transpose("chain", "draw", ...).values
    return xr.Dataset(
        {
            "slope": (("chain", "draw", "regressor"), slope),
            "diverging": (("chain", "draw"), fit["sample_stats"]["diverging"].values),
        },
        coords={"regressor": names},
    )


def sample(model: Any, sampler: SamplerSpec) -> xr.DataTree:
    """Draw from a Bambi model's posterior by the sampler of all other fits."""
    return model.fit(
        draws=sampler.draws,
        tune=sampler.tune,
        chains=sampler.chains,
        cores=min(sampler.cores, sampler.chains),
        random_seed=sampler.seed,
        inference_method="nutpie",
        progressbar=False,
    )
