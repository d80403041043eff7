"""Checks of fit and sensitivity, on what can be worked out by hand; no fit is made here."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from analysis.evidence.posterior_predictive import posterior_predictive, test_quantities
from analysis.evidence.prior_sensitivity import power_scaling, reliability_sweep
from models.generate import Generated
from models.inputs import prepare
from models.log_prior import log_priors
from models.spec import ModelSpec, PriorScales
from tests.fitted import as_fit, small_panel

# pytest would take an imported name that begins with "test" for a test.
quantities = test_quantities
del test_quantities


@pytest.fixture(scope="module")
def inputs():
    return prepare(small_panel(), ModelSpec())


def with_values(inputs, y, grade=None):
    measured = replace(inputs.measurements, y=y, observed=np.ones(y.shape))
    judged = inputs.judgements
    if grade is not None:
        judged = replace(judged, grade=grade, judged=np.ones(grade.size))
    return replace(inputs, measurements=measured, judgements=judged)


def test_quantities_are_those_of_the_values(inputs):
    rng = np.random.default_rng(1)
    lasting = rng.standard_normal((5, 1, 153))
    lasting[1] = lasting[0]
    y = 2.0 * lasting + 1e-6 * rng.standard_normal((5, 2, 153)) + np.array([[0.0], [9.0]])

    found = quantities(with_values(inputs, y), 0.1)

    names = [str(name) for name in inputs.measurements.coords["indicator"]]
    assert found["spread", names[0]] == pytest.approx(2.0 * lasting[0].std())
    assert found["adjacent", names[2]] == pytest.approx(1.0)
    assert found["ends", names[2]] == pytest.approx(1.0)
    assert found["correlation", f"{names[1]} & {names[0]}"] == pytest.approx(1.0)
    assert found["correlation", "largest"] == pytest.approx(1.0)
    pairs = np.corrcoef(lasting[:, 0])[np.tril_indices(5, -1)]
    assert found["correlation", "mean"] == pytest.approx(pairs.mean(), abs=1e-5)


def test_the_decile_table_of_values_counts_bands_of_the_mean(inputs):
    # The score rises with the authority's place, and so does the grade, in quarters.
    y = np.tile(np.linspace(-1.0, 1.0, 153), (5, 2, 1))
    grade = (np.arange(153) * 4 // 153).astype(np.int64)

    found = quantities(with_values(inputs, y, grade), 0.1)

    assert found["decile", "Outstanding, top"] == 15
    assert found["decile", "Inadequate, bottom"] == 15
    assert found["decile", "Outstanding, bottom"] == found["decile", "Inadequate, top"] == 0
    means = [found["mean_score", name] for name in ("Inadequate", "Good", "Outstanding")]
    assert means == sorted(means)
    assert sum(value for key, value in found.items() if key[0] == "grade") == 153


def test_an_authority_without_values_has_a_grade_and_no_place_in_a_band(inputs):
    y = np.tile(np.linspace(-1.0, 1.0, 153), (5, 2, 1))
    grade = np.full(153, 2, dtype=np.int64)
    given = with_values(inputs, y, grade)
    observed = given.measurements.observed
    observed[:, :, 40] = 0.0

    found = quantities(given, 0.1)

    bands = [value for key, value in found.items() if key[0] == "decile"]
    assert found["grade", "Good"] == 153
    assert sum(bands) == 152
    assert found["decile", "Good, bottom"] == 15


def test_data_unlike_the_replicates_have_extreme_p_values(inputs):
    rng = np.random.default_rng(2)

    def data(spread):
        y = rng.standard_normal((5, 2, 153))
        y[0] *= spread
        return with_values(inputs, y)

    replicates = [
        Generated(xr.Dataset(), np.zeros(0), np.zeros(0), 0.0, data(1.0), None) for _ in range(60)
    ]

    table = posterior_predictive(data(1.6), replicates, 0.1, 0.95)

    spread = table[table["check"] == "spread"].set_index("quantity")
    wide = str(inputs.measurements.coords["indicator"][0])
    assert spread.loc[wide, "p"] == 0.0
    assert spread.loc[wide, "observed"] > spread.loc[wide, "upper"]
    assert spread["p"].drop(wide).between(0.001, 0.999).all()
    assert (table["p_mcse"] > 0).all()


def fit_of(rho, spec=None, **further):
    """A made-up fit: draws of ρ, and of what else the priors know."""
    rng = np.random.default_rng(3)
    shape = rho.shape
    cutpoints = np.sort(rng.normal(size=(*shape, 3)), axis=-1)
    posterior = xr.Dataset(
        {
            "rho": (("chain", "draw"), rho),
            "cutpoints": (("chain", "draw", "cutpoint"), cutpoints),
            "drift": (("chain", "draw"), 0.1 * rng.standard_normal(shape)),
            "own_sd": (("chain", "draw", "indicator"), np.abs(rng.normal(size=(*shape, 2)))),
            **{name: (("chain", "draw"), values) for name, values in further.items()},
        }
    )
    likelihood = xr.Dataset(
        {
            # The data say ρ = 0.3 with a standard error of 0.1; the indicators nothing.
            "judgement": (
                ("chain", "draw", "authority"),
                stats.norm.logpdf(rho, 0.3, 0.1)[..., None] * np.ones(2) / 2,
            ),
            "indicators": (("chain", "draw", "authority"), np.zeros((*shape, 2))),
        }
    )
    fit = xr.DataTree.from_dict({"posterior": posterior, "log_likelihood": likelihood})
    return as_fit(fit, spec or ModelSpec())


def test_the_log_prior_is_that_of_the_stated_distributions():
    rho = np.array([[0.1, -0.4]])
    fit = fit_of(rho)

    parts = log_priors(fit)

    cut = fit.posterior["cutpoints"].values
    by_hand = (
        stats.norm.logpdf(cut[..., 0], -1.2, 0.6)
        + stats.halfnorm.logpdf(np.diff(cut, axis=-1)).sum(axis=-1)
        + stats.norm.logpdf(fit.posterior["drift"].values, 0.0, 0.2)
    )
    assert np.diff(parts["judgement"].values) == pytest.approx(np.diff(by_hand))
    assert parts["link"].values == pytest.approx(np.log(0.75 * (1.0 - rho**2)))
    own = stats.halfnorm.logpdf(fit.posterior["own_sd"].values).sum(axis=-1)
    assert np.diff(parts["structure"].values) == pytest.approx(np.diff(own))


def test_power_scaling_tells_a_prior_that_matters_from_one_that_does_not():
    rng = np.random.default_rng(4)
    weak = fit_of(0.3 + 0.1 * rng.standard_normal((4, 1000)))
    # A prior as narrow as the data and about 0: the posterior lies between.
    narrow = PriorScales(link_concentration=50.0)
    strong = fit_of(0.15 + 0.07 * rng.standard_normal((4, 1000)), ModelSpec(priors=narrow))

    by_part = {
        name: power_scaling(fit).query("quantity == 'rho'").set_index("part")
        for name, fit in {"weak": weak, "strong": strong}.items()
    }

    assert by_part["weak"].loc["link", "sensitivity"] < 0.05
    assert by_part["weak"].loc["judgement", "sensitivity"].max() > 0.05
    assert "indicators" not in by_part["weak"].query("group == 'likelihood'").index
    assert by_part["strong"].loc["link", "sensitivity"] > 0.05
    assert "conflict" in by_part["strong"]["diagnosis"].iloc[0]
    assert by_part["weak"]["diagnosis"].iloc[0] == "not sensitive to the prior"


def test_where_nothing_tells_the_reliability_its_prior_is_integrated():
    rho = 0.3 + 0.05 * np.random.default_rng(5).standard_normal((4, 500))
    certain = ModelSpec(priors=PriorScales(reliability_concentration=400.0))

    sweep = reliability_sweep(fit_of(rho, certain), 0.95).set_index("reliability_mean")

    for mean in (0.4, 0.6, 0.9):
        assert sweep.loc[mean, "reliability"] == pytest.approx(mean, abs=3e-3)
        assert sweep.loc[mean, "quality_link"] == pytest.approx(
            rho.mean() / np.sqrt(mean), abs=3e-3
        )
    assert sweep["pareto_k"].isna().all()
    assert (np.diff(sweep["quality_link"]) < 0).all()


def test_where_readings_repeat_the_draws_are_reweighted():
    rng = np.random.default_rng(6)
    rho = 0.2 + 0.05 * rng.standard_normal((4, 2000))
    # The posterior of r is its prior: another prior's posterior is that prior.
    below = stats.beta.cdf(rho**2, 6.0, 4.0)
    r = stats.beta.ppf(below + (1.0 - below) * rng.uniform(size=rho.shape), 6.0, 4.0)

    sweep = reliability_sweep(
        fit_of(rho, reliability=r, quality_link=rho / np.sqrt(r)), 0.95
    ).set_index("reliability_mean")

    assert sweep.loc[0.6, "reliability"] == pytest.approx(r.mean(), abs=1e-9)
    assert sweep.loc[0.5, "reliability"] == pytest.approx(0.5, abs=0.02)
    assert sweep.loc[0.7, "reliability"] == pytest.approx(0.7, abs=0.02)
    assert sweep.loc[0.9, "pareto_k"] > sweep.loc[0.7, "pareto_k"]
