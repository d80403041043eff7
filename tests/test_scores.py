"""Scores of forecasts, and what was known on a day."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analysis.evidence.prospective import _share_that_stays, _staying, inspections_after
from analysis.evidence.scores import (
    compare_scores,
    log_score,
    ranked_probability_score,
    reliability,
)
from data.as_known import as_known_on
from data.panel import PanelError, validate_panel
from tests.fitted import small_panel


def test_the_log_score_is_that_of_what_came():
    probability = np.array([[0.1, 0.2, 0.3, 0.4]])

    assert log_score(probability, np.array([2])) == pytest.approx(np.log(0.3))


def test_the_ranked_probability_score_knows_the_order_of_grades():
    certain = np.eye(4)

    score = ranked_probability_score(certain, np.array([0, 0, 0, 0]))

    assert score.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_both_scores_are_best_for_the_truth():
    rng = np.random.default_rng(3)
    truth = np.array([0.1, 0.3, 0.5, 0.1])
    came = rng.choice(4, 20_000, p=truth)
    forecasts = {
        "truth": np.tile(truth, (came.size, 1)),
        "flat": np.full((came.size, 4), 0.25),
        "sure": np.tile([0.01, 0.01, 0.97, 0.01], (came.size, 1)),
    }

    table = compare_scores(forecasts, came, "truth").set_index("forecast")

    assert table["log_score"].idxmax() == "truth"
    assert table["ranked_probability_score"].idxmin() == "truth"
    assert table.loc["truth", "log_score_difference"] == 0.0
    assert (table.loc[["flat", "sure"], "log_score_difference_se"] > 0).all()


def test_reliability_finds_the_probability_behind_an_overconfident_forecast():
    rng = np.random.default_rng(4)
    deep = rng.normal(size=40_000)
    came = rng.uniform(size=deep.size) < norm.cdf(deep)

    curve = reliability(norm.cdf(2.0 * deep), came)

    at = np.interp(0.9, curve["said"], curve["recalibrated"])
    assert at == pytest.approx(norm.cdf(norm.ppf(0.9) / 2.0), abs=0.02)
    assert curve["recalibrated"].is_monotonic_increasing


def test_only_what_was_published_by_then_is_known(real_panel):
    known = as_known_on(real_panel, np.datetime64("2023-03-31"))

    validate_panel(known)
    assert known.year.values.tolist() == [2021, 2022]
    assert known.publication.values.max() <= np.datetime64("2023-03-31")
    assert known.sizes["inspection"] < real_panel.sizes["inspection"]


def test_a_day_before_everything_is_refused():
    with pytest.raises(PanelError, match=r"no year of indicators was published by 2001-01-01"):
        as_known_on(small_panel(), np.datetime64("2001-01-01"))


def test_the_next_inspection_is_the_first_after_the_cut_off(real_panel):
    cutoff = np.datetime64("2023-03-31")

    later = inspections_after(real_panel, cutoff)

    assert later["authority"].is_unique
    assert (later["publication"] > cutoff).all()
    # Each of them must be the earliest of its authority's graded reports after the day.
    frame = real_panel[["inspected_authority", "publication"]].to_dataframe()
    frame["grade"] = real_panel.judgement_grade.sel(judgement="overall").values
    after = frame[(frame["publication"] > cutoff) & (frame["grade"] >= 0)]
    earliest = after.groupby("inspected_authority")["publication"].min()
    assert (
        later.set_index("authority")["publication"]
        == earliest[later["authority"]].rename_axis("authority")
    ).all()
    assert len(later) > 50


def test_a_cut_off_that_nothing_follows_is_refused(real_panel):
    with pytest.raises(PanelError, match=r"both before and after 2025-03-30 \(evidence.cutoff\)"):
        inspections_after(real_panel, np.datetime64("2025-03-30"))


def test_last_times_grade_stays_with_the_share_of_repeats_that_stayed(real_panel):
    known = as_known_on(real_panel, np.datetime64("2023-03-31"))
    stays = _share_that_stays(known)
    probability = _staying(np.array([0, 2]), stays, np.array([0.2, 0.3, 0.4, 0.1]))

    assert 0.0 < stays < 1.0
    assert probability.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert probability[0, 0] == probability[1, 2] == pytest.approx(stays)
    others = pd.Series(probability[0, 1:])
    assert (others / others.sum()).tolist() == pytest.approx([0.375, 0.5, 0.125])
