"""Evidence as a typed record: what ``evidence.json`` holds, key by key.

Keys may be added in later versions; none is renamed. :mod:`analysis.record.schema` has the
parts, and says what their numbers are.
"""

import math
from typing import Any

import pandas as pd

from analysis.record.part import Part
from analysis.record.schema import (
    Alternative,
    BandCount,
    BayesFactor,
    Challenger,
    Chance,
    Forecasts,
    ForecastScore,
    LinkPosterior,
    LinkRegions,
    LogFactor,
    MarginalLikelihood,
    ModelScore,
    PanelFacts,
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
from analysis.words.html import html_table
from analysis.words.numerals import error, interval_name, number, percentage, with_interval
from analysis.words.vocabulary import ESTIMANDS, VERDICTS


class RecordError(ValueError):
    """A record lacks what a finding must have; the message names the key."""


class EstimandEvidence(Part):
    """Everything that is said of one estimand; no number unless it converged.

    Where only the ceiling bars a verdict the numbers are right, and are shown without one.
    """

    converged: bool
    reasons: tuple[str, ...]
    rho: LinkPosterior
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

    @property
    def refused(self) -> bool:
        """Whether its numbers cannot be relied on."""
        barred = self.verdict.code == "refused" and self.verdict.cause != "ceiling"
        return barred or not self.converged

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
    truth: dict[str, Any] | None = None
    settings: Settings
    estimands: dict[str, EstimandEvidence]
    forecasts: Forecasts | None = None

    def findings(self) -> dict[str, EstimandEvidence]:
        """Return the estimands whose numbers can be relied on, by name."""
        return {name: one for name, one in self.estimands.items() if not one.refused}

    def shown(self) -> "Evidence":
        """Return the record as it may be shown: no number of an estimand that is refused.

        Raises
        ------
        RecordError
            If an estimand is missing, or a finding lacks a number.
        """
        if self.truth is not None and not isinstance(self.truth.get("rho"), float):
            raise RecordError("key truth.rho is no number; wanted the link of a simulated panel")
        for name in ESTIMANDS:
            if name not in self.estimands:
                raise RecordError(f"key estimands.{name} is nothing; wanted both estimands")
        for name, one in self.findings().items():
            for key, value in one.missing():
                raise RecordError(f"key estimands.{name}.{key} is {value}; wanted a number")
            for key in ("decile_table", "top_decile_by_judgement"):
                if not getattr(one, key):
                    raise RecordError(f"key estimands.{name}.{key} is empty; wanted its rows")
        kept = {
            name: one.withheld() if one.refused else one for name, one in self.estimands.items()
        }
        return self.model_copy(update={"estimands": kept})

    def to_json(self) -> str:
        """Return the record as JSON text; :meth:`from_json` reads it back."""
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Evidence":
        """Read a record that :meth:`to_json` wrote; keys of later versions are passed over."""
        return cls.model_validate_json(text, extra="ignore")

    def to_frame(self) -> pd.DataFrame:
        """Return one row an estimand: link, Bayes factors, prediction, ranks, verdict.

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
        """State what was found, a line an estimand."""
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
        panel = self.panel
        notes = [f"Brackets hold {interval_name(self.settings)}s."]
        for name, one in self.estimands.items():
            told = "; ".join(one.reasons)
            if not one.refused:
                link = one.rho
                told = (
                    f"R-hat {number(link.rhat, 3)}, effective draws {number(link.ess_bulk, 0)} "
                    f"(bulk) and {number(link.ess_tail, 0)} (tail), Monte Carlo error of ρ "
                    f"{error(link.mcse)}."
                )
            notes.append(f"{ESTIMANDS[name]}: {told}")
        notes.append(
            f"{panel.whose.caption} n = {panel.authorities} authorities, {panel.judged} with a "
            f"judgement; {panel.indicators} indicators. Release: {panel.release}."
        )
        rows = [_shown_row(ESTIMANDS[name], one) for name, one in self.estimands.items()]
        return html_table("Evidence of a link", _COLUMNS, rows, notes)


_COLUMNS = (
    *("Estimand", "Verdict", "Link ρ", "P(ρ > 0)"),
    *("Log Bayes factor", "Ceiling", "Savage–Dickey"),
)


def _shown_row(label: str, one: EstimandEvidence) -> tuple[str, ...]:
    """Write one estimand; no number where there is no verdict."""
    if one.refused:
        return (label, VERDICTS["refused"], *["–"] * 5)
    link, bayes, beside = one.rho, one.log_bf_independent_linked, one.savage_dickey
    return (
        label,
        VERDICTS[one.verdict.code],
        with_interval(link.mean, link.lower, link.upper),
        percentage(link.probability),
        f"{number(bayes.value)} ({error(bayes.mcse, 2)})",
        number(bayes.ceiling),
        f"{number(beside.value)} ({error(beside.mcse, 2)})",
    )


def _told_from_median(standings: Standings | None) -> str:
    """State how many authorities and pairs the ranks tell apart."""
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
    """Return how many authorities can be told from the median, if they were ranked."""
    if standings is None:
        return {}
    return {"above_median": standings.above_median, "below_median": standings.below_median}
