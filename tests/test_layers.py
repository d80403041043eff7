"""Imports run one way: data below models below analysis."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "data": {"data"},
    "models": {"data", "models"},
    "analysis": {"data", "models", "analysis"},
}
SAMPLERS = {"pymc", "nutpie", "pytensor", "bambi"}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_package_imports_only_what_lies_below_it(package):
    upward = [
        f"{where} imports {name}"
        for where, name in imports_of(package)
        if name in MAY_IMPORT and name not in MAY_IMPORT[package]
    ]

    assert not upward


def test_reading_data_needs_no_sampler():
    samplers = [
        f"{where} imports {name}" for where, name in imports_of("data") if name in SAMPLERS
    ]

    assert not samplers


def test_nutpie_is_imported_by_its_adapter_alone():
    """And by the test that holds the adapter to what nutpie has."""
    apart = {"models/sampler.py", "tests/test_sampler_contract.py"}
    found = {
        where.rpartition(":")[0]
        for package in (*MAY_IMPORT, "benchmarks", "tests")
        for where, name in imports_of(package)
        if name == "nutpie"
    }

    assert found == apart


def test_nothing_that_a_system_lacks_is_needed_to_start():
    """Of what Windows has not, nothing is imported or named where a module is read."""
    lacking = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in MAY_IMPORT
        for path in sorted(ROOT.glob(f"{package}/**/*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if {"resource", "fcntl", "pwd", "grp", "termios"} & set(imported_packages(node))
        or (isinstance(node, ast.Assign) and "signal.SIG" in ast.unparse(node.value))
    ]
    killing = [
        str(path.relative_to(ROOT))
        for package in MAY_IMPORT
        for path in sorted(ROOT.glob(f"{package}/**/*.py"))
        if "SIGKILL" in path.read_text("utf-8")
    ]

    assert not lacking
    assert not killing


def imports_of(package):
    for path in sorted(ROOT.glob(f"{package}/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for name in imported_packages(node):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", name


def imported_packages(node):
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module.split(".")[0]]
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    return []
