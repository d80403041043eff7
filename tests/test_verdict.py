"""The verdict's fixed thresholds, row by row, and what it refuses."""

import math
from itertools import pairwise
from pathlib import Path

import pytest

from analysis.evidence import verdict
from analysis.evidence.bayes_factor import LogFactor
from analysis.evidence.verdict import CAUSES, ROWS, disagreement, judge, refuse

LINK = (0.2, 0.1, 0.3, 0.95)


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
            strength = row.words.split()[0] if row.code != "inconclusive" else "not enough to tell"
            assert strength in found.sentence
            assert "ρ = 0.20 (95% interval 0.10 to 0.30)" in found.sentence


def test_rows_leave_no_gap_and_do_not_overlap():
    for side in ("link", "no link"):
        own = sorted((row.least, row.below) for row in ROWS if row.favours in (side, "either"))

        assert own[0][0] == 0.0
        assert own[-1][1] == math.inf
        assert all(one[1] == other[0] for one, other in pairwise(own))


@pytest.mark.parametrize(("multiple", "weaker"), [(10.5, "Moderate"), (3.1, "not enough")])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_two_errors_are_taken_off_towards_no_verdict(multiple, weaker, sign):
    assert weaker in judge(sign * math.log(multiple), 0.05, *LINK).sentence
    assert weaker not in judge(sign * math.log(multiple), 0.01, *LINK).sentence


def test_a_negative_link_is_called_negative():
    assert "negative link" in judge(-5.0, 0.0, -0.4, -0.5, -0.3, 0.95).sentence


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


def test_two_bayes_factors_beyond_three_joint_errors_disagree():
    one = LogFactor(1.0, 0.03)

    assert disagreement(one, LogFactor(1.14, 0.04)) == ()
    assert "3.2 joint errors apart, above 3" in disagreement(one, LogFactor(1.16, 0.04))[0]
    assert "infinitely many" in disagreement(LogFactor(1.0, 0.0), LogFactor(1.1, 0.0))[0]


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
