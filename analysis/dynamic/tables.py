"""The tables of a dynamic run, and what their columns mean."""

import numpy as np
import pandas as pd
import xarray as xr

from analysis.dynamic.record import DynamicEvidence
from analysis.evidence.convergence import Convergence
from analysis.evidence.ranks import summarise
from analysis.tables import dictionary
from analysis.words.vocabulary import ESTIMAND_MEANING
from models.dynamic.inputs import DynamicInputs
from models.dynamic.summary import fading

YEARS = np.arange(0.0, 10.25, 0.25)

DICTIONARY: dict[str, str] = dictionary.DICTIONARY | {
    "estimand": ESTIMAND_MEANING,
    "quantity": "name of the quantity; docs/dynamic.md explains each",
    "framework": "framework of the inspection, where the quantity has one for each",
    "probability": "posterior probability that the link is positive",
    "rhat": "rank-normalised split R-hat; in diagnostics the largest of any named quantity",
    "ess_bulk": "bulk effective sample size; in diagnostics the smallest of any named quantity",
    "ess_tail": "tail effective sample size; in diagnostics the smallest of any named quantity",
    "log_bf_independent_linked": "natural logarithm of the Bayes factor for no link, by "
    "Savage-Dickey",
    "log_bf_ceiling": "about the most that it could have been with data of this kind",
    "group": "indicators that effectiveness is composed of: all, outcomes, process, workforce",
    "indicators": "how many of them",
    "lag": "years from the inspection to the effectiveness that its judgement is compared with; "
    "negative: before it",
    "converged": "whether the fit, in lags that of the lag, met R-hat, effective sample size and "
    "divergences; where it did not, no number is given",
    "path": "quality, as inspectors judge it, or effectiveness, as the indicators show it",
    "years_later": "years between the two moments of the path whose correlation it is",
    "years": "how many years have a figure",
    "definitions": "stretches of years with one definition each",
    "first": "first year with a figure, by the publisher's label",
    "last": "last such year",
    "cells": "figures of an authority in a year that enter",
}
"""What the columns mean, where they mean something else than in other runs or stand here alone."""

# What is blank where the sweep's draws did not converge.
_OF_A_LAG = ("mean", "lower", "upper", "mcse", "probability", "rhat", "ess_bulk")


def path_tables(
    evidence: DynamicEvidence,
    fits: dict[str, xr.DataTree],
    gates: dict[str, Convergence],
    inputs: DynamicInputs,
) -> dict[str, pd.DataFrame]:
    """Return every table of a run by name; no number of a fit that did not converge.

    Parameters
    ----------
    evidence
        What was found.
    fits, gates
        By estimand.
    inputs
        What was fitted to.
    """
    shown = {name: one for name, one in evidence.estimands.items() if one.converged}
    links = [
        {
            "estimand": name,
            **one.rho.model_dump(),
            "log_bf_independent_linked": one.log_bf_independent_linked.value,
            "log_bf_mcse": one.log_bf_independent_linked.mcse,
            "log_bf_ceiling": one.log_bf_independent_linked.ceiling,
            "log_bf_ceiling_mcse": one.log_bf_independent_linked.ceiling_mcse,
        }
        for name, one in shown.items()
    ]
    quantities = [
        {"estimand": name, "quantity": row.name, **row.model_dump(exclude={"name"})}
        for name, one in shown.items()
        for row in one.quantities
    ]
    lags = [
        {
            "estimand": name,
            **row.model_dump(),
            **({} if row.converged else dict.fromkeys(_OF_A_LAG, np.nan)),
        }
        for name, one in shown.items()
        for row in one.lags
    ]
    diagnostics = [
        {
            "estimand": name,
            "converged": gate.converged,
            "divergences": gate.divergences,
            "rhat": gate.table["rhat"].max(),
            "ess_bulk": gate.table["ess_bulk"].min(),
            "ess_tail": gate.table["ess_tail"].min(),
            "seconds": fits[name].attrs["seconds"],
            "reasons": "; ".join(gate.reasons),
        }
        for name, gate in gates.items()
    ]
    fades = [
        _fading(name, fits[name], evidence.settings.interval) for name in shown if name in fits
    ]
    return {
        "link": pd.DataFrame(links),
        "paths": pd.DataFrame(quantities),
        "lags": pd.DataFrame(lags),
        "fading": pd.concat(fades) if fades else pd.DataFrame(),
        "diagnostics": pd.DataFrame(diagnostics),
        "series": _series(inputs),
    }


def _fading(estimand: str, fit: xr.DataTree, interval: float) -> pd.DataFrame:
    """Summarise how quality and effectiveness go with themselves some years later."""
    found = fading(fit["posterior"].to_dataset(), YEARS).transpose("later", "chain", "draw")
    return pd.DataFrame(
        [
            {
                "estimand": estimand,
                "path": str(name),
                "years_later": years,
                **summarise(found[name].values[at], interval),
            }
            for name in found
            for at, years in enumerate(YEARS)
        ]
    )


def _series(inputs: DynamicInputs) -> pd.DataFrame:
    """Return which years of each indicator enter, and how many definitions they follow."""
    cells = inputs.cells
    rows = []
    for k, name in enumerate(cells.indicators):
        seen = cells.observed[k].any(axis=1)
        years = np.asarray(cells.years)[seen]
        rows.append(
            {
                "indicator": name,
                "first": int(years.min()) - cells.shift[k],
                "last": int(years.max()) - cells.shift[k],
                "years": int(seen.sum()),
                "definitions": int(np.unique(cells.regime[k][seen]).size),
                "cells": int(cells.observed[k].sum()),
            }
        )
    return pd.DataFrame(rows)
