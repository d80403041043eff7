"""Every table behind a figure, from the fits of one run."""

from pathlib import Path

import pandas as pd
import xarray as xr

from analysis.figure_tables.beliefs import prior_posterior
from analysis.figure_tables.deprivation import (
    deprivation_curves,
    deprivation_points,
    judgement_shares,
)
from analysis.figure_tables.grades import effectiveness_by_judgement, grade_checks
from data.panel import GRADES

FIGURE_TABLES = (
    *("effectiveness_by_judgement", "grade_checks", "left_out", "prior_posterior"),
    *("deprivation_points", "deprivation_curves", "deprivation_shares", "judgement_paths"),
)


def figure_tables(
    fits: dict[str, xr.DataTree],
    converged: dict[str, bool],
    panel: xr.Dataset,
    *,
    structure: str,
    interval: float,
) -> dict[str, pd.DataFrame]:
    """Compute the tables of :data:`FIGURE_TABLES` that the fits allow.

    Parameters
    ----------
    fits
        By name, ``STRUCTURE-ESTIMAND-LINK``.
    converged
        Of each fit, by name; nothing is computed from one that did not.
    panel
        The panel as fitted.
    structure
        The primary structure.
    interval
        Probability of every interval.
    """
    sound = {name: fit for name, fit in fits.items() if converged[name]}
    linked = {
        estimand: sound[f"{structure}-{estimand}-linked"]
        for estimand in ("concordance", "adjusted")
        if f"{structure}-{estimand}-linked" in sound
    }
    tables = {
        "effectiveness_by_judgement": _stacked(
            {one: effectiveness_by_judgement(fit, interval) for one, fit in linked.items()}
        ),
        "grade_checks": _stacked(
            {
                one: grade_checks(fit, interval)
                for one, fit in linked.items()
                if "effectiveness_mean" in fit["posterior"]
            }
        ),
        "left_out": _stacked(_left_out(sound, linked, structure)),
        "prior_posterior": _stacked({one: prior_posterior(fit) for one, fit in linked.items()}),
        "judgement_paths": judgement_paths(panel),
    }
    if "concordance" in linked:
        alone = sound.get(f"{structure}-adjusted-deprivation_only")
        fit = linked["concordance"]
        tables |= {
            "deprivation_points": deprivation_points(fit),
            "deprivation_curves": deprivation_curves(fit, alone, interval),
            "deprivation_shares": judgement_shares(fit),
        }
    return {name: table for name, table in tables.items() if len(table)}


def write_figure_tables(folder: Path) -> list[Path]:
    """Compute the tables of a finished run anew, from its fits, and write them into it."""
    from analysis.evidence.convergence import examine
    from analysis.evidence.record import Evidence
    from analysis.run import load_fits
    from data.panel import load_panel

    settings = Evidence.from_json((folder / "evidence.json").read_text("utf-8")).settings
    fits = load_fits(sorted((folder / "fits").glob("*.nc")))
    tables = figure_tables(
        fits,
        {name: examine(fit).converged for name, fit in fits.items()},
        load_panel(folder / "panel.nc"),
        structure=settings.structure,
        interval=settings.interval,
    )
    written = []
    for name, table in tables.items():
        written.append(folder / "tables" / f"{name}.csv")
        table.to_csv(written[-1], index=False)
    return written


def judgement_paths(panel: xr.Dataset) -> pd.DataFrame:
    """List the overall judgements of every authority in the order of their dates."""
    grade = panel["judgement_grade"].sel(judgement="overall").values
    held = grade >= 0
    table = pd.DataFrame(
        {
            "authority": panel["inspected_authority"].values[held],
            "inspection_start": panel["inspection_start"].values[held],
            "judgement": [GRADES[one] for one in grade[held]],
        }
    )
    return table.sort_values(["authority", "inspection_start"], ignore_index=True)


def _left_out(
    fits: dict[str, xr.DataTree], linked: dict[str, xr.DataTree], structure: str
) -> dict[str, pd.DataFrame]:
    """Compare the models with and without a link, authority by authority."""
    from analysis.evidence.prediction import leave_one_out

    found = {}
    for estimand, fit in linked.items():
        other = fits.get(f"{structure}-{estimand}-independent")
        if other is None or "log_likelihood" not in fit or "log_likelihood" not in other:
            continue
        one, two = leave_one_out(fit), leave_one_out(other)
        data = fit["constant_data"].to_dataset()
        scores = one.judgement.elpd_i
        chosen = data.sel(authority=scores["authority"].values)
        k = [each.pareto_k.sel(authority=scores["authority"].values).values for each in (one, two)]
        found[estimand] = pd.DataFrame(
            {
                "authority": scores["authority"].values,
                "name": chosen["authority_name"].values,
                "judgement": [GRADES[g] for g in chosen["grade"].values],
                "elpd_linked": scores.values,
                "elpd_independent": two.judgement.elpd_i.values,
                "difference": scores.values - two.judgement.elpd_i.values,
                "pareto_k": pd.DataFrame(k).max(axis=0).to_numpy(),
                "threshold": one.threshold,
            }
        )
    return found


def _stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put one table an estimand below the other, the estimand first."""
    if not tables:
        return pd.DataFrame()
    parts = [table.assign(estimand=name) for name, table in tables.items()]
    whole = pd.concat(parts, ignore_index=True)
    return whole[["estimand", *whole.columns.drop("estimand")]]
