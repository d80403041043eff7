"""Effectiveness within each grade, and the grades that the model would give."""

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.evidence.ranks import grades_of, summarise
from analysis.figure_tables.draws import by_chain, thinned
from data.panel import GRADES

_SEED = 20160701
_MOST = 1000


def effectiveness_by_judgement(fit: xr.DataTree, interval: float) -> pd.DataFrame:
    """Give the mean effectiveness of the authorities of each grade.

    The mean is over the authorities within each draw, so that its interval carries the
    uncertainty of all of them together.

    Returns
    -------
    pandas.DataFrame
        ``judgement``, ``authorities`` and mean, interval and Monte Carlo error; grades
        that no authority has are left out.
    """
    effectiveness = by_chain(fit, "effectiveness")
    grade = grades_of(fit)
    return pd.DataFrame(
        [
            {
                "judgement": name,
                "authorities": int((grade == g).sum()),
                **summarise(effectiveness[..., grade == g].mean(axis=-1), interval),
            }
            for g, name in enumerate(GRADES)
            if (grade == g).any()
        ]
    )


def grade_checks(
    fit: xr.DataTree, deprivation: NDArray[np.float64], interval: float
) -> pd.DataFrame:
    r"""Set the judgements that were given beside those that the model would give again.

    Each draw gives every judged authority a new grade from its probabilities given its
    indicators, :math:`\Phi((c_g - \eta_i - \rho h_i)/v_i)` with
    :math:`v_i^2 = 1 - \rho^2 + \rho^2 s_i^2` (:mod:`analysis.evidence.curves`), not given
    the judgement itself, which would foresee itself.

    Parameters
    ----------
    fit
        A ``linked`` fit of one judgement an authority.
    deprivation
        Standard deviations, over the fit's authorities; NaN where it is not known.
    interval
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``check``, ``observed``, ``median``, ``lower_half``, ``upper_half`` (central 50%),
        ``lower``, ``upper`` and ``p_value``, the probability of at least as many, half of
        those just as many; numbers of authorities.
    """
    grade = grades_of(fit)
    judged = grade >= 0
    replicated = _replicate(fit, judged)
    seen, x = grade[judged], deprivation[judged]
    everyone = np.ones(seen.size, dtype=bool)
    rows = [
        _check(name, replicated == g, seen == g, everyone, interval)
        for g, name in enumerate(GRADES)
    ]
    least, most = np.nanquantile(x, [0.2, 0.8])
    rows += [
        _check(
            f"Good or better, {label} deprived fifth", replicated >= 2, seen >= 2, who, interval
        )
        for label, who in (("most", x >= most), ("least", x <= least))
    ]
    return pd.DataFrame(rows)


def _check(
    label: str,
    replicated: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    interval: float,
) -> dict[str, float | str]:
    """Summarise one count of replicated grades beside the count that was seen."""
    counts = replicated[:, inside].sum(axis=1)
    observed = int(seen[inside].sum())
    tail = (1.0 - interval) / 2.0
    low, low_half, middle, high_half, high = np.quantile(counts, [tail, 0.25, 0.5, 0.75, 1 - tail])
    return {
        "check": label,
        "observed": observed,
        "median": float(middle),
        "lower": float(low),
        "lower_half": float(low_half),
        "upper_half": float(high_half),
        "upper": float(high),
        "p_value": float((counts > observed).mean() + 0.5 * (counts == observed).mean()),
    }


def _replicate(fit: xr.DataTree, judged: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Draw new grades of the judged authorities, over draw and authority."""
    mean, sd, predictor = (
        thinned(fit, name, _MOST)[:, judged]
        for name in ("effectiveness_mean", "effectiveness_sd", "judgement_predictor")
    )
    cutpoints = thinned(fit, "cutpoints", _MOST)
    rho = thinned(fit, "rho", _MOST)[:, None]
    spread = np.sqrt(1.0 - rho**2 + rho**2 * sd**2)
    shift = predictor + rho * mean
    below = ndtr((cutpoints[:, None, :] - shift[:, :, None]) / spread[:, :, None])
    uniform = np.random.default_rng(_SEED).uniform(size=mean.shape)
    return np.asarray((uniform[:, :, None] > below).sum(axis=-1))
