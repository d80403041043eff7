"""One table of priors: it is what the models sample, and every other part reads it."""

import tomllib
from pathlib import Path

import numpy as np
import pytensor
import pytest
from pymc.logprob.transforms import LogOddsTransform, LogTransform
from scipy import stats
from scipy.special import expit

from models.collapsed.build import build_model
from models.inputs import prepare
from models.link import Switches
from models.priors import PRIORS, PriorError, centred_sd, link_density, normal, write_law
from models.repeated_judgements.reliability import ReliabilityPrior
from models.spec import ModelSpec, PriorScales
from models.structures.loadings import loading_prior
from tests.fitted import small_panel

_BACK = {type(None): np.asarray, LogTransform: np.exp, LogOddsTransform: expit}
EVERYTHING = Switches(deprivation=True, region=True, link=True, reliability=True)
CONFIGS = Path(__file__).parents[1] / "configs"


def shipped_models():
    """Return the different models of the shipped configurations, and one of each other kind."""
    found = {
        "domains": ModelSpec(structure="domain_factors", covariance="unstructured"),
        "one_factor": ModelSpec(structure="one_factor", deprivation_form="spline"),
        "sub_judgements": ModelSpec(
            inspection={"scope": "repeats", "judgements": "sub_judgements"}
        ),
    }
    for file in sorted(CONFIGS.glob("*.toml")):
        model = tomllib.loads(file.read_text("utf-8")).get("model", {})
        spec = ModelSpec.model_validate(model)
        # What changes data alone, and no prior, stays as the small panel has it.
        alike = {"frameworks": ("ILACS",), "published_from": "", "published_to": ""}
        seen = spec.inspection.model_copy(update=alike)
        spec = spec.model_copy(update={"factors": 2, "spatial": "none", "inspection": seen})
        if spec not in found.values():
            found[file.stem] = spec
    return found


def log_densities(model):
    """Return a point of a model, by variable, and the log density of each variable there."""
    values = [model.rvs_to_values[one] for one in model.free_RVs]
    terms = model.logp(vars=model.free_RVs, jacobian=False, sum=False)
    evaluate = pytensor.function(values, terms, mode="FAST_COMPILE", on_unused_input="ignore")
    start, rng = model.initial_point(random_seed=1), np.random.default_rng(2)
    at = [start[one.name] + 0.3 * rng.standard_normal(np.shape(start[one.name])) for one in values]
    point = {}
    for variable, moved in zip(model.free_RVs, at, strict=True):
        back = _BACK[type(model.rvs_to_transforms[variable])]
        point[variable.name] = np.atleast_1d(back(moved))
    found = zip(model.free_RVs, evaluate(*at), strict=True)
    return point, {one.name: float(np.sum(term)) for one, term in found}


@pytest.mark.parametrize("name", shipped_models())
def test_the_table_has_the_log_density_of_every_variable_that_the_models_sample(name):
    spec = shipped_models()[name]
    inputs = prepare(small_panel(), spec)
    point, densities = log_densities(build_model(spec, spec.structure, inputs, EVERYTHING).model)

    by_variable = {prior.variable: prior for prior in PRIORS.values()}
    by_variable["loading"] = PRIORS[loading_prior(spec.structure, spec)]
    for variable, expected in densities.items():
        value = point[variable]
        if variable.endswith("_z"):
            found = stats.norm.logpdf(value)
        elif variable == "link_share":
            # The variable is (ρ + 1)/2, whose density is twice that of ρ.
            found = PRIORS["rho"].log_density(spec.priors, 2.0 * value - 1.0) + np.log(2.0)
        elif variable == "reliability_share":
            explained = np.atleast_1d((2.0 * point["link_share"] - 1.0) ** 2)
            found = ReliabilityPrior.of(spec.priors).log_density(value, explained)
        else:
            found = by_variable[variable].log_density(spec.priors, value)
        # PyMC holds some constants in single precision.
        assert found.sum() == pytest.approx(expected, rel=1e-6, abs=1e-6), variable


def test_every_key_of_the_configuration_is_a_key_of_some_prior():
    keys = {key for prior in PRIORS.values() for key in prior.keys}

    assert keys == set(PriorScales.model_fields)


def test_every_prior_moves_with_each_of_its_keys_and_with_no_other():
    usual = PriorScales()
    for prior in PRIORS.values():
        for key in PriorScales.model_fields:
            moved = usual.model_copy(update={key: getattr(usual, key) * 1.2})
            same = prior.written(moved) == prior.written(usual)
            assert same == (key not in prior.keys), (prior.name, key)


def test_the_density_of_the_link_is_that_of_the_table():
    scales = PriorScales(link_concentration=3.0)
    rho = np.linspace(-0.9, 0.9, 7)

    in_table = np.exp(PRIORS["rho"].log_density(scales, rho))

    assert link_density(rho, 3.0) == pytest.approx(in_table)
    assert link_density(np.zeros(1), 2.0) == pytest.approx(0.75)


def test_a_law_that_a_formula_does_not_know_is_refused(monkeypatch):
    moved = PRIORS["drift"]
    assert centred_sd("drift", PriorScales()) == 0.2

    away = type(moved)(
        **{name: getattr(moved, name) for name in ("name", "keys", "unit", "label", "part")},
        law=lambda scales: normal(0.1, scales.drift),
        meaning=moved.meaning,
    )
    monkeypatch.setitem(PRIORS, "drift", away)
    with pytest.raises(PriorError, match=r"'drift' is Normal\(0\.1, 0\.2\)"):
        centred_sd("drift", PriorScales())
    with pytest.raises(PriorError, match="no words for the family t"):
        write_law(stats.t(df=3))
