"""The verdict in words, from fixed thresholds.

| Bayes factor, its Monte Carlo error allowed for | code | words |
|---|---|---|
| 10 or more for a link | ``evidence_for`` | strong evidence for a link |
| 3 to 10 for a link | ``evidence_for`` | moderate evidence for a link |
| below 3 either way | ``inconclusive`` | not enough to tell |
| 3 to 10 for no link | ``evidence_against`` | moderate evidence against a link |
| 10 or more for no link | ``evidence_against`` | strong evidence against a link |

The thresholds are those of Jeffreys (1961, appendix B) in the wording of Lee and
Wagenmakers (2013, table 7.1). The error allowed for is two Monte Carlo standard errors of
the log Bayes factor, towards no verdict. There is no verdict, whatever the Bayes factor, where
a fit fails the convergence gate (:mod:`analysis.evidence.convergence`), where bridge sampling
failed, or where the Bayes factors by bridge sampling and by Savage-Dickey are more than three
joint Monte Carlo errors apart: two right answers are that in 3 cases of 1,000.
"""

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict

from analysis.evidence.bayes_factor import LogFactor

MODERATE = 3.0
STRONG = 10.0
APART = 3.0

Code = Literal["evidence_for", "evidence_against", "inconclusive", "refused"]


class Verdict(BaseModel):
    """What may be said of one estimand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    sentence: str


def judge(
    log_bayes_factor: float, mcse: float, rho: float, lower: float, upper: float, interval: float
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
    """
    link = f"ρ = {rho:.2f} ({interval:.0%} interval {lower:.2f} to {upper:.2f})"
    surely = abs(log_bayes_factor) - 2.0 * mcse
    if surely < math.log(MODERATE):
        return Verdict(
            code="inconclusive",
            sentence=f"The data are not enough to tell whether there is a link: {link}.",
        )
    strength = "Strong" if surely >= math.log(STRONG) else "Moderate"
    if log_bayes_factor > 0:
        return Verdict(
            code="evidence_against", sentence=f"{strength} evidence against a link: {link}."
        )
    way = "positive" if rho > 0 else "negative"
    return Verdict(code="evidence_for", sentence=f"{strength} evidence for a {way} link: {link}.")


def refuse(reasons: tuple[str, ...], what: str = "the fit did not converge") -> Verdict:
    """Refuse a verdict, and say why."""
    return Verdict(code="refused", sentence=f"No verdict: {what} ({'; '.join(reasons)}).")


def disagreement(bridge: LogFactor, savage_dickey: LogFactor) -> tuple[str, ...]:
    """Say where two estimates of one Bayes factor are too far apart; nothing if they agree."""
    if bridge.agrees(savage_dickey, APART):
        return ()
    joint = math.hypot(bridge.mcse, savage_dickey.mcse)
    return (
        f"log Bayes factor {bridge.value:.2f} by bridge sampling, {savage_dickey.value:.2f} by "
        f"Savage-Dickey: {abs(bridge.value - savage_dickey.value) / joint:.1f} joint errors "
        f"apart, above {APART:.0f}",
    )
