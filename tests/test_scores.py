"""Scores of forecasts, and what was known on a day."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analysis.evidence.predicted_judgements import shares_of_others
from analysis.evidence.prospective import (
    _share_that_stays,
    _staying,
    indicator_gain,
    prepare_ahead,
)
from analysis.evidence.reliability import decompose, reliability
from analysis.evidence.scores import (
    Forecast,
    compare_scores,
    log_score,
    ranked_probability_score,
)
from data.as_known import as_known_on
from data.panel import PanelError, validate_panel
from models.spec import ModelSpec
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
        "truth": Forecast(np.tile(truth, (came.size, 1))),
        "flat": Forecast(np.full((came.size, 4), 0.25)),
        "sure": Forecast(np.tile([0.01, 0.01, 0.97, 0.01], (came.size, 1))),
    }

    table = compare_scores(forecasts, came, "truth").set_index("forecast")

    assert table["log_score"].idxmax() == "truth"
    assert table["ranked_probability_score"].idxmin() == "truth"
    assert table.loc["truth", "log_score_difference"] == 0.0
    assert (table.loc[["flat", "sure"], "log_score_difference_se"] > 0).all()


def uneven(cases, rng):
    """Draw probabilities of four grades that differ between cases, and the grades that came."""
    deep = rng.normal(size=(cases, 1))
    below = norm.cdf(np.array([-1.2, -0.4, 0.7]) - 0.8 * deep)
    truth = np.diff(np.column_stack([np.zeros(cases), below, np.ones(cases)]), axis=1)
    came = (rng.uniform(size=(cases, 1)) > below).sum(axis=1)
    return deep, truth, came


def test_a_calibrated_forecast_gains_by_recalibration_no_more_than_chance():
    rng = np.random.default_rng(4)
    p_values = []
    for _ in range(12):
        _, truth, came = uneven(120, rng)
        parted = decompose(truth, came, 0)
        score = ranked_probability_score(truth, came).mean()
        rest = parted["uncertainty"] - parted["discrimination"] + parted["miscalibration"]
        assert score == pytest.approx(rest)
        p_values.append(parted["miscalibration_p"])

    # Twelve uniform p-values: all above 0.05 or one or two below, and not all small.
    assert np.mean(np.array(p_values) < 0.05) <= 0.25
    assert 0.2 < np.mean(p_values) < 0.8


def test_an_overconfident_forecast_is_found_and_put_right():
    rng = np.random.default_rng(4)
    deep, _, came = uneven(4000, rng)
    below = norm.cdf(2.0 * (np.array([-1.2, -0.4, 0.7]) - 0.8 * deep))
    said = np.diff(np.column_stack([np.zeros(4000), below, np.ones(4000)]), axis=1)

    curve = reliability(said, came, 0)
    parted = decompose(said, came, 0)

    assert parted["miscalibration_p"] < 0.01
    assert parted["miscalibration"] > parted["miscalibration_expected"] + (
        5.0 * parted["miscalibration_se"]
    )
    good = curve[curve["threshold"] == "Good"]
    at = np.interp(0.9, good["said"], good["recalibrated"])
    assert at == pytest.approx(norm.cdf(norm.ppf(0.9) / 2.0), abs=0.05)
    assert at < np.interp(0.9, good["said"], good["lower"])
    assert good["recalibrated"].is_monotonic_increasing


def test_cases_that_were_forecast_alike_get_one_recalibrated_value():
    came = np.array([3, 0, 1, 2, 2, 3, 1, 2])

    curve = reliability(np.tile([0.1, 0.2, 0.3, 0.4], (8, 1)), came, 0)

    shares = curve.groupby("threshold")["recalibrated"].unique().map(list).to_dict()
    assert shares["Requires improvement"] == pytest.approx([7 / 8])
    assert shares["Good"] == pytest.approx([5 / 8])
    assert shares["Outstanding"] == pytest.approx([2 / 8])


@pytest.mark.parametrize("weighted", [False, True])
def test_monte_carlo_errors_are_those_of_repeated_draws(weighted):
    rng = np.random.default_rng(6)
    _, truth, came = uneven(30, rng)
    levels = np.log(truth)

    def forecast():
        shift = 0.6 * rng.standard_normal((2, 200, 1, 4)) + levels
        draws = np.exp(shift) / np.exp(shift).sum(axis=-1, keepdims=True)
        if not weighted:
            return Forecast.of(draws)
        weights = np.exp(0.7 * rng.standard_normal((2, 200, 30)))
        return Forecast.of(draws, weights / weights.sum(axis=(0, 1)))

    repeats = [forecast() for _ in range(150)]
    for name, score in (
        ("log_score", log_score),
        ("ranked_probability_score", ranked_probability_score),
    ):
        means = [score(one.probability, came).mean() for one in repeats]
        errors = [one.monte_carlo_errors(came)[name] for one in repeats]
        # A standard deviation of 150 is known to a seventeenth of itself.
        assert np.std(means, ddof=1) == pytest.approx(np.mean(errors), rel=0.25)


def test_the_shares_of_the_others_leave_the_case_itself_out():
    shares = shares_of_others(np.array([2, 2, 3]))

    assert shares[0] * 4 == pytest.approx([0.5, 0.5, 1.5, 1.5])
    assert shares[2] * 4 == pytest.approx([0.5, 0.5, 2.5, 0.5])


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

    later = prepare_ahead(real_panel, cutoff, ModelSpec()).later

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
    assert len(later) == 95


def test_the_last_grade_is_of_an_earlier_judgement_under_the_same_framework(real_panel):
    ahead = prepare_ahead(real_panel, np.datetime64("2023-03-31"), ModelSpec())

    frame = real_panel[["inspected_authority", "publication", "framework"]].to_dataframe()
    frame["grade"] = real_panel.judgement_grade.sel(judgement="overall").values
    before = frame[
        (frame["publication"] <= ahead.known.publication.values.max())
        & (frame["grade"] >= 0)
        & (frame["framework"] == "ILACS")
    ].sort_values("publication")
    last = before.groupby("inspected_authority")["grade"].last()
    assert ahead.later["last_grade"].tolist() == last[ahead.later["authority"]].tolist()
    # South Tyneside had been inspected under the earlier framework only.
    assert "E08000023" not in set(ahead.later["authority"])
    assert ahead.spec.inspection.scope == "repeats"


def test_a_cut_off_before_any_second_inspection_is_refused(real_panel):
    # What was counted over the school year of 2021 was not out by then.
    early = real_panel.sel(year=[2021], indicator=["rereferral_12m", "cla_dental"])
    with pytest.raises(PanelError, match=r"no authority had two inspections of ILACS .*cutoff"):
        prepare_ahead(early, np.datetime64("2021-12-01"), ModelSpec())


def test_what_the_indicators_add_is_linked_less_independent():
    came = np.array([2, 1, 3])
    linked = np.array([[0.1, 0.1, 0.7, 0.1], [0.1, 0.6, 0.2, 0.1], [0.1, 0.1, 0.2, 0.6]])
    forecasts = {"linked": Forecast(linked), "independent": Forecast(np.full((3, 4), 0.25))}

    gain = indicator_gain(compare_scores(forecasts, came, "linked"))

    each = np.log(linked[np.arange(3), came] / 0.25)
    assert gain.log_score == pytest.approx(each.mean())
    assert gain.log_score_se == pytest.approx(each.std(ddof=1) / np.sqrt(3))
    better = ranked_probability_score(forecasts["independent"].probability, came)
    better = better - ranked_probability_score(linked, came)
    assert gain.ranked_probability_score == pytest.approx(better.mean())
    assert better.mean() > 0


def test_a_cut_off_that_nothing_follows_is_refused(real_panel):
    with pytest.raises(PanelError, match=r"both before and after 2025-03-30 \(evidence.cutoff\)"):
        prepare_ahead(real_panel, np.datetime64("2025-03-30"), ModelSpec())


def test_last_times_grade_stays_with_the_share_of_repeats_that_stayed(real_panel):
    known = as_known_on(real_panel, np.datetime64("2023-03-31"))
    stays = _share_that_stays(known)
    probability = _staying(np.array([0, 2]), stays, np.array([0.2, 0.3, 0.4, 0.1]))

    assert 0.0 < stays < 1.0
    assert probability.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert probability[0, 0] == probability[1, 2] == pytest.approx(stays)
    others = pd.Series(probability[0, 1:])
    assert (others / others.sum()).tolist() == pytest.approx([0.375, 0.5, 0.125])
