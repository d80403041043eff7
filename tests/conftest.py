"""Fixtures that several test files use."""

import os
from pathlib import Path

import pytest

from data.build import build_panel

VARIABLE = "EFFECTIVENESS_DATA"


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of published files; in continuous integration it must be there."""
    named = os.environ.get(VARIABLE, "")
    if named and Path(named).is_dir():
        return Path(named)
    reason = f"{VARIABLE} is {named!r}; wanted the folder of published files."
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def panel_cache(tmp_path_factory):
    """Keep built panels apart from the user's own cache."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EFFECTIVENESS_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def real_panel(published):
    """The published panel: 18 indicators, 2021 to 2025. Not to be changed."""
    return build_panel(published, ("performance", "workforce"), (2021, 2022, 2023, 2024, 2025))


@pytest.fixture(scope="session")
def record(published):
    """The whole published record: every indicator and year. Not to be changed."""
    return build_panel(published, ("all",), tuple(range(2011, 2026)))
