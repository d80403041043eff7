"""The verdict's fixed thresholds."""

import math

import pytest

from analysis.evidence.verdict import judge, refuse


@pytest.mark.parametrize(
    ("factor", "mcse", "code", "strength"),
    [
        (-math.log(10.5), 0.01, "evidence_for", "Strong"),
        (-math.log(9.5), 0.01, "evidence_for", "Moderate"),
        (-math.log(3.1), 0.2, "inconclusive", "not enough"),
        (math.log(2.9), 0.0, "inconclusive", "not enough"),
        (math.log(3.1), 0.0, "evidence_against", "Moderate"),
        (math.log(10.1), 0.0, "evidence_against", "Strong"),
    ],
)
def test_thresholds_of_three_and_ten_with_the_error_allowed_for(factor, mcse, code, strength):
    verdict = judge(factor, mcse, 0.2, 0.1, 0.3, 0.95)

    assert verdict.code == code
    assert strength in verdict.sentence
    assert "95% interval 0.10 to 0.30" in verdict.sentence


def test_a_negative_link_is_called_negative():
    assert "negative link" in judge(-5.0, 0.0, -0.4, -0.5, -0.3, 0.95).sentence


def test_a_refusal_gives_its_reasons():
    assert "R-hat of rho is 1.2" in refuse(("R-hat of rho is 1.2",)).sentence
