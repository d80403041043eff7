"""Evidence as a typed record: what ``evidence.json`` holds, key by key.

Keys may be added in later versions; none is renamed. :mod:`analysis.record.parts` has the
parts, and says what their numbers are.
"""

import math
from typing import Any

import pandas as pd

from analysis.record.parts import (
    Alternative,
    BandCount,
    BayesFactor,
    Challenger,
    Chance,
    Forecasts,
    ForecastScore,
    Link,
    LinkRegions,
    LogFactor,
    MarginalLikelihood,
    ModelScore,
    PanelFacts,
    Part,
    PriorWidth,
    Quantity,
    Ratio,
    RegionScore,
    Settings,
    SmallestLink,
    Standings,
    TopShare,
)
from analysis.record.verdict import Verdict
from analysis.record.withhold import without_numbers


class EstimandEvidence(Part):
    """Everything that is said of one estimand; no number unless it converged."""

    converged: bool
    reasons: tuple[str, ...]
    rho: Link
    reliability: Quantity | None = None
    quality_link: Quantity | None = None
    log_bf_independent_linked: BayesFactor
    log_bf_independent_identical: LogFactor | None = None
    savage_dickey: LogFactor
    regions: LinkRegions
    prior_widths: tuple[PriorWidth, ...]
    marginal_likelihoods: tuple[MarginalLikelihood, ...]
    smallest_link: SmallestLink
    chances: tuple[Chance, ...] = ()
    elpd: tuple[ModelScore, ...]
    region_elpd: tuple[RegionScore, ...] = ()
    judgement_scores: tuple[ForecastScore, ...] = ()
    decile_table: tuple[BandCount, ...]
    top_decile_by_judgement: tuple[TopShare, ...]
    ratio: Ratio | None
    challenger: Challenger | None
    alternatives: tuple[Alternative, ...] = ()
    standings: Standings | None = None
    verdict: Verdict

    def withheld(self) -> "EstimandEvidence":
        """Return the same without any number of its fits."""
        blank = without_numbers(self)
        empty: dict[str, Any] = {
            name: () if isinstance(value, tuple) and name != "reasons" else value
            for name, value in blank
        }
        nothing = ("reliability", "quality_link", "ratio", "standings")
        return blank.model_copy(
            update={
                **empty,
                **dict.fromkeys((*nothing, "log_bf_independent_identical")),
                # These have a gate of their own, but are compared with what failed.
                "challenger": None
                if self.challenger is None
                else self.challenger.model_copy(
                    update={
                        "indicator_elpd_difference": math.nan,
                        "indicator_elpd_difference_se": math.nan,
                    }
                ),
                "alternatives": tuple(
                    one.model_copy(
                        update={
                            f"{side}_elpd_difference{end}": math.nan
                            for side in ("indicator", "judgement")
                            for end in ("", "_se")
                        }
                    )
                    for one in self.alternatives
                ),
                "verdict": self.verdict,
            }
        )


class Evidence(Part):
    """What a run found."""

    panel: PanelFacts
    truth: dict[str, Any] | None
    settings: Settings
    estimands: dict[str, EstimandEvidence]
    forecasts: Forecasts | None = None

    def to_json(self) -> str:
        """Give the record as JSON text; :meth:`from_json` reads it back."""
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Evidence":
        """Read a record that :meth:`to_json` wrote."""
        return cls.model_validate_json(text)

    def to_frame(self) -> pd.DataFrame:
        """Give one row an estimand: link, Bayes factors, prediction, ranks, verdict.

        Returns
        -------
        pandas.DataFrame
            Index ``estimand``; columns named as the keys of the record, numbers as there.
        """
        rows = {
            name: {
                **one.rho.model_dump(),
                "log_bf_independent_linked": one.log_bf_independent_linked.value,
                "log_bf_mcse": one.log_bf_independent_linked.mcse,
                "log_bf_ceiling": one.log_bf_independent_linked.ceiling,
                "log_bf_ceiling_mcse": one.log_bf_independent_linked.ceiling_mcse,
                "log_bf_savage_dickey": one.savage_dickey.value,
                "log_bf_savage_dickey_mcse": one.savage_dickey.mcse,
                **_accuracy(one.elpd),
                **_counts(one.standings),
                "converged": one.converged,
                "reasons": "; ".join(one.reasons),
                "verdict": one.verdict.code,
                "cause": one.verdict.cause or "",
                "sentence": one.verdict.sentence,
            }
            for name, one in self.estimands.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("estimand")

    def __repr__(self) -> str:
        """Say what was found, a line an estimand."""
        kind = "simulated" if self.panel.simulated else "real"
        lines = [
            f"Evidence from {self.panel.authorities} authorities, {self.panel.indicators} "
            f"indicators, {self.panel.years[0]} to {self.panel.years[-1]} ({kind} panel)"
        ]
        for name, one in self.estimands.items():
            factor = one.log_bf_independent_linked
            line = f"  {name}: {one.verdict.sentence}"
            if one.verdict.cause in (None, "ceiling"):
                line += (
                    f" Log Bayes factor for no link {factor.value:.2f} (Monte Carlo error "
                    f"{factor.mcse:.2f}; ceiling {factor.ceiling:.2f}), by Savage-Dickey "
                    f"{one.savage_dickey.value:.2f} ({one.savage_dickey.mcse:.2f})."
                )
                line += _told_from_median(one.standings)
            lines.append(line)
        return "\n".join(lines)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Show both estimands in a notebook, with diagnostics; no number of a refused one."""
        from analysis.notebook.evidence import evidence_html
        from analysis.record.shown import Evidence as Shown

        return evidence_html(Shown.model_validate_json(self.to_json()))


def _told_from_median(standings: Standings | None) -> str:
    """Say how many authorities and pairs the ranks tell apart."""
    if standings is None:
        return ""
    told = standings.above_median + standings.below_median
    return (
        f" {told} of {standings.authorities} authorities can be told from the median "
        f"({standings.above_median} above, {standings.below_median} below), and "
        f"{standings.pairs_apart / standings.pairs:.0%} of pairs apart; the interval of a rank "
        f"spans {standings.rank_width:.0f} ranks in the median."
    )


def _accuracy(scores: tuple[ModelScore, ...]) -> dict[str, float | str]:
    """Name the model that predicts best, and how far from it the linked one is."""
    linked = next((one for one in scores if one.model == "linked"), None)
    if linked is None:
        return {}
    return {
        "elpd_best": max(scores, key=lambda one: one.elpd).model,
        "elpd_linked_difference": linked.difference,
        "elpd_linked_difference_se": linked.difference_se,
    }


def _counts(standings: Standings | None) -> dict[str, int]:
    """Give how many authorities can be told from the median, if they were ranked."""
    if standings is None:
        return {}
    return {"above_median": standings.above_median, "below_median": standings.below_median}
