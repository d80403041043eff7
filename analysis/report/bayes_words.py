"""What stands beside the headline Bayes factor: the other method, the other questions."""

import math

from scipy.stats import beta

from analysis.pages.tables import Cell, Table, table_of
from analysis.record.evidence import EstimandEvidence
from analysis.record.schema import Chance, LogFactor, PriorWidth
from analysis.record.thresholds import MODERATE, STRONG
from analysis.record.verdict import IntervalNull, Row, find_row
from analysis.words.numerals import (
    error,
    exponential,
    multiple,
    number,
    percentage,
    percentage_with_interval,
)
from analysis.words.vocabulary import VERDICTS


def beside_sentence(finding: EstimandEvidence) -> str:
    """Set Savage-Dickey beside the bridge, and say how far apart they are."""
    headline, other = finding.log_bf_independent_linked, finding.savage_dickey
    if headline.method == "savage_dickey":
        return ""
    joint = (headline.mcse**2 + other.mcse**2) ** 0.5
    apart = abs(headline.value - other.value)
    told = f", {number(apart / joint, 1)} joint errors from it" if joint > 0 else ""
    return f"By the Savage–Dickey ratio it is {_with_error(other)}{told}."


def identical_sentence(finding: EstimandEvidence) -> str:
    """Weigh no link against the model in which both sides measure the same thing."""
    found = finding.log_bf_independent_identical
    if found is None:
        return ""
    return (
        "For no link against both sides measuring the same thing, apart from the noise of one "
        f"judgement, the natural logarithm of the Bayes factor is {_with_error(found)}."
    )


def regions_sentence(finding: EstimandEvidence, rope: float) -> str:
    """State the one-sided and the interval-null versions."""
    found = finding.regions
    return (
        "As natural logarithms of Bayes factors with Monte Carlo standard errors: a positive "
        f"link against a negative one, {_with_error(found.positive_negative)}; no link against "
        f"a positive one, {_with_error(found.none_positive)}; a link within ±{rope:g} against "
        f"one beyond it, {_with_error(found.within_beyond)}."
    )


def row_at(width: PriorWidth, rope: float) -> Row:
    """Find the row of the verdict's rule under a prior of this width."""
    within = IntervalNull(rope, width.concentration, width.within_beyond, width.within_beyond_mcse)
    return find_row(width.value, width.mcse if math.isfinite(width.mcse) else math.inf, within)


def chances_sentence(finding: EstimandEvidence) -> str:
    """State how often these data would mislead, or tell nothing, with and without a link."""
    both = _without_and_with(finding)
    if both is None:
        return ""
    none, some = both
    return (
        f"Had there been no link, {_simulated(none.misleading, none.panels)} of {none.panels:,} "
        f"simulated sets of judgements would have given {MODERATE:g} times or more for one, and "
        f"{_simulated(none.inconclusive, none.panels)} would have told nothing; had it been 0.3, "
        f"{_simulated(some.misleading, some.panels)} would have spoken against it and "
        f"{_simulated(some.inconclusive, some.panels)} would have told nothing. Brackets hold "
        "95% intervals of the simulation."
    )


def chance_phrase(finding: EstimandEvidence) -> str:
    """State in part of a sentence how often such data would mislead either way."""
    both = _without_and_with(finding)
    if both is None:
        return ""
    none, some = both
    return (
        "in simulations, judgements of this kind misled in "
        f"{_simulated(none.misleading, none.panels)} of cases where there was no link, and in "
        f"{_simulated(some.misleading, some.panels)} where the link was 0.3"
    )


def _without_and_with(finding: EstimandEvidence) -> tuple[Chance, Chance] | None:
    """Return the chances where there is no link and where it is 0.3, if both are known."""
    by_link = {one.link: one for one in finding.chances}
    return (by_link[0.0], by_link[0.3]) if {0.0, 0.3} <= set(by_link) else None


def _simulated(share: float, panels: int) -> str:
    """Write a share of simulated panels with its 95% interval under Jeffreys' prior."""
    count = round(share * panels)
    law = beta(count + 0.5, panels - count + 0.5)
    lower, upper = float(law.ppf(0.025)), float(law.ppf(0.975))
    return percentage_with_interval(share, 0.0 if not count else lower, upper)


def chances_table(finding: EstimandEvidence, caption: str) -> Table:
    """List what Bayes factors would say at each stated link."""
    return table_of(
        f"{caption} What the rule of the verdict says of simulated judgements, by the true link.",
        (
            *("True link", f"{STRONG:g} or more for a link", f"{MODERATE:g} to {STRONG:g} for"),
            *(VERDICTS["inconclusive"], f"{MODERATE:g} to {STRONG:g} against"),
            *(f"{STRONG:g} or more against", "Misleading", "Monte Carlo error"),
        ),
        [
            (
                Cell(number(one.link, 1), one.link),
                *(
                    Cell(percentage(share), share)
                    for share in (
                        *(one.strong_for, one.moderate_for, one.inconclusive),
                        *(one.moderate_against, one.strong_against, one.misleading),
                    )
                ),
                Cell(error(one.misleading_mcse), one.misleading_mcse),
            )
            for one in finding.chances
        ],
    )


def widths_table(finding: EstimandEvidence, caption: str) -> Table:
    """List the Bayes factor for no link under other prior widths of ρ."""
    return table_of(
        f"{caption} The Bayes factor for no link under other priors of ρ, each a stretched Beta.",
        (
            "Prior standard deviation of ρ",
            "Log Bayes factor",
            "Monte Carlo error",
            "Log ceiling",
            "Ceiling, times",
        ),
        [_width_row(one) for one in finding.prior_widths],
    )


def _width_row(one: PriorWidth) -> tuple[Cell, ...]:
    """Write one prior width."""
    return (
        Cell(number(one.sd), one.sd),
        Cell(number(one.value), one.value),
        Cell(error(one.mcse), one.mcse),
        Cell(number(one.ceiling), one.ceiling),
        Cell(multiple(exponential(one.ceiling)), one.ceiling),
    )


def _with_error(one: LogFactor) -> str:
    """Write a logarithm with its Monte Carlo standard error."""
    return f"{number(one.value)} ({error(one.mcse)})"
