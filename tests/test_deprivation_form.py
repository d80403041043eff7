"""The forms in which deprivation is held equal: the spline's basis, and where it enters."""

import numpy as np
import pytest

from analysis.settings.config_file import ConfigError, read_config
from models.collapsed.build import build_model
from models.deprivation import bends
from models.inputs import prepare
from models.link import Switches, switches, variants
from models.padding import can_pad
from models.spec import InspectionSpec, ModelSpec, Variant
from tests.fitted import small_panel

ADJUSTED = Variant(structure="composite", estimand="adjusted", link="linked")


def test_bends_are_orthogonal_to_a_straight_line_and_straight_beyond_the_knots():
    x = np.sort(np.random.default_rng(0).normal(size=151))
    found = bends(x)
    known = np.stack([np.ones_like(x), x, *found])
    gram = known @ known.T / x.size

    assert found.shape == (2, 151)
    assert np.abs(gram[2:, :2]).max() < 1e-10
    assert gram[2:, 2:] == pytest.approx(np.eye(2), abs=1e-10)
    outside = x > np.quantile(x, 0.95)
    second = np.diff(np.diff(found[:, outside]) / np.diff(x[outside]))
    assert np.abs(second).max() < 1e-8


@pytest.mark.parametrize("inspection", [InspectionSpec(), InspectionSpec(scope="repeats")])
def test_a_spline_bends_both_sides_and_is_switched_off_with_deprivation(inspection):
    spec = ModelSpec(deprivation_form="spline", challenger="none", inspection=inspection)
    inputs = prepare(small_panel(), spec)
    on = switches(ADJUSTED, spec)
    off = switches(ADJUSTED.model_copy(update={"estimand": "concordance"}), spec)
    model = build_model(spec, "composite", inputs, on).model

    assert model.named_vars_to_dims["deprivation_bend"] == ("indicator", "bend")
    assert model.named_vars_to_dims["judgement_bend"] == ("bend",)
    assert np.abs(inputs.data(on, "composite")["deprivation_bends"]).max() > 0
    assert not inputs.data(off, "composite")["deprivation_bends"].any()
    assert {"deprivation_bend", "judgement_bend"} <= off.idle
    assert not can_pad(spec)


def test_linear_deprivation_has_no_bends():
    inputs = prepare(small_panel(), ModelSpec())
    on = Switches(deprivation=True, region=True, link=True)

    assert (
        "judgement_bend" not in build_model(ModelSpec(), "composite", inputs, on).model.named_vars
    )


def test_without_deprivation_neither_side_has_it_and_it_is_no_model_of_its_own():
    spec = ModelSpec(deprivation_form="none")

    assert not switches(ADJUSTED, spec).deprivation
    assert switches(ADJUSTED, spec).region
    assert all(one.link != "deprivation_only" for one in variants(spec))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[model]\nchallenger = "none"\ndeprivation_form = "spline"\n'
            '[sampler]\nengine = "joint"',
            "knows deprivation as linear only",
        ),
        (
            '[model]\ndeprivation_form = "none"\n[evidence]\ncutoff = 2023-03-31',
            "leaves it out. Drop either key",
        ),
    ],
)
def test_forms_that_cannot_be_are_refused(tmp_path, text, said):
    path = tmp_path / "run.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=said):
        read_config(path)
