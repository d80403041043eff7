"""One small run through the whole spine, and many questions of it."""

import json
from dataclasses import replace

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from analysis.evidence.bayes_factor import LogBayesFactor, savage_dickey, smallest_link
from analysis.evidence.convergence import examine, modes
from analysis.evidence.summaries import FitsError, FitSummaries
from analysis.evidence.weigh import weigh, weigh_summaries
from analysis.files.read_table import load_fits
from analysis.record.evidence import Evidence
from analysis.run.identity import report_identity
from analysis.run.run import run, with_its_files
from analysis.settings.sources import obtain_panel
from analysis.tables.for_figures import figure_tables
from analysis.tables.run_tables import run_tables
from data.panel_files import load_panel, save_panel
from data.storage import StorageError
from models.fitted import Fit
from models.forecast import given_indicators
from models.inputs import prepare
from models.link import variants
from models.replicate import replicate
from models.spec import ModelSpec
from tests.conditional import conditional_log_likelihood, demonstrate_conditional
from tests.fitted import small_config


@pytest.fixture(scope="module")
def config():
    return small_config()


@pytest.fixture(scope="module")
def panel(config):
    return obtain_panel(config)


@pytest.fixture(scope="module")
def folder(small_run):
    return small_run


@pytest.fixture(scope="module")
def fits(folder):
    return load_fits(sorted((folder / "fits").glob("*.nc")))


@pytest.fixture(scope="module")
def evidence(folder):
    return Evidence.from_json((folder / "evidence.json").read_text("utf-8"))


def test_the_folder_holds_everything_that_a_run_promises(folder):
    for name in (
        "run.toml",
        "provenance.json",
        "panel.nc",
        "diagnostics.json",
        "evidence.json",
        "report.html",
        "tables/data_dictionary.csv",
        "tables/proportional_odds.csv",
        "tables/deprivation_gradients.csv",
        "figures",
    ):
        assert (folder / name).exists(), name
    assert {file.stem for file in (folder / "fits").iterdir()} == {
        variant.name for variant in variants(ModelSpec())
    }
    assert not list(folder.parent.glob(".*partial"))


def test_every_column_of_every_table_is_explained(folder):
    explained = pd.read_csv(folder / "tables" / "data_dictionary.csv")
    for file in (folder / "tables").glob("*.csv"):
        if file.stem != "data_dictionary":
            columns = set(pd.read_csv(file).columns)
            assert columns == set(explained.loc[explained["table"] == file.stem, "column"])


def test_the_panel_is_kept_as_fitted(folder, panel):
    xr.testing.assert_identical(load_panel(folder / "panel.nc"), panel)


def test_the_run_converged_and_finds_the_link_that_was_put_in(evidence):
    adjusted = evidence.estimands["adjusted"]

    assert adjusted.converged, adjusted.reasons
    assert adjusted.rho.lower < 0.5 < adjusted.rho.upper
    assert evidence.truth is not None
    assert evidence.truth["rho"] == 0.5


def test_the_same_run_is_not_computed_twice(config, panel, folder):
    before = (folder / "evidence.json").stat().st_mtime_ns

    assert run(config, panel, folder) == folder
    assert (folder / "evidence.json").stat().st_mtime_ns == before


def test_another_run_does_not_overwrite_a_folder(config, panel, folder):
    with pytest.raises(StorageError, match="stands already and is not this run"):
        run(config.with_seed(1), panel, folder)


def test_identity_depends_on_configuration_and_panel(config, panel):
    one = report_identity(config, panel)

    assert report_identity(config, panel.copy(deep=True)) == one
    assert report_identity(config.with_seed(1), panel) != one
    changed = panel.copy(deep=True)
    changed["value"][0, 4, 0] += 0.1
    assert report_identity(config, changed) != one


def test_a_run_does_not_depend_on_where_its_panel_lies_and_says_nothing_of_it(
    config, panel, tmp_path
):
    made = []
    for name in ("here", "there"):
        save_panel(panel, tmp_path / name / "my.nc")
        section = config.panel.model_copy(update={"source": str(tmp_path / name / "my.nc")})
        made.append(config.model_copy(update={"panel": section}))

    assert report_identity(made[0], panel) == report_identity(made[1], panel)
    stored = with_its_files(made[0], tmp_path / "run")
    assert stored.panel.source == "inputs/my.nc"
    assert str(tmp_path) not in stored.to_toml()
    xr.testing.assert_identical(load_panel(tmp_path / "run" / stored.panel.source), panel)


def test_fits_can_be_read_without_this_project(folder):
    fit = az.from_netcdf(folder / "fits" / "composite-adjusted-linked.nc")

    assert set(fit.children) >= {"posterior", "sample_stats", "log_likelihood", "constant_data"}
    assert fit["posterior"]["effectiveness"].dims == ("chain", "draw", "authority")
    assert fit["log_likelihood"]["judgement"].dims == ("chain", "draw", "authority")


def test_a_fit_holds_only_what_its_data_touched(fits):
    concordance = fits["composite-concordance-independent"]["posterior"]

    assert "rho" not in concordance
    assert "deprivation_slope" not in concordance
    assert "region_effect" not in concordance
    assert "rho" in fits["composite-concordance-linked"]["posterior"]


def test_effectiveness_has_unit_variance_and_moves_with_the_judgement(fits):
    fit = fits["composite-adjusted-linked"]
    mean = fit["posterior"]["effectiveness"].mean(("chain", "draw"))
    prior = fit["posterior"]["effectiveness_mean"].mean(("chain", "draw"))
    grade = fit["constant_data"]["grade"]

    assert fit["posterior"]["effectiveness"].var("authority").mean() == pytest.approx(
        1.0, abs=0.15
    )
    # Given ρ > 0, a good judgement raises what the indicators say and a bad one lowers it.
    assert float((mean - prior).where(grade == 3).mean()) > 0
    assert float((mean - prior).where(grade == 0).mean()) < 0


def test_savage_dickey_agrees_with_a_normal_posterior_on_fishers_scale(fits):
    fit = fits["composite-concordance-linked"]
    factor = savage_dickey(Fit.of(fit), 2.0)
    z = np.arctanh(fit["posterior"]["rho"].values.ravel().astype(float))
    density = np.exp(-0.5 * (z.mean() / z.std()) ** 2) / (z.std() * np.sqrt(2 * np.pi))

    # arctanh has unit derivative at 0; a normal tail is good to a fifth of the log at most.
    assert factor.value == pytest.approx(np.log(density / 0.75), abs=0.2 * abs(factor.value) + 0.3)
    assert 0 < factor.mcse < 0.2
    assert factor.ceiling == pytest.approx(
        np.log(np.sqrt(factor.information / (2 * np.pi)) / 0.75), abs=0.1
    )
    assert factor.value < factor.ceiling


@pytest.mark.parametrize("estimand", ["concordance", "adjusted"])
def test_bridge_and_savage_dickey_agree_within_three_joint_errors(evidence, estimand):
    found = evidence.estimands[estimand]
    headline, beside = found.log_bf_independent_linked, found.savage_dickey

    assert headline.method == "bridge"
    assert 0 < np.hypot(headline.mcse, beside.mcse) < 0.2
    # As the gate has it: right answers are two apart in 1 case of 22, and draws differ in
    # their last bits between machines.
    assert abs(headline.value - beside.value) < 3 * np.hypot(headline.mcse, beside.mcse)
    assert {one.model for one in found.marginal_likelihoods} == {
        "linked",
        "independent",
        "deprivation_only",
    }


def test_the_smallest_link_falls_with_information():
    def factor(information, error):
        return LogBayesFactor(0.0, 0.1, 1.8, 0.01, information, error)

    weak, strong = (smallest_link(factor(one, 2.0), 2.0, 3.0) for one in (50.0, 500.0))

    assert 0 < strong[0] < weak[0] < 1
    # The same error of the information matters less where there is more of it, and at twice
    # the error the answer is known half as well.
    assert 0 < strong[1] < weak[1]
    assert smallest_link(factor(50.0, 4.0), 2.0, 3.0)[1] == pytest.approx(2 * weak[1], rel=0.02)


def test_the_ceiling_and_the_smallest_link_have_monte_carlo_errors(evidence):
    for estimand in evidence.estimands.values():
        assert 0 < estimand.log_bf_independent_linked.ceiling_mcse < 0.02
        assert 0 < estimand.smallest_link.mcse < 0.01


def test_the_decile_table_counts_every_judged_authority_once(evidence, panel):
    table = pd.DataFrame([row.model_dump() for row in evidence.estimands["adjusted"].decile_table])

    assert table["mean"].sum() == pytest.approx(153)
    assert table.groupby("band")["mean"].sum().to_dict() == pytest.approx(
        {"top": 15, "bottom": 15, "middle": 123}
    )
    assert table["independent"].sum() == pytest.approx(153)
    assert ((table["lower"] <= table["mean"]) & (table["mean"] <= table["upper"])).all()


def test_models_are_compared_with_the_linked_one_best(evidence):
    rows = {row.model: row for row in evidence.estimands["adjusted"].elpd}

    assert set(rows) == {"linked", "independent", "deprivation_only"}
    assert rows["linked"].difference == 0.0
    assert rows["independent"].difference < 0
    assert sum(row.weight for row in rows.values()) == pytest.approx(1.0, abs=1e-3)


def test_probabilities_of_grades_are_those_of_the_likelihood(fits):
    for link in ("linked", "independent"):
        fit = fits[f"composite-adjusted-{link}"]
        said = given_indicators(Fit.of(fit))
        grade = fit["constant_data"]["grade"].values
        logs = fit["log_likelihood"]["judgement"].transpose("chain", "draw", "authority").values

        assert said.sum("judgement").values == pytest.approx(1.0)
        came = np.take_along_axis(said.values, grade[None, None, :, None], axis=-1)[..., 0]
        assert np.log(came) == pytest.approx(logs, abs=1e-4)


def test_predicted_judgements_are_scored_by_authority_and_against_baselines(folder, evidence):
    scores = {one.forecast: one for one in evidence.estimands["adjusted"].judgement_scores}
    elpd = {one.model: one.elpd for one in evidence.estimands["adjusted"].elpd}
    pointwise = pd.read_csv(folder / "tables" / "predictions.csv")
    own = pointwise[pointwise["estimand"] == "adjusted"]

    assert set(scores) == {*elpd, "grade_shares"}
    for model, score in elpd.items():
        assert own.loc[own["model"] == model, "log_score"].sum() == pytest.approx(score)
        assert scores[model].log_score * scores[model].cases == pytest.approx(score)
        assert 0 < scores[model].log_score_mcse < 0.01
    assert own[["p_0", "p_1", "p_2", "p_3"]].sum(axis=1).to_numpy() == pytest.approx(1.0)
    # The link that was put in is strong: knowing less must do worse by more than chance.
    worse = scores["grade_shares"]
    gap = worse.ranked_probability_score_difference
    assert gap > 2 * worse.ranked_probability_score_difference_se


def test_the_conditional_likelihood_is_that_of_bayes_and_flatters(fits):
    fit = fits["composite-adjusted-linked"]

    conditional = conditional_log_likelihood(fit)
    table = demonstrate_conditional(fit).set_index("of")

    # Given the data, a draw of effectiveness averages 1/p(y | θ) to 1/p(y); the log's mean over
    # such draws is above log p(y) by what the data tell of θ.
    integrated = fit["log_likelihood"]["indicators"]
    assert float((conditional["indicators"] - integrated).mean()) > 0.1
    assert table.loc["indicators", "flattery"] > 10.0
    assert table.loc["indicators", "flattery"] > 3.0 * table.loc["indicators", "flattery_se"]
    assert table.loc["indicators", "conditional_k_high"] > (
        table.loc["indicators", "integrated_k_high"] + 20
    )


def test_replicates_have_the_variance_and_the_link_of_the_draws_they_come_from(fits, panel):
    fit = fits["composite-adjusted-linked"].copy(deep=True)
    inputs = prepare(panel, ModelSpec())
    drawn = replicate(Fit.of(fit), inputs, 60, seed=0)

    # Of an authority's effect on an indicator, over all authorities and replicates.
    variance = np.mean([one.effects.var(axis=1) for one in drawn], axis=0)
    expected = fit["posterior"]["indicator_variance"].mean(("chain", "draw")).values
    assert variance == pytest.approx(expected, rel=0.15)
    assert np.mean([one.effectiveness.var() for one in drawn]) == pytest.approx(1.0, abs=0.06)
    # Polyserial correlations are above those of the grades' numbers, by a tenth or so.
    grade = [np.corrcoef(one.effectiveness, one.inputs.judgements.grade)[0, 1] for one in drawn]
    rho = float(fit["posterior"]["rho"].mean())
    assert 0.7 * rho < np.mean(grade) < rho
    assert np.mean([one.rho for one in drawn]) == pytest.approx(rho, abs=0.03)


def test_a_simulated_panel_passes_the_checks_of_fit(folder):
    table = pd.read_csv(folder / "tables" / "posterior_predictive.csv")
    outside = (table["observed"] < table["lower"]) | (table["observed"] > table["upper"])
    pit = pd.read_csv(folder / "tables" / "leave_one_out_pit.csv")

    # A twentieth is expected; quantities of one panel go together.
    assert outside.mean() < 0.15
    assert set(table["check"]) == {
        *("spread", "adjacent", "ends", "correlation", "decile", "mean_score", "grade")
    }
    assert pit["adjusted"].min() > 0.01
    assert {"judgement", "cla_dental"} <= set(pit["quantity"])


def test_controls_come_out_as_they_must(folder):
    table = pd.read_csv(folder / "tables" / "controls.csv")

    assert table.loc[table["control"] == "negative", "passed"].all()
    # The panel was made with judgements that fall with deprivation.
    assert (table.loc[table["control"] == "positive", "value"] < 0).all()


def test_the_sweep_of_the_link_s_prior_holds_the_fit_itself(folder, evidence):
    sweep = pd.read_csv(folder / "tables" / "link_prior_sweep.csv")
    own = sweep[(sweep["estimand"] == "adjusted") & (sweep["concentration"] == 2.0)].iloc[0]
    found = evidence.estimands["adjusted"]

    assert own["value"] == pytest.approx(found.savage_dickey.value)
    assert own["rho_mean"] == pytest.approx(found.rho.mean, abs=0.01)
    assert own["rho_lower"] == pytest.approx(found.rho.lower, abs=0.02)
    assert own["rho_upper"] == pytest.approx(found.rho.upper, abs=0.02)
    # A narrower prior about 0 pulls towards 0.
    rows = sweep[sweep["estimand"] == "adjusted"].sort_values("concentration")
    assert (np.diff(rows["rho_mean"].abs()) < 0).all()


def test_evidence_is_the_same_from_a_script_and_reads_back(config, fits, evidence):
    again = weigh(fits, simulated_panels=config.evidence.simulated_panels)

    assert again.to_json() == evidence.to_json()
    assert Evidence.from_json(again.to_json()) == again
    assert set(again.to_frame().index) == {"concordance", "adjusted"}
    assert "simulated panel" in repr(again)


@pytest.fixture(scope="module")
def broken(fits):
    """Fits of which one did not converge, with gates that fail one challenger as well."""
    fit = fits["composite-adjusted-linked"].copy(deep=True)
    fit["posterior"]["rho"][0] = fit["posterior"]["rho"][0] - 0.5
    found = {**fits, "composite-adjusted-linked": fit}
    gates = {name: examine(one) for name, one in found.items()}
    challenger = "one_factor-concordance-linked"
    gates[challenger] = replace(gates[challenger], converged=False, reasons=("R-hat is 1.2",))
    summaries = FitSummaries(found, 7)
    summaries.gates = gates
    return summaries


@pytest.fixture(scope="module")
def refused(fits, broken):
    same = {"spline": fits["composite-adjusted-linked"]}
    return weigh_summaries(broken, same, simulated_panels=0)


def test_what_a_run_asked_for_counts_and_not_what_a_stored_fit_was_made_for(fits):
    """The store may have a fit from a run that had a challenger beside it."""
    own = {name: fit for name, fit in fits.items() if name.startswith("composite")}

    with pytest.raises(FitsError, match="no fit one_factor"):
        FitSummaries(own, 7)
    assert set(FitSummaries(own, 7, ModelSpec(challenger="none")).gates) == set(own)


def test_a_fit_that_did_not_converge_has_no_verdict(broken, refused):
    gate = broken.gates["composite-adjusted-linked"]
    adjusted = refused.estimands["adjusted"]

    assert not gate.converged
    assert any("R-hat of rho" in reason for reason in gate.reasons)
    assert adjusted.verdict.code == "refused"
    assert "R-hat of rho" in adjusted.verdict.sentence
    assert "Log Bayes factor" not in repr(refused).splitlines()[-1]


def test_a_fit_that_did_not_converge_has_no_number_in_the_record(refused):
    concordance, adjusted = refused.estimands["concordance"], refused.estimands["adjusted"]

    assert np.isnan(adjusted.rho.mean)
    assert adjusted.rho.rhat > 1.01
    assert np.isnan(adjusted.log_bf_independent_linked.value)
    assert adjusted.decile_table == adjusted.elpd == adjusted.judgement_scores == ()
    assert np.isfinite(concordance.rho.mean)
    assert concordance.challenger.rho is None
    assert np.isnan(concordance.challenger.indicator_elpd_difference)
    # What did converge has a link of its own, and is compared with nothing that did not.
    (alternative,) = adjusted.alternatives
    assert np.isfinite(alternative.rho.mean)
    assert np.isnan(alternative.indicator_elpd_difference)


def test_a_fit_that_did_not_converge_has_no_number_in_the_tables(broken, refused, panel):
    tables = run_tables(broken, refused, panel)

    link = tables["link"].set_index(["structure", "estimand"])["mean"]
    assert link.isna().to_dict() == {
        ("composite", "concordance"): False,
        ("composite", "adjusted"): True,
        ("one_factor", "concordance"): True,
        ("one_factor", "adjusted"): False,
    }
    known = tables["indicators"].groupby(["structure", "estimand"])["correlation"].count()
    assert (known == 0).to_dict() == link.isna().to_dict()
    ranks = tables["authorities"].groupby("estimand")["rank"].count()
    assert ranks["adjusted"] == 0 < ranks["concordance"]
    for name in ("predictions", "calibration", "proportional_odds", "decile_table"):
        assert set(tables[name]["estimand"]) == {"concordance"}, name


def test_a_divergence_closes_the_gate(fits):
    fit = fits["composite-adjusted-linked"].copy(deep=True)
    fit["sample_stats"]["diverging"][0, 0] = True

    assert examine(fit).reasons == ("1 divergent transitions",)


def test_chains_in_two_modes_are_counted(fits):
    fit = fits["one_factor-adjusted-linked"].copy(deep=True)
    swapped = fit["posterior"]["indicator_correlation"].values.copy()
    swapped[2:] = swapped[2:, :, ::-1]
    fit["posterior"]["indicator_correlation"].values[:] = swapped

    assert modes(fits["one_factor-adjusted-linked"]) == 1
    assert modes(fit) == 2


def test_provenance_names_versions_seed_and_hashes(folder):
    record = json.loads((folder / "provenance.json").read_text("utf-8"))

    assert record["seed"] == 7
    assert record["packages"]["pymc"]
    assert len(record["panel_sha256"]) == 64


# The tables behind figures


@pytest.fixture(scope="module")
def drawn_from(folder):
    names = ("left_out", "prior_posterior", "posterior_predictive")
    names += ("effectiveness_by_judgement",)
    names += ("deprivation_points", "deprivation_curves", "deprivation_shares")
    return {name: pd.read_csv(folder / "tables" / f"{name}.csv") for name in names}


def test_scores_by_authority_add_up_to_the_comparison_of_models(drawn_from, evidence):
    for estimand, own in drawn_from["left_out"].groupby("estimand"):
        scores = {row.model: row.elpd for row in evidence.estimands[estimand].elpd}
        difference = scores["linked"] - scores["independent"]
        assert own["difference"].sum() == pytest.approx(difference, abs=1e-6)


def test_deprivation_is_drawn_as_it_is_and_not_as_concordance_leaves_it_out(drawn_from, fits):
    points = drawn_from["deprivation_points"]["deprivation"]

    assert points.std() == pytest.approx(1.0, abs=0.1)
    adjusted = fits["composite-adjusted-linked"]["constant_data"]["deprivation"]
    np.testing.assert_allclose(points, adjusted)


def test_replicated_judgements_are_as_many_as_were_given(drawn_from, fits):
    judged = int((fits["composite-adjusted-linked"]["constant_data"]["judged"] > 0).sum())
    checks = drawn_from["posterior_predictive"]
    grades = checks[checks["check"] == "grade"].groupby("estimand")

    assert (grades["observed"].sum() == judged).all()
    assert grades["mean"].sum().to_numpy() == pytest.approx(judged, abs=4)


def test_densities_of_prior_and_posterior_integrate_to_one(drawn_from):
    for _, own in drawn_from["prior_posterior"].groupby(["estimand", "parameter"]):
        for density in ("prior", "posterior"):
            assert np.trapezoid(own[density], own["x"]) == pytest.approx(1.0, abs=0.03)
        assert np.ptp(own["posterior_sd"]) == 0.0


def test_a_grades_average_lies_within_its_interval_and_its_authorities_are_counted(drawn_from):
    table = drawn_from["effectiveness_by_judgement"]

    assert ((table["lower"] < table["mean"]) & (table["mean"] < table["upper"])).all()
    assert np.ptp(table.groupby("estimand")["authorities"].sum()) == 0


def test_nothing_is_drawn_from_a_fit_that_did_not_converge(fits, panel):
    summaries = FitSummaries(fits, 7)
    summaries.gates = {
        name: replace(gate, converged=False) for name, gate in summaries.gates.items()
    }
    tables = figure_tables(summaries, panel)

    assert set(tables) == {"around_inspection"}  # which is published, and needs no fit
