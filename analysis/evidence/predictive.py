"""What the judgement says of the indicators after the inspection, given those before it.

The estimand ``predictive`` (:mod:`models.predictive.build`) stands beside the others and enters no
verdict: it conditions on what the others explain, and what follows a bad judgement is part of it.
Where the fit does not pass the convergence gate its rows hold reasons and no numbers.
"""

from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from analysis.evidence.convergence import Convergence, hold
from analysis.evidence.ranks import summarise
from data.panel import Progress, silent
from models.predictive.fit import fit_predictive
from models.predictive.periods import Periods
from models.spec import ModelSpec, SamplerSpec

COLUMNS = (
    *("estimand", "quantity", "indicator", "title"),
    *("mean", "lower", "upper", "mcse", "probability"),
    *("rhat", "ess_bulk", "ess_tail", "authorities", "reasons"),
)
_OF_EFFECTIVENESS = (
    "effectiveness_before",
    "effectiveness_after",
    "effectiveness_given_before",
    "carried_over",
)
_OF_INDICATORS = ("before", "after", "persistence")


def predict(
    panel: xr.Dataset,
    spec: ModelSpec,
    sampler: SamplerSpec,
    interval: float,
    report: Progress = silent,
) -> pd.DataFrame:
    """Fit the estimand ``predictive`` and tabulate its coefficients.

    Parameters
    ----------
    panel, spec, sampler
        As for :func:`models.engine.fit_models`; of the specification the inspections' frameworks
        and window, the weights, factors, deprivation and priors are used.
    interval
        Probability of every interval.
    report
        Called with every step's progress.

    Returns
    -------
    pandas.DataFrame
        As :func:`tabulate` gives it.

    Raises
    ------
    data.panel.PanelError
        If too few authorities have years on both sides of an inspection.
    """
    drawn, parted = fit_predictive(panel, spec, sampler, report)
    reported = drawn[[*_OF_EFFECTIVENESS, *_OF_INDICATORS]]
    gate = hold(reported, int(drawn["diverging"].sum()))
    titles = dict(zip(panel["indicator"].values, panel["indicator_title"].values, strict=True))
    return tabulate(drawn, gate, parted, titles, interval)


def tabulate(
    drawn: xr.Dataset,
    gate: Convergence,
    parted: Periods,
    titles: dict[str, str],
    interval: float,
) -> pd.DataFrame:
    """Give one row a quantity of effectiveness, then one an indicator and quantity.

    ``authorities`` counts those with years on both sides of their inspection; ``probability`` is
    that of a coefficient above 0.
    """
    each = [(name, "", drawn[name]) for name in _OF_EFFECTIVENESS]
    each += [
        (name, str(indicator), drawn[name].sel(indicator=indicator, drop=True))
        for name in _OF_INDICATORS
        for indicator in drawn["indicator"].values
    ]
    rows: list[dict[str, Any]] = []
    for quantity, indicator, values in each:
        told = summarise(values.transpose("chain", "draw").values, interval)
        told["probability"] = float((values > 0.0).mean())
        if not gate.converged:
            told = dict.fromkeys(told, float("nan"))
        dataset = values.to_dataset(name="one")
        rows.append(
            {
                **{"estimand": "predictive", "quantity": quantity},
                **{"indicator": indicator, "title": titles.get(indicator, "")},
                **told,
                "rhat": float(az.rhat(dataset)["one"]),
                "ess_bulk": float(az.ess(dataset, method="bulk")["one"]),
                "ess_tail": float(az.ess(dataset, method="tail")["one"]),
                "authorities": int(np.count_nonzero(parted.both)),
                "reasons": "; ".join(gate.reasons),
            }
        )
    return pd.DataFrame(rows)[list(COLUMNS)]
