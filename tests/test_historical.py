"""The panel of the authorities of a past day holds what was published about them."""

from datetime import date

import numpy as np
import pytest

from data.geography import authorities_on, resolve_on
from data.historical import build_historical_panel
from data.panel import PanelError
from data.panel_queries import latest_inspections

DAY = date(2016, 3, 31)
CUMBRIA, NORTHUMBERLAND, DORSET = "E10000006", "E06000057", "E10000009"


@pytest.fixture(scope="module")
def panel(published):
    return build_historical_panel(
        published, ("cla_convicted", "cla_missing", "sw_agency"), (2015, 2016), DAY
    )


def test_the_authorities_of_2016_were_152_and_include_those_abolished_since():
    there = authorities_on(DAY)

    assert len(there) == 152
    assert {CUMBRIA, DORSET, NORTHUMBERLAND} <= set(there.index)
    assert "E06000059" not in there.index  # the new Dorset, of 2019
    assert len(authorities_on(date(2024, 1, 1))) == 153


def test_a_code_means_what_it_meant_on_the_day():
    assert resolve_on(CUMBRIA, DAY, where="here").authorities == (CUMBRIA,)
    assert resolve_on("E06000048", DAY, where="here").authorities == (NORTHUMBERLAND,)
    assert resolve_on("E06000063", DAY, where="here").authorities == ()
    assert "Not an authority on 2016" in resolve_on("E06000063", DAY, where="here").reason
    assert resolve_on(CUMBRIA, None, where="here").authorities == ()


def test_figures_stand_as_published_for_abolished_authorities_too(panel):
    # SFR34_OC22015.csv and SFR34_Missing2015.csv: 151 rows of authorities with figures
    status = panel.status.sel(year=2015)
    assert int((status.sel(indicator="cla_convicted") == "observed").sum()) == 116
    assert int((status.sel(indicator="cla_missing") == "observed").sum()) == 145
    assert panel.denominator.sel(authority=CUMBRIA, indicator="cla_convicted", year=2015) > 0
    # the workforce census begins in 2017
    assert set(np.unique(panel.status.sel(indicator="sw_agency"))) == {"no_data"}


def test_every_authority_of_the_day_has_its_own_deprivation_and_single_inspection(panel):
    assert bool(np.isfinite(panel.deprivation).all())
    assert bool((latest_inspections(panel) != "").all())
    known = panel.publication <= np.datetime64(DAY)
    assert int((known & (panel.inspection_type == "first")).sum()) == 87


def test_a_day_before_the_authorities_of_2013_is_refused(published):
    with pytest.raises(PanelError, match="2009-03-31; wanted one from 2013-04-01 to 2019-03-31"):
        build_historical_panel(published, ("cla_convicted",), (2015,), date(2009, 3, 31))
