"""The register of published files."""

import pytest

from data import deprivation, ofsted, population
from data.catalogue import read_catalogue
from data.panel import PanelError
from data.sources import check_folder, choose_sources, examine_source, read_sources

ENTRY = """
[[source]]
path = "{path}"
publisher = "P"
publication = "Q"
period = "2025"
licence = "OGL-UK-3.0"
attribution = "A"
repository = "owner/name"
repository_path = "a file.csv"
commit = "{commit}"
bytes = 1
sha256 = "{sha256}"
"""


def entry(path="a.csv", commit="0" * 40, sha256="0" * 64):
    return ENTRY.format(path=path, commit=commit, sha256=sha256)


def written(folder, text):
    (folder / "sources.toml").write_text(text, "utf-8")
    return folder / "sources.toml"


def test_every_file_that_the_loaders_read_is_registered():
    registered = {source.path for source in read_sources()}
    read = {indicator.file for indicator in read_catalogue()} | {
        ofsted.FILE,
        population.FILE,
        deprivation.FILE,
        deprivation.LOOKUP,
        deprivation.WEIGHTS,
    }

    assert read <= registered


def test_register_holds_every_published_file_as_it_is_and_nothing_else(published):
    check = check_folder(published)

    assert check.wanted == 95
    assert check.missing == ()
    assert check.changed == {}
    # the folder's own description, no published files
    assert check.extra == ("GUIDE.md", "README.md")


def test_every_source_has_a_licence_a_page_and_a_pinned_copy():
    for source in read_sources():
        assert source.licence in {"OGL-UK-3.0", "CC-BY-4.0"}
        assert source.attribution
        assert source.landing_page
        assert len(source.commit) == 40
        assert len(source.sha256) == 64


def test_other_than_crown_copyright_is_attributed_to_its_owner():
    other = [source for source in read_sources() if source.licence == "CC-BY-4.0"]

    assert len(other) == 3
    assert all("mySociety" in source.attribution for source in other)


def test_address_is_formed_from_repository_commit_and_path(tmp_path):
    (source,) = read_sources(written(tmp_path, entry()))

    zeros = "0" * 40
    assert source.address() == (
        f"https://raw.githubusercontent.com/owner/name/{zeros}/a%20file.csv"
    )


def test_sets_are_named_by_entries_and_by_folders():
    assert len(choose_sources()) == 95
    assert len(choose_sources("release-2025")) == 15
    assert {source.path.split("/")[0] for source in choose_sources("ofsted/")} == {"ofsted"}
    assert len(choose_sources("dfe_children_looked_after/legacy_sfr/2014")) == 4


def test_unknown_set_is_refused_with_the_nearest():
    with pytest.raises(PanelError, match="no set 'ofstedd'; the nearest is 'ofsted'"):
        choose_sources("ofstedd")


def test_check_tells_missing_changed_and_extra_files(published, tmp_path):
    right, longer, altered, missing = choose_sources("la_codes")
    for source in (right, longer, altered):
        (tmp_path / source.path).parent.mkdir(exist_ok=True)
        (tmp_path / source.path).write_bytes((published / source.path).read_bytes())
    with (tmp_path / longer.path).open("ab") as file:
        file.write(b"\n")
    with (tmp_path / altered.path).open("r+b") as file:
        file.write(b"\0")
    (tmp_path / "own.csv").write_bytes(b"")
    (tmp_path / ".hidden").write_bytes(b"")

    check = check_folder(tmp_path, choose_sources("la_codes"))

    assert not check.complete
    assert check.missing == (missing.path,)
    assert set(check.changed) == {longer.path, altered.path}
    assert f"{longer.bytes + 1} bytes; wanted {longer.bytes}" in check.changed[longer.path]
    assert f"wanted {altered.sha256}" in check.changed[altered.path]
    assert check.extra == ("own.csv",)
    assert "1 of 4 files are as registered, 1 missing, 2 with other bytes" in check.text()
    assert f"missing: {missing.path}" in check.text()


def test_check_of_a_set_does_not_call_other_registered_files_extra(published):
    check = check_folder(published, choose_sources("ofsted"))

    assert check.complete
    assert check.extra == ("GUIDE.md", "README.md")


def test_check_of_no_folder_is_refused(tmp_path):
    with pytest.raises(PanelError, match="no such folder"):
        check_folder(tmp_path / "none")


def test_unregistered_file_does_not_match(tmp_path):
    (tmp_path / "own.csv").write_bytes(b"")

    found = examine_source(tmp_path, "own.csv")

    assert found["matches_register"] is False
    # sha256 of nothing
    assert str(found["sha256"]).startswith("e3b0c44298fc1c14")


@pytest.mark.parametrize(
    "text",
    [
        '[[source]]\npath = "a.csv"\n',
        entry(path="../a.csv"),
        entry(path="/a.csv"),
        entry(path="a//b.csv"),
        entry(commit="main"),
        entry(sha256="0"),
    ],
)
def test_faulty_register_is_refused(tmp_path, text):
    with pytest.raises(PanelError, match="cannot be read as a register"):
        read_sources(written(tmp_path, text))


def test_path_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(PanelError, match=r"a\.csv stands twice"):
        read_sources(written(tmp_path, entry() + entry()))
