"""Each structure, engine and likelihood has its traits, and a fit tells what was fitted."""

import ast
from pathlib import Path
from typing import get_args

import pytest
import xarray as xr

from analysis.evidence.summaries import FitsError
from analysis.evidence.weigh import weigh
from analysis.settings.combinations import CLASHES
from analysis.settings.config import RunConfig
from models.fitted import Fit, FitError
from models.spec import Engine, InspectionSpec, Likelihood, ModelSpec, Structure
from models.traits import ENGINE_TRAITS, LIKELIHOOD_TRAITS, STRUCTURE_TRAITS, require_rows
from tests.fitted import as_fit

ROOT = Path(__file__).parents[1]
NAMES = {*get_args(Structure), *get_args(Engine), *get_args(Likelihood)}
ALLOWED = {
    "models/generate.py",  # how cells are simulated
    "analysis/sensitivity/fit.py",  # the tier of a pass
    "analysis/sensitivity/plan.py",  # the same
    "analysis/sensitivity/table.py",  # the same
    "analysis/pages/captions.py",  # rows of a table
}


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (STRUCTURE_TRAITS, Structure),
        (ENGINE_TRAITS, Engine),
        (LIKELIHOOD_TRAITS, Likelihood),
    ],
)
def test_every_name_has_a_row_and_a_name_without_one_is_an_error(table, names):
    assert list(table) == list(get_args(names))
    with pytest.raises(TypeError, match="wanted a row for each of"):
        require_rows(table, (*get_args(names), "another"))


def test_no_code_compares_the_names_but_the_places_that_choose_an_implementation():
    """A comparison would be a trait that is derived again."""
    compared = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("models", "analysis")
        for path in sorted(ROOT.glob(f"{package}/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Constant) and side.value in NAMES
    ]

    assert {place.split(":")[0] for place in compared} <= ALLOWED, compared


@pytest.mark.parametrize("clash", CLASHES, ids=lambda one: f"{one.key}-{one.against}")
def test_a_combination_names_keys_that_there_are_and_is_not_the_default(clash):
    config = RunConfig()

    assert not clash.found(config)
    assert clash.message(config).count(". ") == 1
    assert not clash.why.endswith(".")
    assert not clash.remedy.endswith(".")


def test_a_fit_tells_what_was_fitted():
    spec = ModelSpec(structure="domain_factors", inspection=InspectionSpec(curve="logit"))
    fit = as_fit(xr.DataTree(), spec, "independent")

    assert fit.specification == spec
    assert fit.variant.name == "domain_factors-adjusted-independent"
    assert not fit.structure_traits.single_link
    assert fit.engine_traits.integrated
    assert not any((fit.linked, fit.judged_once, fit.integrated))


@pytest.mark.parametrize("name", ["structure", "estimand", "link", "engine", "specification"])
def test_a_tree_that_lacks_an_attribute_is_refused_by_its_name(name):
    tree = as_fit(xr.DataTree(), ModelSpec()).tree
    del tree.attrs[name]

    with pytest.raises(FitError, match=f"fit: no attribute {name}; wanted structure"):
        Fit.of(tree)
    with pytest.raises(FitsError, match=f"weigh: mine: fit: no attribute {name}"):
        weigh({"mine": tree})


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"engine": "steam"}, "engine = 'steam'; wanted collapsed, joint, laplace"),
        ({"structure": "dynamic"}, r"cannot be read \(structure: "),
        ({"specification": '{"modes": 3}'}, r"cannot be read \(modes: .*Fit again"),
    ],
)
def test_a_tree_of_another_version_is_refused_in_one_line(attributes, said):
    tree = as_fit(xr.DataTree(), ModelSpec()).tree
    tree.attrs |= attributes

    with pytest.raises(FitError, match=said) as caught:
        Fit.of(tree)
    assert "\n" not in str(caught.value)
