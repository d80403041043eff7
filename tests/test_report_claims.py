"""Claims of the report: a part beside its whole, two measures beside each other, the years."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from analysis.evidence.composition import with_others
from analysis.pages.captions import describe_indicators
from analysis.pages.tables import indicators_table
from analysis.record.evidence import Evidence
from analysis.report import words
from analysis.report.alternatives import alternative_sentences, alternatives_table
from analysis.report.summary import summarise_plainly
from analysis.report.years import change_phrase, misfit_sentence, years_misfit
from models.spec import ModelSpec
from tests.fitted import as_fit
from tests.report_evidence import evidence_of, link_of
from tests.report_inputs import indicators_table as made_up


def fit_of(covariance):
    """A fit of one draw whose lasting effects have this covariance, weighed equally."""
    sd = np.sqrt(np.diag(covariance))
    weight = 1.0 / sd
    correlation = covariance @ weight / sd / np.sqrt(weight @ covariance @ weight)
    names = [f"one{at}" for at in range(len(sd))]
    fit = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {
                    "indicator_correlation": (
                        ("chain", "draw", "indicator"),
                        correlation[None, None],
                    ),
                    "indicator_variance": (("chain", "draw", "indicator"), sd[None, None] ** 2),
                },
                coords={"indicator": names},
            ),
            "constant_data": xr.Dataset(
                {
                    "sampling_variance": ("indicator", np.ones(len(sd))),
                    "domain": ("indicator", ["all"] * len(sd)),
                },
                coords={"indicator": names},
            ),
        }
    )
    return as_fit(fit, ModelSpec())


def test_independent_indicators_go_with_their_composite_and_not_with_the_others():
    others, alone = with_others(fit_of(np.diag(np.arange(1.0, 19.0))))

    assert others.values == pytest.approx(0.0, abs=1e-12)
    assert alone.values == pytest.approx(1 / np.sqrt(18))  # 0.24


def test_the_correlation_with_the_others_is_that_of_the_covariance_written_out():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(6, 4))
    covariance = root @ root.T + np.diag(rng.uniform(0.5, 2.0, 6))
    others, _ = with_others(fit_of(covariance))

    standard = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    for k in range(6):
        rest = np.ones(6)
        rest[k] = 0.0
        expected = standard[k] @ rest / np.sqrt(rest @ standard @ rest)
        assert float(others[0, 0, k]) == pytest.approx(expected)


def test_the_figures_title_counts_correlations_with_the_others():
    table = made_up(np.random.default_rng(1), 4)
    table["correlation_lower"] = 0.1  # every indicator goes with what it is a part of
    low = np.where(table["indicator"] == table["indicator"].iloc[0], 0.05, -0.2)
    known = (table["structure"] == "composite").to_numpy()
    table = table.assign(
        others=np.where(known, low + 0.15, np.nan),
        others_lower=np.where(known, low, np.nan),
        others_upper=np.where(known, low + 0.3, np.nan),
        if_independent=np.where(known, 0.5, np.nan),
    )
    evidence = Evidence.model_validate(evidence_of(False, (), False))

    said = describe_indicators(table, evidence)

    assert said.title.startswith("1 of 4 indicators clearly go with the other indicators’ comp")
    assert "were all independent, each would still correlate with it at 0.50" in said.caption
    columns = indicators_table(table).columns
    assert "With the others’ composite, as they stand" in columns


def test_the_bayes_factor_stands_beside_the_leave_one_out_difference():
    record = evidence_of(False, (), False)
    rows = record["estimands"]["adjusted"]["elpd"]
    rows[1] |= {"difference": -11.1, "difference_se": 5.9}
    found = Evidence.model_validate(record).findings()["adjusted"]

    told = words.left_out_sentence(found)

    assert "better with a link than without, by 11.1 (standard error 5.9)" in told
    assert told.endswith("less than two standard errors.")
    rows[1] |= {"difference_se": 3.0}
    surer = Evidence.model_validate(record).findings()["adjusted"]
    assert "more than two standard errors" in words.left_out_sentence(surer)
    assert words.left_out_phrase(surer).endswith("with a link as well")


def test_ranks_that_are_given_are_not_said_not_to_be():
    evidence = Evidence.model_validate(evidence_of(False, (), False))

    told = " ".join(summarise_plainly(evidence)[-1].sentences)

    assert "does not rank" not in told
    assert "It gives each authority a rank with an interval, and is not a league table" in told


def checks(outside):
    """Checks of ten indicators, so many of which have years unlike the model's."""
    rows = [
        {"check": check, "quantity": f"one{at}", "observed": 0.5 if at < outside else 0.8}
        for check in ("adjacent", "ends")
        for at in range(10)
    ]
    return pd.DataFrame(rows).assign(lower=0.7, upper=0.9)


def test_years_unlike_the_models_are_said_with_what_chance_would_give():
    misfit = years_misfit(checks(4), 0.95)

    told = misfit_sentence("adjusted", misfit, 0.95)

    assert (misfit.adjacent, misfit.ends, misfit.either) == (4, 4, 4)
    assert "of 10 indicators the correlation of adjacent years lies outside" in told
    assert "95% predictive interval for 4, and that of the first and the last year for 4" in told
    assert "where about 0.5 would by chance" in told
    assert "these indicators drift" in told
    evidence = Evidence.model_validate(evidence_of(False, (), False))
    changed = summarise_plainly(evidence, {"adjusted": misfit})[3].sentences
    assert "4 of 10 indicators have years unlike" in changed[1]
    assert "years unlike" not in changed[0]


def test_years_like_the_models_change_nothing():
    misfit = years_misfit(checks(1), 0.95)

    assert change_phrase(misfit) == ""
    assert misfit_sentence("adjusted", misfit, 0.95).endswith("as the model expects.")
    assert years_misfit(None, 0.95) is None


def test_alternatives_stand_beside_the_headline_without_numbers_where_they_did_not_converge():
    record = evidence_of(False, (), False)
    record["estimands"]["adjusted"]["alternatives"] = [
        {
            "name": "spline",
            "converged": True,
            "reasons": [],
            "rho": link_of(0.14, 0.09),
            "savage_dickey": {"value": 0.7, "mcse": 0.03},
            "indicator_elpd_difference": 6.1,
            "indicator_elpd_difference_se": 4.0,
            "judgement_elpd_difference": -0.3,
            "judgement_elpd_difference_se": 0.2,
        },
        {"name": "size", "converged": False, "reasons": ["R-hat of rho is 1.2"]},
    ]
    found = Evidence.model_validate(record).findings()["adjusted"]

    first, second = alternative_sentences(found)

    assert "the link is 0.14 (−0.04 to 0.32), −0.02 from the link above" in first
    assert "better than the headline’s model does, by +6.1 (standard error 4.0)" in first
    assert "within two standard errors" in first
    assert second.endswith("did not converge and has no number: R-hat of rho is 1.2.")
    rows = alternatives_table(found).rows
    assert [row[1].text for row in rows][2] == "Did not converge"
