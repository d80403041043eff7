r"""Does one slope serve every cutpoint? A posterior predictive check of proportional odds.

A cumulative model says that effectiveness moves every cutpoint's probability by the same slope.
The test quantity is over all cutpoints at once: the score statistic T of a slope of its own for
each, at the maximum of the model with one,

.. math:: P(g_i \le k) = \Phi(c_k - s_k z_i), \qquad T = U^\top I^{-1} U,

with U and I the gradient and the expected information of cutpoints and slopes at
:math:`s_1 = s_2 = s_3`, and z the posterior mean of effectiveness given the indicators (the
omnibus test of nominal effects; Peterson and Harrell 1990, doi:10.2307/2347760). Chi-square with
two degrees of freedom is not relied on: T is set against its distribution over grades that the
fitted model itself draws (Gelman, Meng and Stern 1996), with the same dates, deprivation and
regions, so that what the predictor holds and the regression leaves out is alike on both sides.
Which cutpoint departs is said by the score of its slope in standard deviations, negative where it
is flatter.

Beside it stand the slopes of three binary probits, of a grade above each cutpoint (in the spirit
of Brant 1990, doi:10.2307/2532457), and the last less the first, against the same replicates. The
difference alone is a weak check: a cutpoint between the two is not in it, and few authorities at
an end of the scale widen its distribution.

Slopes are maxima under a weak normal prior of standard deviation 2 (cutpoints 10), which keeps
them finite where a cutpoint separates the authorities or nobody has a grade. A probability k/S of
draws has the Monte Carlo error of a Beta(k + 1/2, S - k + 1/2).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import log_ndtr
from scipy.stats import beta, norm

from data.panel import GRADES
from models.fitted import Fit

Array = NDArray[np.float64]

_DRAWS = 1000
_PRIOR_SD = 2.0
_CUTPOINT_SD = 10.0
_SMALL_STEP = 1e-6
_LEAST = 1e-12
_STEPS = 30
ABOVE = tuple(f"above {grade}" for grade in GRADES[:-1])
DIFFERENCE = "last less first"
OMNIBUS = "all cutpoints"


def applies(fit: Fit) -> bool:
    """Return whether a fit is of one judgement an authority, with a single link that is free."""
    wanted = ("effectiveness_mean", "judgement_predictor", "rho")
    single = fit.structure_traits.single_link and fit.linked
    return single and all(name in fit.posterior for name in wanted)


def proportional_odds(fit: xr.DataTree, interval: float, seed: int) -> pd.DataFrame:
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
        ``probability_mcse``; ``departure`` of a cutpoint's slope from the common one, in standard
        deviations. Then a row of the difference, and one of the quantity over
        all cutpoints, whose ``slope`` is T.
    """
    data = fit["constant_data"].to_dataset()
    judged = np.flatnonzero(data["judged"].values > 0)
    grade = data["grade"].values[judged]
    mean = _rows(fit, "effectiveness_mean", "authority")[:, judged]
    z = mean.mean(axis=0)
    z = (z - z.mean()) / z.std()
    replicates = _replicate(fit, judged, mean, np.random.default_rng(seed))
    observed, replicated = _slopes(grade[None, :], z), _slopes(replicates, z)
    scored, drawn_scores = score_test(grade[None, :], z), score_test(replicates, z)
    departure = scored.departure[0].tolist()
    quantities = {
        **{cut: (observed[0, at], replicated[:, at]) for at, cut in enumerate(ABOVE)},
        DIFFERENCE: (observed[0, -1] - observed[0, 0], replicated[:, -1] - replicated[:, 0]),
        OMNIBUS: (scored.statistic[0], drawn_scores.statistic),
    }
    ends = [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]
    rows = []
    for place, (cut, (found, drawn)) in enumerate(quantities.items()):
        count = int((drawn >= found).sum())
        low, high = np.quantile(drawn, ends)
        rows.append(
            {
                "cut": cut,
                "slope": float(found),
                "mean": float(drawn.mean()),
                "lower": float(low),
                "upper": float(high),
                "probability": count / drawn.size,
                "probability_mcse": float(beta.std(count + 0.5, drawn.size - count + 0.5)),
                "departure": departure[place] if cut in ABOVE else np.nan,
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """T of each set of grades, (set,), and the ``departure`` of each cutpoint, (set, cutpoint)."""

    statistic: Array
    departure: Array


def score_test(grade: NDArray[np.int64], z: Array) -> Scores:
    """Test one slope for all cutpoints against one for each, by the score at the common one.

    Parameters
    ----------
    grade
        Positions of grades, (set, authority).
    z
        What they are regressed on, standardised, (authority,).
    """
    cuts = len(GRADES) - 1
    counts = (grade[:, :, None] == np.arange(cuts + 1)).sum(axis=1) + 0.5
    shares = np.cumsum(counts / counts.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    at = np.concatenate([norm.ppf(shares), np.zeros((len(grade), 1))], axis=1)
    onto = np.vstack([np.eye(cuts + 1)[:cuts], np.tile(np.eye(cuts + 1)[cuts], (cuts, 1))])
    prior = np.r_[np.full(cuts, _CUTPOINT_SD), np.full(cuts, _PRIOR_SD)] ** -2.0
    for _ in range(_STEPS):
        gradient, information = _scores(grade, z, at)
        pull = np.r_[prior[:cuts], prior[-1]]
        own = onto.T @ (information @ onto) + np.diag(pull)
        step = np.linalg.solve(own, (gradient @ onto - at * pull)[..., None])[..., 0]
        # A step that would put cutpoints out of their order is shortened.
        while (crossed := (np.diff((at + step)[:, :cuts], axis=1) <= 0.0).any(axis=1)).any():
            step[crossed] *= 0.5
        at = at + step
        if np.abs(step).max() < _SMALL_STEP:
            break
    gradient, information = _scores(grade, z, at)
    own = onto.T @ (information @ onto) + np.diag(pull)
    across = information @ onto
    left = information - across @ np.linalg.solve(own, across.transpose(0, 2, 1))
    spread = np.sqrt(np.diagonal(left, axis1=1, axis2=2)[:, cuts:])
    whole = information + np.diag(prior)
    solved = np.linalg.solve(whole, gradient[..., None])[..., 0]
    return Scores((gradient * solved).sum(axis=1), gradient[:, cuts:] / spread)


def _scores(grade: NDArray[np.int64], z: Array, at: Array) -> tuple[Array, Array]:
    """Return gradient and expected information of cutpoints and slopes, at a common slope."""
    cuts = at.shape[1] - 1
    edges = at[:, None, :cuts] - at[:, None, cuts:] * z[:, None]
    below = norm.cdf(edges)
    bounds = np.concatenate(
        [np.zeros_like(below[..., :1]), below, np.ones_like(below[..., :1])], 2
    )
    each = np.maximum(np.diff(bounds, axis=2), _LEAST)
    density = norm.pdf(edges)
    probability = np.take_along_axis(each, grade[..., None], axis=2)
    position = np.arange(cuts)
    sign = (grade[..., None] == position).astype(float) - (grade[..., None] == position + 1)
    by_edge = sign * density / probability
    gradient = np.concatenate([by_edge.sum(axis=1), -(z[:, None] * by_edge).sum(axis=1)], axis=1)
    own = density**2 * (1.0 / each[..., :-1] + 1.0 / each[..., 1:])
    beside = -density[..., :-1] * density[..., 1:] / each[..., 1:-1]
    information = np.zeros((len(grade), 2 * cuts, 2 * cuts))
    design = np.stack([np.ones_like(z), -z])
    for row, one in enumerate(design):
        for column, other in enumerate(design):
            block = information[:, row * cuts :, column * cuts :]
            block[:, position, position] = np.einsum("snk,n->sk", own, one * other)
            neighbour = np.einsum("snk,n->sk", beside, one * other)
            block[:, position[:-1], position[1:]] = neighbour
            block[:, position[1:], position[:-1]] = neighbour
    return gradient, information


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
    """Return one row for each draw."""
    values = fit["posterior"][name].transpose("chain", "draw", *dims).values.astype(float)
    return np.asarray(values.reshape(-1, *values.shape[2:]))


def _slopes(grade: NDArray[np.int64], z: Array) -> Array:
    """Return the slopes above each cutpoint, (set, cutpoint)."""
    return np.stack([_probit(grade > cut, z) for cut in range(len(GRADES) - 1)], axis=1)


def _probit(above: NDArray[np.bool_], z: Array) -> Array:
    """Return the slope of each set's probit by Newton's method, (set,)."""
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
