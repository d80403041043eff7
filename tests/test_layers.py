"""Imports run one way: data below models below analysis."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
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
# What each part of analysis may import of the others; each names only parts above it here, so
# that there is no circle.
WITHIN_ANALYSIS = {
    "words": set(),
    "terminal": set(),
    "files": set(),
    "record": {"words"},
    "settings": {"record"},
    "evidence": {"record"},
    "tables": {"evidence", "record"},
    "plots": {"record", "words"},
    "pages": {"files", "plots", "record", "words"},
    "publication": {"pages", "record", "words"},
    "report": {"evidence", "files", "pages", "plots", "publication", "record", "words"},
    "coverage_page": {"files", "pages", "plots", "words"},
    "side_by_side": {"files", "pages", "plots", "record", "report", "words"},
    "notebook": {"evidence", "files", "pages", "publication", "record", "report", "words"},
    "execution": {"terminal"},
    "dynamic": {"evidence", "pages", "plots", "record", "settings", "tables", "words"},
    "run": {"dynamic", "evidence", "files", "record", "report", "settings", "tables"},
    "priors_page": {"pages", "plots", "run", "settings", "words"},
    "sensitivity": {"evidence", "execution", "files", "plots", "record", "settings", "words"},
    "reconstruction": {"evidence", "files", "record", "run", "settings", "tables"},
    "design": {
        *("execution", "files", "plots", "reconstruction"),
        *("record", "run", "settings", "tables"),
    },
    "comparison": {"evidence", "execution", "files", "record", "run", "settings"},
    "command_line": {
        *("comparison", "coverage_page", "design", "dynamic", "execution", "files"),
        *("priors_page", "reconstruction", "record", "report", "run", "sensitivity"),
        *("settings", "side_by_side", "terminal"),
    },
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


def test_no_circle_can_stand_in_the_table_of_parts():
    above = set()
    for part, allowed in WITHIN_ANALYSIS.items():
        assert allowed <= above, part
        above.add(part)


def test_every_part_of_analysis_imports_what_the_table_says_and_no_more():
    found = {path.parent.name: set() for path in ROOT.glob("analysis/*/__init__.py")}
    for path in sorted(ROOT.glob("analysis/*/**/*.py")):
        part = path.relative_to(ROOT / "analysis").parts[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found[part] |= {other for other in parts_imported(node) if other != part}

    assert found == WITHIN_ANALYSIS


@pytest.mark.parametrize("package", ["data", "models"])
def test_no_circle_among_modules_of_data_and_of_models(package):
    """Imports inside functions count: a late import hides a circle and does not break it."""
    try:
        TopologicalSorter(module_graph(package)).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize(
    ("code", "besides"),
    [
        (
            EVIDENCE_CODE,
            {
                # The configuration is hashed as it is resolved.
                *("analysis.settings.config", "analysis.settings.config_file"),
                # Words of a record that is read, and the last stage of a run.
                *("analysis.words.whose", "analysis.words.html", "analysis.words.numerals"),
                *("analysis.dynamic.page", "analysis.report.build"),
            },
        ),
        (
            RESULT_CODE,
            {
                *("analysis.settings.config", "analysis.settings.config_file"),
                *("analysis.settings.sources", "analysis.sensitivity.grid"),
                *("analysis.words.whose", "analysis.words.html", "analysis.words.numerals"),
                "analysis.execution.worker_cache",
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


def test_nutpie_is_imported_by_its_adapter_alone():
    """And by the tests that hold the adapter to what nutpie has."""
    apart = {
        *("models/sampler.py", "models/light_wrappers.py"),
        *("tests/test_sampler_contract.py", "tests/test_light_wrappers.py"),
    }
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


def module_graph(package):
    """Return the modules of a package that each of them imports."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(ROOT.glob(f"{package}/**/*.py"))
    }
    return {
        name: {
            imported
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            for imported in imported_modules(node)
            if imported in modules and imported != name
        }
        for name, path in modules.items()
    }


def imported_modules(node):
    """Yield the names of modules that an import may mean."""
    if isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)


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


def parts_imported(node):
    """Parts of analysis that an import names, late imports and those for types alike."""
    if isinstance(node, ast.ImportFrom) and node.module == "analysis":
        return [alias.name for alias in node.names]
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    return [name.split(".")[1] for name in names if name.startswith("analysis.")]


def test_what_tests_benchmarks_and_documents_import_is_there():
    """Whether or not they are run with the suite: a module or a name that moved is found."""
    sources = [
        (path, path.read_text("utf-8"))
        for folder in ("benchmarks", "tests", "docs")
        for path in sorted(ROOT.glob(f"{folder}/**/*.py"))
    ]
    written = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("docs/**/*.qmd")]
    for path in sorted(written):
        blocks = re.findall(r"```\{?python\}?\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
        sources.append((path, "\n".join(blocks)))
    missing = [
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path, text in sources
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
        for module in [node.module or ""]
        if module.split(".")[0] in {*MAY_IMPORT, "tests", "benchmarks"}
        for name in [alias.name for alias in node.names]
        if not is_there(module, name)
    ]

    assert not missing


def is_there(module, name):
    """Whether a module has a name, or a package a module of that name."""
    place = ROOT / module.replace(".", "/")
    if (place / f"{name}.py").is_file() or (place / name).is_dir():
        return True
    file = place.with_suffix(".py")
    return file.is_file() and name in names_of(ast.parse(file.read_text("utf-8")).body)


def names_of(body):
    """Names that statements define or import, those under an ``if`` among them."""
    found = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.If):
            found |= names_of([*node.body, *node.orelse])
        else:
            found |= {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            }
            if isinstance(node, ast.TypeAlias):
                found.add(node.name.id)
    return found
