"""What the sampler is asked for follows from the configuration and the coordinates."""

import numpy as np
import pytest
import xarray as xr

from analysis.settings.config import RunConfig
from analysis.settings.config_file import read_config
from models.sampling import draw
from models.spec import SamplerSpec


@pytest.fixture
def asked(monkeypatch):
    """Collect the targets that the sampler is called with; below 0.8 a transition diverges."""
    targets = []

    def sample(_compiled, *, target_accept, draws, chains, **_others):
        targets.append(target_accept)
        diverging = np.zeros((chains, draws), dtype=bool)
        diverging[0, 0] = target_accept < 0.8
        stats = xr.Dataset({"diverging": (("chain", "draw"), diverging)})
        return xr.DataTree.from_dict({"posterior": xr.Dataset(), "sample_stats": stats})

    monkeypatch.setattr("models.sampling.sample", sample)
    return targets


@pytest.mark.parametrize(
    ("given", "coordinates", "wanted"),
    [
        (None, "own", [0.9]),
        (None, "whitened", [0.7, 0.95]),
        (0.95, "own", [0.95]),
        (0.75, "whitened", [0.75]),
    ],
)
def test_targets_of_acceptance_rise_until_nothing_diverges_unless_one_is_given(
    asked, given, coordinates, wanted
):
    sampler = SamplerSpec(target_accept=given)

    tree = draw(None, sampler, np.random.SeedSequence(1), "test", coordinates=coordinates)

    assert asked == wanted
    assert tree["sample_stats"].to_dataset().attrs["target_accept"] == wanted[-1]


@pytest.mark.parametrize("given", [None, 0.95])
def test_a_target_of_acceptance_is_written_out_if_given(tmp_path, given):
    config = RunConfig(sampler=SamplerSpec(target_accept=given))
    path = tmp_path / "run.toml"
    path.write_text(config.to_toml(), "utf-8")

    assert ("target_accept" in config.to_toml()) == (given is not None)
    assert read_config(path) == config
