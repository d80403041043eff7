"""A configuration's file: read from TOML, and checked whole before anything is computed.

Unknown keys, wrong types and missing files are named with their place and the nearest valid
choice, in one line.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from analysis.config import RunConfig


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
    if not path.is_file():
        raise ConfigError(f"{path}: no such configuration. {_nearest_file(path)}")
    try:
        return form.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}.") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_fault(error, form)}") from error


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
        places = {".".join(str(part) for part in fault["loc"]) for fault in error.errors()}
        if alone and not any(place.startswith(tuple(settings)) for place in places):
            return config
        raise ConfigError(_first_fault(error, RunConfig)) from error


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


def _found(config: Path, key: str, name: str) -> Path:
    """Find a file that a key names."""
    file = (config.parent / name).resolve()
    if not file.is_file():
        choice = ""
        if key == "panel.source":
            near = get_close_matches(name, ["simulated", "published"], n=1)
            choice = f"Did you mean {near[0]!r}? " if near else ""
            choice += "Say 'simulated', 'published' or the path of a panel.nc. "
        raise ConfigError(
            f"{config}: {key} = {name!r}: no such file. {choice}{_nearest_file(file)}"
        )
    return file


def _nearest_file(path: Path) -> str:
    """Suggest a file of the same folder."""
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    names = sorted(one.name for one in path.parent.iterdir() if one.suffix == path.suffix)
    near = get_close_matches(path.name, names, n=1)
    if near:
        return f"Did you mean {path.parent / near[0]}?"
    return f"{path.parent} has {', '.join(names) or 'no such files'}."


def _first_fault(error: ValidationError, form: type[BaseModel]) -> str:
    """Put pydantic's first complaint as one line: key, value, reason, nearest choice."""
    fault = error.errors()[0]
    # Alternatives of one key, such as literal['equal','domain_equal'], are no part of its name.
    key = ".".join(str(part) for part in fault["loc"] if "[" not in str(part))
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    hint = ""
    if fault["type"] == "extra_forbidden":
        valid = _keys_at(form, fault["loc"][:-1])
        near = get_close_matches(str(fault["loc"][-1]), valid, n=1)
        known = f" Keys are {', '.join(valid)}." if valid else ""
        hint = f" Did you mean {near[0]}?" if near else known
        return f"{key}: there is no such key.{hint}{more}"
    if fault["type"] == "literal_error":
        expected = fault["ctx"]["expected"].replace(" or ", ",")
        choices = [part.strip("' ") for part in expected.split(",")]
        near = get_close_matches(str(fault["input"]), choices, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
    if fault["type"] == "value_error" and isinstance(fault["input"], dict | BaseModel):
        # Of keys that do not go together: the message names them.
        said = fault["msg"].removeprefix("Value error, ")
        return f"{key}: {said}.{more}" if key else f"{said}.{more}"
    return f"{key} = {fault['input']!r}: {fault['msg']}.{hint}{more}"


def _keys_at(form: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """List the keys that are valid at a place in the configuration."""
    section: Any = form
    for part in place:
        section = _form(section)
        if not hasattr(section, "model_fields"):
            return []
        section = section.model_fields[str(part)].annotation if isinstance(part, str) else section
    return sorted(getattr(_form(section), "model_fields", []))


def _form(annotation: Any) -> Any:
    """Take the section out of one that may be left out."""
    return next((one for one in get_args(annotation) if hasattr(one, "model_fields")), annotation)
