"""Judgements alone, weighed for many sets of grades: against integrals, and calibrated."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, log_ndtr, logsumexp
from scipy.stats import halfnorm, norm

from analysis.evidence.operating_characteristics import LINKS, _chance
from analysis.plots.saving import render
from analysis.record.verdict import IntervalNull, find_row
from models.judgement_laplace import (
    JudgementModel,
    _density,
    link_posteriors,
    log_bayes_factors,
    log_evidence,
)
from models.spec import PriorScales
from tests.calibration.bayes_factors import (
    calibration_p_value,
    calibration_table,
    exceedances,
    simulate_bayes_factors,
)
from tests.calibration.draw_calibration import draw_calibration

SCALES = PriorScales()


def model_of(authorities, seed, columns=2):
    rng = np.random.default_rng(seed)
    return JudgementModel(
        mean=0.9 * rng.normal(size=authorities),
        variance=np.full(authorities, 0.19),
        design=rng.normal(size=(authorities, columns)),
        coefficient_sd=np.array([0.2, 0.5])[:columns],
        scales=SCALES,
    )


def draw_from_prior(model, panels, rng, linked):
    """Grades drawn forwards from the model's own priors, a link for each panel."""
    size = (panels, model.mean.size)
    link = np.where(linked, 2.0 * rng.beta(2.0, 2.0, panels) - 1.0, 0.0)[:, None]
    first = rng.normal(SCALES.first_cutpoint_mean, SCALES.first_cutpoint_sd, panels)
    gaps = np.abs(rng.normal(0.0, SCALES.cutpoint_gap, (panels, 2)))
    cutpoints = first[:, None] + np.cumsum(np.c_[np.zeros(panels), gaps], axis=1)
    slopes = rng.normal(size=(panels, model.coefficient_sd.size)) * model.coefficient_sd
    theta = model.mean + np.sqrt(model.variance) * rng.normal(size=size)
    scale = slopes @ model.design.T + link * theta
    scale += np.sqrt(1.0 - link**2) * rng.normal(size=size)
    return (scale[:, :, None] > cutpoints[:, None, :]).sum(axis=2)


def test_derivatives_are_those_of_the_density():
    rng = np.random.default_rng(1)
    model = model_of(40, 1)
    grade = draw_from_prior(model, 6, rng, np.ones(6, dtype=bool))
    at = np.r_[-1.2, -0.1, 0.1, 0.1, -0.2] + 0.1 * rng.normal(size=(6, 5))
    step = 1e-5 * rng.normal(size=at.shape)

    _, gradient, curvature = _density(model, grade, 0.4, at)
    above, below = (_density(model, grade, 0.4, at + sign * step) for sign in (1, -1))

    assert (above[0] - below[0]) / 2 == pytest.approx((gradient * step).sum(axis=1), abs=1e-9)
    turned = np.einsum("rpq,rq->rp", curvature, step)
    assert (above[1] - below[1]) / 2 == pytest.approx(-turned, abs=1e-9)


def test_evidence_is_the_integral_over_the_cutpoints():
    """No coefficients: three cutpoints are integrated by importance sampling from the prior."""
    model = model_of(25, 2, columns=0)
    rng = np.random.default_rng(3)
    grade = draw_from_prior(model, 1, rng, np.ones(1, dtype=bool))
    draws = 400_000
    first = norm.rvs(SCALES.first_cutpoint_mean, SCALES.first_cutpoint_sd, draws, random_state=4)
    gaps = halfnorm.rvs(scale=SCALES.cutpoint_gap, size=(draws, 2), random_state=5)
    edges = np.c_[np.full(draws, -40.0), first, first + gaps[:, 0], first + gaps.sum(axis=1)]
    edges = np.c_[edges, np.full(draws, 40.0)]

    rho, found = log_evidence(model, grade)

    for at in (np.flatnonzero(rho == 0.0)[0], 8):
        spread = np.sqrt(1 - rho[at] ** 2 + rho[at] ** 2 * model.variance)
        total = np.zeros(draws)
        for i, one in enumerate(grade[0]):
            shift = rho[at] * model.mean[i]
            high = log_ndtr((edges[:, one + 1] - shift) / spread[i])
            low = log_ndtr((edges[:, one] - shift) / spread[i])
            total += high + np.log1p(-np.exp(np.minimum(low - high, -1e-15)))
        exact = logsumexp(total) - np.log(draws)
        # Laplace's error with 25 judgements in three dimensions.
        assert found[0, at] == pytest.approx(exact, abs=0.1)


def test_a_finer_grid_of_links_changes_no_moderate_bayes_factor_by_a_fiftieth(monkeypatch):
    model = model_of(150, 3)
    grade = draw_from_prior(model, 20, np.random.default_rng(6), np.ones(20, dtype=bool))

    found = log_bayes_factors(model, grade)

    monkeypatch.setattr("models.judgement_laplace._HALF", np.arange(0.1, 2.51, 0.1))
    monkeypatch.setattr("models.judgement_laplace._QUADRATURE", 400)
    finer = log_bayes_factors(model, grade)
    # Only the side of a threshold is used, the farthest at a log of 2.3. Far beyond it the
    # coarser grid, which ends at |ρ| = 0.95, leaves part of a large link out.
    moderate = np.abs(finer) < 10.0
    assert moderate.sum() > 10
    assert found[moderate] == pytest.approx(finer[moderate], abs=0.02)


def test_bayes_factors_of_judgements_drawn_from_the_prior_are_calibrated():
    model = model_of(150, 7)
    rng = np.random.default_rng(8)
    linked = np.arange(600) < 300
    found = log_bayes_factors(model, draw_from_prior(model, 600, rng, linked))
    said = expit(-found)

    # At most one panel in ten without a link reaches 10 for one.
    assert (-found[~linked] >= np.log(10.0)).mean() <= 0.1
    error = np.sqrt((said * (1 - said)).sum())
    assert abs(linked.sum() - said.sum()) < 3 * error
    near = (said > 0.6) & (said < 0.95)
    near_error = np.sqrt((said[near] * (1 - said[near])).sum())
    assert abs(linked[near].sum() - said[near].sum()) < 3 * near_error


def test_chances_are_counted_with_errors_that_are_never_zero():
    logs = np.log([20.0, 5.0, 2.0, 0.5, 0.05, 0.2, 1.0, 4.0])
    nulls = [IntervalNull(0.1, 2.0, 30.0)] * logs.size

    none, some = _chance(0.0, logs, nulls), _chance(0.3, logs, nulls)

    shares = (none.strong_for, none.moderate_for, none.inconclusive)
    assert shares == pytest.approx((1 / 8, 1 / 8, 3 / 8))
    assert (none.moderate_against, none.strong_against) == pytest.approx((2 / 8, 1 / 8))
    assert none.misleading == pytest.approx(2 / 8)
    assert some.misleading == pytest.approx(3 / 8)
    assert _chance(0.0, np.zeros(50), nulls[:1] * 50).strong_for_mcse > 0
    assert LINKS[0] == 0.0


def test_chances_against_a_link_are_those_of_the_verdict():
    logs = np.log([20.0, 5.0, 5.0, 0.05])
    said = (0.5, 0.5, 0.8, 0.01)
    found = _chance(0.1, logs, [IntervalNull.of_probability(one, 0.1, 2.0) for one in said])

    assert found.strong_against == 0.0
    assert found.moderate_against == found.misleading == 1 / 4
    assert found.inconclusive == 2 / 4
    assert found.strong_for == 1 / 4


@pytest.fixture(scope="module")
def small_links():
    """Posteriors of 150 panels of 153 judgements at true links of 0, 0.1 and 0.2."""
    rng = np.random.default_rng(11)
    model = model_of(153, 11)
    about, noise = rng.normal(size=(2, 150, 153))
    theta = model.mean + np.sqrt(model.variance) * about
    scales = {link: link * theta + np.sqrt(1.0 - link**2) * noise for link in (0.0, 0.1, 0.2)}
    cutpoints = np.array([-1.1, -0.1, 1.1])
    return {
        link: link_posteriors(model, (scale[:, :, None] > cutpoints).sum(axis=2), 0.1)
        for link, scale in scales.items()
    }


def rows_of(found):
    return [
        find_row(value, 0.0, IntervalNull.of_probability(within, 0.1, 2.0)).code
        for value, within in zip(found.log_bf_independent_linked, found.within, strict=True)
    ]


def test_small_links_seldom_give_evidence_against_a_link(small_links):
    """By the Bayes factor alone half of the panels with a link of 0.1 would."""
    alone = {
        link: (found.log_bf_independent_linked >= np.log(3.0)).mean()
        for link, found in small_links.items()
    }
    by_rule = {
        link: np.mean([code == "evidence_against" for code in rows_of(found)])
        for link, found in small_links.items()
    }

    assert alone[0.1] > 0.4
    assert alone[0.2] > 0.1
    assert by_rule[0.1] <= 0.25
    assert by_rule[0.2] <= 0.05


def test_the_interval_nulls_bayes_factor_alone_would_bar_nothing(small_links):
    """Why the rule asks for its odds as well: see analysis/record/verdict.py."""
    for found in small_links.values():
        against = found.log_bf_independent_linked >= np.log(3.0)
        factors = [
            IntervalNull.of_probability(one, 0.1, 2.0).value for one in found.within[against]
        ]
        assert min(factors) >= np.log(3.0)


def test_the_probability_within_a_limit_is_the_posteriors(small_links):
    found = small_links[0.0]
    # Nearly normal about its mean.
    law = norm(found.mean, found.sd)

    assert found.within == pytest.approx(law.cdf(0.1) - law.cdf(-0.1), abs=0.02)


@pytest.mark.slow
def test_bayes_factors_of_one_factor_panels_are_calibrated(tmp_path_factory):
    """The Laplace tier on whole panels drawn from the model; see docs/evidence.md."""
    panels = int(os.environ.get("EFFECTIVENESS_REPLICATES", "300"))

    weighed = simulate_bayes_factors(panels)

    reached, table = exceedances(weighed), calibration_table(weighed)
    named = os.environ.get("EFFECTIVENESS_CALIBRATION", "")
    folder = Path(named) if named else tmp_path_factory.mktemp("calibration")
    folder.mkdir(parents=True, exist_ok=True)
    weighed.to_csv(folder / "bayes_factors.csv", index=False)
    table.to_csv(folder / "bayes_factor_calibration.csv", index=False)
    figure = draw_calibration(table, "Probability given to a link", "Share of panels with a link")
    picture = render(figure, "png", "Calibration of the probability of a link")
    (folder / "bayes_factor_calibration.png").write_bytes(picture)
    print(f"{reached}\n{table}\nWritten: {folder}")  # noqa: T201
    ten = reached.set_index("odds").loc[10.0]
    assert ten["share"] <= 0.1
    assert calibration_p_value(table) > 0.01
    near = table[table["above"] == 0.7].iloc[0]
    assert abs(near["share"] - near["said"]) < 3 * near["share_se"]
