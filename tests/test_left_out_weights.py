"""Weights that leave an authority out, where nothing of one was seen."""

from types import SimpleNamespace

import arviz as az
import numpy as np
import pytest
import xarray as xr

from analysis.evidence.prediction import leave_one_out
from data.panel import GRADES
from models.leave_out import LeftOut, left_out_weights, unreliable, with_refits
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
    weights = left_out_weights(fit)

    assert weights.log_weights.sizes["authority"] == AUTHORITIES
    assert weights.log_weights.isel(authority=3).values == pytest.approx(-np.log(600.0))
    assert np.isneginf(weights.pareto_k.values).tolist() == [
        one == 3 for one in range(AUTHORITIES)
    ]
    assert 3 not in unreliable(fit)


def test_it_adds_nothing_to_the_scores_and_the_others_have_arviz_own(fit):
    scored = leave_one_out(fit)
    others = np.delete(np.arange(AUTHORITIES), 3)
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
        log_weights=left_out_weights(fit).log_weights.isel(authority=others),
        pareto_k=left_out_weights(fit).pareto_k.isel(authority=others),
    )

    assert scored.indicators.elpd_i.values[3] == 0.0
    assert scored.indicators.elpd_i.values[others] == pytest.approx(alone.elpd_i.values)
    assert scored.judgement.elpd_i.sizes["authority"] == AUTHORITIES - 1
    assert scored.weights.sum(("chain", "draw")).values == pytest.approx(1.0)


def test_scores_of_refits_stand_by_authority_and_grade(fit, monkeypatch):
    said = np.array([0.1, 0.2, 0.3, 0.4])

    def refit(_compiled, _variant, _inputs, authority, _sampler):
        agree = authority[0] != 5
        one = np.array([-2.0])
        return LeftOut(
            authority, one, one, one, one, -2.0, 0.1, 1.001 if agree else 1.2, said[None]
        )

    monkeypatch.setattr("models.leave_out.unreliable", lambda _: np.array([2, 5]))
    monkeypatch.setattr("models.leave_out.leave_out", refit)
    names = fit["log_likelihood"]["authority"].values
    inputs = SimpleNamespace(
        judgements=SimpleNamespace(judged=np.ones(AUTHORITIES)),
        measurements=SimpleNamespace(coords={"authority": names}),
    )
    variant = Variant(structure="composite", estimand="adjusted", link="linked")

    left = with_refits(None, variant, inputs, fit.copy(), SamplerSpec())["left_out"].to_dataset()

    assert left["judgement"].dropna("authority")["authority"].values.tolist() == ["E2"]
    assert left["grade_probability"].sel(authority="E2").values.tolist() == said.tolist()
    assert left["grade_probability"]["grade"].values.tolist() == list(GRADES)
    # Chains that disagree give no score, and say why.
    assert left["grade_probability"].sel(authority="E5").isnull().all()
    assert left["rhat"].sel(authority="E5") == 1.2
