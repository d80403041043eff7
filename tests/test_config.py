"""Configurations are checked whole, and faults come out as one helpful line."""

from pathlib import Path

import pytest

from analysis.sensitivity.grid import read_grid
from analysis.settings.config import RunConfig
from analysis.settings.config_file import ConfigError, read_config
from analysis.settings.sources import obtain_panel
from data.panel_files import save_panel
from tests.fitted import small_panel

# Grids, designs and the reconstruction have forms, and tests, of their own.
OTHER_FORMS = ("sensitivity", "design", "reconstruction")
SHIPPED = sorted((Path(__file__).parents[1] / "configs").glob("*.toml"))
CONFIGS = [path for path in SHIPPED if not path.name.startswith(OTHER_FORMS)]
GRIDS = [path for path in SHIPPED if path.name.startswith("sensitivity")]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_configuration_is_valid(path):
    assert read_config(path).panel.indicators


@pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.name)
def test_every_shipped_grid_is_valid(path):
    assert len(read_grid(path).specifications) >= 12


def test_a_resolved_configuration_reads_back_the_same(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(RunConfig().to_toml(), "utf-8")

    assert read_config(path) == RunConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[model.priors]\nregion_sdd = 1", "model.priors.region_sdd: there is no such key. Did"),
        ("[modell]", "modell: there is no such key. Did you mean model?"),
        ('[sampler]\ndraws = "many"', "sampler.draws = 'many': wanted a whole number"),
        (
            '[model]\nstructure = "compsite"',
            "structure = 'compsite'.*Did you mean composite",
        ),
        (
            "[sampler]\nchains = 1",
            "sampler.chains = 1: wanted a number of at least 2",
        ),
        ("[panel", "cannot be read as TOML"),
        ('[panel]\nsource = "simulatd"', "panel.source = 'simulatd'.*Did you mean 'simulated'"),
        ('[panel]\ncatalogue = "mine.toml"', "panel.catalogue = 'mine.toml': no such file"),
        ("[panel]\nindicators = []", "panel.indicators"),
    ],
)
def test_faults_are_named_with_their_place(tmp_path, text, message):
    path = tmp_path / "run.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=message) as caught:
        read_config(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_exact_counts_want_the_joint_engine(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('[model]\nlikelihood = "binomial"', "utf-8")

    with pytest.raises(
        ConfigError, match=r"'binomial'.*engine = 'collapsed'.*Say sampler.engine = 'joint'"
    ):
        read_config(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[sampler]\nengine = "laplace"\nrefits = true',
            "sampler.refits = true does not go with sampler.engine = 'laplace'",
        ),
        ('[sampler]\nengine = "joint"', "model.challenger = 'none'"),
        (
            '[sampler]\nengine = "laplace"\n[model]\nstructure = "domain_factors"',
            "approximates along a single link",
        ),
        (
            '[model]\nstructure = "domain_factors"\n[evidence]\ncutoff = 2023-03-31',
            "forecasts by a single link",
        ),
        (
            '[model]\nchallenger = "none"\n[sampler]\nengine = "joint"\n'
            "[evidence]\ncutoff = 2023-03-31",
            "'joint': .* knows the latest only",
        ),
        (
            "[model.inspection]\nlead_inspector = true\n[evidence]\ncutoff = 2023-03-31",
            "lead inspectors are not known",
        ),
        (
            '[model]\nchallenger = "domain_factors"\n[model.inspection]\nscope = "repeats"',
            "model.challenger = 'domain_factors': .* has one for each domain",
        ),
        ('[evidence]\ncutoff = "soon"', "wanted a day such as 2023-03-31"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(tmp_path, text, said):
    path = tmp_path / "run.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=said):
        read_config(path)


def test_a_missing_configuration_suggests_its_neighbour(tmp_path):
    (tmp_path / "england.toml").write_text("", "utf-8")

    with pytest.raises(ConfigError, match=r"no such configuration. Did you mean .*england.toml"):
        read_config(tmp_path / "englnd.toml")


def test_published_files_need_a_folder(monkeypatch):
    monkeypatch.delenv("EFFECTIVENESS_DATA", raising=False)
    config = RunConfig.model_validate({"panel": {"source": "published"}})

    with pytest.raises(ConfigError, match="Say --data-root DIR, or set EFFECTIVENESS_DATA"):
        obtain_panel(config)


def test_a_saved_panel_serves_as_a_source(tmp_path):
    save_panel(small_panel(), tmp_path / "panel.nc")
    path = tmp_path / "run.toml"
    path.write_text(
        '[panel]\nsource = "panel.nc"\nindicators = ["cla_dental"]\nyears = [2024]', "utf-8"
    )

    panel = obtain_panel(read_config(path))

    assert panel.indicator.values.tolist() == ["cla_dental"]
    assert panel.year.values.tolist() == [2024]


def test_a_saved_panel_without_a_year_is_refused(tmp_path):
    save_panel(small_panel(), tmp_path / "panel.nc")
    path = tmp_path / "run.toml"
    path.write_text(
        '[panel]\nsource = "panel.nc"\nindicators = ["cla_dental"]\nyears = [2019]', "utf-8"
    )

    with pytest.raises(ConfigError, match="no year 2019; it has 2023, 2024"):
        obtain_panel(read_config(path))
