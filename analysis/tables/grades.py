"""Effectiveness within each grade."""

import pandas as pd
import xarray as xr

from analysis.evidence.ranks import grades_of, summarise
from analysis.tables.draws import by_chain
from data.panel import GRADES


def effectiveness_by_judgement(fit: xr.DataTree, interval: float) -> pd.DataFrame:
    """Return the mean effectiveness of the authorities of each grade.

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
