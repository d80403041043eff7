"""Ranks, percentiles and pairs, against what can be worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from analysis.evidence.rank_uncertainty import authority_table, pair_table, standings
from analysis.files.spreadsheet import write_csv
from analysis.settings.config import RunConfig
from analysis.tables.run_tables import run_pairs


def fit_of(draws):
    """Put draws of effectiveness, (chain, draw, authority), in the form of a fit."""
    codes = [f"E{place}" for place in range(draws.shape[-1])]
    posterior = xr.Dataset(
        {"effectiveness": (("chain", "draw", "authority"), draws)}, coords={"authority": codes}
    )
    size = len(codes)
    known = xr.Dataset(
        {
            "authority_name": ("authority", codes),
            "region": ("authority", ["London"] * size),
            "grade": ("authority", np.arange(size) % 4),
            "judged": ("authority", np.ones(size)),
            "inspection_date": ("authority", np.full(size, "2024-05-01", "datetime64[ns]")),
            "cells": ("authority", np.full(size, 90)),
        }
    )
    return xr.DataTree.from_dict({"posterior": posterior, "constant_data": known})


@pytest.fixture(scope="module")
def normal():
    """Independent normals of unit variance, whose pairs have known probabilities."""
    centre = np.array([0.0, 4.0, 0.5, -0.5, -4.0])
    rng = np.random.default_rng(5)
    return centre, fit_of(centre + rng.standard_normal((4, 2000, 5)))


def test_pairs_have_the_probabilities_of_normals(normal):
    centre, fit = normal

    pairs = pair_table(fit)

    first, second = (centre[pairs[name].str[1:].astype(int)] for name in ("authority", "other"))
    known = norm.cdf((first - second) / np.sqrt(2.0))
    assert len(pairs) == 10
    assert (first > second).all()
    assert (np.abs(pairs["probability"] - known) < 4.0 * pairs["probability_mcse"]).all()
    # Independent draws: the error is that of 8,000 trials, give or take that of the ESS.
    binomial = np.sqrt(known * (1.0 - known) / 8000)
    unsure = np.asarray(known < 0.99)
    assert pairs["probability_mcse"].to_numpy()[unsure] == pytest.approx(
        binomial[unsure], rel=0.15
    )


def test_ranks_and_percentiles_come_with_intervals_and_errors(normal):
    centre, fit = normal

    table = authority_table(fit, 0.2, 0.95).set_index("authority")

    assert table["rank_optimal"].to_dict() == {"E0": 3, "E1": 1, "E2": 2, "E3": 4, "E4": 5}
    assert table["percentile_optimal"].to_dict() == pytest.approx(
        {"E0": 50.0, "E1": 500 / 6, "E2": 400 / 6, "E3": 200 / 6, "E4": 100 / 6}
    )
    for name in ("rank", "percentile"):
        inside = table[[f"{name}_lower", name, f"{name}_upper"]].to_numpy()
        # The mean of a rank that is nearly always 1 or 5 lies outside of its central interval.
        assert (np.diff(inside[[0, 2, 3]], axis=1) > 0).all()
        assert (table[f"{name}_mcse"] > 0).all()
    # The expected rank is one and the probabilities of those above it.
    ahead = norm.cdf((centre[:, None] - centre[None, :]) / np.sqrt(2.0)).sum(axis=0) + 0.5
    assert (np.abs(table["rank"] - ahead) < 4.0 * table["rank_mcse"]).all()
    assert table["probability_top"].idxmax() == "E1"
    assert table["probability_bottom"].idxmax() == "E4"
    assert (table["probability_top_mcse"] > 0).all()


def test_the_best_ranks_are_those_of_mean_ranks_not_of_mean_effectiveness():
    # E0 is ahead of both others in two draws of three; one wild draw takes its mean below.
    draws = np.array([[1.0, 0.5, 0.0], [1.0, 0.5, 0.0], [-9.0, 0.5, 0.0]])

    table = authority_table(fit_of(np.tile(draws, (2, 40, 1))), 0.3, 0.9).set_index("authority")

    assert table["effectiveness"].idxmax() == "E1"
    assert table["rank"].tolist() == pytest.approx([5 / 3, 5 / 3, 8 / 3])
    assert table["rank_optimal"].tolist() == [1, 2, 3]


def test_only_those_are_told_from_the_median_whose_interval_excludes_it(normal):
    _, fit = normal

    told = standings(fit, 0.95)
    table = authority_table(fit, 0.2, 0.95)

    assert (told.above_median, told.below_median) == (1, 1)
    assert table["against_median"].tolist() == ["", "above", "", "", "below"]
    assert told.pairs == 10
    # E1 and E4 from all others; the three between differ by at most one deviation.
    assert told.pairs_apart == 7
    assert 0.0 <= told.expected_wrong < 0.05
    assert told.pairs_expected_wrong == pytest.approx(
        np.sum(norm.sf(np.array([4.0, 3.5, 4.5, 4.0, 4.5, 3.5, 8.0]) / np.sqrt(2.0))), abs=0.01
    )


def test_authorities_that_are_alike_are_not_told_apart():
    draws = np.random.default_rng(8).standard_normal((4, 500, 40))

    told = standings(fit_of(draws), 0.95)

    assert told.above_median + told.below_median == 0
    assert told.pairs_apart == 0
    assert told.rank_width == pytest.approx(39, abs=1)


def test_pairs_are_written_when_asked_for_and_compressed(normal, tmp_path):
    _, fit = normal
    fits = {f"composite-{name}-independent": fit for name in ("concordance", "adjusted")}
    estimands = {
        "concordance": SimpleNamespace(converged=False),
        "adjusted": SimpleNamespace(converged=True),
    }
    evidence = SimpleNamespace(
        settings=SimpleNamespace(structure="composite"), estimands=estimands
    )

    write_csv(run_pairs(fits, evidence), tmp_path / "pairs.csv.gz")

    found = pd.read_csv(tmp_path / "pairs.csv.gz")
    assert found["probability"].to_numpy() == pytest.approx(pair_table(fit)["probability"])
    assert set(found["estimand"]) == {"adjusted"}
    assert not RunConfig().evidence.pairs
