r"""Does one slope serve every cutpoint? A posterior predictive check of proportional odds.

A cumulative model says that effectiveness moves every cutpoint's probability by the same slope.
The test quantities are the slopes of three binary probits, of a grade above each cutpoint on
the posterior mean of effectiveness given the indicators, and the last less the first (in the
spirit of Brant 1990, doi:10.2307/2532457). Each is set against its distribution over grades
that the fitted model itself draws (Gelman, Meng and Stern 1996), with the same dates,
deprivation and regions, so that what the predictor holds and the probits leave out is alike on
both sides, and few authorities at an end of the scale widen the distribution as they should.

Slopes are maxima under a weak normal prior of standard deviation 2, which keeps them finite
where a cutpoint separates the authorities. A probability k/S of draws has the Monte Carlo error
of a Beta(k + 1/2, S - k + 1/2).
"""

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import log_ndtr
from scipy.stats import beta, norm

from data.panel import GRADES

Array = NDArray[np.float64]

_DRAWS = 1000
_PRIOR_SD = 2.0
_STEPS = 30
ABOVE = tuple(f"above {grade}" for grade in GRADES[:-1])
DIFFERENCE = "last less first"


def applies(fit: xr.DataTree) -> bool:
    """Say whether a fit is of one judgement an authority, with a single link that is free."""
    wanted = ("effectiveness_mean", "judgement_predictor", "rho")
    single = fit.attrs["structure"] != "domain_factors" and fit.attrs["link"] == "linked"
    return single and all(name in fit["posterior"] for name in wanted)


def proportional_odds(fit: xr.DataTree, interval: float, seed: int = 0) -> pd.DataFrame:
    """Set the slope at each cutpoint against what the fitted model would give.

    Parameters
    ----------
    fit
        A ``linked`` fit of each authority's latest overall judgement, with a single link.
    interval
        Probability of the intervals.
    seed
        Of the replicated grades.

    Returns
    -------
    pandas.DataFrame
        ``cut``, the ``slope`` of the data, ``mean``, ``lower`` and ``upper`` of replicated
        ones, and the ``probability`` that a replicated slope is at least as large, with its
        ``probability_mcse``; the last row is the difference.
    """
    data = fit["constant_data"].to_dataset()
    judged = np.flatnonzero(data["judged"].values > 0)
    grade = data["grade"].values[judged]
    mean = _rows(fit, "effectiveness_mean", "authority")[:, judged]
    z = mean.mean(axis=0)
    z = (z - z.mean()) / z.std()
    observed = _slopes(grade[None, :], z)
    replicated = _slopes(_replicate(fit, judged, mean, np.random.default_rng(seed)), z)
    ends = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    rows = []
    for place, cut in enumerate((*ABOVE, DIFFERENCE)):
        drawn = replicated[:, place]
        count = int((drawn >= observed[0, place]).sum())
        low, high = np.quantile(drawn, ends)
        rows.append(
            {
                "cut": cut,
                "slope": float(observed[0, place]),
                "mean": float(drawn.mean()),
                "lower": float(low),
                "upper": float(high),
                "probability": count / drawn.size,
                "probability_mcse": float(beta.std(count + 0.5, drawn.size - count + 0.5)),
            }
        )
    return pd.DataFrame(rows)


def _replicate(
    fit: xr.DataTree, judged: NDArray[np.int64], mean: Array, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw grades from the fitted model, (draw, judged authority)."""
    pick = rng.integers(len(mean), size=_DRAWS)
    sd = _rows(fit, "effectiveness_sd", "authority")[pick][:, judged]
    predictor = _rows(fit, "judgement_predictor", "authority")[pick][:, judged]
    cutpoints = _rows(fit, "cutpoints", "cutpoint")[pick]
    rho = _rows(fit, "rho")[pick][:, None]
    effectiveness = mean[pick] + sd * rng.standard_normal(sd.shape)
    scale = predictor + rho * effectiveness
    scale = scale + np.sqrt(1.0 - rho**2) * rng.standard_normal(sd.shape)
    return np.asarray((scale[:, :, None] > cutpoints[:, None, :]).sum(axis=2))


def _rows(fit: xr.DataTree, name: str, *dims: str) -> Array:
    """Give one row a draw."""
    values = fit["posterior"][name].transpose("chain", "draw", *dims).values.astype(float)
    return np.asarray(values.reshape(-1, *values.shape[2:]))


def _slopes(grade: NDArray[np.int64], z: Array) -> Array:
    """Give the slopes above each cutpoint and the last less the first, (set, quantity)."""
    each = [_probit(grade > cut, z) for cut in range(len(GRADES) - 1)]
    return np.stack([*each, each[-1] - each[0]], axis=1)


def _probit(above: NDArray[np.bool_], z: Array) -> Array:
    """Give the slope of each set's probit by Newton's method, (set,)."""
    sign = np.where(above, 1.0, -1.0)
    design = np.stack([np.ones_like(z), z])
    at = np.zeros((len(above), 2))
    prior = np.eye(2) / _PRIOR_SD**2
    for _ in range(_STEPS):
        centre = sign * (at @ design)
        ratio = np.exp(norm.logpdf(centre) - log_ndtr(centre))
        gradient = (sign * ratio) @ design.T - at / _PRIOR_SD**2
        weight = ratio * (centre + ratio)
        curvature = np.einsum("sn,an,bn->sab", weight, design, design) + prior
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        at = at + step
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(at[:, 1])
