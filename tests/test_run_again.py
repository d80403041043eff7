"""A small run that is stopped, damaged or weighed again: no fit is made twice."""

import json
import shutil

import pytest

from analysis.again import weigh_again
from analysis.config_file import ConfigError
from analysis.fits import FitStore
from analysis.report.read import ReportError
from analysis.run import finished_run, run, run_identity
from analysis.sources import obtain_panel
from data.storage import write_file
from tests.fitted import small_config


@pytest.fixture(scope="module")
def config():
    return small_config()


@pytest.fixture(scope="module")
def panel(config):
    return obtain_panel(config)


@pytest.fixture(scope="module")
def folder(small_run):
    return small_run


@pytest.fixture
def no_fit(monkeypatch):
    """Compiling fails, so that whatever is fitted was fitted before.

    Of what follows from fits the evidence alone is computed: no further tables, and no report.
    """
    monkeypatch.setattr("models.engine.CompiledStructure", None)
    monkeypatch.setattr("analysis.check_tables.check_tables", lambda *_: {})
    monkeypatch.setattr("analysis.figure_tables.build.figure_tables", lambda *_, **__: {})
    monkeypatch.setattr(
        "analysis.report.build.write_report", lambda to: (to / "report.html").touch()
    )


def evidence(folder):
    return json.loads((folder / "evidence.json").read_text("utf-8"))


def drawn(folder):
    return {file.name: file.read_bytes() for file in (folder / "fits").iterdir()}


def test_a_stopped_run_goes_on_from_its_finished_fits(
    config, panel, folder, tmp_path, no_fit, monkeypatch
):
    monkeypatch.setenv("EFFECTIVENESS_CACHE", str(tmp_path / "empty"))
    place = tmp_path / "again"
    identity = run_identity(config, panel)
    partial = tmp_path / f".again.{identity[:12]}.partial"
    (partial / "fits").mkdir(parents=True)
    (partial / ".identity").write_text(f"run {identity}", "utf-8")
    for file in (folder / "fits").glob("*.nc"):
        write_file(partial / "fits" / file.name, file.read_bytes(), partial)

    assert run(config, panel, place) == place
    assert evidence(place) == evidence(folder)


def test_a_finished_run_that_lost_its_report_and_a_fit_s_end_is_mended(
    config, panel, folder, tmp_path, no_fit, capsys
):
    """The damaged fit comes from the store."""
    place = shutil.copytree(folder, tmp_path / "copy")
    (place / "report.html").unlink()
    cut = place / "fits" / "composite-adjusted-linked.nc"
    whole = cut.read_bytes()
    cut.write_bytes(whole[:-1000])

    assert not finished_run(place, run_identity(config, panel))
    assert run(config, panel, place) == place
    assert cut.read_bytes() == whole
    assert evidence(place) == evidence(folder)
    assert finished_run(place, run_identity(config, panel))


def test_a_run_with_another_interval_and_title_needs_no_fit(
    config, panel, folder, tmp_path, no_fit
):
    """The store has the fits, whatever the evidence asks of them."""
    settings = config.evidence.model_copy(update={"interval": 0.8, "rope": 0.05})
    other = config.model_copy(update={"evidence": settings, "title": "Another"})
    told = []

    run(other, panel, tmp_path / "other", report=lambda *step: told.append(step[0]))

    assert evidence(tmp_path / "other")["settings"]["interval"] == 0.8
    assert drawn(tmp_path / "other") == drawn(folder)
    names = {file.stem for file in (folder / "fits").iterdir()}
    assert {f"{name}: from the store of fits" for name in names} <= set(told)
    assert not [one for one in told if one.startswith(("compiling", "sampling"))]


def test_a_finished_run_is_weighed_again_from_its_own_fits(
    config, panel, folder, tmp_path, no_fit, monkeypatch
):
    """In its place, with other settings, without the store."""
    monkeypatch.setenv("EFFECTIVENESS_CACHE", str(tmp_path / "empty"))
    place = shutil.copytree(folder, tmp_path / "copy")
    settings = config.evidence.model_copy(update={"rope": 0.05})

    assert weigh_again(place, config.model_copy(update={"evidence": settings})) == place
    found, before = evidence(place), evidence(folder)
    assert found["settings"]["rope"] == 0.05
    assert (
        found["estimands"]["adjusted"]["rho"]["mean"]
        == before["estimands"]["adjusted"]["rho"]["mean"]
    )
    assert not FitStore().folder.exists() or not list(FitStore().folder.glob("*/fit.nc"))
    assert not list(tmp_path.glob(".copy*"))
    stamp = (place / "evidence.json").stat().st_mtime_ns
    assert weigh_again(place) == place
    assert (place / "evidence.json").stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("section", "change"),
    [("model", {"region": False}), ("sampler", {"draws": 600}), ("panel", {"years": (2023,)})],
)
def test_another_model_or_panel_is_not_weighed_from_these_fits(config, folder, section, change):
    own = getattr(config, section).model_copy(update=change)

    with pytest.raises(ConfigError, match=rf"\[{section}\] is not that of .* whose fits"):
        weigh_again(folder, config.model_copy(update={section: own}))


def test_fits_of_other_code_are_not_weighed_as_todays(folder, monkeypatch):
    monkeypatch.setattr("analysis.again.fit_code", lambda: "other")

    with pytest.raises(ReportError, match="its fits are not those of this version"):
        weigh_again(folder)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"run\.toml"):
        weigh_again(tmp_path)
