"""The written dynamic model against a dense normal of every path, and its curves of β."""

import numpy as np
import pytensor
import pytest
import xarray as xr
from pytensor.compile.mode import Mode
from scipy.stats import multivariate_normal

from analysis.dynamic.curves import judgements_at, path_curves
from data.simulate import simulate_panel
from models.dynamic.build import build_dynamic
from models.dynamic.fit import CompiledDynamic
from models.dynamic.inputs import prepare_dynamic
from models.dynamic.judged import followed, judgement_data
from models.dynamic.spec import DynamicSpec
from models.dynamic.summary import quantities

INDICATORS = ("rereferral_12m", "cla_dental", "cl_eet_17_18")
FACTOR, OWN, ACROSS = 0.8, 0.85, 0.7
LOADING, OWN_SD, YEAR_SD = np.array([0.3, 0.5, 0.2]), np.array([0.7, 0.6, 0.8]), 0.3
LAG = 0.4


@pytest.fixture(scope="module")
def inputs():
    panel = simulate_panel(indicators=INDICATORS, years=(2022, 2023, 2024), seed=11)
    names = np.full((3, 3), "old", dtype="<U3")
    names[0, 2] = "new"
    return prepare_dynamic(panel.assign(series=(("indicator", "year"), names)), DynamicSpec())


@pytest.fixture(scope="module")
def point(inputs):
    rng = np.random.default_rng(1)
    frameworks = len(inputs.judgements.frameworks)
    return {
        "level": rng.normal(0.0, 0.1, 9),
        "own_sd_signed": OWN_SD * [1.0, -1.0, 1.0],
        "year_sd_signed": np.array([YEAR_SD, YEAR_SD, -YEAR_SD]),
        "loading": LOADING[:, None],
        "deprivation_slope": rng.normal(0.0, 0.2, 3),
        "factor_persistence": FACTOR,
        "own_persistence": OWN,
        "across_break": ACROSS,
        "reliability": 0.6,
        "link_share": 0.75,
        "first_cutpoint": np.full(frameworks, -1.2),
        "cutpoint_gap": np.tile([1.0, 1.2], (frameworks, 1)),
        "quality_persistence": 0.7,
        "drift": np.full(frameworks, 0.1),
        "judgement_deprivation": np.full(frameworks, -0.2),
        "reading_share": rng.uniform(0.1, 0.9, len(followed(inputs))),
    }


@pytest.fixture(scope="module")
def written(inputs, point):
    model = build_dynamic(DynamicSpec(), "adjusted", inputs, lag=LAG)
    evaluate = pytensor.function(
        model.model.free_RVs,
        [model.likelihood, model.mean, model.covariance, model.judged],
        mode=Mode(linker="py", optimizer="fast_compile"),
        on_unused_input="ignore",
    )
    values = [np.asarray(point[one.name], dtype=float) for one in model.model.free_RVs]
    return evaluate(*values)


@pytest.mark.parametrize("i", [0, 7, 100])
def test_moments_of_effectiveness_are_those_of_a_dense_normal(inputs, point, written, i):
    cells, judged = inputs.cells, inputs.judgements
    rows = np.flatnonzero(judged.authority == i)
    dates = judged.when[rows] + LAG
    times = np.concatenate([np.arange(len(cells.years)), dates])
    at = np.clip(np.rint(times), 0, len(cells.years) - 1).astype(int)
    apart = np.abs(times[:, None] - times)
    blocks = []
    for k in range(3):
        crossed = np.abs(cells.regime[k, at][:, None] - cells.regime[k, at])
        blocks.append(OWN_SD[k] ** 2 * OWN**apart * ACROSS**crossed)
    weight = 1.0 / np.sqrt(LOADING**2 + OWN_SD**2)
    total = (weight @ LOADING) ** 2 + (weight**2 * OWN_SD**2).sum()
    weight = weight / np.sqrt(total)
    seen = [(k, t) for k, t in np.ndindex(cells.observed.shape[:2]) if cells.observed[k, t, i]]
    places = list(range(len(cells.years), times.size))
    effect = np.array(
        [
            [
                LOADING[k] * LOADING[m] * FACTOR ** apart[t, s] + (k == m) * blocks[k][t, s]
                for m, s in seen
            ]
            for k, t in seen
        ]
    )
    onto = np.array(
        [
            [
                (weight @ LOADING) * LOADING[k] * FACTOR ** apart[j, t]
                + weight[k] * blocks[k][j, t]
                for k, t in seen
            ]
            for j in places
        ]
    )
    prior = np.array(
        [
            [
                (weight @ LOADING) ** 2 * FACTOR ** apart[j, n]
                + sum(weight[k] ** 2 * blocks[k][j, n] for k in range(3))
                for n in places
            ]
            for j in places
        ]
    )
    noise = [YEAR_SD**2 + cells.variance[k, t, i] for k, t in seen]
    covariance = effect + np.diag(noise)
    level = np.zeros(cells.observed.shape[:2])
    level[cells.observed.any(axis=2)] = point["level"]
    error = np.array(
        [
            cells.y[k, t, i]
            - level[k, t]
            - point["deprivation_slope"][k] * inputs.deprivation[t, i]
            for k, t in seen
        ]
    )
    gain = np.linalg.solve(covariance, onto.T).T
    likelihood, mean, spread, _ = written

    assert len(rows) >= 1
    assert likelihood[i] == pytest.approx(multivariate_normal.logpdf(error, cov=covariance))
    np.testing.assert_allclose(mean[: len(rows), i], gain @ error, atol=1e-9)
    np.testing.assert_allclose(
        spread[: len(rows), : len(rows), i], prior - gain @ onto.T, atol=1e-9
    )
    np.testing.assert_allclose(np.diag(prior), 1.0)


def curve_at(inputs, point, shares, links, written):
    cutpoints = np.cumsum(
        np.column_stack([point["first_cutpoint"], point["cutpoint_gap"]]), axis=1
    )
    one = xr.Dataset(
        {
            **{name: point[name] for name in ("reliability", "quality_persistence")},
            "reading_share": ("followed", shares),
            "drift": ("framework", point["drift"]),
            "judgement_deprivation": ("framework", point["judgement_deprivation"]),
            "cutpoints": (("framework", "cutpoint"), cutpoints),
        }
    )
    return judgements_at(one, judgement_data(inputs, True), written[1], written[2], links)


def test_curve_at_the_drawn_link_is_the_model_s_own_likelihood(inputs, point, written):
    curve = curve_at(inputs, point, point["reading_share"], np.array([0.5, 0.0]), written)

    assert curve[0] == pytest.approx(written[3].sum())
    assert curve[1] != pytest.approx(curve[0])


def test_curves_of_a_fit_are_those_of_each_of_its_draws(inputs, point):
    """Two chains of one draw, the second with another reliability, loading and link."""
    other = {"reliability": 0.5, "link_share": 0.6, "loading": 0.5 * point["loading"]}
    both = [point, {**point, **other}]
    compiled = CompiledDynamic(DynamicSpec(), inputs)
    model = compiled.written.model
    dims = model.named_vars_to_dims
    drawn = xr.Dataset(
        {
            one.name: (
                ("chain", "draw", *dims.get(one.name, ())),
                np.stack([np.asarray(draw[one.name], dtype=float)[None] for draw in both]),
            )
            for one in model.free_RVs
        }
    ).assign_coords(chain=[0, 1], draw=[0])
    drawn = drawn.assign({name: abs(drawn[f"{name}_signed"]) for name in ("own_sd", "year_sd")})
    found = quantities(drawn, inputs.cells.weight)
    fit = xr.DataTree.from_dict({"posterior": found.merge(drawn), "unnamed": xr.Dataset()})
    fit.attrs = {"estimand": "adjusted"}
    curves = path_curves(compiled, fit, inputs, 0.1)

    for chain, draw in enumerate(both):
        moments = compiled.effectiveness(drawn.isel(chain=[chain]), inputs, "adjusted")
        mean, spread = moments[0][0], moments[1][0]
        expected = curve_at(
            inputs, draw, draw["reading_share"], np.append(curves.nodes, 0.0), (0, mean, spread)
        )
        np.testing.assert_allclose(curves.log_likelihood[chain, 0], expected[:-1])
        assert curves.at_zero[chain, 0] == pytest.approx(expected[-1])
    assert np.abs(curves.log_likelihood[0] - curves.log_likelihood[1]).max() > 1.0


def test_shares_average_to_the_probability_of_an_authority_s_grades(inputs, point, written):
    """Two inspections: the mean over shares is the normal's probability of their rectangle."""
    judged, mean, spread = inputs.judgements, written[1], written[2]
    authority = int(judged.authority[followed(inputs)][3])
    rows = np.flatnonzero(judged.authority == authority)
    r, link = point["reliability"], 2.0 * point["link_share"] - 1.0
    apart = np.abs(np.subtract.outer(judged.when[rows], judged.when[rows]))
    covariance = r * (
        link**2 * spread[:, :, authority] + (1.0 - link**2) * point["quality_persistence"] ** apart
    ) + (1.0 - r) * np.eye(2)
    data = judgement_data(inputs, True)
    centre = np.sqrt(r) * link * mean[:, authority] + (
        0.1 * judged.years[rows] - 0.2 * data["deprivation_then"][:, authority]
    )
    edges = np.array([-8.0, -1.2, -0.2, 1.0, 8.0])
    grade = judged.grade[rows]
    normal = multivariate_normal(centre, covariance)
    expected = normal.cdf(edges[grade + 1], lower_limit=edges[grade])
    nodes, weights = np.polynomial.legendre.leggauss(40)
    found = 0.0
    blank = {
        name: np.zeros_like(values) if name == "used" else values for name, values in data.items()
    }
    blank["used"][:, authority] = 1.0
    place = int(np.flatnonzero(followed(inputs) == rows[0])[0])
    cutpoints = np.cumsum(
        np.column_stack([point["first_cutpoint"], point["cutpoint_gap"]]), axis=1
    )
    for node, weight in zip(nodes, weights, strict=True):
        shares = point["reading_share"].copy()
        shares[place] = 0.5 * (1.0 + node)
        one = xr.Dataset(
            {
                **{name: point[name] for name in ("reliability", "quality_persistence")},
                "reading_share": ("followed", shares),
                "drift": ("framework", point["drift"]),
                "judgement_deprivation": ("framework", point["judgement_deprivation"]),
                "cutpoints": (("framework", "cutpoint"), cutpoints),
            }
        )
        log = judgements_at(one, blank, mean, spread, np.array([link]))[0]
        found += 0.5 * weight * np.exp(log)

    assert found == pytest.approx(expected, rel=1e-4)
