"""The findings in plain language: fixed sentences for every verdict, none without its interval.

Each sentence stands by itself, so that none says more when it is quoted alone: a link is
never named without its interval, "not enough to tell" never without what it is not, and
nothing is said of children, causes or single ranks. What is refused has no number at all.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.record.schema import Settings
from analysis.record.thresholds import MODERATE
from analysis.report.bayes_words import chance_phrase, row_at
from analysis.report.words import left_out_phrase
from analysis.report.years import YearsMisfit, change_phrase
from analysis.words.numerals import (
    interval_name,
    multiple_with_range,
    number,
    percentage,
    plural,
    span,
)
from analysis.words.vocabulary import MEASURES, NOT_ENOUGH, STRUCTURES
from models.priors import link_median


@dataclass(frozen=True, slots=True)
class Passage:
    """One of the five questions, and its answer as sentences that stand alone."""

    heading: str
    sentences: tuple[str, ...]


def summarise_plainly(
    evidence: Evidence, misfits: Mapping[str, YearsMisfit] | None = None
) -> tuple[Passage, ...]:
    """Return what was asked, what was found, how surely, what would change it, what it is not.

    Parameters
    ----------
    evidence
        What was found.
    misfits
        By estimand, how the years are unlike those that the model makes, where it was checked.
    """
    misfits = misfits or {}
    named = evidence.estimands.items()
    settings = evidence.settings
    return (
        Passage("What was asked", _asked(evidence)),
        Passage("What was found", tuple(_found(name, one, settings) for name, one in named)),
        Passage("How sure this is", tuple(_surely(name, one, settings) for name, one in named)),
        Passage(
            "What would change this answer",
            tuple(_change(name, one, settings, misfits.get(name)) for name, one in named),
        ),
        Passage("What this does not say", _not_said(evidence)),
    )


def _asked(evidence: Evidence) -> tuple[str, ...]:
    """State what was asked, of whom and when."""
    panel = evidence.panel
    whose = panel.whose
    years = f" of {panel.years[0]} to {panel.years[-1]}" if panel.years else ""
    measure = MEASURES.get(evidence.settings.deprivation, evidence.settings.deprivation)
    return (
        f"Do {whose.judgements} of the {whose.services} of {panel.judged} {whose.subject} agree "
        f"with {plural(panel.indicators, 'indicator')}{years} about the same services?",
        "It was asked twice: of the authorities as they stand, and of authorities of equal "
        f"deprivation, measured by {measure}.",
    )


def _found(name: str, one: EstimandEvidence, settings: Settings) -> str:
    """State what was found of one estimand."""
    where = _where(name)
    if one.refused:
        return (
            f"{where}, there is no answer: the computation did not pass its checks, so whatever "
            "numbers it gave are not shown."
        )
    link = _link(one, settings)
    if one.verdict.code == "evidence_for":
        way = "better" if one.rho.mean > 0 else "worse"
        return (
            f"{where}, there is {one.verdict.strength} evidence that judgements and indicators "
            f"are linked: authorities with better judgements tend to look {way} by the "
            f"indicators, which is a tendency and no rule ({link})."
        )
    if one.verdict.code == "evidence_against":
        return (
            f"{where}, the evidence speaks against a link between judgements and indicators as "
            f"large as the prior expects (half of it beyond |ρ| "
            f"{number(link_median(settings.link_prior))}), and for one within "
            f"±{settings.rope:g}, practically none ({link}); that is not evidence that either of "
            "the two is wrong."
        )
    if one.verdict.code == "refused":
        return (
            f"{where}, there is no verdict: data of this kind cannot speak against a link, so "
            f"that finding none says nothing ({link})."
        )
    return (
        f"{where}, the data are {NOT_ENOUGH} whether judgements and indicators are linked "
        f"({link}); that is not evidence that there is no link."
    )


def _surely(name: str, one: EstimandEvidence, settings: Settings) -> str:
    """State how sure that is, and how often such data would mislead."""
    where = _where(name)
    if one.refused:
        count = plural(len(one.reasons), "check")
        return f"{where}, nothing is sure: {count} of the computation failed."
    bayes = one.log_bf_independent_linked
    sign = 1 if bayes.value >= 0 else -1
    times, reach = multiple_with_range(sign * bayes.value, bayes.mcse)
    computed = f" (computed to within {reach})" if reach else ""
    way, other = ("no link", "a link as large as the prior expects")
    within = f", or the data do not favour |ρ| below {settings.rope:g} as much"
    if sign < 0:
        way, other, within = "a link", "no link", ""
    told = (
        f"{where}, the data are {times}{computed} times as likely "
        f"if there is {way} as if there is {other}; where that is below "
        f"{MODERATE:g}, its error allowed for{within}, the data are said not to tell"
    )
    left_out = left_out_phrase(one)
    told += f"; {left_out}" if left_out else ""
    misled = chance_phrase(one)
    return f"{told}; {misled}." if misled else f"{told}."


def _change(
    name: str, one: EstimandEvidence, settings: Settings, misfit: YearsMisfit | None
) -> str:
    """State what would change the answer."""
    drift = change_phrase(misfit)
    drift = f"; {drift}" if drift else ""
    where = _where(name)
    if one.refused:
        return f"{where}, an answer needs a computation that passes every check."
    if one.verdict.code in ("inconclusive", "refused"):
        smallest = one.smallest_link
        reach = ""
        if smallest is not None and math.isfinite(smallest.value):
            reach = (
                f"; by their design, these data show a link of {number(smallest.value)} or more "
                f"in {percentage(smallest.power)} of cases, and a smaller one in fewer"
            )
        return (
            f"{where}, more judgements of the same authorities, or less noisy ones, "
            f"could{reach}{drift}."
        )
    return f"{where}, {_tried(one, settings.rope)}{drift}."


def _tried(one: EstimandEvidence, rope: float) -> str:
    """State under how many other priors the verdict stands, and what the other structure finds."""
    widths = one.prior_widths
    stands = sum(row_at(width, rope).code == one.verdict.code for width in widths)
    told = "another prior of the link, other indicators or later inspections could"
    if widths:
        told = (
            f"the verdict stands under {_of_all(stands, len(widths))} widths of the link’s prior "
            "that were tried; other indicators or later inspections could change it"
        )
    challenger = one.challenger
    if challenger is not None and challenger.converged and challenger.rho is not None:
        link = challenger.rho
        kind = STRUCTURES.get(challenger.structure, challenger.structure)
        told += (
            f"; a {kind} summary of the indicators gives a link of {number(link.mean)} "
            f"({span(link.lower, link.upper)})"
        )
    return told


def _of_all(some: int, all_: int) -> str:
    """Write how many of so many, and that it is all of them or none."""
    if some == all_:
        return f"all {all_}"
    return f"{some or 'none'} of {all_}"


def _not_said(evidence: Evidence) -> tuple[str, ...]:
    """State what no verdict says."""
    whose = (
        ("The authorities are invented, so nothing here is about any real one.",)
        if evidence.panel.simulated
        else ()
    )
    return (
        *whose,
        "It says nothing of any child, family, worker or school: an authority’s figures are not "
        "those of the people in it.",
        "It says nothing of causes: neither that inspection changes services, nor that services "
        "or deprivation bring about what the indicators or the inspectors record.",
        "It gives each authority a rank with an interval, and is not a league table: where two "
        "intervals overlap the data do not tell which authority is the better.",
        "It does not say whether inspectors or indicators are right where the two part.",
    )


def _where(name: str) -> str:
    """Begin a sentence with the estimand that it is about."""
    return {
        "concordance": "For authorities as they stand",
        "adjusted": "For authorities of equal deprivation",
    }[name]


def _link(one: EstimandEvidence, settings: Settings) -> str:
    """Write the link with its interval."""
    link = one.rho
    return (
        f"link ρ {number(link.mean)}, {interval_name(settings)} {span(link.lower, link.upper)}; "
        "0 is no link and 1 is perfect agreement"
    )
