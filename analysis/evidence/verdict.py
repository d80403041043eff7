"""The verdict in words, from fixed thresholds.

The Bayes factor counts with two Monte Carlo standard errors of its logarithm taken off,
towards no verdict. :data:`ROWS` is the whole rule:

| Bayes factor, its error taken off | code | words |
|---|---|---|
| 10 or more for a link | ``evidence_for`` | Strong evidence for a link |
| 3 to 10 for a link | ``evidence_for`` | Moderate evidence for a link |
| below 3 either way | ``inconclusive`` | Not enough to tell |
| 3 to 10 for no link | ``evidence_against`` | Moderate evidence against a link |
| 10 or more for no link | ``evidence_against`` | Strong evidence against a link |

The thresholds are those of Jeffreys (1961, appendix B) in the wording of Lee and
Wagenmakers (2013, table 7.1). There is no verdict, whatever the Bayes factor, for one of the
:data:`CAUSES`:

| cause | when |
|---|---|
| ``diagnostics`` | a fit fails the convergence gate (:mod:`analysis.evidence.convergence`) |
| ``bayes_factor`` | bridge sampling failed, or the Bayes factors by bridge sampling and by |
| | Savage-Dickey are more than three joint Monte Carlo errors apart, or not finite |
| ``ceiling`` | the Bayes factor is below 3 either way, and no data of this kind could have |
| | given 3 for no link: then finding nothing says nothing |

Two right Bayes factors are three joint errors apart in 3 cases of 1,000. The ceiling closes
only the way to ``inconclusive``: where these data do show a link, they answered the question.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from analysis.evidence.bayes_factor import LogFactor

MODERATE = 3.0
STRONG = 10.0
ERRORS = 2.0
APART = 3.0

Code = Literal["evidence_for", "evidence_against", "inconclusive", "refused"]
Cause = Literal["diagnostics", "bayes_factor", "ceiling"]
CAUSES: tuple[Cause, ...] = get_args(Cause)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the rule.

    Attributes
    ----------
    favours
        What the Bayes factor is for, or ``either``.
    least, below
        From and below which multiple the row holds.
    code, words
        What is said then.
    """

    favours: Literal["link", "no link", "either"]
    least: float
    below: float
    code: Code
    words: str


ROWS = (
    Row("link", STRONG, math.inf, "evidence_for", "Strong evidence for a link"),
    Row("link", MODERATE, STRONG, "evidence_for", "Moderate evidence for a link"),
    Row("either", 0.0, MODERATE, "inconclusive", "Not enough to tell"),
    Row("no link", MODERATE, STRONG, "evidence_against", "Moderate evidence against a link"),
    Row("no link", STRONG, math.inf, "evidence_against", "Strong evidence against a link"),
)


class Verdict(BaseModel):
    """What may be said of one estimand; ``cause`` says why nothing may, where it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    sentence: str
    cause: Cause | None = None


def judge(
    log_bayes_factor: float,
    mcse: float,
    rho: float,
    lower: float,
    upper: float,
    interval: float,
    ceiling: float = math.inf,
) -> Verdict:
    """Put a converged result into words.

    Parameters
    ----------
    log_bayes_factor, mcse
        Natural log of the Bayes factor for no link, and its Monte Carlo error.
    rho, lower, upper
        Posterior mean and interval of the link.
    interval
        Probability of the interval.
    ceiling
        Natural log of the largest Bayes factor for no link that was possible.
    """
    if not (math.isfinite(log_bayes_factor) and math.isfinite(mcse)):
        told = f"log Bayes factor {log_bayes_factor}, Monte Carlo error {mcse}: not finite"
        return refuse((told,), "bayes_factor")
    row = find_row(log_bayes_factor, mcse)
    link = f"ρ = {rho:.2f} ({interval:.0%} interval {lower:.2f} to {upper:.2f})"
    if row.code == "inconclusive":
        if ceiling < math.log(MODERATE):
            told = (
                f"the Bayes factor is below {MODERATE:g} either way, and even without any link "
                f"these data could not have given more than {math.exp(ceiling):.1f} against one"
            )
            verdict = refuse((told,), "ceiling")
            return verdict.model_copy(update={"sentence": f"{verdict.sentence} {link}."})
        return Verdict(
            code=row.code,
            sentence=f"The data are not enough to tell whether there is a link: {link}.",
        )
    words = row.words
    if row.code == "evidence_for":
        words = words.replace("a link", f"a {'positive' if rho > 0 else 'negative'} link")
    return Verdict(code=row.code, sentence=f"{words}: {link}.")


def find_row(log_bayes_factor: float, mcse: float) -> Row:
    """Find the row of the rule that a finite log Bayes factor for no link comes under."""
    surely = abs(log_bayes_factor) - ERRORS * mcse
    side = "no link" if log_bayes_factor > 0 else "link"
    for row in ROWS:
        least = math.log(row.least) if row.least else -math.inf
        below = math.log(row.below)
        if row.favours in (side, "either") and least <= surely < below:
            return row
    raise ValueError(f"find_row: no row for {log_bayes_factor} with error {mcse}.")


_REFUSALS: dict[Cause, str] = {
    "diagnostics": "the fit did not converge",
    "bayes_factor": "the Bayes factor cannot be relied on",
    "ceiling": "the question cannot be answered with these data",
}


def refuse(reasons: tuple[str, ...], cause: Cause = "diagnostics") -> Verdict:
    """Refuse a verdict, and say why."""
    sentence = f"No verdict: {_REFUSALS[cause]} ({'; '.join(reasons)})."
    return Verdict(code="refused", sentence=sentence, cause=cause)


def disagreement(bridge: LogFactor, savage_dickey: LogFactor) -> tuple[str, ...]:
    """Say where two estimates of one Bayes factor are too far apart; nothing if they agree."""
    if bridge.agrees(savage_dickey, APART):
        return ()
    joint = math.hypot(bridge.mcse, savage_dickey.mcse)
    apart = abs(bridge.value - savage_dickey.value)
    many = f"{apart / joint:.1f}" if joint > 0.0 else "infinitely many"
    return (
        f"log Bayes factor {bridge.value:.2f} by bridge sampling, {savage_dickey.value:.2f} by "
        f"Savage-Dickey: {many} joint errors apart, above {APART:.0f}",
    )
