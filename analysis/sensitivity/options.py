"""What each option of an axis sets: keys of the base configuration, each tried on it alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.settings.config import RunConfig
from analysis.settings.config_file import ConfigError, changed
from data.near import nearest
from models.spec import ESTIMANDS, Estimand

Option = dict[str, Any]

ESTIMAND_AXIS = "estimand"
"""The one axis whose options are no configuration keys; both estimands if it is not declared."""

ALONE: dict[str, Any] = {
    "model.challenger": "none",
    "model.identical": False,
    "evidence.cutoff": "",
    "evidence.alternatives": (),
    "sampler.refits": False,
}
"""A specification is one fit: what a run computes beside it is left out."""


def read_options(
    path: Path, declared: Mapping[str, tuple[Estimand, ...] | dict[str, Option]], base: RunConfig
) -> dict[str, dict[str, Option]]:
    """Return what every option sets, each tried on the base alone.

    Parameters
    ----------
    path
        Of the file, for what is said of a fault.
    declared
        The file's axes.
    base
        The configuration that the options change.

    Returns
    -------
    dict
        By axis and option, new values by dotted key; the estimands' axis among them.

    Raises
    ------
    ConfigError
        If an option cannot be, or two axes set one key.
    """
    found: dict[str, dict[str, Option]] = {}
    for axis, options in declared.items():
        if axis == ESTIMAND_AXIS:
            found[axis] = _estimands(path, options)
            continue
        if not isinstance(options, dict) or not options:
            raise ConfigError(
                f"{path}: axes.{axis}: wanted a table of options, each a table of the keys that "
                'it sets, such as two = { "model.factors" = 2 }.'
            )
        found[axis] = {}
        for option, settings in options.items():
            flat = flattened(settings)
            _check_keys(path, f"axes.{axis}.{option}", flat, base)
            found[axis][option] = flat
    _check_apart(path, found)
    if ESTIMAND_AXIS not in found:
        found[ESTIMAND_AXIS] = {estimand: {} for estimand in ESTIMANDS}
    return found


def _estimands(path: Path, options: object) -> dict[str, Option]:
    """Take the axis that names estimands."""
    if not isinstance(options, tuple) or not options or len(set(options)) < len(options):
        raise ConfigError(
            f"{path}: axes.{ESTIMAND_AXIS}: wanted a list of estimands, each once: "
            f"{', '.join(ESTIMANDS)}."
        )
    return {estimand: {} for estimand in options}


def flattened(settings: Mapping[str, Any], before: str = "") -> Option:
    """Return an option's settings by dotted key, whether TOML had them quoted or nested.

    A table that is a value of its own, such as weights by indicator, is left whole.
    """
    flat: Option = {}
    for key, value in settings.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and name != "model.weights":
            flat |= flattened(value, f"{name}.")
        else:
            flat[name] = value
    return flat


def _check_keys(path: Path, place: str, settings: Option, base: RunConfig) -> None:
    """Refuse a key that is none, or a value that it cannot have on its own."""
    for key, value in settings.items():
        section: Any = RunConfig
        for part in key.split("."):
            fields = getattr(section, "model_fields", {})
            if part not in fields:
                near = nearest(part, fields)
                hint = f"Did you mean {near}?" if near else f"Keys are {', '.join(fields)}."
                raise ConfigError(f"{path}: {place}: {key}: there is no such key. {hint}")
            section = fields[part].annotation
        if key in ALONE:
            raise ConfigError(
                f"{path}: {place}: {key} changes nothing here: a specification is one fit, "
                "without challenger, other links, forecasts or refits. Leave the key out."
            )
        try:
            changed(base, {key: value}, alone=True)
        except ConfigError as error:
            raise ConfigError(f"{path}: {place}: {error}") from error


def _check_apart(path: Path, found: Mapping[str, Mapping[str, Option]]) -> None:
    """Refuse two axes that set the same key: the second would undo the first."""
    owner: dict[str, str] = {}
    for axis, options in found.items():
        for key in {key for settings in options.values() for key in settings}:
            if owner.setdefault(key, axis) != axis:
                raise ConfigError(
                    f"{path}: axes.{axis} and axes.{owner[key]} both set {key}. Put the options "
                    "into one axis."
                )
