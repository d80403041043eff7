"""No number of a fit that did not converge stands in a record or a table."""

import json
import math

import pandas as pd

from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.record.withhold import DIAGNOSTICS, blank_rows, blank_values
from tests.test_evidence_record import evidence


def numbers(value, name=""):
    """List the names of all finite floats in a record."""
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in numbers(one, key)]
    if isinstance(value, list):
        return [found for one in value for found in numbers(one, name)]
    return [name] if isinstance(value, float) and math.isfinite(value) else []


def test_an_estimand_that_is_withheld_holds_diagnostics_and_its_challengers_link_alone():
    whole = evidence()
    one: EstimandEvidence = whole.estimands["adjusted"]
    withheld = one.withheld()
    record = whole.model_copy(update={"estimands": {**whole.estimands, "adjusted": withheld}})

    read = json.loads(record.to_json())["estimands"]["adjusted"]

    assert read.pop("challenger")["rho"]["mean"] == one.challenger.rho.mean
    assert set(numbers(read)) == DIAGNOSTICS
    assert read["decile_table"] == read["elpd"] == []
    assert read["ratio"] is read["standings"] is None
    assert read["verdict"]["sentence"] == one.verdict.sentence
    assert Evidence.from_json(record.to_json()).to_json() == record.to_json()


def test_rows_lose_their_numbers_and_keep_text_flags_and_diagnostics():
    table = pd.DataFrame(
        {"name": ["a", "b"], "rho": [0.1, 0.2], "rhat": [1.5, 1.0], "converged": [False, True]}
    )

    blank = blank_rows(table, ~table["converged"])

    assert blank["rho"].isna().tolist() == [True, False]
    assert blank.drop(columns="rho").equals(table.drop(columns="rho"))
    assert math.isnan(blank_values({"rho": 0.1, "rhat": 1.5})["rho"])
    assert blank_values({"name": "a", "rhat": 1.5}) == {"name": "a", "rhat": 1.5}
