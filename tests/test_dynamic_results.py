"""What a dynamic run writes: its tables, page and record, from findings set down by hand."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from analysis.dynamic import weigh, words
from analysis.dynamic.curves import information
from analysis.dynamic.page import write_paths_page
from analysis.dynamic.record import (
    DynamicEvidence,
    DynamicFinding,
    DynamicSettings,
    LagLink,
    LinkSigns,
    PathQuantity,
)
from analysis.dynamic.tables import DICTIONARY, path_tables
from analysis.evidence import bayes_factor
from analysis.evidence.convergence import Convergence
from analysis.evidence.curves import Curves, quadrature
from analysis.evidence.groups import groups_of
from analysis.record import schema
from analysis.record.verdict import IntervalNull, judge
from analysis.settings.config import RunConfig
from data.simulate import simulate_panel
from models.dynamic.inputs import prepare_dynamic
from models.dynamic.spec import DynamicSpec
from models.priors import link_density

KAPPA = 2.0


@pytest.fixture(scope="module")
def panel():
    return simulate_panel(indicators=("cla_dental", "sw_agency"), years=(2023, 2024), seed=3)


@pytest.fixture(scope="module")
def inputs(panel):
    return prepare_dynamic(panel, DynamicSpec())


@pytest.fixture(scope="module")
def curves():
    """Likelihoods of β that are normal about 0.3 and 0.5, with standard deviations of 0.1."""
    nodes, weights = quadrature((-0.5, 0.0, 0.5))
    centre = np.array([[0.3, 0.5], [0.5, 0.3]])[..., None]
    logs = -0.5 * ((nodes - centre) / 0.1) ** 2
    at_zero = -0.5 * (centre[..., 0] / 0.1) ** 2
    return Curves(nodes, weights, logs, at_zero, np.full((2, 2), 50.0))


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(5)
    shape = (2, 400)
    names = ("factor_persistence", "own_persistence", "quality_persistence", "factor_share")
    drawn = {name: (("chain", "draw"), rng.uniform(0.4, 0.9, shape)) for name in names}
    drawn["quality_link"] = (("chain", "draw"), rng.normal(0.5, 0.08, shape))
    drawn["rho"] = (("chain", "draw"), 0.8 * drawn["quality_link"][1])
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset(drawn)})
    tree.attrs = {"seconds": 12.0}
    return tree


def lag_link(lag, converged, mean=0.4):
    return LagLink(
        group="all",
        indicators=2,
        lag=lag,
        mean=mean,
        lower=0.3,
        upper=0.5,
        mcse=0.002,
        probability=1.0,
        rhat=1.0,
        ess_bulk=900.0,
        converged=converged,
    )


def evidence_of(lags, fit, curves, inspections):
    quantities = tuple(
        PathQuantity(name=name, framework=framework, mean=0.6, lower=0.4, upper=0.8, mcse=0.01)
        for name, framework in (
            ("reliability", ""),
            ("quality_after_year", ""),
            ("quality_after_three", ""),
            ("quality_half_life", ""),
            ("drift", "ILACS"),
        )
    )
    rho = weigh.summarise_link(fit)
    factor = schema.BayesFactor(
        value=-9.0, mcse=0.1, method="savage_dickey", ceiling=2.0, ceiling_mcse=0.05
    )
    finding = DynamicFinding(
        converged=True,
        reasons=(),
        rho=rho,
        quantities=quantities,
        log_bf_independent_linked=factor,
        savage_dickey=schema.LogFactor(value=-9.0, mcse=0.1),
        signs=weigh._signs(curves, KAPPA),
        quality_link_widths=weigh._widths(curves, KAPPA),
        lags=lags,
        whole_less_given=weigh._difference(rho, lags),
        verdict=judge(
            *(-9.0, 0.1, rho.mean, rho.lower, rho.upper, 0.95),
            IntervalNull(0.1, KAPPA, -9.0),
            2.0,
        ),
    )
    return DynamicEvidence(
        panel=schema.PanelFacts(
            simulated=True,
            authorities=153,
            judged=150,
            indicators=2,
            years=(2023, 2024),
            release="2025",
            title="",
        ),
        inspections=inspections,
        truth=None,
        settings=DynamicSettings(
            interval=0.95,
            rope=0.1,
            structure="dynamic",
            factors=1,
            deprivation="imd",
            link_prior=KAPPA,
            suppression="interval",
        ),
        estimands={"adjusted": finding},
    )


def tables_of(evidence, fit, inputs):
    measures = pd.DataFrame({"rhat": [1.0], "ess_bulk": [900.0], "ess_tail": [800.0]})
    gate = Convergence(True, (), measures, 0)
    return path_tables(evidence, {"adjusted": fit}, {"adjusted": gate}, inputs)


def test_information_is_what_the_posterior_has_beyond_the_prior(fit):
    variance = float(fit["posterior"]["quality_link"].var())

    assert information(fit, KAPPA) == pytest.approx(1.0 / variance - 5.0)
    assert information(fit, KAPPA, 1.0) < information(fit, KAPPA) < information(fit, KAPPA, -1.0)
    # A posterior as wide as its prior has told nothing.
    assert information(fit, 1.0 / variance) == 0.0


def test_the_ceiling_has_the_error_of_the_spread_that_it_rests_on(fit, curves):
    error = weigh._ceiling_error(fit, curves, KAPPA)
    # Far below the prior's width the ceiling moves as the logarithm of the spread does.
    link = fit["posterior"]["quality_link"].values
    assert error == pytest.approx(1.0 / np.sqrt(2.0 * link.size), rel=0.3)


def test_other_widths_are_said_of_the_link_of_which_they_are(curves):
    widths = {row.concentration: row for row in weigh._widths(curves, KAPPA)}
    own = bayes_factor.savage_dickey(curves, KAPPA)
    # Of a flat prior the posterior is the mean of the four curves.
    assert widths[1.0].quality_link_mean == pytest.approx(
        _mean_under(curves, fitted=KAPPA, other=1.0), abs=1e-6
    )
    assert widths[KAPPA].value == pytest.approx(own.value)
    assert not any("rho" in name for name in type(widths[1.0]).model_fields)


def _mean_under(curves, fitted, other):
    """Reweight the four curves on a fine grid."""
    grid = np.linspace(-1.0, 1.0, 20_001)
    total, moment = 0.0, 0.0
    for centre in (0.3, 0.5, 0.5, 0.3):
        curve = np.exp(-0.5 * ((grid - centre) / 0.1) ** 2)
        curve = curve / (curve * link_density(grid, fitted)).sum()
        total += (curve * link_density(grid, other)).sum()
        moment += (curve * link_density(grid, other) * grid).sum()
    return moment / total


def test_evidence_against_rests_on_the_interval_null_of_the_paths_link(curves):
    null = weigh._null(curves, KAPPA, 0.1)

    assert (null.symbol, null.rope) == ("β", 0.1)
    # The four curves are centred three and five of their standard deviations from 0.
    assert null.value < -2.0


def test_signs_of_the_link_are_weighed_and_no_interval_about_zero(curves):
    signs = weigh._signs(curves, KAPPA)

    assert set(LinkSigns.model_fields) == {
        "positive_unrestricted",
        "positive_negative",
        "none_positive",
    }
    assert signs.positive_unrestricted.value == pytest.approx(np.log(2.0), abs=0.002)
    assert signs.positive_negative.value > 5.0


def test_the_whole_fit_is_compared_with_no_sweep_that_did_not_converge(fit):
    rho = weigh.summarise_link(fit)

    assert weigh._difference(rho, (lag_link(0.0, False),)) is None
    apart, error = weigh._difference(rho, (lag_link(0.0, True, mean=0.38),))
    assert apart == pytest.approx(rho.mean - 0.38)
    assert error == pytest.approx(np.hypot(rho.mcse, 0.002))


def test_a_lag_that_did_not_converge_stands_in_the_table_without_numbers(fit, curves, inputs):
    evidence = evidence_of(
        (lag_link(-1.0, False), lag_link(0.0, True)), fit, curves, {"ILACS": 268}
    )
    lags = tables_of(evidence, fit, inputs)["lags"].set_index("lag")

    assert lags["converged"].tolist() == [False, True]
    assert lags.loc[-1.0, ["mean", "lower", "upper", "mcse", "probability"]].isna().all()
    assert lags.loc[0.0, "mean"] == 0.4
    assert words.converged_lags(lags.reset_index())["lag"].tolist() == [0.0]
    told = words.describe_lags(words.converged_lags(lags.reset_index())).alternative
    assert "at inspection: 0.40 (0.30 to 0.50)" in told


def test_every_column_has_a_meaning_and_no_meaning_is_without_a_column(fit, curves, inputs):
    evidence = evidence_of((lag_link(0.0, True),), fit, curves, {"ILACS": 268})
    tables = tables_of(evidence, fit, inputs)
    columns = {str(column) for table in tables.values() for column in table.columns}

    assert not {name for name in columns if name not in DICTIONARY}
    assert not {name for name, said in DICTIONARY.items() if said == name.replace("_", " ")}
    assert (tables["fading"]["mcse"] >= 0.0).all()
    fades = tables["fading"].set_index(["path", "years_later"])
    assert fades.loc[("quality", 0.0), "mean"] == pytest.approx(1.0)
    assert fades.loc[("quality", 3.0), "mcse"] > 0.0


def test_the_page_says_what_did_not_converge_and_nothing_of_a_framework_that_is_not_there(
    tmp_path, fit, curves, panel, inputs
):
    evidence = evidence_of((lag_link(0.0, False),), fit, curves, {"ILACS": 268})
    tables = tables_of(evidence, fit, inputs)
    (tmp_path / "provenance.json").write_text(
        json.dumps({"seed": 1, "code_version": "0", "created": "2026-01-01"}), "utf-8"
    )
    spec = DynamicSpec()
    config = RunConfig(dynamic=spec)
    page = write_paths_page(tmp_path, config, spec, evidence, tables, panel).read_text("utf-8")

    assert "Did not converge" in page
    assert not (tmp_path / "figures" / "lags.svg").exists()
    assert (tmp_path / "figures" / "fading.svg").is_file()
    assert "SIF" not in page.split('id="reading"')[1].split("</section>")[0]
    assert "they count twice" in page


def test_a_record_reads_back_the_same_though_errors_of_so_few_draws_are_not_known(fit, curves):
    evidence = evidence_of((lag_link(0.0, True),), fit, curves, {"ILACS": 268})

    widths = evidence.estimands["adjusted"].quality_link_widths
    assert np.isnan(widths[0].mcse)
    assert DynamicEvidence.model_validate_json(evidence.to_json()).to_json() == evidence.to_json()


def test_groups_keep_the_weights_declared_within_them():
    sets = {"one": ("process",), "two": ("process", "outcomes"), "three": ("workforce",)}
    groups = groups_of(["one", "two", "three"], sets, np.array([0.5, 2.5, 0.0]))

    assert list(groups) == ["all", "outcomes", "process"]
    np.testing.assert_array_equal(groups["process"], [0.5, 2.5, 0.0])
    np.testing.assert_array_equal(groups["outcomes"], [0.0, 2.5, 0.0])
