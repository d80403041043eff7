r"""What the counts by judgement would be if nothing linked judgements to effectiveness.

Effectiveness is drawn from the indicators alone, by the ``independent`` fit. (Draws of the
``linked`` fit hold the judgement already, so that any count of them by judgement differs from no
link in part because the judgement is counted twice.) Replicated judgements have the drift,
deprivation and regions of that fit and nothing of effectiveness: the scale
:math:`u_i = \eta_i + \epsilon_i`, at a draw of the fit. As many authorities get each grade as did
in the data, by the order of u, as in Fisher's exact test: where :math:`\eta` is the same for all,
a count of whole authorities is hypergeometric. A fit of repeated readings has no :math:`\eta` of
an authority's latest judgement; its grades are dealt out at random.

The test quantity is the posterior mean of a count, or of a ratio of counts, given the indicators;
the grades of the data are set against the replicated ones. Its probability is two-sided: twice
the smaller share of replicates at or beyond it, at most 1. A share k/R has the Monte Carlo error
of a Beta(k + 1/2, R - k + 1/2).
"""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import beta

Array = NDArray[np.float64]
Grades = NDArray[np.int64]

REPLICATES = 2000


def replicate_grades(
    fit: xr.DataTree, grade: Grades, seed: int, replicates: int = REPLICATES
) -> Grades:
    """Draw judgements that have nothing to do with effectiveness.

    Parameters
    ----------
    fit
        An ``independent`` fit.
    grade
        Positions of the real grades, -1 where there is none, (authority,).
    seed
        Of the draws.
    replicates
        How many sets to draw.

    Returns
    -------
    numpy.ndarray
        Positions of grades, -1 where there is none, (replicate, authority); in each set as many
        of each grade as in the data.
    """
    rng = np.random.default_rng(seed)
    judged = np.flatnonzero(grade >= 0)
    scale = rng.standard_normal((replicates, judged.size))
    posterior = fit["posterior"].to_dataset()
    if "judgement_predictor" in posterior:
        chain = xr.DataArray(rng.integers(posterior.sizes["chain"], size=replicates), dims="set")
        draw = xr.DataArray(rng.integers(posterior.sizes["draw"], size=replicates), dims="set")
        taken = posterior["judgement_predictor"].isel(chain=chain, draw=draw, authority=judged)
        scale = scale + taken.transpose("set", "authority").values
    found = np.full((replicates, grade.size), -1, dtype=np.int64)
    order = np.argsort(scale, axis=1)
    np.put_along_axis(
        found, judged[order], np.broadcast_to(np.sort(grade[judged]), order.shape), axis=1
    )
    return found


def reference(observed: float, replicated: Array, interval: float) -> dict[str, float]:
    """Set a test quantity of the data beside those of replicates.

    Returns
    -------
    dict
        ``no_link_lower`` and ``no_link_upper`` of the replicates' central interval, and
        ``no_link_probability`` with its ``no_link_probability_mcse``.
    """
    known = replicated[np.isfinite(replicated)]
    low, high = np.quantile(known, [(1.0 - interval) / 2.0, (1.0 + interval) / 2.0])
    # Sums of the same shares in another order differ by rounding.
    slack = 1e-9 * max(1.0, abs(observed))
    count = min(int((known <= observed + slack).sum()), int((known >= observed - slack).sum()))
    return {
        "no_link_lower": float(low),
        "no_link_upper": float(high),
        "no_link_probability": min(1.0, 2.0 * count / known.size),
        "no_link_probability_mcse": 2.0 * float(beta.std(count + 0.5, known.size - count + 0.5)),
    }
