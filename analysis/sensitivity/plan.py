"""From a grid to tasks: the panel that each specification is a part of, the shape it shares.

The published panel is built once, with every indicator and year that any specification wants;
each specification takes its part. Specifications whose models differ in data alone share a group,
and so a compiled structure, whose shape holds the indicators and years of all of them
(:mod:`models.padding`).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import xarray as xr

from analysis.execution.tasks import Task, content_key
from analysis.files.fits import code_identity, panel_identity
from analysis.sensitivity.grid import ConfirmSection, Specification, Tier
from analysis.sensitivity.payload import Payload, part_of, sampler_for, shared_spec, tier_of
from analysis.settings.config import RunConfig, catalogue_path
from analysis.settings.config_file import ConfigError, by_content, changed
from analysis.settings.sources import obtain_panel
from data.catalogue import choose_indicators, read_catalogue
from data.panel import PanelError, Progress, silent
from data.panel_files import save_panel
from data.seeds import child_seed
from models.padding import can_pad
from models.requirements import require_one_series
from models.traits import ENGINE_TRAITS

RESULT_CODE = (
    *("data", "models", "analysis/record", "analysis/evidence", "analysis/files"),
    "analysis/words/vocabulary.py",
    *(f"analysis/sensitivity/{name}.py" for name in ("fit", "payload", "row", "without_link")),
)
"""What computes a specification's result. Its draws depend on ``data`` and ``models`` alone; the
store of fits (:mod:`analysis.files.fits`) has them, whatever else has changed."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A specification with the task that computes it in one pass."""

    specification: Specification
    tier: Tier
    task: Task


class Planner:
    """Panels and shapes of one grid, ready to plan either pass.

    Parameters
    ----------
    specifications
        Of the grid.
    folder
        Of the store; panels are kept in it.
    data_root
        Folder of published files, where a configuration wants them.
    report
        Called while the files are read.

    Raises
    ------
    ConfigError, data.panel.PanelError
        If a panel cannot be had, or a specification's part of it.
    """

    def __init__(
        self,
        specifications: Sequence[Specification],
        folder: Path,
        data_root: Path | None = None,
        report: Progress = silent,
    ) -> None:
        self.specifications = tuple(specifications)
        self._folder = folder
        self._panels: dict[str, xr.Dataset] = {}
        self._files: dict[str, Path] = {}
        self._hashes: dict[str, str] = {}
        self._ids: dict[str, tuple[str, ...]] = {}
        self._code = code_identity(RESULT_CODE)
        for name, members in self._by_panel().items():
            self._panels[name] = _whole(members, self, data_root, report)
        self._groups = self._shapes()

    def plan(
        self,
        specifications: Sequence[Specification] | None = None,
        confirm: ConfirmSection | None = None,
    ) -> list[Planned]:
        """Return the tasks of the first pass, or with ``confirm`` of the second."""
        chosen = self.specifications if specifications is None else specifications
        planned = [self._planned(one, confirm) for one in chosen]
        # Neighbours in a group share prepared inputs.
        return sorted(planned, key=lambda one: (one.task.group, one.task.payload.panel_sha256))

    def save_panels(self) -> None:
        """Write the panels that workers read, unless they are there."""
        for name, panel in self._panels.items():
            file = self._file(name)
            if not file.is_file():
                file.parent.mkdir(parents=True, exist_ok=True)
                save_panel(panel, file)

    def indicators(self, config: RunConfig) -> tuple[str, ...]:
        """Return the ids of a configuration's indicators."""
        wanted = json.dumps([config.panel.indicators, config.panel.catalogue])
        if wanted not in self._ids:
            known = read_catalogue(catalogue_path(config))
            chosen = choose_indicators(config.panel.indicators, known)
            self._ids[wanted] = tuple(one.id for one in chosen)
        return self._ids[wanted]

    def _by_panel(self) -> dict[str, list[Specification]]:
        """Gather specifications whose panels are parts of one."""
        found = defaultdict(list)
        for one in self.specifications:
            found[_panel_name(one.config)].append(one)
        return found

    def _file(self, name: str) -> Path:
        if name not in self._files:
            digest = hashlib.sha256((name + panel_identity(self._panels[name])).encode())
            self._files[name] = self._folder / "panels" / f"{digest.hexdigest()[:16]}.nc"
        return self._files[name]

    def _shapes(self) -> dict[str, tuple[set[str], set[int]]]:
        """Return the indicators and years that each shared structure must hold."""
        shapes: dict[str, tuple[set[str], set[int]]] = defaultdict(lambda: (set(), set()))
        for one in self.specifications:
            indicators, years = shapes[self._structure(one.config)]
            indicators.update(self.indicators(one.config))
            years.update(one.config.panel.years)
        return dict(shapes)

    def _structure(self, config: RunConfig) -> str:
        """Name what a specification's compiled structure depends on, sizes aside."""
        padded = _pads(config)
        parts = {
            "panel": _panel_name(config),
            "model": shared_spec(config.model),
            "several_years": len(config.panel.years) > 1,
            "joint": not ENGINE_TRAITS[config.sampler.engine].integrated,
        }
        if not padded:
            parts["exactly"] = [
                self.indicators(config), config.panel.years, config.panel.exclude,
                config.panel.lag, config.model.deprivation, config.model.suppression,
            ]  # fmt: skip
        return content_key(parts)

    def _planned(self, one: Specification, confirm: ConfirmSection | None) -> Planned:
        """Make the task of one specification in one pass."""
        name, structure = _panel_name(one.config), self._structure(one.config)
        tier = tier_of(one.config.sampler.engine, confirm is None)
        frame = self._frame(name, structure) if _pads(one.config) else None
        payload = Payload(
            config=one.config,
            estimand=one.estimand,
            choices=one.choices,
            tier=tier,
            panel=str(self._file(name)),
            panel_sha256="",
            indicators=self.indicators(one.config),
            years=one.config.panel.years,
            group=content_key({"structure": structure, "frame": frame}),
            frame=frame,
            code_sha256=self._code.split()[0],
        )
        payload = replace(payload, panel_sha256=self._part(name, payload))
        plain = sampler_set(payload, tier, 0, confirm)
        drawn = {
            "model": plain.model.model_dump_json(),
            "sampler": plain.sampler.model_dump_json(),
            "estimand": one.estimand,
            "panel": payload.panel_sha256,
            "frame": frame,
        }
        # A configuration's seed has 31 bits.
        seed = child_seed(one.config.sampler.seed, content_key(drawn)) % 2**31
        seeded = sampler_set(payload, tier, seed, confirm)
        parts = {"config": _without_words(seeded), "tier": tier, "code": self._code}
        key = content_key({**drawn, **parts, "seed": seed})
        payload = replace(payload, config=seeded, key=key)
        return Planned(one, tier, Task(key, payload.group, payload, one.label))

    def _frame(self, name: str, structure: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return the indicators and years of a compiled shape, in the panel's order."""
        indicators, years = self._groups[structure]
        panel = self._panels[name]
        return (
            tuple(str(one) for one in panel.indicator.values if one in indicators),
            tuple(int(one) for one in panel.year.values if one in years),
        )

    def _part(self, name: str, payload: Payload) -> str:
        """Hash the part of a panel that a specification is fitted to."""
        section = payload.config.panel
        wanted = json.dumps(
            [name, payload.indicators, section.years, section.exclude, section.lag]
        )
        if wanted not in self._hashes:
            part = part_of(self._panels[name], payload)
            try:
                require_one_series(part)
            except PanelError as error:
                choices = ", ".join(f"{axis} = {one!r}" for axis, one in payload.choices.items())
                raise ConfigError(f"the specification with {choices}: {error}") from error
            self._hashes[wanted] = panel_identity(part)
        return self._hashes[wanted]


def sampler_set(
    payload: Payload, tier: Tier, seed: int, confirm: ConfirmSection | None
) -> RunConfig:
    """Return a payload's configuration with the pass's engine, draws and seed."""
    config = payload.config
    sampler = sampler_for(config, tier, seed, confirm)
    if tier == "laplace":
        sampler = sampler.model_copy(update={"engine": "laplace"})
    return config.model_copy(update={"sampler": sampler})


def _without_words(config: RunConfig) -> str:
    """Return the configuration without what no number depends on."""
    plain = changed(config, {"title": "", "sampler.cores": 1, "sampler.seed": 0})
    return by_content(plain).to_toml()


def _pads(config: RunConfig) -> bool:
    """Return whether a specification's inputs may stand in a larger shape."""
    model = config.model
    integrated = ENGINE_TRAITS[config.sampler.engine].integrated
    return can_pad(model) and integrated and not model.inspection.extended


def _panel_name(config: RunConfig) -> str:
    """Name the panel of which a specification's is a part; a simulated one has no parts."""
    section = by_content(config).panel
    parts = section.model_dump(mode="json", exclude={"indicators", "years", "exclude", "lag"})
    if section.source == "simulated":
        parts |= {"indicators": section.indicators, "years": section.years}
    else:
        parts.pop("simulation")
    return json.dumps(parts, sort_keys=True)


def _whole(
    members: Sequence[Specification], planner: Planner, data_root: Path | None, report: Progress
) -> xr.Dataset:
    """Get the panel that holds the parts of all these specifications."""
    config = members[0].config
    settings: dict[str, object] = {"panel.exclude": (), "panel.lag": ()}
    if config.panel.source != "simulated":
        ids = {name for one in members for name in planner.indicators(one.config)}
        years = {year for one in members for year in one.config.panel.years}
        settings |= {"panel.indicators": sorted(ids), "panel.years": sorted(years)}
    try:
        return obtain_panel(changed(config, settings), data_root, report)
    except PanelError as error:
        raise ConfigError(f"the grid's panel cannot be built: {error}") from error
