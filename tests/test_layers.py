"""Imports run one way: data below models below analysis."""

import ast
from pathlib import Path

import pytest

from analysis.run.identity import EVIDENCE_CODE
from analysis.sensitivity.plan import RESULT_CODE

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


@pytest.mark.parametrize(
    ("code", "besides"),
    [
        (
            EVIDENCE_CODE,
            {
                # The configuration is hashed as it is resolved.
                *("analysis.settings.config", "analysis.settings.config_file"),
                # Words of a record that is read, and the last stage of a run.
                *("analysis.notebook.evidence", "analysis.words.whose"),
                *("analysis.dynamic.page", "analysis.report.build"),
            },
        ),
        (
            RESULT_CODE,
            {
                *("analysis.settings.config", "analysis.settings.config_file"),
                *("analysis.settings.sources", "analysis.sensitivity.grid"),
                *("analysis.execution.keep", "analysis.notebook.evidence"),
                "analysis.words.whose",
            },
        ),
    ],
)
def test_what_computes_a_number_enters_its_identity(code, besides):
    """Whatever else the code of an identity imports stands here, and computes none."""
    found = set()
    for part in code:
        for path in [ROOT / part] if part.endswith(".py") else sorted((ROOT / part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                found |= {name for name in modules_of(node) if name.startswith("analysis.")}

    def enters(name):
        place = name.replace(".", "/")
        return f"{place}.py" in code or any(f"{place}/".startswith(f"{one}/") for one in code)

    assert {name for name in found if not enters(name)} == besides


def modules_of(node):
    """Name the modules that a statement imports."""
    if isinstance(node, ast.ImportFrom) and node.module:
        named = [f"{node.module}.{one.name}" for one in node.names]
        return [
            name if (ROOT / f"{name.replace('.', '/')}.py").is_file() else node.module
            for name in named
        ]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return []


def test_reading_data_needs_no_sampler():
    samplers = [
        f"{where} imports {name}" for where, name in imports_of("data") if name in SAMPLERS
    ]

    assert not samplers


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
                yield f"{path.relative_to(ROOT)}:{node.lineno}", name


def imported_packages(node):
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module.split(".")[0]]
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    return []
