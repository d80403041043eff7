"""The estimand ``predictive``: years parted, likelihood, and a known coefficient recovered."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytensor
import pytest
import xarray as xr
from scipy.stats import multivariate_normal

from analysis.evidence import predictive
from analysis.evidence.convergence import Convergence
from analysis.evidence.groups import groups_of
from analysis.evidence.predictive import COLUMNS, parts_of, predict, tabulate
from analysis.report.around import after_inspection
from data.panel import PanelError
from data.simulate import simulate_panel
from data.simulate_inspections import SimulatedTruth
from models.inputs import declared_weights, prepare
from models.predictive.build import integrated
from models.predictive.fit import fit_parted
from models.predictive.periods import periods
from models.spec import InspectionSpec, ModelSpec, SamplerSpec
from tests.fitted import small_panel

YEARS = (2021, 2022, 2023, 2024, 2025)


def dated(panel, starts):
    """Give the first authority these inspections, the others theirs of 2023."""
    start = np.full(panel.sizes["inspection"], np.datetime64("2022-10-03", "ns"))
    who = panel.inspected_authority.values.copy()
    who[: len(starts)] = panel.authority.values[0]
    start[: len(starts)] = np.array(starts, dtype="datetime64[ns]")
    return panel.assign(
        inspected_authority=("inspection", who),
        inspection_start=("inspection", start),
        publication=("inspection", start + np.timedelta64(60, "D")),
    )


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(
        SimulatedTruth(), indicators=("cla_dental", "sw_agency"), years=YEARS, seed=3
    )


def test_the_inspection_with_the_most_even_years_parts_them(panel):
    # Of the years to March 2022, 2024 and 2025: 1, 3 and 4 before, 3, 1 and 0 after.
    starts = ["2021-06-01", "2023-06-01", "2024-06-01"]
    parted = periods(dated(panel, starts), InspectionSpec())

    # The first two are as even as each other; the later one is taken.
    assert parted.inspection[0] == panel.inspection.values[1]
    assert parted.before[0, :, 0].tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert parted.after[0, :, 0].tolist() == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_the_year_of_the_inspection_is_on_neither_side(panel):
    parted = periods(dated(panel, []), InspectionSpec())

    there = parted.grade >= 0
    assert parted.before[0][:, there].sum(axis=1).tolist() == [there.sum()] * 2 + [0] * 3
    assert parted.after[0][:, there].sum(axis=1).tolist() == [0] * 3 + [there.sum()] * 2


def test_staff_counted_in_september_after_the_label_part_by_that_day(panel):
    # The year about 30 September 2022 holds the inspection of October 2022; the figures of 2023
    # come after it, and would have been those of its year if they were of the year to March.
    staff = periods(dated(panel, []), InspectionSpec())

    there = staff.grade >= 0
    assert staff.before[1][:, there].sum(axis=1).tolist() == [there.sum()] + [0] * 4
    assert staff.after[1][:, there].sum(axis=1).tolist() == [0] * 2 + [there.sum()] * 3


def test_the_judgement_is_a_rising_score_of_unit_variance(panel):
    parted = periods(dated(panel, []), InspectionSpec())

    there = parted.grade >= 0
    assert parted.judgement[there].mean() == pytest.approx(0.0, abs=1e-12)
    assert parted.judgement[there].std() == pytest.approx(1.0)
    by_grade = [parted.judgement[parted.grade == grade].mean() for grade in range(4)]
    assert np.all(np.diff(by_grade) > 0)


def test_a_panel_whose_years_all_come_after_is_refused(panel):
    with pytest.raises(PanelError, match=r"0 authorities have figures before and after"):
        periods(dated(panel, []).sel(year=[2024, 2025]), InspectionSpec())


def test_the_likelihood_is_that_of_the_normal_written_out():
    rng = np.random.default_rng(1)
    years, own, change, beta = 5, 0.6, 0.3, 0.8
    before = np.zeros((1, years, 3))
    after = np.zeros_like(before)
    before[0, :2], after[0, 3:] = 1.0, 1.0
    # One authority lacks a cell; another has nothing before.
    after[0, 3, 1] = 0.0
    before[0, :, 2] = 0.0
    centre, anew = rng.normal(size=(2, 2, 3))
    onto = rng.normal(size=(2, 2, 3))
    onto[0, :, 2] = 0.0
    error, variance = rng.normal(size=(2, years, 3)), rng.uniform(0.1, 0.5, (2, years, 3))
    before, after = np.repeat(before, 2, axis=0), np.repeat(after, 2, axis=0)
    tensor = pytensor.tensor.as_tensor
    found = integrated(
        *(tensor(one) for one in (error, variance)),
        (before, after),
        (tensor(centre), tensor(anew)),
        tensor(np.full((2, 1), beta)),
        tuple(tensor(np.full((2, 1), one)) for one in (own, change)),
        (tensor(onto[0]), tensor(onto[1])),
        3,
    ).eval(mode="FAST_COMPILE")

    for i in range(3):
        sides = np.concatenate([np.stack([before[k, :, i], after[k, :, i]], 1) for k in (0, 1)])
        enters = np.flatnonzero(sides.sum(axis=1))
        which = np.zeros((2 * years, 4))
        which[:years, :2], which[years:, 2:] = sides[:years], sides[years:]
        which = which[enters]
        lasting = np.kron(
            np.eye(2), np.array([[own, beta * own], [beta * own, beta**2 * own + change]])
        )
        rows = np.stack([onto[0], onto[1]], axis=1).reshape(4, 3)
        lasting = lasting + rows @ rows.T
        mean = np.ravel([[centre[k, i], beta * centre[k, i] + anew[k, i]] for k in (0, 1)])
        noise = np.diag(variance[:, :, i].ravel()[enters])
        normal = multivariate_normal(which @ mean, which @ lasting @ which.T + noise)
        assert found[i] == pytest.approx(normal.logpdf(error[:, :, i].ravel()[enters]))


SPEC = ModelSpec(factors=1)


def simulated(coefficient, rng):
    """Draw indicators from the model, the judgement going with those before as well."""
    names = ("rereferral_12m", "cla_dental", "cl_eet_17_18", "cl_eet_19_21", "sw_agency")
    panel = simulate_panel(SimulatedTruth(), indicators=names, years=YEARS, seed=4)
    inputs, parted = prepare(panel, SPEC), periods(panel, SPEC.inspection)
    seen = inputs.measurements
    k, years, n = seen.y.shape
    s, factor, later = parted.judgement, rng.normal(size=n), rng.normal(size=n)
    before = 0.4 * s + 0.5 * factor + 0.6 * rng.normal(size=(k, n))
    after = 0.7 * before + coefficient * s + 0.3 * later + 0.4 * rng.normal(size=(k, n))
    lasting = np.where(parted.after > 0, after[:, None], before[:, None])
    noise = np.sqrt(0.3**2 + seen.variance) * rng.normal(size=(k, years, n))
    y = (lasting + noise) * seen.observed
    # Effectiveness after: five effects of this variance and covariance, weighted alike.
    total = 0.28 + coefficient
    variance = total**2 + 0.35**2 + 0.42**2 + 0.3**2 + 0.4**2
    covariance = total**2 + 0.35**2 + 0.3**2
    true = k * coefficient / np.sqrt(k * variance + k * (k - 1) * covariance)
    return replace(inputs, measurements=replace(seen, y=y)), parted, true


@pytest.mark.slow
@pytest.mark.parametrize("coefficient", [0.0, 0.25])
def test_a_known_coefficient_is_recovered(coefficient):
    rng = np.random.default_rng(int(100 * coefficient) + 1)
    inputs, parted, true = simulated(coefficient, rng)
    sampler = SamplerSpec(chains=2, tune=500, draws=500, seed=1)
    drawn = fit_parted(inputs, parted, SPEC, sampler)

    found = drawn["effectiveness_given_before"]
    assert not drawn["diverging"].any()
    assert abs(float(found.mean()) - true) < 3.0 * float(found.std())
    # Without the years before, the judgement would seem to matter where it does not.
    assert float(drawn["effectiveness_before"].mean()) > 0.3
    assert float(found.std()) < 0.12
    for name, known in (("persistence", 0.7), ("before", 0.4), ("after", coefficient)):
        error = (drawn[name].mean(("chain", "draw")) - known) / drawn[name].std(("chain", "draw"))
        assert float(abs(error).max()) < 3.5


def test_the_small_panel_has_years_on_one_side_only():
    with pytest.raises(PanelError, match=r"Add years"):
        periods(small_panel().isel(year=[0]), InspectionSpec())


def drawn_about(centre, indicators):
    """Draws about a coefficient of effectiveness."""
    rng = np.random.default_rng(1)
    names = ("before", "after", "persistence")
    whole = ("effectiveness_before", "effectiveness_after", "effectiveness_given_before")
    return xr.Dataset(
        {
            name: (("chain", "draw"), centre + 0.05 * rng.normal(size=(2, 400)))
            for name in (*whole, "carried_over")
        }
        | {"diverging": (("chain", "draw"), np.zeros((2, 400), dtype=bool))}
        | {
            name: (
                ("chain", "draw", "indicator"),
                0.1 * rng.normal(size=(2, 400, len(indicators))),
            )
            for name in names
        },
        coords={"indicator": list(indicators)},
    )


def told(reasons=(), centre=0.3, group="all"):
    """Tabulate draws about a coefficient of effectiveness."""
    titles = {"one": "First", "two": "Second"}
    gate = Convergence(not reasons, tuple(reasons), pd.DataFrame(), 0)
    parted = SimpleNamespace(both=np.ones(99, dtype=bool))
    return tabulate(drawn_about(centre, titles), gate, parted, titles, 0.95, group)


def test_the_table_has_effectiveness_first_and_a_row_an_indicator_and_coefficient():
    table = told()

    assert tuple(table.columns) == COLUMNS
    assert len(table) == 4 + 3 * 2
    given = table.set_index("quantity").loc["effectiveness_given_before"]
    assert given["mean"] == pytest.approx(0.3, abs=0.02)
    assert (given["probability"], given["authorities"]) == (1.0, 99)


def test_the_report_says_plainly_what_the_coefficient_holds():
    found = after_inspection(told())

    assert "Over 99 authorities" in found["told"]
    assert "they turn out better where it was higher" in found["told"]
    assert "intervention, turnover of staff, changed thresholds" in found["caveat"]
    assert len(found["table"].rows) == 4 + 2
    assert "The interval holds zero" in after_inspection(told(centre=0.0))["told"]


def test_a_predictive_fit_that_did_not_converge_has_no_number():
    found = after_inspection(told(("3 divergent transitions",)))

    assert (
        found["told"] == "The fit did not converge (3 divergent transitions), so no number is "
        "shown."
    )
    assert found["table"] is None
    assert told(("3 divergent transitions",))["mean"].isna().all()


def by_group(panel, weights="equal"):
    sets = {"cla_dental": ("process",), "sw_agency": ("workforce",), "sw_vacancy": ("workforce",)}
    names = panel.indicator.values.tolist()
    return groups_of(names, sets, declared_weights(panel, weights))


@pytest.fixture(scope="module")
def staffed():
    names = ("cla_dental", "sw_agency", "sw_vacancy")
    return simulate_panel(SimulatedTruth(), indicators=names, years=YEARS, seed=3)


def every_authority(*_):
    return SimpleNamespace(both=np.ones(99, dtype=bool))


def test_every_group_is_fitted_as_a_run_with_its_indicators_alone(staffed, monkeypatch):
    asked = []

    def fit(panel, parted, spec, sampler, report):
        names = panel.indicator.values.tolist()
        asked.append((names, spec.factors, spec.weights, spec.challenger))
        return drawn_about(0.3, names)

    monkeypatch.setattr(predictive, "fit_parted", fit)
    monkeypatch.setattr(predictive, "periods", every_authority)
    weights = {"cla_dental": 1.0, "sw_agency": 3.0, "sw_vacancy": 0.0}
    spec = ModelSpec(factors=2, weights=weights)
    parts = parts_of(staffed, spec, by_group(staffed, weights))
    table = predict(parts, SamplerSpec(), 0.95, prepare=lambda panel, _: panel)

    assert [one[0] for one in asked] == [
        staffed.indicator.values.tolist(),
        ["cla_dental"],
        ["sw_agency"],
    ]
    assert asked[0][1:] == (2, weights, spec.challenger)
    assert asked[2][1] == 1
    assert set(asked[2][2]) == {"sw_agency"}
    assert asked[2][3] == "none"
    assert table.groupby("group", sort=False).size().to_dict() == {
        **{"all": 4 + 3 * 3, "process": 4},
        "workforce": 4,
    }
    assert table.groupby("group")["indicators"].first()["workforce"] == 1


def test_a_group_that_is_all_indicators_is_not_fitted_twice(staffed, monkeypatch):
    workforce = staffed.sel(indicator=["sw_agency", "sw_vacancy"])
    monkeypatch.setattr(
        predictive,
        "fit_parted",
        lambda panel, *_: drawn_about(0.3, panel.indicator.values.tolist()),
    )
    monkeypatch.setattr(predictive, "periods", every_authority)
    parts = parts_of(workforce, SPEC, by_group(workforce))
    table = predict(parts, SamplerSpec(), 0.95, prepare=lambda panel, _: panel)

    assert set(table["group"]) == {"all"}


def test_a_group_without_figures_on_both_sides_is_refused_before_any_fit(staffed):
    parts_of(dated(staffed, []), SPEC, by_group(staffed))
    late = dated(staffed, []).sel(year=[2022, 2023, 2024])
    with pytest.raises(PanelError, match=r"0 authorities have figures before and after"):
        parts_of(late.sel(year=[2023, 2024]), SPEC, by_group(staffed))


def test_the_report_sets_the_groups_side_by_side():
    table = pd.concat(
        [told(), told(centre=0.1, group="workforce"), told(("R-hat",), group="process")]
    )
    found = after_inspection(table)

    rows = [[cell.text for cell in row] for row in found["groups"].rows]
    assert [row[0] for row in rows] == ["All indicators (2)", "Workforce (2)", "Process (2)"]
    assert rows[1][1].startswith("0.10 (")
    assert rows[2][1] == "Not converged"
    assert after_inspection(told())["groups"] is None
