"""Recovery of ρ and of the reliability from repeats, with the real record's dates and gaps.

Panels are drawn by :mod:`data.simulate`, which writes the model down independently, with the
authorities inspected when the published record's were. ρ and r are drawn from their priors, so
that intervals should hold the truth as often as they say; other parameters stand at the
simulator's values, well within their priors.
"""

import logging

import arviz as az
import numpy as np
import pandas as pd
import pytest

from data.simulate import simulate_panel
from data.simulate_inspections import SimulatedTruth
from models.fit import CompiledStructure
from models.inputs import prepare
from models.spec import InspectionSpec, ModelSpec, SamplerSpec, Variant
from tests.fitted import INDICATORS

SHOW = logging.getLogger(__name__)
YEARS = (2023, 2024, 2025)
SPEC = ModelSpec(challenger="none", inspection=InspectionSpec(scope="repeats"))
SAMPLER = SamplerSpec(chains=2, tune=500, draws=800, seed=1)
VARIANT = Variant(structure="composite", estimand="adjusted", link="linked")


def real_schedule(panel):
    """Give when the published record's authorities were inspected under ILACS."""
    rows = panel[["inspected_authority", "inspection_start", "framework"]].to_dataframe()
    rows = rows[rows["framework"] == "ILACS"]
    who = pd.Index(panel.authority.values).get_indexer(rows["inspected_authority"])
    return pd.DataFrame({"who": who, "inspection_start": rows["inspection_start"].to_numpy()})[
        who >= 0
    ]


def drawn_truth(rng):
    """Draw ρ from its prior, and r from its own above ρ²."""
    rho = 2.0 * rng.beta(2.0, 2.0) - 1.0
    reliability = rng.beta(6.0, 4.0)
    while reliability <= rho**2:
        reliability = rng.beta(6.0, 4.0)
    return SimulatedTruth(rho=rho, reliability=reliability)


def test_a_simulated_panel_can_have_a_real_record_s_dates(real_panel):
    schedule = real_schedule(real_panel)
    panel = simulate_panel(indicators=INDICATORS, years=YEARS, seed=1, schedule=schedule)

    assert panel.sizes["inspection"] == len(schedule) > 260
    expected = np.sort(schedule["inspection_start"].to_numpy("datetime64[D]"))
    assert (np.sort(panel.inspection_start.values.astype("datetime64[D]")) == expected).all()


def recover(real_panel, panels):
    """Fit simulated panels; give one row a panel and quantity."""
    schedule, rng = real_schedule(real_panel), np.random.default_rng(20260101)
    compiled, rows = None, []
    for number in range(panels):
        truth = drawn_truth(rng)
        panel = simulate_panel(truth, INDICATORS, YEARS, seed=number, schedule=schedule)
        inputs = prepare(panel, SPEC)
        compiled = compiled or CompiledStructure(SPEC, "composite", inputs)
        posterior = compiled.sample(VARIANT, inputs, SAMPLER)["posterior"].to_dataset()
        for name, true in (("rho", truth.rho), ("reliability", truth.reliability)):
            drawn = posterior[[name]]
            low, high = np.quantile(drawn[name].values, [0.05, 0.95])
            rows.append(
                {
                    **{"panel": number, "quantity": name, "truth": true},
                    **{"mean": float(drawn[name].mean()), "sd": float(drawn[name].std())},
                    "held": low <= true <= high,
                    "rhat": float(az.rhat(drawn)[name]),
                    "ess": float(az.ess(drawn)[name]),
                }
            )
    found = pd.DataFrame(rows)
    SHOW.info("recovery\n%s", found.round(3).to_string())
    return found


@pytest.mark.slow
def test_two_panels_are_recovered_within_three_standard_deviations(real_panel):
    found = recover(real_panel, 2)

    assert (found["rhat"] < 1.02).all()
    assert ((found["mean"] - found["truth"]).abs() < 3.0 * found["sd"]).all()


@pytest.mark.slow
def test_intervals_of_twenty_panels_hold_the_truth_as_often_as_they_say(real_panel):
    found = recover(real_panel, 20)

    assert (found["rhat"] < 1.02).all()
    # Of 20 intervals of 90%, 14 or fewer hold the truth once in 90 samples by chance.
    held = found.groupby("quantity")["held"].sum()
    assert (held >= 15).all()
    standard = (found["mean"] - found["truth"]) / found["sd"]
    bias = standard.groupby(found["quantity"]).mean()
    assert (bias.abs() < 3.0 / np.sqrt(20)).all()
