"""Bayes factors about the link against integrals, in a model whose answers are known.

An estimate y of ρ + ω with a nuisance ω that the draws carry: its marginal likelihood of ρ is
a normal density, so every Bayes factor is a one-dimensional integral.
"""

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad
from scipy.stats import norm

from analysis.evidence.bayes_factor import by_bridge, disagreement, regions, savage_dickey, sweep
from analysis.evidence.curves import Curves, quadrature
from analysis.evidence.factors import weigh_link
from analysis.record.evidence import EstimandEvidence
from analysis.record.schema import LogFactor
from analysis.record.verdict import refuse
from analysis.report.bayes_words import (
    beside_sentence,
    identical_sentence,
    regions_sentence,
    widths_table,
)
from analysis.report.words import reliability_sentence
from models.bridge import BridgeError, BridgeEstimate
from models.marginal import store, stored
from models.priors import link_density
from models.spec import ModelSpec
from tests.fitted import as_fit
from tests.report_evidence import estimand_of

ESTIMATE, ERROR, NUISANCE, ROPE, KAPPA = 0.3, 0.1, 0.08, 0.1, 2.0


@pytest.fixture(scope="module")
def curves():
    rng = np.random.default_rng(4)
    grid = np.linspace(-0.999, 0.999, 4001)
    weight = norm.pdf(ESTIMATE, grid, np.hypot(ERROR, NUISANCE)) * link_density(grid, KAPPA)
    rho = rng.choice(grid, size=(4, 500), p=weight / weight.sum())
    pull = NUISANCE**2 / (NUISANCE**2 + ERROR**2)
    omega = pull * (ESTIMATE - rho) + np.sqrt(pull) * ERROR * rng.normal(size=rho.shape)
    nodes, weights = quadrature((-ROPE, 0.0, ROPE))
    return Curves(
        nodes,
        weights,
        norm.logpdf(ESTIMATE, nodes + omega[..., None], ERROR),
        norm.logpdf(ESTIMATE, omega, ERROR),
        np.full(rho.shape, ERROR**-2),
    )


def marginal(lower=-1.0, upper=1.0, concentration=KAPPA):
    """Integrate likelihood times prior over a range of ρ, the nuisance already integrated out."""
    spread = np.hypot(ERROR, NUISANCE)
    return quad(
        lambda rho: float(norm.pdf(ESTIMATE, rho, spread) * link_density(rho, concentration)),
        lower,
        upper,
        points=[point for point in (0.0, ESTIMATE) if lower < point < upper],
    )[0]


NULL = float(norm.pdf(ESTIMATE, 0.0, np.hypot(ERROR, NUISANCE)))


def close(found, exact):
    return abs(found.value - exact) < 4 * found.mcse < 0.25


def test_savage_dickey_is_the_ratio_of_marginal_likelihoods(curves):
    assert close(savage_dickey(curves, KAPPA), np.log(NULL / marginal()))


def test_regions_are_ratios_of_integrals(curves):
    found = regions(curves, KAPPA, ROPE)

    def prior(lower, upper):
        return quad(lambda rho: float(link_density(rho, KAPPA)), lower, upper)[0]

    within, beyond = marginal(-ROPE, ROPE), marginal(-1, -ROPE) + marginal(ROPE, 1)
    odds = prior(-ROPE, ROPE) / (1.0 - prior(-ROPE, ROPE))
    assert close(found.positive_unrestricted, np.log(2 * marginal(0, 1) / marginal()))
    assert close(found.positive_negative, np.log(marginal(0, 1) / marginal(-1, 0)))
    assert close(found.none_positive, np.log(NULL / (2 * marginal(0, 1))))
    assert close(found.within_beyond, np.log(within / beyond / odds))


def test_other_widths_are_reached_from_one_fit(curves):
    found = sweep(curves, KAPPA)

    for one in found:
        exact = np.log(NULL / marginal(concentration=one.concentration))
        assert abs(one.value - exact) < 4 * one.mcse + 1e-6
        assert one.value < one.ceiling
    at_own = next(one for one in found if one.concentration == KAPPA)
    assert at_own.value == pytest.approx(savage_dickey(curves, KAPPA).value)
    assert at_own.sd == pytest.approx(np.sqrt(1 / 5))
    assert [one.ceiling for one in found] == sorted((one.ceiling for one in found), reverse=True)


def test_the_bridge_carries_both_errors():
    independent = BridgeEstimate(-10.0, 0.3, "warp3", (-10.0,))
    linked = BridgeEstimate(-12.0, 0.4, "warp3", (-12.0,))

    found = by_bridge(independent, linked)

    assert (found.value, found.mcse) == (2.0, pytest.approx(0.5))


@pytest.mark.parametrize(("apart", "agree"), [(1.4, True), (1.6, False)])
def test_methods_more_than_three_joint_errors_apart_are_refused(apart, agree):
    faults = disagreement(LogFactor(value=1.0 + apart, mcse=0.3), LogFactor(value=1.0, mcse=0.4))

    assert (faults == ()) is agree
    if not agree:
        assert "3.2 joint errors apart, above 3" in faults[0]
        assert "Bayes factor" in refuse(faults, "bayes_factor").sentence


def test_a_marginal_likelihood_is_kept_in_a_fit_and_read_back():
    fit = xr.DataTree()
    one = BridgeEstimate(-12.5, 0.1, "warp3", (-12.4, -12.6))

    assert stored(fit) is None
    store(fit, one)
    assert stored(fit) == one


def test_a_failed_bridge_keeps_its_reason():
    fit = xr.DataTree()
    store(fit, BridgeError("too few draws"))

    with pytest.raises(BridgeError, match="too few draws"):
        stored(fit)


@pytest.fixture
def weighed(curves, monkeypatch):
    """Weigh two fits that differ in their stored marginal likelihoods only."""
    monkeypatch.setattr("analysis.evidence.factors.link_curves", lambda *_: curves)
    value = savage_dickey(curves, KAPPA).value

    def weigh_with(independent):
        fits = {
            name: as_fit(xr.DataTree(), ModelSpec(), name) for name in ("linked", "independent")
        }
        store(fits["linked"].tree, BridgeEstimate(-20.0, 0.05, "warp3", (-20.0,)))
        if isinstance(independent, float):
            shifted = BridgeEstimate(-20.0 + value + independent, 0.05, "warp3", (-20.0,))
            store(fits["independent"].tree, shifted)
        else:
            store(fits["independent"].tree, independent)
        return weigh_link(fits, KAPPA, ROPE)

    return weigh_with


def test_the_bridge_is_the_headline_where_both_agree(weighed):
    found = weighed(0.02)

    assert found.record["log_bf_independent_linked"].method == "bridge"
    assert found.faults == ()
    assert {one.model for one in found.record["marginal_likelihoods"]} == {"linked", "independent"}


def test_identical_is_weighed_where_it_was_fitted(curves, monkeypatch):
    monkeypatch.setattr("analysis.evidence.factors.link_curves", lambda *_: curves)
    names = ("linked", "independent", "identical")
    fits = {name: as_fit(xr.DataTree(), ModelSpec(), name) for name in names}
    for name, value in {"linked": -20.0, "independent": -22.0, "identical": -19.0}.items():
        store(fits[name].tree, BridgeEstimate(value, 0.3, "warp3", (value,)))
    found = weigh_link(fits, KAPPA, ROPE).record["log_bf_independent_identical"]

    assert (found.value, found.mcse) == pytest.approx((-3.0, 0.3 * np.sqrt(2)))
    given = estimand_of("adjusted", False, True)
    shown = EstimandEvidence.model_validate(
        given | {"log_bf_independent_identical": found.model_dump(include={"value", "mcse"})}
    )
    assert "−3.00 (0.424)" in identical_sentence(shown)
    assert identical_sentence(EstimandEvidence.model_validate(given)) == ""


def test_the_report_says_how_reliable_one_judgement_is():
    given = estimand_of("adjusted", False, True)
    one = {"mean": 0.56, "lower": 0.43, "upper": 0.69, "mcse": 0.001}
    found = EstimandEvidence.model_validate(given | {"reliability": one, "quality_link": one})

    assert "lasts from one inspection to the next, is 0.56 (0.43 to 0.69)" in reliability_sentence(
        found
    )
    assert reliability_sentence(EstimandEvidence.model_validate(given)) == ""


def test_a_disagreement_and_a_failed_bridge_are_faults(weighed):
    apart, failed = weighed(1.5), weighed(BridgeError("hardly overlap"))

    assert "joint errors apart" in apart.faults[0]
    assert failed.record["log_bf_independent_linked"].method == "savage_dickey"
    assert failed.faults == ("bridge sampling of independent: hardly overlap",)


def finding(method="bridge"):
    """A finding of a report with what stands beside the headline."""
    given = estimand_of("adjusted", False, True)
    given["log_bf_independent_linked"] |= {"value": -9.0, "mcse": 0.3, "method": method}
    factor = {"value": -9.5, "mcse": 0.4}
    return EstimandEvidence.model_validate(
        given
        | {
            "savage_dickey": factor,
            "regions": dict.fromkeys(
                ("positive_unrestricted", "positive_negative", "none_positive", "within_beyond"),
                factor,
            ),
            "prior_widths": [
                {"concentration": 2.0, "sd": 0.447, "ceiling": np.log(6.0), **factor}
            ],
        }
    )


def test_the_report_says_how_far_apart_the_methods_are():
    assert beside_sentence(finding()) == (
        "By the Savage–Dickey ratio it is −9.50 (0.400), 1.0 joint errors from it."
    )
    assert beside_sentence(finding("savage_dickey")) == ""
    assert "within ±0.1 against one beyond it, −9.50 (0.400)" in regions_sentence(finding(), 0.1)


def test_the_report_lists_prior_widths_with_their_ceilings():
    [row] = widths_table(finding(), "Adjusted.").rows

    assert [cell.text for cell in row] == ["0.45", "−9.50", "0.400", "1.79", "6.0"]


def test_a_report_without_other_widths_lists_none():
    bare = EstimandEvidence.model_validate(estimand_of("adjusted", False, True))

    assert widths_table(bare, "").rows == []
