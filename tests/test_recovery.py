"""Recovery of a known link from simulated panels, and the screening tier beside it.

One structure is compiled once and refitted on every panel. The long form has 20 panels
for each true link; the short form, for every run of CI, has four of each and asks only
what so few can answer. Set EFFECTIVENESS_PANELS to change the long form's number.
"""

import os

import arviz as az
import numpy as np
import pytest

from data.simulate import simulate_panel
from data.simulate_inspections import SimulatedTruth
from models.fit import CompiledStructure
from models.inputs import prepare
from models.screen import screen
from models.spec import ModelSpec, SamplerSpec, Variant

TRUE_LINKS = (0.0, 0.3, 0.6)
VARIANT = Variant(structure="composite", estimand="adjusted", link="linked")
SPEC = ModelSpec(challenger="none")


def recover(panels):
    """Posterior mean and 90% interval of ρ for each true link and panel.

    Beside them, how far the screening tier's mean is off, and the Monte Carlo error of that.
    """
    compiled = None
    found, screened = {}, {}
    for rho in TRUE_LINKS:
        for number in range(panels):
            panel = simulate_panel(SimulatedTruth(rho=rho), seed=1000 * number + round(10 * rho))
            inputs = prepare(panel, SPEC)
            compiled = compiled or CompiledStructure(SPEC, "composite", inputs)
            fit = compiled.sample(VARIANT, inputs, SamplerSpec(tune=400, draws=400, seed=number))
            assert not fit["sample_stats"]["diverging"].any()
            draws = fit["posterior"]["rho"].values.ravel()
            found[rho, number] = (draws.mean(), *np.quantile(draws, [0.05, 0.95]))
            quick = screen(compiled, VARIANT, inputs, draws=200, seed=number)
            error = float(np.asarray(az.mcse(fit["posterior"]["rho"].values)))
            screened[rho, number] = (quick.attrs["rho_mean"] - draws.mean(), error)
    return found, screened


def assert_screened_closely(screened):
    """Within 0.01, and what the sampler's own error allows."""
    far = {panel: off for panel, off in screened.items() if abs(off[0]) > 0.01 + 3.0 * off[1]}
    assert not far


def coverage_and_bias(found):
    """Share of intervals that hold the truth, and mean error for each true link."""
    covered = np.mean([low < rho < high for (rho, _), (_, low, high) in found.items()])
    bias = {
        link: np.mean([mean for (rho, _), (mean, *_) in found.items() if rho == link]) - link
        for link in TRUE_LINKS
    }
    return covered, bias


@pytest.mark.slow
def test_the_link_is_recovered_on_twenty_panels_each():
    found, screened = recover(int(os.environ.get("EFFECTIVENESS_PANELS", "20")))
    covered, bias = coverage_and_bias(found)

    print(f"90% intervals cover {covered:.3f} of {len(found)}; bias {bias}")  # noqa: T201
    # Sixty intervals of 90%: two binomial standard errors below are 0.82.
    assert 0.80 <= covered <= 0.99
    assert all(abs(one) <= 0.05 for one in bias.values()), bias
    assert_screened_closely(screened)


def test_the_link_is_recovered_on_a_few_panels():
    found, screened = recover(2)
    covered, bias = coverage_and_bias(found)

    # Six intervals of 90%: fewer than three hits has probability 0.001.
    assert covered >= 0.5
    # Standard deviation of an estimate about 0.08, of the mean of two 0.057: three of those.
    assert all(abs(one) <= 0.17 for one in bias.values()), bias
    assert_screened_closely(screened)
