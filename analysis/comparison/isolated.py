"""Measurements that take minutes: each in a process of its own, kept as it is finished."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from analysis.config_file import ConfigError


def claim(folder: Path, kept: Path, identity: str) -> None:
    """Take a folder for one comparison, going on with it if it was begun.

    Raises
    ------
    ConfigError
        If the folder holds something else.
    """
    mark = kept / ".identity"
    if mark.is_file() and mark.read_text("utf-8") == identity:
        return
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(
            f"{folder}: stands already and is not this comparison. Name another --out, or remove "
            "it."
        )
    kept.mkdir(parents=True)
    mark.write_text(identity, "utf-8")


def measured(file: Path, function: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    """Call a function in a new process and keep its result, or read what was kept before.

    Processor time and peak memory that the function reports are then its own.
    """
    if not file.is_file():
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found = pool.submit(function, *given).result()
        unfinished = file.with_suffix(".part")
        unfinished.write_text(json.dumps(found), "utf-8")
        unfinished.replace(file)
    read: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return read
