"""The record of the evidence: as JSON and back, as a table, as words."""

import json
import math

import pandas as pd
import pytest

from analysis.record.evidence import Evidence
from analysis.tables.run_tables import findings
from tests.report_evidence import evidence_of


def evidence(**changes):
    """Build a record of a made-up run, with some of its estimands' keys changed."""
    content = evidence_of(simulated=True, refused=(), challenger_converged=True)
    for one in content["estimands"].values():
        one |= changes
    return Evidence.model_validate(content)


def test_json_gives_the_same_record_back():
    one = evidence()

    assert Evidence.from_json(one.to_json()) == one
    assert Evidence.from_json(one.to_json()).to_json() == one.to_json()


@pytest.mark.parametrize("strange", [math.nan, float("nan")])
def test_what_is_not_a_number_is_null_in_json_and_comes_back(strange):
    factor = {"value": 1.0, "mcse": strange, "method": "bridge", "ceiling": 1.8}
    one = evidence(log_bf_independent_linked=factor)

    text = one.to_json()

    assert json.loads(text)["estimands"]["adjusted"]["log_bf_independent_linked"]["mcse"] is None
    assert "NaN" not in text
    assert Evidence.from_json(text) == one


def test_the_table_has_a_row_for_each_estimand_and_the_record_s_numbers():
    one = evidence()

    table = one.to_frame()

    assert table.index.tolist() == ["concordance", "adjusted"]
    adjusted = one.estimands["adjusted"]
    row = table.loc["adjusted"]
    assert row["mean"] == adjusted.rho.mean
    assert row["log_bf_independent_linked"] == adjusted.log_bf_independent_linked.value
    assert row["elpd_best"] == "linked"
    assert (row["above_median"], row["below_median"]) == (21, 18)
    assert row["sentence"] == adjusted.verdict.sentence
    assert not table.isna().any(axis=None)
    assert isinstance(table, pd.DataFrame)


def test_words_give_no_rank_without_its_interval_and_no_factor_without_its_error():
    told = repr(evidence()).splitlines()

    assert told[0] == (
        "Evidence from 153 authorities, 18 indicators, 2021 to 2025 (simulated panel)"
    )
    assert "Log Bayes factor for no link 1.22 (Monte Carlo error 0.05; ceiling 1.79)" in told[1]
    assert "39 of 153 authorities can be told from the median (21 above, 18 below)" in told[1]
    assert "the interval of a rank spans 97 ranks in the median" in told[1]


def test_words_of_a_refusal_hold_no_numbers_but_its_reasons():
    verdict = {"code": "refused", "sentence": "No verdict: why.", "cause": "bayes_factor"}

    told = repr(evidence(verdict=verdict, reasons=["why"])).splitlines()

    assert told[1] == "  concordance: No verdict: why."


def test_a_key_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="surprise"):
        evidence(surprise=1)


@pytest.mark.parametrize(("cause", "shown"), [("diagnostics", False), ("ceiling", True)])
def test_the_table_of_findings_has_no_number_that_cannot_be_relied_on(cause, shown):
    verdict = {"code": "refused", "sentence": "No verdict: why.", "cause": cause}

    row = findings(evidence(verdict=verdict)).iloc[1]

    assert math.isfinite(row["mean"]) is shown
    assert math.isfinite(row["log_bf_independent_linked"]) is shown
    assert row["sentence"] == "No verdict: why."
