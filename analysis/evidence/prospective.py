"""Would the model have foreseen the inspections that came? Fit up to a day, score what followed.

The judgements published by the cut-off and the indicators known then are fitted; each
authority's next overall judgement under the same framework is forecast and scored. Every fit takes
each earlier inspection as a reading of a quality that lasts (``scope = "repeats"``), whatever
the run's own fits do: what lasts of an authority's earlier judgements is then known, with the
reliability of one judgement, and only what was particular to each of them is taken as new
(:mod:`models.repeated_judgements.forecast`). So ``linked`` and ``independent`` know the same
judgements, and the difference between them is what the indicators add. Beside them stand
deprivation, region left out; the shares of grades at the cut-off; and "the same grade as last
time", whose probability of staying is that of the repeat inspections known by then.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.evidence.convergence import examine
from analysis.evidence.predicted_judgements import calibration_curves, score_and_part
from analysis.evidence.scores import Forecast
from analysis.record.schema import Forecasts, ForecastScore, IndicatorGain
from analysis.record.withhold import blank_rows
from data.as_known import as_known_on
from data.panel import GRADES, PanelError, Progress, silent
from data.seeds import child_seed
from models.engine import Fits, fit_each
from models.fitted import Fit
from models.inputs import ModelInputs, Prepare, prepare
from models.repeated_judgements.forecast import forecast_grades
from models.repeated_judgements.select import RepeatedJudgements, restrict
from models.spec import Link, ModelSpec, SamplerSpec, Variant

Array = NDArray[np.float64]

_FEWEST = 10
# What a judgement has of its own mixes slowly where few authorities were inspected twice: on
# England 4,000 draws of `noise_share` have an ESS near 400, the least that the gate lets pass.
_LONGER = 2
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

    def to_record(self, cutoff: str) -> Forecasts:
        """Return the scores as the evidence's record holds them."""
        rows = () if self.reasons else self.scores.to_dict("records")
        return Forecasts(
            cutoff=cutoff,
            cases=len(self.cases),
            reasons=self.reasons,
            indicators_add=None if self.reasons else indicator_gain(self.scores),
            scores=tuple(ForecastScore(**{str(k): v for k, v in row.items()}) for row in rows),
        )


def indicator_gain(scores: pd.DataFrame) -> IndicatorGain:
    """Return what ``linked`` gains over ``independent``: the same judgements known, no indicator.

    Parameters
    ----------
    scores
        As :attr:`Prospective.scores`, whose differences are from ``linked``.
    """
    row = scores.set_index("forecast").to_dict("index")["independent"]
    return IndicatorGain(
        # A high log score is good, a low ranked probability score.
        log_score=-float(row["log_score_difference"]),
        log_score_se=float(row["log_score_difference_se"]),
        ranked_probability_score=float(row["ranked_probability_score_difference"]),
        ranked_probability_score_se=float(row["ranked_probability_score_difference_se"]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What a cut-off leaves to fit and to forecast.

    Attributes
    ----------
    known
        The panel as it was known.
    spec, inputs
        Of the forecasting fits.
    later
        One row a later inspection: ``authority``, ``authority_name``, ``inspection``,
        ``publication``, ``date``, ``grade``; ``last_grade``, of the authority's latest reading;
        and ``position`` of the authority in the panel.
    """

    known: xr.Dataset
    spec: ModelSpec
    inputs: ModelInputs
    later: pd.DataFrame


def look_ahead(
    ahead: Ahead,
    sampler: SamplerSpec,
    report: Progress = silent,
    fits: Fits = fit_each,
    prepare: Prepare = prepare,
) -> Prospective:
    """Fit what was known on a day and score the forecasts of what came after.

    Parameters
    ----------
    ahead
        As :func:`prepare_ahead` returns it; the primary structure is fitted under ``adjusted``.
    sampler
        How.
    report
        Called while fitting.
    fits
        Yields the fits; a store's, where they are kept.
    prepare
        Returns inputs that were prepared before, where the caller keeps them.
    """
    spec, later = ahead.spec, ahead.later
    authority, date = later["position"].to_numpy(), later["date"].to_numpy("datetime64[ns]")
    came = later["grade"].to_numpy()
    variants = [
        Variant(structure=spec.structure, estimand="adjusted", link=link) for link in _MODELS
    ]
    forecasts: dict[str, Forecast] = {}
    reasons: list[str] = []
    # Nothing is left out of these fits: forecasts are scored by what came after.
    longer = {"tune": _LONGER * sampler.tune, "draws": _LONGER * sampler.draws}
    plain = sampler.model_copy(update={"refits": False, "region_refits": False, **longer})
    for name, fit in fits(ahead.known, variants, spec, plain, report, prepare):
        reasons += [f"{name}: {reason}" for reason in examine(fit).reasons]
        known = Fit.of(fit)
        forecasts[known.variant.link] = Forecast.of(forecast_grades(known, authority, date))
    seed = child_seed(sampler.seed, "calibration of forecasts")
    shares = _shares(ahead.inputs)
    forecasts["grade_shares"] = Forecast(np.tile(shares, (came.size, 1)))
    stays = _share_that_stays(ahead.known)
    last = later["last_grade"].to_numpy()
    forecasts["same_as_last_time"] = Forecast(_staying(last, stays, shares))
    linked = forecasts["linked"].probability
    cases = later.drop(columns="position").assign(
        **{grade: linked[:, one] for one, grade in enumerate(GRADES)}
    )
    return Prospective(
        scores=score_and_part(forecasts, came, seed),
        cases=cases,
        reliability=calibration_curves(forecasts, came, seed),
        reasons=tuple(reasons),
    )


def prepare_ahead(
    panel: xr.Dataset, cutoff: np.datetime64, spec: ModelSpec, prepare: Prepare = prepare
) -> Ahead:
    """Find what was known on a day, and what is to be forecast from it; nothing is fitted.

    Parameters
    ----------
    panel
        The whole panel.
    cutoff
        The last day of what is fitted.
    spec
        Of the run's own fits.
    prepare
        Keeps the inputs, for the fits.

    Raises
    ------
    data.panel.PanelError
        If nothing was known by then, what was cannot be fitted, no authority had been inspected
        twice, or fewer than ten inspections followed.
    """
    known = as_known_on(panel, cutoff)
    every = spec.inspection.model_copy(update={"scope": "repeats"})
    inspected = restrict(known, every)
    graded = inspected.judgement_grade.sel(judgement="overall").values >= 0
    if not pd.Series(inspected.inspected_authority.values[graded]).duplicated().any():
        raise PanelError(
            f"panel: no authority had two inspections of {', '.join(every.frameworks)} published "
            f"by {cutoff} (evidence.cutoff); without any, nothing tells how much of a judgement "
            "lasts. Choose a later day, or leave the key out."
        )
    spec = spec.model_copy(update={"challenger": "none", "inspection": every})
    inputs = prepare(known, spec)
    assert inputs.repeated_judgements is not None
    return Ahead(
        known, spec, inputs, _inspections_after(panel, cutoff, inputs.repeated_judgements)
    )


def _inspections_after(
    panel: xr.Dataset, cutoff: np.datetime64, readings: RepeatedJudgements
) -> pd.DataFrame:
    """List each authority's first graded inspection after the cut-off, as ``later`` holds them.

    Only authorities that had been judged, by the framework of their latest judgement.
    """
    codes = [str(code) for code in panel.authority.values]
    place = readings.given[..., 0].sum(axis=1).astype(int) - 1
    judged = np.flatnonzero(place >= 0)
    latest = judged, place[judged]
    last = pd.DataFrame(
        {
            "position": judged,
            "last_grade": readings.grade[(*latest, 0)],
            "last_framework": np.array(readings.frameworks)[readings.framework[latest]],
        },
        index=[codes[one] for one in judged],
    )
    frame = panel[["inspected_authority", "publication", "framework"]].to_dataframe()
    frame["grade"] = panel.judgement_grade.sel(judgement="overall").values
    frame["date"] = panel.inspection_start.fillna(panel.publication).values
    frame = frame.join(last, on="inspected_authority", how="inner")
    first = (
        frame[
            (frame["publication"] > cutoff)
            & (frame["grade"] >= 0)
            & (frame["framework"] == frame["last_framework"])
        ]
        .sort_values("publication", kind="stable")
        .drop_duplicates("inspected_authority")
        .reset_index()
    )
    if len(first) < _FEWEST:
        raise PanelError(
            f"panel: {len(first)} authorities have a graded inspection both before and after "
            f"{cutoff} (evidence.cutoff); at least {_FEWEST} are needed. Choose another day, or "
            "leave the key out."
        )
    named = panel.authority_name.to_series()
    first = first.assign(
        authority=first["inspected_authority"],
        authority_name=named[first["inspected_authority"]].to_numpy(),
    )
    names = ("authority", "authority_name", "inspection", "publication", "date", "grade")
    return first[[*names, "last_grade", "position"]]


def _shares(inputs: ModelInputs) -> Array:
    """Return the shares of the grades known, each with half a case added (Jeffreys)."""
    given = inputs.judgements
    counts = np.bincount(given.grade[given.judged > 0], minlength=len(GRADES)) + 0.5
    return np.asarray(counts / counts.sum())


def _share_that_stays(known: xr.Dataset) -> float:
    """Return the share of repeat inspections that gave the same grade, uniform prior."""
    frame = known[["inspected_authority", "publication", "framework"]].to_dataframe()
    frame["grade"] = known.judgement_grade.sel(judgement="overall").values
    frame = frame[frame["grade"] >= 0].sort_values("publication", kind="stable")
    last = frame.groupby(["inspected_authority", "framework"])["grade"].shift()
    repeats = last.notna()
    same = int((frame["grade"] == last)[repeats].sum())
    return (same + 1) / (int(repeats.sum()) + 2)


def _staying(last: NDArray[np.int64], stays: float, shares: Array) -> Array:
    """Return the last grade the probability of staying, the others the rest by their shares."""
    probability = np.tile(shares, (last.size, 1))
    case = np.arange(last.size)
    probability[case, last] = 0.0
    probability *= (1.0 - stays) / probability.sum(axis=1, keepdims=True)
    probability[case, last] = stays
    return probability
