"""Weights that leave an authority out, where nothing of one was seen."""

from types import SimpleNamespace

import arviz as az
import numpy as np
import pytest
import xarray as xr

from analysis.evidence.prediction import leave_one_out
from data.panel import GRADES
from models.bridge import BridgeError
from models.leave_out import LeftOut, agrees
from models.left_out_weights import PARTS, left_out_weights, unreliable
from models.refits import with_refits
from models.spec import SamplerSpec, Variant

AUTHORITIES = 12


@pytest.fixture(scope="module")
def fit():
    """Two chains of likelihoods; of the fourth authority there are neither cells nor a grade."""
    rng = np.random.default_rng(11)
    dims = ("chain", "draw", "authority")
    likelihood = xr.Dataset(
        {
            "indicators": (dims, rng.normal(-20.0, 0.3, (2, 300, AUTHORITIES))),
            "judgement": (dims, rng.normal(-1.2, 0.1, (2, 300, AUTHORITIES))),
        },
        coords={"authority": [f"E{one}" for one in range(AUTHORITIES)]},
    )
    judged = np.ones(AUTHORITIES)
    judged[3] = 0.0
    for name in likelihood:
        likelihood[name][:, :, 3] = 0.0
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"cutpoints": (("chain", "draw"), np.zeros((2, 300)))}),
            "log_likelihood": likelihood,
            "constant_data": xr.Dataset({"judged": ("authority", judged)}),
        }
    )


def test_an_authority_of_which_nothing_was_seen_weighs_every_draw_alike(fit):
    weights = left_out_weights(fit, "everything")

    assert weights.log_weights.sizes["authority"] == AUTHORITIES
    assert weights.log_weights.isel(authority=3).values == pytest.approx(-np.log(600.0))
    assert np.isneginf(weights.pareto_k.values).tolist() == [
        one == 3 for one in range(AUTHORITIES)
    ]
    assert 3 not in unreliable(fit, "everything")


def test_it_adds_nothing_to_the_scores_and_the_others_have_arviz_own(fit):
    scored = leave_one_out(fit)
    others = np.delete(np.arange(AUTHORITIES), 3)
    weights = left_out_weights(fit, "everything")
    alone = az.loo(
        xr.DataTree.from_dict(
            {
                "posterior": fit["posterior"].to_dataset(),
                "log_likelihood": fit["log_likelihood"].to_dataset().isel(authority=others),
            }
        ),
        pointwise=True,
        var_name="indicators",
        reff=1.0,
        log_weights=weights.log_weights.isel(authority=others),
        pareto_k=weights.pareto_k.isel(authority=others),
    )

    assert scored.indicators.elpd_i.values[3] == 0.0
    assert scored.indicators.elpd_i.values[others] == pytest.approx(alone.elpd_i.values)
    assert scored.judgement.elpd_i.sizes["authority"] == AUTHORITIES - 1
    for shares in (scored.weights, scored.whole_weights):
        assert shares.sum(("chain", "draw")).values == pytest.approx(1.0)


def test_a_judgement_given_its_indicators_is_scored_with_the_indicators_kept(fit):
    """One over the mean of 1/p(g | y, draw): the weights of the judgement alone."""
    scored = leave_one_out(fit)

    logs = fit["log_likelihood"]["judgement"].values.reshape(-1, AUTHORITIES)
    exact = -np.log(np.mean(np.exp(-logs), axis=0))
    assert scored.judgement.elpd_i.values == pytest.approx(np.delete(exact, 3), abs=2e-4)


def test_the_error_of_a_score_of_indicators_is_that_of_repeats():
    """Of independent draws: what scores scatter by over fits, and the error that each gives."""
    scores, errors = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        dims = ("chain", "draw", "authority")
        likelihood = xr.Dataset(
            {
                "indicators": (dims, rng.normal(-20.0, 0.5, (2, 300, AUTHORITIES))),
                "judgement": (dims, rng.normal(-1.2, 0.1, (2, 300, AUTHORITIES))),
            },
            coords={"authority": [f"E{one}" for one in range(AUTHORITIES)]},
        )
        scored = leave_one_out(
            xr.DataTree.from_dict(
                {
                    "posterior": xr.Dataset(
                        {"cutpoints": (("chain", "draw"), np.zeros((2, 300)))}
                    ),
                    "log_likelihood": likelihood,
                    "constant_data": xr.Dataset({"judged": ("authority", np.ones(AUTHORITIES))}),
                }
            )
        )
        scores.append(scored.indicators.elpd_i.values)
        errors.append(scored.indicators_mcse.values)

    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(scores), rel=0.2)


def refits_of(fit, monkeypatch, left_out):
    """Refits of authorities 2 and 5, each of the judgement and whole, put together by hand."""
    monkeypatch.setattr("models.refits.unreliable", lambda _, part: np.array([2, 5]))
    monkeypatch.setattr("models.refits.leave_out", left_out)
    names = fit["log_likelihood"]["authority"].values
    inputs = SimpleNamespace(
        judgements=SimpleNamespace(judged=np.ones(AUTHORITIES)),
        measurements=SimpleNamespace(coords={"authority": names}),
    )
    variant = Variant(structure="composite", estimand="adjusted", link="linked")
    return with_refits(None, variant, inputs, fit.copy(), SamplerSpec())


def test_scores_of_refits_stand_by_authority_and_grade(fit, monkeypatch):
    said = np.array([0.1, 0.2, 0.3, 0.4])

    def refit(_compiled, _variant, _inputs, authority, _sampler, part):
        logs = fit["log_likelihood"].to_dataset().isel(authority=authority)
        return LeftOut(xr.Dataset(), logs, 1.001 if authority[0] != 5 else 1.2, said[None])

    refitted = refits_of(fit, monkeypatch, refit)

    left = refitted["left_out"].to_dataset()
    for part in PARTS:
        assert left[part].dropna("authority")["authority"].values.tolist() == ["E2"]
    assert left["grade_probability"].sel(authority="E2").values.tolist() == said.tolist()
    assert left["grade_probability"]["grade"].values.tolist() == list(GRADES)
    # Chains that disagree give no score, and say why.
    assert left["grade_probability"].sel(authority="E5").isnull().all()
    assert left["everything_rhat"].sel(authority="E5") == 1.2


def test_the_scores_of_an_authority_add_up_and_take_the_place_of_weights(fit, monkeypatch):
    def refit(_compiled, _variant, _inputs, authority, _sampler, part):
        logs = fit["log_likelihood"].to_dataset().isel(authority=authority) - 1.0
        return LeftOut(xr.Dataset(), logs, 1.0, np.full((1, len(GRADES)), 0.25))

    refitted = refits_of(fit, monkeypatch, refit)

    left, scored, before = (
        refitted["left_out"].to_dataset(),
        leave_one_out(refitted),
        leave_one_out(fit),
    )
    given = scored.judgement.elpd_i.sel(authority="E2")
    alone = scored.indicators.elpd_i.sel(authority="E2")
    assert float(given) == float(left["judgement"].sel(authority="E2"))
    assert float(given + alone) == pytest.approx(float(left["everything"].sel(authority="E2")))
    parts = left["everything_mcse"], left["judgement_mcse"]
    whole, own = (float(one.sel(authority="E2")) for one in parts)
    assert float(scored.indicators_mcse.sel(authority="E2")) == pytest.approx(np.hypot(whole, own))
    assert float(scored.indicators_mcse.sel(authority="E3")) == 0.0
    for k in (scored.pareto_k, scored.indicators_pareto_k):
        assert np.flatnonzero(np.isnan(k.values)).tolist() == [2, 5]
    other = scored.indicators.elpd_i.sel(authority="E1")
    assert float(other) == float(before.indicators.elpd_i.sel(authority="E1"))
    assert scored.indicators.elpd == pytest.approx(scored.indicators.elpd_i.values.sum())


class TooFar(LeftOut):
    """A refit whose draws no bridge leads to."""

    def everything(self, whole):
        raise BridgeError("hardly overlap")


@pytest.mark.parametrize("half_agrees", [True, False])
def test_a_score_that_no_bridge_leads_to_is_missing_and_ends_no_run(fit, monkeypatch, half_agrees):
    def too_far(*_):
        raise BridgeError("hardly overlap")

    def refit(_compiled, _variant, _inputs, authority, _sampler, part):
        logs = fit["log_likelihood"].to_dataset().isel(authority=authority)
        rhat = 1.2 if part == "half" and not half_agrees else 1.0
        return TooFar(xr.Dataset(), logs, rhat, np.full((1, len(GRADES)), 0.25))

    monkeypatch.setattr("models.refits._in_two_steps", too_far)
    refitted = refits_of(fit, monkeypatch, refit)

    left = refitted["left_out"].to_dataset()
    assert left["everything"].isnull().all()
    assert left["everything_rhat"].dropna("authority").values.tolist() == [1.0, 1.0]
    assert left["judgement"].notnull().sum() == 2
    # Nothing exact takes the place of the weights.
    scored, before = leave_one_out(refitted), leave_one_out(fit)
    assert scored.indicators.elpd_i.equals(before.indicators.elpd_i)
    assert not np.isnan(scored.indicators_pareto_k).any()


def test_an_unsure_score_stands_where_the_way_in_two_steps_fails(fit, monkeypatch):
    def refit(_compiled, _variant, _inputs, authority, _sampler, part):
        logs = fit["log_likelihood"].to_dataset().isel(authority=authority)
        return LeftOut(xr.Dataset(), logs, 1.2 if part == "half" else 1.0, np.zeros((1, 4)))

    monkeypatch.setattr("models.refits._PRECISE", 0.0)
    left = refits_of(fit, monkeypatch, refit)["left_out"].to_dataset()

    assert left["everything"].notnull().sum() == 2
    assert left["everything_rhat"].dropna("authority").values.tolist() == [1.0, 1.0]


def test_a_fit_whose_chains_disagree_is_not_refitted(fit):
    """What was not seen, the fourth authority, has no R-hat and is not in the way."""
    apart = fit.copy()
    likelihood = fit["log_likelihood"].to_dataset().copy(deep=True)
    likelihood["indicators"][0, :, 6] += 3.0
    apart["log_likelihood"] = xr.DataTree(likelihood)

    assert agrees(fit)
    assert not agrees(apart)
