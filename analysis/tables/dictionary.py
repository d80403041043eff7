"""What every column of every table of a run means."""

from collections.abc import Mapping

import pandas as pd

from analysis.tables.figure_dictionary import MEANINGS

DICTIONARY: dict[str, str] = {
    "converged": "whether the fit converged, or every fit that the estimand rests on",
    "verdict": "code of the verdict",
    "cause": "why it is refused: diagnostics, bayes_factor (no number is given) or ceiling",
    "reasons": "what the computation failed",
    "sentence": "the verdict in words",
    "elpd_best": "the model that predicts judgements best",
    "elpd_linked_difference": "elpd of the linked model less that of the best",
    "above_median": "authorities whose rank's interval lies above the median rank",
    "below_median": "authorities whose rank's interval lies below it",
    "log_bf_independent_linked": "natural logarithm of the Bayes factor for no link",
    "log_bf_mcse": "its Monte Carlo standard error",
    "log_bf_ceiling": "the most that it could have been with data of this kind",
    "log_bf_ceiling_mcse": "Monte Carlo standard error of the ceiling",
    "log_bf_savage_dickey": "the same logarithm by the Savage-Dickey ratio",
    "probability_rope": "posterior probability that the link is practically none",
    "estimand": "concordance (as they stand), adjusted (at equal deprivation) or predictive "
    "(after the inspection given before it, at equal deprivation)",
    "structure": "what effectiveness is: composite or one_factor",
    "model": "linked, independent or deprivation_only",
    "link": "linked, independent or deprivation_only",
    "fit": "name of the fit's file in fits/",
    "authority": "ONS code of the authority (invented in simulated panels)",
    "name": "name of the authority",
    "title": "plain name of the indicator",
    "domain": "part of the service that the indicator describes",
    "aspect": "outcomes, process or workforce (the domain where a panel names none); slopes are "
    "pooled within it; empty where none are pooled",
    "indicator": "catalogue id of the indicator",
    "judgement": "grade of the latest overall judgement; empty where there is none",
    "inspection_start": "date of that inspection, ISO 8601",
    "effectiveness": "posterior mean of effectiveness, standard deviations across authorities",
    "rank": "posterior mean of the rank; 1 is the most effective",
    "rank_optimal": "best whole rank under squared error: the rank of the mean rank; its interval "
    "is that of rank",
    "percentile": "posterior mean percentile, 100 (n + 1 - rank)/(n + 1); higher is better",
    "percentile_optimal": "the percentile of rank_optimal",
    "against_median": "above or below where the rank's interval excludes the median rank; empty "
    "where the data do not tell",
    "other": "ONS code of the authority that it is compared with",
    "probability_top": "posterior probability of being among the top share",
    "probability_bottom": "posterior probability of being among the bottom share",
    "cells": "indicator-years that entered the fit",
    "correlation": "correlation of the indicator's lasting effect (more is better) with "
    "effectiveness; standardised loading for one_factor",
    "others": "correlation of the indicator's lasting effect with the composite of the other "
    "indicators",
    "if_independent": "correlation that the indicator would have with the composite that it is a "
    "part of, were all indicators independent",
    "indicator_elpd_difference": "elpd of the indicators of authorities left out, less that of "
    "the headline's model",
    "judgement_elpd_difference": "elpd of judgements left out, less that of the headline's model",
    "noise_share": "share of the spread between authorities in a year that is sampling noise or "
    "particular to the year",
    "band": "bottom, middle or top of effectiveness",
    "mean": "posterior mean",
    "sd": "posterior standard deviation",
    "lower": "lower end of the central interval",
    "upper": "upper end of the central interval",
    "mcse": "Monte Carlo standard error of the mean",
    "independent": "count expected if there were no link",
    "within_beyond": "natural logarithm of the Bayes factor for |ρ| below the ROPE's limit "
    "against beyond it",
    "within_beyond_mcse": "its Monte Carlo standard error",
    "no_link_lower": "lower end of the same quantity's interval in replicates without a link",
    "no_link_upper": "upper end of that interval",
    "no_link_probability": "how often replicates without a link are as far out, either side",
    "no_link_probability_mcse": "its Monte Carlo standard error",
    "probability": "posterior probability (link: of a positive link; top: of being in the top; "
    "pairs: that the authority is more effective than the other; predictive: that the coefficient "
    "is above 0)",
    "elpd": "expected log predictive density of judgements left out, given the indicators",
    "difference": "elpd less that of the best model",
    "weight": "stacking weight",
    "pareto_k_max": "largest Pareto k of the importance weights",
    "pareto_k_high": "authorities whose Pareto k is too high to rely on",
    "forecast": "linked, independent, deprivation_only; grade_shares (shares of the grades "
    "among the others); same_as_last_time",
    "cases": "judgements that were forecast",
    "log_score": "log probability of the judgement that came; high is good",
    "ranked_probability_score": "ranked probability score of that forecast; low is good",
    "log_score_difference": "mean log score less that of the linked model",
    "ranked_probability_score_difference": "mean ranked probability score less that of the "
    "linked model",
    "miscalibration": "what recalibration would take off the mean ranked probability score",
    "miscalibration_expected": "what it would take off that of a calibrated forecast, in the mean",
    "miscalibration_se": "standard deviation of what it would take off a calibrated forecast's",
    "miscalibration_p": "how often a calibrated forecast's would be as large",
    "discrimination": "what the recalibrated forecast takes off the score of the grades' shares",
    "uncertainty": "mean ranked probability score of the grades' own shares",
    "region": "region of the authority; in left_out_regions the one left out",
    "authorities": "judged authorities that the row is about, or that entered",
    "check": "what is compared: spread, adjacent, ends, correlation, decile, mean_score or grade "
    "(analysis/evidence/posterior_predictive.py explains each)",
    "quantity": "what the row is about",
    "p": "posterior predictive p-value: share of replicates above the data's value",
    "ecdf_p": "p-value of uniformity by the ECDF's simultaneous band",
    "chi_square_p": "p-value of uniformity by chi-square",
    "adjusted": "ecdf_p adjusted for the number of quantities (Holm)",
    "outside": "whether the ECDF leaves its own 95% band",
    "bias": "mean of the transforms' normal scores, in its standard errors",
    "spread": "variance of the transforms' normal scores; above 1 predictions are too narrow",
    "control": "positive (must be found) or negative (must not)",
    "wanted": "what the control asks for",
    "passed": "whether it came, two Monte Carlo errors allowed",
    "group": "prior or likelihood; predictive: indicators that effectiveness is composed of, all, "
    "outcomes, process or workforce",
    "indicators": "how many indicators that is",
    "part": "which part of it is scaled",
    "sensitivity": "power-scaling sensitivity; 0.05 and above counts as sensitive",
    "diagnosis": "what the quantity's largest sensitivities say together",
    "reliability_mean": "prior mean of the reliability of one judgement",
    "reliability": "its posterior mean",
    "quality_link": "posterior mean of the link with quality itself, rho over the root of the "
    "reliability",
    "concentration": "kappa of the stretched Beta prior of rho",
    "ceiling": "log of the largest Bayes factor for no link that was possible under it",
    "rho_mean": "posterior mean of rho under it",
    "p_0": "probability of Inadequate with the judgement left out",
    "p_1": "probability of Requires improvement",
    "p_2": "probability of Good",
    "p_3": "probability of Outstanding",
    "indicators_elpd": "log predictive density of the indicators of the authority or region left "
    "out whole",
    "indicators_elpd_mcse": "its Monte Carlo standard error",
    "indicators_rhat": "largest R-hat of the log likelihoods in the refit that gave it",
    "indicators_pareto_k": "Pareto k of the weights behind it; empty where refitted",
    "indicators_refitted": "whether it is that of an exact refit",
    "pareto_k": "Pareto k of the weights that leave the judgement out; empty where a refit took "
    "their place",
    "refitted": "whether the judgement's scores are those of an exact refit",
    "threshold": "the event is this grade or better",
    "said": "probability that was forecast",
    "recalibrated": "probability that a calibrated forecaster would have said",
    "rhat": "rank-normalised split R-hat",
    "ess_bulk": "bulk effective sample size",
    "ess_tail": "tail effective sample size",
    "divergences": "divergent transitions after adaptation",
    "seconds": "wall time of sampling",
    "observed": "authorities with a published value; in posterior_predictive the data's value",
    "suppressed": "authorities with a suppressed value",
    "missing": "authorities with no value",
    "inspections": "inspections that started in the year with the grade",
    "direction": "which way is better: higher, lower or contested",
    "unit": "unit of the value and of what is beside it",
    "year": "year by the publisher's label; ending 31 March for most indicators",
    "period": "what a figure of the year covers, from the catalogue",
    "status": "observed, suppressed (only an interval is known), low (about zero), or why missing",
    "value": "the published figure of the authority, counts as a proportion; empty if suppressed",
    "value_lower": "lower end of Jeffreys' interval of the value; empty for rates without counts",
    "value_upper": "upper end of Jeffreys' interval of the value; empty for rates without counts",
    "tenth": "tenth percentile of the authorities' values that year",
    "median": "median of the authorities' values that year",
    "ninetieth": "ninetieth percentile of the authorities' values that year",
    "publication": "date of the inspection's report, ISO 8601",
    "framework": "framework of the inspection: ILACS, or SIF before it",
    "inspection_type": "type of the inspection within its framework",
    "overall": "grade of the overall judgement; empty where none was given",
    "leadership": "grade of the judgement on leadership",
    "help_and_protection": "grade of the judgement on help and protection",
    "in_care": "grade of the judgement on children in care",
    "care_leavers": "grade of the judgement on care leavers",
    "pooled_mean": "posterior mean of the indicator's slope, pooled in part with the others of "
    "its aspect; empty where there are none",
    "cut": "which grades a probit tells apart, the last slope less the first, or all cutpoints "
    "together (its slope is the score statistic T)",
    "departure": "score of a cutpoint's own slope against the common one, standard deviations",
    "slope": "of that probit on effectiveness as the indicators show it, in the data; mean and "
    "interval beside it are of grades that the model itself draws",
    "readings": "inspections of the framework that entered",
    "observations": "authorities, or inspections, that entered",
}


def dictionary(
    tables: dict[str, pd.DataFrame], meanings: Mapping[str, str] = DICTIONARY
) -> pd.DataFrame:
    """List every column of every table with its meaning; ``meanings`` by column."""
    rows = [
        {
            "table": name,
            "column": column,
            "meaning": MEANINGS.get((name, str(column))) or _meaning(str(column), meanings),
        }
        for name, table in tables.items()
        for column in table.columns
    ]
    return pd.DataFrame(rows)


def _meaning(column: str, meanings: Mapping[str, str]) -> str:
    """Explain a column, by itself or by what its suffix says of another."""
    if column in meanings:
        return meanings[column]
    suffixes = {
        "_lower": "lower end of the central interval of ",
        "_upper": "upper end of the central interval of ",
        "_mcse": "Monte Carlo standard error of ",
        "_se": "standard error of ",
    }
    for suffix, words in suffixes.items():
        if column.endswith(suffix):
            return words + column.removesuffix(suffix)
    return column.replace("_", " ")
