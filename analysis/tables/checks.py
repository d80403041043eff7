"""The tables of a run that check it: fit, controls, and how far results move with the priors.

Only of the collapsed engine's fits, of structures with a single link, one judgement an authority;
other runs have fewer of these tables, or none. Nothing is in them of an estimand whose fits did
not converge.
"""

import pandas as pd

from analysis.evidence.controls import controls
from analysis.evidence.leave_one_out_pit import pit_table
from analysis.evidence.posterior_predictive import posterior_predictive
from analysis.evidence.prior_sensitivity import power_scaling, reliability_sweep
from analysis.evidence.summaries import FitSummaries, models_of
from analysis.record.evidence import Evidence
from data.panel import Progress, silent
from models.inputs import ModelInputs
from models.replicate import replicate
from models.spec import ESTIMANDS, Estimand
from models.traits import STRUCTURE_TRAITS

REPLICATES = 400


def check_tables(
    summaries: FitSummaries,
    evidence: Evidence,
    inputs: ModelInputs,
    report: Progress = silent,
) -> dict[str, pd.DataFrame]:
    """Build the tables that check a run, by name.

    Parameters
    ----------
    summaries
        Of the run's fits.
    evidence, inputs
        What was found, and what was fitted to.
    report
        Called for each estimand.
    """
    spec, fits = summaries.spec, summaries.fits
    engine = summaries.first.engine_traits
    sampled = engine.integrated and not engine.screens
    if not STRUCTURE_TRAITS[spec.structure].single_link or not sampled:
        return {}
    settings = evidence.settings
    found: dict[str, dict[Estimand, pd.DataFrame]] = {}
    converged = [one for one in ESTIMANDS if evidence.estimands[one].converged]
    for place, estimand in enumerate(converged):
        report("checking the fits", place, len(converged))
        used = models_of(spec, estimand)
        linked = fits[used["linked"]]
        own = {
            "prior_sensitivity": power_scaling(linked),
            "reliability_sweep": reliability_sweep(linked, settings.interval),
            "link_prior_sweep": pd.DataFrame(
                [one.model_dump() for one in evidence.estimands[estimand].prior_widths]
            ),
        }
        latest = summaries.first.judged_once and not spec.identical
        # Replicates are of other authorities, whose neighbours nobody knows.
        latest = latest and spec.spatial == "none"
        latest = latest and spec.effect_spread == "equal"
        if latest and spec.deprivation_form == "linear":
            drawn = replicate(
                linked,
                inputs,
                REPLICATES,
                seed=summaries.seed(f"posterior predictive, {estimand}"),
            )
            predicted = summaries.predicted[used["linked"]]
            said = None if predicted is None else predicted.forecast.draws
            own |= {
                "posterior_predictive": posterior_predictive(
                    inputs, drawn, settings.top_share, settings.interval
                ),
                "leave_one_out_pit": pit_table(
                    linked,
                    inputs,
                    summaries.scores[used["linked"]],
                    said,
                    summaries.seed(f"places between grades, {estimand}"),
                ),
                "controls": controls(
                    fits[used["independent"]],
                    fits[used["deprivation_only"]],
                    settings.interval,
                    summaries.seed(f"deals, {estimand}"),
                ),
            }
        for name, table in own.items():
            found.setdefault(name, {})[estimand] = table.assign(estimand=estimand)
    report("checking the fits", len(converged), len(converged))
    return {
        name: pd.concat(list(tables.values()), ignore_index=True).pipe(
            lambda whole: whole[["estimand", *whole.columns.drop("estimand")]]
        )
        for name, tables in found.items()
    }
