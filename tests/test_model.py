"""The collapsed model's structure, without sampling."""

import numpy as np
import pymc as pm
import pytest

from data.panel import PanelError
from models.collapsed.build import build_model
from models.inputs import prepare
from models.link import Switches, switches, variants
from models.spec import ModelSpec, PriorScales, Variant
from tests.fitted import small_panel

EVERYTHING = Switches(deprivation=True, region=True, link=True)


@pytest.fixture(scope="module")
def panel():
    return small_panel()


@pytest.fixture(scope="module")
def inputs(panel):
    return prepare(panel, ModelSpec())


@pytest.fixture(scope="module", params=["composite", "one_factor"])
def model(request, inputs):
    return build_model(ModelSpec(), request.param, inputs, EVERYTHING)


def test_every_vector_names_its_dimensions(model):
    dims = model.named_vars_to_dims

    assert dims["level_shift"] == ("indicator", "year")
    assert dims["loading"] == ("indicator", "factor")
    assert dims["cutpoints"] == ("cutpoint",)
    assert dims["effectiveness_mean"] == ("authority",)
    assert dims["judgement_log_likelihood"] == ("authority",)
    vectors = [v for v in model.named_vars.values() if getattr(v, "ndim", 0) > 0]
    unnamed = [v.name for v in vectors if v.name not in dims and not v.name.endswith("__")]
    assert unnamed == []


def test_coordinates_are_the_panels_own(model, panel):
    assert model.coords["authority"] == tuple(panel.authority.values)
    assert model.coords["indicator"] == tuple(panel.indicator.values)
    assert model.coords["region"] == tuple(np.unique(panel.region.values))


def test_one_year_has_nothing_particular_to_a_year(panel):
    single = prepare(panel.isel(year=[0]), ModelSpec())

    model = build_model(ModelSpec(), "composite", single, EVERYTHING)

    assert "year_sd" not in model.named_vars
    assert "level_shift" not in model.named_vars


def test_the_composite_has_unit_variance_whatever_the_loadings(inputs):
    model = build_model(ModelSpec(), "composite", inputs, EVERYTHING)
    emptied = inputs.data(EVERYTHING)["observed"] * 0.0

    with model:
        pm.set_data({"observed": emptied})
        spread = pm.draw(model["effectiveness_sd"], draws=3, random_seed=1, mode="FAST_COMPILE")
        mean = pm.draw(model["effectiveness_mean"], draws=3, random_seed=1, mode="FAST_COMPILE")

    assert spread == pytest.approx(1.0)
    assert mean == pytest.approx(0.0)


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
    assert not inputs.data(concordance)["deprivation"].any()
    assert inputs.data(alone)["deprivation"].std() == pytest.approx(1.0)
    assert inputs.data(alone)["link_switch"] == 0.0


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
    model = build_model(spec, "composite", inputs, EVERYTHING)

    cutpoints, rho = pm.draw(
        [model["cutpoints"], model["rho"]], draws=4000, random_seed=1, mode="FAST_COMPILE"
    )

    assert (np.diff(cutpoints, axis=1) > 0).all()
    # E|N(0, s)| = s·sqrt(2/π); four thousand draws: 3 standard errors are 0.015.
    assert np.diff(cutpoints, axis=1).mean() == pytest.approx(0.5 * np.sqrt(2 / np.pi), abs=0.015)
    # A stretched Beta(κ, κ) has variance 1/(2κ + 1).
    assert rho.var() == pytest.approx(1 / 9, rel=0.1)


def test_the_prior_shares_of_the_grades_are_those_that_the_docstring_states(inputs):
    model = build_model(ModelSpec(), "composite", inputs, EVERYTHING)
    cutpoints = pm.draw(model["cutpoints"], draws=8000, random_seed=2, mode="FAST_COMPILE")

    from scipy.stats import norm

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
