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
from models.fitted import Fit
from models.inputs import prepare
from models.leave_out import leave_out
from models.leave_regions import with_region_refits
from models.left_out_weights import left_out_weights, unreliable
from models.refits import score_everything, with_refits
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


class Uncompiled(CompiledStructure):
    """A structure up to where its sampler is called, which needs nothing compiled."""

    def __init__(self):
        self.spec, self.structure = SPEC, "composite"

    def with_data(self, *_):
        return None

    def in_coordinates(self, *_):
        return None


@pytest.mark.parametrize(("coordinates", "target"), [("whitened", 0.7), ("own", 0.9)])
def test_fits_and_refits_aim_at_what_suits_their_coordinates(monkeypatch, coordinates, target):
    compiled, inputs = Uncompiled(), prepare(small_panel(), SPEC)
    asked = []

    def sample(_compiled, *, target_accept, **_others):
        asked.append(target_accept)
        raise InterruptedError

    monkeypatch.setattr("models.sampling.sample", sample)
    sampler = SamplerSpec(coordinates=coordinates)
    with pytest.raises(InterruptedError):
        compiled.sample(VARIANT, inputs, sampler)
    with pytest.raises(InterruptedError):
        leave_out(compiled, VARIANT, inputs, np.array([4]), sampler, "judgement")

    assert asked == [target, target]


@pytest.mark.slow
def test_reported_scores_agree_with_twenty_exact_refits(fitted):
    """The scores of a run with refits, against refits of seeds of their own."""
    compiled, inputs, fit = fitted
    scored = leave_one_out(with_refits(compiled, VARIANT, inputs, fit.copy(), SAMPLER))
    worst = np.argsort(left_out_weights(fit, "everything").pareto_k.values)[::-1][:10]
    random = np.random.default_rng(1).choice(153, 10, replace=False)
    other = SAMPLER.model_copy(update={"seed": 1003})

    apart = {}
    for one in np.union1d(worst, random):
        at = np.array([one])
        seen = fit["log_likelihood"].to_dataset().isel(authority=at)
        alone = leave_out(compiled, VARIANT, inputs, at, other, "judgement")
        whole = leave_out(compiled, VARIANT, inputs, at, other, "everything")
        assert alone.converged
        assert whole.converged
        judgement = alone.judgements()[0][0]
        everything, _ = whole.everything(seen)
        apart[int(one)] = (
            judgement - scored.judgement.elpd_i.values[one],
            everything - judgement - scored.indicators.elpd_i.values[one],
        )

    far = {one: gaps for one, gaps in apart.items() if np.max(np.abs(gaps)) > 0.1}
    assert not far


@pytest.mark.slow
def test_two_steps_lead_where_one_does(fitted, monkeypatch):
    """Of an authority unlike the others one bridge is unsure; two are surer and no other."""
    compiled, inputs, _ = fitted
    wild = inputs.measurements.y.copy()
    wild[:, :, 11] += 1.5
    strange = replace(inputs, measurements=replace(inputs.measurements, y=wild))
    fit = compiled.sample(VARIANT, strange, SAMPLER)
    at = np.array([11])
    seen = fit["log_likelihood"].to_dataset().isel(authority=at)
    one = leave_out(compiled, VARIANT, strange, at, SAMPLER, "everything").everything(seen)
    monkeypatch.setattr("models.refits._PRECISE", 0.0)

    two, rhat = score_everything(compiled, VARIANT, strange, fit, at, SAMPLER)

    assert rhat <= 1.05
    assert two[1] < one[1]
    assert abs(two[0] - one[0]) < 3 * np.hypot(one[1], two[1])


@pytest.mark.slow
def test_a_region_is_left_out_whole(fitted):
    compiled, inputs, _ = fitted
    region = np.flatnonzero(inputs.judgements.region == 0)

    left = leave_out(compiled, VARIANT, inputs, region, SAMPLER, "judgement")

    assert left.converged
    assert left.logs.sizes["authority"] == region.size
    # Their judgements share parameters and a region's effect, so together they are likelier
    # than apart or less likely, but not the sum.
    together, apart = left.judgements(together=True)[0][0], left.judgements()[0].sum()
    assert together != pytest.approx(apart, abs=1e-6)
    assert abs(together - apart) < 10.0


@pytest.mark.slow
def test_every_region_is_left_out_and_scored(fitted):
    compiled, inputs, fit = fitted

    scores = region_scores(
        {"linked": with_region_refits(compiled, VARIANT, inputs, fit.copy(), SAMPLER)}
    )

    assert scores["region"].tolist() == inputs.judgements.regions
    assert scores["authorities"].sum() == (inputs.judgements.judged > 0).sum()
    assert (scores[["rhat", "indicators_rhat"]] < 1.05).all(axis=None)
    assert (scores["elpd_mcse"] < 0.1).all()
    # Each region's judgements are worse told than by leaving one out, but not by far.
    whole = leave_one_out(fit)
    assert whole.judgement.elpd - 25.0 < scores["elpd"].sum() < whole.judgement.elpd + 5.0
    assert scores["indicators_elpd"].sum() < whole.indicators.elpd + 10.0


@pytest.mark.slow
def test_a_refit_has_not_seen_what_it_left_out(fitted):
    compiled, inputs, _ = fitted
    pair = np.array([4, 5])
    wild = inputs.measurements.y.copy()
    wild[:, :, 4] += 3.0
    grade = inputs.judgements.grade.copy()
    grade[4] = 3 - grade[4]
    strange = replace(inputs, measurements=replace(inputs.measurements, y=wild))
    judged = replace(inputs, judgements=replace(inputs.judgements, grade=grade))

    first, second = (
        leave_out(compiled, VARIANT, one, pair, SAMPLER, "everything").logs.mean(("chain", "draw"))
        for one in (inputs, strange)
    )
    third, fourth = (
        leave_out(compiled, VARIANT, one, pair, SAMPLER, "judgement").logs.mean(("chain", "draw"))
        for one in (inputs, judged)
    )

    assert second["indicators"][0] < first["indicators"][0] - 10.0
    assert second["indicators"][1] == first["indicators"][1]
    assert second["judgement"][1] == first["judgement"][1]
    assert fourth["judgement"][0] != third["judgement"][0]
    assert fourth["judgement"][1] == third["judgement"][1]
    assert fourth["indicators"].identical(third["indicators"])


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

    assert unreliable(fit, "everything").tolist() == [1]


@pytest.mark.slow
def test_the_difference_without_the_link_is_that_of_a_second_fit(fitted):
    """From the linked fit's draws alone, against a fit that has no link.

    Over four seeds the difference had a Monte Carlo standard deviation of 0.14, that of two fits
    0.05: on average over three they agree to four errors of 0.09.
    """
    compiled, _, _ = fitted
    inputs = prepare(small_panel(rho=0.15), SPEC)
    without = VARIANT.model_copy(update={"link": "independent"})
    apart, ratios = [], []
    for seed in (11, 12, 13):
        sampler = SAMPLER.model_copy(update={"seed": seed})
        linked = compiled.sample(VARIANT, inputs, sampler)
        alone = compiled.sample(without, inputs, sampler)
        fit = Fit.of(linked)
        found = difference_without_link(fit, link_curves(fit), SPEC.priors.link_concentration)
        exact = _left_out(linked) - _left_out(alone)
        assert found.difference is not None
        apart.append(found.difference - exact.sum())
        ratios.append(found.error / np.sqrt(exact.size * exact.var(ddof=1)))

    assert np.mean(apart) == pytest.approx(0.0, abs=0.36)
    assert np.mean(ratios) == pytest.approx(1.0, rel=0.1)


def _left_out(fit):
    """Score each judgement given the others by the harmonic mean of its probability."""
    judged = fit["constant_data"]["judged"].values > 0
    log_likelihood = fit["log_likelihood"]["judgement"].isel(authority=judged)
    drawn = log_likelihood.stack(sample=("chain", "draw")).transpose("sample", "authority").values
    return np.log(len(drawn)) - logsumexp(-drawn, axis=0)
