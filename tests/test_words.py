"""Words and thresholds that stand in one place."""

import ast
import re
from pathlib import Path

import pytest

from analysis.record import thresholds
from analysis.words.vocabulary import AGAINST, NOT_ENOUGH, VERDICTS, in_sentence

ROOT = Path(__file__).parents[1]
HOME = ROOT / "analysis" / "words"


def texts():
    """Every text that a user may read: pages, and literals that are no docstrings."""
    for path in sorted(ROOT.glob("analysis/**/*.html")):
        yield path, path.read_text("utf-8")
    for path in sorted(ROOT.glob("analysis/**/*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        told = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if constant and id(node) not in told:
                yield path, node.value


@pytest.mark.parametrize("words", [NOT_ENOUGH, AGAINST])
def test_the_words_of_a_verdict_stand_in_one_module(words):
    elsewhere = [
        str(path.relative_to(ROOT))
        for path, text in texts()
        if re.search(words.replace(" ", r"\s+"), text, re.IGNORECASE) and HOME not in path.parents
    ]

    assert not elsewhere


def test_a_heading_stands_within_a_sentence():
    assert in_sentence(VERDICTS["evidence_for"]) == "evidence for a link"
    assert in_sentence("") == ""


def test_thresholds_are_stated_in_one_module():
    names = {name for name in vars(thresholds) if name.isupper()}
    home = ROOT / "analysis" / "record" / "thresholds.py"
    elsewhere = [
        f"{path.relative_to(ROOT)}: {target.id}"
        for path in sorted(ROOT.glob("analysis/**/*.py"))
        if path != home
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in names
    ]

    assert not elsewhere
