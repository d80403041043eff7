"""From a dynamic fit to what is said of it."""

from dataclasses import asdict

import numpy as np
import xarray as xr

from analysis.dynamic.curves import path_curves
from analysis.dynamic.record import DynamicFinding, LagLink, PathQuantity
from analysis.dynamic.sweep import EVERY
from analysis.evidence import bayes_factor, parts
from analysis.evidence.convergence import Convergence, hold
from analysis.evidence.ranks import summarise
from analysis.evidence.verdict import judge, refuse
from analysis.evidence.weigh import summarise_link
from models.dynamic.fit import CompiledDynamic
from models.dynamic.inputs import DynamicInputs

_QUANTITIES = (
    "reliability",
    "quality_link",
    "drift",
    "quality_half_life",
    "effectiveness_half_life",
    "quality_after_year",
    "quality_after_three",
    "judgement_deprivation",
    "quality_persistence",
    "factor_persistence",
    "own_persistence",
    "across_break",
    "factor_share",
)


def examine_paths(fit: xr.DataTree) -> Convergence:
    """Hold every named quantity of a fit to the gate."""
    return hold(fit["posterior"].to_dataset(), int(fit["sample_stats"]["diverging"].sum()))


def weigh_paths(
    compiled: CompiledDynamic,
    fit: xr.DataTree,
    gate: Convergence,
    inputs: DynamicInputs,
    lags: tuple[LagLink, ...],
    interval: float,
    rope: float,
) -> DynamicFinding:
    """Weigh the evidence of one fit.

    Parameters
    ----------
    compiled, fit, inputs
        What was fitted.
    gate
        What :func:`examine_paths` said of it.
    lags
        The sweep; empty if there was none.
    interval
        Probability of every interval.
    rope
        Links smaller than this count as practically none.
    """
    concentration = compiled.spec.priors.link_concentration
    curves = path_curves(compiled, fit, inputs, (-rope, 0.0, rope))
    factor = bayes_factor.savage_dickey(curves, concentration)
    rho = summarise_link(fit, interval, rope)
    verdict = refuse(gate.reasons)
    if gate.converged:
        link = rho.mean, rho.lower, rho.upper, interval
        verdict = judge(factor.value, factor.mcse, *link, factor.ceiling)
    return DynamicFinding(
        converged=gate.converged,
        reasons=gate.reasons,
        rho=rho,
        quantities=tuple(_quantities(fit, interval)),
        log_bf_independent_linked=parts.BayesFactor(
            value=factor.value, mcse=factor.mcse, method="savage_dickey", ceiling=factor.ceiling
        ),
        savage_dickey=parts.LogFactor(value=factor.value, mcse=factor.mcse),
        regions=parts.LinkRegions.model_validate(
            asdict(bayes_factor.regions(curves, concentration, rope))
        ),
        prior_widths=tuple(
            parts.PriorWidth(**asdict(one)) for one in bayes_factor.sweep(curves, concentration)
        ),
        lags=lags,
        whole_less_given=_difference(rho, lags),
        verdict=verdict,
    )


def _quantities(fit: xr.DataTree, interval: float) -> list[PathQuantity]:
    """Summarise what the paths' model is asked for, by framework where it has them."""
    posterior = fit["posterior"].to_dataset()
    found = []
    for name in _QUANTITIES:
        if name not in posterior:
            continue
        drawn = posterior[name]
        by = drawn.framework.values.tolist() if "framework" in drawn.dims else [""]
        for framework in by:
            own = drawn.sel(framework=framework) if framework else drawn
            draws = own.transpose("chain", "draw").values.astype(float)
            found.append(
                PathQuantity(name=name, framework=str(framework), **summarise(draws, interval))
            )
    return found


def _difference(rho: parts.Link, lags: tuple[LagLink, ...]) -> tuple[float, float] | None:
    """Give the whole fit's mean of ρ less that given the indicators, and its Monte Carlo error."""
    same = [one for one in lags if one.group == EVERY and one.lag == 0.0]
    if not same:
        return None
    return rho.mean - same[0].mean, float(np.hypot(rho.mcse, same[0].mcse))
