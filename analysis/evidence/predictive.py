"""What the judgement says of the indicators after the inspection, given those before it.

The estimand ``predictive`` (:mod:`models.predictive.build`) stands beside the others and enters no
verdict: it conditions on what the others explain, and what follows a bad judgement is part of it.
All indicators answer first, then each group of them by itself, as a run with those alone would.
Where a fit does not pass the convergence gate its rows hold reasons and no numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from analysis.evidence.convergence import Convergence, require_convergence
from analysis.evidence.groups import EVERY, Array
from analysis.evidence.ranks import summarise
from data.panel import Progress, silent
from models.engine import Keep, computed
from models.inputs import Prepare, prepare
from models.predictive.fit import fit_parted
from models.predictive.periods import Periods, periods
from models.spec import ModelSpec, SamplerSpec

COLUMNS = (
    *("estimand", "group", "indicators", "quantity", "indicator", "title"),
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


@dataclass(frozen=True, slots=True, eq=False)
class PredictivePart:
    """A group of indicators to fit: its panel, specification, and years about inspections."""

    group: str
    panel: xr.Dataset
    spec: ModelSpec
    periods: Periods


def predict(
    parts: Sequence[PredictivePart],
    sampler: SamplerSpec,
    interval: float,
    report: Progress = silent,
    keep: Keep = computed,
    prepare: Prepare = prepare,
) -> pd.DataFrame:
    """Fit the estimand ``predictive`` to each group and tabulate its coefficients.

    Parameters
    ----------
    parts
        As :func:`parts_of` returns them.
    sampler
        As for :func:`models.engine.fit_models`.
    interval
        Probability of every interval.
    report
        Called with every step's progress.
    keep
        Returns draws that were made before, or makes them; a store's, where there is one.
    prepare
        Returns inputs that were prepared before, where the caller keeps them.

    Returns
    -------
    pandas.DataFrame
        As :func:`tabulate` gives it for all indicators, then the rows of effectiveness for each
        group.
    """
    tables = []
    for part in parts:

        def make(part: PredictivePart = part) -> xr.Dataset:
            inputs = prepare(part.panel, part.spec)
            return fit_parted(inputs, part.periods, part.spec, sampler, report)

        drawn = keep("predictive", (part.panel, part.spec, sampler), make)
        reported = drawn[[*_OF_EFFECTIVENESS, *_OF_INDICATORS]]
        gate = require_convergence(reported, int(drawn["diverging"].sum()))
        names = part.panel["indicator"].values, part.panel["indicator_title"].values
        titles = dict(zip(*names, strict=True))
        table = tabulate(drawn, gate, part.periods, titles, interval, part.group)
        tables.append(table if part.group == EVERY else table[table["indicator"] == ""])
    return pd.concat(tables, ignore_index=True)


def parts_of(
    panel: xr.Dataset, spec: ModelSpec, groups: Mapping[str, Array]
) -> list[PredictivePart]:
    """Return what to fit: all indicators, then each group that is not all of them again.

    Parameters
    ----------
    panel, spec
        As for :func:`models.engine.fit_models`; of the specification the inspections' frameworks
        and window, the factors, deprivation and priors are used.
    groups
        Weights by the group's name, (indicator,), as
        :func:`analysis.evidence.groups.groups_of` returns them.

    Raises
    ------
    data.panel.PanelError
        If too few authorities have figures of a group on both sides of an inspection.
    """
    found = [PredictivePart(EVERY, panel, spec, periods(panel, spec.inspection))]
    for group, weight in groups.items():
        inside = np.flatnonzero(weight)
        if group == EVERY or inside.size == panel.sizes["indicator"]:
            continue
        part = panel.isel(indicator=inside)
        weights = dict(
            zip(part["indicator"].values.tolist(), weight[inside].tolist(), strict=True)
        )
        # More factors than half of the indicators are not told apart by their correlations.
        factors = min(spec.factors, max(1, inside.size // 2))
        own = {
            **{"structure": "composite", "challenger": "none"},
            **{"weights": weights, "factors": factors},
        }
        smaller = spec.model_copy(update=own)
        found.append(PredictivePart(group, part, smaller, periods(part, smaller.inspection)))
    return found


def tabulate(
    drawn: xr.Dataset,
    gate: Convergence,
    parted: Periods,
    titles: dict[str, str],
    interval: float,
    group: str = EVERY,
) -> pd.DataFrame:
    """Return one row a quantity of effectiveness, then one an indicator and quantity.

    ``authorities`` counts those with figures on both sides of their inspection; ``probability``
    is that of a coefficient above 0.
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
                **{"estimand": "predictive", "group": group, "indicators": len(titles)},
                **{
                    "quantity": quantity,
                    "indicator": indicator,
                    "title": titles.get(indicator, ""),
                },
                **told,
                "rhat": float(az.rhat(dataset)["one"]),
                "ess_bulk": float(az.ess(dataset, method="bulk")["one"]),
                "ess_tail": float(az.ess(dataset, method="tail")["one"]),
                "authorities": int(np.count_nonzero(parted.both)),
                "reasons": "; ".join(gate.reasons),
            }
        )
    return pd.DataFrame(rows)[list(COLUMNS)]
