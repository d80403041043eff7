r"""What plain regressions say of the link, beside the joint model.

Three of them, each as it stands and at equal deprivation: one indicator at a time against the
judgement (:mod:`models.baselines.ordinal`), with the slopes of the same aspect pooled in part
(:mod:`models.baselines.pooling`); the two-stage regression on the composite of observed scores,
one more regressor of the same model; and Good or better at every inspection
(:mod:`models.baselines.multilevel`). The composite's slope b is given as the correlation
:math:`b/\sqrt{1 + b^2}` as well, which is on the scale of ρ and smaller than it, since the
observed composite is noisy.

Whatever does not pass the convergence gate has no number: its row of the summary holds the
reasons, and the slopes of that estimand are left out of the table of indicators.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.evidence.convergence import Convergence, require_convergence
from analysis.evidence.ranks import summarise
from data.panel import Progress, silent
from data.panel_queries import aspects
from models.baselines.multilevel import fit_multilevel, inspections
from models.baselines.ordinal import fit_ordinal
from models.baselines.pooling import Pooled, pool_within
from models.baselines.scores import COMPOSITE, composite_score, observed_scores, score_correlation
from models.engine import Keep, computed
from models.inputs import ModelInputs, Prepare, prepare
from models.spec import ESTIMANDS, Estimand, ModelSpec, SamplerSpec


@dataclass(frozen=True, slots=True, eq=False)
class Baselines:
    """Tables of the plain regressions.

    Attributes
    ----------
    links
        One row an estimand and indicator: slope by itself, and pooled with those of its aspect;
        an aspect's only indicator has nothing in the place of the pooled slope. Empty if no
        regression of the judgement converged.
    summary
        One row an estimand, model, aspect where slopes are pooled, and quantity, with
        diagnostics, and ``reasons`` in the place of numbers where a fit did not converge.
    """

    links: pd.DataFrame
    summary: pd.DataFrame


def fit_baselines(
    panel: xr.Dataset,
    spec: ModelSpec,
    sampler: SamplerSpec,
    interval: float,
    report: Progress = silent,
    keep: Keep = computed,
    prepare: Prepare = prepare,
) -> Baselines:
    """Fit the plain regressions.

    Parameters
    ----------
    panel, spec, sampler
        As for :func:`models.engine.fit_models`; of the specification the inspections, the
        weights, the measure of deprivation and the treatment of suppressed counts are used.
    interval
        Probability of every interval.
    report
        Called with every step's progress.
    keep
        Returns draws that were made before, or makes them; a store's, where there is one.
    prepare
        Returns inputs that were prepared before, where the caller keeps them.

    Raises
    ------
    data.panel.PanelError
        If the panel cannot be regressed on.
    """
    inputs = prepare(panel, spec)
    rows = inspections(panel, spec.inspection)
    links, summary = [], []
    groups = aspects(panel)
    for done, estimand in enumerate(ESTIMANDS):
        report("plain regressions", done, len(ESTIMANDS))
        found = _ordinal(inputs, groups, estimand, sampler, interval, keep)
        links += [found.links] if len(found.links) else []
        summary.append(found.summary)
        summary.append(_multilevel(inputs, rows, estimand, sampler, interval, keep))
    report("plain regressions", len(ESTIMANDS), len(ESTIMANDS))
    every = pd.concat(links, ignore_index=True) if links else pd.DataFrame()
    return Baselines(every, pd.concat(summary, ignore_index=True))


def _ordinal(
    inputs: ModelInputs,
    groups: list[str],
    estimand: Estimand,
    sampler: SamplerSpec,
    interval: float,
    keep: Keep,
) -> Baselines:
    """Regress the latest judgement on every indicator, and on the composite."""
    judged = inputs.judgements.judged > 0
    deprivation = inputs.deprivation[judged] if estimand == "adjusted" else None
    names = [str(name) for name in inputs.measurements.coords["indicator"]]
    scores = np.vstack([observed_scores(inputs), composite_score(inputs)])[:, judged]
    grade = inputs.judgements.grade[judged]
    regressed = (scores, [*names, COMPOSITE], grade, deprivation, sampler)
    drawn = keep("regressions", regressed, partial(fit_ordinal, *regressed))
    gate = require_convergence(drawn[["slope"]], int(drawn["diverging"].sum()))
    slope = drawn["slope"]
    whole = slope.sel(regressor=COMPOSITE)
    quantities = {"slope": whole, "correlation": whole / np.sqrt(1.0 + whole**2)}
    seen = int(np.isfinite(scores[-1]).sum())
    told = [_summary(quantities, gate, estimand, "composite", seen, interval)]
    if not gate.converged:
        return Baselines(pd.DataFrame(), told[0])
    each = [summarise(slope.sel(regressor=name).values, interval) for name in names]
    pooled = pool_within(
        groups,
        np.array([one["mean"] for one in each]),
        slope.sel(regressor=names).std(("chain", "draw")).values,
        np.array([one["mcse"] for one in each]),
        score_correlation(scores[:-1], deprivation),
        interval,
    )
    labels = inputs.labels
    links = pd.DataFrame(
        {
            "estimand": estimand,
            "indicator": names,
            "title": labels["indicator_title"].values,
            "domain": labels["domain"].values,
            "aspect": groups,
            "authorities": np.isfinite(scores[:-1]).sum(axis=1),
            **{key: [one[key] for one in each] for key in ("mean", "lower", "upper", "mcse")},
            **_pooled_columns(pooled, len(names)),
            **_diagnostics(slope.sel(regressor=names)),
        }
    )
    told += [_together(group, one, estimand, seen) for group, (_, one) in pooled.items()]
    return Baselines(links, pd.concat(told, ignore_index=True))


def _pooled_columns(
    pooled: dict[str, tuple[NDArray[np.intp], Pooled]], size: int
) -> dict[str, NDArray[np.float64]]:
    """Put the pooled slopes in the order of the indicators; NaN where nothing was pooled."""
    columns = {
        f"pooled_{key}": np.full(size, np.nan) for key in ("mean", "lower", "upper", "mcse")
    }
    for at, one in pooled.values():
        for key, values in columns.items():
            values[at] = getattr(one, key.removeprefix("pooled_"))
    return columns


def _multilevel(
    inputs: ModelInputs,
    rows: pd.DataFrame,
    estimand: Estimand,
    sampler: SamplerSpec,
    interval: float,
    keep: Keep,
) -> pd.DataFrame:
    """Regress Good or better at every inspection on the composite."""
    deprivation = inputs.deprivation if estimand == "adjusted" else None
    regressed = (rows, composite_score(inputs), deprivation, sampler)
    drawn = keep("every inspection", regressed, partial(fit_multilevel, *regressed))
    quantities = {str(name): drawn[name] for name in drawn if name != "diverging"}
    gate = require_convergence(drawn.drop_vars("diverging"), int(drawn["diverging"].sum()))
    return _summary(quantities, gate, estimand, "good_or_better", len(rows), interval)


def _summary(
    quantities: dict[str, xr.DataArray],
    gate: Convergence,
    estimand: Estimand,
    model: str,
    observations: int,
    interval: float,
) -> pd.DataFrame:
    """Summarise the quantities of one regression, or say why there are no numbers."""
    rows: list[dict[str, Any]] = []
    for name, drawn in quantities.items():
        told = summarise(drawn.transpose("chain", "draw").values, interval)
        if not gate.converged:
            told = dict.fromkeys(told, float("nan"))
        diagnostics = {key: float(one) for key, one in _diagnostics(drawn).items()}
        rows.append(
            {"estimand": estimand, "model": model, "aspect": "", "quantity": name}
            | told
            | diagnostics
            | {"observations": observations, "reasons": "; ".join(gate.reasons)}
        )
    return pd.DataFrame(rows)


def _together(aspect: str, pooled: Pooled, estimand: Estimand, observations: int) -> pd.DataFrame:
    """Return the mean and the spread of the slopes of an aspect's indicators."""
    shared: dict[str, Any] = {"estimand": estimand, "model": "indicators", "aspect": aspect}
    shared["observations"] = observations
    names = ("mean", "lower", "upper", "mcse")
    return pd.DataFrame(
        [
            shared | {"quantity": "mean_slope"} | dict(zip(names, pooled.common, strict=True)),
            shared | {"quantity": "spread"} | dict(zip(names, pooled.spread, strict=True)),
        ]
    ).assign(reasons="")


def _diagnostics(drawn: xr.DataArray) -> dict[str, Any]:
    """Return R-hat and effective sample sizes of each element."""
    dataset = drawn.to_dataset(name="one")
    return {
        "rhat": az.rhat(dataset)["one"].values,
        "ess_bulk": az.ess(dataset, method="bulk")["one"].values,
        "ess_tail": az.ess(dataset, method="tail")["one"].values,
    }
