"""One specification's result: what ``evidence.json`` of its folder says, as a row of the table."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from analysis.files.read_table import reading
from analysis.sensitivity.grid import Tier
from models.spec import Estimand

EVIDENCE_FILE = "evidence.json"


class SpecificationFinding(BaseModel):
    """What one fit of one specification found; None for every number if it did not converge.

    Attributes
    ----------
    tier
        ``laplace``, the screen; ``nuts``, sampled.
    estimand
        What was estimated.
    rho_mean, rho_sd, rho_lower, rho_upper, rho_mcse
        Posterior of the link, its interval, and the Monte Carlo error of its mean (None for the
        screen, which draws nothing).
    log_bf, log_bf_mcse, log_bf_ceiling
        Natural log of the Bayes factor for no link by Savage-Dickey, its Monte Carlo error, and
        the largest that these data could have given.
    within_beyond, within_beyond_mcse, rope, link_prior
        Natural log of the Bayes factor for |ρ| below the ROPE's limit against beyond it, its
        Monte Carlo error, that limit, and κ of the prior of ρ.
    elpd_difference, elpd_difference_se
        Of leave-one-judgement-out prediction of the judgements, with the link less without it;
        None for the screen, or where importance weights cannot be relied on.
    converged
        Whether the convergence gate was passed; None for the screen, which has none.
    reasons
        Why not.
    rhat, ess, divergences
        Largest R-hat and smallest effective sample size of any reported quantity.
    modes
        Maxima that the screen's climbs reached (:mod:`models.multistart`).
    authorities, judged, indicators, years
        What was fitted to.
    seconds, compile_seconds
        Of the processor: of this specification, input and output included; and of loading
        libraries and compiling, if it was the first of its structure on its worker.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: Tier
    estimand: Estimand
    rho_mean: float | None = None
    rho_sd: float | None = None
    rho_lower: float | None = None
    rho_upper: float | None = None
    rho_mcse: float | None = None
    log_bf: float | None = None
    log_bf_mcse: float | None = None
    log_bf_ceiling: float | None = None
    within_beyond: float | None = None
    within_beyond_mcse: float | None = None
    rope: float | None = None
    link_prior: float | None = None
    elpd_difference: float | None = None
    elpd_difference_se: float | None = None
    converged: bool | None = None
    reasons: tuple[str, ...] = ()
    rhat: float | None = None
    ess: float | None = None
    divergences: int | None = None
    modes: int | None = None
    authorities: int
    judged: int
    indicators: int
    years: int
    seconds: float = 0.0
    compile_seconds: float = 0.0


def write_found(found: SpecificationFinding, facts: dict[str, Any], folder: Path) -> None:
    """Write a specification's evidence and diagnostics.

    The keys are those of a run's ``evidence.json``, as far as one fit has them.
    """
    estimand = {
        "converged": found.converged,
        "reasons": list(found.reasons),
        "rho": {
            "mean": found.rho_mean,
            "sd": found.rho_sd,
            "lower": found.rho_lower,
            "upper": found.rho_upper,
            "mcse": found.rho_mcse,
        },
        "log_bf_independent_linked": {
            "value": found.log_bf,
            "mcse": found.log_bf_mcse,
            "method": "nested_laplace" if found.tier == "laplace" else "savage_dickey",
            "ceiling": found.log_bf_ceiling,
        },
    }
    evidence = {
        "panel": facts,
        "estimands": {found.estimand: estimand},
        "specification": found.model_dump(mode="json"),
    }
    (folder / EVIDENCE_FILE).write_text(json.dumps(evidence, indent=2), "utf-8")
    diagnostics = found.model_dump(
        mode="json",
        include={
            "converged",
            "reasons",
            "rhat",
            "ess",
            "divergences",
            "modes",
            "seconds",
            "compile_seconds",
        },
    )
    (folder / "diagnostics.json").write_text(
        json.dumps({f"{found.estimand}-linked": diagnostics}, indent=2), "utf-8"
    )


def read_found(folder: Path) -> SpecificationFinding:
    """Read what :func:`write_found` wrote."""
    with reading(folder / EVIDENCE_FILE):
        evidence = json.loads((folder / EVIDENCE_FILE).read_text("utf-8"))
        return SpecificationFinding.model_validate(evidence["specification"])


Verdict = Literal["for", "against", "inconclusive", "unconverged", "failed"]
