"""The grid of specifications: what it declares, refuses, shares and says."""

import numpy as np
import pandas as pd
import pytest

from analysis.plots.specifications import write_figures
from analysis.sensitivity.axes import TOGETHER, axis_shares
from analysis.sensitivity.confirm import MOVING, choose
from analysis.sensitivity.grid import ConfirmSection, read_grid
from analysis.sensitivity.plan import Planner
from analysis.sensitivity.shares import classify, share_table, summarise
from analysis.settings.config_file import ConfigError
from data.panel import PanelError, validate_panel
from data.simulate import simulate_panel
from data.subset import dates_of_latest, within_lag, without_authorities
from models.inputs import prepare
from models.padding import pad
from models.spec import ModelSpec

AXES = """
[axes.structure]
composite = {}
one_factor = { "model.structure" = "one_factor" }
[axes.region]
in = {}
out = { model.region = false }
"""


@pytest.fixture
def grid_file(tmp_path):
    (tmp_path / "base.toml").write_text("[panel]\nyears = [2024, 2025]\n")

    def write(text):
        file = tmp_path / "grid.toml"
        file.write_text(f'base = "base.toml"\n{text}')
        return file

    return write


def test_the_product_less_exclusions(grid_file):
    grid = read_grid(grid_file(AXES + '[[exclude]]\nestimand = "concordance"\nregion = "out"\n'))

    assert len(grid.specifications) == 6
    last = grid.specifications[-1]
    assert last.choices == {"structure": "one_factor", "region": "out", "estimand": "adjusted"}
    assert last.config.model.structure == "one_factor"
    assert not last.config.model.region


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[axes.a]\nx = { "model.factrs" = 3 }', r"axes.a.x: model.factrs.*Did you mean factors"),
        ('[axes.a]\nx = { "model.factors" = "two" }', r"axes.a.x: model.factors = 'two'"),
        ('[axes.a]\nx = { "sampler.refits" = true }', "changes nothing here"),
        (AXES + '[[exclude]]\nregoin = "out"', "Did you mean 'region'"),
        (AXES + '[[exclude]]\nregion = "uot"', "Did you mean 'out'"),
        (AXES + "[axes.more]\nx = { model.region = true }", "both set model.region"),
        (AXES + '[axes.l]\nx = { "model.likelihood" = "binomial" }', "specification with"),
    ],
)
def test_faults_are_told_before_anything_runs(grid_file, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        read_grid(grid_file(text))

    assert "grid.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_tasks_are_addressed_by_content_and_share_shapes(grid_file, tmp_path):
    grid = read_grid(grid_file(AXES))
    planned = Planner(grid.specifications, tmp_path / "store").plan()
    again = Planner(grid.specifications, tmp_path / "store").plan()

    assert len({one.task.key for one in planned}) == 8
    # Regions enter as data, so only the structures are compiled apart.
    assert len({one.task.group for one in planned}) == 2
    assert [one.task.key for one in again] == [one.task.key for one in planned]


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(indicators=("cla_dental", "cl_eet_19_21"), years=(2023, 2024), seed=1)


def test_a_part_keeps_its_values_in_the_shape_of_the_whole(panel):
    spec = ModelSpec(challenger="none", factors=1)
    whole = prepare(panel, spec)
    part = panel.isel(indicator=[1], authority=slice(3, None))
    inputs = prepare(part, spec)

    padded = pad(inputs, whole)

    assert padded.measurements.y.shape == whole.measurements.y.shape
    assert padded.measurements.observed[0].sum() == 0
    assert padded.weight[0] == 0
    assert padded.judgements.judged[:3].sum() == 0
    np.testing.assert_array_equal(padded.measurements.y[1:, :, 3:], inputs.measurements.y)
    np.testing.assert_array_equal(padded.judgements.grade[3:], inputs.judgements.grade)


def test_lag_keeps_the_years_about_the_inspection(panel):
    before, after = within_lag(panel, -9, 0), within_lag(panel, 1, 9)
    validate_panel(before)
    date = dates_of_latest(panel)
    year = date.dt.year + (date.dt.month >= 4)

    kept = np.isfinite(before.value).any("indicator")
    late = panel.year > year
    assert not (kept & late).any()
    total = int(np.isfinite(panel.value).sum())
    never = int(np.isfinite(panel.value).where(np.isnan(year), False).sum())
    assert int(np.isfinite(before.value).sum() + np.isfinite(after.value).sum()) == total + never


def test_an_unknown_authority_is_refused_with_the_nearest(panel):
    code = str(panel.authority.values[0])

    assert code not in without_authorities(panel, [code]).authority
    with pytest.raises(PanelError, match="Did you mean 'S0"):
        without_authorities(panel, [code + "0"])


@pytest.fixture(scope="module")
def table():
    """A full product in which one axis does nearly everything."""
    rng = np.random.default_rng(1)
    rows = [
        {
            "axis: set": name,
            "axis: other": other,
            "axis: estimand": estimand,
            "estimand": estimand,
            "specification": f"{name}{other}{estimand}",
            "status": "screened",
            "confirmable": True,
            "error": "",
            "rho_mean": (0.4 if name == "a" else 0.1) + 0.01 * rng.normal(),
            "log_bf": -8.0 if name == "a" else 0.3,
            "log_bf_mcse": np.nan,
            "log_bf_ceiling": 1.8,
            **{"within_beyond": 1.0, "within_beyond_mcse": np.nan},
            **{"rope": 0.1, "link_prior": 2.0},
        }
        for estimand in ("concordance", "adjusted")
        for name in ("a", "b")
        for other in ("x", "y", "z")
    ]
    table = pd.DataFrame(rows)
    return table.assign(rho_lower=table["rho_mean"] - 0.2, rho_upper=table["rho_mean"] + 0.2)


def test_the_axis_that_moves_the_link_is_found(table):
    shares = axis_shares(table, 1)

    first = shares[shares["estimand"] == "adjusted"].iloc[0]
    assert first["axis"] == "set"
    assert first["share"] > 0.95
    assert first["lower"] <= first["share"] <= first["upper"]
    assert first["range"] == pytest.approx(0.3, abs=0.03)
    own = shares[shares["estimand"] == "adjusted"]
    assert own["share"].sum() == pytest.approx(1.0)
    assert own.iloc[-1]["axis"] == TOGETHER


@pytest.mark.parametrize(
    ("within", "mcse", "kind"),
    [
        (2.5, np.nan, "inconclusive"),  # odds of 2.1, which the prior's 0.18 makes of 12
        (3.5, np.nan, "against"),  # odds of 5.8 less the screen's error
        (3.5, 0.05, "against"),
        (3.0, 0.05, "against"),
        (3.0, 0.2, "inconclusive"),
    ],
)
def test_a_specification_against_a_link_is_one_by_the_verdicts_rule(table, within, mcse, kind):
    rows = table.assign(log_bf=1.8, log_bf_mcse=mcse)
    rows = rows.assign(within_beyond=within, within_beyond_mcse=mcse)

    assert set(classify(rows, 0.3)) == {kind}
    assert set(classify(rows.assign(rope=np.nan), 0.3)) == {"inconclusive"}
    assert set(classify(rows.assign(log_bf=np.nan), 0.3)) == {""}


def test_the_sentence_and_the_figures_follow_from_the_table(table, tmp_path):
    evidence = classify(table, 0.5)
    shares = share_table(table, evidence)
    axes = axis_shares(table, 1)
    summary = summarise(table, shares, axes)
    write_figures(table.assign(evidence=evidence), axes, shares, summary, "Test", tmp_path)

    told = summary["adjusted"]["sentence"]
    assert "the answer depends on the choices: of 6 specifications 3 speak for a link" in told
    assert "set moves ρ most" in told
    assert {one.name for one in tmp_path.glob("*.svg")} == {
        f"{name}{width}.svg"
        for name in ("axes", "curve_adjusted", "curve_concordance", "evidence")
        for width in ("", "_narrow")
    }


def test_the_second_pass_takes_what_moves_and_a_seeded_sample(table):
    confirm = ConfirmSection(moving=2, random=3, seed=4)
    chosen = choose(table, confirm)

    assert (chosen == MOVING).sum() == 2
    assert len(chosen) == 5
    pd.testing.assert_series_equal(chosen, choose(table, confirm))
