"""The campaign of mutations, in short: nothing of what it can tell is lost without a word."""

import pytest

from tests.mutations.campaign import campaign
from tests.mutations.kinds import KINDS, TEXT_KINDS
from tests.mutations.machinery import TALLY

FEW, MANY = 40, 3000
BY_DIGEST = ("change digit", "swap columns", "swap codes")
"""Kinds of which a few are told by the file's digest alone.

Nothing stands beside a digit in a region with a hidden figure, two counts without a published
share, two years of low income, or two names of one region.
"""


def counted(published, folder, number, seed):
    done = campaign(published, folder, number, seed)
    for (kind, outcome), times in done.tally.items():
        TALLY[f"campaign, {kind}", outcome] += times
    assert not done.kept["crash"] + done.kept["silent"], done.report()
    assert not [one for one in done.kept["digest"] if one[0] not in BY_DIGEST], done.report()
    assert sum(done.tally.values()) == number


def test_few_mutations_of_each_kind_lose_nothing_in_silence(published, tmp_path):
    counted(published, tmp_path, FEW, 7)


@pytest.mark.slow
def test_three_thousand_mutations_lose_nothing_in_silence(published, tmp_path):
    counted(published, tmp_path, MANY, 1)


def test_every_kind_has_a_name_of_its_own():
    assert len(set(KINDS)) == len(KINDS) > len(TEXT_KINDS)
