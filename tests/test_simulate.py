"""The embedded panel: valid, deterministic, and with the truth that it claims."""

import json

import numpy as np
import pytest
import xarray as xr

from data.panel_files import load_panel, save_panel
from data.panel_queries import latest_inspections
from data.simulate import simulate_panel
from data.simulate_inspections import SimulatedTruth


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(seed=20260101)


def test_the_same_seed_gives_the_same_panel(panel):
    xr.testing.assert_identical(panel, simulate_panel(seed=20260101))


def test_another_seed_gives_another_panel(panel):
    assert not simulate_panel(seed=1).value.equals(panel.value)


def test_a_rare_draw_of_loadings_leaves_every_indicator_values():
    # This seed draws a loading of nearly four standard deviations.
    panel = simulate_panel(years=(2025,), seed=20260104)

    assert (np.isfinite(panel["value"]).mean(("authority", "year")) > 0.5).all()


def test_it_is_labelled_as_simulated_with_its_truth(panel):
    assert panel.attrs["simulated"] == 1
    assert json.loads(panel.attrs["truth"])["rho"] == 0.3


def test_it_looks_like_england(panel):
    assert panel.sizes["authority"] == 153
    assert np.unique(panel.region).size == 9
    assert np.unique(panel.authority_name).size == 153
    assert (latest_inspections(panel) != "").all()
    assert 0 < (panel.status == "suppressed").sum() < 500
    assert (panel.status == "not_applicable").sum() == 6 * 18 * 2


def test_only_counts_of_one_to_five_are_suppressed(panel):
    hidden = panel.status == "suppressed"

    assert (panel.numerator_low.where(hidden).dropna("authority", how="all").max()) == 1
    assert panel.numerator_high.where(hidden).max() == 5
    shown = panel.numerator.where(~hidden)
    assert not ((shown >= 1) & (shown <= 5)).any()


def test_no_inspection_falls_in_the_pandemic(panel):
    start = panel.inspection_start.values
    assert not (
        (start > np.datetime64("2020-03-31")) & (start < np.datetime64("2021-06-28"))
    ).any()


def test_care_leavers_are_judged_only_from_2023(panel):
    given = panel.judgement_grade.sel(judgement="care_leavers") >= 0

    assert (given == (panel.inspection_start >= np.datetime64("2023-01-16"))).all()


def test_it_survives_netcdf_without_loss(panel, tmp_path):
    save_panel(panel, tmp_path / "panel.nc")

    xr.testing.assert_identical(panel, load_panel(tmp_path / "panel.nc"))


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_judgements_follow_effectiveness_as_strongly_as_the_truth_says(rho):
    """Many authorities' worth of panels: Spearman's rank correlation with the mean of the
    oriented indicators grows with ρ and vanishes without it."""
    correlations = []
    for seed in range(12):
        panel = simulate_panel(SimulatedTruth(rho=rho, judgement_deprivation=0.0), seed=seed)
        sign = np.where(panel.direction == "higher", 1.0, -1.0)[None, :, None]
        value = panel.value.values
        spread = np.nanstd(value, axis=0)
        scores = np.nanmean(sign * (value - np.nanmean(value, axis=0)) / spread, axis=(1, 2))
        grade = panel.judgement_grade.sel(
            inspection=latest_inspections(panel).values, judgement="overall"
        )
        correlations.append(np.corrcoef(scores, grade)[0, 1])
    # Twelve panels of 153: standard error of the mean about 0.08 / sqrt(12) = 0.023.
    assert np.mean(correlations) == pytest.approx(0.9 * rho, abs=0.1)
