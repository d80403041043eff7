"""The verdict's fixed thresholds, row by row, and what it refuses."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from analysis.evidence.bayes_factor import disagreement
from analysis.record import verdict
from analysis.record.schema import LogFactor
from analysis.record.verdict import CAUSES, ROWS, IntervalNull, find_row, judge, refuse
from analysis.words.vocabulary import NOT_ENOUGH
from models.priors import link_log_odds, link_median

# A link within the ROPE is favoured by far, so that the Bayes factor for no link decides.
NULL = IntervalNull(rope=0.1, concentration=2.0, value=30.0)
LINK = (0.2, 0.1, 0.3, 0.95, NULL)


def multiples(row):
    """Give multiples at both ends of a row, just inside."""
    return [max(row.least, 1.0) * 1.0001, min(row.below, 1e6) * 0.9999]


@pytest.mark.parametrize("row", ROWS, ids=[row.words for row in ROWS])
def test_every_row_holds_between_its_thresholds(row):
    for favours in ("link", "no link") if row.favours == "either" else (row.favours,):
        for multiple in multiples(row):
            factor = math.log(multiple) * (1.0 if favours == "no link" else -1.0)

            found = judge(factor, 0.0, *LINK)

            assert found.code == row.code
            assert found.cause is None
            strength = row.words.split()[0] if row.code != "inconclusive" else NOT_ENOUGH
            assert strength in found.sentence
            assert "ρ = 0.20 (95% interval 0.10 to 0.30)" in found.sentence


def test_rows_leave_no_gap_and_do_not_overlap():
    for side in ("link", "no link"):
        own = sorted((row.least, row.below) for row in ROWS if row.favours in (side, "either"))

        assert own[0][0] == 0.0
        assert own[-1][1] == math.inf
        assert all(one[1] == other[0] for one, other in pairwise(own))


@pytest.mark.parametrize(("multiple", "weaker"), [(10.5, "Moderate"), (3.1, NOT_ENOUGH)])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_two_errors_are_taken_off_towards_no_verdict(multiple, weaker, sign):
    assert weaker in judge(sign * math.log(multiple), 0.05, *LINK).sentence
    assert weaker not in judge(sign * math.log(multiple), 0.01, *LINK).sentence


def test_a_negative_link_is_called_negative():
    assert "negative link" in judge(-5.0, 0.0, -0.4, -0.5, -0.3, 0.95, NULL).sentence


@pytest.mark.parametrize("cause", CAUSES)
def test_a_refusal_gives_its_cause_and_its_reasons(cause):
    found = refuse(("R-hat of rho is 1.2",), cause)

    assert (found.code, found.cause) == ("refused", cause)
    assert found.sentence.startswith("No verdict: ")
    assert "R-hat of rho is 1.2" in found.sentence


@pytest.mark.parametrize(("factor", "mcse"), [(math.nan, 0.1), (-math.inf, 0.1), (2.0, math.inf)])
def test_a_bayes_factor_that_is_not_finite_has_no_verdict(factor, mcse):
    found = judge(factor, mcse, *LINK)

    assert (found.code, found.cause) == ("refused", "bayes_factor")
    assert "not finite" in found.sentence


def test_a_low_ceiling_makes_the_question_unanswerable():
    found = judge(0.5, 0.0, *LINK, ceiling=math.log(2.9))

    assert (found.code, found.cause) == ("refused", "ceiling")
    assert "could not have given more than 2.9 against one" in found.sentence
    assert judge(0.5, 0.0, *LINK, ceiling=math.log(3.1)).code == "inconclusive"


def test_a_low_ceiling_does_not_hide_a_link_that_is_there():
    assert judge(-math.log(20.0), 0.0, *LINK, ceiling=0.5).code == "evidence_for"


def within(probability, concentration=2.0):
    return IntervalNull.of_probability(probability, 0.1, concentration)


def test_the_prior_of_the_link_says_how_large_a_link_is_expected():
    # Density 3/4 (1 - ρ²): P(|ρ| < x) = (3x - x³)/2.
    share = (3 * 0.1 - 0.1**3) / 2
    assert link_log_odds(0.1, 2.0) == pytest.approx(math.log(share / (1 - share)))
    x = link_median(2.0)
    assert (3 * x - x**3) / 2 == pytest.approx(0.5)
    assert x == pytest.approx(0.347, abs=0.001)
    assert link_median(1.0) == pytest.approx(0.5)


def test_a_probability_within_the_rope_is_its_odds_and_its_bayes_factor():
    assert within(0.6).log_odds == pytest.approx(math.log(1.5))
    assert within(0.6).value == pytest.approx(math.log(1.5) - link_log_odds(0.1, 2.0))
    assert within(1.0).value == math.inf
    assert within(0.0).value == -math.inf


def test_injuries_are_not_evidence_against_a_link():
    """ρ 0.10 (-0.08 to 0.27), a Bayes factor of 3.2 for no link; P(|ρ| < 0.1) is about a half."""
    found = judge(1.16, 0.01, 0.10, -0.08, 0.27, 0.95, within(0.49), ceiling=1.78)

    assert (found.code, found.cause) == ("inconclusive", None)
    assert "3.2 times as likely without one as with one as large as expected" in found.sentence
    assert "half of the prior lies beyond |ρ| = 0.35" in found.sentence
    assert "odds of 1.0 to 1 and a Bayes factor of 5.5, where 3 is wanted" in found.sentence


@pytest.mark.parametrize(
    ("probability", "code"), [(0.74, "inconclusive"), (0.76, "evidence_against")]
)
def test_evidence_against_wants_the_odds_of_a_link_within_the_rope(probability, code):
    assert find_row(math.log(5.0), 0.0, within(probability)).code == code
    # Its error counts as well.
    weak = IntervalNull(0.1, 2.0, within(probability).value, mcse=0.1)
    assert find_row(math.log(5.0), 0.0, weak).code == "inconclusive"


def test_a_narrow_prior_alone_is_no_evidence_against_a_link():
    # Under κ = 100 |ρ| < 0.1 has odds of 5 before any data.
    prior = 1 / (1 + math.exp(-link_log_odds(0.1, 100.0)))

    assert prior > 0.8
    assert find_row(math.log(5.0), 0.0, within(prior, 100.0)).code == "inconclusive"
    assert find_row(math.log(5.0), 0.0, within(0.97, 100.0)).code == "evidence_against"


def test_strong_evidence_against_wants_ten_of_all():
    assert "Moderate" in find_row(math.log(20.0), 0.0, within(0.85)).words
    assert "Strong" in find_row(math.log(20.0), 0.0, within(0.92)).words


def test_evidence_for_a_link_does_not_ask_for_the_interval_null():
    assert find_row(-math.log(20.0), 0.0, None).code == "evidence_for"
    assert find_row(math.log(20.0), 0.0, None).code == "inconclusive"
    unknown = IntervalNull(0.1, 2.0, math.nan)
    assert find_row(math.log(20.0), 0.0, unknown).code == "inconclusive"
    assert judge(1.0, 0.0, *LINK[:4], unknown).cause == "bayes_factor"


def test_evidence_against_says_against_what():
    found = judge(math.log(5.0), 0.0, *LINK)

    assert "against a link as large as expected (half of the prior lies beyond |ρ| = 0.35)" in (
        found.sentence
    )
    assert "and for one within |ρ| = 0.1: ρ = 0.20" in found.sentence


def test_two_bayes_factors_beyond_three_joint_errors_disagree():
    one = LogFactor(value=1.0, mcse=0.03)

    assert disagreement(one, LogFactor(value=1.14, mcse=0.04)) == ()
    assert (
        "3.2 joint errors apart, above 3" in disagreement(one, LogFactor(value=1.16, mcse=0.04))[0]
    )
    assert (
        "infinitely many"
        in disagreement(LogFactor(value=1.0, mcse=0.0), LogFactor(value=1.1, mcse=0.0))[0]
    )


@pytest.mark.parametrize("place", ["module", "documentation"])
def test_the_documented_table_is_the_rule(place):
    page = Path(__file__).parents[1] / "docs" / "evidence.md"
    text = verdict.__doc__ if place == "module" else page.read_text("utf-8")
    text = text.replace("``", "`")
    for row in ROWS:
        if row.favours == "either":
            when = f"below {row.below:g} either way"
        elif row.below == math.inf:
            when = f"{row.least:g} or more for {'a link' if row.favours == 'link' else 'no link'}"
        else:
            side = "a link" if row.favours == "link" else "no link"
            when = f"{row.least:g} to {row.below:g} for {side}"
        assert f"| {when} | `{row.code}` | {row.words} |" in text
    for cause in CAUSES:
        assert f"| `{cause}` |" in text
    assert "Interval null" in text
    assert "our own convention" in " ".join(text.split())
