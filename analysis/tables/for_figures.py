"""Every table behind a figure, from the fits of one run."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from analysis.evidence.prediction import Prediction
from analysis.evidence.summaries import FitSummaries
from analysis.tables.around_inspection import around_inspection
from analysis.tables.beliefs import prior_posterior
from analysis.tables.deprivation import (
    deprivation_curves,
    deprivation_points,
    judgement_shares,
)
from analysis.tables.draws import Array
from analysis.tables.grades import effectiveness_by_judgement
from data.panel import GRADES
from models.fitted import Fit

ESTIMANDS = ("concordance", "adjusted")


def figure_tables(summaries: FitSummaries, panel: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Compute the tables that the fits allow.

    Nothing is computed from a fit that did not converge. Fits of repeated readings have
    no curves of the latest judgement.

    Parameters
    ----------
    summaries
        Of the run's fits.
    panel
        The panel as fitted.

    Returns
    -------
    dict of pandas.DataFrame
        By name, those that have rows: ``effectiveness_by_judgement``, ``left_out``,
        ``prior_posterior``, ``around_inspection``, and ``deprivation_points``, ``_curves``
        and ``_shares``.
    """
    fits, scores = summaries.fits, summaries.scores
    structure, interval = summaries.spec.structure, summaries.interval
    sound = {name: fit for name, fit in fits.items() if summaries.gates[name].converged}
    linked = {
        estimand: sound[f"{structure}-{estimand}-linked"]
        for estimand in ESTIMANDS
        if f"{structure}-{estimand}-linked" in sound
    }
    alone = {
        estimand: sound[f"{structure}-{estimand}-independent"]
        for estimand in linked
        if f"{structure}-{estimand}-independent" in sound
    }
    once = {name: fit for name, fit in linked.items() if _is_judged_once(fit)}
    deprivation = _deprivation(summaries.trees, structure)
    tables = {
        "effectiveness_by_judgement": _stacked(
            {one: effectiveness_by_judgement(fit.tree, interval) for one, fit in alone.items()}
        ),
        "left_out": _stacked(
            {
                one: _differences(fit, scores[fits_of[0]], scores[fits_of[1]])
                for one, fit in linked.items()
                if (fits_of := _pair(structure, one)) and set(fits_of) <= set(scores) & set(sound)
            }
        ),
        "prior_posterior": _stacked({one: prior_posterior(fit) for one, fit in linked.items()}),
        "around_inspection": around_inspection(panel, interval),
    }
    if deprivation is not None and "concordance" in once:
        seed = summaries.seed("curves over deprivation")
        without = sound.get(f"{structure}-adjusted-deprivation_only")
        fit = once["concordance"].tree
        drawn = alone.get("concordance", once["concordance"]).tree
        tables |= {
            "deprivation_points": deprivation_points(fit, deprivation),
            "deprivation_curves": deprivation_curves(
                drawn, without.tree if without else None, deprivation, interval, seed
            ),
            "deprivation_shares": judgement_shares(fit, deprivation),
        }
    return {name: table for name, table in tables.items() if len(table)}


def _is_judged_once(fit: Fit) -> bool:
    """Return whether a fit knows one judgement of an authority, on the probit scale."""
    needed = {"judgement_predictor", "effectiveness_mean", "effectiveness_sd", "cutpoints"}
    return fit.judged_once and needed <= set(fit.posterior)


def _deprivation(fits: Mapping[str, xr.DataTree], structure: str) -> Array | None:
    """Take the authorities' deprivation from an adjusted fit: concordance's is set to zero."""
    fit = fits.get(f"{structure}-adjusted-linked")
    if fit is None or "deprivation" not in fit["constant_data"]:
        return None
    found = np.asarray(fit["constant_data"]["deprivation"].values, dtype=float)
    return found if np.ptp(found[np.isfinite(found)], axis=0) > 0 else None


def _pair(structure: str, estimand: str) -> tuple[str, str]:
    """Name the fits with and without a link."""
    return f"{structure}-{estimand}-linked", f"{structure}-{estimand}-independent"


def _differences(linked: Fit, one: Prediction, two: Prediction) -> pd.DataFrame:
    """Set the scores of each judged authority with and without a link side by side."""
    scores, others = one.judgement.elpd_i, two.judgement.elpd_i
    codes = scores["authority"].values
    data = linked.constant_data.sel(authority=codes)
    k = np.stack([each.pareto_k.sel(authority=codes).values for each in (one, two)])
    refitted = np.isnan(k).all(axis=0)
    return pd.DataFrame(
        {
            "authority": codes,
            "name": data["authority_name"].values,
            "judgement": [GRADES[grade] for grade in data["grade"].values],
            "elpd_linked": scores.values,
            "elpd_independent": others.values,
            "difference": scores.values - others.values,
            "pareto_k": np.where(refitted, np.nan, np.nan_to_num(k, nan=-np.inf).max(axis=0)),
            "threshold": one.threshold,
        }
    )


def _stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put one table an estimand below the other, the estimand first."""
    if not tables:
        return pd.DataFrame()
    parts = [table.assign(estimand=name) for name, table in tables.items()]
    whole = pd.concat(parts, ignore_index=True)
    return whole[["estimand", *whole.columns.drop("estimand")]]
