"""The tables of a run, one CSV each, and the dictionary of their columns."""

import pandas as pd
import xarray as xr

from analysis.authority_tables import authority_indicators, authority_inspections
from analysis.evidence.composition import composition
from analysis.evidence.convergence import Convergence
from analysis.evidence.gradients import deprivation_gradients
from analysis.evidence.proportional_odds import applies, proportional_odds
from analysis.evidence.ranks import summarise
from analysis.evidence.record import Evidence
from analysis.evidence.standings import authority_table, pair_table
from analysis.evidence.weigh import summarise_link
from data.coverage import count_cells, summarise_panel
from data.panel import GRADES

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
    "log_bf_savage_dickey": "the same logarithm by the Savage-Dickey ratio",
    "probability_rope": "posterior probability that the link is practically none",
    "estimand": "concordance (as they stand) or adjusted (at equal deprivation)",
    "structure": "what effectiveness is: composite or one_factor",
    "model": "linked, independent or deprivation_only",
    "link": "linked, independent or deprivation_only",
    "fit": "name of the fit's file in fits/",
    "authority": "ONS code of the authority (invented in simulated panels)",
    "name": "name of the authority",
    "title": "plain name of the indicator",
    "domain": "part of the service that the indicator describes",
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
    "noise_share": "share of the spread between authorities in a year that is sampling noise or "
    "particular to the year",
    "band": "bottom, middle or top of effectiveness",
    "mean": "posterior mean",
    "sd": "posterior standard deviation",
    "lower": "lower end of the central interval",
    "upper": "upper end of the central interval",
    "mcse": "Monte Carlo standard error of the mean",
    "independent": "count expected if there were no link",
    "probability": "posterior probability (link: of a positive link; top: of being in the top; "
    "pairs: that the authority is more effective than the other)",
    "elpd": "expected log predictive density of the judgement, authorities left out whole",
    "difference": "elpd less that of the best model",
    "weight": "stacking weight",
    "pareto_k_max": "largest Pareto k of the importance weights",
    "pareto_k_high": "authorities whose Pareto k is too high to rely on",
    "rhat": "rank-normalised split R-hat",
    "ess_bulk": "bulk effective sample size",
    "ess_tail": "tail effective sample size",
    "divergences": "divergent transitions after adaptation",
    "seconds": "wall time of sampling",
    "observed": "authorities with a published value",
    "suppressed": "authorities with a suppressed value",
    "missing": "authorities with no value",
    "inspections": "inspections that started in the year with the grade",
    "direction": "which way is better: higher, lower or contested",
    "unit": "unit of the value and of what is beside it",
    "year": "year ending 31 March",
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
    "pooled_mean": "posterior mean of the indicator's slope, pooled in part with the others",
    "authorities": "authorities that entered",
    "cut": "which grades a probit tells apart, or the last slope less the first",
    "slope": "of that probit on effectiveness as the indicators show it, in the data; mean and "
    "interval beside it are of grades that the model itself draws",
    "readings": "inspections of the framework that entered",
    "quantity": "slope on deprivation, or a bend of its spline; of plain regressions slope "
    "(probit, or log odds, for a standard deviation of the composite), correlation (the "
    "slope on the scale of the link), mean_slope and spread of the indicators' slopes, "
    "authority_sd, year_sd and authority_share of the multilevel model",
    "observations": "authorities, or inspections, that entered",
}


def run_tables(
    fits: dict[str, xr.DataTree],
    gates: dict[str, Convergence],
    evidence: Evidence,
    panel: xr.Dataset,
) -> dict[str, pd.DataFrame]:
    """Build every table of a run by name."""
    settings, primary = evidence.settings, evidence.settings.structure
    linked = {name: fit for name, fit in fits.items() if fit.attrs["link"] == "linked"}
    chosen = {
        fit.attrs["estimand"]: fit for fit in linked.values() if fit.attrs["structure"] == primary
    }
    by_estimand = evidence.estimands.items()
    checked = {
        estimand: proportional_odds(fit, settings.interval)
        for estimand, fit in chosen.items()
        if applies(fit)
    }
    return {
        "findings": findings(evidence),
        "authorities": _stacked(
            {
                estimand: authority_table(fit, settings.top_share, settings.interval)
                for estimand, fit in chosen.items()
            }
        ),
        "pairs": _stacked({estimand: pair_table(fit) for estimand, fit in chosen.items()}),
        "indicators": pd.concat(
            [_indicators(fit, settings.interval) for fit in linked.values()], ignore_index=True
        ),
        "link": pd.DataFrame([_link(fit, gates[name], evidence) for name, fit in linked.items()]),
        "decile_table": _stacked({name: _frame(one.decile_table) for name, one in by_estimand}),
        "top_decile_by_judgement": _stacked(
            {name: _frame(one.top_decile_by_judgement) for name, one in by_estimand}
        ),
        "model_comparison": _stacked({name: _frame(one.elpd) for name, one in by_estimand}),
        **({"proportional_odds": _stacked(checked)} if checked else {}),
        "deprivation_gradients": _gradients(chosen, gates, settings.interval),
        "diagnostics": pd.DataFrame(
            [_diagnostics(name, fit, gates[name]) for name, fit in fits.items()]
        ),
        "coverage": count_cells(panel),
        "judgements": _judgements(panel),
        "joins": summarise_panel(panel).joins,
        "authority_indicators": authority_indicators(panel, settings.interval),
        "inspections": authority_inspections(panel),
    }


def _gradients(
    chosen: dict[str, xr.DataTree], gates: dict[str, Convergence], interval: float
) -> pd.DataFrame:
    """Give the judgement's slope on deprivation from the fit that holds it equal."""
    fit = chosen["adjusted"]
    name = f"{fit.attrs['structure']}-adjusted-{fit.attrs['link']}"
    return deprivation_gradients(fit, gates[name], interval)


def findings(evidence: Evidence) -> pd.DataFrame:
    """Give a row an estimand; no number of one whose computation cannot be relied on."""
    table = evidence.to_frame().reset_index()
    shown = table["cause"].isin(["", "ceiling"])
    numbers = table.columns.drop(
        ["estimand", "converged", "verdict", "cause", "reasons", "sentence"]
    )
    return table.assign(**{str(name): table[name].where(shown) for name in numbers})


def dictionary(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """List every column of every table with its meaning."""
    rows = [
        {"table": name, "column": column, "meaning": _meaning(str(column))}
        for name, table in tables.items()
        for column in table.columns
    ]
    return pd.DataFrame(rows)


def _meaning(column: str) -> str:
    """Explain a column, by itself or by what its suffix says of another."""
    if column in DICTIONARY:
        return DICTIONARY[column]
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


def _stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put one table an estimand below the other."""
    return pd.concat(
        [table.assign(estimand=name) for name, table in tables.items()], ignore_index=True
    ).pipe(lambda whole: whole[["estimand", *whole.columns.drop("estimand")]])


def _frame(records: tuple[object, ...]) -> pd.DataFrame:
    """Give records as a table."""
    return pd.DataFrame([record.model_dump() for record in records])  # type: ignore[attr-defined]


def _indicators(fit: xr.DataTree, interval: float) -> pd.DataFrame:
    """Say what effectiveness is made of in one fit."""
    made = composition(fit)
    labels = fit["constant_data"].to_dataset()
    rows = []
    for at, indicator in enumerate(made["indicator"].values):
        row = {
            "estimand": fit.attrs["estimand"],
            "structure": fit.attrs["structure"],
            "indicator": indicator,
            "title": str(labels["indicator_title"].values[at]),
            "domain": str(labels["domain"].values[at]),
        }
        for quantity in ("correlation", "noise_share"):
            summary = summarise(made[quantity].isel(indicator=at).values, interval)
            row[quantity] = summary.pop("mean")
            row |= {f"{quantity}_{name}": value for name, value in summary.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def _link(fit: xr.DataTree, gate: Convergence, evidence: Evidence) -> dict[str, object]:
    """Summarise the link of one fit, with whether it converged."""
    link = summarise_link(fit, evidence.settings.interval, evidence.settings.rope)
    return {
        "estimand": fit.attrs["estimand"],
        "structure": fit.attrs["structure"],
        "model": fit.attrs["link"],
        **link.model_dump(),
        "converged": gate.converged,
    }


def _diagnostics(name: str, fit: xr.DataTree, gate: Convergence) -> dict[str, object]:
    """Give the worst figures of one fit."""
    return {
        "fit": name,
        "estimand": fit.attrs["estimand"],
        "structure": fit.attrs["structure"],
        "model": fit.attrs["link"],
        "divergences": gate.divergences,
        "max_rhat": gate.table["rhat"].max(),
        "min_ess_bulk": gate.table["ess_bulk"].min(),
        "min_ess_tail": gate.table["ess_tail"].min(),
        "worst": gate.table["ess_bulk"].idxmin(),
        "seconds": fit.attrs["seconds"],
        "converged": gate.converged,
    }


def _judgements(panel: xr.Dataset) -> pd.DataFrame:
    """Count overall judgements by year of inspection and grade, one row each."""
    counts = summarise_panel(panel).judgements[list(GRADES)].reset_index()
    return counts.melt("year", var_name="grade", value_name="inspections")
