"""Design analyses: configurations, resizing, what is made of the fits, and the cheap fit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analysis.config import ConfigError
from analysis.design.config import DesignConfig, correlation, read_design
from analysis.design.dictionary import dictionary
from analysis.design.summarise import crossing, detectable, proportion, summarise_cells
from analysis.design.template import resized
from analysis.plots.design import draw_power, draw_shares
from models.fit import CompiledStructure
from models.generate import Generator
from models.inputs import prepare
from models.laplace import LaplaceError
from models.link import switches
from models.link_screen import draw_parameters, screen_link, starting_parameters
from models.screen import screen
from models.spec import ModelSpec, Variant
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
    assert 0.0 in read.correlations()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[grid]\nlinks = [0.1]", "template"),
        ('[template]\nrun = "absent.toml"', "template.run = 'absent.toml': no such file"),
        ('[template]\nrun = "a"\nreconstruction = "b"', "either run or reconstruction"),
        ('[template]\nrun = "a"\n[grid]\nlinkz = [0.1]', "grid.linkz.*Did you mean links"),
        ('[template]\nrun = "a"\n[grid]\nauthorities = [5]', "grid.authorities"),
        ('estimand = "adjusted"\n[template]\nrun = "a"\n[model]\nregion = true', "no regions"),
    ],
)
def test_faults_are_named_with_their_place(tmp_path, text, message):
    path = tmp_path / "design.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=message):
        read_design(path)


def test_a_noisy_judgement_has_less_than_its_qualitys_link():
    assert correlation(0.4, 0.25) == pytest.approx(0.2)
    assert config(grid={"links": [0.0, 0.4], "reliability": [0.25, 1.0]}).correlations() == (
        0.0,
        0.2,
        0.4,
    )


def test_a_proportion_that_never_happened_still_has_an_error():
    found = proportion("x", 0, 300)

    assert found["x"] == 0.0
    assert found["x_mcse"] == pytest.approx(np.sqrt((1 / 302) * (301 / 302) / 302))


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
                    "correlation": rho,
                    "mean": mean,
                    "sd": 0.1,
                    "lower": mean - 0.196,
                    "upper": mean + 0.196,
                    "log_bf_independent_linked": log_bf,
                    "probability": norm.cdf(mean / 0.1),
                    "seconds": 0.1,
                    "fault": "",
                }
            )
        )
    return pd.concat(rows, ignore_index=True).assign(authorities=authorities, noise=1.0)


@pytest.fixture(scope="module")
def design():
    return config(grid={"links": [0.0, 0.2, 0.4, 0.6], "reliability": [1.0], "authorities": [100]})


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


def test_figures_draw_and_every_column_is_explained(design):
    fits = simulated_fits()
    cells = summarise_cells(fits, design)

    for draw in (draw_power, draw_shares):
        assert draw(cells, odds=3.0, power=0.8, width="narrow").axes
    meanings = dictionary({"cells": cells, "panels": fits, "d": detectable(fits, design)})
    assert (meanings["meaning"].str.len() > 0).all()


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


@pytest.mark.slow
def test_the_cheap_fit_agrees_with_the_screening_fit():
    """Drawn from the model: means within 0.02, widths within 6%, log factors within 0.3."""
    inputs = prepare(small_panel(), SPEC)
    compiled = CompiledStructure(SPEC, "composite", inputs)
    start = starting_parameters(compiled, LINKED, inputs, 1)
    drawn = draw_parameters(compiled, LINKED, inputs, start, 6, 2)
    generator = Generator(SPEC, "composite", inputs, switches(LINKED, SPEC))
    for number in range(6):
        share = (("chain", "draw"), [[0.5 + 0.04 * number]])
        one = drawn.isel(draw=[number]).assign(link_share=share)
        made = generator.draw_at(one, number)
        assert made.rho == pytest.approx(0.08 * number)
        cheap = screen_link(compiled, LINKED, made.inputs, made.parameters)
        whole = screen(compiled, LINKED, made.inputs, draws=50, seed=0).attrs
        assert cheap.mean == pytest.approx(whole["rho_mean"], abs=0.02)
        assert cheap.sd == pytest.approx(whole["rho_sd"], rel=0.06)
        if abs(whole["log_bf_independent_linked"]) < 4:
            assert cheap.log_bf_independent_linked == pytest.approx(
                whole["log_bf_independent_linked"], abs=0.3
            )
    again = generator.draw_at(one, 5).inputs
    assert np.array_equal(again.measurements.y, made.inputs.measurements.y)
    adjusted = Variant(structure="composite", estimand="concordance", link="independent")
    with pytest.raises(LaplaceError, match="single, free link"):
        screen_link(compiled, adjusted, inputs, start)
