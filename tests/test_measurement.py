"""How a panel's cells become oriented, standardised measurements."""

from typing import get_args

import numpy as np
import pytest

from data.panel import PanelError
from data.simulate import simulate_panel
from models.dynamic.inputs import prepare_dynamic
from models.dynamic.spec import DynamicSpec
from models.engine import fit_each
from models.gaussian_sites import empirical_logit
from models.inputs import prepare
from models.measurement import measure
from models.spec import Engine, ModelSpec, SamplerSpec


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(
        indicators=("rereferral_12m", "cl_eet_17_18", "sw_agency"), seed=20260101
    )


def test_more_is_better_whatever_the_direction(panel):
    measured = measure(panel)
    rate = panel.value.sel(indicator="rereferral_12m", year=2025).values
    y = measured.y[measured.coords["indicator"].index("rereferral_12m"), -1]

    assert panel.direction.sel(indicator="rereferral_12m").item() == "lower"
    seen = measured.observed[0, -1] > 0
    assert np.corrcoef(rate[seen], y[seen])[0, 1] < -0.9


def test_one_unit_is_the_spread_of_the_empirical_logits_within_years(panel):
    measured = measure(panel)
    cells = panel.transpose("indicator", "year", "authority", ...)
    y, n = cells.numerator.values[0], cells.denominator.values[0]
    z = np.where(np.isfinite(y), empirical_logit(y, n)[0], np.nan)
    seen = np.isfinite(z).sum()

    squares = np.nansum((z - np.nanmean(z, axis=1)[:, None]) ** 2)

    assert measured.coords["indicator"][0] == "rereferral_12m"
    assert measured.scale[0] == pytest.approx(np.sqrt(squares / (seen - z.shape[0])))


def test_rates_have_mean_zero_and_unit_spread_within_years(panel):
    measured = measure(panel)
    at = measured.coords["indicator"].index("sw_agency")
    seen = measured.observed[at] > 0

    years = [measured.y[at, t, seen[t]] for t in range(5)]

    assert [year.mean() for year in years] == pytest.approx([0.0] * 5, abs=1e-9)
    squares = sum((year**2).sum() for year in years)
    assert squares / (seen.sum() - 5) == pytest.approx(1.0)


def test_levels_are_those_of_all_cells_hidden_ones_included(panel):
    """Care leavers' cells of small authorities are hidden where few are in work: low ones."""
    kept = measure(panel)
    dropped = measure(panel, "complete_case")
    at = int(kept.interval.sum(axis=(1, 2)).argmax())
    assert kept.interval[at].any()

    assert kept.scale == pytest.approx(dropped.scale)
    apart = (kept.centre[at] - dropped.centre[at]) / kept.scale[at]
    assert np.abs(apart).max() < 0.5
    assert np.abs(apart).max() > 0.0


def test_suppressed_cells_enter_as_intervals_or_not_at_all(panel):
    suppressed = (panel.status == "suppressed").transpose("indicator", "year", "authority").values
    assert suppressed.any()

    kept = measure(panel)
    dropped = measure(panel, "complete_case")

    assert (kept.interval == suppressed).all()
    assert (kept.observed[suppressed] == 1.0).all()
    assert (dropped.observed[suppressed] == 0.0).all()
    assert (kept.observed[~suppressed] == dropped.observed[~suppressed]).all()


def test_a_contested_indicator_is_refused_by_name(panel):
    contested = panel.assign_coords(
        direction=("indicator", np.array(["contested", "higher", "lower"]))
    )

    with pytest.raises(PanelError, match="rereferral_12m has a contested direction"):
        measure(contested)


def test_an_indicator_that_does_not_vary_is_refused(panel):
    flat = panel.copy(deep=True)
    flat["value"][:, 2] = 5.0

    with pytest.raises(PanelError, match="sw_agency is the same in every authority"):
        measure(flat)


def test_a_rate_outside_its_scale_is_refused_with_its_place(panel):
    negative = panel.copy(deep=True)
    negative["value"][3, 2, 4] = -1.0

    with pytest.raises(PanelError, match=r"sw_agency of S00000004 in 2025 is -1; the sqrt scale"):
        measure(negative)


def seen_in(panel, repeated):
    """The panel, its rate in the first year and, for some authorities only, in the others."""
    scarce = panel.copy(deep=True)
    later = {"indicator": "sw_agency", "year": panel.year.values[1:]}
    scarce["value"].loc[later | {"authority": panel.authority.values[repeated:]}] = np.nan
    scarce["status"].loc[later | {"authority": panel.authority.values[repeated:]}] = "no_data"
    return scarce


def test_a_rate_in_a_single_year_is_refused_by_every_engine_before_it_compiles(panel):
    single = panel.isel(year=[0])
    for engine in get_args(Engine):
        fits = fit_each(single, (), ModelSpec(challenger="none"), SamplerSpec(engine=engine))
        with pytest.raises(PanelError, match=r"sw_agency is a rate, .* 0 authorities have it in"):
            next(fits)


@pytest.mark.parametrize("repeated", [0, 2])
def test_a_rate_that_hardly_any_authority_has_twice_is_refused(panel, repeated):
    scarce = seen_in(panel, repeated)

    for refuse in (
        lambda: prepare(scarce, ModelSpec()),
        lambda: prepare_dynamic(scarce, DynamicSpec(factors=2)),
    ):
        with pytest.raises(PanelError, match=rf"sw_agency .* {repeated} authorities have it in"):
            refuse()


def test_a_rate_that_three_authorities_have_twice_is_taken(panel):
    inputs = prepare(seen_in(panel, 3), ModelSpec())

    at = inputs.measurements.coords["indicator"].index("sw_agency")
    assert (inputs.measurements.observed[at].sum(axis=0) > 1).sum() == 3


def test_counts_of_a_single_year_are_taken(panel):
    counts = panel.sel(indicator=panel.kind.values == "count").isel(year=[0])

    assert (prepare(counts, ModelSpec()).measurements.variance > 0.0).all()
