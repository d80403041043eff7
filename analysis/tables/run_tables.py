"""The tables of a run, one CSV each; :mod:`analysis.tables.dictionary` explains their columns."""

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from analysis.evidence.composition import composition, with_others
from analysis.evidence.convergence import Convergence
from analysis.evidence.gradients import deprivation_gradients
from analysis.evidence.proportional_odds import applies, proportional_odds
from analysis.evidence.rank_uncertainty import authority_table, pair_table
from analysis.evidence.ranks import summarise
from analysis.evidence.summaries import FitSummaries
from analysis.record.evidence import Evidence
from analysis.record.withhold import blank_rows, blank_values
from analysis.tables.authorities import authority_indicators, authority_inspections
from data.coverage import count_cells, summarise_panel
from data.panel import GRADES
from models.fitted import Fit
from models.spec import ESTIMANDS


def run_tables(
    summaries: FitSummaries, evidence: Evidence, panel: xr.Dataset
) -> dict[str, pd.DataFrame]:
    """Build every table of a run by name.

    Parameters
    ----------
    summaries
        Of the run's fits.
    evidence, panel
        What was found, and from what.
    """
    fits, gates = summaries.trees, summaries.gates
    settings, primary = evidence.settings, evidence.settings.structure
    linked = {name: fit for name, fit in summaries.fits.items() if fit.linked}
    chosen: dict[str, Fit] = {
        fit.variant.estimand: fit for fit in linked.values() if fit.variant.structure == primary
    }
    # Ranks are of effectiveness by the indicators alone: draws given a link hold the judgement.
    alone = {name: fits[f"{primary}-{name}-independent"] for name in chosen}
    by_estimand = evidence.estimands.items()
    refused = {name for name, one in by_estimand if not one.converged}
    checked = {
        estimand: proportional_odds(
            fit.tree, settings.interval, summaries.seed(f"proportional odds, {estimand}")
        )
        for estimand, fit in chosen.items()
        if applies(fit) and estimand not in refused
    }
    authorities = _stacked(
        {
            estimand: authority_table(fit, settings.top_share, settings.interval)
            for estimand, fit in alone.items()
        }
    )
    untold = authorities["estimand"].isin(refused)
    return {
        "findings": findings(evidence),
        "authorities": blank_rows(authorities, untold, ("cells",)).assign(
            against_median=authorities["against_median"].mask(untold, "")
        ),
        "indicators": pd.concat(
            [_indicators(fit, gates[name], settings.interval) for name, fit in linked.items()],
            ignore_index=True,
        ),
        "link": pd.DataFrame([_link(name, fit, summaries) for name, fit in linked.items()]),
        **_alternatives(evidence),
        "decile_table": _stacked({name: _frame(one.decile_table) for name, one in by_estimand}),
        "top_decile_by_judgement": _stacked(
            {name: _frame(one.top_decile_by_judgement) for name, one in by_estimand}
        ),
        "model_comparison": _stacked({name: _frame(one.elpd) for name, one in by_estimand}),
        "judgement_scores": _stacked(
            {name: _frame(one.judgement_scores) for name, one in by_estimand}
        ),
        **_predicted(summaries, refused),
        **({"proportional_odds": _stacked(checked)} if checked else {}),
        "deprivation_gradients": _gradients(chosen, gates, settings.interval),
        "diagnostics": pd.DataFrame(
            [_diagnostics(name, fit, gates[name]) for name, fit in summaries.fits.items()]
        ),
        "coverage": count_cells(panel),
        "judgements": _judgements(panel),
        "joins": summarise_panel(panel).joins,
        "authority_indicators": authority_indicators(panel, settings.interval),
        "inspections": authority_inspections(panel),
    }


def run_pairs(fits: Mapping[str, xr.DataTree], evidence: Evidence) -> pd.DataFrame:
    """Tabulate every pair of authorities by the indicators alone, where the fits converged."""
    structure = evidence.settings.structure
    return _stacked(
        {
            estimand: pair_table(fits[f"{structure}-{estimand}-independent"])
            for estimand, one in evidence.estimands.items()
            if one.converged
        }
    )


def _gradients(
    chosen: dict[str, Fit], gates: dict[str, Convergence], interval: float
) -> pd.DataFrame:
    """Return the judgement's slope on deprivation from the fit that holds it equal."""
    fit = chosen["adjusted"]
    return deprivation_gradients(fit, gates[fit.variant.name], interval)


def findings(evidence: Evidence) -> pd.DataFrame:
    """Return a row an estimand; no number of one whose computation cannot be relied on."""
    table = evidence.to_frame().reset_index()
    shown = table["cause"].isin(["", "ceiling"])
    numbers = table.columns.drop(
        ["estimand", "converged", "verdict", "cause", "reasons", "sentence"]
    )
    return table.assign(**{str(name): table[name].where(shown) for name in numbers})


def _predicted(summaries: FitSummaries, refused: set[str]) -> dict[str, pd.DataFrame]:
    """Tabulate the judgements predicted when left out, and their calibration.

    Nothing of the estimands that are refused.
    """
    authorities, curves, regions = {}, {}, {}
    for estimand in (one for one in ESTIMANDS if one not in refused):
        predicted = summaries.judgements[estimand]
        if predicted is not None:
            authorities[str(estimand)] = predicted.authorities
            curves[str(estimand)] = predicted.calibration(
                summaries.seed(f"calibration, {estimand}")
            )
        by_region = summaries.regions[estimand]
        if not by_region.empty:
            regions[str(estimand)] = by_region
    named = {"predictions": authorities, "calibration": curves, "left_out_regions": regions}
    return {name: _stacked(tables) for name, tables in named.items() if tables}


def _stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put one table an estimand below the other."""
    if not tables:
        return pd.DataFrame(columns=["estimand"])
    return pd.concat(
        [table.assign(estimand=name) for name, table in tables.items()], ignore_index=True
    ).pipe(lambda whole: whole[["estimand", *whole.columns.drop("estimand")]])


def _frame(records: tuple[object, ...]) -> pd.DataFrame:
    """Return records as a table."""
    return pd.DataFrame([record.model_dump() for record in records])  # type: ignore[attr-defined]


def _indicators(fit: Fit, gate: Convergence, interval: float) -> pd.DataFrame:
    """Return what effectiveness is made of in one fit; no number unless it converged."""
    made = composition(fit.tree)
    others = with_others(fit)
    labels = fit.constant_data
    rows = []
    for at, indicator in enumerate(made["indicator"].values):
        row = {
            "estimand": fit.variant.estimand,
            "structure": fit.variant.structure,
            "indicator": indicator,
            "title": str(labels["indicator_title"].values[at]),
            "domain": str(labels["domain"].values[at]),
        }
        for quantity in ("correlation", "noise_share"):
            summary = summarise(made[quantity].isel(indicator=at).values, interval)
            row[quantity] = summary.pop("mean")
            row |= {f"{quantity}_{name}": value for name, value in summary.items()}
        if others is not None:
            summary = summarise(others[0].isel(indicator=at).values, interval)
            row["others"] = summary.pop("mean")
            row |= {f"others_{name}": value for name, value in summary.items()}
            row["if_independent"] = float(others[1].isel(indicator=at))
        rows.append(row if gate.converged else blank_values(row))
    return pd.DataFrame(rows)


def _link(name: str, fit: Fit, summaries: FitSummaries) -> dict[str, object]:
    """Summarise the link of one fit; where it did not converge, its diagnostics alone."""
    gate, told = summaries.gates[name], summaries.links[name].model_dump()
    return {
        "estimand": fit.variant.estimand,
        "structure": fit.variant.structure,
        "model": fit.variant.link,
        **(told if gate.converged else blank_values(told)),
        "converged": gate.converged,
    }


def _alternatives(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Tabulate the link under other assumptions, where it was asked for."""
    rows = []
    for estimand, one in evidence.estimands.items():
        for other in one.alternatives:
            row: dict[str, object] = {
                "estimand": estimand,
                **other.model_dump(exclude={"rho", "savage_dickey", "parameters", "reasons"}),
                "reasons": "; ".join(other.reasons),
            }
            if other.rho is not None and other.savage_dickey is not None:
                row |= other.rho.model_dump()
                row |= {
                    "log_bf_savage_dickey": other.savage_dickey.value,
                    "log_bf_savage_dickey_mcse": other.savage_dickey.mcse,
                }
            rows.append(row)
    return {"alternatives": pd.DataFrame(rows)} if rows else {}


def _diagnostics(name: str, fit: Fit, gate: Convergence) -> dict[str, object]:
    """Return the worst figures of one fit."""
    return {
        "fit": name,
        "estimand": fit.variant.estimand,
        "structure": fit.variant.structure,
        "model": fit.variant.link,
        "divergences": gate.divergences,
        "max_rhat": gate.table["rhat"].max(),
        "min_ess_bulk": gate.table["ess_bulk"].min(),
        "min_ess_tail": gate.table["ess_tail"].min(),
        "worst": gate.table["ess_bulk"].idxmin(),
        "seconds": fit.seconds,
        "converged": gate.converged,
    }


def _judgements(panel: xr.Dataset) -> pd.DataFrame:
    """Count overall judgements by year of inspection and grade, one row each."""
    counts = summarise_panel(panel).judgements[list(GRADES)].reset_index()
    return counts.melt("year", var_name="grade", value_name="inspections")
