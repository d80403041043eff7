"""Leaving authorities out: exact refits against importance weights, on the small panel."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.special import logsumexp

from analysis.evidence.curves import link_curves
from analysis.evidence.left_out_regions import region_scores
from analysis.evidence.prediction import leave_one_out
from analysis.sensitivity.without_link import difference_without_link
from models.fit import CompiledStructure
from models.inputs import prepare
from models.leave_out import leave_out, unreliable, with_refits
from models.leave_regions import with_region_refits
from models.spec import ModelSpec, SamplerSpec, Variant
from tests.fitted import small_panel

SPEC = ModelSpec(factors=1, challenger="none")
VARIANT = Variant(structure="composite", estimand="adjusted", link="linked")
SAMPLER = SamplerSpec(tune=400, draws=1000, seed=3)


@pytest.fixture(scope="module")
def fitted():
    inputs = prepare(small_panel(), SPEC)
    compiled = CompiledStructure(SPEC, "composite", inputs)
    return compiled, inputs, compiled.sample(VARIANT, inputs, SAMPLER)


@pytest.mark.slow
def test_importance_weights_agree_with_twenty_exact_refits(fitted):
    compiled, inputs, fit = fitted
    weighted = leave_one_out(fit)
    worst = np.argsort(weighted.pareto_k.values)[::-1][:10]
    random = np.random.default_rng(1).choice(153, 10, replace=False)

    apart = {}
    for one in np.union1d(worst, random):
        exact = leave_out(compiled, VARIANT, inputs, np.array([one]), SAMPLER)
        assert exact.converged
        apart[int(one)] = (
            exact.indicators[0] - weighted.indicators.elpd_i.values[one],
            exact.judgement[0] - weighted.judgement.elpd_i.values[one],
        )

    far = {one: gaps for one, gaps in apart.items() if np.max(np.abs(gaps)) > 0.1}
    assert not far


@pytest.mark.slow
def test_a_region_is_left_out_whole(fitted):
    compiled, inputs, _ = fitted
    region = np.flatnonzero(inputs.judgements.region == 0)

    left = leave_out(compiled, VARIANT, inputs, region, SAMPLER)

    assert left.converged
    assert left.authority.tolist() == region.tolist()
    # Their judgements share parameters and a region's effect, so together they are likelier
    # than apart or less likely, but not the sum.
    assert left.together != pytest.approx(left.judgement.sum(), abs=1e-6)
    assert abs(left.together - left.judgement.sum()) < 10.0


@pytest.mark.slow
def test_every_region_is_left_out_and_scored(fitted):
    compiled, inputs, fit = fitted

    scores = region_scores(
        {"linked": with_region_refits(compiled, VARIANT, inputs, fit.copy(), SAMPLER)}
    )

    assert scores["region"].tolist() == inputs.judgements.regions
    assert scores["authorities"].sum() == (inputs.judgements.judged > 0).sum()
    assert (scores["rhat"] < 1.05).all()
    assert (scores["elpd_mcse"] < 0.3).all()
    # Each region's judgements are worse told than by leaving one out, but not by far.
    whole = leave_one_out(fit).judgement.elpd
    assert whole - 25.0 < scores["elpd"].sum() < whole + 5.0


@pytest.mark.slow
def test_a_refit_has_not_seen_what_it_left_out(fitted):
    compiled, inputs, _ = fitted
    pair = np.array([4, 5])
    wild = inputs.measurements.y.copy()
    wild[:, :, 4] += 3.0
    strange = replace(inputs, measurements=replace(inputs.measurements, y=wild))

    first = leave_out(compiled, VARIANT, inputs, pair, SAMPLER)
    second = leave_out(compiled, VARIANT, strange, pair, SAMPLER)

    assert second.indicators[0] < first.indicators[0] - 10.0
    assert second.indicators[1] == first.indicators[1]
    assert second.judgement[1] == first.judgement[1]


@pytest.mark.slow
def test_scores_of_refits_take_the_place_of_unreliable_weights(fitted, monkeypatch):
    compiled, inputs, fit = fitted
    monkeypatch.setattr("models.leave_out.unreliable", lambda _: np.array([7, 9]))

    refitted = with_refits(compiled, VARIANT, inputs, fit.copy(), SAMPLER)

    left = refitted["left_out"].to_dataset()
    assert np.flatnonzero(left["judgement"].notnull().values).tolist() == [7, 9]
    exact, weighted = leave_one_out(refitted), leave_one_out(fit)
    assert exact.judgement.elpd_i.values[7] == left["judgement"].values[7]
    assert exact.judgement.elpd_i.values[8] == weighted.judgement.elpd_i.values[8]
    assert exact.judgement.elpd == pytest.approx(exact.judgement.elpd_i.values.sum())
    grade = inputs.judgements.grade[[7, 9]]
    said = left["grade_probability"].values[[7, 9]]
    assert np.log(said[[0, 1], grade]) == pytest.approx(left["judgement"].values[[7, 9]])


def test_weights_above_the_threshold_are_unreliable():
    rng = np.random.default_rng(2)
    logs = rng.normal(0.0, 0.1, (4, 500, 3))
    # One draw in a hundred carries nearly all the weight of the second authority.
    logs[..., 1] = 6.0 * rng.standard_t(2.0, (4, 500))
    coords = {"authority": ["a", "b", "c"]}
    dims = ("chain", "draw", "authority")
    half = xr.DataArray(logs / 2.0, dims=dims, coords=coords)
    cutpoints = xr.DataArray(np.zeros((4, 500, 3)), dims=("chain", "draw", "cutpoint"))
    fit = xr.DataTree.from_dict(
        {
            "posterior": cutpoints.to_dataset(name="cutpoints"),
            "log_likelihood": xr.Dataset({"judgement": half, "indicators": half}),
        }
    )

    assert unreliable(fit).tolist() == [1]


@pytest.mark.slow
def test_the_difference_without_the_link_is_that_of_a_second_fit(fitted):
    """From the linked fit's draws alone, against a fit that has no link."""
    compiled, _, _ = fitted
    inputs = prepare(small_panel(rho=0.15), SPEC)
    linked = compiled.sample(VARIANT, inputs, SAMPLER)
    alone = compiled.sample(VARIANT.model_copy(update={"link": "independent"}), inputs, SAMPLER)

    found = difference_without_link(linked, link_curves(linked), SPEC.priors.link_concentration)

    exact = _left_out(linked) - _left_out(alone)
    assert found.difference is not None
    assert found.difference == pytest.approx(exact.sum(), abs=0.1)
    assert found.error == pytest.approx(np.sqrt(exact.size * exact.var(ddof=1)), rel=0.1)


def _left_out(fit):
    """Score each judgement given the others by the harmonic mean of its probability."""
    judged = fit["constant_data"]["judged"].values > 0
    log_likelihood = fit["log_likelihood"]["judgement"].isel(authority=judged)
    drawn = log_likelihood.stack(sample=("chain", "draw")).transpose("sample", "authority").values
    return np.log(len(drawn)) - logsumexp(-drawn, axis=0)
