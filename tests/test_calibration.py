"""Simulation-based calibration of the engines, and the tests of uniformity themselves.

The short form ranks a dozen true values of the composite. The long form (slow) takes each
structure and both engines; it writes rank histograms, ECDFs with simultaneous bands, ranks and
tables into the folder that EFFECTIVENESS_CALIBRATION names, or pytest's own temporary folder,
and prints where. EFFECTIVENESS_REPLICATES changes the number of replicates. What was found
stands in docs/calibration.md.
"""

import os
from dataclasses import replace
from pathlib import Path

import arviz_stats.ecdf_utils as arviz_ecdf
import numpy as np
import pandas as pd
import pytest

from analysis.evidence.uniformity import (
    bins_for,
    chi_square_p_value,
    ecdf_p_value,
    holm,
    reference,
    uniformity,
)
from analysis.plots.saving import render
from models.spec import SamplerSpec
from tests.calibration.calibrate import DRAWS, calibrate
from tests.calibration.cases import CASES, shape
from tests.calibration.draw_ranks import draw_rank_ecdfs, draw_rank_histograms
from tests.calibration.engines import Collapsed
from tests.calibration.together import outside_p_value

REPLICATES = {"composite": 200, "one_factor": 200}
SHORT = SamplerSpec(chains=2, tune=300, draws=300, cores=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    named = os.environ.get("EFFECTIVENESS_CALIBRATION", "")
    return Path(named) if named else tmp_path_factory.mktemp("calibration")


def ranks_of(values, name="rho"):
    return pd.DataFrame({"quantity": name, "rank": np.asarray(values, dtype=np.int64)})


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_true_values_rank_uniformly(case, folder):
    replicates = int(os.environ.get("EFFECTIVENESS_REPLICATES", REPLICATES.get(case.name, 50)))

    found = calibrate(case, replicates)

    found.save(folder)
    kept = found.ranks[found.ranks["converged"]]
    for kind, draw in (("histograms", draw_rank_histograms), ("ecdf", draw_rank_ecdfs)):
        title = f"{case.name}: ranks of true values"
        (folder / f"{case.name}_{kind}.png").write_bytes(render(draw(kept, DRAWS), "png", title))
    print(f"{found.summary}\nWritten: {folder}")  # noqa: T201
    assert found.summary["failed"] <= 0.1 * replicates
    if case.exact:
        # Adjusted for the number of quantities: a sound engine fails one run in a hundred. Of
        # all cases together, as many quantities outside their bands: again one in a hundred.
        assert found.summary["adjusted_p"] > 0.01, found.table.head()
        assert found.summary["together_p"] > 0.001, found.table.head(15)


class Overconfident(Collapsed):
    """The collapsed engine, told that sampling variances are a quarter of what they are."""

    def fit(self, data, sampler):
        measured = data.inputs.measurements
        narrow = replace(measured, variance=0.25 * measured.variance)
        return super().fit(
            replace(data, inputs=replace(data.inputs, measurements=narrow)), sampler
        )


@pytest.mark.slow
def test_an_engine_that_underrates_the_noise_is_found_out():
    found = calibrate(CASES["composite"], 50, make=Overconfident)

    print(found.table.head())  # noqa: T201
    assert found.summary["adjusted_p"] < 0.01


@pytest.fixture(scope="module")
def short():
    return calibrate(CASES["composite"], 12, samplers=(SHORT,))


def test_a_dozen_true_values_of_the_composite_rank_uniformly(short):
    table = uniformity(short.ranks, DRAWS)

    assert table.loc["rho", "replicates"] == 12
    assert table["adjusted"].min() > 0.01
    # The mean of 43 variances about 1, each of 12 normal scores with standard error 0.4;
    # quantities of one replicate go together, which leaves about a quarter of that.
    assert table["spread"].mean() == pytest.approx(1.0, abs=0.35)


def test_the_same_dozen_is_told_from_posteriors_half_as_wide(short):
    """The check above can fail: ranks as they were if intervals were too narrow by half."""
    share = (short.ranks["rank"] + 0.5) / (DRAWS + 1)
    from_middle = np.clip(2.0 * (share - 0.5), -0.499, 0.499)
    narrow = short.ranks.assign(rank=np.floor((from_middle + 0.5) * (DRAWS + 1)).astype(int))

    table = uniformity(narrow, DRAWS)

    assert table["adjusted"].min() < 0.01
    assert table["spread"].mean() > 1.35


@pytest.mark.parametrize("replicates", [12, 50, 200])
def test_p_values_of_uniform_ranks_are_uniform(replicates):
    rng = np.random.default_rng(1)
    sets = rng.integers(0, DRAWS + 1, (400, replicates))

    # Two bins of a dozen ranks have too few outcomes for the chi-square approximation.
    tests = (ecdf_p_value, chi_square_p_value)[: 1 if replicates < 50 else 2]
    for p_value in tests:
        p = np.array([p_value(ranks, DRAWS) for ranks in sets])
        # 400 sets: three standard errors of a share of 0.1 are 0.045; counts are discrete, so
        # the share may be smaller.
        assert np.mean(p < 0.1) < 0.145
        assert np.mean(p < 0.5) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize(
    ("fault", "column", "direction"),
    [
        (lambda u: u**1.5, "bias", -1),
        (lambda u: u ** (1 / 1.5), "bias", 1),
        (lambda u: 0.5 + 0.6 * (u - 0.5), "spread", -1),
        (lambda u: 0.5 + 0.5 * np.sign(u - 0.5) * np.abs(2 * u - 1) ** 0.5, "spread", 1),
    ],
    ids=["truths low", "truths high", "too wide", "too narrow"],
)
def test_ranks_that_lean_or_spread_are_found_and_named(fault, column, direction):
    u = np.random.default_rng(2).uniform(size=200)
    ranks = np.floor(fault(u) * (DRAWS + 1)).astype(int)

    row = uniformity(ranks_of(ranks), DRAWS).iloc[0]

    assert row["adjusted"] < 0.01
    assert row["outside"]
    assert np.sign(row[column] - (1.0 if column == "spread" else 0.0)) == direction


def test_quantities_that_go_together_are_outside_together():
    """One uniform rank counted ten times: being outside ten times over is a twentieth's chance."""
    rng = np.random.default_rng(5)
    rank = np.floor(((np.arange(100) + 0.5) / 100) ** 1.45 * (DRAWS + 1)).astype(int)
    assert 0.005 < ecdf_p_value(rank, DRAWS) < 0.05
    copies = pd.concat(
        ranks_of(rank, f"copy {number}").assign(replicate=np.arange(100)) for number in range(10)
    )
    apart = pd.concat(
        ranks_of(rng.permutation(rank), f"own {number}").assign(replicate=np.arange(100))
        for number in range(10)
    )

    assert outside_p_value(copies, DRAWS) == pytest.approx(0.05, abs=0.025)
    assert outside_p_value(apart, DRAWS) < 0.002


def test_bands_agree_with_those_of_arviz_for_continuous_values():
    points, _, lower, upper = arviz_ecdf.ecdf_pit(
        np.random.default_rng(3).uniform(size=100), 0.95, 2000
    )

    known = reference(100, 99)

    inner = slice(1, -1)
    assert points[inner] == pytest.approx(np.arange(1, 100) / 100)
    # ArviZ's band has the nominal coverage pointwise by simulation of 2,000: within two counts.
    assert known.lower / 100 == pytest.approx(lower[inner], abs=0.021)
    assert known.upper / 100 == pytest.approx(upper[inner], abs=0.021)


def test_p_values_are_adjusted_by_holms_steps():
    # 0.01 x 3, max(0.03, 0.02 x 2), max(0.04, 0.5)
    assert holm(np.array([0.02, 0.5, 0.01])) == pytest.approx([0.04, 0.5, 0.03])


def test_bins_divide_the_ranks_and_expect_five_or_more():
    assert bins_for(200, DRAWS) == 20
    assert bins_for(50, DRAWS) == 10
    assert bins_for(12, DRAWS) == 2


def test_small_denominators_are_where_counts_are_hidden():
    inputs, counts = shape(CASES["joint_hidden"])
    whole, _ = shape(CASES["composite"])

    first = counts.denominator[0][counts.observed[0]]
    assert np.median(first) < 60
    assert (counts.observed == (whole.measurements.observed > 0)).all()
    assert inputs.measurements.y.shape == whole.measurements.y.shape == (6, 2, 39)
