"""The link over the lag between an inspection and effectiveness, by group of indicators.

A whole fit (:mod:`models.dynamic.fit`) gives draws of the indicators' parameters; from these
follow the moments of effectiveness at every inspection, moved by the lag, of the composite of
all indicators or of one group. The judgements' parameters are sampled given those
(:mod:`models.dynamic.given`). That the indicators lie on both sides of a lag is part of what is
compared: effectiveness is a path, and what is known of it one or two years away is known in part
by how long it lasts.

The judgements count twice: they had their say in the whole fit's draws of the indicators'
parameters, at lag 0 and with the composite of all indicators, and are then given again. Monte
Carlo errors are those of the judgements' draws; that of the moments, from about 60 draws, is not
in them.
"""

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.dynamic.record import LagLink
from analysis.evidence.convergence import require_convergence
from analysis.evidence.link import summarise_link
from analysis.record.withhold import without_numbers
from data.panel import Progress
from models.dynamic.fit import CompiledDynamic, free_variables
from models.dynamic.given import JudgedPaths, combine
from models.dynamic.inputs import DynamicInputs
from models.spec import SamplerSpec

Array = NDArray[np.float64]

_MOST_DRAWS = 60
_REPORTED = (
    "rho",
    "reliability",
    "quality_persistence",
    "drift",
    "first_cutpoint",
    "cutpoint_gap",
)


def sweep_lags(
    compiled: CompiledDynamic,
    judged: Callable[[], JudgedPaths],
    fit: xr.DataTree,
    inputs: DynamicInputs,
    groups: Mapping[str, Array],
    sampler: SamplerSpec,
    interval: float,
    report: Progress,
    keep: Callable[[str, tuple[object, ...], Callable[[], xr.DataTree]], xr.DataTree],
) -> tuple[LagLink, ...]:
    """Return the link of every group at every lag.

    Parameters
    ----------
    compiled, fit, inputs
        What was fitted.
    judged
        Compiles the judgements' part for the same inspections, or returns what it compiled.
    groups
        Weights in the composite by the group's name, (indicator,).
    sampler
        Chains, draws and seed.
    interval
        Probability of the intervals.
    report
        Called with every step's progress.
    keep
        From a name, the group's weights and the lag, and what draws from the posterior, to the
        draws, which a store may have.
    """
    estimand = fit.attrs["estimand"]
    drawn = free_variables(fit, _MOST_DRAWS)
    found = []
    for group, weight in groups.items():
        for lag in compiled.spec.lags:
            what = f"{estimand}: {group} at lag {lag:g}"

            def draw(what: str = what, lag: float = lag, weight: Array = weight) -> xr.DataTree:
                moments = combine(*compiled.effectiveness(drawn, inputs, estimand, lag, weight))
                return judged().sample(moments, inputs, estimand, sampler, what, report)

            given = keep(what, (weight, lag), draw)
            posterior = given["posterior"].to_dataset()
            diverging = int(given["sample_stats"]["diverging"].sum())
            gate = require_convergence(posterior[list(_REPORTED)], diverging)
            link = summarise_link(given, interval)
            if not gate.converged:
                link = without_numbers(link)
            found.append(
                LagLink(
                    group=group,
                    indicators=int((weight > 0).sum()),
                    lag=lag,
                    **link.model_dump(
                        include={
                            "mean",
                            "lower",
                            "upper",
                            "mcse",
                            "probability",
                            "rhat",
                            "ess_bulk",
                        }
                    ),
                    converged=gate.converged,
                )
            )
    return tuple(found)
