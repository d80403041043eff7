"""The report's parts on plain regressions and on one slope for every grade."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.report.build import write_report
from analysis.report.one_slope import one_slope
from analysis.report.read import read_inputs
from analysis.report.regressions import regressions
from tests.report_inputs import write_inputs
from tests.report_regressions import links, summary
from tests.test_predictive import told


def slopes(observed):
    return pd.DataFrame(
        [
            {
                **{"estimand": estimand, "cut": cut, "slope": observed, "mean": 0.0},
                **{"lower": -0.4, "upper": 0.4, "probability": 0.3, "probability_mcse": 0.01},
            }
            for estimand in ("concordance", "adjusted")
            for cut in ("above Inadequate", "last less first")
        ]
    )


def gradients():
    return pd.DataFrame(
        [
            {
                **{"framework": "ILACS", "quantity": "slope", "mean": -0.2, "lower": -0.35},
                **{"upper": -0.05, "mcse": 0.001, "readings": 268},
            }
        ]
    )


def test_slopes_that_exclude_zero_are_counted_before_and_after_pooling():
    found = regressions(SimpleNamespace(indicator_links=links(), baselines=summary()))

    assert "have a correlation of 0.30 (0.10 to 0.50)" in found["told"][0]["text"]
    assert "Of 3 indicators, 2 have a slope" in found["told"][0]["text"]
    assert "and 1 when the slopes are pooled" in found["told"][1]["text"]
    assert len(found["links"].rows) == 6


def test_a_regression_that_did_not_converge_has_no_number():
    found = regressions(
        SimpleNamespace(indicator_links=links(), baselines=summary("R-hat of slope is 1.2"))
    )

    assert "not converged (R-hat of slope is 1.2), so no number" in found["told"][0]["text"]
    row = found["summary"].rows[1]
    assert [row[3].text, row[4].text] == ["Did not converge", "–"]


@pytest.mark.parametrize(
    ("observed", "said"), [(0.1, "do not speak against"), (0.9, "speak against a single slope")]
)
def test_the_report_says_whether_one_slope_serves(observed, said):
    evidence = SimpleNamespace(estimands=SimpleNamespace(findings=lambda: {"concordance": None}))
    found = one_slope(SimpleNamespace(proportional_odds=slopes(observed), evidence=evidence))

    assert [one["label"] for one in found["told"]] == ["As they stand"]
    assert said in found["told"][0]["text"]


def test_the_parts_stand_in_a_report_that_has_their_tables(tmp_path):
    folder = write_inputs(tmp_path / "run", authorities=12, indicators=5)
    bare = write_report(folder).read_text("utf-8")
    for name, table in (
        ("indicator_links", links()),
        ("baselines", summary()),
        ("proportional_odds", slopes(0.1)),
        ("deprivation_gradients", gradients()),
        ("predictive", told()),
    ):
        table.to_csv(folder / "tables" / f"{name}.csv", index=False)
    assert read_inputs(folder).baselines is not None
    page = write_report(folder).read_text("utf-8")

    assert "−0.20 (−0.35 to −0.05)" in page
    assert "What plain regressions say" in page
    assert "What plain regressions say" not in bare
    assert "Whether one slope serves every grade" in page
    assert "After the inspection, given what came before it" in page
    assert "After the inspection, given what came before it" not in bare
    assert "Whether one slope serves every grade" not in bare
