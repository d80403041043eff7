"""Design analyses: configurations, resizing, what is made of the fits, and the cheap fit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import beta, norm

from analysis.design.config import DesignConfig, correlation, read_design
from analysis.design.dictionary import MEANINGS
from analysis.design.judged import Unexplained, cutpoints, inspection_years, read, scales
from analysis.design.summarise import crossing, detectable, proportion, summarise_cells
from analysis.design.template import resized
from analysis.design.words import describe, describe_plan
from analysis.plots.design import draw_design
from analysis.settings.config_file import ConfigError
from analysis.tables.dictionary import dictionary
from models.fit import CompiledStructure
from models.generate import Generator
from models.inputs import prepare
from models.judgement_laplace import JudgementModel, link_posteriors
from models.link import switches
from models.repeated_judgements.alone import RepeatedJudgementsAlone
from models.screen import draw_parameters, effectiveness_alone, screen_link
from models.spec import InspectionSpec, ModelSpec, PriorScales, Variant
from tests.fitted import small_panel

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("design_*.toml"))
SPEC = ModelSpec(region=False, challenger="none")
LINKED = Variant(structure="composite", estimand="concordance", link="linked")


def config(**changes):
    return DesignConfig.model_validate({"title": "T", "template": {"run": "x.toml"}, **changes})


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_design_is_valid_and_simulates_at_least_300_panels(path):
    read = read_design(path)

    assert read.panels >= 300
    assert 0.0 in read.grid.links


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[grid]\nlinks = [0.1]", "template"),
        ('[template]\nrun = "absent.toml"', "template.run = 'absent.toml': no such file"),
        ('[template]\nrun = "a"\nreconstruction = "b"', "either run or reconstruction"),
        ('[template]\nrun = "a"\n[grid]\nlinkz = [0.1]', "grid.linkz.*Did you mean links"),
        ('[template]\nrun = "a"\n[grid]\nauthorities = [5]', "grid.authorities"),
        (
            'estimand = "adjusted"\n[template]\nrun = "a"\n[grid]\njudgements = [2]',
            "Say model.region = false",
        ),
        ('[template]\nrun = "a"\n[model.inspection]\nscope = "repeats"', "grid.judgements"),
    ],
)
def test_faults_are_named_with_their_place(tmp_path, text, message):
    path = tmp_path / "design.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=message):
        read_design(path)


def test_a_noisy_judgement_has_less_than_its_qualitys_link():
    assert correlation(0.4, 0.25) == pytest.approx(0.2)


def test_a_proportion_that_never_happened_still_has_an_error():
    found = proportion("x", 0, 300)

    assert found["x"] == 0.0
    assert found["x_mcse"] == pytest.approx(beta.std(0.5, 300.5))


def test_the_crossing_is_where_the_probit_of_power_says():
    links = np.array([0.0, 0.2, 0.4])
    hits = np.zeros((1000, 3))
    hits[:50, 0], hits[:400, 1], hits[:950, 2] = 1.0, 1.0, 1.0
    low, high = norm.ppf(400.5 / 1001), norm.ppf(950.5 / 1001)

    assert crossing(links, hits, 0.8) == pytest.approx(
        0.2 + 0.2 * (norm.ppf(0.8) - low) / (high - low)
    )
    assert np.isnan(crossing(links[:2], hits[:, :2], 0.8))


def simulated_fits(number=400, authorities=100):
    """Fits whose estimates are normal about the truth: power is then known."""
    rng = np.random.default_rng(3)
    noise = rng.normal(size=number)
    rows = []
    for rho in (0.0, 0.2, 0.4, 0.6):
        mean = rho + 0.1 * noise
        log_bf = norm.logpdf(0.0, mean, 0.1) - np.log(0.75)
        rows.append(
            pd.DataFrame(
                {
                    "panel": np.arange(number),
                    "link": rho,
                    "correlation": rho,
                    "mean": mean,
                    "sd": 0.1,
                    "lower": mean - 0.196,
                    "upper": mean + 0.196,
                    "log_bf_independent_linked": log_bf,
                    "within": norm.cdf(0.1, mean, 0.1) - norm.cdf(-0.1, mean, 0.1),
                    "seconds": 0.1,
                    "fault": "",
                }
            )
        )
    return pd.concat(rows, ignore_index=True).assign(
        authorities=authorities, noise=1.0, judgements=1, sub_judgements=False, reliability=1.0
    )


@pytest.fixture(scope="module")
def design():
    return config(grid={"links": [0.0, 0.2, 0.4, 0.6], "reliability": [1.0], "authorities": [100]})


def test_panels_against_a_link_are_those_of_the_verdict(design):
    fits = simulated_fits()
    none = fits["link"] == 0.0
    alone = (fits.loc[none, "log_bf_independent_linked"] > np.log(3.0)).mean()
    wide = summarise_cells(fits, design).set_index("correlation")
    # A tenth of the standard error, and a link within the ROPE is sure.
    narrow = summarise_cells(fits.assign(within=0.9999), design).set_index("correlation")

    assert alone > 0.6
    # With a standard error of 0.1 no estimate makes |ρ| < 0.1 three times as probable as not.
    assert wide.loc[0.0, "against_3"] == 0.0
    assert narrow.loc[0.0, "against_3"] == alone


def test_shares_add_up_and_match_the_normal_power(design):
    cells = summarise_cells(simulated_fits(), design).set_index("correlation")

    parts = cells[["for_3", "inconclusive_3", "against_3", "wrong_sign_3"]].to_numpy()
    assert parts[1:].sum(axis=1) == pytest.approx(np.ones(3))
    # P(|estimate| beyond 1.96 standard errors): Monte Carlo error 0.025 at most
    assert cells.loc[0.2, "interval_excludes_zero"] == pytest.approx(
        norm.sf(1.96 - 2.0), abs=3 * cells.loc[0.2, "interval_excludes_zero_mcse"]
    )
    assert cells.loc[0.0, "misleading_3"] == cells.loc[0.0, "for_3"]
    assert cells.loc[0.4, "misleading_3"] == pytest.approx(
        cells.loc[0.4, "against_3"] + cells.loc[0.4, "wrong_sign_3"]
    )
    assert cells["width"].to_numpy() == pytest.approx(0.392)


def test_the_smallest_link_and_the_ceiling_are_those_of_the_normal(design):
    found = detectable(simulated_fits(), design).set_index("criterion")
    row = found.loc["interval_excludes_zero"]

    # power .8 where rho = (1.96 + .8416) standard errors, .2802; the probit is straight there
    assert row["correlation"] == pytest.approx(0.280, abs=3 * row["correlation_mcse"])
    assert 0.0 < row["correlation_mcse"] < 0.02
    assert row["ceiling"] == pytest.approx(1 / (np.sqrt(2 * np.pi) * 0.1 * 0.75))


def test_failed_fits_are_counted_and_left_out(design):
    fits = simulated_fits()
    fits.loc[fits["panel"] < 40, ["mean", "sd", "lower", "upper"]] = np.nan

    cells = summarise_cells(fits, design)

    assert set(cells["failed"]) == {40}
    assert set(cells["panels"]) == {360}


def test_the_figure_the_words_and_the_dictionary_cover_every_cell(design):
    fits = pd.concat([simulated_fits(60, size) for size in (50, 60)])
    tables = {"cells": summarise_cells(fits, design), "detectable": detectable(fits, design)}

    cells = tables["cells"].assign(cell=(tables["cells"]["authorities"] == 60).astype(int))
    drawn = draw_design(cells, ["fifty", "sixty"], odds=3.0, power=0.8, width="narrow")
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["fifty", "sixty"]
    assert describe(tables, design).count("Largest Bayes factor for no link") == 2
    meanings = dictionary(tables | {"panels": fits}, MEANINGS)
    unexplained = meanings["meaning"] == meanings["column"].str.replace("_", " ")
    assert not meanings["column"][unexplained].tolist()


def test_a_plan_counts_cells_and_what_is_left():
    grid = {"links": [0.0, 0.4], "reliability": [0.5, 0.8], "judgements": [1, 2]}
    wide, done = (describe_plan(config(grid=grid), 12, finished) for finished in (0, 12))

    grid |= {"sub_judgements": [False, True], "sub_links": [0.4], "sub_panels": 50}
    both = describe_plan(config(grid=grid), 12, 0)

    assert "8 cells of 300 panels, 12 blocks, 0 finished" in wide
    assert "12 cells of 300 panels" in both
    assert "sub_panels: 50" in both
    assert "judgements: 1, 2" in wide
    # what is left is the preparation alone
    assert "About 0:00:40" in done


def test_a_study_is_resized_with_its_cells_and_twice_the_noise():
    inputs = prepare(small_panel(), SPEC)
    small, large = resized(inputs, 60, 2.0, 1), resized(inputs, 200, 1.0, 1)

    at = inputs.measurements.coords["authority"].index(small.measurements.coords["authority"][5])
    there = inputs.measurements.observed[:, :, at] > 0
    assert small.measurements.variance[:, :, 5][there] == pytest.approx(
        2.0 * inputs.measurements.variance[:, :, at][there]
    )
    assert len(set(large.measurements.coords["authority"])) == 200
    assert small.judgements.judged.all()
    assert small.deprivation.std() == pytest.approx(1.0)


def test_no_judgement_is_explained_beyond_its_reliability():
    rng = np.random.default_rng(4)
    inputs = prepare(small_panel(), SPEC)
    size = len(inputs.deprivation)
    years = np.zeros((size, 2))
    parameters = prior_parameters()
    drawn = []
    for _ in range(200):
        theta = rng.standard_normal(size)
        rest = Unexplained.draw(rng, size, 3)
        scale = scales(
            parameters, inputs, theta, rest, years, 0.5, 0.64, adjusted=False, region=False
        )
        drawn.append(np.column_stack([theta, scale]))
    found = np.corrcoef(np.concatenate(drawn).T)

    # 30,600 authorities: standard error of a correlation 0.006
    assert found[0, 1] == pytest.approx(0.5 * 0.8, abs=0.02)
    assert found[1, 2] == pytest.approx(0.64, abs=0.02)


def test_readings_have_the_shares_that_the_cutpoints_give():
    rng = np.random.default_rng(5)
    rest = Unexplained.draw(rng, 20_000, 2)
    cuts = cutpoints(prior_parameters())
    scale = rng.standard_normal((20_000, 2))
    for loading, judgements in ((None, 1), (0.9, 4)):
        readings = read(scale, cuts, np.zeros((20_000, 2)), rest, loading)
        assert readings.grade.shape == (20_000, 2, judgements)
        shares = np.bincount(readings.grade.ravel(), minlength=4) / readings.grade.size
        wanted = np.diff(norm.cdf([-np.inf, *cuts, np.inf]))
        assert shares == pytest.approx(wanted, abs=0.01)


def prior_parameters():
    """Parameters as a template's fit gives them, of the judgements alone."""
    one = ("chain", "draw")
    return xr.Dataset(
        {
            "first_cutpoint": (one, [[-0.7]]),
            "cutpoint_gap": ((*one, "gap"), [[[0.9, 1.2]]]),
            "drift": (one, [[0.1]]),
        }
    )


def test_inspections_are_three_years_apart_about_their_mean():
    years = inspection_years(prepare(small_panel(), SPEC), 3)

    assert years.mean() == pytest.approx(0.0)
    assert np.diff(years, axis=1) == pytest.approx(3.0)


@pytest.mark.slow
def test_the_cheap_fit_agrees_with_the_whole_screening_fit():
    """Drawn from the model: means within 0.02, widths within 6%, log factors within 0.3."""
    inputs = prepare(small_panel(), SPEC)
    compiled = CompiledStructure(SPEC, "composite", inputs)
    drawn = draw_parameters(compiled, LINKED, inputs, draws=8, seed=2)
    generator = Generator(SPEC, "composite", inputs, switches(LINKED, SPEC))
    for number in range(8):
        share = (("chain", "draw"), [[0.5 + 0.04 * number]])
        made = generator.draw_at(drawn.isel(draw=[number]).assign(link_share=share), number)
        assert made.rho == pytest.approx(0.08 * number)
        whole = screen_link(compiled, LINKED, made.inputs, seed=0)
        mean, variance = effectiveness_alone(compiled, "concordance", made.inputs, made.parameters)
        judged = made.inputs.judgements
        model = JudgementModel(
            mean=mean,
            variance=variance,
            design=judged.years[:, None],
            coefficient_sd=np.array([PriorScales().drift]),
            scales=PriorScales(),
        )
        cheap = link_posteriors(model, judged.grade[None, :], 0.1)
        assert cheap.mean[0] == pytest.approx(whole["rho_mean"], abs=0.02)
        assert cheap.sd[0] == pytest.approx(whole["rho_sd"], rel=0.06)
        if abs(whole["log_bf_independent_linked"]) < 4:
            assert cheap.log_bf_independent_linked[0] == pytest.approx(
                whole["log_bf_independent_linked"], abs=0.3
            )
    again = generator.draw_at(drawn.isel(draw=[7]).assign(link_share=share), 7).inputs
    assert np.array_equal(again.measurements.y, made.inputs.measurements.y)


@pytest.mark.slow
def test_a_second_reading_that_was_not_given_changes_nothing():
    """With one reading given the reliability is its prior, and ρ's posterior the closed one."""
    rng = np.random.default_rng(6)
    size = 150
    mean = rng.normal(0.0, 0.95, size)
    variance = np.full(size, 1.0 - 0.95**2)
    theta = mean + np.sqrt(variance) * rng.standard_normal(size)
    rest = Unexplained.draw(rng, size, 2)
    years = np.tile(rng.normal(0.0, 1.0, size)[:, None], (1, 2))
    inputs = prepare(small_panel(), SPEC)
    cuts = cutpoints(prior_parameters())
    spec = SPEC.model_copy(update={"inspection": InspectionSpec(scope="repeats")})
    for link in (0.0, 0.5):
        scale = scales(
            prior_parameters(), inputs, theta, rest, years, link, 0.6, adjusted=False, region=False
        )
        readings = read(scale, cuts, years, rest, None)
        readings.given[:, 1] = 0.0
        found = RepeatedJudgementsAlone(spec, readings).summarise(
            (mean, variance), None, readings, 0.1
        )
        closed = link_posteriors(
            JudgementModel(
                mean=mean,
                variance=variance,
                design=years[:, :1],
                coefficient_sd=np.array([PriorScales().drift]),
                scales=PriorScales(),
            ),
            readings.grade[None, :, 0, 0],
            0.1,
        )
        assert found["rho_mean"] == pytest.approx(closed.mean[0], abs=0.01)
        assert found["rho_sd"] == pytest.approx(closed.sd[0], rel=0.03)
        assert found["rho_within"] == pytest.approx(closed.within[0], abs=0.02)
        assert found["log_bf_independent_linked"] == pytest.approx(
            closed.log_bf_independent_linked[0], abs=0.15
        )
