"""The report's numbers and sentences."""

import numpy as np
import pytest

from analysis.record.evidence import Evidence
from analysis.record.schema import BayesFactor, Challenger, ModelScore, SmallestLink
from analysis.report import words
from analysis.report.authorities import strip_of
from analysis.words import numerals
from tests.report_evidence import estimand_of, evidence_of

# Numbers


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "0.12"), (-0.061, "−0.06"), (-0.001, "0.00"), (1234.5, "1,234.50")]
)
def test_numbers_have_true_minus_signs_and_no_minus_zero(value, text):
    assert numerals.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        *((0.914, "91%"), (0.9996, "over 99%"), (0.0004, "under 1%"), (1.0, "over 99%")),
        *((0.005, "under 1%"), (0.995, "over 99%"), (0.0, "under 1%")),  # halves go to even
    ],
)
def test_probabilities_are_never_certain(share, text):
    assert numerals.percentage(share) == text


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        *((0.0123, 3, "0.012"), (0.00004, 4, "under 0.0001"), (0.00006, 4, "0.0001")),
        *((0.004, 2, "under 0.01"), (0.0, 4, "none"), (float("nan"), 4, "–")),
    ],
)
def test_a_monte_carlo_error_is_never_written_as_nothing_but_zeros(value, places, text):
    assert numerals.error(value, places) == text


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((3.0, 6.0), "4.2 (3 to 6)"),
        ((3.5, 6.0), "4.2 (3.5 to 6)"),
        ((0.98, 1200.0), "4.2 (1 to 1,200)"),
    ],
)
def test_the_ends_of_a_counts_interval_are_whole_where_they_can_be(ends, text):
    assert numerals.counted(4.21, *ends) == text


@pytest.mark.parametrize(
    ("factor", "text"), [(3.42, "3.4"), (9.97, "10"), (140.2, "140"), (1e9, "more than 1,000")]
)
def test_multiples_claim_no_more_digits_than_they_have(factor, text):
    assert numerals.multiple(factor) == text


# Sentences


def bayes(value):
    return BayesFactor(value=value, mcse=0.05, method="savage_dickey", ceiling=1.79)


def test_bayes_factor_is_said_as_a_multiple_with_its_error_and_its_ceiling():
    # exp(1.2238) = 3.4; exp(1.2238 ± 1.96 * 0.05) = 3.1 and 3.8; exp(1.79) = 6.0
    assert words.bayes_sentence(bayes(1.2238)) == (
        "The data are 3.4 times as likely under no link as under a link as large as the prior "
        "expects (Monte Carlo range 3.1 to 3.8). For no link, these data could have shown at most "
        "6.0 times."
    )


def test_bayes_factor_for_a_link_is_turned_round():
    # exp(2.302585) = 10.0
    assert words.bayes_sentence(bayes(-2.302585)).startswith(
        "The data are 10 times as likely under a link as under no link (Monte Carlo range 9.1 to"
    )


def test_gap_smaller_than_the_uncertainty_is_no_finding():
    evidence = evidence_of(True, (), False)
    told = words.gap_sentences(
        Evidence.model_validate(evidence),
    )

    assert "From 0.12 (−0.06 to 0.30) as things stand, the link moves by +0.04" in told
    assert "it should not be read as an effect of deprivation" in told


def test_a_gap_that_rounds_to_nothing_is_not_said_as_a_move_of_nothing():
    evidence = evidence_of(True, (), False)
    evidence["estimands"]["adjusted"]["rho"] |= {"mean": 0.121}
    told = words.gap_sentences(
        Evidence.model_validate(evidence),
    )

    assert "the link moves by less than 0.01, to 0.12 (" in told
    assert "+0.00" not in told


def test_gap_larger_than_the_uncertainty_is_said_with_its_direction():
    evidence = evidence_of(True, (), False)
    link = evidence["estimands"]["adjusted"]["rho"]
    link |= {"mean": -0.3, "lower": -0.4, "upper": -0.2}
    told = words.gap_sentences(
        Evidence.model_validate(evidence),
    )

    assert "the link moves by −0.42 to −0.30 (−0.40 to −0.20)" in told
    assert "part of the agreement as things stand goes with deprivation" in told


def test_differences_below_four_are_called_indistinguishable():
    rows = [ModelScore.model_validate(row) for row in estimand_of("adjusted", False, True)["elpd"]]
    told = words.comparison_sentence(tuple(rows))

    assert told == (
        "Judgements not seen are best predicted by the model with a link. From it, the model "
        "without a link differs by −0.8 (standard error 1.4), which is indistinguishable; the "
        "model with deprivation alone differs by −6.3 (standard error 3.1). The largest Pareto k "
        "is 0.41; no value of it is too high to be relied on."
    )


@pytest.mark.parametrize(("converged", "shown"), [(True, True), (False, False)])
def test_a_challenger_that_did_not_converge_shows_no_link(converged, shown):
    challenger = Challenger.model_validate(estimand_of("adjusted", False, converged)["challenger"])
    told = words.challenger_sentences(challenger)

    assert ("0.20 (0.00 to 0.40)" in told) is shown
    assert ("did not converge (2 modes found)" in told) is not shown


def test_the_smallest_link_is_said_with_its_odds_and_probability():
    smallest = SmallestLink(value=0.27, power=0.8, odds=3.0)

    assert words.smallest_sentence(smallest) == (
        "The smallest link that these data would have shown, by 3 times or more, with "
        "probability 80% is 0.27."
    )


def test_an_unconverged_challenger_may_have_no_numbers_at_all():
    given = estimand_of("adjusted", False, False)["challenger"] | {"rho": {"mean": None}}

    assert Challenger.model_validate(given).rho is None


@pytest.mark.parametrize(
    ("value", "direction", "at", "beyond"),
    [
        (41.0, "lower", 0.0, -1),
        (41.0, "higher", 100.0, 1),
        (12.0, "higher", 55.0, 0),
        (30.0, "higher", 100.0, 0),
    ],
)
def test_a_figure_beyond_its_strip_is_marked_as_beyond(value, direction, at, beyond):
    others = {"tenth": 5.0, "median": 10.0, "ninetieth": 20.0, "direction": direction}
    strip = strip_of(others | {"value": value, "value_lower": np.nan, "value_upper": np.nan})

    assert (strip.at, strip.beyond) == (at, beyond)
