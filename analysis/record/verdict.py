"""The verdict in words, from fixed thresholds.

The Bayes factor counts with two Monte Carlo standard errors of its logarithm taken off,
towards no verdict. :data:`ROWS` is the whole rule:

| Bayes factor, its error taken off | code | words |
|---|---|---|
| 10 or more for a link | ``evidence_for`` | Strong evidence for a link |
| 3 to 10 for a link | ``evidence_for`` | Moderate evidence for a link |
| below 3 either way | ``inconclusive`` | Not enough to tell |
| 3 to 10 for no link | ``evidence_against`` | Moderate evidence against a link as large as expected |
| 10 or more for no link | ``evidence_against`` | Strong evidence against a link as large as expected |

The thresholds are those of Jeffreys (1961, appendix B) in the wording of Lee and
Wagenmakers (2013, table 7.1). Two rules beside them are our own convention:

**Interval null.** A Bayes factor for no link weighs it against a link as large as the prior
expects (half of it beyond |ρ| = 0.35 by default), and so favours no link where there is a small
one. What counts for no link is therefore the least of three: that Bayes factor; the Bayes factor
of |ρ| below the ROPE's limit against beyond it; and the posterior odds of the same
(:class:`IntervalNull`). The second alone bars next to nothing, because its "beyond" is spread
over the prior's large links as well. With the third, a link at the limit or beyond it gets
"evidence against" in at most about a quarter of data sets. Where the first reaches 3 and the
least does not, the verdict is ``inconclusive`` and says why.

**Ceiling.** See the last cause below. There is no verdict, whatever the Bayes factor, for one of
the :data:`CAUSES`:

| cause | when |
|---|---|
| ``diagnostics`` | a fit fails the convergence gate (:mod:`analysis.evidence.convergence`) |
| ``bayes_factor`` | bridge sampling failed, or the Bayes factors by bridge sampling and by |
| | Savage-Dickey are more than three joint Monte Carlo errors apart, or not finite |
| ``ceiling`` | the Bayes factor is below 3 either way, and no data of this kind could have |
| | given 3 for no link: then finding nothing says nothing |

Two right Bayes factors are three joint errors apart in 3 cases of 1,000. The ceiling closes
only the way to ``inconclusive``: where these data do show a link, they answered the question.
"""  # noqa: E501

import math
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, model_validator

from analysis.record.thresholds import ERRORS, MODERATE, STRONG
from analysis.words.vocabulary import NOT_ENOUGH, VERDICTS, in_sentence
from models.priors import link_log_odds, link_median

Code = Literal["evidence_for", "evidence_against", "inconclusive", "refused"]
Strength = Literal["strong", "moderate"]
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
    code, strength
        What may be said then, and how strongly; None where nothing is concluded.
    """

    favours: Literal["link", "no link", "either"]
    least: float
    below: float
    code: Code
    strength: Strength | None = None

    @property
    def words(self) -> str:
        """What is said then."""
        if self.strength is None:
            return VERDICTS[self.code]
        return f"{self.strength.capitalize()} {in_sentence(VERDICTS[self.code])}"


ROWS = (
    Row("link", STRONG, math.inf, "evidence_for", "strong"),
    Row("link", MODERATE, STRONG, "evidence_for", "moderate"),
    Row("either", 0.0, MODERATE, "inconclusive"),
    Row("no link", MODERATE, STRONG, "evidence_against", "moderate"),
    Row("no link", STRONG, math.inf, "evidence_against", "strong"),
)


@dataclass(frozen=True, slots=True)
class IntervalNull:
    """What the data say of a link within the ROPE, and what the prior said.

    Attributes
    ----------
    rope, concentration
        The ROPE's limit, and κ of the prior of ρ.
    value, mcse
        Natural log of the Bayes factor for |ρ| below the limit against beyond it, and its Monte
        Carlo error.
    symbol
        What the link is called.
    """

    rope: float
    concentration: float
    value: float
    mcse: float = 0.0
    symbol: str = "ρ"

    @classmethod
    def of_probability(
        cls, probability: float, rope: float, concentration: float
    ) -> "IntervalNull":
        """Build from the posterior probability of |ρ| below the limit, known without error."""
        if not 0.0 < probability < 1.0:
            return cls(rope, concentration, math.copysign(math.inf, probability - 0.5))
        log_odds = math.log(probability / (1.0 - probability))
        return cls(rope, concentration, log_odds - link_log_odds(rope, concentration))

    @property
    def log_odds(self) -> float:
        """Posterior log odds of |ρ| below the limit."""
        return self.value + link_log_odds(self.rope, self.concentration)

    @property
    def surely(self) -> float:
        """The lesser of the log Bayes factor and the posterior log odds, its error taken off."""
        return min(self.value, self.log_odds) - ERRORS * self.mcse

    @property
    def expected(self) -> str:
        """How large a link the prior expects, in words."""
        median = link_median(self.concentration)
        return f"half of the prior lies beyond |{self.symbol}| = {median:.2f}"


class Verdict(BaseModel):
    """What may be said of one estimand.

    Attributes
    ----------
    code, strength
        Which way the evidence speaks, and how strongly; no strength where it speaks neither way.
    sentence
        The same in words.
    cause
        Why nothing may be said, where it is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    sentence: str
    strength: Strength | None = None
    cause: Cause | None = None

    @model_validator(mode="after")
    def _has_its_strength(self) -> "Verdict":
        """Refuse evidence for or against whose strength is not said."""
        if self.code.startswith("evidence") != (self.strength is not None):
            raise ValueError(f"code {self.code!r} with strength {self.strength!r}")
        return self


def judge(
    log_bayes_factor: float,
    mcse: float,
    rho: float,
    lower: float,
    upper: float,
    interval: float,
    null: IntervalNull,
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
    null
        What is said of a link within the ROPE.
    ceiling
        Natural log of the largest Bayes factor for no link that was possible.
    """
    known = math.isfinite(log_bayes_factor) and math.isfinite(mcse)
    if not known or (log_bayes_factor > 0.0 and math.isnan(null.surely)):
        told = (
            f"log Bayes factor {log_bayes_factor}, Monte Carlo error {mcse}, of the interval null "
            f"{null.value}: not finite"
        )
        return refuse((told,), "bayes_factor")
    row = find_row(log_bayes_factor, mcse, null)
    link = f"ρ = {rho:.2f} ({interval:.0%} interval {lower:.2f} to {upper:.2f})"
    if row.code == "inconclusive":
        if log_bayes_factor - ERRORS * mcse >= math.log(MODERATE):
            return Verdict(code=row.code, sentence=f"{_barred(log_bayes_factor, null)}: {link}.")
        if ceiling < math.log(MODERATE):
            told = (
                f"the Bayes factor is below {MODERATE:g} either way, and even without any link "
                f"these data could not have given more than {math.exp(ceiling):.1f} against one "
                f"as large as expected ({null.expected})"
            )
            verdict = refuse((told,), "ceiling")
            return verdict.model_copy(update={"sentence": f"{verdict.sentence} {link}."})
        return Verdict(
            code=row.code,
            sentence=f"The data are {NOT_ENOUGH} whether there is a link: {link}.",
        )
    words = row.words
    if row.code == "evidence_for":
        words = words.replace("a link", f"a {'positive' if rho > 0 else 'negative'} link")
    else:
        words = f"{words} ({null.expected}), and for one within |{null.symbol}| = {null.rope:g}"
    return Verdict(code=row.code, sentence=f"{words}: {link}.", strength=row.strength)


def _barred(log_bayes_factor: float, null: IntervalNull) -> str:
    """State why a Bayes factor for no link is not evidence against one."""
    return (
        f"The data are {NOT_ENOUGH} whether there is a link: they are "
        f"{math.exp(log_bayes_factor):.1f} times as likely without one as with one as large as "
        f"expected ({null.expected}), but they give |{null.symbol}| below {null.rope:g} odds of "
        f"{math.exp(null.log_odds):.1f} to 1 and a Bayes factor of {math.exp(null.value):.1f}, "
        f"where {MODERATE:g} is wanted of both after their error"
    )


def counts_for_none(log_bayes_factor: float, mcse: float, null: IntervalNull) -> float:
    """Return what counts for no link: the least that the rule asks for, error taken off."""
    if math.isnan(null.surely):
        return -math.inf
    return min(log_bayes_factor - ERRORS * mcse, null.surely)


def find_row(log_bayes_factor: float, mcse: float, null: IntervalNull | None) -> Row:
    """Find the row of the rule that a finite log Bayes factor for no link comes under.

    Without an interval null nothing is evidence against a link.
    """
    side: Literal["link", "no link"] = "no link" if log_bayes_factor > 0 else "link"
    surely = -log_bayes_factor - ERRORS * mcse
    if side == "no link":
        surely = counts_for_none(log_bayes_factor, mcse, null) if null else -math.inf
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
