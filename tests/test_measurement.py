"""How a panel's cells become oriented, standardised measurements."""

import numpy as np
import pytest

from data.panel import PanelError
from data.simulate import simulate_panel
from models.measurement import empirical_logit, interval_moments, measure


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(indicators=("rereferral_12m", "cl_eet_17_18", "sw_agency"))


def test_empirical_logit_of_a_hand_computed_count():
    z, v = empirical_logit(np.array([2.0]), np.array([10.0]))

    assert z[0] == pytest.approx(np.log(2.5 / 8.5))
    assert v[0] == pytest.approx(1 / 2.5 + 1 / 8.5)


def test_interval_moments_average_over_the_counts_of_the_interval():
    low, high, n = np.array([1.0]), np.array([3.0]), np.array([20.0])
    z, v = empirical_logit(np.array([1.0, 2.0, 3.0]), np.full(3, 20.0))

    mean, variance = interval_moments(low, high, n)

    assert mean[0] == pytest.approx(z.mean())
    assert variance[0] == pytest.approx(v.mean() + z.var())


def test_a_wider_interval_says_less():
    n = np.array([50.0])

    narrow = interval_moments(np.array([1.0]), np.array([5.0]), n)[1]
    wide = interval_moments(np.array([1.0]), np.array([49.0]), n)[1]

    assert wide[0] > narrow[0]


def test_more_is_better_whatever_the_direction(panel):
    measured = measure(panel)
    rate = panel.value.sel(indicator="rereferral_12m", year=2025).values
    y = measured.y[measured.coords["indicator"].index("rereferral_12m"), -1]

    assert panel.direction.sel(indicator="rereferral_12m").item() == "lower"
    seen = measured.observed[0, -1] > 0
    assert np.corrcoef(rate[seen], y[seen])[0, 1] < -0.9


def test_observed_cells_have_unit_spread_within_years(panel):
    measured = measure(panel)
    exact = (measured.observed > 0) & ~measured.interval

    for k in range(exact.shape[0]):
        squares = sum(
            ((y := measured.y[k, t, exact[k, t]]) - y.mean()) @ (y - y.mean()) for t in range(5)
        )
        assert squares / (exact[k].sum() - 5) == pytest.approx(1.0)


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
