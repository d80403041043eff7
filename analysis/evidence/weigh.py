"""From fits to evidence: one call."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
import xarray as xr

from analysis.evidence.alternatives import weigh_alternative
from analysis.evidence.bayes_factor import smallest_link
from analysis.evidence.convergence import examine, modes
from analysis.evidence.factors import WeighedLink, weigh_link
from analysis.evidence.left_out_regions import compare_regions
from analysis.evidence.link import summarise_link
from analysis.evidence.operating_characteristics import chances
from analysis.evidence.prediction import (
    compare_models,
    indicator_difference,
    leave_one_out,
)
from analysis.evidence.rank_uncertainty import standings
from analysis.evidence.ranks import (
    Bands,
    decile_table,
    inadequate_ratio,
    summarise,
    top_by_judgement,
)
from analysis.evidence.summaries import FitSummaries, models_of
from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.record.schema import (
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
from models.fitted import Fit, typed
from models.spec import Estimand

RATIO = "P(top | Inadequate) / P(top | Good or better)"


def weigh(
    fits: Mapping[str, xr.DataTree],
    *,
    seed: int | None = None,
    alternatives: Mapping[str, xr.DataTree] = MappingProxyType({}),
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
    seed
        Of what is simulated here; that of the fits if not given.
    alternatives, top_share, simulated_panels
        As for :func:`weigh_summaries`.
    interval
        Probability of every interval.
    rope
        Links smaller than this count as practically none.

    Returns
    -------
    Evidence
        For both estimands; where a fit did not converge, with a refused verdict.

    Raises
    ------
    FitsError
        If there is no fit, or one that an estimand needs is missing; the message names it.
    """
    summaries = FitSummaries(fits, seed, interval=interval, rope=rope)
    return weigh_summaries(
        summaries, alternatives, top_share=top_share, simulated_panels=simulated_panels
    )


def weigh_summaries(
    summaries: FitSummaries,
    alternatives: Mapping[str, xr.DataTree] = MappingProxyType({}),
    *,
    top_share: float = TOP_SHARE,
    simulated_panels: int = SIMULATED_PANELS,
) -> Evidence:
    """Weigh the same of fits of which some is worked out already.

    Parameters
    ----------
    summaries
        Of the fits.
    alternatives
        Linked fits under other assumptions (:mod:`analysis.evidence.alternatives`), by name.
    top_share
        Share of authorities that the top and the bottom band hold.
    simulated_panels
        Sets of judgements simulated at each stated link, to say what these data could have
        shown (:mod:`analysis.evidence.operating_characteristics`); 0 leaves it out.
    """
    spec = summaries.spec
    facts = dict(summaries.first.panel)
    truth = facts.pop("truth")
    judged = int(summaries.first.constant_data["judged"].sum())
    weigher = _Weigher(summaries, top_share, simulated_panels)
    return Evidence(
        panel=PanelFacts(**facts, judged=judged),
        truth=truth,
        settings=Settings(
            interval=summaries.interval,
            rope=summaries.rope,
            top_share=top_share,
            structure=spec.structure,
            factors=spec.factors,
            deprivation=spec.deprivation,
            link_prior=spec.priors.link_concentration,
            suppression=spec.suppression,
        ),
        estimands={
            "concordance": weigher.estimand("concordance"),
            "adjusted": weigher.estimand("adjusted", typed(alternatives)),
        },
    )


class _Weigher:
    """One run's fits and how its evidence is weighed."""

    def __init__(self, summaries: FitSummaries, top_share: float, simulated_panels: int) -> None:
        self.summaries, self.top_share = summaries, top_share
        self.simulated_panels = simulated_panels
        self.fits, self.spec = summaries.fits, summaries.spec
        self.gate, self.scores = summaries.gates, summaries.scores
        self.interval, self.rope = summaries.interval, summaries.rope

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
        rho = self.summaries.links[name]
        weighed = weigh_link(self.summaries.of(estimand), concentration, self.rope)
        smallest, error = smallest_link(weighed.conditional, concentration, MODERATE, POWER)
        independent = self.fits[used["independent"]].tree
        bands = Bands.of(
            independent,
            self.top_share,
            self.interval,
            self.summaries.seed(f"judgements without a link, {estimand}"),
        )
        ratio, table, top = inadequate_ratio(bands), decile_table(bands), top_by_judgement(bands)
        scored = {model: self.scores[one] for model, one in used.items() if one in self.scores}
        compared = _rows(compare_models(scored)) if scored else []
        predicted = self.summaries.judgements[estimand]
        forecasts = (
            _rows(predicted.scores(self.summaries.seed(f"calibration, {estimand}")))
            if predicted
            else []
        )
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
                RegionScore(**row)
                for row in _rows(compare_regions(self.summaries.regions[estimand]))
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
        fit, seed = self.fits[independent], self.summaries.seed(f"chances, {independent}")
        plain = fit.structure_traits.single_link and fit.judged_once
        if not self.simulated_panels or not plain:
            return ()
        return chances(fit.tree, self.spec.priors, self.simulated_panels, self.rope, seed)

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
            rho=self.summaries.links[name],
            indicator_elpd_difference=difference,
            indicator_elpd_difference_se=error,
        )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows with plain Python values."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
