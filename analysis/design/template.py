"""The study that a design imitates, and the same study with other numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.design.config import DesignConfig
from analysis.reconstruction.panel import base_panel
from data.panel import Progress, silent
from models.inputs import ModelInputs


def template_panel(
    config: DesignConfig, data_root: Path | None, report: Progress = silent
) -> xr.Dataset:
    """Get the panel of the study that is imitated.

    Raises
    ------
    analysis.settings.config_file.ConfigError
        If the template's configuration, or the folder of published files, is not there.
    data.panel.PanelError
        If a file or the panel cannot be used.
    """
    if config.template.reconstruction:
        from analysis.reconstruction.config import read_reconstruction

        read = read_reconstruction(Path(config.template.reconstruction))
        return base_panel(read, data_root, report=report)
    from analysis.settings.config_file import read_lasting
    from analysis.settings.sources import obtain_panel

    return obtain_panel(read_lasting(Path(config.template.run)), data_root, report)


def resized(inputs: ModelInputs, authorities: int, noise: float, seed: int) -> ModelInputs:
    """Return a study of the same kind with so many judged authorities and so much noise.

    Authorities are drawn from those judged, without replacement while there are enough, then
    again: their cells, denominators, deprivation, region and date come along. The sampling
    variances are multiplied by ``noise``. Units stay as they are, so that a link means the same.

    Parameters
    ----------
    inputs
        Of the template.
    authorities
        How many.
    noise
        Factor on the sampling variances.
    seed
        Of the choice of authorities.
    """
    judged = np.flatnonzero(inputs.judgements.judged > 0)
    rng = np.random.default_rng([seed, authorities])
    rounds = -(-authorities // judged.size)
    chosen = np.concatenate([rng.permutation(judged) for _ in range(rounds)])[:authorities]
    names = _unique([str(inputs.measurements.coords["authority"][at]) for at in chosen])
    measured = inputs.measurements
    there = measured.observed[:, :, chosen]
    measurements = replace(
        measured,
        y=measured.y[:, :, chosen],
        variance=np.where(there > 0, noise * measured.variance[:, :, chosen], 1.0),
        observed=there,
        interval=measured.interval[:, :, chosen],
        coords={**measured.coords, "authority": names},
    )
    said = inputs.judgements
    judgements = replace(
        said,
        grade=said.grade[chosen],
        judged=said.judged[chosen],
        years=said.years[chosen] - said.years[chosen].mean(),
        inspection=[said.inspection[at] for at in chosen],
        date=said.date[chosen],
        region=said.region[chosen],
    )
    labels = inputs.labels.isel(authority=chosen)
    labels = labels.assign_coords(authority=names) if "authority" in labels.coords else labels
    return replace(
        inputs,
        measurements=measurements,
        judgements=judgements,
        deprivation=_standardised(inputs.deprivation[chosen]),
        labels=labels,
        facts={**inputs.facts, "authorities": authorities},
    )


def _unique(names: list[str]) -> list[str]:
    """Tell apart authorities that were drawn more than once."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return found


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre and scale to unit variance."""
    return np.asarray((values - values.mean()) / values.std())
