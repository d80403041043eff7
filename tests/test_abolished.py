"""Abolished, merged, split and renumbered authorities: who has which years and judgements."""

from datetime import date

import numpy as np
import pytest

from analysis.settings.config import RunConfig
from data.abolished import abolished_authorities
from data.build import build_panel
from data.panel import PanelError
from data.subset import without_spell
from models.repeated_judgements.select import gather_repeated_judgements, restrict
from models.spec import InspectionSpec

BOURNEMOUTH, POOLE, CUMBRIA = "E06000028", "E06000029", "E10000006"
OLD_DORSET, NORTHAMPTONSHIRE = "E10000009", "E10000021"
BCP, DORSET = "E06000058", "E06000059"
NORTH_NORTHAMPTONSHIRE, WEST_NORTHAMPTONSHIRE = "E06000061", "E06000062"
CUMBERLAND, WESTMORLAND = "E06000063", "E06000064"
NORTH_YORKSHIRE, SOMERSET, BUCKINGHAMSHIRE = "E06000065", "E06000066", "E06000060"
YEARS = (2018, 2019, 2021, 2022, 2023, 2024)


@pytest.fixture(scope="module")
def panel(published, tmp_path_factory):
    return build_panel(
        published,
        ("rereferral_12m",),
        YEARS,
        context=False,
        abolished=True,
        cache=tmp_path_factory.mktemp("cache"),
    )


def years_of(panel, code):
    """Name the years in which an authority has a value."""
    value = panel.value.sel(authority=code, indicator="rereferral_12m")
    return {int(year) for year in panel.year.values[np.isfinite(value.values)]}


def test_five_authorities_are_no_more():
    gone = {one.code: one for one in abolished_authorities()}

    assert set(gone) == {BOURNEMOUTH, POOLE, CUMBRIA, OLD_DORSET, NORTHAMPTONSHIRE}
    assert gone[CUMBRIA].last == date(2023, 3, 31)
    assert gone[NORTHAMPTONSHIRE].successors == (NORTH_NORTHAMPTONSHIRE, WEST_NORTHAMPTONSHIRE)


@pytest.mark.parametrize(
    ("code", "years"),
    [
        (CUMBRIA, {2018, 2019, 2021, 2022, 2023}),
        (CUMBERLAND, {2024}),
        (WESTMORLAND, {2024}),
        (NORTHAMPTONSHIRE, {2018, 2019, 2021}),
        (NORTH_NORTHAMPTONSHIRE, {2022, 2023, 2024}),
        (WEST_NORTHAMPTONSHIRE, {2022, 2023, 2024}),
        (OLD_DORSET, {2018, 2019}),
        (BOURNEMOUTH, {2018, 2019}),
        (POOLE, {2018, 2019}),
        # Only renumbered: the same area in every year.
        (NORTH_YORKSHIRE, set(YEARS)),
        (SOMERSET, set(YEARS)),
        (BUCKINGHAMSHIRE, set(YEARS)),
    ],
)
def test_an_authority_has_the_years_in_which_it_existed(panel, code, years):
    assert years_of(panel, code) == years


@pytest.mark.parametrize("code", [BCP, DORSET])
def test_the_new_authorities_of_2019_have_no_year_before(panel, code):
    assert years_of(panel, code) <= {2021, 2022, 2023, 2024}
    assert {2022, 2023, 2024} <= years_of(panel, code)


def test_after_its_end_an_authority_has_no_cell_and_no_residents(panel):
    cumbria = panel.sel(authority=CUMBRIA)

    assert cumbria.status.sel(year=2024).item() == "not_applicable"
    assert np.isnan(cumbria.population.sel(year=2024))
    assert cumbria.population.sel(year=2023) > 80_000


def test_an_abolished_authority_s_deprivation_is_its_own_or_its_successors_mean(panel):
    score = panel.deprivation_vintage.sel(measure="imd")
    parts = [NORTH_NORTHAMPTONSHIRE, WEST_NORTHAMPTONSHIRE]

    # Published for the county in 2015 and 2019, and handed down to both halves.
    for vintage in (2015, 2019):
        own = score.sel(authority=NORTHAMPTONSHIRE, vintage=vintage).item()
        assert score.sel(authority=parts, vintage=vintage).values == pytest.approx([own, own])
    weight = panel.population.sel(authority=parts, year=2024).values
    mean = np.average(score.sel(authority=parts, vintage=2025).values, weights=weight)
    assert score.sel(authority=NORTHAMPTONSHIRE, vintage=2025).item() == pytest.approx(mean)
    assert panel.deprivation.sel(authority=NORTHAMPTONSHIRE, measure="imd") == pytest.approx(mean)
    assert "merged into it" not in panel.attrs["joins"].split(CUMBRIA)[-1][:80]


def test_their_inspections_enter_as_readings(panel):
    spec = InspectionSpec(scope="repeats", frameworks=("SIF", "ILACS"))
    readings = gather_repeated_judgements(restrict(panel, spec), spec)
    given = readings.given[..., 0].sum(axis=1)
    by_code = dict(zip(panel.authority.values.tolist(), given.tolist(), strict=True))

    assert not readings.outside
    assert given.sum() == 444
    for code in (BOURNEMOUTH, POOLE, CUMBRIA, OLD_DORSET, NORTHAMPTONSHIRE):
        assert by_code[code] >= 1


def test_a_spell_takes_the_years_and_inspections_of_its_days_alone(panel):
    found = without_spell(panel, CUMBRIA, date(2018, 10, 1), date(2021, 4, 1))

    assert years_of(found, CUMBRIA) == {2018, 2023}
    assert years_of(found, NORTH_YORKSHIRE) == set(YEARS)
    lost = set(panel.inspection.values) - set(found.inspection.values)
    assert all(name.startswith(CUMBRIA) for name in lost)
    assert found.status.dtype == panel.status.dtype


def test_a_spell_that_holds_nothing_is_refused(panel):
    with pytest.raises(PanelError, match=r"neither an inspection nor a figure"):
        without_spell(panel, CUMBERLAND, date(1999, 1, 1), date(2000, 1, 1))
    with pytest.raises(PanelError, match=r"the panel has no such authority"):
        without_spell(panel, "E06999999", date(2020, 1, 1), date(2021, 1, 1))


def test_spells_are_read_from_a_configuration_and_written_back():
    spell = {"authority": CUMBRIA, "start": date(2019, 1, 1)}
    config = RunConfig.model_validate(
        {"panel": {"source": "published", "abolished": True, "drop": [spell]}}
    )

    assert "2199-12-31" in config.to_toml()
    with pytest.raises(ValueError, match=r"lies before start"):
        RunConfig.model_validate({"panel": {"drop": [spell | {"end": date(2018, 1, 1)}]}})
    with pytest.raises(ValueError, match=r"abolished = true does not go with panel\.source"):
        RunConfig.model_validate({"panel": {"abolished": True}})
