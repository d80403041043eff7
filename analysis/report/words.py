"""Findings as sentences, each a fixed form filled with numbers and their intervals."""

import math
import re
from collections.abc import Hashable
from typing import Any

import pandas as pd

from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.record.schema import (
    BayesFactor,
    Challenger,
    LinkPosterior,
    ModelScore,
    Ratio,
    Settings,
    SmallestLink,
)
from analysis.record.thresholds import INDISTINGUISHABLE, MISCALIBRATED
from analysis.words.numerals import (
    above_nothing,
    day,
    error,
    exponential,
    interval_name,
    multiple,
    number,
    percentage,
    plural,
    signed,
    span,
    with_interval,
)
from analysis.words.vocabulary import (
    FORECAST_PHRASES,
    MEASURES,
    METHODS,
    MODEL_PHRASES,
    STRUCTURES,
)


def banner(evidence: Evidence) -> str:
    """State whose the authorities are, and which link was put into simulated ones."""
    told = evidence.panel.whose.banner
    if evidence.panel.simulated and evidence.truth is not None:
        put_in = number(evidence.truth["rho"])
        told += f" The link that was put into them, at equal deprivation, is {put_in}."
    return told


def link_sentence(link: LinkPosterior, settings: Settings) -> str:
    """State how strong the link is, and how surely it is positive or negligible."""
    return (
        f"The link ρ is {number(link.mean)} "
        f"({interval_name(settings)} {span(link.lower, link.upper)}). "
        f"The probability that it is above zero is {percentage(link.probability)}; "
        f"that it lies within ±{settings.rope:g}, which is practically no link, "
        f"{percentage(link.probability_rope)}."
    )


def reliability_sentence(finding: EstimandEvidence) -> str:
    """State how reliable one judgement is, and how strong the link of quality itself is."""
    r, quality = finding.reliability, finding.quality_link
    if r is None or quality is None:
        return ""
    return (
        f"The reliability of one judgement, the share of its underlying scale that lasts from one "
        f"inspection to the next, is {with_interval(r.mean, r.lower, r.upper)} (Monte Carlo "
        f"standard error {error(r.mcse, 4)}). The link of lasting quality itself with "
        f"effectiveness, ρ/√r, is {with_interval(quality.mean, quality.lower, quality.upper)} "
        f"({error(quality.mcse, 4)})."
    )


def bayes_sentence(bayes: BayesFactor) -> str:
    """State the Bayes factor as a multiple in the direction that it favours.

    The range is the multiple one 95% Monte Carlo interval either way; it tells how well
    the number was computed, not how sure the finding is.
    """
    sign = 1 if bayes.value >= 0 else -1
    first, second = ("no link", "a link as large as the prior expects")
    if sign < 0:
        first, second = "a link", "no link"
    least, most = (
        multiple(exponential(sign * bayes.value + side * 1.96 * bayes.mcse)) for side in (-1, 1)
    )
    computed = "" if least == most else f" (Monte Carlo range {least} to {most})"
    told = (
        f"The data are {multiple(exponential(sign * bayes.value))} times as likely "
        f"under {first} as under {second}{computed}."
    )
    ceiling = multiple(exponential(bayes.ceiling))
    return f"{told} For no link, these data could have shown at most {ceiling} times."


WHY_MEASURES_DIFFER = (
    "The Bayes factor and the difference when judgements are left out answer different questions, "
    "and need not agree. The Bayes factor is of these authorities and of all their judgements at "
    "once, foretold from the prior. The difference is of one judgement foretold from all the "
    "others, and its standard error says how far other authorities could have moved it."
)


def left_out_sentence(finding: EstimandEvidence) -> str:
    """Set the leave-one-out difference beside the Bayes factor."""
    found = _link_against_none(finding.elpd)
    if found is None:
        return ""
    difference, standard_error = found
    side = "better" if difference > 0 else "worse"
    clear = "more" if abs(difference) > 2.0 * standard_error else "less"
    return (
        "Left out one at a time, judgements are predicted "
        f"{side} with a link than without, by {number(abs(difference), 1)} (standard error "
        f"{number(standard_error, 1)}) in expected log predictive density, {clear} than two "
        "standard errors."
    )


def left_out_phrase(finding: EstimandEvidence) -> str:
    """State the same in part of a plain sentence, without numbers."""
    found = _link_against_none(finding.elpd)
    if found is None:
        return ""
    difference, standard_error = found
    side = "better" if difference > 0 else "worse"
    if abs(difference) > 2.0 * standard_error:
        return f"one authority’s judgement, left out, is foretold {side} with a link as well"
    return (
        f"one authority’s judgement, left out, is foretold {side} with a link, but by less than "
        "two standard errors, so that other authorities could have shown otherwise"
    )


def _link_against_none(rows: tuple[ModelScore, ...]) -> tuple[float, float] | None:
    """Return the accuracy with a link less that without, and its standard error.

    Differences are known from the best model; None where that is neither of the two.
    """
    by_model = {row.model: row for row in rows}
    if not {"linked", "independent"} <= set(by_model):
        return None
    linked, independent = by_model["linked"], by_model["independent"]
    if not linked.difference:
        return -independent.difference, independent.difference_se
    if not independent.difference:
        return linked.difference, linked.difference_se
    return None


def bayes_details(bayes: BayesFactor) -> str:
    """Return the Bayes factor as statisticians write it, with how it was computed."""
    method = METHODS.get(bayes.method, bayes.method.replace("_", " "))
    return (
        f"The natural logarithm of the Bayes factor for no link is {number(bayes.value)} "
        f"(Monte Carlo standard error {error(bayes.mcse, 2)}), by {method}; its ceiling, the most "
        f"that these data could have given, is {number(bayes.ceiling)}"
        f"{_error(bayes.ceiling_mcse)}."
    )


def smallest_sentence(smallest: SmallestLink | None) -> str:
    """State which link the data were large enough to show."""
    if smallest is None or not math.isfinite(smallest.value):
        return "Which link these data would have been large enough to show is not known."
    odds = f"by {smallest.odds:g} times or more, " if math.isfinite(smallest.odds) else ""
    return (
        f"The smallest link that these data would have shown, {odds}with probability "
        f"{percentage(smallest.power)} is {number(smallest.value)}{_error(smallest.mcse)}."
    )


def _error(mcse: float) -> str:
    """Return a number's Monte Carlo error in brackets, where it is known."""
    return f" (Monte Carlo standard error {error(mcse)})" if math.isfinite(mcse) else ""


def gap_sentences(evidence: Evidence) -> str:
    """Explain the gap between the link as things stand and at equal deprivation."""
    stand, equal = evidence.estimands["concordance"], evidence.estimands["adjusted"]
    if stand.refused or equal.refused:
        return (
            "The gap between the two cannot be described, "
            "because at least one of them has no verdict."
        )
    shift = equal.rho.mean - stand.rho.mean
    least = min((found.rho.upper - found.rho.lower) / 2 for found in (stand, equal))
    measure = MEASURES.get(evidence.settings.deprivation, evidence.settings.deprivation)
    if abs(shift) < least:
        reading = (
            "That is less than the uncertainty of either (half of its interval): "
            "it should not be read as an effect of deprivation."
        )
    elif shift > 0:
        reading = (
            "That is more than their uncertainty: the two agree more closely among "
            "authorities of equal deprivation."
        )
    else:
        reading = (
            "That is more than their uncertainty: part of the agreement as things stand "
            "goes with deprivation."
        )
    return (
        "Deprivation can act on both sides: on what inspectors judge and on what the "
        f"indicators show. {_moved(stand.rho, equal.rho)} among authorities of equal "
        f"deprivation, measured by {measure}. {reading} Both come from the same data, and the gap "
        "has no interval of its own."
    )


def _moved(stand: LinkPosterior, equal: LinkPosterior) -> str:
    """State from where to where the link moves, or that it hardly does."""
    told = f"From {_estimate(stand)} as things stand, the link"
    shift = number(equal.mean - stand.mean)
    if not float(shift.replace("−", "-")):
        return f"{told} moves by less than 0.01, to {_estimate(equal)}"
    return f"{told} moves by {signed(equal.mean - stand.mean)} to {_estimate(equal)}"


def _estimate(link: LinkPosterior) -> str:
    """Write the link with its interval."""
    return with_interval(link.mean, link.lower, link.upper)


def ratio_sentence(ratio: Ratio | None) -> str:
    """State the ratio of two probabilities of being in the top band."""
    if ratio is None:
        return "The ratio between the grades was not computed."
    numbers = with_interval(ratio.mean, ratio.lower, ratio.upper)
    return (
        f"{ratio.what}: {numbers}, Monte Carlo standard error {error(ratio.mcse)}. This is how "
        "many times as often authorities of the first judgement are among the most effective as "
        "those of the second. "
        + (
            "1 is what no link would give."
            if math.isnan(ratio.no_link_lower)
            else "Replicates without a link give "
            f"{number(ratio.no_link_lower)} to {number(ratio.no_link_upper)}, and in "
            f"{percentage(ratio.no_link_probability)} of cases one as far out (Monte Carlo error "
            f"{error(ratio.no_link_probability_mcse)})."
        )
    )


def challenger_sentences(challenger: Challenger | None) -> str:
    """State what became of the other structure, and whether its numbers may be read."""
    if challenger is None:
        return "No other structure was fitted."
    name = STRUCTURES.get(challenger.structure, challenger.structure)
    modes = plural(challenger.modes, "mode")
    if not challenger.converged:
        reasons = "; ".join(challenger.reasons)
        return (
            f"The {name} challenger did not converge ({modes} found), so its numbers are not "
            f"findings and are not shown: {reasons}."
        ).strip()
    link = challenger.rho
    told = f"The {name} challenger converged, with {modes} found."
    if link is not None:
        told += f" Its link is {with_interval(link.mean, link.lower, link.upper)}."
    difference = challenger.indicator_elpd_difference
    error = challenger.indicator_elpd_difference_se
    direction = "better" if difference > 0 else "worse"
    if abs(difference) < INDISTINGUISHABLE:
        direction = "indistinguishably"
    return (
        f"{told} It predicts the indicators of authorities left out {direction}: "
        f"a difference of {signed(difference, 1)} in expected log predictive density "
        f"(standard error {number(error, 1)}) from the primary structure."
    )


def comparison_sentence(rows: tuple[ModelScore, ...]) -> str:
    """State which model predicts judgements best, and which others do as well."""
    if not rows:
        return (
            "The joint engine samples every latent variable and leaves no authority out; "
            "the collapsed engine compares how models predict."
        )
    best = max(rows, key=lambda row: row.elpd)
    others = [row for row in rows if row is not best]
    told = [
        f"{_model(row)} differs by {signed(row.difference, 1)} "
        f"(standard error {number(row.difference_se, 1)})"
        + (", which is indistinguishable" if abs(row.difference) < INDISTINGUISHABLE else "")
        for row in others
    ]
    high = sum(row.pareto_k_high for row in rows)
    worst = max(row.pareto_k_max for row in rows)
    return (
        f"Judgements not seen are best predicted by {_model(best)}. From it, {'; '.join(told)}. "
        f"The largest Pareto k is {number(worst)}; "
        + ("no value of it is" if not high else plural(high, "value is", "values are"))
        + " too high to be relied on."
    )


def foreseen_sentence(scores: pd.DataFrame) -> str:
    """State what was forecast from when, and what the indicators and the model added."""
    first = scores.iloc[0]
    rows = scores.set_index("forecast").to_dict("index")
    score = "ranked_probability_score_difference"
    told = []
    for name, phrase in FORECAST_PHRASES.items():
        gap, error = (float(rows[name][one]) for one in (score, f"{score}_se"))
        beyond = abs(gap) > 2.0 * error
        said = "neither clearly better nor worse than"
        if beyond:
            said = "better than" if gap > 0 else "worse than"
        told.append(f"{said} {phrase} ({signed(gap, 3)}, standard error {number(error, 3)})")
    return (
        f"Fitted to what was published by {day(str(first['cutoff']))}, with every earlier "
        "judgement of an authority, the linked model forecast the next inspection of "
        f"{int(first['cases'])} authorities. {_added(rows['independent'])} By the ranked "
        f"probability score the linked model did {'; '.join(told)}. Positive differences favour "
        "the linked model; a difference within two standard errors tells nothing. "
        f"{_kept(rows['linked'])}"
    )


def _added(independent: dict[Hashable, Any]) -> str:
    """State whether the indicators add to the earlier judgements."""
    gap = float(independent["ranked_probability_score_difference"])
    spread = float(independent["ranked_probability_score_difference_se"])
    by_log = -float(independent["log_score_difference"])
    by_log_se = float(independent["log_score_difference_se"])
    said = "it cannot be told whether the indicators add anything"
    if abs(gap) > 2.0 * spread:
        said = "the indicators add to them" if gap > 0 else "the indicators make forecasts worse"
    return (
        "Against the model without a link, which knows the earlier judgements but has no use for "
        f"the indicators, {said}: ranked probability score {signed(gap, 3)} (standard error "
        f"{number(spread, 3)}), log score {signed(by_log, 3)} ({number(by_log_se, 3)}), positive "
        "where they help."
    )


def _kept(linked: dict[Hashable, Any]) -> str:
    """State whether the linked model's probabilities were calibrated."""
    p = float(linked["miscalibration_p"])
    said = "no further from the grades that came than those of a calibrated forecast would be"
    if p < MISCALIBRATED:
        said = "further from the grades that came than those of a calibrated forecast would be"
    return f"Its probabilities were {said} (p {above_nothing(p, 2)})."


def _model(row: ModelScore) -> str:
    """Name a model within a sentence."""
    return MODEL_PHRASES.get(row.model, f"the model “{row.model}”")


def refusal_sentence(refusal: EstimandEvidence) -> str:
    """Introduce the reasons of a refusal."""
    count = plural(len(refusal.reasons), "reason")
    return f"The computation cannot be relied on ({count}), so no number is given as a finding."


def verdict_sentence(estimand: EstimandEvidence) -> str:
    """Return the verdict's own sentence, with true minus signs and a full stop."""
    sentence = re.sub(r"(?<![\w.])-(?=\d)", "−", estimand.verdict.sentence.strip())
    return sentence.rstrip(".") + "."


def diagnostics_sentence(fits: int, converged: int) -> str:
    """State how many fits can be relied on."""
    if converged == fits:
        return f"All {plural(fits, 'fit')} converged."
    if not converged:
        return f"None of the {plural(fits, 'fit')} converged. No number is shown as a finding."
    return (
        f"{converged} of {plural(fits, 'fit')} converged. "
        "No number from the others is shown as a finding."
    )
