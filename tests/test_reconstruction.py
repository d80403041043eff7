"""The study of 2016, reconstructed: by hand, by published and simulated answers, on its files."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import betabinom, fisher_exact

from analysis.reconstruction.association import associate, holm
from analysis.reconstruction.bands import band_rows, membership, places_for
from analysis.reconstruction.claim import check_claim
from analysis.reconstruction.combine import every_combination
from analysis.reconstruction.config import (
    LABEL,
    ReconstructionConfig,
    VisibleSection,
    read_reconstruction,
)
from analysis.reconstruction.hidden import Spread, spread_counts
from analysis.reconstruction.panel import latent_panel
from analysis.reconstruction.run import reconstruct
from analysis.reconstruction.scores import combine, scale
from analysis.reconstruction.visible import what_could_be_seen
from analysis.settings.config_file import ConfigError
from data.historical import build_historical_panel
from data.panel import PanelError
from data.storage import StorageError
from tests.fitted import small_panel

SHIPPED = Path(__file__).parents[1] / "configs" / "reconstruction_2016.toml"
RATED = np.array([21, 43, 21, 2])  # of the 87 authorities rated by the end of March 2016


def small_config(**changes):
    """Options for the small simulated panel: 5 indicators, ILACS inspections."""
    return ReconstructionConfig.model_validate(
        {
            "title": "Simulated",
            "sets": {
                "A": ["rereferral_12m", "cla_dental", "cl_eet_17_18", "cl_eet_19_21"],
                "W": ["sw_agency"],
            },
            "unknown": {
                "cutoff": [date(2024, 3, 31)],
                "indicators": ["A"],
                "years": [[2024]],
                "direction": {"cl_eet_17_18": ["higher", "left_out"]},
                "missing": ["available_case", "interval_censored"],
                "ranked_among": ["rated", "all"],
                "score": ["count_in_top_decile", "per_indicator"],
                "places": ["nearest", "ceil"],
            },
            "latent": {"cases": []},
            "visible": {"simulations": 200, "links": [0.0, 0.5]},
            **changes,
        }
    )


def test_the_shipped_options_are_valid_and_begin_with_the_base():
    config = read_reconstruction(SHIPPED)

    assert config.unknown.cutoff[0] == date(2016, 3, 31)
    assert config.directions()[0] == {"cla_missing": "lower", "cla_sdq_concern": "lower"}
    assert set(config.sets["A"]) < set(config.sets["B"]) < set(config.sets["C"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[unknown]\nindicators = ["D"]', "unknown.indicators names 'D'.*there are A, B, C"),
        ("[unknown]\nscore = []", "unknown.score is empty"),
        ("[unknown]\nyear = [[2015]]", "unknown.year: there is no such key. Did you mean years"),
        ('[[latent.cases]]\nindicators = "Z"', "latent.cases names 'Z'"),
        ('[unknown.direction]\nsw_agencies = ["lower"]', "names 'sw_agencies', which is in no"),
    ],
)
def test_faults_are_named_with_their_place(tmp_path, text, message):
    path = tmp_path / "reconstruction.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=message):
        read_reconstruction(path)


def test_places_are_a_share_by_each_rule():
    assert [places_for(87, 0.1, rule) for rule in ("floor", "nearest", "ceil")] == [8, 9, 9]
    # 0.1 * 30 is a little above 3 in binary
    assert places_for(30, 0.1, "ceil") == 3


def test_ties_for_the_last_place_share_it_and_counts_add_up():
    score = np.array([5.0, 4.0, 4.0, 4.0, 1.0])

    assert membership(score, 2).tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])
    rows = band_rows(np.array([0, 0, 1, 2, 2]), membership(-score, 1), membership(score, 2))
    assert [row["authorities"] for row in rows] == [2, 1, 2, 0]
    assert sum(row["top"] for row in rows) == pytest.approx(2)
    assert rows[0]["middle"] == pytest.approx(2 - 4 / 3)


def test_percentile_ranks_and_z_are_those_worked_out_by_hand():
    values = np.array([3.0, 1.0, 1.0, 9.0, np.nan])
    there = np.flatnonzero(np.isfinite(values))
    spread = {("x", 2015): Spread(there, values[there], np.ones(4))}
    scales = scale(spread, [("x", "lower")], (2015,), np.ones(5, dtype=bool))

    # lower is better: 9 is worst, and the two 1s share the mean of the upper half
    assert scales.percentile[:4, 0] == pytest.approx([0.375, 0.75, 0.75, 0.125])
    assert scales.z[:4, 0] == pytest.approx((3.5 - values[:4]) / values[:4].std(ddof=1))
    assert np.isnan(scales.percentile[4, 0])
    assert np.isnan(combine(scales, "mean_z", "complete_case", 0.5, 0.1)[4])


def test_a_hidden_count_has_the_weights_of_the_counts_that_are_seen():
    rng = np.random.default_rng(2)
    total = np.full(3000, 60.0)
    count = betabinom.rvs(60, 4.0, 36.0, size=3000, random_state=rng).astype(float)
    hidden = (count >= 1) & (count <= 5)
    found = spread_counts(np.where(hidden, 1.0, count), np.where(hidden, 5.0, count), total)

    own = found.owner == np.flatnonzero(hidden)[0]
    wanted = betabinom.pmf(np.arange(1, 6), 60, 4.0, 36.0)
    assert found.value[own] == pytest.approx(np.arange(1, 6) / 60)
    # 3,000 counts fix each weight to about 0.005
    assert found.weight[own] == pytest.approx(wanted / wanted.sum(), abs=0.02)
    assert np.bincount(found.owner, found.weight) == pytest.approx(np.ones(3000))


def test_holms_adjustment_steps_down_and_leaves_gaps():
    assert holm(np.array([0.01, 0.04, np.nan, 0.03])) == pytest.approx(
        [0.03, 0.06, np.nan, 0.06], nan_ok=True
    )


def test_an_indicator_that_follows_the_ratings_is_found_by_every_test():
    rng = np.random.default_rng(1)
    rating = np.repeat([0, 1, 2], 30)
    values = np.stack([rating + 0.5 * rng.standard_normal(90), rng.standard_normal(90)], axis=1)
    table = associate(values, ["follows", "noise"], rating, 0.05)

    found = table.set_index(["indicator", "test"])
    assert found.loc["follows", "significant_holm"].all()
    assert found.loc[("follows", "spearman"), "statistic"] > 0.7
    assert found.loc[("follows", "chi_squared"), "smallest_expected"] == pytest.approx(10)


def test_fishers_p_is_the_mean_over_the_ways_in_which_a_tie_falls():
    rating = np.repeat([0, 2], 10)
    top = np.zeros(20)
    top[0], top[1], top[10] = 1.0, 0.5, 0.5  # one place left, for one of either group
    found = check_claim(rating, np.zeros(20), top, 0.95)

    both = fisher_exact([[2, 0], [8, 10]]).pvalue, fisher_exact([[1, 1], [9, 9]]).pvalue
    assert found["fisher_p"] == pytest.approx(np.mean(both))
    assert found["difference"] == pytest.approx(2.5 / 12 - 1.5 / 12)


def test_without_a_link_each_rating_has_its_share_of_the_top():
    found = what_could_be_seen(RATED, 9, VisibleSection(links=(0.0,)), 0.05).iloc[0]

    assert found["inadequate_top"] == pytest.approx(
        21 * 9 / 87, abs=3 * found["inadequate_top_mcse"]
    )
    assert found["spearman_significant"] == pytest.approx(0.05, abs=0.012)


def test_simulated_comparisons_see_what_an_earlier_design_analysis_said():
    # 2,000 studies a row: power, P(an Inadequate in the top and a Good or better in the
    # bottom), Inadequate in the top; N = 87, reliabilities 0.50 and 0.54
    found = what_could_be_seen(RATED, 9, VisibleSection(links=(0.3, 0.5)), 0.05)
    error = 3 * np.sqrt(0.25 / 2000 + 0.25 / 4000)

    assert found["spearman"].to_numpy() == pytest.approx([0.14, 0.23], abs=0.01)
    assert found["spearman_significant"].to_numpy() == pytest.approx([0.25, 0.58], abs=error)
    assert found["both_crossings"].to_numpy() == pytest.approx([0.69, 0.51], abs=error)
    assert found["inadequate_top"].to_numpy() == pytest.approx([1.48, 1.09], abs=0.09)
    perfect = VisibleSection(links=(0.5,), rating_reliability=1.0, score_reliability=1.0)
    row = what_could_be_seen(RATED, 9, perfect, 0.05).iloc[0]
    assert row["both_crossings"] == pytest.approx(0.11, abs=0.03)
    assert row["inadequate_top"] == pytest.approx(0.35, abs=0.05)


def test_every_option_is_combined_with_every_other_and_written(tmp_path):
    config, panel = small_config(), small_panel()
    folder = reconstruct(config, panel, tmp_path / "found", command="effectiveness")

    found = every_combination(panel, config).frames()
    sets = found["claims"][found["claims"]["score"] != "per_indicator"]
    assert len(sets) == 2 * 2 * 2 * 2
    # each of five indicators by itself
    assert len(found["claims"]) - len(sets) == 5 * 2 * 2 * 2
    base = found["tables"][found["tables"]["combination"] == 1]
    counted = base[["bottom", "middle", "top"]].to_numpy().sum()
    assert counted == pytest.approx(base["authorities"].sum())
    summary = (folder / "summary.txt").read_text("utf-8")
    assert LABEL in summary
    assert "recipe is not public" in summary
    lines = (folder / "every_combination.txt").read_text("utf-8").splitlines()
    assert len(lines) == 1 + len(found["claims"])
    assert reconstruct(config, panel, folder) == folder
    with pytest.raises(StorageError, match="stands already"):
        reconstruct(small_config(alpha=0.01), panel, folder)


def test_ratings_dealt_at_random_leave_no_correlation():
    panel = small_panel(rho=0.6)
    config = small_config(
        unknown={
            "cutoff": [date(2024, 12, 31)],
            "indicators": ["A"],
            "years": [[2023, 2024]],
            "direction": {},
            "missing": ["available_case"],
            "score": ["mean_z"],
            "places": ["nearest"],
            "ranked_among": ["rated"],
        }
    )
    linked = every_combination(panel, config).frames()["claims"].iloc[0]
    rng = np.random.default_rng(3)
    grade = panel.judgement_grade.copy(data=rng.permutation(panel.judgement_grade.values))
    dealt = every_combination(panel.assign(judgement_grade=grade), config).frames()
    unlinked = dealt["claims"].iloc[0]

    # of rho 0.6 much is lost to noise and bands, and 150 authorities fix a correlation to 0.08
    assert linked["spearman_lower"] > 0.0
    assert abs(unlinked["spearman"]) < 0.25


@pytest.fixture(scope="module")
def pilot(published):
    """The real files of 2015 and the first single inspections: the smallest set of options."""
    shipped = read_reconstruction(SHIPPED)
    config = shipped.model_copy(
        update={
            "sets": {"A": shipped.sets["A"], "C": ("sw_agency",)},
            "unknown": shipped.unknown.model_copy(
                update={
                    "indicators": ("A", "C"),
                    "years": ((2015,),),
                    "missing": ("available_case",),
                    "ranked_among": ("rated",),
                    "score": ("mean_percentile_rank",),
                    "places": ("nearest",),
                }
            ),
            "latent": shipped.latent.model_copy(update={"cases": shipped.latent.cases[:1]}),
        }
    )
    day = date(2016, 3, 31)
    return config, build_historical_panel(published, config.every_indicator, (2015,), day)


def test_the_table_of_2015_is_that_of_an_earlier_pilot(pilot):
    config, panel = pilot
    found = every_combination(panel, config).frames()

    base = found["tables"][found["tables"]["combination"] == 1].set_index("rating")
    # the pilot, with other rules for suppressed figures: 2 19 0, 5 32 6, 1 17 3, 0 2 0
    pilot_table = np.array([[2, 19, 0], [5, 32, 6], [1, 17, 3], [0, 2, 0]])
    assert base["authorities"].tolist() == RATED.tolist()
    assert np.abs(base[["bottom", "middle", "top"]].to_numpy() - pilot_table).max() <= 1
    assert found["claims"].iloc[0]["spearman"] == pytest.approx(0.053, abs=0.03)
    assert "workforce files begin in 2017" in found["refused"].iloc[0]["reason"]
    assert (found["universe"].query("cutoff == '2016-03-31'")["rating"] != "").sum() == 87


def test_a_latent_case_without_figures_is_refused_before_anything_is_fitted(pilot):
    config, panel = pilot
    case = config.latent.cases[0]

    assert latent_panel(panel, config, case).sizes["inspection"] == 87
    with pytest.raises(PanelError, match="no file has a figure for sw_agency"):
        latent_panel(panel, config, case.model_copy(update={"indicators": "C"}))
