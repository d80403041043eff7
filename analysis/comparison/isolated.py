"""Measurements that take minutes: each in a process of its own, kept as it is finished."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from data.storage import is_intact, write_file


def measured(
    folder: Path, name: str, function: Callable[..., dict[str, Any]], *given: Any
) -> dict[str, Any]:
    """Call a function in a new process and keep its result, or read what was kept before.

    Processor time and peak memory that the function reports are then its own.

    Parameters
    ----------
    folder, name
        The comparison's folder, and the result's file in it.
    function, given
        What to call with what.
    """
    file = folder / name
    if not is_intact(file, folder):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found = pool.submit(function, *given).result()
        write_file(file, json.dumps(found).encode(), folder)
    read: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return read
