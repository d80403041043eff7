"""Structures and engines beside each other: the tables, from fits of the small panel."""

import numpy as np
import pandas as pd
import pytest

from analysis.comparison.candidates import candidates
from analysis.comparison.compare import describe_structures
from analysis.comparison.engines import compare_engines, describe_engines
from analysis.comparison.isolated import measured
from analysis.comparison.measure import differences, fewest_factors
from models.spec import ModelSpec
from tests.fitted import small_config, small_panel


def row(structure, **changes):
    """What measuring a structure gives, with plausible figures."""
    figures = {
        "structure": structure,
        "estimand": "adjusted",
        "converged": True,
        "modes": 1,
        "rhat": 1.0,
        "ess_bulk": 900.0,
        "ess_tail": 900.0,
        "divergences": 0,
        "rho": 0.3,
        "rho_lower": 0.1,
        "rho_upper": 0.5,
        "compile_cpu_seconds": 15.0,
        "sampling_cpu_seconds": 20.0,
        "ess_per_cpu_second": 45.0,
        "peak_memory_mib": 700,
    }
    return figures | changes


def one(structure, indicators, **changes):
    """A measured structure with three authorities' log predictive densities."""
    return {
        "rows": [row(structure, **changes)],
        "composition": [],
        "pointwise": {"adjusted": {"indicators": indicators, "judgement": [-1.0, -1.0, -1.0]}},
    }


@pytest.fixture
def found():
    return {
        "composite-1": one("composite-1", [-9.0, -8.0, -7.0]),
        "composite-2": one("composite-2", [-4.0, -2.0, -3.0]),
        "composite-3": one("composite-3", [-3.0, -2.0, -3.0]),
        "composite-2-complete_case": one("composite-2-complete_case", [-1.0, -1.0, -1.0]),
    }


def test_differences_are_paired_by_authority(found):
    table = differences(found, "composite-2").set_index("structure")

    assert table.loc["composite-1", "difference_indicators"] == pytest.approx(-15.0)
    gaps = np.array([-5.0, -6.0, -4.0])
    error = np.sqrt(3 * gaps.var(ddof=1))
    assert table.loc["composite-1", "difference_indicators_se"] == pytest.approx(error)
    assert table.loc["composite-2", "difference_indicators"] == 0.0


def test_complete_cases_are_other_data_and_have_no_difference(found):
    table = differences(found, "composite-2").set_index("structure")

    assert np.isnan(table.loc["composite-2-complete_case", "difference_indicators"])


def test_the_fewest_factors_within_four_are_named_and_must_have_converged(found):
    assert fewest_factors(differences(found, "composite-2")) == "composite-2"

    found["composite-2"]["rows"][0]["converged"] = False
    assert fewest_factors(differences(found, "composite-2")) == "composite-3"


def test_the_words_say_what_cannot_be_told_apart_and_what_failed(found):
    found["composite-1"]["rows"][0]["converged"] = False

    lines = describe_structures(differences(found, "composite-2")).splitlines()

    assert "NOT converged: no verdict" in lines[0]
    assert "indicators +1.0 (SE 1.0, indistinguishable)" in lines[2]
    assert "not comparable" in lines[3]
    assert lines[-1].endswith("composite-2")


def test_every_structure_is_a_candidate_with_the_configurations_other_choices():
    spec = ModelSpec(factors=4, deprivation="idaci")

    listed = candidates(spec, (2,), unstructured=True)

    assert [each.name for each in listed] == [
        "composite-2",
        "composite-4",
        "one_factor",
        "one_factor-free",
        "domain_factors",
        "composite-unstructured",
        "one_factor-unstructured",
        "domain_factors-unstructured",
        "composite-4-complete_case",
    ]
    assert {each.spec.deprivation for each in listed} == {"idaci"}
    assert listed[-1].spec.suppression == "complete_case"


def test_what_was_measured_is_not_measured_again(tmp_path):
    first = measured(tmp_path, "kept.json", dict, {"pi": 3})
    second = measured(tmp_path, "kept.json", dict, {"pi": 4})
    (tmp_path / "kept.json").write_text('{"pi"')

    assert first == second == {"pi": 3}
    assert measured(tmp_path, "kept.json", dict, {"pi": 5}) == {"pi": 5}


@pytest.mark.slow
def test_engines_agree_on_the_small_panel(tmp_path):
    config = small_config()
    config = config.model_copy(
        update={
            "model": config.model.model_copy(update={"factors": 1, "challenger": "none"}),
            "sampler": config.sampler.model_copy(update={"draws": 1500}),
        }
    )

    table = compare_engines(config, small_panel(), tmp_path / "engines")

    # The screen has no R-hat: an empty cell among numbers, and not in text, is none.
    numbers = dict.fromkeys(table.select_dtypes("number"), "")
    written = pd.read_csv(
        tmp_path / "engines" / "engines.csv", keep_default_na=False, na_values=numbers
    )
    pd.testing.assert_frame_equal(written, table, check_dtype=False)
    slack = 3.0 * np.hypot(table["rho_mcse"], table["rho_mcse"].iloc[0])
    limit = np.where(table["engine"] == "laplace", 0.01, 0.02)
    assert (table["rho_difference"].abs() <= limit + slack).all()
    assert table["rho_sd_ratio"].between(0.9, 1.1).all()
    assert (table["effectiveness_correlation"] > 0.99).all()
    assert table.loc[table["engine"] != "laplace", "converged"].all()
    assert not table.loc[table["engine"] == "laplace", "converged"].any()
    assert "Laplace approximation, which screens" in describe_engines(table)
