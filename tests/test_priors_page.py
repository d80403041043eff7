"""Priors: every one can be changed from the configuration, and the page shows what they say."""

import json
import re

import numpy as np
import pymc as pm
import pytest
from scipy.stats import beta, halfnorm, norm

from analysis.priors_page.build import write_priors_page
from analysis.priors_page.densities import prior_densities
from analysis.priors_page.observables import natural, observe, polyserial
from analysis.priors_page.predictive import checks, prior_predictive
from analysis.settings.config import RunConfig
from models.collapsed.build import build_model
from models.inputs import prepare
from models.link import Switches
from models.priors import PRIORS
from models.spec import STRUCTURES, ModelSpec, PriorScales
from tests.fitted import INDICATORS, small_config, small_panel

EVERYTHING = Switches(deprivation=True, region=True, link=True)

# Uniform over correlation matrices by design, and a standard normal that region_sd scales.
FIXED = {"region_z"}


@pytest.fixture(scope="module")
def panel():
    return small_panel()


@pytest.fixture(scope="module")
def inputs(panel):
    return prepare(panel, ModelSpec())


@pytest.fixture(scope="module")
def predictive(panel):
    return prior_predictive(panel, ModelSpec(), draws=60, seed=3)


@pytest.fixture(scope="module")
def page(panel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("priors")
    return write_priors_page(small_config(), panel, folder, draws=40)


def spreads(inputs, structure, spec):
    """Standard deviation of each free variable's prior draws."""
    model = build_model(spec, structure, inputs, EVERYTHING).model
    drawn = pm.draw(model.free_RVs, draws=40, random_seed=1, mode="FAST_COMPILE")
    return {
        variable.name: (values.mean(), values.std())
        for variable, values in zip(model.free_RVs, drawn, strict=True)
    }


def always_there():
    """Scales of priors that every model has, not those that some specifications alone have."""
    return {
        name: value
        for name, value in PriorScales().model_dump().items()
        if not name.startswith(
            (
                *("reliability_", "judgement_loading_", "inspector_", "deprivation_bend"),
                *("spatial_", "judgement_coefficient", "persistence_", "change_sd", "size_slope"),
            )
        )
    }


@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_prior_can_be_changed_from_the_configuration(inputs, structure):
    usual = spreads(inputs, structure, ModelSpec())
    changed = {name: value * 1.5 for name, value in always_there().items()}
    config = RunConfig.model_validate({"model": {"priors": changed}})

    moved = spreads(inputs, structure, config.model)

    same = {name for name, value in moved.items() if value == pytest.approx(usual[name], rel=1e-6)}
    assert same == FIXED & set(usual)


def test_every_key_of_the_configuration_changes_some_prior(inputs):
    usual = spreads(inputs, "composite", ModelSpec())

    for key, value in always_there().items():
        config = RunConfig.model_validate({"model": {"priors": {key: value * 1.5}}})
        moved = spreads(inputs, "composite", config.model)
        changed = {name for name in usual if moved[name] != pytest.approx(usual[name])}
        assert changed == {
            prior.variable
            for prior in PRIORS.values()
            if key in prior.keys and prior.variable in usual
        }, key


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("covariance", ["factors", "unstructured"])
def test_the_page_has_words_for_every_prior_of_every_structure(panel, structure, covariance):
    spec = ModelSpec(structure=structure, covariance=covariance)
    inputs = prepare(panel, spec)

    shown = {one.name: one for one in prior_densities(spec, inputs)}

    model = build_model(spec, structure, inputs, EVERYTHING).model
    wanted = {one.name for one in model.free_RVs} - {"region_z"}
    assert {one.prior.variable for one in shown.values()} == wanted
    for one in shown.values():
        if one.prior.variable == "loading":
            assert one.law.startswith("Normal" if structure == "composite" else "half")


def test_densities_are_those_of_the_stated_laws(inputs):
    spec = ModelSpec(priors=PriorScales(own_sd=0.7, link_concentration=3.0))

    shown = {one.name: one for one in prior_densities(spec, inputs)}

    own, rho, slope = (shown[name] for name in ("own_sd", "rho", "deprivation_slope"))
    assert own.law == "half-normal(0.7)"
    assert own.changed
    assert not slope.changed
    assert own.density[1:] == pytest.approx(halfnorm.pdf(own.at[1:], scale=0.7))
    assert rho.density == pytest.approx(beta.pdf((rho.at + 1) / 2, 3, 3) / 2)
    assert slope.density == pytest.approx(norm.pdf(slope.at, scale=0.3))


def test_polyserial_correlation_is_recovered():
    rng = np.random.default_rng(1)
    score, noise = rng.normal(size=(2, 4000))
    scale = -0.6 * score + np.sqrt(1 - 0.36) * noise
    grade = np.searchsorted([-1.2, -0.3, 0.8], scale)

    # The standard error with 4,000 is about 0.012.
    assert polyserial(score, grade) == pytest.approx(-0.6, abs=0.04)
    assert np.isnan(polyserial(score, np.full(4000, 2)))


def test_what_is_observed_is_what_was_published(panel):
    inputs = prepare(panel, ModelSpec(suppression="complete_case"))
    seen = observe(inputs, [str(one) for one in panel["transform"].values])

    k = INDICATORS.index("rereferral_12m")
    latest = panel.isel(year=-1, indicator=k)
    share = 100 * (latest.numerator + 0.5) / (latest.denominator + 1.0)
    low, high = np.nanquantile(share.values, [0.1, 0.9])
    # A count enters at the place of its site, which is nearly that of its empirical logit.
    assert seen.spread[k] == pytest.approx(high - low, rel=0.01)
    agency = panel.isel(year=-1).sel(indicator="sw_agency").value.values
    low, high = np.nanquantile(agency, [0.1, 0.9])
    assert seen.spread[INDICATORS.index("sw_agency")] == pytest.approx(high - low)
    assert seen.grade_shares.sum() == pytest.approx(1.0)
    assert seen.bands.sum() == inputs.judgements.judged.sum()
    assert seen.bands.sum(axis=0)[0] == seen.bands.sum(axis=0)[2] == 15
    assert natural(np.array([0.0]), "logit") == pytest.approx(50.0)


def test_narrow_priors_are_told_from_what_was_observed(panel, inputs, predictive):
    narrow = ModelSpec(priors=PriorScales(own_sd=0.05, year_sd=0.05, loading=0.05))
    usual = checks(*predictive, inputs).set_index(["check", "of"])
    tight = checks(*prior_predictive(panel, narrow, draws=60, seed=3), inputs)
    tight = tight.set_index(["check", "of"])

    assert usual.loc[("spread", "sw_agency"), "below"] == pytest.approx(0.5, abs=0.35)
    assert tight.loc[("spread", "sw_agency"), "below"] > 0.98


def test_the_page_shows_every_check_and_loads_nothing(page):
    text = page.read_text("utf-8")
    numbers = json.loads((page.parent / "priors.json").read_text("utf-8"))

    assert "Simulated panel" in text
    assert not re.findall(r'(?:src|href)="https?://(?!www\.nationalarchives)', text)
    kinds = {row["check"] for row in numbers["checks"]}
    assert kinds >= {"spread", "grade_shares", "top_shares", "bands", "polyserial"}
    assert numbers["scales"] == PriorScales().model_dump()
    for figure in ("densities", "spread", "correlations", "grade_shares", "top_shares"):
        assert f'id="figure-{figure}"' in text
        assert (page.parent / "figures" / f"{figure}.svg").stat().st_size > 1000
    for key in set(always_there()) - {"correlation_concentration"}:
        assert key in text
