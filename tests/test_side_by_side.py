"""Runs side by side: what differs, what each found, and which may not be compared."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from analysis.files.read_table import ReportError
from analysis.side_by_side.agreement import (
    View,
    agreement,
    correlation_of_draws,
    correlation_of_means,
)
from analysis.side_by_side.build import write_comparison
from analysis.side_by_side.configurations import differing_keys, flattened
from analysis.side_by_side.sides import read_sides
from tests.report_inputs import HOSTILE, write_inputs
from tests.test_report import Page

NAMED = "title = {!r}\n[panel]\nindicators = {}\n[model]\nfactors = 4\n"


def change(folder, alter):
    """Change a run's evidence."""
    path = folder / "evidence.json"
    evidence = json.loads(path.read_text("utf-8"))
    alter(evidence)
    path.write_text(json.dumps(evidence), "utf-8")


def move(folder, by):
    """Move every authority's effectiveness in the table and in the draws."""
    path = folder / "tables" / "authorities.csv"
    table = pd.read_csv(path, keep_default_na=False)
    for end in ("", "_lower", "_upper"):
        table[f"effectiveness{end}"] += np.tile(by, 2)
    table.to_csv(path, index=False)
    for estimand in ("concordance", "adjusted"):
        file = folder / "fits" / f"composite-{estimand}-independent.nc"
        with xr.open_datatree(file, engine="h5netcdf") as stored:
            posterior = stored["posterior"].to_dataset().load()
        posterior["effectiveness"] = posterior["effectiveness"] + by
        xr.DataTree.from_dict({"posterior": posterior}).to_netcdf(file, engine="h5netcdf")


def two_runs(root, **second):
    """Write two runs on the same authorities."""
    folders = [root / "whole", root / "outcomes"]
    for folder, more in zip(folders, ({}, second), strict=True):
        write_inputs(folder, authorities=12, indicators=3, **more)
    folders[0].joinpath("run.toml").write_text(NAMED.format("Both", '["performance"]'), "utf-8")
    folders[1].joinpath("run.toml").write_text(
        NAMED.format("<i>One</i>", '["performance", "workforce"]'), "utf-8"
    )
    change(folders[1], lambda one: one["estimands"]["adjusted"]["rho"].update(mean=0.21))
    return folders


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    folders = two_runs(root, refused=("concordance",))
    move(folders[1], np.eye(12)[7] * 2.5)
    write_comparison(folders, root / "page")
    return root / "page"


@pytest.fixture(scope="module")
def page(compared):
    return Page((compared / "comparison.html").read_text("utf-8"))


def test_only_the_keys_that_differ_are_listed(tmp_path):
    sides = read_sides(two_runs(tmp_path))

    assert differing_keys(sides) == {"panel.indicators": ["performance", "performance, workforce"]}
    assert flattened({"a": {"b": {"c": True}}, "d": []}) == {"a.b.c": "yes", "d": "none"}


def test_links_stand_side_by_side_with_their_intervals(page):
    assert "At equal deprivation: A, ρ = 0.16 (−0.01 to 0.33), not enough to tell" in page.text
    assert (
        "B, ρ = 0.21 (−0.01 to 0.33), not enough to tell. The verdicts are the same" in page.text
    )
    assert "3.4 times for no link (3.1 to 3.8)" in page.text
    assert "−6.3 (SE 3.1)" in page.text


def test_nothing_is_shown_of_what_is_refused(page):
    assert "B, no verdict, since the computation cannot be relied on" in page.text
    assert page.text.count("Not compared: at least one of the two has no verdict") == 1
    assert len(page.all("img")) == 3  # links, A against B, and A's two estimands


def test_the_authority_that_moved_most_comes_first_with_intervals_of_both_ranks(compared):
    table = pd.read_csv(compared / "tables" / "authorities.csv")
    between = table[(table["first"] == "whole") & (table["second"] == "outcomes")]

    assert between["authority"].iloc[0] == "E90000007"
    assert between["shift"].iloc[0] == pytest.approx(2.5)
    assert between["apart"].iloc[0]
    assert not between["apart"].iloc[1:].any()
    assert {"rank_lower_first", "rank_upper_first", "rank_lower_second"} <= set(between)


def test_every_column_is_in_the_data_dictionary(compared):
    told = pd.read_csv(compared / "tables" / "data_dictionary.csv")

    for name in ("authorities", "links"):
        columns = list(pd.read_csv(compared / "tables" / f"{name}.csv"))
        assert told[told["table"] == name]["column"].tolist() == columns
    assert told["meaning"].str.len().min() > 8


def test_the_page_loads_nothing_and_shows_names_as_text(page):
    assert len(page.all("script")) == 1
    assert "<i>One</i>" in page.text
    assert HOSTILE in page.text
    assert all(one["src"].startswith("data:") for one in page.all("img"))
    there = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    assert {one["href"][1:] for one in page.all("a") if one["href"].startswith("#")} <= there


# Correlations


def test_two_readings_of_the_same_draws_correlate_wholly(tmp_path):
    side, _ = read_sides(two_runs(tmp_path))
    found = agreement(View(side, "adjusted"), View(side, "adjusted"))

    assert found.correlation == pytest.approx(1.0)
    assert (found.table["shift"] == 0).all()
    assert not found.table["apart"].any()


def test_the_jackknife_gives_the_spread_over_repeated_sampling():
    random = np.random.default_rng(20260101)
    truth = random.normal(size=(2, 40))
    truth[1] = 0.8 * truth[0] + 0.6 * truth[1]
    found = []
    for _ in range(100):
        one, two = truth[:, None, None] + random.normal(0, 4.0, (2, 4, 400, 40))
        found.append(correlation_of_means(one, two))
    values, errors = np.array(found).T

    # 100 repetitions: the relative error of a standard deviation is 7%, thrice is 21%
    assert errors.mean() == pytest.approx(values.std(), rel=0.21)


def test_drawn_correlations_of_independent_posteriors_are_diluted_by_their_spread():
    random = np.random.default_rng(20260101)
    truth = random.normal(size=4000)
    one, two = truth + random.normal(0, 0.5, (2, 2, 50, 4000))
    mean, lower, upper = correlation_of_draws(one, two, 0.95)

    # both share variance 1 and have 0.25 of their own: 1 / 1.25
    assert mean == pytest.approx(0.8, abs=0.02)
    assert lower < mean < upper


def test_draws_that_share_random_numbers_are_paired_as_if_they_did_not():
    random = np.random.default_rng(20260101)
    truth, noise = random.normal(size=2000), random.normal(0, 1.0, (2, 50, 2000))
    mean, _, _ = correlation_of_draws(truth + noise, truth + noise, 0.95)

    # variance 1 in common and 1 of their own: 1 / 2
    assert mean == pytest.approx(0.5, abs=0.05)


# What is refused


@pytest.fixture
def runs(tmp_path):
    return two_runs(tmp_path)


def simulated_apart(folders):
    path = folders[1] / "tables" / "authorities.csv"
    path.write_text(path.read_text("utf-8").replace("Eastbrook 4", "Westbrook 4"), "utf-8")


def without_common_authorities(folders):
    path = folders[1] / "tables" / "authorities.csv"
    path.write_text(path.read_text("utf-8").replace(",E9", ",W9"), "utf-8")


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (
            lambda runs: change(runs[1], lambda one: one["settings"].update(interval=0.9)),
            "intervals have probabilities 0.95 and 0.9",
        ),
        (
            lambda runs: change(runs[1], lambda one: one["panel"].update(simulated=False)),
            "whole is simulated, and the other is not",
        ),
        (
            lambda runs: change(runs[1], lambda one: one["truth"].update(rho=0.5)),
            "simulated with different links",
        ),
        (simulated_apart, "E90000004 is 'Eastbrook 4' in one and 'Westbrook 4' in the other"),
        (without_common_authorities, "no authority is in both"),
        (lambda runs: runs.pop(), "1 runs: a comparison takes 2 to 6"),
        (lambda runs: runs.__setitem__(1, runs[0]), "they are the same run"),
        (lambda runs: (runs[1] / "evidence.json").unlink(), "evidence.json: no such file"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused_before_anything_is_written(
    runs, tmp_path, alter, message
):
    alter(runs)

    with pytest.raises(ReportError, match=message):
        write_comparison(runs, tmp_path / "page")

    assert not (tmp_path / "page").exists()
