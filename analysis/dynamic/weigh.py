"""From a dynamic fit to what is said of it."""

from dataclasses import replace

import numpy as np
import xarray as xr

from analysis.dynamic.curves import information, path_curves
from analysis.dynamic.record import (
    DynamicFinding,
    LagLink,
    LinkSigns,
    PathQuantity,
    QualityLinkWidth,
)
from analysis.evidence import bayes_factor
from analysis.evidence.convergence import Convergence, require_convergence
from analysis.evidence.curves import Curves
from analysis.evidence.groups import EVERY
from analysis.evidence.link import summarise_link
from analysis.evidence.ranks import summarise
from analysis.record import schema
from analysis.record.verdict import IntervalNull, judge, refuse
from analysis.record.withhold import without_numbers
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
    return require_convergence(
        fit["posterior"].to_dataset(), int(fit["sample_stats"]["diverging"].sum())
    )


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
    curves = path_curves(compiled, fit, inputs, rope)
    factor = bayes_factor.savage_dickey(curves, concentration)
    rho = summarise_link(fit, interval, rope)
    verdict = refuse(gate.reasons)
    if gate.converged:
        link = rho.mean, rho.lower, rho.upper, interval
        verdict = judge(
            factor.value, factor.mcse, *link, _null(curves, concentration, rope), factor.ceiling
        )
    found = DynamicFinding(
        converged=gate.converged,
        reasons=gate.reasons,
        rho=rho,
        quantities=tuple(_quantities(fit, interval)),
        log_bf_independent_linked=schema.BayesFactor(
            value=factor.value,
            mcse=factor.mcse,
            method="savage_dickey",
            ceiling=factor.ceiling,
            ceiling_mcse=_ceiling_error(fit, curves, concentration),
        ),
        savage_dickey=schema.LogFactor(value=factor.value, mcse=factor.mcse),
        signs=_signs(curves, concentration),
        quality_link_widths=_widths(curves, concentration),
        lags=lags,
        whole_less_given=_difference(rho, lags),
        verdict=verdict,
    )
    if gate.converged:
        return found
    return without_numbers(found).model_copy(
        update={
            "quantities": (),
            "quality_link_widths": (),
            "lags": (),
            "whole_less_given": None,
            "verdict": verdict,
        }
    )


def _ceiling_error(fit: xr.DataTree, curves: Curves, concentration: float) -> float:
    """Return half of what the ceiling moves with the posterior's spread one error either way."""
    ends = [
        bayes_factor.savage_dickey(
            replace(
                curves,
                information=np.full_like(
                    curves.information, information(fit, concentration, side)
                ),
            ),
            concentration,
        ).ceiling
        for side in (-1.0, 1.0)
    ]
    return 0.5 * abs(ends[1] - ends[0])


def _null(curves: Curves, concentration: float, rope: float) -> IntervalNull:
    """Weigh the interval null of β, which has the prior: where |β| is below a limit, |ρ| is."""
    within = bayes_factor.regions(curves, concentration, rope).within_beyond
    return IntervalNull(rope, concentration, within.value, within.mcse, "β")


def _signs(curves: Curves, concentration: float) -> LinkSigns:
    """Weigh the signs of β; no interval about 0 is among them."""
    # An interval must be named, and its factor is not taken.
    weighed = bayes_factor.regions(curves, concentration, 0.5).model_dump()
    return LinkSigns.model_validate({name: weighed[name] for name in LinkSigns.model_fields})


def _widths(curves: Curves, concentration: float) -> tuple[QualityLinkWidth, ...]:
    """Return the Bayes factor under other priors of β; the curves are of β, not of ρ."""
    return tuple(
        QualityLinkWidth.model_validate(
            {
                name.replace("rho", "quality_link"): value
                for name, value in one.model_dump().items()
                if not name.startswith("within_beyond")
            }
        )
        for one in bayes_factor.sweep(curves, concentration)
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


def _difference(
    rho: schema.LinkPosterior, lags: tuple[LagLink, ...]
) -> tuple[float, float] | None:
    """Return the whole fit's mean of ρ less that given the indicators, and its Monte Carlo error.

    None if lag 0 is not in the sweep, or did not converge there.
    """
    same = [one for one in lags if one.group == EVERY and one.lag == 0.0 and one.converged]
    if not same:
        return None
    return rho.mean - same[0].mean, float(np.hypot(rho.mcse, same[0].mcse))
