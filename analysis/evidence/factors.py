"""The Bayes factors of one estimand, gathered from its fits into the record's form."""

from dataclasses import dataclass
from typing import Any

from analysis.evidence import bayes_factor
from analysis.evidence.bayes_factor import disagreement
from analysis.evidence.curves import link_curves
from analysis.record import schema
from analysis.record.schema import LogFactor
from models.bridge import BridgeError, BridgeEstimate
from models.fitted import Fit
from models.marginal import stored


@dataclass(frozen=True, slots=True, eq=False)
class WeighedLink:
    """What the Bayes factors say, and why they cannot be relied on if they cannot.

    Attributes
    ----------
    record
        Keys of :class:`analysis.record.evidence.EstimandEvidence`.
    conditional
        Savage-Dickey's Bayes factor, with its ceiling and the information on ρ at 0.
    faults
        Bridge sampling that failed, or two methods that disagree.
    """

    record: dict[str, Any]
    conditional: bayes_factor.LogBayesFactor
    faults: tuple[str, ...]


def weigh_link(fits: dict[str, Fit], concentration: float, rope: float) -> WeighedLink:
    """Weigh no link against a link, by bridge sampling and by Savage-Dickey.

    Where the engine gives no marginal likelihoods with errors (``joint``), or bridge sampling
    failed, Savage-Dickey stands alone.

    Parameters
    ----------
    fits
        By model: ``linked``, ``independent`` and others of the same estimand.
    concentration
        κ of the prior of ρ.
    rope
        Links smaller than this count as practically none.
    """
    curves = link_curves(fits["linked"], (-rope, 0.0, rope))
    conditional = bayes_factor.savage_dickey(curves, concentration)
    beside = LogFactor(value=conditional.value, mcse=conditional.mcse)
    marginals, faults = _marginals(fits)
    headline, method = beside, "savage_dickey"
    if {"linked", "independent"} <= set(marginals):
        headline = bayes_factor.by_bridge(marginals["independent"], marginals["linked"])
        method, faults = "bridge", faults + disagreement(headline, beside)
    identical = None
    if {"identical", "independent"} <= set(marginals):
        identical = bayes_factor.by_bridge(marginals["independent"], marginals["identical"])
    return WeighedLink(
        record={
            "log_bf_independent_linked": schema.BayesFactor(
                value=headline.value,
                mcse=headline.mcse,
                method=method,
                ceiling=conditional.ceiling,
                ceiling_mcse=conditional.ceiling_mcse,
            ),
            "savage_dickey": beside,
            "log_bf_independent_identical": identical,
            "regions": bayes_factor.regions(curves, concentration, rope),
            "prior_widths": bayes_factor.sweep(curves, concentration, rope),
            "marginal_likelihoods": tuple(
                schema.MarginalLikelihood(
                    model=model,
                    value=one.value,
                    mcse=one.error,
                    method=one.method,
                    repeats=one.repeats,
                )
                for model, one in marginals.items()
            ),
        },
        conditional=conditional,
        faults=faults,
    )


def _marginals(
    fits: dict[str, Fit],
) -> tuple[dict[str, BridgeEstimate], tuple[str, ...]]:
    """Read the fits' marginal likelihoods, and why some have none."""
    found, faults = {}, []
    for model, fit in fits.items():
        try:
            marginal = stored(fit.tree)
        except BridgeError as error:
            faults.append(f"bridge sampling of {model}: {error}")
        else:
            if marginal is not None:
                found[model] = marginal
    return found, tuple(faults)
