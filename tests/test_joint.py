"""The joint model's likelihoods and forms, without sampling."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import expit, logsumexp
from scipy.stats import betabinom, binom, norm

from data.panel import PanelError
from models.collapsed.build import build_model
from models.counts import count
from models.gaussian_sites import empirical_logit
from models.inputs import prepare
from models.joint import beta_binomial, binomial, gaussian
from models.joint.build import SWITCHED, build_joint
from models.joint.cells import flatten
from models.joint.latents import Form, Guide, place_latents
from models.link import Switches
from models.measurement import measure
from models.spec import STRUCTURES, Likelihood, ModelSpec
from tests.fitted import small_panel

EVERYTHING = Switches(deprivation=True, region=True, link=True)
SPEC = ModelSpec()


@pytest.fixture(scope="module")
def panel():
    """The small panel, with one wide interval."""
    panel = small_panel().copy(deep=True)
    where = {"indicator": "cla_dental", "year": 2023, "authority": panel.authority.values[0]}
    panel["numerator_low"].loc[where] = 1.0
    panel["numerator_high"].loc[where] = panel.denominator.loc[where] - 1.0
    panel["numerator"].loc[where] = panel["value"].loc[where] = np.nan
    panel["status"].loc[where] = "suppressed"
    return panel


@pytest.fixture(scope="module")
def inputs(panel):
    return prepare(panel, SPEC)


@pytest.fixture(scope="module")
def counts(panel, inputs):
    return count(panel, inputs.measurements)


@pytest.fixture(scope="module")
def cells(counts, inputs):
    return flatten(counts, inputs.measurements, "count")


@pytest.fixture(scope="module")
def logit(cells):
    """Logits at and away from what was observed, in the order of the cells."""
    rng = np.random.default_rng(3)
    return cells.centre + rng.normal(0.0, 2.0, cells.centre.size)


def evaluate(expression):
    return expression.eval(mode="FAST_COMPILE")


def build(inputs, counts, likelihood="binomial", form="informed", structure="composite"):
    return build_joint(SPEC, structure, inputs, counts, EVERYTHING, likelihood, form)


def draw_point(model, seed):
    rng = np.random.default_rng(seed)
    return {name: 0.4 * rng.normal(size=np.shape(v)) for name, v in model.initial_point().items()}


def terms(model, point):
    """Each potential's value."""
    function = model.compile_logp(model.potentials, sum=False, mode="FAST_COMPILE")
    names = [one.name for one in model.potentials]
    return dict(zip(names, map(float, function(point)), strict=True))


@pytest.mark.parametrize("suppression", ["interval", "complete_case"])
def test_the_same_cells_enter_both_engines_in_the_same_units(panel, suppression):
    measured = measure(panel, suppression)

    counts = count(panel, measured)

    counted, rates = (flatten(counts, measured, kind) for kind in ("count", "rate"))
    entered = np.zeros(measured.observed.shape, dtype=bool)
    for cells in (counted, rates):
        entered[cells.indicator, cells.year, cells.authority] = True
        assert cells.value == pytest.approx(measured.y.ravel()[cells.grid])
    assert (entered == (measured.observed > 0)).all()
    assert (counted.interval.size == 0) == (suppression == "complete_case")
    exact = counted.exact
    y, n = (one.astype(float)[exact] for one in (counted.low, counted.denominator))
    proportion, variance = empirical_logit(y, n)
    site = (counted.centre + counted.scale * counted.value)[exact]
    # A site is the empirical logit where counts are large, and within its noise elsewhere.
    many = np.minimum(y, n - y) >= 100
    assert many.sum() > 100
    assert site[many] == pytest.approx(proportion[many], abs=0.01)
    assert np.abs((site - proportion)[y > 0] / np.sqrt(variance[y > 0])).max() < 1.5


def test_a_count_that_is_no_whole_number_is_refused(panel):
    broken = panel.copy(deep=True)
    known = broken.status.sel(indicator="cla_dental", year=2024).values == "observed"
    where = {
        "indicator": "cla_dental",
        "year": 2024,
        "authority": panel.authority.values[known][0],
    }
    broken["denominator"].loc[where] = float(broken.denominator.loc[where]) + 0.5

    with pytest.raises(PanelError, match=r"denominator of cla_dental for S\d+ in 2024 is .*\.5"):
        count(broken, measure(panel))


def test_known_counts_have_the_binomial_probability(cells, logit):
    found = evaluate(binomial.log_likelihood(cells, pt.as_tensor_variable(logit)))

    at = cells.exact
    expected = binom.logpmf(cells.low[at], cells.denominator[at], expit(logit[at]))
    assert found[: at.size] == pytest.approx(expected, rel=1e-9)


def test_intervals_have_the_sum_of_the_binomial_probabilities(cells, logit):
    found = evaluate(binomial.log_likelihood(cells, pt.as_tensor_variable(logit)))

    assert cells.interval.size > 5
    expected = [
        logsumexp(
            binom.logpmf(
                np.arange(cells.low[at], cells.high[at] + 1),
                cells.denominator[at],
                expit(logit[at]),
            )
        )
        for at in cells.interval
    ]
    assert found[cells.exact.size :] == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("far", [-30.0, 30.0])
def test_intervals_stay_finite_far_from_what_was_observed(cells, far):
    logit = pt.full((cells.low.size,), far)
    at = pt.dvector()
    likelihood = binomial.log_likelihood(cells, logit + at)
    slope = pytensor.grad(likelihood.sum(), at)

    values, slopes = (
        one.eval({at: np.zeros(cells.low.size)}, mode="FAST_COMPILE")
        for one in (likelihood, slope)
    )

    assert np.isfinite(values).all()
    assert np.isfinite(slopes).all()


def test_the_beta_binomial_has_its_probabilities_and_their_sums(cells, logit):
    precision = np.full(logit.size, 40.0)

    found = evaluate(
        beta_binomial.log_likelihood(cells, *map(pt.as_tensor_variable, (logit, precision)))
    )

    def log_probability(y, at):
        mean = expit(logit[at])
        return betabinom.logpmf(y, cells.denominator[at], 40.0 * mean, 40.0 * (1.0 - mean))

    at = cells.exact
    assert found[: at.size] == pytest.approx(log_probability(cells.low[at], at), rel=1e-7)
    sums = [
        logsumexp(log_probability(np.arange(cells.low[at], cells.high[at] + 1), at))
        for at in cells.interval
    ]
    assert found[at.size :] == pytest.approx(np.array(sums), rel=1e-7, abs=1e-9)


def test_the_precision_is_that_of_the_stated_spread_on_the_logit_scale(cells):
    sd = np.full(cells.indicator.max() + 1, 0.3)

    precision = evaluate(beta_binomial.precision_of(cells, pt.as_tensor_variable(sd)))

    for k in np.unique(cells.indicator):
        of = cells.indicator == k
        mean = expit(cells.centre[of].mean())
        spread = 1.0 / np.sqrt(precision[of] * mean * (1.0 - mean))
        assert spread == pytest.approx(0.3 * np.abs(cells.scale[of]))


def test_gaussian_cells_have_their_density(cells):
    expected = np.linspace(-1.0, 1.0, cells.value.size)

    found = evaluate(
        gaussian.log_likelihood(cells, pt.as_tensor_variable(expected), cells.variance)
    )

    assert found == pytest.approx(norm.logpdf(cells.value, expected, np.sqrt(cells.variance)))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_integrating_the_gaussian_form_gives_the_collapsed_likelihood(inputs, counts, structure):
    """With Gaussian cells ξ is standard normal whatever the parameters: what the form and the
    cells add to its prior is the collapsed engine's likelihood, at every ξ."""
    joint = build(inputs, counts, "gaussian", structure=structure)
    collapsed = build_model(SPEC, structure, inputs, EVERYTHING).model
    names = list(collapsed.initial_point())

    for seed in (0, 1):
        point = draw_point(joint, seed)
        ours = terms(joint, point)
        theirs = terms(collapsed, {name: point[name] for name in names})
        assert ours["latents"] + ours["counts"] + ours["rates"] == pytest.approx(
            theirs["indicators"], rel=1e-10
        )


@pytest.fixture(scope="module")
def placed(inputs, counts):
    """The latents of five authorities in every form, as functions of what the sampler moves."""
    few = slice(5)
    measured = inputs.measurements
    measured = replace(
        measured,
        **{name: getattr(measured, name)[..., few] for name in ("y", "variance", "observed")},
    )
    counts = replace(
        counts,
        **{
            name: getattr(counts, name)[..., few]
            for name in ("low", "high", "denominator", "rate", "observed")
        },
    )
    cells = flatten(counts, measured, "count")
    rng = np.random.default_rng(6)
    sds = rng.uniform(0.3, 0.9, (2, 5))
    noise = measured.variance + sds[1][:, None, None] ** 2
    guide = Guide(*map(pt.as_tensor_variable, (measured.observed / noise, measured.y - 0.1)))
    loading = pt.as_tensor_variable(rng.normal(size=(5, 2)))
    own_sd, year_sd = map(pt.as_tensor_variable, sds)
    coords = {
        "latent_factor": range(2),
        "indicator": range(5),
        "authority": range(5),
        "cell": cells.grid,
    }
    functions = {}
    for form in get_args(Form):
        with pm.Model(coords=coords) as model:
            latents = place_latents(form, 2, loading, own_sd, year_sd, guide, cells)
            pm.Potential("adjustment", latents.adjustment)
        sd = year_sd[cells.indicator]
        standard = (latents.factors, latents.own / own_sd[:, None], latents.year / sd)
        vector = pt.concatenate([one.ravel() for one in standard])
        (vector,) = model.replace_rvs_by_values([vector])
        functions[form] = model.compile_fn([vector, model.logp()], mode="FAST_COMPILE")
    shapes = {"factor_latent": (2, 5), "own_latent": (5, 5), "year_latent": (cells.grid.size,)}
    return functions, shapes


@pytest.mark.parametrize("form", get_args(Form))
def test_every_form_is_the_same_prior_of_the_same_latents(placed, form):
    """log p(ξ) = log N(u) + log|du/dξ|, the Jacobian taken by finite differences."""
    functions, shapes = placed
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    at = np.random.default_rng(7).normal(size=sum(sizes))

    def standardised(vector):
        parts = np.split(vector, np.cumsum(sizes)[:-1])
        point = {
            name: part.reshape(shape)
            for part, (name, shape) in zip(parts, shapes.items(), strict=True)
        }
        return functions[form](point)

    step = 1e-5 * np.eye(at.size)
    slopes = [(standardised(at + h)[0] - standardised(at - h)[0]) / 2e-5 for h in step]
    log_determinant = np.linalg.slogdet(np.array(slopes))[1]
    u, log_density = standardised(at)

    assert log_density == pytest.approx(norm.logpdf(u).sum() + log_determinant, abs=1e-6)


@pytest.mark.parametrize("likelihood", get_args(Likelihood))
def test_every_vector_names_its_dimensions(inputs, counts, likelihood):
    model = build(inputs, counts, likelihood)

    dims = model.named_vars_to_dims
    vectors = [v for v in model.named_vars.values() if getattr(v, "ndim", 0) > 0]
    unnamed = [v.name for v in vectors if v.name not in dims and not v.name.endswith("__")]
    assert unnamed == ["deprivation"]
    assert dims["effectiveness"] == ("authority",)
    assert dims["own_latent"] == ("indicator", "authority")
    assert ("year_latent" in dims) == (likelihood != "beta_binomial")


def test_missing_cells_and_rates_have_no_latent(inputs, counts):
    model = build(inputs, counts)

    counted = counts.observed & (counts.kind == "count")[:, None, None]
    assert len(model.coords["cell"]) == counted.sum() < counted[counts.kind == "count"].size


def test_one_year_leaves_overdispersion_to_the_lasting_effects(panel):
    single = panel.isel(year=[0]).sel(indicator=panel.kind.values == "count")
    inputs = prepare(single, SPEC)

    model = build(inputs, count(single, inputs.measurements))

    assert "year_sd" not in model.named_vars
    assert "year_latent" not in model.named_vars
    assert np.isfinite(model.compile_logp(mode="FAST_COMPILE")(model.initial_point()))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_free_covariance_is_sampled_as_factors(panel, structure):
    spec = ModelSpec(covariance="unstructured")
    inputs = prepare(panel, spec)
    counts = count(panel, inputs.measurements)

    model = build_joint(spec, structure, inputs, counts, EVERYTHING, "binomial", "non_centred")

    point = model.initial_point()
    assert np.isfinite(model.compile_logp(mode="FAST_COMPILE")(point))
    # Five own effects, and the factors that the structure has beside them.
    beside = {"composite": 0, "one_factor": 1, "domain_factors": len(inputs.domains)}
    assert point["factor_latent"].shape[0] == 5 + beside[structure]


def test_the_informed_form_refuses_more_factors_than_it_writes_out(panel):
    spec = ModelSpec(covariance="unstructured")
    inputs = prepare(panel, spec)
    counts = count(panel, inputs.measurements)

    with pytest.raises(PanelError, match="9 factors; the informed form takes at most 8"):
        build_joint(spec, "domain_factors", inputs, counts, EVERYTHING)


def test_switches_take_the_link_and_deprivation_out(inputs, counts):
    model = build(inputs, counts)
    off = Switches(deprivation=False, region=False, link=False)
    fixed = inputs.data(off, "composite")
    point = draw_point(model, 8)
    with model:
        before = terms(model, point | {"link_share_logodds__": np.array(0.0)})
        pm.set_data({name: fixed[name] for name in SWITCHED})
        after = terms(model, point)
        moved = terms(model, point | {"link_share_logodds__": np.array(2.0)})

    assert before["judgements"] != after["judgements"]
    assert after["judgements"] == moved["judgements"]
