"""The joint engine against the collapsed one, sampled.

The small panel with one factor, so that every structure parameter is one mode. `docs/joint.md`
has the same comparison on panels of full size.
"""

import arviz as az
import numpy as np
import pytest

from models.engine import fit_each
from models.spec import ModelSpec, SamplerSpec, Variant
from tests.fitted import small_panel

pytestmark = pytest.mark.slow

SPEC = ModelSpec(factors=1, challenger="none")
VARIANT = Variant(structure="composite", estimand="adjusted", link="linked")
SAMPLER = SamplerSpec(tune=500, draws=1500, seed=9)
REPORTED = ["rho", "effectiveness", "cutpoints", "deprivation_slope", "year_sd"]


def fitted(likelihood, engine):
    spec = SPEC.model_copy(update={"likelihood": likelihood})
    sampler = SAMPLER.model_copy(update={"engine": engine})
    [(_, fit)] = fit_each(small_panel(), [VARIANT], spec, sampler)
    return fit


@pytest.fixture(scope="module")
def fits():
    joint = {
        likelihood: fitted(likelihood, "joint")
        for likelihood in ("gaussian", "binomial", "beta_binomial")
    }
    return {"collapsed": fitted("gaussian", "collapsed"), **joint}


def means(fit, name):
    return fit["posterior"][name].mean(("chain", "draw")).values


def mcse(fit, name):
    found = az.mcse(fit["posterior"].to_dataset()[[name]], method="mean")
    return found[name].values


@pytest.mark.parametrize("likelihood", ["gaussian", "binomial", "beta_binomial"])
def test_everything_reported_has_converged(fits, likelihood):
    posterior = fits[likelihood]["posterior"].to_dataset()[REPORTED]

    worst = {
        "rhat": max(float(one.max()) for one in az.rhat(posterior).data_vars.values()),
        "bulk": min(float(one.min()) for one in az.ess(posterior).data_vars.values()),
        "tail": min(
            float(one.min()) for one in az.ess(posterior, method="tail").data_vars.values()
        ),
    }

    assert worst["rhat"] <= 1.01, worst
    assert min(worst["bulk"], worst["tail"]) >= 400, worst
    assert not fits[likelihood]["sample_stats"]["diverging"].any()


@pytest.mark.parametrize("name", REPORTED)
def test_with_the_collapsed_engines_likelihood_only_monte_carlo_error_is_between(fits, name):
    apart = means(fits["gaussian"], name) - means(fits["collapsed"], name)
    error = np.hypot(mcse(fits["gaussian"], name), mcse(fits["collapsed"], name))

    # At most 153 quantities: |z| beyond 4.5 in any has probability 0.001.
    assert np.max(np.abs(apart / error)) < 4.5


@pytest.mark.parametrize("likelihood", ["binomial", "beta_binomial"])
def test_exact_counts_move_the_link_little(fits, likelihood):
    exact, collapsed = (fits[one]["posterior"]["rho"] for one in (likelihood, "collapsed"))

    assert float(exact.mean() - collapsed.mean()) == pytest.approx(0.0, abs=0.02)
    assert float(exact.std() / collapsed.std()) == pytest.approx(1.0, abs=0.1)
    effectiveness = [means(fits[one], "effectiveness") for one in (likelihood, "collapsed")]
    assert np.corrcoef(effectiveness)[0, 1] > 0.99


def test_a_joint_fit_has_the_names_of_a_collapsed_one_and_no_latents(fits):
    joint, collapsed = fits["binomial"], fits["collapsed"]

    assert joint.attrs["engine"] == "joint"
    assert joint.attrs["likelihood"] == "binomial"
    assert set(joint["constant_data"].data_vars) <= set(collapsed["constant_data"].data_vars)
    ours, theirs = joint["posterior"].to_dataset(), collapsed["posterior"].to_dataset()
    assert set(ours.data_vars) <= set(theirs.data_vars)
    for name, drawn in ours.data_vars.items():
        assert drawn.dims == theirs[name].dims, name
        assert drawn.sizes == theirs[name].sizes, name
