"""Controls: what must come out as nothing does, and what must come out as something does.

Negative: the indicators dealt out at random among the authorities, so that nothing links them to
the judgements (:func:`analysis.evidence.operating_characteristics.shuffled`). A Bayes factor of k
or more for a link may come in at most one deal in k. Positive: judgements and deprivation, whose
negative relation is known from Ofsted's own reports; its slope must be found below 0.

``configs/england_injury.toml`` is a second negative control, on an indicator that children's
services cannot move: hospital admissions for injury, at equal deprivation.
"""

import numpy as np
import pandas as pd
from scipy.stats import beta

from analysis.evidence.operating_characteristics import shuffled
from analysis.evidence.ranks import summarise
from analysis.record.thresholds import MODERATE, STRONG
from models.fitted import Fit

DEALS = 200


def controls(
    independent: Fit,
    deprivation_only: Fit,
    interval: float,
    seed: int,
    deals: int = DEALS,
) -> pd.DataFrame:
    """Ask both controls of one estimand's fits.

    Parameters
    ----------
    independent, deprivation_only
        Fits of a structure with a single link, one judgement an authority.
    interval
        Probability of the central interval.
    seed
        Of the deals.
    deals
        How often the indicators are dealt out.

    Returns
    -------
    pandas.DataFrame
        ``control``, ``quantity``, ``value`` with ``lower`` and ``upper`` where it has an
        interval, ``mcse``, what is ``wanted``, and whether it ``passed`` (two Monte Carlo
        errors allowed).
    """
    slope = deprivation_only.posterior["judgement_deprivation"].transpose("chain", "draw")
    draws = np.asarray(slope.values, dtype=float)
    summary = summarise(draws, interval)
    rows = [
        {
            "control": "positive",
            "quantity": "slope of judgements on deprivation",
            "value": summary["mean"],
            "lower": summary["lower"],
            "upper": summary["upper"],
            "mcse": summary["mcse"],
            "wanted": "interval below 0",
            "passed": summary["upper"] < 0.0,
        }
    ]
    for_link = -shuffled(independent.tree, independent.specification.priors, deals, seed)
    for odds in (MODERATE, STRONG):
        count = int((for_link >= np.log(odds)).sum())
        error = float(beta.std(count + 0.5, deals - count + 0.5))
        rows.append(
            {
                "control": "negative",
                "quantity": f"share of {deals} deals with a Bayes factor of {odds:g} or more "
                "for a link",
                "value": count / deals,
                "lower": np.nan,
                "upper": np.nan,
                "mcse": error,
                "wanted": f"at most {1.0 / odds:.2f}",
                "passed": count / deals - 2.0 * error <= 1.0 / odds,
            }
        )
    return pd.DataFrame(rows)
