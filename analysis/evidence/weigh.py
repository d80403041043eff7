"""From fits to evidence: one call."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from analysis.evidence.alternatives import weigh_alternative
from analysis.evidence.bayes_factor import smallest_link
from analysis.evidence.chances import chances
from analysis.evidence.convergence import Convergence, examine, modes
from analysis.evidence.factors import WeighedLink, weigh_link
from analysis.evidence.left_out_regions import compare_regions, region_scores
from analysis.evidence.predicted_judgements import predict_judgements
from analysis.evidence.prediction import (
    Prediction,
    compare_models,
    indicator_difference,
    leave_one_out,
)
from analysis.evidence.ranks import (
    Bands,
    decile_table,
    inadequate_ratio,
    summarise,
    top_by_judgement,
)
from analysis.evidence.standings import standings
from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.record.parts import (
    Alternative,
    BandCount,
    Challenger,
    Chance,
    ForecastScore,
    LinkPosterior,
    ModelScore,
    PanelFacts,
    Quantity,
    Ratio,
    RegionScore,
    Settings,
    SmallestLink,
    TopShare,
)
from analysis.record.thresholds import INTERVAL, MODERATE, POWER, ROPE, SIMULATED_PANELS, TOP_SHARE
from analysis.record.verdict import IntervalNull, Verdict, judge, refuse
from models.fitted import Fit, FitError, typed
from models.link import variants
from models.spec import Estimand, ModelSpec

RATIO = "P(top | Inadequate) / P(top | Good or better)"


class FitsError(ValueError):
    """The fits are not those of one whole run."""


def weigh(
    fits: dict[str, xr.DataTree],
    *,
    gates: dict[str, Convergence] | None = None,
    scores: dict[str, Prediction] | None = None,
    alternatives: dict[str, xr.DataTree] | None = None,
    interval: float = INTERVAL,
    rope: float = ROPE,
    top_share: float = TOP_SHARE,
    simulated_panels: int = SIMULATED_PANELS,
) -> Evidence:
    """Weigh the evidence for and against a link.

    Parameters
    ----------
    fits
        Fits of one run by name, as :func:`models.engine.fit_models` gives them.
    gates
        What :func:`analysis.evidence.convergence.examine` said of them, if it was asked
        already.
    scores
        What :func:`score_fits` said of them, if it was asked already.
    alternatives
        Linked fits under other assumptions (:mod:`analysis.evidence.alternatives`), by name.
    interval
        Probability of every interval.
    rope
        Links smaller than this count as practically none.
    top_share
        Share of authorities that the top and the bottom band hold.
    simulated_panels
        Sets of judgements simulated at each stated link, to say what these data could have
        shown (:mod:`analysis.evidence.chances`); 0 leaves it out.

    Returns
    -------
    Evidence
        For both estimands; where a fit did not converge, with a refused verdict.

    Raises
    ------
    FitsError
        If there is no fit, or one that an estimand needs is missing; the message names it.
    """
    whole = _of_one_run(fits)
    any_fit = next(iter(whole.values()))
    spec, facts = any_fit.specification, dict(any_fit.panel)
    truth = facts.pop("truth")
    judged = int(any_fit.constant_data["judged"].sum())
    gate = gates or {name: examine(fit) for name, fit in fits.items()}
    scores = scores or score_fits(fits)
    weigher = _Weigher(whole, gate, scores, spec, interval, rope, top_share, simulated_panels)
    return Evidence(
        panel=PanelFacts(**facts, judged=judged),
        truth=truth,
        settings=Settings(
            interval=interval,
            rope=rope,
            top_share=top_share,
            structure=spec.structure,
            factors=spec.factors,
            deprivation=spec.deprivation,
            link_prior=spec.priors.link_concentration,
            suppression=spec.suppression,
        ),
        estimands={
            "concordance": weigher.estimand("concordance"),
            "adjusted": weigher.estimand("adjusted", typed(alternatives or {})),
        },
    )


def _of_one_run(fits: dict[str, xr.DataTree]) -> dict[str, Fit]:
    """Read what was fitted; refuse fits that are not a whole run's."""
    if not fits:
        raise FitsError("weigh: there is no fit; wanted those of one run, by name.")
    try:
        whole = typed(fits)
    except FitError as error:
        raise FitsError(f"weigh: {error}") from error
    spec = next(iter(whole.values())).specification
    missing = [one.name for one in variants(spec) if one.name not in fits]
    if missing:
        raise FitsError(
            f"weigh: no fit {missing[0]}; there are {', '.join(fits)}. Give every fit of the run."
        )
    return whole


def score_fits(fits: dict[str, xr.DataTree]) -> dict[str, Prediction]:
    """Leave each authority out of each fit.

    The joint engine has no integrated likelihood, and the conditional one would flatter it
    (:mod:`tests.conditional`): its fits have no scores.
    """
    return {name: leave_one_out(fit) for name, fit in fits.items() if "log_likelihood" in fit}


def models_of(spec: ModelSpec, estimand: Estimand) -> dict[str, str]:
    """Name the fits that an estimand compares, by model."""
    return {
        one.link: one.name
        for one in variants(spec)
        if one.structure == spec.structure
        and (one.estimand == estimand or one.link == "deprivation_only")
    }


class _Weigher:
    """The fits of one run with what has been worked out of each."""

    def __init__(
        self,
        fits: dict[str, Fit],
        gate: dict[str, Convergence],
        scores: dict[str, Prediction],
        spec: ModelSpec,
        interval: float,
        rope: float,
        top_share: float,
        simulated_panels: int,
    ) -> None:
        self.fits, self.gate, self.scores, self.spec = fits, gate, scores, spec
        self.interval, self.rope, self.top_share = interval, rope, top_share
        self.simulated_panels = simulated_panels

    def estimand(
        self, estimand: Estimand, alternatives: Mapping[str, Fit] = MappingProxyType({})
    ) -> EstimandEvidence:
        """Weigh one estimand, with what it is under other assumptions."""
        used = models_of(self.spec, estimand)
        reasons = tuple(
            f"{name}: {reason}" for name in used.values() for reason in self.gate[name].reasons
        )
        name = used["linked"]
        fit = self.fits[name]
        concentration = self.spec.priors.link_concentration
        rho = summarise_link(fit.tree, self.interval, self.rope)
        own = {model: self.fits[one] for model, one in used.items()}
        trees = {model: one.tree for model, one in own.items()}
        weighed = weigh_link(own, concentration, self.rope)
        smallest, error = smallest_link(weighed.conditional, concentration, MODERATE, POWER)
        independent = self.fits[used["independent"]].tree
        bands = Bands.of(independent, self.top_share, self.interval)
        ratio, table, top = inadequate_ratio(bands), decile_table(bands), top_by_judgement(bands)
        scored = {model: self.scores[one] for model, one in used.items() if one in self.scores}
        compared = _rows(compare_models(scored)) if scored else []
        predicted = predict_judgements(own, scored)
        forecasts = _rows(predicted.scores()) if predicted else []
        found = EstimandEvidence(
            converged=not reasons,
            reasons=reasons + weighed.faults,
            rho=rho,
            reliability=self._quantity(fit, "reliability"),
            quality_link=self._quantity(fit, "quality_link"),
            **weighed.record,
            smallest_link=SmallestLink(value=smallest, power=POWER, odds=MODERATE, mcse=error),
            chances=self._chances(used["independent"]),
            elpd=tuple(ModelScore(**row) for row in compared),
            region_elpd=tuple(
                RegionScore(**row) for row in _rows(compare_regions(region_scores(trees)))
            ),
            judgement_scores=tuple(ForecastScore(**row) for row in forecasts),
            decile_table=tuple(BandCount(**row) for row in _rows(table)),
            top_decile_by_judgement=tuple(TopShare(**row) for row in _rows(top)),
            ratio=Ratio(**ratio, what=RATIO) if ratio else None,
            challenger=self._challenger(estimand),
            alternatives=tuple(
                self._alternative(one, other, name) for one, other in alternatives.items()
            ),
            standings=standings(independent, self.interval),
            verdict=self._verdict(reasons, weighed, rho),
        )
        return found if found.converged else found.withheld()

    def _quantity(self, fit: Fit, name: str) -> Quantity | None:
        """Summarise a quantity that only fits of repeated readings have."""
        if name not in fit.posterior:
            return None
        drawn = fit.posterior[name].transpose("chain", "draw").values
        return Quantity(**summarise(drawn, self.interval))

    def _chances(self, independent: str) -> tuple[Chance, ...]:
        """Say what these data could have shown; of one judgement each and a single link only."""
        fit = self.fits[independent]
        plain = fit.structure_traits.single_link and fit.judged_once
        if not self.simulated_panels or not plain:
            return ()
        return chances(fit.tree, self.spec.priors, self.simulated_panels, self.rope)

    def _verdict(
        self, unconverged: tuple[str, ...], weighed: WeighedLink, rho: LinkPosterior
    ) -> Verdict:
        """Put an estimand into words, or refuse to."""
        if unconverged:
            return refuse(unconverged)
        if weighed.faults:
            return refuse(weighed.faults, "bayes_factor")
        factor = weighed.record["log_bf_independent_linked"]
        within = weighed.record["regions"].within_beyond
        concentration = self.spec.priors.link_concentration
        null = IntervalNull(self.rope, concentration, within.value, within.mcse)
        link = rho.mean, rho.lower, rho.upper, self.interval
        return judge(factor.value, factor.mcse, *link, null, factor.ceiling)

    def _alternative(self, name: str, fit: Fit, headline: str) -> Alternative:
        """Set the model under another assumption beside the headline's."""
        scores = None
        if fit.integrated and headline in self.scores:
            scores = leave_one_out(fit.tree), self.scores[headline]
        rho = summarise_link(fit.tree, self.interval, self.rope)
        return weigh_alternative(name, fit, examine(fit.tree), scores, rho, self.interval)

    def _challenger(self, estimand: Estimand) -> Challenger | None:
        """Set the other structure beside the primary one."""
        if self.spec.challenger in ("none", self.spec.structure):
            return None
        name = f"{self.spec.challenger}-{estimand}-linked"
        fit, gate = self.fits[name].tree, self.gate[name]
        primary = f"{self.spec.structure}-{estimand}-linked"
        told: dict[str, Any] = {
            "structure": self.spec.challenger,
            "converged": gate.converged,
            "modes": modes(fit),
            "reasons": gate.reasons,
        }
        if not gate.converged:
            return Challenger(**told)
        difference, error = indicator_difference(self.scores[name], self.scores[primary])
        return Challenger(
            **told,
            rho=summarise_link(fit, self.interval, self.rope),
            indicator_elpd_difference=difference,
            indicator_elpd_difference_se=error,
        )


def summarise_link(
    fit: xr.DataTree, interval: float = INTERVAL, rope: float = ROPE
) -> LinkPosterior:
    """Summarise the posterior of ρ of a ``linked`` fit."""
    rho = fit["posterior"]["rho"].transpose("chain", "draw")
    dataset = rho.to_dataset(name="rho")
    draws = np.asarray(rho.values, dtype=float)
    return LinkPosterior(
        **summarise(draws, interval),
        sd=float(draws.std(ddof=1)),
        probability=float((draws > 0).mean()),
        probability_rope=float((np.abs(draws) < rope).mean()),
        ess_bulk=float(az.ess(dataset, method="bulk")["rho"]),
        ess_tail=float(az.ess(dataset, method="tail")["rho"]),
        rhat=float(az.rhat(dataset)["rho"]),
    )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Give a table's rows with plain Python values."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
