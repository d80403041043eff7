"""Which keys of the configurations differ, and what else the runs do not share."""

from collections.abc import Mapping
from typing import Any

from analysis.pages.tables import Table, table_of
from analysis.side_by_side.sides import Side

_ABSENT = "–"


def flattened(section: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Write a configuration's keys out in full, as ``model.priors.level``, with their values."""
    flat: dict[str, str] = {}
    for key, value in section.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = _written(value)
    return flat


def differing_keys(sides: tuple[Side, ...]) -> dict[str, list[str]]:
    """Return the keys on which the runs differ, but for the title, with their values."""
    flat = [flattened(side.configuration) for side in sides]
    keys = dict.fromkeys(key for one in flat for key in one if key != "title")
    values = {key: [one.get(key, _ABSENT) for one in flat] for key in keys}
    return {key: found for key, found in values.items() if len(set(found)) > 1}


def differing_facts(sides: tuple[Side, ...]) -> dict[str, list[str]]:
    """Return what else differs: panels, code and packages, each with its value in every run."""
    panels = [side.inputs.evidence.panel for side in sides]
    made = [side.inputs.provenance for side in sides]
    facts = {
        "Authorities": [f"{one.authorities:,}" for one in panels],
        "Authorities with a judgement": [f"{one.judged:,}" for one in panels],
        "Indicators": [f"{one.indicators:,}" for one in panels],
        "Years": [_written(list(one.years)) for one in panels],
        "Release": [one.release for one in panels],
        "Published files": _files(sides),
        "Version of the code": [one.code_version for one in made],
    }
    packages = dict.fromkeys(name for one in made for name in one.packages)
    facts |= {name: [one.packages.get(name, _ABSENT) for one in made] for name in packages}
    return {name: found for name, found in facts.items() if len(set(found)) > 1}


def differences_table(sides: tuple[Side, ...]) -> Table:
    """List what differs, a row each: the configurations' keys, then the rest."""
    rows = [*differing_keys(sides).items(), *differing_facts(sides).items()]
    return table_of(
        "What differs between the runs; everything else is the same.",
        ("Key or fact", *(side.letter for side in sides)),
        [(name, *values) for name, values in rows],
    )


def _written(value: Any) -> str:
    """Write a value as a reader does."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "none"


def _files(sides: tuple[Side, ...]) -> list[str]:
    """Count each run's published files, and those that not every run has, by their digests."""
    sets = [{one.sha256 for one in side.inputs.provenance.sources} for side in sides]
    shared = set.intersection(*sets)
    if all(one == shared for one in sets):
        return [f"{len(shared)}"] * len(sides)
    return [f"{len(one)}, {len(one - shared)} of them not in every run" for one in sets]
