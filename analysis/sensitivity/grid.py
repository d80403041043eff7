"""The grid of specifications that one file declares.

A base configuration, named axes with named options, and each option the keys of the base
configuration that it sets: any key of
:class:`analysis.settings.config.RunConfig` can be an axis. The
specifications are the full product of the axes, or listed combinations, less those that an
``[[exclude]]`` names. Everything is checked before anything runs: every specification of the
grid is a valid configuration, or the file is refused with the axis, the option and the key.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from analysis.sensitivity.options import ALONE, ESTIMAND_AXIS, Option, read_options
from analysis.settings.config import RunConfig
from analysis.settings.config_file import (
    ConfigError,
    changed,
    read_checked,
    read_lasting,
    with_files_found,
)
from data.near import suggestion
from models.section import Chains, Draws, Section, Seed, Simulated
from models.spec import Coordinates, Estimand

_MOST = 20_000
Tier = Literal["laplace", "nuts"]
TIERS: tuple[Tier, ...] = get_args(Tier)

Pairs = dict[str, str | tuple[str, ...]]


class ConfirmSection(Section):
    """Which specifications are fitted again by NUTS, and how.

    Attributes
    ----------
    moving
        How many of those whose screened ρ is farthest from the median of their estimand.
    random
        How many of the rest, drawn by ``seed``: the screen's error is estimated from these,
        which were not chosen for what they showed.
    seed
        Of the choice.
    chains, tune, draws
        Of each fit.
    coordinates, target_accept
        Of the sampler (:class:`models.spec.SamplerSpec`): in whitened coordinates a lower rate of
        acceptance mixes as well, with paths of half as many steps.
    """

    moving: Simulated = 12
    random: Simulated = 12
    seed: Seed = 20260101
    chains: Chains = 4
    tune: Draws = 150
    draws: Draws = 900
    coordinates: Coordinates = "whitened"
    target_accept: float = Field(default=0.6, gt=0.5, lt=1.0)


class GridFile(Section):
    """What a file such as ``configs/sensitivity.toml`` holds.

    Attributes
    ----------
    base
        The configuration that the axes change, relative to the file.
    title
        Of the figures.
    axes
        By axis and option, the keys that the option sets (none: as the base has it). Of the
        axis ``estimand`` the list of estimands.
    combinations
        Listed combinations, an option for each axis; an axis left out takes its first option.
        The full product if there is none.
    exclude
        Combinations to leave out: specifications that have all the options named. A list of
        options stands for any of them.
    confirm
        The second pass.
    """

    base: str
    title: str = ""
    axes: dict[str, tuple[Estimand, ...] | dict[str, Option]] = Field(min_length=1)
    combinations: tuple[dict[str, str], ...] = ()
    exclude: tuple[Pairs, ...] = ()
    confirm: ConfirmSection = ConfirmSection()


@dataclass(frozen=True, slots=True)
class Specification:
    """One point of the grid.

    Attributes
    ----------
    choices
        Its option on each axis.
    estimand, config
        What is estimated, and the whole configuration.
    """

    choices: dict[str, str]
    estimand: Estimand
    config: RunConfig

    @property
    def label(self) -> str:
        """Name it by its choices."""
        return ", ".join(f"{axis} {option}" for axis, option in self.choices.items())


@dataclass(frozen=True, slots=True)
class Grid:
    """A checked grid.

    Attributes
    ----------
    file
        What was read, with the base resolved.
    axes
        The options of each axis in their order, the estimand among them.
    specifications
        The grid's points, in the order of the axes.
    """

    file: GridFile
    axes: dict[str, tuple[str, ...]]
    specifications: tuple[Specification, ...]


def read_grid(path: Path) -> Grid:
    """Read a grid and check all of it.

    Raises
    ------
    ConfigError
        With the file and the key, the axis or the option that cannot be, and the nearest that
        can.
    """
    file = read_checked(path, GridFile)
    base_path = path.parent / file.base
    base = changed(read_lasting(base_path), ALONE)
    changes = read_options(path, file.axes, base)
    axes = {axis: tuple(options) for axis, options in changes.items()}
    _check_pairs(path, file, axes)
    _check_size(path, file, axes)
    found = []
    for choices in _points(file, axes):
        settings: Option = {}
        for axis, option in choices.items():
            settings |= changes[axis][option]
        estimand = choices[ESTIMAND_AXIS]
        try:
            config = with_files_found(changed(base, settings), path)
        except ConfigError as error:
            where = ", ".join(f"{axis} = {option!r}" for axis, option in choices.items())
            raise ConfigError(
                f"{path}: the specification with {where} cannot be: {error} "
                "Mend an option, or name the pair under [[exclude]]."
            ) from error
        found.append(Specification(choices, estimand, config))  # type: ignore[arg-type]
    if not found:
        raise ConfigError(f"{path}: exclude leaves no specification. Exclude less.")
    return Grid(file, axes, tuple(found))


def _check_pairs(path: Path, file: GridFile, axes: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse exclusions and combinations of what does not exist."""
    entries: list[tuple[str, Mapping[str, str | tuple[str, ...]]]] = [
        *(("exclude", one) for one in file.exclude),
        *(("combinations", one) for one in file.combinations),
    ]
    for name, pairs in entries:
        if not pairs:
            raise ConfigError(f"{path}: {name}: an empty entry. Name an axis and an option.")
        for axis, options in pairs.items():
            if axis not in axes:
                raise ConfigError(f"{path}: {name}: {_unknown('axis', axis, axes)}")
            for option in [options] if isinstance(options, str) else options:
                if option not in axes[axis]:
                    what = _unknown(f"option of {axis}", option, axes[axis])
                    raise ConfigError(f"{path}: {name}: {what}")


def _check_size(path: Path, file: GridFile, axes: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a grid that could not be listed, let alone fitted."""
    size = len(file.combinations) or math.prod(map(len, axes.values()))
    if size > _MOST:
        raise ConfigError(
            f"{path}: the axes make {size:,} specifications; wanted at most {_MOST:,}. Leave "
            "options out, or list the combinations."
        )


def _unknown(what: str, name: str, known: Any) -> str:
    """State that something is not known, and what is near."""
    return f"there is no {what} {name!r}. {suggestion(name, known)}"


def _points(file: GridFile, axes: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Yield the choices of every specification, none twice."""
    seen = set()
    listed: list[dict[str, tuple[str, ...]]] = [
        {
            axis: (one[axis],) if axis in one else _when_left_out(axis, options)
            for axis, options in axes.items()
        }
        for one in file.combinations
    ] or [dict(axes)]
    for product in listed:
        for options in itertools.product(*product.values()):
            choices = dict(zip(product, options, strict=True))
            if options not in seen and not any(_matches(choices, one) for one in file.exclude):
                seen.add(options)
                yield choices


def _when_left_out(axis: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """Return the options of an axis that a combination does not name."""
    return options if axis == ESTIMAND_AXIS else options[:1]


def _matches(choices: Mapping[str, str], pairs: Pairs) -> bool:
    """Return whether a specification has all the options that an exclusion names."""
    return all(
        choices[axis] in ([options] if isinstance(options, str) else options)
        for axis, options in pairs.items()
    )
