"""A small run that is stopped, damaged or weighed again: no fit is made twice."""

import json
import shutil
from collections import Counter

import pytest

from analysis.evidence import predicted_judgements, summaries
from analysis.evidence.alternatives import changed_model
from analysis.files.fits import FitStore
from analysis.files.read_table import ReportError
from analysis.run import identity
from analysis.run.again import weigh_again
from analysis.run.identity import evidence_identity, report_identity
from analysis.run.lasting import LastingRun
from analysis.run.run import KIND, run
from analysis.settings.config_file import ConfigError
from analysis.settings.sources import obtain_panel
from data.folders import is_finished
from data.panel import PanelError
from data.storage import write_file
from models import inputs
from models.link import variants
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
    monkeypatch.setattr("analysis.run.lasting.check_tables", lambda *_: {})
    monkeypatch.setattr("analysis.run.lasting.figure_tables", lambda *_: {})
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
    identity = report_identity(config, panel)
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

    assert not is_finished(place, KIND, report_identity(config, panel))
    assert run(config, panel, place) == place
    assert cut.read_bytes() == whole
    assert evidence(place) == evidence(folder)
    assert is_finished(place, KIND, report_identity(config, panel))


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


@pytest.fixture
def no_weighing(no_fit, monkeypatch):
    """Nothing is fitted and nothing weighed."""
    monkeypatch.setattr("analysis.run.lasting.weigh_summaries", None)


def test_a_changed_caption_repeats_no_fit_and_weighs_nothing(
    config, panel, folder, tmp_path, no_weighing, monkeypatch
):
    whole = identity.code_identity
    monkeypatch.setattr(
        identity,
        "code_identity",
        lambda parts: "other" if parts == identity.REPORT_CODE else whole(parts),
    )
    told = []
    place = run(config, panel, tmp_path / "new", report=lambda *step: told.append(step[0]))

    assert "evidence: unchanged, from the store; not weighed again" in told
    for part in ("evidence.json", "diagnostics.json", "tables/findings.csv", "tables/link.csv"):
        assert (place / part).read_bytes() == (folder / part).read_bytes()
    # The finished run, whose evidence it is, gets the new report.
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert run(config, panel, copy) == copy
    assert is_finished(copy, KIND, report_identity(config, panel))
    assert drawn(copy) == drawn(folder)


def test_another_title_is_in_the_evidence_that_is_not_weighed_again(
    config, folder, tmp_path, no_weighing
):
    other = config.model_copy(update={"title": "Another"})
    place = run(other, obtain_panel(other), tmp_path / "titled")

    found, before = evidence(place), evidence(folder)
    assert found["panel"].pop("title") == "Another"
    assert before["panel"].pop("title") != "Another"
    assert found == before


def test_a_title_or_a_caption_changes_no_evidence_and_a_setting_does(config, panel):
    def identities(**update):
        changed = config.model_copy(update=update)
        return evidence_identity(changed, panel), report_identity(changed, panel)

    rope = {"evidence": config.evidence.model_copy(update={"rope": 0.05})}
    more = {"model": config.model.model_copy(update={"identical": True})}
    same, titled = identities(), identities(title="Another")
    assert titled[0] == same[0]
    assert titled[1] != same[1]
    assert len({same[0], identities(**rope)[0], identities(**more)[0]}) == 3


def test_damaged_evidence_in_the_store_is_weighed_again_and_said_so(
    config, panel, folder, tmp_path, no_fit, capsys
):
    place = FitStore().folder / evidence_identity(config, panel)[:32]
    whole = (place / "evidence.json").read_bytes()
    (place / "evidence.json").write_bytes(whole[: len(whole) // 2])
    run(config, panel, tmp_path / "again")

    assert "evidence.json is missing or changed since it was finished" in capsys.readouterr().err
    assert evidence(tmp_path / "again") == evidence(folder)


def test_inputs_are_prepared_once_and_every_fit_is_examined_once(
    config, panel, tmp_path, no_fit, monkeypatch
):
    counts = Counter()

    def counted(where, name):
        known = getattr(where, name)

        def call(*given, **named):
            counts[name] += 1
            return known(*given, **named)

        monkeypatch.setattr(where, name, call)

    counted(inputs, "measure")  # of which preparing calls one
    for name in ("examine", "leave_one_out", "summarise_link", "predict_fit"):
        counted(summaries, name)
    counted(predicted_judgements, "given_indicators")
    settings = config.evidence.model_copy(update={"interval": 0.9})
    run(config.model_copy(update={"evidence": settings}), panel, tmp_path / "counted")

    fitted = variants(config.model)
    linked = sum(one.link == "linked" for one in fitted)
    primary = sum(one.structure == config.model.structure for one in fitted)
    assert counts == {
        "measure": 1,
        "examine": len(fitted),
        "leave_one_out": len(fitted),
        "summarise_link": linked,
        "predict_fit": primary,
        "given_indicators": primary,
    }


def test_inputs_of_the_same_panel_and_model_are_prepared_once(config, panel):
    run = LastingRun(config, panel)
    spline = changed_model(config.model, "spline")

    assert run.prepare(panel, config.model) is run.inputs
    assert run.prepare(panel, spline) is run.prepare(panel, spline)
    assert run.prepare(panel, spline) is not run.inputs
    assert run.prepare(panel.copy(), config.model) is not run.inputs


def test_every_step_is_checked_before_anything_is_compiled(config, panel, tmp_path, no_fit):
    """The cut-off leaves too little, which the last step but several would find out."""
    settings = config.evidence.model_copy(update={"cutoff": "2019-01-01", "baselines": True})

    with pytest.raises(PanelError, match="was published by 2019-01-01"):
        run(config.model_copy(update={"evidence": settings}), panel, tmp_path / "refused")
    assert not list(tmp_path.glob("*refused*"))


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
    monkeypatch.setattr("analysis.run.again.fit_code", lambda: "other")

    with pytest.raises(ReportError, match="its fits are not those of this version"):
        weigh_again(folder)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"run\.toml"):
        weigh_again(tmp_path)
