"""Paths over the years: what enters, what follows from draws, and what is drawn, by hand."""

import numpy as np
import pytensor.tensor as pt
import pytest
import xarray as xr

from analysis.files.read_table import ReportError
from analysis.report.read import read_inputs
from analysis.settings.config import RunConfig
from analysis.settings.config_file import ConfigError, read_config, read_lasting
from data.panel import PanelError
from data.simulate import simulate_panel
from models.dynamic.given import combine
from models.dynamic.inputs import prepare_dynamic
from models.dynamic.paths import krige, path_precision, place_moments
from models.dynamic.spec import DynamicSpec
from models.dynamic.summary import fading, quantities
from tests.dynamic_simulation import PathTruth, draw_panel, draw_truth, half_life
from tests.fitted import INDICATORS

SPEC = DynamicSpec()
YEARS = (2021, 2022, 2023, 2024)


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(indicators=INDICATORS, years=YEARS, seed=3)


@pytest.fixture(scope="module")
def inputs(panel):
    return prepare_dynamic(panel, SPEC)


def test_workforce_figures_stand_a_year_later_than_their_label(inputs):
    cells = inputs.cells
    workforce = cells.indicators.index("sw_agency")

    assert cells.years == [2021, 2022, 2023, 2024, 2025]
    assert cells.shift[workforce] == 1
    assert not cells.observed[workforce, 0].any()
    assert cells.observed[workforce, 4].any()
    assert not cells.observed[:workforce, 4].any()


def test_inspections_stand_at_their_own_dates_between_the_middles_of_years(panel, inputs):
    judged = inputs.judgements
    one = panel.sel(inspection=judged.inspection[7])
    days = (one.inspection_start.values - np.datetime64("2020-10-01", "ns")) / np.timedelta64(
        1, "D"
    )

    assert judged.when[7] == pytest.approx(days / 365.25)
    assert inputs.cells.authorities[judged.authority[7]] == str(one.inspected_authority.values)
    # An authority's inspections are in order of date.
    later = judged.slot > 0
    assert (judged.when[later] > judged.when[np.flatnonzero(later) - 1]).all()


def test_sif_inspections_stand_before_their_reports(panel):
    sif = panel.assign_coords(framework=("inspection", np.full(panel.sizes["inspection"], "SIF")))
    sif["inspection_start"] = panel.inspection_start.where(False)
    found = prepare_dynamic(sif, SPEC.model_copy(update={"sif_delay": 100.0}))
    publication = sif.publication.sel(inspection=found.judgements.inspection).values

    days = (publication - found.judgements.date) / np.timedelta64(1, "D")
    assert (days == 100.0).all()


def test_series_of_one_indicator_are_measured_apart(panel):
    names = np.full((panel.sizes["indicator"], panel.sizes["year"]), "old", dtype="<U3")
    names[0, 2:] = "new"
    broken = panel.assign(series=(("indicator", "year"), names))
    # A definition that doubles every proportion's odds is no change in any authority.
    shifted = broken.copy(deep=True)
    later = shifted.year.values[2:]
    n = shifted.denominator.sel(indicator=INDICATORS[0], year=later)
    for name in ("numerator", "numerator_low", "numerator_high"):
        count = shifted[name].sel(indicator=INDICATORS[0], year=later)
        shifted[name].loc[{"indicator": INDICATORS[0], "year": later}] = np.round(
            n * 2.0 * count / (n + count)
        )
    value = shifted.numerator / shifted.denominator
    shifted["value"] = shifted.value.where(~(np.isfinite(value)), value)
    first, second = prepare_dynamic(broken, SPEC).cells, prepare_dynamic(shifted, SPEC).cells

    assert first.regime[0].tolist() == [0, 0, 1, 1, 1]
    assert not first.regime[1:].any()
    seen = first.observed[0, 2:4] > 0
    alike = np.corrcoef(first.y[0, 2:4][seen], second.y[0, 2:4][seen])[0, 1]
    assert alike > 0.99
    np.testing.assert_array_equal(first.y[0, :2], second.y[0, :2])


def test_a_path_is_foreseen_at_a_moment_as_its_covariance_says(inputs):
    moments = place_moments(inputs, 0.5)
    phi = 0.8
    correlation = phi**moments.apart
    dense = np.einsum("jti,ts->jsi", correlation, np.linalg.inv(phi**moments.between))

    persistence = pt.as_tensor_variable(phi)
    precision = path_precision(persistence, moments.between).eval()
    np.testing.assert_allclose(precision, np.linalg.inv(phi**moments.between), atol=1e-12)
    np.testing.assert_allclose(
        krige(pt.as_tensor_variable(correlation), persistence).eval(), dense, atol=1e-12
    )


def test_a_lag_moves_every_moment(inputs):
    judged = inputs.judgements
    before = place_moments(inputs, -2.0)

    moved = before.apart[judged.slot, :, judged.authority]
    grid = np.arange(len(inputs.cells.years))
    np.testing.assert_allclose(moved, np.abs(judged.when[:, None] - 2.0 - grid))


def test_half_lives_have_their_closed_form():
    assert half_life([(1.0, 0.5)]) == pytest.approx(1.0)
    assert half_life([(1.0, 0.9)]) == pytest.approx(np.log(0.5) / np.log(0.9))
    # 0.6·0.8^t + 0.4·0.2^t at t = 1 is 0.56, and a little later one half.
    late = half_life([(0.6, 0.8), (0.4, 0.2)])
    assert 0.6 * 0.8**late + 0.4 * 0.2**late == pytest.approx(0.5)


def test_named_quantities_are_those_of_the_truth_that_was_drawn(inputs):
    truth = draw_truth(SPEC, inputs, np.random.default_rng(2))
    weight = inputs.cells.weight

    def drawn(value, *dims):
        return ((("chain", "draw"), *dims), np.asarray(value)[None, None])

    one = {
        "link_share": (("chain", "draw"), [[0.5 * (1.0 + truth.link)]]),
        "loading": (("chain", "draw", "indicator", "factor"), truth.loading[None, None]),
        "own_sd": (("chain", "draw", "indicator"), truth.own_sd[None, None]),
        "first_cutpoint": (("chain", "draw", "framework"), truth.cutpoints[None, None, :, 0]),
        "cutpoint_gap": (
            ("chain", "draw", "framework", "gap"),
            np.diff(truth.cutpoints, axis=1)[None, None],
        ),
        **{
            name: (("chain", "draw"), [[getattr(truth, name)]])
            for name in (
                "reliability",
                "factor_persistence",
                "own_persistence",
                "quality_persistence",
            )
        },
    }
    posterior = xr.Dataset(one)
    found = quantities(posterior, weight)
    left = fading(posterior.merge(found), np.array([0.0, 1.0]))
    on_factors, on_own = truth.functional(weight)

    assert float(found["rho"].squeeze()) == pytest.approx(truth.rho)
    assert float(found["quality_half_life"].squeeze()) == pytest.approx(
        truth.quality_half_life(weight)
    )
    np.testing.assert_allclose(found["cutpoints"].squeeze(), truth.cutpoints.squeeze())
    assert (on_factors**2).sum() + (on_own**2 * truth.own_sd**2).sum() == pytest.approx(1.0)
    np.testing.assert_allclose(left["quality"].isel(later=0), 1.0)
    share = (on_factors**2).sum()
    after = share * truth.factor_persistence + (1.0 - share) * truth.own_persistence
    expected = truth.link**2 * after + (1.0 - truth.link**2) * truth.quality_persistence
    assert float(left["effectiveness"].isel(later=1).squeeze()) == pytest.approx(after)
    assert float(left["quality"].isel(later=1).squeeze()) == pytest.approx(expected)
    assert float(found["quality_after_year"].squeeze()) == pytest.approx(expected)


def test_drawn_paths_fade_as_they_should(inputs):
    size = len(inputs.cells.indicators)
    truth = PathTruth(
        link=0.0,
        reliability=0.6,
        quality_persistence=0.7,
        factor_persistence=0.9,
        own_persistence=0.6,
        across_break=1.0,
        deprivation_slope=np.zeros(size),
        own_sd=np.full(size, 1.0),
        year_sd=np.full(size, 1e-3),
        loading=np.zeros((size, 1)),
        cutpoints=np.array([[-1.0, 0.0, 1.0]]),
        drift=np.zeros(1),
        judgement_deprivation=np.zeros(1),
    )
    drawn = draw_panel(inputs, truth, np.random.default_rng(8))
    cells = drawn.cells
    known = (cells.observed > 0) & (cells.variance < 0.02)
    both = known[:, 1:] & known[:, :-1]

    assert both.sum() > 300
    apart = np.corrcoef(cells.y[:, 1:][both], cells.y[:, :-1][both])[0, 1]
    assert apart == pytest.approx(0.6, abs=0.1)
    shares = np.bincount(drawn.judgements.grade, minlength=4) / len(drawn.judgements.grade)
    np.testing.assert_allclose(shares, [0.16, 0.34, 0.34, 0.16], atol=0.08)


def test_moments_of_a_mixture_are_those_of_its_draws():
    rng = np.random.default_rng(4)
    means = rng.normal(size=(5, 2, 3))
    roots = rng.normal(size=(5, 3, 2, 2))
    spreads = np.einsum("miab,micb->maci", roots, roots)
    centre, spread = combine(means, spreads)
    for i in range(3):
        cloud = np.concatenate(
            [
                rng.multivariate_normal(means[m, :, i], spreads[m, :, :, i], 40_000)
                for m in range(5)
            ]
        )
        np.testing.assert_allclose(centre[:, i], cloud.mean(axis=0), atol=0.05)
        np.testing.assert_allclose(spread[:, :, i], np.cov(cloud.T), atol=0.15, rtol=0.05)


def test_paths_stand_in_the_place_of_the_lasting_model():
    config = RunConfig.model_validate({"dynamic": {"lags": [-1, 0]}})

    assert "[dynamic]" in config.to_toml()
    assert "[model]" not in config.to_toml()
    assert "dynamic" not in RunConfig().to_toml()
    # A section that holds what the default is would not be read either.
    for factors in (2, 3):
        with pytest.raises(ValueError, match="in the place of"):
            RunConfig.model_validate({"dynamic": {}, "model": {"factors": factors}})
    with pytest.raises(ValueError, match=r"evidence\.cutoff.*no use for"):
        RunConfig.model_validate({"dynamic": {}, "evidence": {"cutoff": "2023-03-31"}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lag = 3", r"dynamic\.lag: there is no such key\. Did you mean lags\?"),
        ("lags = [nan]", r"dynamic\.lags\.0 = nan: wanted a finite number"),
        ("lags = [0, 0]", r"dynamic: lags = \[0.0, 0.0\]: each may stand once"),
        ('estimands = ["adjsted"]', r"dynamic\.estimands\.0 = 'adjsted'.*Did you mean adjusted"),
        ('weights = "equl"', r"dynamic\.weights = 'equl'.*Did you mean equal"),
        (
            "[dynamic.priors]\nregion_sd = 0.2",
            r"dynamic: priors\.region_sd = 0\.2: the dynamic model has no such term.*level, ",
        ),
        ("[dynamic.priors]\nregionsd = 0.2", r"dynamic\.priors\.regionsd: there is no such key"),
    ],
)
def test_faults_of_a_dynamic_configuration_are_named_with_their_place(tmp_path, text, message):
    file = tmp_path / "paths.toml"
    file.write_text(f"[dynamic]\n{text}\n", "utf-8")

    with pytest.raises(ConfigError, match=message) as caught:
        read_config(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"factors": 6}, "5 indicators cannot carry 6 factors. Lower dynamic.factors"),
        ({"weights": {"cla_dental": 1.0}}, "dynamic.weights has none for rereferral_12m"),
    ],
)
def test_what_the_panel_cannot_carry_is_refused(panel, change, message):
    with pytest.raises(PanelError, match=message):
        prepare_dynamic(panel, DynamicSpec.model_validate(change))


def test_one_year_is_no_path(panel):
    # The workforce of that year stands a year later: two points of the grid, and no path.
    with pytest.raises(PanelError, match=r"no indicator has figures of two years \(years: 2023\)"):
        prepare_dynamic(panel.sel(year=[2023]), SPEC)


def test_an_indicator_without_a_figure_is_refused(panel):
    bare = panel.copy(deep=True)
    for name in ("numerator", "denominator", "numerator_low", "numerator_high", "value"):
        bare[name].loc[{"indicator": INDICATORS[1]}] = np.nan
    bare["status"].loc[{"indicator": INDICATORS[1]}] = "no_data"
    with pytest.raises(PanelError, match=f"{INDICATORS[1]} has no figure in any year"):
        prepare_dynamic(bare, SPEC)


def test_other_commands_refuse_a_dynamic_configuration(tmp_path):
    file = tmp_path / "paths.toml"
    file.write_text("[dynamic]\n", "utf-8")

    assert read_config(file).dynamic is not None
    with pytest.raises(ConfigError, match=r"has a section \[dynamic\]"):
        read_lasting(file)


def test_a_run_of_paths_is_no_run_to_report_anew(tmp_path):
    (tmp_path / "run.toml").write_text("[dynamic]\nfactors = 1\n", "utf-8")

    with pytest.raises(ReportError, match="a run of paths over the years"):
        read_inputs(tmp_path)

    (tmp_path / "run.toml").write_text('title = "Not [dynamic]"\n', "utf-8")
    with pytest.raises(ReportError, match=r"provenance\.json: no such file"):
        read_inputs(tmp_path)
