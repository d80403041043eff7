"""Data sets drawn from the prior: same shape, exact laws, nothing standardised again."""

import numpy as np
import pytest

from data.panel import PanelError
from models.counts import count
from models.gaussian_sites import empirical_logit
from models.generate import Generator, remeasure
from models.inputs import prepare
from models.link import Switches
from models.spec import STRUCTURES, ModelSpec
from tests.fitted import small_panel

EVERYTHING = Switches(deprivation=True, region=True, link=True)
SPEC = ModelSpec()


@pytest.fixture(scope="module")
def panel():
    return small_panel()


@pytest.fixture(scope="module")
def inputs(panel):
    return prepare(panel, SPEC)


@pytest.fixture(scope="module")
def counts(panel, inputs):
    return count(panel, inputs.measurements)


@pytest.fixture(scope="module", params=STRUCTURES)
def drawn(request, inputs):
    return Generator(SPEC, request.param, inputs, EVERYTHING).draw(40, seed=1)


def test_a_panels_own_counts_are_measured_as_the_panel_is(inputs, counts):
    again = remeasure(counts, inputs.measurements)

    assert again.y == pytest.approx(inputs.measurements.y)
    assert again.variance == pytest.approx(inputs.measurements.variance)
    assert (again.interval == inputs.measurements.interval).all()


def test_what_is_missing_stays_missing(inputs, drawn):
    for one in drawn:
        measured = one.inputs.measurements
        assert (measured.observed == inputs.measurements.observed).all()
        assert not measured.y[measured.observed == 0].any()
        assert not one.inputs.judgements.grade[inputs.judgements.judged == 0].any()
        assert set(one.inputs.judgements.grade) <= {0, 1, 2, 3}


def test_effectiveness_has_unit_variance_under_every_structure(drawn):
    theta = np.concatenate([one.effectiveness for one in drawn])

    # 40 independent data sets of 153: the standard error of the variance is 0.018.
    assert theta.var() == pytest.approx(1.0, abs=0.06)
    assert theta.mean() == pytest.approx(0.0, abs=0.04)


def test_the_noise_of_a_value_has_the_known_variance(inputs):
    one = Generator(SPEC, "composite", inputs, EVERYTHING).draw(1, seed=4)[0]
    at = one.parameters.isel(chain=0, draw=0)
    level = at.level.values[:, None] + at.level_shift.values
    slope = at.deprivation_slope.values[:, None] * inputs.deprivation
    expected = level[:, :, None] + (slope + one.effects)[:, None, :]
    measured = inputs.measurements
    variance = measured.variance + at.year_sd.values[:, None, None] ** 2

    standard = (one.inputs.measurements.y - expected) / np.sqrt(variance)

    seen = standard[measured.observed > 0]
    # About 1,500 cells: three standard errors of the variance are 0.11.
    assert seen.var() == pytest.approx(1.0, abs=0.11)
    assert seen.mean() == pytest.approx(0.0, abs=0.08)


def test_parameters_bear_the_names_that_a_posterior_bears(inputs, drawn):
    at = drawn[0].parameters

    names = inputs.coords(2)
    labelled = set(at.dims) - {"chain", "draw"}
    assert labelled >= {"indicator", "region", "gap"}
    for dim in labelled:
        assert at[dim].values.tolist() == list(names[dim])[: at.sizes[dim]]


def test_the_same_seed_gives_the_same_data_and_another_does_not(inputs):
    generator = Generator(SPEC, "one_factor", inputs, EVERYTHING)
    first, again, other = (generator.draw(2, seed=seed)[1] for seed in (3, 3, 4))

    assert (first.inputs.measurements.y == again.inputs.measurements.y).all()
    assert first.rho == again.rho != other.rho


def test_small_counts_are_hidden_and_no_others(inputs, counts):
    generator = Generator(SPEC, "composite", inputs, EVERYTHING)
    hidden = generator.draw(3, seed=5, cells="binomial", counts=counts)
    shown = generator.draw(3, seed=5, cells="binomial", counts=counts, hidden=None)

    for one, bare in zip(hidden, shown, strict=True):
        interval = one.counts.high > one.counts.low
        small = (bare.counts.low >= 1) & (bare.counts.low <= 5) & (counts.denominator > 1)
        assert interval.any()
        assert (interval == small).all()
        assert (one.counts.low[~interval] == bare.counts.low[~interval]).all()
        assert (one.inputs.measurements.interval == interval).all()
        assert (one.counts.denominator == counts.denominator).all()


def test_counts_follow_the_logit_of_their_proportion(inputs, counts):
    one = Generator(SPEC, "composite", inputs, EVERYTHING).draw(
        1, seed=6, cells="binomial", counts=counts, hidden=None
    )[0]
    at = one.parameters.isel(chain=0, draw=0)
    k = list(inputs.measurements.coords["indicator"]).index("rereferral_12m")
    z = (
        (at.level.values[k] + at.level_shift.values[k])[:, None]
        + at.deprivation_slope.values[k] * inputs.deprivation
        + one.effects[k]
    )
    logit = counts.centre[k][:, None] + counts.scale[k] * counts.sign[k] * z
    drawn, variance = empirical_logit(one.counts.low[k], np.maximum(counts.denominator[k], 1))
    large = counts.observed[k] & (counts.denominator[k] > 500)
    noise = float(at.year_sd[k]) ** 2 + variance / counts.scale[k] ** 2

    standard = ((drawn - logit) / counts.scale[k] / np.sqrt(noise))[large]
    # About 290 cells: the standard error of the variance is 0.08.
    assert standard.var() == pytest.approx(1.0, abs=0.25)
    assert standard.mean() == pytest.approx(0.0, abs=0.18)


def test_counts_need_denominators(inputs):
    generator = Generator(SPEC, "composite", inputs, EVERYTHING)

    with pytest.raises(PanelError, match="no counts were given"):
        generator.draw(1, seed=1, cells="binomial")
