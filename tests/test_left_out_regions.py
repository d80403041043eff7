"""Scores of regions left out whole, put together by hand; and what conditioning flatters."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from analysis.evidence.left_out_regions import compare_regions, region_scores


def fit_with(scores):
    group = xr.Dataset(
        {
            "judgement": ("region", np.array(scores)),
            "judgement_mcse": ("region", np.full(3, 0.2)),
            "judgement_rhat": ("region", np.full(3, 1.01)),
            "everything": ("region", np.array(scores) - 900.0),
            "everything_mcse": ("region", np.full(3, 0.3)),
            "everything_rhat": ("region", np.full(3, 1.02)),
            "authorities": ("region", np.array([12, 33, 9])),
        },
        coords={"region": ["North East", "London", "East Midlands"]},
    )
    return xr.DataTree.from_dict({"left_out_region": group})


def test_models_are_compared_over_the_regions_that_both_have():
    fits = {
        "linked": fit_with([-12.0, -40.0, np.nan]),
        "independent": fit_with([-13.0, -44.0, -8.0]),
        "none of them": xr.DataTree(),
    }

    by_region = region_scores(fits)
    table = compare_regions(by_region).set_index("model")

    assert len(by_region) == 6
    assert table.index.tolist() == ["linked", "independent"]
    assert table["regions"].tolist() == [2, 2]
    assert table["elpd"].tolist() == [-52.0, -57.0]
    assert table.loc["independent", "difference"] == -5.0
    # Differences of -1 and -4: a sum of two with variance 4.5 each.
    assert table.loc["independent", "difference_se"] == pytest.approx(3.0)
    known = by_region.dropna()
    assert known["indicators_elpd"].tolist() == pytest.approx([-900.0] * 5)
    assert known["indicators_elpd_mcse"].tolist() == pytest.approx([np.hypot(0.2, 0.3)] * 5)
    assert table["mcse"].to_numpy() == pytest.approx(0.2 * np.sqrt(2))


def test_without_such_refits_there_is_nothing_to_compare():
    assert compare_regions(region_scores({"linked": xr.DataTree()})).empty
    assert isinstance(compare_regions(pd.DataFrame()), pd.DataFrame)
