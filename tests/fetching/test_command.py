"""The command ``effectiveness fetch``: what it prints, and how it ends."""

import functools

import pytest

from analysis.command_line import main as cli
from data.sources import choose_sources
from tests.fetching.loopback import holds_exactly

APP = cli.app
SET = "dfe_statistical_neighbours"


@pytest.fixture
def fetch(monkeypatch, capsys, tmp_path):
    """Run the command; give how it ended, and what it printed and complained of."""
    monkeypatch.setenv("EFFECTIVENESS_CACHE", str(tmp_path / "cache"))

    def run(*arguments):
        tokens = ["fetch", *map(str, arguments)]
        monkeypatch.setattr(cli, "app", functools.partial(APP, tokens))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


def test_files_are_copied_into_the_folder_that_is_named(fetch, published, tmp_path):
    into = tmp_path / "files"

    code, out, _ = fetch("--set", SET, "--from", published, "--into", into)

    assert code == 0
    assert f"{into}: 2 files fetched, 0 were there." in out
    assert holds_exactly(into, choose_sources(SET))
    assert (
        "0 files fetched, 2 were there"
        in fetch("--set", SET, "--from", published, "--into", into)[1]
    )


def test_without_a_folder_they_go_into_the_cache(fetch, published, tmp_path):
    code, out, _ = fetch("--set", SET, "--from", published)

    assert code == 0
    assert str(tmp_path / "cache" / "published") in out
    assert holds_exactly(tmp_path / "cache" / "published", choose_sources(SET))


def test_check_ends_with_1_where_something_is_missing(fetch, published, tmp_path):
    assert fetch("--check", published, "--set", SET)[0] == 0

    (tmp_path / "empty").mkdir()
    code, out, _ = fetch("--check", tmp_path / "empty", "--set", SET)

    assert code == 1
    assert all(source.path in out for source in choose_sources(SET))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "ofstd"), "ofsted"),
        (("--from", "/no/such/folder"), "no such folder"),
    ],
)
def test_a_readers_fault_is_one_line_and_exit_code_two(fetch, tmp_path, arguments, said):
    code, _, err = fetch(*arguments, "--into", tmp_path / "files")

    assert code == 2
    assert err.strip().startswith("effectiveness: ")
    assert "\n" not in err.strip()
    assert said in err
