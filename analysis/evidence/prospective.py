"""Would the model have foreseen the inspections that came? Fit up to a day, score what followed.

The judgements published by the cut-off and the indicators known then are fitted; each
authority's next overall judgement under the same framework is forecast
(:mod:`models.forecast`) and scored beside three forecasts that know less: the shares of
grades at the cut-off, deprivation and region alone, and "the same grade as last time", whose
probability of staying is that of the repeat inspections known by then.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.evidence.convergence import examine
from analysis.evidence.predicted_judgements import calibration_curves, score_and_part
from analysis.evidence.scores import Forecast
from analysis.evidence.withhold import blank_rows
from data.as_known import as_known_on
from data.panel import GRADES, PanelError, Progress, latest_inspections, silent
from models.engine import fit_each
from models.forecast import forecast_grades
from models.inputs import Inputs, prepare
from models.requirements import require_fit
from models.spec import Link, ModelSpec, SamplerSpec, Variant

Array = NDArray[np.float64]

_FEWEST = 10
_MODELS: tuple[Link, ...] = ("linked", "independent", "deprivation_only")


@dataclass(frozen=True, slots=True, eq=False)
class Prospective:
    """What the cut-off's forecasts were worth.

    Attributes
    ----------
    scores
        One row a forecast, as :func:`analysis.evidence.scores.compare_scores`, against
        ``linked``, and as :func:`analysis.evidence.reliability.decompose`.
    cases
        One row a later inspection: authority, dates, both grades, and the probabilities of
        ``linked`` by grade.
    reliability
        Of each forecast, as :func:`analysis.evidence.reliability.reliability`.
    reasons
        Why a fit is not to be relied on; empty if all converged.
    """

    scores: pd.DataFrame
    cases: pd.DataFrame
    reliability: pd.DataFrame
    reasons: tuple[str, ...]

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Return scores, cases and reliability."""
        return self.scores, self.cases, self.reliability

    def without_numbers(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Return the same without what rests on fits that did not converge.

        The forecasts are compared with each other, so that none of their numbers stays; what
        was forecast, and what came, does.
        """
        every = pd.Series(data=True, index=self.scores.index)
        scores = blank_rows(self.scores, every, ("cases",))
        return scores, self.cases.drop(columns=list(GRADES)), self.reliability[:0]


def look_ahead(
    panel: xr.Dataset,
    cutoff: np.datetime64,
    spec: ModelSpec,
    sampler: SamplerSpec,
    report: Progress = silent,
) -> Prospective:
    """Fit what was known on a day and score the forecasts of what came after.

    Parameters
    ----------
    panel
        The whole panel.
    cutoff
        The last day of what is fitted.
    spec, sampler
        The primary structure is fitted under ``adjusted``.
    report
        Called while fitting.

    Raises
    ------
    data.panel.PanelError
        If nothing was known by then, or fewer than ten inspections followed.
    """
    later = inspections_after(panel, cutoff)
    known = as_known_on(panel, cutoff)
    spec = spec.model_copy(update={"challenger": "none"})
    inputs = prepare(known, spec)
    authority, date = later["position"].to_numpy(), later["date"].to_numpy()
    came = later["grade"].to_numpy()
    variants = [
        Variant(structure=spec.structure, estimand="adjusted", link=link) for link in _MODELS
    ]
    forecasts: dict[str, Forecast] = {}
    reasons: list[str] = []
    # Nothing is left out of these fits: forecasts are scored by what came after.
    plain = sampler.model_copy(update={"refits": False, "region_refits": False})
    for name, fit in fit_each(known, variants, spec, plain, report):
        reasons += [f"{name}: {reason}" for reason in examine(fit).reasons]
        drawn = forecast_grades(fit, inputs, authority, date)
        forecasts[fit.attrs["link"]] = Forecast.of(drawn)
    shares = _shares(inputs)
    forecasts["grade_shares"] = Forecast(np.tile(shares, (came.size, 1)))
    stays = _share_that_stays(known)
    last = inputs.judgements.grade[authority]
    forecasts["same_as_last_time"] = Forecast(_staying(last, stays, shares))
    linked = forecasts["linked"].probability
    cases = later.drop(columns="position").assign(
        last_grade=last, **{grade: linked[:, one] for one, grade in enumerate(GRADES)}
    )
    return Prospective(
        scores=score_and_part(forecasts, came),
        cases=cases,
        reliability=calibration_curves(forecasts, came),
        reasons=tuple(reasons),
    )


def require_forecasts(panel: xr.Dataset, cutoff: np.datetime64, spec: ModelSpec) -> None:
    """Refuse a cut-off before which nothing could be fitted, or after which too little followed.

    Raises
    ------
    data.panel.PanelError
        As :func:`inspections_after` and :func:`models.requirements.require_fit` say.
    """
    inspections_after(panel, cutoff)
    require_fit(as_known_on(panel, cutoff), spec)


def inspections_after(panel: xr.Dataset, cutoff: np.datetime64) -> pd.DataFrame:
    """List each authority's first graded inspection after the cut-off, if it had one before.

    Returns
    -------
    pandas.DataFrame
        ``authority``, ``authority_name``, ``inspection``, ``publication``, ``date``, ``grade``
        and ``position`` of the authority in the panel.

    Raises
    ------
    data.panel.PanelError
        If nothing was known by then, or fewer than ten such inspections followed.
    """
    known = as_known_on(panel, cutoff)
    before = latest_inspections(known).to_series()
    frame = panel[["inspected_authority", "publication", "framework"]].to_dataframe()
    frame["grade"] = panel.judgement_grade.sel(judgement="overall").values
    frame["date"] = panel.inspection_start.fillna(panel.publication).values
    codes = [str(code) for code in panel.authority.values]
    frame = frame[
        (frame["publication"] > cutoff)
        & (frame["grade"] >= 0)
        & frame["inspected_authority"].isin(before.index[before != ""])
    ].sort_values("publication", kind="stable")
    first = frame.drop_duplicates("inspected_authority").reset_index()
    if len(first) < _FEWEST:
        raise PanelError(
            f"panel: {len(first)} authorities have a graded inspection both before and after "
            f"{cutoff} (evidence.cutoff); at least {_FEWEST} are needed. Choose another day, or "
            "leave the key out."
        )
    first["position"] = [codes.index(code) for code in first["inspected_authority"]]
    named = panel.authority_name.to_series()
    return first.assign(
        authority=first["inspected_authority"],
        authority_name=named[first["inspected_authority"]].to_numpy(),
    )[["authority", "authority_name", "inspection", "publication", "date", "grade", "position"]]


def _shares(inputs: Inputs) -> Array:
    """Give the shares of the grades known, each with half a case added (Jeffreys)."""
    given = inputs.judgements
    counts = np.bincount(given.grade[given.judged > 0], minlength=len(GRADES)) + 0.5
    return np.asarray(counts / counts.sum())


def _share_that_stays(known: xr.Dataset) -> float:
    """Give the share of repeat inspections that gave the same grade, uniform prior."""
    frame = known[["inspected_authority", "publication", "framework"]].to_dataframe()
    frame["grade"] = known.judgement_grade.sel(judgement="overall").values
    frame = frame[frame["grade"] >= 0].sort_values("publication", kind="stable")
    last = frame.groupby(["inspected_authority", "framework"])["grade"].shift()
    repeats = last.notna()
    same = int((frame["grade"] == last)[repeats].sum())
    return (same + 1) / (int(repeats.sum()) + 2)


def _staying(last: NDArray[np.int64], stays: float, shares: Array) -> Array:
    """Give the last grade the probability of staying, the others the rest by their shares."""
    probability = np.tile(shares, (last.size, 1))
    case = np.arange(last.size)
    probability[case, last] = 0.0
    probability *= (1.0 - stays) / probability.sum(axis=1, keepdims=True)
    probability[case, last] = stays
    return probability
