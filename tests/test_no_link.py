"""Counts by judgement beside replicates without a link: against the hypergeometric law."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import fisher_exact, hypergeom

from analysis.evidence.no_link import reference, replicate_grades
from analysis.evidence.ranks import Bands, decile_table, inadequate_ratio, top_by_judgement
from analysis.pages.captions import describe_deciles, describe_top_share, side_of
from analysis.record.evidence import Evidence
from analysis.record.schema import BandCount
from tests.report_evidence import evidence_of

# As in England: Inadequate, Requires improvement, Good, Outstanding; 15 of 153 at the top.
GRADES = np.repeat([0, 1, 2, 3], [19, 31, 67, 36])


def fit_of(effectiveness, grade, predictor=None):
    """An ``independent`` fit whose draws of effectiveness are given, (draw, authority)."""
    drawn = np.asarray(effectiveness, dtype=float)[None]
    judged = grade >= 0
    predictor = np.zeros(grade.size) if predictor is None else predictor
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(
                {
                    "effectiveness": (("chain", "draw", "authority"), drawn),
                    "judgement_predictor": (
                        ("chain", "draw", "authority"),
                        np.broadcast_to(predictor, drawn.shape),
                    ),
                }
            ),
            "constant_data": xr.Dataset(
                {
                    "grade": ("authority", np.where(judged, grade, 0)),
                    "judged": ("authority", judged.astype(float)),
                }
            ),
        }
    )


def shuffled(seed):
    return np.random.default_rng(seed).permutation(GRADES)


def test_replicates_have_as_many_of_each_grade_and_none_where_there_is_none():
    grade = np.concatenate([shuffled(1), [-1, -1]])
    fit = fit_of(np.zeros((2, grade.size)), grade)
    found = replicate_grades(fit, grade, 0, replicates=50)

    assert (found[:, -2:] == -1).all()
    assert all((np.bincount(row[:-2]) == [19, 31, 67, 36]).all() for row in found)
    assert (replicate_grades(fit, grade, 0, replicates=50) == found).all()
    assert (found[0] != found[1]).any()


@pytest.mark.parametrize("top", [0, 2, 5])
def test_a_known_order_gives_the_hypergeometric_law_and_fishers_test(top):
    """One draw of effectiveness and nothing else: so many Inadequate among the first 15."""
    grade = np.concatenate([np.zeros(top, int), np.full(15 - top, 2)])
    rest = [19 - top, 31, 67 - (15 - top), 36]
    grade = np.concatenate([grade, np.repeat([0, 1, 2, 3], rest)])
    bands = Bands.of(fit_of(-np.arange(153.0)[None], grade), 0.1, 0.95, 0)
    law = hypergeom(153, 19, 15)
    row = decile_table(bands).set_index(["judgement", "band"]).loc[("Inadequate", "top")]

    assert row["mean"] == top
    assert row["independent"] == pytest.approx(law.mean(), abs=0.1)
    assert (row["no_link_lower"], row["no_link_upper"]) == law.interval(0.95)
    exact = min(1.0, 2.0 * min(law.cdf(top), law.sf(top - 1)))
    error = row["no_link_probability_mcse"]
    assert row["no_link_probability"] == pytest.approx(exact, abs=4 * error)
    # Fisher's exact test adds what is as unlikely on the other side in the place of doubling.
    fisher = fisher_exact([[top, 15 - top], [19 - top, 119 + top]])[1]
    assert (row["no_link_probability"] < 0.05) == (fisher < 0.05)


def test_what_acts_on_judgements_beside_a_link_is_kept():
    """Deprivation that goes with both makes the top of no link fuller, and is no evidence."""
    rng = np.random.default_rng(2)
    pull = rng.normal(size=153)
    effectiveness = pull + 0.3 * rng.normal(size=(40, 153))
    grade = np.empty(153, dtype=int)
    grade[np.argsort(2.0 * pull + rng.normal(size=153))] = GRADES
    plain = decile_table(Bands.of(fit_of(effectiveness, grade), 0.1, 0.95, 0))
    held = decile_table(Bands.of(fit_of(effectiveness, grade, 2.0 * pull), 0.1, 0.95, 0))
    at = [("Outstanding", "top"), ("Inadequate", "bottom")]
    plain, held = (one.set_index(["judgement", "band"]).loc[at] for one in (plain, held))

    assert (plain["mean"] > plain["no_link_upper"]).all()
    assert (plain["no_link_probability"] < 0.01).all()
    assert (held["mean"] <= held["no_link_upper"]).all()
    assert (held["independent"] > plain["independent"] + 2.0).all()


def test_without_a_link_one_count_in_twenty_lies_beyond():
    """Certain effectiveness is discrete, so it is drawn with error: 30 panels of 8 counts."""
    rng = np.random.default_rng(3)
    centre = rng.normal(size=153)
    fits = (
        fit_of(centre + 0.5 * rng.normal(size=(20, 153)), rng.permutation(GRADES))
        for _ in range(30)
    )
    tables = [decile_table(Bands.of(fit, 0.1, 0.95, 0)) for fit in fits]
    ends = [table[table["band"] != "middle"] for table in tables]
    beyond = np.mean(
        [
            (one["mean"] < one["no_link_lower"]) | (one["mean"] > one["no_link_upper"])
            for one in ends
        ]
    )

    assert 0.01 <= beyond <= 0.09


def test_the_ratio_and_the_shares_are_set_beside_the_same_replicates():
    rng = np.random.default_rng(4)
    bands = Bands.of(fit_of(rng.normal(size=(50, 153)), shuffled(5)), 0.1, 0.95, 0)
    ratio, top = inadequate_ratio(bands), top_by_judgement(bands).set_index("judgement")
    table = decile_table(bands).set_index(["judgement", "band"])

    assert ratio["no_link_lower"] <= 1.2
    assert ratio["no_link_upper"] >= 0.8
    assert ratio["no_link_probability"] > 0.05
    for name, size in (("Inadequate", 19), ("Good", 67)):
        cell = table.loc[(name, "top")]
        assert top.loc[name, "probability"] == pytest.approx(cell["mean"] / size)
        assert top.loc[name, "no_link_upper"] == pytest.approx(cell["no_link_upper"] / size)
        assert top.loc[name, "no_link_probability"] == cell["no_link_probability"]


def test_a_reference_counts_both_sides_with_an_error_that_is_never_zero():
    found = reference(3.0, np.arange(100.0), 0.9)

    assert found["no_link_probability"] == pytest.approx(2 * 4 / 100)
    assert found["no_link_lower"] == pytest.approx(4.95)
    assert reference(-1.0, np.arange(100.0), 0.9)["no_link_probability_mcse"] > 0.0


def test_the_report_counts_what_lies_beyond_the_replicates_and_not_beyond_the_interval():
    record = evidence_of(False, (), False)
    for one in record["estimands"].values():
        for row in one["decile_table"]:
            # The interval of who is in the band leaves out the count expected ...
            row |= {"mean": 5.0, "lower": 4.9, "upper": 5.1, "independent": 4.0}
            # ... and replicates without a link reach it, but for one grade at the top.
            far = (row["judgement"], row["band"]) == ("Outstanding", "top")
            row |= {"no_link_lower": 1.0, "no_link_upper": 4.5 if far else 8.0}
            row |= {"no_link_probability": 0.01, "no_link_probability_mcse": 0.002}
        for row in one["top_decile_by_judgement"]:
            row |= {"no_link_lower": 0.0, "no_link_upper": 0.9}
    evidence = Evidence.model_validate(record)
    findings = evidence.findings()

    told = describe_deciles(findings, evidence)
    assert "2 of 16 counts lie beyond replicates without a link" in told.title
    assert "0.8 would by chance" in told.alternative
    tops = describe_top_share(findings, evidence)
    assert "No grade is in the top 10% more or less often" in tops.title
    assert "clearly" not in f"{told}{tops}"


def test_a_record_without_replicates_compares_nothing():
    record = evidence_of(False, (), False)
    for one in record["estimands"].values():
        for name in ("decile_table", "top_decile_by_judgement"):
            one[name] = [
                {key: value for key, value in row.items() if not key.startswith("no_link")}
                for row in one[name]
            ]
    evidence = Evidence.model_validate(record)
    findings = evidence.findings()

    assert side_of(5.0, findings["adjusted"].decile_table[0]) is None
    assert "no link" not in describe_deciles(findings, evidence).title
    assert isinstance(findings["adjusted"].decile_table[0], BandCount)
