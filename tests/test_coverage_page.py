"""The coverage page: its funnel limits, its counts of steps, and what it writes."""

import re
import time

import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from scipy import stats

from analysis.command_line.panel_summary import write_panel
from analysis.coverage_page.build import write_coverage_page
from analysis.coverage_page.funnel_tables import funnel_tables
from analysis.coverage_page.records import (
    cells_by_series,
    count_transitions,
    deprivation_table,
)
from analysis.plots.funnel_limits import ALARM, WARNING, fit_funnel
from analysis.plots.maps import draw_fifths
from data.panel import GRADES
from data.simulate import simulate_panel

HOSTILE = '<script>alert("x")</script> & co'


@pytest.fixture(scope="module")
def panel():
    """A small simulated panel with one hostile name and one hostile title."""
    built = simulate_panel(
        indicators=("cpp_2y_plus", "cla_3plus_placements", "sw_caseload"),
        years=(2024, 2025),
        seed=3,
    )
    titles = built["indicator_title"].to_numpy().astype(object)
    titles[0] = HOSTILE
    return built.assign_coords(indicator_title=("indicator", titles.astype(str))).assign_attrs(
        title=HOSTILE
    )


@pytest.fixture(scope="module")
def written(panel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")
    return write_panel(panel, folder, folder)


def test_without_overdispersion_the_limits_are_the_binomial_ones():
    total = np.array([100, 200, 400, 800])

    funnel = fit_funnel([30, 60, 120, 240], total)

    assert funnel.target == pytest.approx(0.3)
    assert funnel.dispersion == pytest.approx(0)
    assert funnel.tau == 0
    for quantile, share in ((WARNING, 0.025), (ALARM, 0.001)):
        lower, upper = funnel.limits(total, quantile)
        assert lower == pytest.approx(stats.binom.ppf(share, total, 0.3) / total, abs=0.012)
        assert upper == pytest.approx(stats.binom.isf(share, total, 0.3) / total, abs=0.012)
    # sin(asin(sqrt(0.3)) + 1.96 / 20) ** 2 and its mirror, by hand
    assert np.concatenate(funnel.limits([100], WARNING)) == pytest.approx(
        [0.2146, 0.3931], abs=5e-4
    )


def test_overdispersion_widens_the_limits_by_the_moment_estimate():
    # Ten authorities of 400, half at 0.3 and half at 0.5: the target is 0.4, and on the
    # arcsine scale each lies about 0.1 from it, four times the chance of 1/40.
    total = np.full(10, 400)
    shares = np.repeat([0.3, 0.5], 5)

    funnel = fit_funnel(shares * total, total)

    away = np.arcsin(np.sqrt(shares)) - np.arcsin(np.sqrt(0.4))
    phi = np.mean((away * 40) ** 2)
    weight = 4 * 400
    tau2 = (10 * phi - 9) / (10 * weight - weight)
    assert funnel.dispersion == pytest.approx(phi)
    assert funnel.tau**2 == pytest.approx(tau2)
    assert funnel.tau == pytest.approx(0.103, abs=0.003)
    chance = fit_funnel([160] * 10, total)
    assert (funnel.limits(total, WARNING)[0] < chance.limits(total, WARNING)[0]).all()
    assert (funnel.limits(total, WARNING)[1] > chance.limits(total, WARNING)[1]).all()


def test_one_authority_far_out_does_not_widen_the_limits():
    counts = np.array([40] * 20 + [90])

    funnel = fit_funnel(counts, np.full(21, 100))

    assert funnel.tau == 0
    assert funnel.scores([0.9], [100])[0] > ALARM


def test_limits_stay_between_nought_and_one():
    lower, upper = fit_funnel([1, 0, 9], [50, 40, 60]).limits([1, 5, 1e6], ALARM)

    assert (lower >= 0).all()
    assert (upper <= 1).all()
    assert (lower <= upper).all()


def test_suppressed_counts_are_shown_as_intervals_and_left_out_of_the_target(panel):
    cells = {"authority": panel.authority.values[0], "indicator": "cpp_2y_plus", "year": 2025}
    hidden = panel.copy(deep=True)
    for name, value in (("numerator", np.nan), ("numerator_low", 1), ("numerator_high", 5)):
        hidden[name].loc[cells] = value
    hidden["status"].loc[cells] = "suppressed"

    tables = funnel_tables(hidden)

    points = tables.authorities.set_index(["indicator", "authority"])
    point = points.loc[("cpp_2y_plus", cells["authority"])]
    assert (point["numerator_low"], point["numerator_high"]) == (1, 5)
    assert np.isnan(point["z"])
    seen = points.loc["cpp_2y_plus"].query("status != 'suppressed'")
    row = tables.indicators.loc["cpp_2y_plus"]
    assert row["target"] == pytest.approx(seen["numerator_low"].sum() / seen["denominator"].sum())
    assert row["observed"] + row["shown"] == len(points.loc["cpp_2y_plus"])
    assert row["target_low"] < row["target_high"]
    assert "sw_caseload" not in tables.indicators.index


def inspections(rows):
    """A panel's inspections: authority, framework, day of publication, grade or -1."""
    who, framework, when, grade = zip(*rows, strict=True)
    return xr.Dataset(
        {
            "inspected_authority": ("inspection", list(who)),
            "publication": ("inspection", pd.to_datetime(list(when))),
            "inspection_start": ("inspection", pd.to_datetime([None] * len(rows))),
            "judgement_grade": (("inspection", "judgement"), np.array([grade]).T),
        },
        coords={
            "inspection": list(range(len(rows))),
            "framework": ("inspection", list(framework)),
            "judgement": ["overall"],
        },
    )


def test_steps_are_counted_between_consecutive_graded_inspections():
    steps = count_transitions(
        inspections(
            [
                ("A", "ILACS", "2022-01-01", 3),
                ("A", "SIF", "2015-01-01", 0),
                ("A", "ILACS", "2019-01-01", 2),
                ("B", "SIF", "2014-01-01", 0),
                ("B", "SIF", "2016-01-01", -1),
                ("B", "ILACS", "2018-01-01", 2),
                ("C", "ILACS", "2018-01-01", 1),
            ]
        )
    )

    found = steps[steps["steps"] > 0].to_numpy().tolist()
    assert found == [
        ["SIF", "ILACS", "Inadequate", "Good", 2],
        ["ILACS", "ILACS", "Good", "Outstanding", 1],
    ]
    assert len(steps) == 2 * 16
    assert set(steps["from_grade"]) == set(GRADES)


def test_every_step_of_the_record_is_counted_once(record):
    steps = count_transitions(record).groupby(["from_framework", "to_framework"])["steps"].sum()

    # 444 inspections, all graded, of 158 authorities
    assert steps.sum() == 444 - 158
    assert steps.to_dict() == {("SIF", "SIF"): 21, ("SIF", "ILACS"): 150, ("ILACS", "ILACS"): 115}


def test_breaks_of_definition_are_marked_where_the_series_changes(panel):
    series = np.array([["a", "b"], ["a", "a"], ["", "a"]])
    table = cells_by_series(panel.assign(series=(("indicator", "year"), series)))

    broken = table[table["broken"]]
    assert broken[["title", "year"]].to_numpy().tolist() == [[HOSTILE, 2025]]
    assert not cells_by_series(panel)["broken"].any()
    counts = table[["observed", "suppressed", "missing"]].sum(axis=1)
    assert (counts == panel.sizes["authority"]).all()


def test_fifths_begin_with_the_most_deprived(panel):
    scores = xr.concat([panel["deprivation"]], pd.Index([2025], name="vintage"))
    table = deprivation_table(panel.assign(deprivation_vintage=scores))

    assert table["fifth"].value_counts().sort_index().to_list() == [30, 31, 30, 31, 31]
    assert table.loc[table["score"].idxmax(), "fifth"] == 1
    assert deprivation_table(panel).empty


def test_maps_draw_areas_with_holes_and_islands():
    outer, inner = shapely.box(0, 50, 4, 54), shapely.box(1, 51, 2, 52)
    shapes = {"A": outer.difference(inner), "B": inner, "C": shapely.box(5, 50, 6, 51)}
    table = pd.DataFrame(
        {
            "authority": list("ABC"),
            "region": ["North", "London", "North"],
            "vintage": 2025,
            "fifth": [1, 3, 5],
        }
    )

    figure = draw_fifths(table, shapes, width="narrow")

    (country,) = figure.axes
    assert len(country.collections[0].get_paths()) == 3
    assert len(country.child_axes) == 1


def test_a_simulated_panel_gets_its_page_figures_and_tables(written):
    page = (written / "coverage.html").read_text("utf-8")
    body = page[page.index("<body>") :]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip()

    assert text.startswith("Simulated panel The authorities, their figures")
    assert "No map." in text
    assert "invented and lie nowhere" in text
    assert "Open Government Licence" not in text
    for name in ("coverage", "funnels", "funnel_authorities", "transitions"):
        assert len(pd.read_csv(written / f"{name}.csv")) > 0
    assert not (written / "deprivation.csv").exists()
    for name in ("coverage", "funnels_protection", "funnels_stability", "transitions"):
        for kind in ("svg", "png"):
            assert (written / "figures" / f"{name}.{kind}").stat().st_size > 5000
    assert "sw_caseload" not in set(pd.read_csv(written / "funnels.csv")["indicator"])


def test_the_page_loads_nothing_and_escapes_what_it_was_given(written):
    page = (written / "coverage.html").read_text("utf-8")

    assert HOSTILE not in page
    assert "&lt;script&gt;alert(" in page
    assert page.count("<script>") == 1
    sources = re.findall(r'(?:src|srcset)="([^"]{0,30})', page)
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert "<link" not in page


def test_the_page_of_a_real_panel_has_maps_and_names_the_licence(real_panel, published, tmp_path):
    few = real_panel.sel(indicator=["rereferral_12m", "sw_vacancy"])

    start = time.perf_counter()
    page = write_coverage_page(few, tmp_path, published).read_text("utf-8")

    assert time.perf_counter() - start < 60
    body = page[page.index("<body>") :]
    assert body.index("Real panel") < body.index("<h1>")
    assert "Open Government Licence v3.0" in body
    assert "No map." not in body
    assert (tmp_path / "figures" / "deprivation.png").is_file()
    assert len(pd.read_csv(tmp_path / "deprivation.csv")) == 3 * 153

    bare = write_coverage_page(few, tmp_path / "bare").read_text("utf-8")
    assert "No map." in bare
    assert "was not named" in bare


def test_dictionary_describes_every_column_that_is_written(panel, tmp_path):
    write_panel(panel, tmp_path)

    told = pd.read_csv(tmp_path / "data_dictionary.csv", keep_default_na=False)

    written = {
        (path.name, column)
        for path in tmp_path.glob("*.csv")
        if path.name != "data_dictionary.csv"
        for column in pd.read_csv(path, nrows=0).columns
    }
    assert set(zip(told["table"], told["column"], strict=True)) == written
    assert told["meaning"].str.endswith(".").all()
