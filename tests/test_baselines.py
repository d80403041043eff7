"""Plain regressions: scores by hand, pooling against sampling, and known slopes recovered."""

import bambi
import numpy as np
import pandas as pd
import pytest

from analysis.evidence.baselines import fit_baselines
from data.panel import PanelError
from models.baselines.multilevel import inspections
from models.baselines.ordinal import SLOPE_SD, fit_ordinal
from models.baselines.pooling import MEAN_SD, SPREAD_SCALE, pool, pool_within
from models.baselines.scores import composite_score, observed_scores, score_correlation
from models.inputs import prepare
from models.spec import InspectionSpec, ModelSpec, SamplerSpec
from tests.fitted import small_panel

# Bambi's dependencies are not ours to hold to silence.
QUIET = pytest.mark.filterwarnings("ignore")
QUICK = SamplerSpec(chains=4, tune=500, draws=700, seed=3)


@pytest.fixture(scope="module")
def inputs():
    return prepare(small_panel(), ModelSpec())


def test_scores_are_means_over_years_on_a_common_scale(inputs):
    judged = inputs.judgements.judged > 0
    scores = observed_scores(inputs)
    y, seen = inputs.measurements.y, inputs.measurements.observed
    one = y[2, :, 7][seen[2, :, 7] > 0].mean()
    others = np.array([y[2, :, i][seen[2, :, i] > 0].mean() for i in np.flatnonzero(judged)])

    assert np.nanmean(scores[:, judged], axis=1) == pytest.approx(np.zeros(5), abs=1e-12)
    assert scores[2, 7] == pytest.approx((one - others.mean()) / others.std())
    assert np.nanstd(composite_score(inputs)[judged]) == pytest.approx(1.0)


def test_correlations_of_scores_hold_deprivation_equal(inputs):
    scores = observed_scores(inputs)
    x = inputs.deprivation
    mixed = scores + np.array([2.0, -2.0, 2.0, -2.0, 2.0])[:, None] * x

    assert score_correlation(mixed, x) == pytest.approx(score_correlation(scores, x), abs=1e-9)
    assert abs(score_correlation(mixed, None)[0, 1]) > 0.5


def test_slopes_that_agree_are_pooled_and_correlated_errors_are_worth_less():
    estimate, error, mcse = np.full(6, 0.2), np.full(6, 0.1), np.full(6, 0.002)
    apart = pool(estimate, error, mcse, np.eye(6), 0.95)
    together = pool(estimate, error, mcse, np.full((6, 6), 0.9) + 0.1 * np.eye(6), 0.95)

    assert apart.common[2] - apart.common[1] < together.common[2] - together.common[1]
    assert (apart.upper - apart.lower < 2 * 1.96 * 0.1).all()
    assert (apart.mcse < mcse).all()


def test_errors_of_the_estimates_are_carried_over_to_first_order():
    estimate, error = np.array([0.35, 0.05, -0.1]), np.array([0.1, 0.08, 0.12])
    mcse = np.array([0.002, 0.003, 0.001])
    correlation = np.array([[1.0, 0.3, 0.0], [0.3, 1.0, 0.2], [0.0, 0.2, 1.0]])
    found = pool(estimate, error, mcse, correlation, 0.9)

    step = 1e-4
    moved = []
    for nudge in step * np.eye(3):
        up, down = (pool(estimate + way, error, mcse, correlation, 0.9) for way in (nudge, -nudge))
        moved.append(
            [*(up.mean - down.mean), up.common[0] - down.common[0], up.spread[0] - down.spread[0]]
        )
    slope = np.array(moved).T / (2 * step)
    carried = np.sqrt(((slope * mcse) ** 2).sum(axis=1))

    said = [*found.mcse, found.common[3], found.spread[3]]
    assert said == pytest.approx(carried, rel=1e-4)


def test_the_pooled_posterior_is_the_one_that_importance_sampling_finds():
    rng = np.random.default_rng(1)
    estimate, error = np.array([0.35, 0.05, -0.1]), np.array([0.1, 0.08, 0.12])
    correlation = np.array([[1.0, 0.3, 0.0], [0.3, 1.0, 0.2], [0.0, 0.2, 1.0]])
    found = pool(estimate, error, np.zeros(3), correlation, 0.9)

    size = 400_000
    mean, spread = MEAN_SD * rng.normal(size=size), np.abs(SPREAD_SCALE * rng.normal(size=size))
    slopes = mean[:, None] + spread[:, None] * rng.normal(size=(size, 3))
    precision = np.linalg.inv(error[:, None] * correlation * error)
    apart = slopes - estimate
    weight = np.exp(-0.5 * np.einsum("si,ij,sj->s", apart, precision, apart))
    weight /= weight.sum()
    effective = 1.0 / (weight**2).sum()
    expected = weight @ slopes
    # Four Monte Carlo errors of the importance sample.
    assert found.mean == pytest.approx(expected, abs=4 * 0.1 / np.sqrt(effective))
    inside = (slopes > found.lower) & (slopes < found.upper)
    assert weight @ inside == pytest.approx(np.full(3, 0.9), abs=4 * 0.3 / np.sqrt(effective))
    assert found.spread[0] == pytest.approx(weight @ spread, abs=4 * 0.1 / np.sqrt(effective))


def test_slopes_are_pooled_with_those_of_their_group_alone():
    estimate = np.array([0.6, 0.05, 0.5, -0.05, 0.55, 0.2])
    error, mcse = np.full(6, 0.09), np.full(6, 0.002)
    correlation = 0.2 + 0.8 * np.eye(6)
    groups = ["staff", "outcomes", "staff", "outcomes", "staff", "alone"]

    found = pool_within(groups, estimate, error, mcse, correlation, 0.95)

    assert set(found) == {"staff", "outcomes"}
    at, one = found["outcomes"]
    assert at.tolist() == [1, 3]
    by_hand = pool(estimate[at], error[at], mcse[at], correlation[np.ix_(at, at)], 0.95)
    assert one.mean.tolist() == by_hand.mean.tolist()
    # Pooled with what is unlike it, a slope of nothing is drawn towards something.
    together = pool(estimate, error, mcse, correlation, 0.95)
    assert together.mean[1] > one.mean[0] + 0.02


def test_every_inspection_of_the_window_is_listed():
    panel = small_panel()
    rows = inspections(panel, InspectionSpec())
    good = (panel.judgement_grade.sel(judgement="overall").values >= 2).sum()

    assert len(rows) == panel.sizes["inspection"]
    assert rows["good"].sum() == good
    rated = np.flatnonzero(panel.judgement_grade.sel(judgement="overall") >= 2)
    with pytest.raises(PanelError, match="Good or better"):
        inspections(panel.isel(inspection=rated), InspectionSpec())


@pytest.mark.slow
@QUIET
def test_known_slopes_are_recovered_and_are_those_of_a_bambi_model_of_their_own():
    rng = np.random.default_rng(2)
    size, slopes = 600, np.array([0.6, 0.0, -0.3])
    x = rng.normal(size=size)
    scores = rng.normal(size=(3, size))
    grade = np.searchsorted([-1.2, -0.4, 0.8], slopes @ scores - 0.4 * x + rng.normal(size=size))
    together = fit_ordinal(scores, ["a", "b", "c"], grade, x, QUICK)["slope"]
    frame = pd.DataFrame({"grade": pd.Categorical(grade, ordered=True), "z": scores[0], "x": x})
    wide = bambi.Prior("Normal", mu=0, sigma=SLOPE_SD)
    model = bambi.Model(
        "grade ~ 0 + z + x",
        frame,
        family="cumulative",
        link="probit",
        priors={"z": wide, "x": wide},
    )
    alone = model.fit(
        draws=QUICK.draws, tune=QUICK.tune, chains=4, random_seed=1, inference_method="nutpie"
    )["posterior"]["z"]

    # By itself the slope is less than in the model with all three: the others are noise.
    expected = slopes / np.sqrt(1.0 + (slopes**2).sum() - slopes**2)
    error = together.std(("chain", "draw"))
    assert (np.abs(together.mean(("chain", "draw")) - expected) < 3.5 * error).all()
    first = together.sel(regressor="a")
    # Within a tenth of a posterior standard deviation, mean and width.
    assert float(first.mean()) == pytest.approx(float(alone.mean()), abs=0.1 * float(error[0]))
    assert float(first.std()) == pytest.approx(float(alone.std()), rel=0.1)


@pytest.mark.slow
@QUIET
def test_the_tables_hold_both_estimands():
    found = fit_baselines(small_panel(), ModelSpec(), QUICK, 0.95)
    links = found.links

    assert links.groupby("estimand").size().to_dict() == {"adjusted": 5, "concordance": 5}
    # Three indicators of outcomes; one each of process and workforce, with none to be pooled with.
    pooled = links[links["pooled_mean"].notna()]
    assert set(pooled["aspect"]) == {"outcomes"}
    assert len(pooled) == 6
    assert (pooled["lower"] < pooled["pooled_mean"]).all()
    assert (pooled["pooled_upper"] - pooled["pooled_lower"]).mean() < (
        pooled["upper"] - pooled["lower"]
    ).mean()
    assert (links[["rhat"]] <= 1.01).all(axis=None)
    assert set(found.summary["model"]) == {"composite", "indicators", "good_or_better"}
    link = found.summary.query("model == 'composite' and quantity == 'correlation'")
    assert (link["lower"] > 0).all()


@QUIET
def test_where_no_regression_converges_there_are_reasons_and_no_slopes():
    short = SamplerSpec(chains=2, tune=20, draws=10, seed=3)
    found = fit_baselines(small_panel(), ModelSpec(), short, 0.95)

    assert found.links.empty
    assert (found.summary["reasons"] != "").all()
    assert found.summary["mean"].isna().all()
