"""What is refused before a model compiles: no variation, and several definitions."""

import numpy as np
import pytest

from data.panel import PanelError
from data.subset import within_lag, without_authorities
from models.deprivation import bends
from models.dynamic.inputs import prepare_dynamic
from models.dynamic.spec import DynamicSpec
from models.inputs import prepare
from models.requirements import require_fit, require_one_series, require_variation
from models.spec import ModelSpec
from tests.fitted import small_panel

NAME = "cla_dental"


def with_shares(panel, share, keep=(), years=None):
    """The panel with one share of an indicator in every authority but those kept."""
    panel = panel.copy(deep=True)
    at = {"indicator": NAME, "year": years or panel.year.values.tolist()}
    at["authority"] = [one for one in panel.authority.values if one not in keep]
    n = panel.denominator.loc[at].fillna(50.0)
    for name in ("numerator", "numerator_low", "numerator_high"):
        panel[name].loc[at] = n * share
    panel.denominator.loc[at] = n
    panel["value"].loc[at] = share
    panel["status"].loc[at] = "observed"
    return panel


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_equal_shares_of_unequal_denominators_do_not_vary(share):
    panel = with_shares(small_panel(), share)
    assert panel.denominator.sel(indicator=NAME).std() > 0

    with pytest.raises(PanelError, match="cla_dental is the same in every authority in each"):
        prepare(panel, ModelSpec())


def test_an_indicator_that_tells_one_authority_apart_is_refused():
    panel = small_panel()
    year = panel.isel(year=[0])

    with pytest.raises(PanelError, match="in every authority but one"):
        require_variation(with_shares(year, 1.0, keep=year.authority.values[:1]))


def test_one_year_without_variation_is_refused_by_its_name():
    with pytest.raises(PanelError, match=r"cla_dental is 1 in all \d+ authorities .* in 2023"):
        prepare(with_shares(small_panel(), 1.0, years=[2023]), ModelSpec())


def test_shares_that_differ_between_years_alone_do_not_vary():
    panel = with_shares(with_shares(small_panel(), 0.0, years=[2023]), 1.0, years=[2024])

    with pytest.raises(PanelError, match="the same in every authority in each year"):
        prepare(panel, ModelSpec())


def test_variation_is_judged_on_what_exclusions_leave():
    panel = small_panel()
    kept = panel.authority.values[:20].tolist()
    panel = with_shares(panel, 0.0, keep=kept)
    require_variation(panel)

    with pytest.raises(PanelError, match="cla_dental"):
        require_variation(without_authorities(panel, kept))
    with pytest.raises(PanelError, match="cla_dental"):
        require_variation(within_lag(with_shares(panel, 0.0, years=[2024]), 0, 9))


def test_rates_that_differ_by_rounding_alone_do_not_vary():
    panel = small_panel()
    rate = panel.value.sel(indicator="sw_agency")
    panel["value"].loc[{"indicator": "sw_agency"}] = 15.0 + 1e-12 * rate

    with pytest.raises(PanelError, match="sw_agency is the same in every authority"):
        prepare(panel, ModelSpec())


def test_the_dynamic_model_judges_each_definition():
    with pytest.raises(PanelError, match="cla_dental is the same in every authority"):
        prepare_dynamic(with_shares(small_panel(), 1.0), DynamicSpec())


def test_deprivation_and_region_must_vary():
    panel = small_panel()
    flat = panel.assign(deprivation=panel.deprivation * 0.0 + 21.7)
    alike = panel.assign_coords(region=("authority", ["North"] * panel.sizes["authority"]))

    with pytest.raises(PanelError, match="imd is the same in every authority"):
        require_fit(flat, ModelSpec())
    with pytest.raises(PanelError, match=r"of the region North.*model.region = false"):
        require_fit(alike, ModelSpec())
    require_fit(alike, ModelSpec(region=False))


def test_a_spline_needs_deprivation_of_several_values():
    with pytest.raises(PanelError, match="deprivation_form = 'linear'"):
        bends(np.repeat([-1.0, 1.0], 20))


def test_years_of_two_definitions_are_refused_with_the_years_of_each():
    panel = small_panel()
    names = np.full((panel.sizes["indicator"], 2), "same", dtype="U20")
    names[1, 0] = "same placement"
    panel = panel.assign(series=(("indicator", "year"), names))

    with pytest.raises(PanelError, match="2023 'same placement'; 2024 'same';") as caught:
        prepare(panel, ModelSpec())
    assert "Say panel.years = [2024]" in str(caught.value)
    assert prepare_dynamic(panel, DynamicSpec()).cells.regime.max() == 1
    require_one_series(panel.isel(year=[1]))


def test_a_definition_without_figures_is_none():
    panel = small_panel()
    names = np.full((panel.sizes["indicator"], 2), "one", dtype="U20")
    names[0, 0] = "other"
    gone = {"indicator": panel.indicator.values[0], "year": 2023}
    for name in ("value", "numerator", "numerator_low", "numerator_high"):
        panel[name].loc[gone] = np.nan

    require_one_series(panel.assign(series=(("indicator", "year"), names)))


def test_the_published_definitions_of_same_carer_are_not_fitted_together(record):
    part = record.sel(indicator=["cla_same_carer_2y"], year=[2018, 2019, 2020, 2021, 2022])

    with pytest.raises(PanelError, match=r"2018 to 2020 'same placement'; 2021 to 2022 'same ca"):
        require_one_series(part)
