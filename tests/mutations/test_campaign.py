"""The campaign of mutations, in short: nothing of what it can tell is lost without a word."""

import pytest

from tests.mutations.campaign import KINDS, TEXT_KINDS, campaign
from tests.mutations.machinery import TALLY

FEW, MANY = 60, 3000
UNTOLD = ("change digit", "swap columns")
"""Kinds of which a few cannot be told: nothing in the file stands beside the figure."""


def counted(published, folder, number, seed):
    done = campaign(published, folder, number, seed)
    for (kind, outcome), times in done.tally.items():
        TALLY[f"campaign, {kind}", outcome] += times
    assert not done.crashes, done.report()
    lost = [one for one in done.silent if one[0] not in UNTOLD]
    assert not lost, done.report()
    assert sum(done.tally.values()) == number


def test_few_mutations_of_each_kind_lose_nothing_in_silence(published, tmp_path):
    counted(published, tmp_path, FEW, 7)


@pytest.mark.slow
def test_three_thousand_mutations_lose_nothing_in_silence(published, tmp_path):
    counted(published, tmp_path, MANY, 1)


def test_every_kind_has_a_name_of_its_own():
    assert len(set(KINDS)) == len(KINDS) > len(TEXT_KINDS)
