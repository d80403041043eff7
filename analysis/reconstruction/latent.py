"""What a latent-variable analysis of the same ratings and figures says.

The models are those of a run (:mod:`models.collapsed.build`): nothing is banded, suppressed
counts are intervals, noise on both sides is in the model, and both estimands are fitted. What is
reported of a fit that did not converge is that it did not.
"""

from typing import Any

import pandas as pd
import xarray as xr

from analysis.evidence.weigh import weigh
from analysis.reconstruction.config import LatentCase, ReconstructionConfig
from analysis.reconstruction.panel import latent_panel
from analysis.record.evidence import EstimandEvidence, Evidence
from data.panel import Progress, silent
from models.engine import fit_models
from models.requirements import require_fit


def analyse(
    panel: xr.Dataset, config: ReconstructionConfig, report: Progress = silent
) -> list[tuple[LatentCase, Evidence]]:
    """Fit every latent case and weigh the evidence.

    Parameters
    ----------
    panel
        As :func:`analysis.reconstruction.panel.historical_panel` gives it.
    config
        The cases, model and sampler.
    report
        Told of every step.

    Raises
    ------
    data.panel.PanelError
        If the files have no figure for one of the indicators, or the panel cannot be fitted.
    """
    section = config.latent
    # All are selected, and so checked, before the first is fitted.
    chosen = [(case, latent_panel(panel, config, case)) for case in section.cases]
    for _, own in chosen:
        require_fit(own, section.model)
    found = []
    for number, (case, own) in enumerate(chosen):
        report("latent-variable analyses", number, len(chosen))
        fits = fit_models(own, section.model, section.sampler, report)
        evidence = weigh(
            fits,
            interval=config.interval,
            top_share=config.top_share,
            simulated_panels=section.simulated_panels,
        )
        found.append((case, evidence))
    report("latent-variable analyses", len(chosen), len(chosen))
    return found


def latent_tables(
    found: list[tuple[LatentCase, Evidence]], config: ReconstructionConfig
) -> dict[str, pd.DataFrame]:
    """Put the evidence of all cases into tables by name.

    Returns
    -------
    dict
        ``latent``: a row for each case and estimand; ``latent_bands``: the study's table as the
        posterior has it; ``latent_chances``: what these data could have shown.
    """
    rows, bands, chances = [], [], []
    for case, evidence in found:
        years = case.years or config.unknown.years[0]
        for estimand, one in evidence.estimands.items():
            labels = {
                "indicators": case.indicators,
                "years": " ".join(map(str, years)),
                "directions": " ".join(f"{name}={way}" for name, way in case.direction.items()),
                "estimand": estimand,
            }
            rows.append(labels | _summary(evidence, one))
            if one.converged:
                bands += [labels | row.model_dump() for row in one.decile_table]
                chances += [labels | row.model_dump() for row in one.chances]
    frames = {"latent": rows, "latent_bands": bands, "latent_chances": chances}
    return {name: pd.DataFrame(table) for name, table in frames.items()}


def _summary(evidence: Evidence, one: EstimandEvidence) -> dict[str, Any]:
    """Summarise one estimand; what did not converge has no numbers."""
    facts = {
        "authorities": evidence.panel.authorities,
        "rated": evidence.panel.judged,
        "converged": one.converged,
        "reasons": "; ".join(one.reasons),
        "verdict": one.verdict.sentence,
    }
    if not one.converged:
        return facts
    factor = one.log_bf_independent_linked
    return facts | {
        **{name: getattr(one.rho, name) for name in ("mean", "sd", "lower", "upper", "mcse")},
        "probability": one.rho.probability,
        "log_bf_independent_linked": factor.value,
        "log_bf_independent_linked_mcse": factor.mcse,
        "log_bf_ceiling": factor.ceiling,
        "smallest_link": one.smallest_link.value,
    }
