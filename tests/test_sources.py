"""The register of published files."""

import pytest

from data import deprivation, ofsted, population
from data.catalogue import read_catalogue
from data.panel import PanelError
from data.sources import examine_source, read_sources


def test_every_file_that_the_loaders_read_is_registered():
    registered = {source.path for source in read_sources()}
    read = {indicator.file for indicator in read_catalogue()} | {
        ofsted.FILE,
        population.FILE,
        deprivation.FILE,
        deprivation.LOOKUP,
        deprivation.WEIGHTS,
    }

    assert read == registered


def test_every_source_has_a_licence_and_a_pinned_copy():
    for source in read_sources():
        assert source.licence == "OGL-UK-3.0"
        assert source.attribution
        assert len(source.commit) == 40
        assert len(source.sha256) == 64


def test_unregistered_file_does_not_match(tmp_path):
    (tmp_path / "own.csv").write_bytes(b"")

    found = examine_source(tmp_path, "own.csv")

    assert found["matches_register"] is False
    # sha256 of nothing
    assert str(found["sha256"]).startswith("e3b0c44298fc1c14")


def test_faulty_register_is_refused(tmp_path):
    (tmp_path / "sources.toml").write_text('[[source]]\npath = "a.csv"\n', "utf-8")

    with pytest.raises(PanelError, match="cannot be read as a register"):
        read_sources(tmp_path / "sources.toml")
