"""Effects whose spread goes with an authority's population."""

import numpy as np
import pytest
import xarray as xr

from analysis.settings.config import RunConfig
from data.panel import PanelError
from models.collapsed.build import build_model
from models.collapsed.derived import DerivedQuantities
from models.generate import Generator
from models.inputs import prepare
from models.link import switches
from models.padding import can_pad
from models.size import standardised_size, variance_ratio
from models.spec import ModelSpec, Variant
from tests.fitted import small_panel

SPEC = ModelSpec(challenger="none", effect_spread="size", factors=1, drift=False)
VARIANT = Variant(structure="composite", estimand="concordance", link="linked")


@pytest.fixture(scope="module")
def panel():
    return small_panel()


@pytest.fixture(scope="module")
def inputs(panel):
    return prepare(panel, SPEC)


def test_variances_are_one_in_the_mean_and_fall_with_size_where_the_slope_is_negative(panel):
    size = standardised_size(panel)

    ratio = np.asarray(variance_ratio(-0.4, size).eval())

    assert size.mean() == pytest.approx(0.0, abs=1e-12)
    assert size.std() == pytest.approx(1.0)
    assert ratio.mean() == pytest.approx(1.0)
    smallest, largest = size.argmin(), size.argmax()
    assert np.log(ratio[smallest] / ratio[largest]) == pytest.approx(
        0.8 * (size[largest] - size[smallest])
    )


def test_likelihood_and_moments_are_those_of_the_normal_written_out(inputs):
    on = switches(VARIANT, SPEC)
    written = build_model(SPEC, "composite", inputs, on)
    rng = np.random.default_rng(1)
    k, t = 5, 2
    own, loading = rng.uniform(0.4, 0.8, k), rng.normal(0.0, 0.4, (k, 1))
    level, shift = rng.normal(0.0, 0.1, k), rng.normal(0.0, 0.1, (k, t))
    year_sd = rng.uniform(0.3, 0.5, k)
    free = {
        "level": level,
        "level_shift": shift,
        "deprivation_slope": np.zeros(k),
        "own_sd": own,
        "year_sd": year_sd,
        "effect_size_slope": -0.4,
        "year_size_slope": 0.2,
        "loading": loading,
        "link_share": 0.7,
        "first_cutpoint": -1.2,
        "cutpoint_gap": np.array([1.0, 1.2]),
        "region_sd": 0.3,
        "region_z": np.zeros(9),
        "judgement_deprivation": 0.0,
    }
    dims = written.model.named_vars_to_dims
    posterior = xr.Dataset(
        {
            name: (("chain", "draw", *dims.get(name, ())), np.asarray(value)[None, None])
            for name, value in free.items()
        },
        coords={"chain": [0], "draw": [0]},
    )
    names = (
        *("indicator_log_likelihood", "effectiveness_mean", "effectiveness_sd"),
        *("judgement_mean", "judgement_variance", "judgement_covariance"),
    )
    found = DerivedQuantities(written, "composite").evaluate(posterior, inputs, on, only=names)

    ratio, years = (
        np.exp(2.0 * slope * inputs.size) / np.exp(2.0 * slope * inputs.size).mean()
        for slope in (-0.4, 0.2)
    )
    common = loading @ loading.T + np.diag(own**2)
    weight = 1.0 / np.sqrt(np.diag(common))
    weight /= np.sqrt(weight @ common @ weight)
    measured, rho = inputs.measurements, 0.4
    for i in (0, int(inputs.size.argmin()), int(inputs.size.argmax())):
        cells = np.argwhere(measured.observed[:, :, i] > 0)
        at, when = cells[:, 0], cells[:, 1]
        covariance = ratio[i] * common[np.ix_(at, at)]
        covariance += np.diag(years[i] * year_sd[at] ** 2 + measured.variance[at, when, i])
        residual = measured.y[at, when, i] - level[at] - shift[at, when]
        with_theta = ratio[i] * (common @ weight)[at]
        solved = np.linalg.solve(covariance, np.stack([residual, with_theta], axis=1))
        _, logarithm = np.linalg.slogdet(covariance)
        log_likelihood = -0.5 * (
            len(cells) * np.log(2 * np.pi) + logarithm + residual @ solved[:, 0]
        )
        mean = with_theta @ solved[:, 0]
        variance = ratio[i] - with_theta @ solved[:, 1]
        got = {name: found[name].isel(chain=0, draw=0, authority=i).item() for name in names}
        assert got["indicator_log_likelihood"] == pytest.approx(log_likelihood)
        assert got["effectiveness_mean"] == pytest.approx(mean)
        assert got["effectiveness_sd"] == pytest.approx(np.sqrt(variance))
        assert got["judgement_mean"] == pytest.approx(rho * mean)
        # Given effectiveness, what is left of the judgement has variance 1 - rho squared.
        assert got["judgement_variance"] == pytest.approx(1 - rho**2 + rho**2 * variance)
        assert got["judgement_covariance"] == pytest.approx(rho * variance)


def test_what_does_not_know_unequal_spreads_refuses_them(panel, inputs):
    assert not can_pad(SPEC)
    with pytest.raises(PanelError, match="one spread"):
        Generator(SPEC, "composite", inputs, switches(VARIANT, SPEC))
    unknown = panel.population.where(panel.authority != panel.authority[3])
    with pytest.raises(PanelError, match="no population of"):
        prepare(panel.assign(population=unknown), SPEC)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {
                "model": {"effect_spread": "size", "challenger": "none"},
                "sampler": {"engine": "joint"},
            },
            "gives effects one spread",
        ),
        (
            {"model": {"effect_spread": "size", "spatial": "bym2"}},
            "gives neighbours effects of one spread",
        ),
        (
            {
                "model": {"deprivation_form": "spline"},
                "evidence": {"alternatives": ["spline"]},
            },
            "stands beside model.deprivation_form = 'linear'",
        ),
        (
            {
                "model": {"challenger": "none"},
                "evidence": {"alternatives": ["size"]},
                "sampler": {"engine": "joint"},
            },
            "sampler.engine = 'joint': the engine gives effects one spread",
        ),
    ],
)
def test_spreads_and_alternatives_that_cannot_be_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        RunConfig.model_validate(settings)
