"""A configuration's file: read from TOML, and checked whole before anything is computed.

Unknown keys, wrong types and missing files are named with their place and the nearest valid
choice, in one line (:mod:`analysis.settings.config_faults`).
"""

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from analysis.settings.config import RunConfig
from analysis.settings.config_faults import deepest, faults, key_of, wanted
from data.characters import strange_text
from data.near import nearest

_LARGEST = 1_000_000
_DEEPEST = 20
_SECTIONS = {
    "effectiveness sensitivity": ("axes", "base", "combinations", "confirm"),
    "effectiveness design": ("template", "grid"),
    "effectiveness reconstruction": ("unknown", "latent", "visible", "sets"),
    "effectiveness run": ("panel", "sampler", "evidence", "dynamic"),
}
"""What each command's configuration alone has; the first is what it cannot do without."""


class ConfigError(ValueError):
    """The configuration cannot be used as it stands; the message says where and why."""


def read_config(path: Path) -> RunConfig:
    """Read and check the configuration of a run.

    Raises
    ------
    ConfigError
        As :func:`read_checked` says, or if a file that it names is missing.
    """
    return with_files_found(read_checked(path, RunConfig), path)


def read_lasting(path: Path) -> RunConfig:
    """Read the configuration of a run of the model of what lasts.

    Raises
    ------
    ConfigError
        As :func:`read_config` says, or if the file has a section [dynamic].
    """
    config = read_config(path)
    if config.dynamic is not None:
        raise ConfigError(
            f"{path}: has a section [dynamic], which only `effectiveness run` and "
            "`effectiveness panel` know. Name a configuration without it."
        )
    return config


def read_checked[T: BaseModel](path: Path, form: type[T]) -> T:
    """Read a configuration of any form and check it.

    Raises
    ------
    ConfigError
        If the file is missing or no TOML, or a key is unknown or holds a wrong value; one
        line that names the place, what it holds and the nearest valid choice.
    """
    told = _read_toml(path)
    own = next(one for one, sections in _SECTIONS.items() if sections[0] in form.model_fields)
    other = [one for one, sections in _SECTIONS.items() if set(sections) & set(told)]
    if other and own not in other:
        raise ConfigError(
            f"{path}: is a configuration of `{other[0]}`; wanted one of `{own}`, which has "
            f"[{_SECTIONS[own][0]}]. Name another file, or the other command."
        )
    if not told:
        raise ConfigError(
            f"{path}: is empty; wanted a configuration of `{own}`, with at least "
            f"[{_SECTIONS[own][0]}]. Copy one of configs/ and change it."
        )
    try:
        return form.model_validate(told)
    except ValidationError as error:
        raise ConfigError(f"{path}: {faults(error, form)}") from error


def check_option(option: str, value: int, kind: Any) -> int:
    """Hold a number of the command line to the bounds of a configuration's.

    Raises
    ------
    ConfigError
        If it lies outside.
    """
    try:
        return int(TypeAdapter(kind).validate_python(value, strict=True))
    except ValidationError as error:
        raise ConfigError(f"{option} {value}: {wanted(error)}.") from error


def _read_toml(path: Path) -> dict[str, Any]:
    """Read a file that a person wrote; refuse what no configuration holds."""
    if not is_there(path):
        raise ConfigError(f"{path}: no such configuration. {_nearest_file(path)}")
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; wanted a configuration, a TOML file.")
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path}: is larger than {_LARGEST:,} bytes; no configuration is.")
        text = path.read_text("utf-8-sig")
        if deepest(text) > _DEEPEST:
            raise ConfigError(
                f"{path}: has brackets within brackets, more than {_DEEPEST} deep; no key wants "
                "that. Close them."
            )
        told = tomllib.loads(text)
    except ConfigError:
        raise
    except (OSError, ValueError, RecursionError) as error:  # also of numbers too long to read
        said = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path}: cannot be read as TOML: {said}.") from error
    strange = strange_text(told)
    if strange:
        raise ConfigError(f"{path}: {strange}; wanted plain text in one line.")
    return told


def changed(config: RunConfig, settings: Mapping[str, Any], *, alone: bool = False) -> RunConfig:
    """Set some keys of a configuration, and check it whole.

    Parameters
    ----------
    config
        What to change.
    settings
        New values by dotted key, such as ``model.factors``. Every key exists.
    alone
        Whether to judge the values by themselves and not with other keys, which may change too.

    Raises
    ------
    ConfigError
        If a value cannot be; the key, the value and the reason.
    """
    whole = config.model_dump()
    for key, value in settings.items():
        *sections, name = key.split(".")
        place = whole
        for section in sections:
            place = place[section]
        place[name] = value
    try:
        return RunConfig.model_validate(whole)
    except ValidationError as error:
        places = {key_of(fault["loc"]) for fault in error.errors()}
        if alone and not any(place.startswith(tuple(settings)) for place in places):
            return config
        raise ConfigError(faults(error, RunConfig)) from error


def with_files_found(config: RunConfig, path: Path) -> RunConfig:
    """Resolve the paths that a configuration names, relative to its own folder.

    Raises
    ------
    ConfigError
        If a file is missing.
    """
    update: dict[str, str] = {}
    if config.panel.catalogue:
        update["catalogue"] = str(_found(path, "panel.catalogue", config.panel.catalogue))
    if config.panel.source not in ("simulated", "published"):
        update["source"] = str(_found(path, "panel.source", config.panel.source))
    return config.model_copy(update={"panel": config.panel.model_copy(update=update)})


def by_content(config: RunConfig) -> RunConfig:
    """Return a configuration that names files by their content and not by their place."""
    update = {key: f"sha256:{_content(path)}" for key, path in files_of(config).items()}
    return config.model_copy(update={"panel": config.panel.model_copy(update=update)})


def files_of(config: RunConfig) -> dict[str, Path]:
    """Return the files that a configuration's section [panel] names, by key."""
    named = {"catalogue": config.panel.catalogue, "source": config.panel.source}
    return {
        key: Path(name)
        for key, name in named.items()
        if name and name not in ("simulated", "published")
    }


@cache
def _content(path: Path) -> str:
    """Hash a file, once a process."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_there(path: Path) -> bool:
    """Return whether a path that a user wrote exists; a name that no system can have does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _found(config: Path, key: str, name: str) -> Path:
    """Find a file that a key names."""
    file = (config.parent / name).resolve()
    if not is_there(file) or not file.is_file():
        choice = ""
        if key == "panel.source":
            near = nearest(name, ["simulated", "published"])
            choice = f"Did you mean {near!r}? " if near else ""
            choice += "Say 'simulated', 'published' or the path of a panel.nc. "
        raise ConfigError(
            f"{config}: {key} = {name!r}: no such file. {choice}{_nearest_file(file)}"
        )
    return file


def _nearest_file(path: Path) -> str:
    """Suggest a file of the same folder."""
    if not is_there(path.parent) or not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    names = sorted(one.name for one in path.parent.iterdir() if one.suffix == path.suffix)
    near = nearest(path.name, names)
    if near:
        return f"Did you mean {path.parent / near}?"
    return f"{path.parent} has {', '.join(names) or 'no such files'}."
