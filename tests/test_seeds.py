"""Seeds of the named parts of a run."""

import ast
from pathlib import Path

import pytest

from data.seeds import child_seed

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("seed", "name", "child"),
    [
        (0, "a", 1908512080),
        (20260101, "start 0", 2286725133),
        (20260101, "start 1", 28427827),
        (2**40, "replicates", 1032128789),
    ],
)
def test_a_child_keeps_its_seed_from_version_to_version(seed, name, child):
    assert child_seed(seed, name) == child


def test_a_child_does_not_depend_on_the_others_or_their_order():
    names = [f"part {number}" for number in range(50)]
    forwards = {name: child_seed(7, name) for name in names}
    backwards = {name: child_seed(7, name) for name in reversed([*names, "one more"])}

    assert forwards.items() <= backwards.items()


def test_children_of_near_seeds_and_near_names_differ():
    names = ["a", "b", "aa", "ab", "ba", "a\0", "é"]
    found = [child_seed(seed, name) for seed in range(100) for name in names]

    assert len(set(found)) == len(found)


def test_a_part_without_a_name_is_refused():
    with pytest.raises(ValueError, match="the name is empty"):
        child_seed(1, "")


def test_no_function_chooses_a_seed_itself():
    chosen = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for package in ("data", "models", "analysis")
        for path in sorted(ROOT.glob(f"{package}/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if "seed" in defaults(node.args)
    ]

    assert not chosen


def defaults(given):
    """Return the names of a function's arguments that have defaults other than None."""
    ordered = [*given.posonlyargs, *given.args]
    last = ordered[len(ordered) - len(given.defaults) :]
    pairs = [
        *zip(last, given.defaults, strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]
    return {one.arg for one, value in pairs if value and ast.unparse(value) != "None"}
