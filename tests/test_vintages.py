"""Deprivation of 2015 and 2019 on the authorities of April 2023."""

import numpy as np
import pytest

from data import vintages
from data.geography import current_authorities
from data.panel import PanelError
from data.sheets import read_sheet
from data.vintages import FILES, read_vintage, vintage_of_year

RECODED = {"E10000002", "E10000023", "E10000027"}
SPLIT_LATER = {"E06000061", "E06000062", "E06000063", "E06000064"}


@pytest.mark.parametrize(
    ("vintage", "direct", "inherited"),
    [(2019, 146, SPLIT_LATER), (2015, 144, SPLIT_LATER | {"E06000058", "E06000059"})],
)
def test_what_is_not_direct_is_as_the_guide_says(published, vintage, direct, inherited):
    scores, joins = read_vintage(published, vintage)

    assert len(scores) == 153
    assert scores.notna().all(axis=None)
    assert 153 - len(joins) == direct
    assert {join.code for join in joins if join.action == "recoded"} == RECODED
    assert {join.code for join in joins if join.action == "inherited"} == inherited
    assert all(join.reason and join.years == (vintage,) for join in joins)


def test_direct_authority_takes_its_published_score(published):
    assert read_vintage(published, 2019)[0].loc["E06000001"].to_list() == [35.037, 0.283]
    assert read_vintage(published, 2015)[0].loc["E06000001"].to_list() == [33.178, 0.307]


def test_a_part_takes_the_score_of_the_whole_and_a_merger_the_mean(published):
    newer, older = read_vintage(published, 2019)[0], read_vintage(published, 2015)[0]
    table = read_sheet(
        published, FILES[2015], "IMD", [vintages._CODES[2015], "IMD - Average score"]
    ).set_index(vintages._CODES[2015])["IMD - Average score"]

    assert newer.loc["E06000063"].equals(newer.loc["E06000064"])
    assert older.loc["E06000059", "imd"] == table["E10000009"]
    assert older.loc["E06000058", "imd"] == pytest.approx(
        (table["E06000028"] + table["E06000029"]) / 2
    )


def test_each_year_takes_the_vintage_whose_data_are_nearest():
    assert {year: vintage_of_year(year) for year in (2011, 2014, 2015, 2019, 2020, 2025)} == {
        2011: 2015,
        2014: 2015,
        2015: 2019,
        2019: 2019,
        2020: 2025,
        2025: 2025,
    }


def test_panel_has_every_vintage_and_the_newest_by_itself(record):
    newest = record["deprivation_vintage"].sel(vintage=2025)

    assert newest.drop_vars("vintage").equals(record["deprivation"])
    assert record["vintage_of_year"].sel(year=[2014, 2018, 2024]).to_numpy().tolist() == [
        2015,
        2019,
        2025,
    ]


def test_ranks_are_those_of_the_scores_and_agree_with_the_published(record, published):
    blackpool = record["deprivation_rank"].sel(authority="E06000009", measure="imd")
    assert blackpool.to_numpy().tolist() == [1, 1, 1]
    column = "IMD - Rank of average score"
    table = read_sheet(published, FILES[2019], "IMD", [vintages._CODES[2019], column])
    own = table.set_index(vintages._CODES[2019])[column].astype(float)
    codes = [code for code in current_authorities().index if code in own.index]

    ours = record["deprivation_rank"].sel(authority=codes, measure="imd", vintage=2019)
    assert len(codes) == 146
    order, published_order = ours.to_numpy().argsort(kind="stable"), own[codes].to_numpy()
    assert np.all(np.diff(published_order[order]) >= 0)


@pytest.mark.parametrize("value", ["high", None, -1.0])
def test_score_that_is_none_is_refused_with_its_place(monkeypatch, published, value):
    def changed(*wanted):
        table = read_sheet(*wanted)
        column = wanted[3][1]
        table[column] = table[column].astype(object)
        table.iloc[1, table.columns.get_loc(column)] = value
        return table

    monkeypatch.setattr(vintages, "read_sheet", changed)
    with pytest.raises(PanelError, match=r"sheet IMD, column IMD - Average score, row 3 \(E06"):
        read_vintage(published, 2019)
