"""The collapsed model's structure, without sampling."""

import numpy as np
import pymc as pm
import pytest
from scipy.stats import norm

from data.panel import PanelError
from models.collapsed.build import build_model
from models.inputs import prepare
from models.link import Switches, switches, variants
from models.prior_variables import domain_links
from models.priors import partial_shapes
from models.spec import STRUCTURES, ModelSpec, PriorScales, Variant
from models.structures.correlation import correlation_root
from tests.fitted import INDICATORS, small_panel

EVERYTHING = Switches(deprivation=True, region=True, link=True)


@pytest.fixture(scope="module")
def panel():
    return small_panel()


@pytest.fixture(scope="module")
def inputs(panel):
    return prepare(panel, ModelSpec())


@pytest.fixture(scope="module", params=STRUCTURES)
def written(request, inputs):
    return build_model(ModelSpec(), request.param, inputs, EVERYTHING)


@pytest.fixture(scope="module")
def model(written):
    return written.model


def draw(written, names, draws, seed):
    """Prior draws of derived quantities."""
    expressions = [written.derived[name][0] for name in names]
    return pm.draw(expressions, draws=draws, random_seed=seed, mode="FAST_COMPILE")


def test_every_vector_names_its_dimensions(model, written):
    dims = model.named_vars_to_dims

    assert dims["level_shift"] == ("indicator", "year")
    assert dims["loading"] == ("indicator", "factor")
    assert written.derived["cutpoints"][1] == ("cutpoint",)
    assert written.derived["effectiveness_mean"][1] == ("authority",)
    vectors = [v for v in model.named_vars.values() if getattr(v, "ndim", 0) > 0]
    unnamed = [v.name for v in vectors if v.name not in dims and not v.name.endswith("__")]
    assert unnamed == []


def test_coordinates_are_the_panels_own(model, panel):
    assert model.coords["authority"] == tuple(panel.authority.values)
    assert model.coords["indicator"] == tuple(panel.indicator.values)
    assert model.coords["region"] == tuple(np.unique(panel.region.values))


def test_one_year_has_nothing_particular_to_a_year(panel):
    counts = panel.sel(indicator=panel.kind.values == "count")
    single = prepare(counts.isel(year=[0]), ModelSpec())

    model = build_model(ModelSpec(), "composite", single, EVERYTHING).model

    assert "year_sd" not in model.named_vars
    assert "level_shift" not in model.named_vars


@pytest.mark.parametrize("covariance", ["factors", "unstructured"])
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("weights", ["equal", "domain_equal"])
def test_effectiveness_has_unit_variance_whatever_the_loadings(
    panel, structure, covariance, weights
):
    spec = ModelSpec(covariance=covariance, weights=weights)
    inputs = prepare(panel, spec)
    written = build_model(spec, structure, inputs, EVERYTHING)
    emptied = inputs.data(EVERYTHING, structure)["observed"] * 0.0

    with written.model:
        pm.set_data({"observed": emptied})
        spread, mean, centre, variance, predictor, covariance, rho = draw(
            written,
            (
                "effectiveness_sd",
                "effectiveness_mean",
                "judgement_mean",
                "judgement_variance",
                "judgement_predictor",
                "judgement_covariance",
                "rho",
            ),
            draws=3,
            seed=1,
        )

    assert spread == pytest.approx(1.0)
    assert mean == pytest.approx(0.0)
    # Before any indicator is seen the judgement's scale has unit variance about its predictor,
    # and its covariance with effectiveness is the link.
    assert centre == pytest.approx(predictor)
    assert variance == pytest.approx(1.0)
    assert covariance == pytest.approx(np.broadcast_to(rho[:, None], covariance.shape))


def test_a_weight_of_nothing_leaves_an_indicator_out_of_effectiveness(panel):
    weights = dict.fromkeys(INDICATORS, 1.0) | {"sw_agency": 0.0}
    spec = ModelSpec(weights=weights)
    inputs = prepare(panel, spec)
    written = build_model(spec, "composite", inputs, EVERYTHING)

    (correlation,) = draw(written, ["indicator_correlation"], draws=200, seed=3)

    # What remains is its correlation with the others, which the prior centres on zero.
    assert inputs.weight.tolist() == [1.25, 1.25, 1.25, 1.25, 0.0]
    assert correlation[:, 4].mean() == pytest.approx(0.0, abs=0.1)
    assert (correlation[:, :4].mean(axis=0) > 0.3).all()


def test_weights_must_name_the_indicators_of_the_panel(panel):
    with pytest.raises(PanelError, match="has none for cl_eet_17_18"):
        prepare(panel, ModelSpec(weights={"rereferral_12m": 1.0, "cla_dental": 1.0}))
    everyone = dict.fromkeys(INDICATORS, 1.0)
    with pytest.raises(PanelError, match="names cla_reading; the panel has no such indicator"):
        prepare(panel, ModelSpec(weights=everyone | {"cla_reading": 1.0}))
    with pytest.raises(PanelError, match="all 0"):
        prepare(panel, ModelSpec(weights=dict.fromkeys(INDICATORS, 0.0)))


@pytest.mark.parametrize(("concentration", "variance"), [(1.0, 1 / 5), (4.0, 1 / 11)])
def test_correlations_from_partial_correlations_have_the_lkj_spread(concentration, variance):
    """LKJ(η) of n variables: each correlation has the variance 1/(2η - 1 + n)."""
    with pm.Model():
        shape = partial_shapes(4, concentration)
        share = pm.Beta("share", shape, shape, shape=6)
        root = correlation_root(share, 4)
        drawn = pm.draw(root, draws=4000, random_seed=4, mode="FAST_COMPILE")

    matrices = drawn @ drawn.transpose(0, 2, 1)
    below = matrices[:, *np.tril_indices(4, -1)]
    assert np.einsum("sii->si", matrices) == pytest.approx(1.0)
    # 4,000 draws: the standard error of a variance of 0.2 is about 0.004.
    assert below.var(axis=0) == pytest.approx(variance, abs=0.016)
    assert below.mean(axis=0) == pytest.approx(0.0, abs=0.03)


def test_links_with_the_domains_stay_in_the_ball_and_have_the_stated_spread():
    with pm.Model(coords={"domain": list("abc")}):
        links = domain_links(PriorScales(), 3)
        drawn = pm.draw(links, draws=4000, random_seed=5, mode="FAST_COMPILE")

    assert (np.square(drawn).sum(axis=1) < 1.0).all()
    # κ = 2 in every direction: variance 1/(2κ + 1).
    assert drawn.var(axis=0) == pytest.approx(0.2, abs=0.016)
    assert (drawn @ np.full(3, 3**-0.5)).var() == pytest.approx(0.2, abs=0.016)


def test_free_loadings_are_oriented_by_their_sum(inputs):
    spec = ModelSpec(loadings="free")
    written = build_model(spec, "one_factor", inputs, EVERYTHING)

    (correlation,) = draw(written, ["indicator_correlation"], draws=50, seed=6)

    assert (correlation < 0).any()
    assert (correlation.sum(axis=1) > 0).all()


def test_a_free_factors_density_has_no_jump_where_its_sign_changes(inputs):
    written = build_model(ModelSpec(loadings="free"), "one_factor", inputs, EVERYTHING)
    point = written.model.initial_point()
    log_density = written.model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    (expression,) = written.model.replace_rvs_by_values([written.derived["rho"][0]])
    rho = written.model.compile_fn(
        expression,
        inputs=written.model.value_vars,
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )

    def at(total, link):
        loading = np.linspace(-0.5, 0.5, point["loading"].size)[:, None] + total
        return point | {"loading": loading, "link_share_logodds__": np.asarray(link)}

    below, above = at(-1e-9, 0.8), at(1e-9, 0.8)
    mirrored = at(1e-9, -0.8) | {"loading": -above["loading"]}

    assert float(log_density(below)) == pytest.approx(float(log_density(above)), abs=1e-5)
    assert float(log_density(mirrored)) == pytest.approx(float(log_density(above)), abs=1e-9)
    assert float(rho(above)) == pytest.approx(np.tanh(0.4))
    assert float(rho(below)) == pytest.approx(-np.tanh(0.4))
    assert float(rho(mirrored)) == pytest.approx(float(rho(above)))


def test_switches_take_out_what_a_variant_leaves_out(inputs):
    spec = ModelSpec()
    concordance = switches(
        Variant(structure="composite", estimand="concordance", link="linked"), spec
    )
    alone = switches(
        Variant(structure="composite", estimand="adjusted", link="deprivation_only"), spec
    )

    assert concordance == Switches(deprivation=False, region=False, link=True)
    assert alone == Switches(deprivation=True, region=False, link=False)
    assert not inputs.data(concordance, "composite")["deprivation"].any()
    assert inputs.data(alone, "composite")["deprivation"].std() == pytest.approx(1.0)
    assert inputs.data(alone, "composite")["link_switch"] == 0.0


def test_a_run_fits_both_estimands_with_every_link_and_the_challenger():
    names = [variant.name for variant in variants(ModelSpec())]

    assert names == [
        "composite-concordance-linked",
        "composite-adjusted-linked",
        "composite-concordance-independent",
        "composite-adjusted-independent",
        "composite-adjusted-deprivation_only",
        "one_factor-concordance-linked",
        "one_factor-adjusted-linked",
    ]
    assert len(variants(ModelSpec(challenger="none"))) == 5


def test_the_priors_of_the_judgement_are_ordered_and_follow_the_configured_scales(inputs):
    spec = ModelSpec(priors=PriorScales(cutpoint_gap=0.5, link_concentration=4.0))
    written = build_model(spec, "composite", inputs, EVERYTHING)

    cutpoints, rho = draw(written, ["cutpoints", "rho"], draws=4000, seed=1)

    assert (np.diff(cutpoints, axis=1) > 0).all()
    # E|N(0, s)| = s·sqrt(2/π); four thousand draws: 3 standard errors are 0.015.
    assert np.diff(cutpoints, axis=1).mean() == pytest.approx(0.5 * np.sqrt(2 / np.pi), abs=0.015)
    # A stretched Beta(κ, κ) has variance 1/(2κ + 1).
    assert rho.var() == pytest.approx(1 / 9, rel=0.1)


def test_the_prior_shares_of_the_grades_are_those_that_the_docstring_states(inputs):
    written = build_model(ModelSpec(), "composite", inputs, EVERYTHING)
    (cutpoints,) = draw(written, ["cutpoints"], draws=8000, seed=2)

    edges = np.column_stack([np.zeros(8000), norm.cdf(cutpoints), np.ones(8000)])
    assert np.diff(edges, axis=1).mean(axis=0) == pytest.approx([0.15, 0.22, 0.23, 0.40], abs=0.01)


def test_more_factors_than_indicators_are_refused(panel):
    with pytest.raises(PanelError, match="5 indicators cannot carry 6 factors"):
        prepare(panel, ModelSpec(factors=6))


def test_a_panel_without_judgements_is_refused(panel):
    silent = panel.copy(deep=True)
    silent["judgement_grade"][:] = -1

    with pytest.raises(PanelError, match="0 authorities have a judgement of overall"):
        prepare(silent, ModelSpec())
