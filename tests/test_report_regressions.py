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

pytestmark = pytest.mark.usefixtures("figures_drawn_once")


def slopes(probability):
    cuts = {
        "above Inadequate": (0.2, -2.5),
        "above Requires improvement": (0.5, 1.6),
        "above Good": (0.6, 0.6),
        "last less first": (0.3, None),
        "all cutpoints": (6.4, None),
    }
    return pd.DataFrame(
        [
            {
                **{"estimand": estimand, "cut": cut, "slope": slope, "mean": 0.4},
                **{"lower": 0.1, "upper": 0.8, "probability_mcse": 0.006},
                **{"probability": probability, "departure": departure},
            }
            for estimand in ("concordance", "adjusted")
            for cut, (slope, departure) in cuts.items()
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
    assert "excludes zero, by themselves and pooled in part" in found["told"][0]["text"]
    assert "looking at many: process 2 and 1 of 3." in found["told"][1]["text"]
    assert len(found["links"].rows) == 6


def test_the_only_indicator_of_an_aspect_is_said_not_to_be_pooled():
    table = links()
    alone = table["title"] == "One"
    table.loc[alone, "aspect"] = "workforce"
    table.loc[alone, [name for name in table if name.startswith("pooled_")]] = float("nan")

    found = regressions(SimpleNamespace(indicator_links=table, baselines=summary()))

    said = "workforce 1 of 1 (the only one: not pooled); process 1 and 0 of 2."
    assert said in found["told"][0]["text"]
    cells = [row[5].text for row in found["links"].rows if row[0].text == "One"]
    assert cells == ["Not pooled: the only one"] * 2


def test_a_regression_that_did_not_converge_has_no_number():
    found = regressions(
        SimpleNamespace(indicator_links=links(), baselines=summary("R-hat of slope is 1.2"))
    )

    assert "not converged (R-hat of slope is 1.2), so no number" in found["told"][0]["text"]
    row = found["summary"].rows[1]
    assert [row[3].text, row[4].text] == ["Did not converge", "–"]


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.3, "do not speak against a single slope: of grades drawn from the model itself, 30%"),
        (0.04, "data speak against a single slope: of grades drawn from the model itself, 4%"),
    ],
)
def test_the_report_says_whether_one_slope_serves(probability, said):
    evidence = SimpleNamespace(findings=lambda: {"concordance": None})
    found = one_slope(SimpleNamespace(proportional_odds=slopes(probability), evidence=evidence))

    assert [one["label"] for one in found["told"]] == ["As they stand"]
    assert said in found["told"][0]["text"]
    assert "Inadequate the slope is flatter than the common one" in found["told"][0]["text"]
    parted = "parts Inadequate from the better grades less well than ρ says"
    assert (parted in found["told"][0]["text"]) is (probability < 0.05)


def test_the_parts_stand_in_a_report_that_has_their_tables(tmp_path):
    folder = write_inputs(tmp_path / "run", authorities=12, indicators=5)
    bare = write_report(folder).read_text("utf-8")
    for name, table in (
        ("indicator_links", links()),
        ("baselines", summary()),
        ("proportional_odds", slopes(0.3)),
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
